package femto.model;

import femto.kernels.RowPatch;
import femto.kernels.RowTable;
import femto.kernels.SparseRows;
import org.jspecify.annotations.Nullable;

/**
 * Sums a row of features into a constant and a vector.
 *
 * <p>With features j in ascending order, {@code x_j} their weights in the row, {@code w_j} and
 * {@code v_j} the model's,
 *
 * <pre>{@code
 * vector[f] = sum_j x_j v_jf
 * constant  = start + sum_j w_j x_j + sum_f sum_{j<l} x_j v_jf x_l v_lf
 * }</pre>
 *
 * as {@link SparseRows} says.
 */
final class Folding {
  private int[] features = new int[16];
  private float[] weights = new float[16];
  private final SparseRows sums;
  private @Nullable RowPatch patch;

  Folding(RowTable model) {
    this.sums = new SparseRows(model);
  }

  /** Takes weights as a patch of the model's has them, from now on; null as they are. */
  void patchedBy(@Nullable RowPatch weightsPatch) {
    patch = weightsPatch;
  }

  float fold(float start, FeatureRows rows, int row, float[] vector) {
    long begin = rows.offset(row);
    int count = Math.toIntExact(rows.offset(row + 1) - begin);
    if (features.length < count) {
      features = new int[count];
      weights = new float[count];
    }
    for (int i = 0; i < count; i++) {
      features[i] = rows.feature(begin + i);
      weights[i] = rows.weight(begin + i);
    }
    return fold(start, features, weights, count, vector);
  }

  float fold(float start, int[] rowFeatures, float[] rowWeights, int count, float[] vector) {
    return sums.fold(patch, start, rowFeatures, rowWeights, 0, count, vector);
  }
}
