package femto.kernels;

import femto.kernels.impl.KernelSupport;
import femto.kernels.impl.Touch;
import java.lang.foreign.Arena;
import org.jspecify.annotations.Nullable;

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
 * <p>Owns a scratch buffer: one owner at a time. The methods allocate nothing, once its buffers
 * have grown.
 */
public final class SparseRows {
  private static final KernelSupport KERNELS = Kernels.SUPPORT;

  /** Features that are touched at once: few enough to stay in the nearest cache. */
  private static final int TOUCHED = 128;

  private final RowTable table;
  private final float[] pairs;
  private final float[] vector;

  /** Rows of table and patch next to one another, so that they are added up in their order. */
  private RowTable mixed;

  private int[] mixedRows = {};

  /** Written and never read: it keeps the touching from being optimized away. */
  @SuppressWarnings("UnusedVariable")
  private int touched;

  /**
   * Makes a scorer of sparse rows.
   *
   * @param table the weights, a row a feature
   */
  public SparseRows(RowTable table) {
    this.table = table;
    this.pairs = new float[table.length()];
    this.vector = new float[table.length()];
    this.mixed = mixed(0);
  }

  private RowTable mixed(int rows) {
    long bytes = table.layout().tableBytes(rows);
    return RowTable.over(Arena.ofAuto().allocate(bytes, Float.BYTES), rows, table.length());
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
    return fold(table, start, features, values, from, count, intoVector);
  }

  /**
   * The same with the weights that a patch has changed: the same bits as if they stood in the
   * table.
   *
   * @param patch a patch of the table, or null for none
   * @param start as in {@link #fold(float, int[], float[], int, int, float[])}
   * @param features as there, of table or patch
   * @param values as there
   * @param from as there
   * @param count as there
   * @param intoVector as there
   * @return the score
   * @throws IndexOutOfBoundsException as there, or if a feature has been removed
   */
  public float fold(
      @Nullable RowPatch patch,
      float start,
      int[] features,
      float[] values,
      int from,
      int count,
      float[] intoVector) {
    if (patch == null) {
      return fold(start, features, values, from, count, intoVector);
    }
    Checks.indexes(features, from, count, patch.size());
    boolean changed = false;
    for (int i = from; i < from + count; i++) {
      changed |= patch.slot(features[i]) != RowPatch.UNCHANGED;
    }
    if (!changed) {
      return fold(start, features, values, from, count, intoVector);
    }
    Checks.length("values", values.length, from + count);
    Checks.length("vector", intoVector.length, table.length());
    mix(patch, features, from, count);
    return fold(mixed, start, mixedRows, values, from, count, intoVector);
  }

  private void mix(RowPatch patch, int[] features, int from, int count) {
    if (mixed.rows() < count) {
      mixed = mixed(2 * count);
    }
    if (mixedRows.length < from + count) {
      mixedRows = new int[2 * (from + count)];
    }
    for (int i = 0; i < count; i++) {
      int feature = features[from + i];
      int slot = patch.slot(feature);
      if (slot == RowPatch.REMOVED) {
        throw patch.absent(feature);
      }
      mixedRows[from + i] = i;
      if (slot == RowPatch.UNCHANGED) {
        mixed.copyRows(table, feature, i, 1);
      } else {
        mixed.copyRows(patch.rows(), slot, i, 1);
      }
    }
  }

  private float fold(
      RowTable rows,
      float start,
      int[] features,
      float[] values,
      int from,
      int count,
      float[] intoVector) {
    return KERNELS.fold(
        rows.segment(),
        rows.layout().strideBytes(),
        rows.length(),
        start,
        features,
        values,
        from,
        count,
        intoVector,
        pairs);
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
    int next = 0;
    for (int row = 0; row < rows; row++) {
      if (row == next) {
        next = touch(offsets, row, rows, features);
      }
      int from = offsets[row];
      into[row] = fold(start, features, values, from, offsets[row + 1] - from, vector);
    }
  }

  /** Touches the features of a few rows; returns the first row that was not touched. */
  private int touch(int[] offsets, int row, int rows, int[] features) {
    int end = row + 1;
    while (end < rows && offsets[end + 1] - offsets[row] <= TOUCHED) {
      end++;
    }
    int count = offsets[end] - offsets[row];
    Checks.indexes(features, offsets[row], count, table.rows());
    touched +=
        Touch.rows(
            table.segment(), table.length(), 0, table.length(), features, offsets[row], count);
    return end;
  }
}
