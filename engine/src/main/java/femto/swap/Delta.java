package femto.swap;

import femto.model.FeatureSpace.Binding;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Changes of weights, features and candidates, to be published together as one version.
 *
 * <p>Everything is copied. Later calls win over earlier ones for the same feature or id. Nothing is
 * checked before it is published. One owner at a time; can be cleared and filled again, also after
 * it was published.
 */
public final class Delta {
  private @Nullable Float bias;

  private final WeightRows.Builder weights = new WeightRows.Builder();

  /** What features are from now on, by feature. */
  private final Map<Integer, Binding> bindings = new LinkedHashMap<>();

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
   * Changes the weights of a feature. Cheapest in ascending order of features.
   *
   * @param feature its number
   * @param linear its linear weight
   * @param factors its factors, as many as the model has
   * @return this
   * @throws IllegalArgumentException if there are more or fewer factors than in the calls before
   */
  public Delta weights(int feature, float linear, float[] factors) {
    weights.add(feature, linear, factors);
    return this;
  }

  /**
   * Gives a feature to a value. It must not be one that a candidate has, unless this delta puts the
   * candidate. Its weights are 0 unless this delta says them.
   *
   * @param feature its number
   * @param field index of the field
   * @param value the value as the dictionary shall hold it; no other feature may have it then
   * @return this
   */
  public Delta bind(int feature, int field, CharSequence value) {
    bindings.put(feature, new Binding(feature, field, value.toString()));
    return this;
  }

  /**
   * Takes the value from a feature, which then scores for nothing. It must not be one that a
   * candidate has.
   *
   * @param feature its number
   * @return this
   */
  public Delta unbind(int feature) {
    bindings.put(feature, Binding.none(feature));
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
    bindings.clear();
    candidates.clear();
    return this;
  }

  /**
   * Whether there is nothing to publish.
   *
   * @return true if nothing is changed
   */
  public boolean isEmpty() {
    return bias == null && weights.isEmpty() && bindings.isEmpty() && candidates.isEmpty();
  }

  @Nullable Float bias() {
    return bias;
  }

  /** Until more is added. */
  WeightRows weights() {
    return weights.rows();
  }

  Map<Integer, Binding> bindings() {
    return bindings;
  }

  Map<Object, CandidateChange> candidates() {
    return candidates;
  }
}
