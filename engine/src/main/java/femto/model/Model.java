package femto.model;

import femto.kernels.RowLayout;
import femto.kernels.RowTable;
import femto.memory.Slab;
import java.util.Map;
import java.util.TreeMap;

/**
 * A trained model: its features, one row of weights a feature, and what turns a score into a
 * prediction.
 *
 * <p>Immutable and safe to share until {@link #close}, which frees the weights; use after that
 * throws {@link IllegalStateException}.
 */
public final class Model implements AutoCloseable {
  private final Family family;
  private final Link link;
  private final PredictionRange range;
  private final float bias;
  private final FeatureSpace features;
  private final RowTable weights;
  private final Map<String, String> notes;
  private final Slab memory;

  /**
   * Makes a model, and owns its memory from now on.
   *
   * @param family which formula the weights belong to
   * @param link what turns a score into a prediction
   * @param range what predictions are clipped to
   * @param bias w0
   * @param features the features, on memory that lives as long as {@code memory} or longer
   * @param memory holds the weights: a {@link RowTable} of one row a feature, its linear weight and
   *     then its factors
   * @param factors number of factors a feature, 0 for a linear model
   * @param notes how the model came to be, for people: key to value
   * @throws IllegalArgumentException if the parts do not fit together or a weight is not finite
   */
  public Model(
      Family family,
      Link link,
      PredictionRange range,
      float bias,
      FeatureSpace features,
      Slab memory,
      int factors,
      Map<String, String> notes) {
    if ((family == Family.LINEAR) != (factors == 0)) {
      throw new IllegalArgumentException("family " + family + " with factors=" + factors);
    }
    this.family = family;
    this.link = link;
    this.range = range;
    this.bias = bias;
    this.features = features;
    this.weights = RowTable.over(memory.segment(), features.size(), factors);
    this.notes = java.util.Collections.unmodifiableMap(new TreeMap<>(notes));
    this.memory = memory;
    checkWeights();
  }

  private Model(Model like, float bias, Slab memory) {
    this.family = like.family;
    this.link = like.link;
    this.range = like.range;
    this.bias = bias;
    this.features = like.features;
    this.weights = RowTable.over(memory.segment(), features.size(), like.factors());
    this.notes = like.notes;
    this.memory = memory;
  }

  /**
   * The same model with other weights, which are not looked at: those of this one, and of a {@link
   * femto.kernels.RowPatch} of it, which takes none that a model would refuse.
   *
   * @param newBias w0
   * @param checked holds the weights, as for the constructor; owned by the new model
   * @return the model
   */
  public Model withChecked(float newBias, Slab checked) {
    return new Model(this, newBias, checked);
  }

  private void checkWeights() {
    float[] row = new float[factors()];
    RowTable.requireBounded(bias, row, 0);
    for (int feature = 0; feature < features.size(); feature++) {
      weights.copyFactors(feature, row);
      try {
        RowTable.requireBounded(weights.bias(feature), row, row.length);
      } catch (IllegalArgumentException e) {
        throw new IllegalArgumentException(
            "weights of feature " + feature + ": " + e.getMessage(), e);
      }
    }
  }

  /**
   * Bytes of the memory that the constructor takes.
   *
   * @param features number of features
   * @param factors number of factors a feature
   * @return bytes
   */
  public static long weightBytes(int features, int factors) {
    return new RowLayout(factors).tableBytes(features);
  }

  /**
   * Which formula the weights belong to.
   *
   * @return the family
   */
  public Family family() {
    return family;
  }

  /**
   * What turns a score into a prediction.
   *
   * @return the link
   */
  public Link link() {
    return link;
  }

  /**
   * What predictions are clipped to.
   *
   * @return the range
   */
  public PredictionRange range() {
    return range;
  }

  /**
   * The global bias, w0.
   *
   * @return the bias
   */
  public float bias() {
    return bias;
  }

  /**
   * The features.
   *
   * @return the feature space
   */
  public FeatureSpace features() {
    return features;
  }

  /**
   * One row a feature: its linear weight as the row's bias, and its factors.
   *
   * @return the weights; not to be written to
   */
  public RowTable weights() {
    return weights;
  }

  /**
   * Number of factors a feature, k.
   *
   * @return 0 for a linear model
   */
  public int factors() {
    return weights.length();
  }

  /**
   * Length of the folded vectors q and s.
   *
   * @return k for a factorization machine, 0 for a linear model
   */
  public int foldedLength() {
    return switch (family) {
      case LINEAR -> 0;
      case FM -> factors();
    };
  }

  /**
   * Number of weights: w0, the linear weights and the factors.
   *
   * @return the count
   */
  public long parameters() {
    return 1 + features.size() * (1L + factors());
  }

  /**
   * How the model came to be, for people.
   *
   * @return key to value, sorted by key
   */
  public Map<String, String> notes() {
    return notes;
  }

  /**
   * Turns a score into a prediction: the link, then the range.
   *
   * @param score a score
   * @return the prediction
   */
  public double predict(double score) {
    return range.clip(link.apply(score));
  }

  /** Frees the weights. A second call does nothing. */
  @Override
  public void close() {
    memory.close();
  }
}
