package femto.learn;

import femto.model.FeatureSpace;
import java.util.Arrays;

/**
 * What a ranking is learned from: pairs of a context and a candidate that it has seen.
 *
 * <p>A context often has what it has seen among its own features, such as a user all movies liked.
 * A learner that predicts one of them from all of them learns nothing but that a movie is itself.
 * So the feature that stands for a candidate is left out of the context while a pair with that
 * candidate is learned from, as in FISM (Kabbur, Ning and Karypis, "FISM: Factored Item Similarity
 * Models for Top-N Recommender Systems", KDD 2013, equation 6); in scoring it is there.
 *
 * <p>Immutable if nobody writes to the arrays, which are not copied.
 *
 * @param pairs the pairs; those of a label above 0 are to be ranked high, the others count as seen
 *     and no more
 * @param ownFeature for each candidate the context feature that stands for it, {@link
 *     FeatureSpace#UNKNOWN} if there is none
 * @param weights how much each pair counts if it is to be ranked high, above 0, finite; of a pair
 *     that comes twice the larger one
 */
public record RankingData(RelationalData pairs, int[] ownFeature, float[] weights) {
  /**
   * Checks lengths and weights.
   *
   * @throws IllegalArgumentException if there is not one own feature a candidate, or one weight
   *     above 0 a pair
   */
  public RankingData {
    if (weights.length != pairs.size()) {
      throw new IllegalArgumentException(
          "weights of %d pairs, expected %d".formatted(weights.length, pairs.size()));
    }
    for (int pair = 0; pair < weights.length; pair++) {
      if (!(weights[pair] > 0 && weights[pair] <= Float.MAX_VALUE)) {
        throw new IllegalArgumentException(
            "pair %d has the weight %s, expected a finite number above 0"
                .formatted(pair, weights[pair]));
      }
    }
    if (ownFeature.length != pairs.candidates().rows()) {
      throw new IllegalArgumentException(
          "own features of %d candidates, expected %d"
              .formatted(ownFeature.length, pairs.candidates().rows()));
    }
  }

  /**
   * Pairs that count alike.
   *
   * @param pairs the pairs
   * @param ownFeature as above
   */
  public RankingData(RelationalData pairs, int[] ownFeature) {
    this(pairs, ownFeature, ones(pairs.size()));
  }

  private static float[] ones(int count) {
    float[] ones = new float[count];
    Arrays.fill(ones, 1);
    return ones;
  }

  /**
   * Without own features: no context feature stands for a candidate.
   *
   * @param pairs the pairs
   * @return what to learn from
   */
  public static RankingData of(RelationalData pairs) {
    int[] none = new int[pairs.candidates().rows()];
    Arrays.fill(none, FeatureSpace.UNKNOWN);
    return new RankingData(pairs, none);
  }
}
