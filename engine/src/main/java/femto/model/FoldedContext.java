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
    this(model, Side.CONTEXT);
  }

  /**
   * Makes room for a row of either side.
   *
   * @param model the model
   * @param side whose rows are folded: of a candidate {@link #constant} is b, if it starts at a
   *     bias of 0, and {@link #query} is s
   */
  public FoldedContext(Model model, Side side) {
    this.folding = Folding.of(model, side);
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
   *     RowTable#MAX_MAGNITUDE}), or if a feature is of the other side where fields matter
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
   * What the features folded last add together with those of a candidate that is in no vector: 0
   * but for {@link Family#POLY2}.
   *
   * @param candidates features of this model, one row a candidate
   * @param row which of them
   * @return what is to be added to the score
   */
  public float residual(FeatureRows candidates, int row) {
    return empty ? 0 : folding.residual(candidates, row);
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
   * q: for a factorization machine the sum of the context's factors.
   *
   * @return foldedLength numbers, overwritten by the next fold
   */
  public float[] query() {
    return query;
  }
}
