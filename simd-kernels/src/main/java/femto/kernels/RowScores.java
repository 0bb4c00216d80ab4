package femto.kernels;

import femto.kernels.impl.KernelSupport;
import femto.kernels.impl.ScalarKernels;
import java.util.Objects;

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

  void gatherUnchecked(float[] query, int[] rows, int count, float[] into) {
    Kernels.SUPPORT.gather(table.segment(), table.length(), query, rows, count, scratch, into);
  }

  /** Numbers not below the chains of consecutive rows; {@code indexes} is scratch. */
  void upperBounds(float[] query, int first, int count, int[] indexes, float[] into) {
    Kernels.SUPPORT.upperBounds(
        table.segment(), table.length(), query, first, count, scratch, indexes, into);
  }
}
