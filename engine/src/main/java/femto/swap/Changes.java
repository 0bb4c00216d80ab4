package femto.swap;

import femto.model.FeatureSpace.Binding;
import femto.swap.Delta.CandidateChange;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What one or several deltas change. Not written to once made.
 *
 * @param bias w0, or null if it stays
 * @param weights the linear weight and then the factors, by feature
 * @param bindings which value a feature is, by feature; the weights of each are there too
 * @param candidates what becomes of candidates, by id
 * @param deltas how many deltas it was
 */
record Changes(
    @Nullable Float bias,
    Map<Integer, float[]> weights,
    Map<Integer, Binding> bindings,
    Map<Object, CandidateChange> candidates,
    int deltas) {

  static final Changes NONE = new Changes(null, Map.of(), Map.of(), Map.of(), 0);

  /**
   * A delta's own maps: for as long as nobody writes to it.
   *
   * @param factors how many of them the weights of a feature have that the delta is silent about
   */
  static Changes of(Delta delta, int factors) {
    Map<Integer, float[]> weights = delta.weights();
    if (!weights.keySet().containsAll(delta.bindings().keySet())) {
      weights = new LinkedHashMap<>(weights);
      for (int feature : delta.bindings().keySet()) {
        weights.putIfAbsent(feature, new float[1 + factors]);
      }
    }
    return new Changes(delta.bias(), weights, delta.bindings(), delta.candidates(), 1);
  }

  /** Weights that wait. */
  static Changes waiting(Map<Integer, float[]> weights) {
    return weights.isEmpty() ? NONE : new Changes(null, weights, Map.of(), Map.of(), 0);
  }

  Changes withBias(float other) {
    return new Changes(other, weights, bindings, candidates, deltas);
  }

  /** The same, as something that a publisher does not keep for later. */
  Changes notToBeKept() {
    return new Changes(bias, weights, bindings, candidates, 0);
  }

  boolean isEmpty() {
    return bias == null && weights.isEmpty() && bindings.isEmpty() && candidates.isEmpty();
  }

  /** These and then others, which win. */
  Changes then(Changes next) {
    return new Changes(
        next.bias == null ? bias : next.bias,
        join(weights, next.weights),
        join(bindings, next.bindings),
        join(candidates, next.candidates),
        deltas + next.deltas);
  }

  private static <K, V> Map<K, V> join(Map<K, V> first, Map<K, V> second) {
    if (first.isEmpty()) {
      return second;
    }
    Map<K, V> both = new LinkedHashMap<>(first);
    both.putAll(second);
    return both;
  }

  /** The same in maps that nobody else has. */
  Changes copy() {
    return new Changes(
        bias,
        new LinkedHashMap<>(weights),
        new LinkedHashMap<>(bindings),
        new LinkedHashMap<>(candidates),
        deltas);
  }
}
