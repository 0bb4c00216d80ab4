package femto.swap;

import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Changes of weights and candidates, to be published together as one version.
 *
 * <p>Everything is copied. Later calls win over earlier ones for the same feature or id. Nothing is
 * checked before it is published. One owner at a time; can be cleared and filled again, also after
 * it was published.
 */
public final class Delta {
  private @Nullable Float bias;

  /** The linear weight and then the factors, by feature. */
  private final Map<Integer, float[]> weights = new LinkedHashMap<>();

  /** By id, a Long or a String; one without features is removed. */
  private final Map<Object, CandidateChange> candidates = new LinkedHashMap<>();

  /** What becomes of a candidate: these features, or null for nothing left. */
  record CandidateChange(@Nullable FeatureRow row) {}

  /** Makes a delta that changes nothing. */
  public Delta() {}

  /**
   * Changes the global bias.
   *
   * @param newBias w0
   * @return this
   */
  public Delta bias(float newBias) {
    bias = newBias;
    return this;
  }

  /**
   * Changes the weights of a feature.
   *
   * @param feature its number
   * @param linear its linear weight
   * @param factors its factors, as many as the model has
   * @return this
   */
  public Delta weights(int feature, float linear, float[] factors) {
    float[] row = new float[1 + factors.length];
    row[0] = linear;
    System.arraycopy(factors, 0, row, 1, factors.length);
    weights.put(feature, row);
    return this;
  }

  /**
   * Adds a candidate, or replaces the features of the one with this id.
   *
   * @param id its id
   * @param features its features, ascending
   * @param x their weights in the candidate, as many
   * @return this
   */
  public Delta put(long id, int[] features, float[] x) {
    candidates.put(id, new CandidateChange(new FeatureRow(features.clone(), x.clone())));
    return this;
  }

  /**
   * Adds a candidate, or replaces the features of the one with this id.
   *
   * @param id its id
   * @param features its features, ascending
   * @param x their weights in the candidate, as many
   * @return this
   */
  public Delta put(CharSequence id, int[] features, float[] x) {
    candidates.put(id.toString(), new CandidateChange(new FeatureRow(features.clone(), x.clone())));
    return this;
  }

  /**
   * Removes a candidate. One that is not there stays so.
   *
   * @param id its id
   * @return this
   */
  public Delta remove(long id) {
    candidates.put(id, new CandidateChange(null));
    return this;
  }

  /**
   * Removes a candidate. One that is not there stays so.
   *
   * @param id its id
   * @return this
   */
  public Delta remove(CharSequence id) {
    candidates.put(id.toString(), new CandidateChange(null));
    return this;
  }

  /**
   * Forgets all changes.
   *
   * @return this
   */
  public Delta clear() {
    bias = null;
    weights.clear();
    candidates.clear();
    return this;
  }

  /**
   * Whether there is nothing to publish.
   *
   * @return true if nothing is changed
   */
  public boolean isEmpty() {
    return bias == null && weights.isEmpty() && candidates.isEmpty();
  }

  @Nullable Float bias() {
    return bias;
  }

  Map<Integer, float[]> weights() {
    return weights;
  }

  Map<Object, CandidateChange> candidates() {
    return candidates;
  }
}
