package femto.model;

import femto.kernels.RowPatch;
import femto.kernels.RowTable;
import femto.kernels.SparseRows;
import org.jspecify.annotations.Nullable;

/**
 * Sums a row of features of one side into a constant and a vector, so that the score of a context
 * and a candidate is the sum of their constants and the product of their vectors; but for what
 * {@link #residual} adds.
 */
abstract class Folding {
  private int[] features = new int[16];
  private float[] weights = new float[16];
  @Nullable RowPatch patch;

  /** Folds rows of one side. */
  static Folding of(Model model, Side side) {
    return switch (model.family()) {
      case LINEAR, FM -> new SumFolding(model.weights());
      case FWFM -> new StrengthFolding(model, side);
      case FFM -> new FieldAwareFolding(model, side);
      case POLY2 -> new PairFolding(model);
    };
  }

  /** Takes weights as a patch of the model's has them, from now on; null as they are. */
  final void patchedBy(@Nullable RowPatch weightsPatch) {
    patch = weightsPatch;
  }

  final float fold(float start, FeatureRows rows, int row, float[] vector) {
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

  abstract float fold(
      float start, int[] rowFeatures, float[] rowWeights, int count, float[] vector);

  /** What pairs of a row of the other side with the one folded last add, which no vector holds. */
  float residual(FeatureRows rows, int row) {
    return 0;
  }

  /**
   * Of a linear model and a factorization machine, whatever the side. With features j in ascending
   * order, {@code x_j} their weights in the row, {@code w_j} and {@code v_j} the model's,
   *
   * <pre>{@code
   * vector[f] = sum_j x_j v_jf
   * constant  = start + sum_j w_j x_j + sum_f sum_{j<l} x_j v_jf x_l v_lf
   * }</pre>
   *
   * as {@link SparseRows} says.
   */
  private static final class SumFolding extends Folding {
    private final SparseRows sums;

    SumFolding(RowTable model) {
      this.sums = new SparseRows(model);
    }

    @Override
    float fold(float start, int[] rowFeatures, float[] rowWeights, int count, float[] vector) {
      return sums.fold(patch, start, rowFeatures, rowWeights, 0, count, vector);
    }
  }
}
