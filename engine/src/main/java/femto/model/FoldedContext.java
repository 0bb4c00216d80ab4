package femto.model;

import femto.kernels.RowPatch;
import femto.kernels.RowTable;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * A context folded for scoring: the constant K and the query q. Holds its buffers and can be folded
 * again and again without allocating. One owner at a time.
 */
public final class FoldedContext {
  private final Folding folding;
  private final float[] query;
  private float bias;
  private float constant;
  private boolean empty = true;

  /**
   * Makes room for a context.
   *
   * @param model the model
   */
  public FoldedContext(Model model) {
    this.folding = new Folding(model.weights());
    this.query = new float[model.foldedLength()];
    this.bias = model.bias();
    this.constant = bias;
  }

  /**
   * Takes other weights, and forgets what was folded by the former ones: the context is empty (bias
   * alone) until the next fold.
   *
   * @param newBias w0
   * @param weights a patch of the model's weights, or null for the weights as they are
   */
  public void patchedBy(float newBias, @Nullable RowPatch weights) {
    bias = newBias;
    constant = newBias;
    if (!empty) {
      Arrays.fill(query, 0);
      empty = true;
    }
    folding.patchedBy(weights);
  }

  /**
   * Folds what an encoder holds.
   *
   * @param encoder an encoder over this model's features
   * @throws IllegalArgumentException if a folded number is not finite or is too large ({@link
   *     RowTable#MAX_MAGNITUDE})
   */
  public void fold(Encoder encoder) {
    fold(encoder.features(), encoder.weights(), encoder.finish());
  }

  /**
   * Folds features.
   *
   * @param features feature numbers of this model, ascending
   * @param weights their weights
   * @param count how many there are
   * @throws IllegalArgumentException as for {@link #fold(Encoder)}
   * @throws IndexOutOfBoundsException if the model has no such feature
   */
  public void fold(int[] features, float[] weights, int count) {
    empty = false;
    constant = folding.fold(bias, features, weights, count, query);
    RowTable.requireBounded(constant, query, query.length);
  }

  /**
   * Folds a row of features.
   *
   * @param rows features of this model, one row a context
   * @param row which of them
   * @throws IllegalArgumentException as for {@link #fold(Encoder)}
   */
  public void fold(FeatureRows rows, int row) {
    empty = false;
    constant = folding.fold(bias, rows, row, query);
    RowTable.requireBounded(constant, query, query.length);
  }

  /**
   * K: bias, linear terms and inner pairs of the context.
   *
   * @return the constant
   */
  public float constant() {
    return constant;
  }

  /**
   * q: the sum of the context's factors.
   *
   * @return foldedLength numbers, overwritten by the next fold
   */
  public float[] query() {
    return query;
  }
}
