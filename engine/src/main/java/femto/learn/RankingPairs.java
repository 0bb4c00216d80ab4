package femto.learn;

import femto.model.FeatureSpace;
import java.util.Arrays;

/**
 * Pairs of a context and a candidate, each once, by context and then in the order of the examples.
 *
 * @param offsets positive pairs of context c are {@code offsets[c]} to {@code offsets[c + 1] - 1}
 * @param candidates the candidate of each
 * @param own the entry of the context's row that stands for the candidate, or -1
 * @param weights how much each counts
 * @param seenOffsets as {@code offsets}, of all pairs
 * @param seenCandidates the candidate of each pair
 */
record RankingPairs(
    int[] offsets,
    int[] candidates,
    int[] own,
    float[] weights,
    int[] seenOffsets,
    int[] seenCandidates) {

  static RankingPairs of(RankingData data, PlainRows contexts) {
    RelationalData pairs = data.pairs();
    int[] order = byContext(pairs, contexts.rows());
    int[] offsets = new int[contexts.rows() + 1];
    int[] seenOffsets = new int[contexts.rows() + 1];
    int[] candidates = new int[order.length];
    int[] own = new int[order.length];
    float[] weights = new float[order.length];
    int[] seen = new int[order.length];
    int[] seenBy = new int[pairs.candidates().rows()];
    int[] likedBy = new int[pairs.candidates().rows()];
    int[] likedAt = new int[pairs.candidates().rows()];
    Arrays.fill(seenBy, -1);
    Arrays.fill(likedBy, -1);
    int seenCount = 0;
    int count = 0;
    int at = 0;
    for (int context = 0; context < contexts.rows(); context++) {
      for (; at < order.length && pairs.contextOf()[order[at]] == context; at++) {
        int candidate = pairs.candidateOf()[order[at]];
        if (seenBy[candidate] != context) {
          seenBy[candidate] = context;
          seen[seenCount++] = candidate;
        }
        if (pairs.labels()[order[at]] > 0) {
          float weight = data.weights()[order[at]];
          if (likedBy[candidate] == context) {
            int known = likedAt[candidate];
            weights[known] = Math.max(weights[known], weight);
            continue;
          }
          likedBy[candidate] = context;
          likedAt[candidate] = count;
          weights[count] = weight;
          int feature = data.ownFeature()[candidate];
          own[count] = feature == FeatureSpace.UNKNOWN ? -1 : contexts.entryOf(context, feature);
          candidates[count++] = candidate;
        }
      }
      offsets[context + 1] = count;
      seenOffsets[context + 1] = seenCount;
    }
    if (count == 0) {
      throw new IllegalArgumentException(
          "no pair of %d has a label above 0, expected one to rank high".formatted(pairs.size()));
    }
    return new RankingPairs(
        offsets,
        Arrays.copyOf(candidates, count),
        Arrays.copyOf(own, count),
        Arrays.copyOf(weights, count),
        seenOffsets,
        Arrays.copyOf(seen, seenCount));
  }

  private static int[] byContext(RelationalData pairs, int contexts) {
    int[] next = new int[contexts + 1];
    for (int context : pairs.contextOf()) {
      next[context + 1]++;
    }
    for (int context = 0; context < contexts; context++) {
      next[context + 1] += next[context];
    }
    int[] order = new int[pairs.size()];
    for (int pair = 0; pair < order.length; pair++) {
      order[next[pairs.contextOf()[pair]]++] = pair;
    }
    return order;
  }
}
