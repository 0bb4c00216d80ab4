package femto.kernels;

import femto.kernels.impl.KernelSupport;
import femto.kernels.impl.ScalarKernels;
import java.util.Objects;
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
 * and that float decides the order of rows; equal scores go to the lower index. Every
 * implementation gives the same bits. Stateless; the methods allocate nothing.
 */
public final class RowScores {
  private final RowTable table;
  private final int[] scratch = new int[KernelSupport.SCRATCH];

  /** Rows that are looked up in a patch at once. */
  private static final int CHUNK = 1024;

  private final int[] chunk = new int[CHUNK];
  private final int[] slots = new int[CHUNK];
  private final int[] places = new int[CHUNK];
  private final long[] words = new long[CHUNK];
  private final float[] scores = new float[CHUNK];

  /**
   * Makes a scorer of a table's rows.
   *
   * @param table the rows
   */
  public RowScores(RowTable table) {
    this.table = table;
  }

  /**
   * The chain of one row. Needs no buffer.
   *
   * @param table the rows
   * @param query at least {@code table.length()} factors, each bounded as {@link
   *     RowTable#requireBounded} says
   * @param row row index
   * @return the score
   * @throws IndexOutOfBoundsException if there is no such row
   */
  public static float score(RowTable table, float[] query, int row) {
    Objects.checkIndex(row, table.rows());
    return ScalarKernels.score(table.segment(), table.length(), query, row);
  }

  /**
   * Scores a list of rows.
   *
   * @param query as in {@link #score}
   * @param rows row indexes, in any order
   * @param count how many of them
   * @param into receives {@code count} scores
   * @throws IndexOutOfBoundsException if there is no such row or an array is too short
   */
  public void gather(float[] query, int[] rows, int count, float[] into) {
    Checks.indexes(rows, 0, count, table.rows());
    Checks.length("query", query.length, table.length());
    Checks.length("into", into.length, count);
    gatherUnchecked(query, rows, count, into);
  }

  /**
   * Scores a list of rows as a patch has them.
   *
   * @param patch a patch of the table, or null for the table as it is
   * @param query as in {@link #score}
   * @param rows row indexes of table or patch, in any order
   * @param count how many of them
   * @param into receives {@code count} scores
   * @throws IndexOutOfBoundsException if there is no such row, or it has been removed, or an array
   *     is too short
   */
  public void gather(@Nullable RowPatch patch, float[] query, int[] rows, int count, float[] into) {
    if (patch == null) {
      gather(query, rows, count, into);
      return;
    }
    Checks.indexes(rows, 0, count, patch.size());
    Checks.length("query", query.length, table.length());
    Checks.length("into", into.length, count);
    gatherUnchecked(patch, query, rows, count, into);
  }

  /**
   * Rows that are in bounds. Those of the patch are looked up first, while all are on their way.
   */
  void gatherUnchecked(RowPatch patch, float[] query, int[] rows, int count, float[] into) {
    for (int first = 0; first < count; first += CHUNK) {
      int size = Math.min(CHUNK, count - first);
      int changed = patch.locate(rows, first, size, places, slots, words);
      System.arraycopy(rows, first, chunk, 0, size);
      for (int i = 0; i < changed; i++) {
        if (slots[i] == RowPatch.REMOVED) {
          throw patch.absent(rows[first + places[i]]);
        }
        chunk[places[i]] = 0; // any row of the table; its score is replaced below
      }
      if (changed < size) {
        gatherUnchecked(query, chunk, size, scores);
        System.arraycopy(scores, 0, into, first, size);
      }
      if (changed > 0) {
        gatherSlots(patch, query, slots, changed, scores);
        for (int i = 0; i < changed; i++) {
          into[first + places[i]] = scores[i];
        }
      }
    }
  }

  /** Scores slots of a patch. */
  void gatherSlots(RowPatch patch, float[] query, int[] slotsOf, int count, float[] into) {
    Kernels.SUPPORT.gather(
        patch.rows().segment(), table.length(), query, slotsOf, count, scratch, into);
  }

  /** Numbers not below the chains of consecutive slots; {@code indexes} is scratch. */
  void upperBoundsOfSlots(
      RowPatch patch, float[] query, int first, int count, int[] indexes, float[] into) {
    Kernels.SUPPORT.upperBounds(
        patch.rows().segment(), table.length(), query, first, count, scratch, indexes, into);
  }

  void gatherUnchecked(float[] query, int[] rows, int count, float[] into) {
    Kernels.SUPPORT.gather(table.segment(), table.length(), query, rows, count, scratch, into);
  }

  /** Numbers not below the chains of consecutive rows; {@code indexes} is scratch. */
  void upperBounds(float[] query, int first, int count, int[] indexes, float[] into) {
    Kernels.SUPPORT.upperBounds(
        table.segment(), table.length(), query, first, count, scratch, indexes, into);
  }
}
