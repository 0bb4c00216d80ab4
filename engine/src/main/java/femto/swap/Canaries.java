package femto.swap;

import java.util.List;
import java.util.Map;

/**
 * Requests that are tried on a new version before anyone can see it, beside the version that
 * serves. It is refused if its answers differ from those by more than the limits say.
 *
 * <p>For each context both versions rank their best k candidates. The <em>shift</em> is the mean,
 * over all contexts and the candidates that the serving version found, of how far the score of the
 * same candidate (by external id) has moved; candidates that the new version lacks are left out of
 * it. The <em>overlap</em> of a context is the part of the serving version's candidates that the
 * new one finds too, and the least one counts.
 *
 * @param contexts raw values of each context: field name to its values, as {@link
 *     femto.model.Encoder#put(String, CharSequence)} takes them
 * @param k how many candidates are ranked, 1 or more
 * @param mostShift greatest shift that is let through, 0 or more; infinity for any
 * @param leastOverlap least overlap that is let through, 0 to 1; 0 for any
 */
public record Canaries(
    List<Map<String, List<String>>> contexts, int k, double mostShift, double leastOverlap) {

  /**
   * Copies the contexts and checks the limits.
   *
   * @throws IllegalArgumentException if there is no context or a number is out of range
   */
  public Canaries {
    contexts =
        contexts.stream()
            .map(
                context -> {
                  Map<String, List<String>> copy = new java.util.LinkedHashMap<>();
                  context.forEach((field, values) -> copy.put(field, List.copyOf(values)));
                  return java.util.Collections.unmodifiableMap(copy);
                })
            .toList();
    if (contexts.isEmpty()) {
      throw new IllegalArgumentException("contexts are empty, expected one or more");
    }
    if (k < 1) {
      throw new IllegalArgumentException("k=" + k + ", expected 1 or more");
    }
    if (!(mostShift >= 0)) {
      throw new IllegalArgumentException("mostShift=" + mostShift + ", expected 0 or more");
    }
    if (!(leastOverlap >= 0 && leastOverlap <= 1)) {
      throw new IllegalArgumentException("leastOverlap=" + leastOverlap + ", expected 0 to 1");
    }
  }
}
