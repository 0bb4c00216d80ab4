package femto.kernels;

import femto.kernels.impl.KernelSupport;

/**
 * Scores sparse rows by a factorization machine's weights in O(nonzeros x factors): row j of the
 * table holds the linear weight w_j of feature j and its factors v_j.
 *
 * <p>For a row of features j with values x_j, in their order,
 *
 * <pre>{@code
 * score = start + sum_j w_j x_j + sum_f sum_{j<l} x_j v_jf x_l v_lf
 * }</pre>
 *
 * (Rendle, Factorization Machines, 2010, equation 1). The pairs are added up as the sum of the
 * factors grows, each feature against the sum of those before it; this costs what the square of the
 * sum less the sum of squares (equation 5, lemma 3.1) costs, and nothing cancels. All in f32, one
 * partial sum a factor, added in ascending order of the factors, so every implementation gives the
 * same bits.
 *
 * <p>Owns a scratch buffer: one owner at a time. The methods allocate nothing.
 */
public final class SparseRows {
  private static final KernelSupport KERNELS = Kernels.SUPPORT;

  private final RowTable table;
  private final float[] pairs;
  private final float[] vector;

  /**
   * Makes a scorer of sparse rows.
   *
   * @param table the weights, a row a feature
   */
  public SparseRows(RowTable table) {
    this.table = table;
    this.pairs = new float[table.length()];
    this.vector = new float[table.length()];
  }

  /**
   * Scores one row and sums its factors: what folding a context or a candidate needs.
   *
   * @param start what the sum starts at
   * @param features row indexes into the table
   * @param values their values x
   * @param from where in both arrays the row begins
   * @param count how many features it has
   * @param intoVector receives {@code sum_j x_j v_j}, {@code table.length()} numbers
   * @return the score
   * @throws IndexOutOfBoundsException if the table has no such feature, or an array is too short
   */
  public float fold(
      float start, int[] features, float[] values, int from, int count, float[] intoVector) {
    Checks.length("values", values.length, from + count);
    Checks.length("vector", intoVector.length, table.length());
    Checks.indexes(features, from, count, table.rows());
    return KERNELS.fold(
        table.segment(), table.length(), start, features, values, from, count, intoVector, pairs);
  }

  /**
   * Scores consecutive rows in compressed form.
   *
   * @param start what every sum starts at
   * @param offsets row i has the features from {@code offsets[i]} to {@code offsets[i + 1]}
   * @param rows how many rows
   * @param features row indexes into the table
   * @param values their values x
   * @param into receives {@code rows} scores
   * @throws IndexOutOfBoundsException if the table has no such feature, or an array is too short
   */
  public void score(
      float start, int[] offsets, int rows, int[] features, float[] values, float[] into) {
    Checks.length("offsets", offsets.length, rows + 1);
    Checks.length("into", into.length, rows);
    for (int row = 0; row < rows; row++) {
      int from = offsets[row];
      into[row] = fold(start, features, values, from, offsets[row + 1] - from, vector);
    }
  }
}
