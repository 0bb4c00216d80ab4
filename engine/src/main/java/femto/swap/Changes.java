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
 * @param weights weights of features
 * @param bindings which value a feature is, by feature; the weights of each are there too
 * @param candidates what becomes of candidates, by id
 * @param deltas how many deltas it was
 */
record Changes(
    @Nullable Float bias,
    WeightRows weights,
    Map<Integer, Binding> bindings,
    Map<Object, CandidateChange> candidates,
    int deltas) {

  static final Changes NONE = new Changes(null, WeightRows.NONE, Map.of(), Map.of(), 0);

  /**
   * A delta's own arrays and maps: for as long as nobody writes to it.
   *
   * @param factors how many of them the weights of a feature have that the delta is silent about
   */
  static Changes of(Delta delta, int factors) {
    WeightRows weights = delta.weights();
    int[] silent =
        delta.bindings().keySet().stream()
            .mapToInt(Integer::intValue)
            .filter(feature -> weights.find(feature) < 0)
            .sorted()
            .toArray();
    return new Changes(
        delta.bias(),
        WeightRows.zeros(silent, weights.isEmpty() ? factors : weights.length() - 1).then(weights),
        delta.bindings(),
        delta.candidates(),
        1);
  }

  /** Weights that wait. */
  static Changes waiting(WeightRows weights) {
    return weights.isEmpty() ? NONE : new Changes(null, weights, Map.of(), Map.of(), 0);
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
        weights.then(next.weights),
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
        weights.copy(),
        new LinkedHashMap<>(bindings),
        new LinkedHashMap<>(candidates),
        deltas);
  }
}
