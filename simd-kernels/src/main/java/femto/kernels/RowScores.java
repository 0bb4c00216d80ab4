package femto.kernels;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * Scores the rows of a {@link RowTable} against one query.
 *
 * <p>This is the definition of a score. It is one chain of f32 operations: start at the row's bias,
 * then one fused multiply-add a factor, in ascending order,
 *
 * <pre>{@code
 * score = bias
 * for f in 0 .. length-1: score = fma(query[f], factor[f], score)
 * }</pre>
 *
 * and that float decides the order of candidates; equal scores go to the lower index. Stateless;
 * the methods allocate nothing.
 */
public final class RowScores {
  /** Chains computed side by side: one chain alone waits for each multiply-add before the next. */
  private static final int CHAINS = 4;

  private RowScores() {}

  /**
   * The chain of one row.
   *
   * @param table the rows
   * @param query at least {@code table.length()} factors, each bounded as {@link
   *     RowTable#requireBounded} says
   * @param row row index
   * @return the score
   * @throws IndexOutOfBoundsException if there is no such row
   */
  public static float score(RowTable table, float[] query, int row) {
    MemorySegment segment = table.segment();
    long offset = table.layout().rowOffset(row);
    float score = segment.get(JAVA_FLOAT, offset + RowLayout.BIAS_OFFSET);
    long factors = offset + RowLayout.FACTORS_OFFSET;
    int length = table.length();
    for (int f = 0; f < length; f++) {
      score = Math.fma(query[f], segment.get(JAVA_FLOAT, factors + (long) f * Float.BYTES), score);
    }
    return score;
  }

  /**
   * Scores a list of rows.
   *
   * @param table the rows
   * @param query as in {@link #score}
   * @param rows row indexes, in any order
   * @param count how many of them
   * @param into receives {@code count} scores
   * @throws IndexOutOfBoundsException if there is no such row or an array is too short
   */
  public static void gather(RowTable table, float[] query, int[] rows, int count, float[] into) {
    for (int i = 0; i < count; i++) {
      into[i] = score(table, query, rows[i]);
    }
  }

  /**
   * Offers every row that is not excluded to a selection.
   *
   * @param table the rows
   * @param query as in {@link #score}
   * @param excluded bit {@code i & 63} of word {@code i >> 6} is set where row i must not be
   *     offered; rows past its end are not excluded; null excludes none
   * @param into the selection
   */
  public static void top(RowTable table, float[] query, long @Nullable [] excluded, TopK into) {
    int rows = table.rows();
    int length = table.length();
    MemorySegment segment = table.segment();
    RowLayout layout = table.layout();
    long stride = layout.strideBytes();
    int row = 0;
    for (; row <= rows - CHAINS; row += CHAINS) {
      long offset = layout.rowOffset(row);
      float score0 = segment.get(JAVA_FLOAT, offset);
      float score1 = segment.get(JAVA_FLOAT, offset + stride);
      float score2 = segment.get(JAVA_FLOAT, offset + 2 * stride);
      float score3 = segment.get(JAVA_FLOAT, offset + 3 * stride);
      long factor = offset + RowLayout.FACTORS_OFFSET;
      for (int f = 0; f < length; f++, factor += Float.BYTES) {
        float q = query[f];
        score0 = Math.fma(q, segment.get(JAVA_FLOAT, factor), score0);
        score1 = Math.fma(q, segment.get(JAVA_FLOAT, factor + stride), score1);
        score2 = Math.fma(q, segment.get(JAVA_FLOAT, factor + 2 * stride), score2);
        score3 = Math.fma(q, segment.get(JAVA_FLOAT, factor + 3 * stride), score3);
      }
      float threshold = into.threshold();
      if (score0 >= threshold
          || score1 >= threshold
          || score2 >= threshold
          || score3 >= threshold) {
        offer(row, score0, excluded, into);
        offer(row + 1, score1, excluded, into);
        offer(row + 2, score2, excluded, into);
        offer(row + 3, score3, excluded, into);
      }
    }
    for (; row < rows; row++) {
      offer(row, score(table, query, row), excluded, into);
    }
  }

  private static void offer(int row, float score, long @Nullable [] excluded, TopK into) {
    if (excluded == null || !isSet(excluded, row)) {
      into.offer(row, score);
    }
  }

  private static boolean isSet(long[] bits, int index) {
    int word = index >>> 6;
    return word < bits.length && (bits[word] & (1L << index)) != 0;
  }
}
