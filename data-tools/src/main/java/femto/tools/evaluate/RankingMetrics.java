package femto.tools.evaluate;

import java.util.Arrays;
import java.util.List;

/**
 * How good the first K of a ranking are, for one user or as the mean over users. Relevance is
 * binary, a hit is a relevant candidate among the first K, ranks start at 1. A list shorter than K
 * counts as filled up with misses. Every value is 0 to 1.
 *
 * @param precision hits / K
 * @param recall hits / relevant
 * @param reciprocalRank 1 / rank of the first hit, 0 without one; its mean over users is MRR@K
 * @param ndcg sum over hits of {@code 1 / log2(rank + 1)}, divided by the same sum when the first
 *     {@code min(K, relevant)} are all hits (Jarvelin and Kekalainen, ACM TOIS 20, 2002, with the
 *     discount of Burges et al., ICML 2005)
 * @param averagePrecision sum over hits of (hits so far / rank), divided by {@code min(K,
 *     relevant)}, so that the best list reaches 1; the other usual denominator, all relevant, gives
 *     lower values where a user has more than K relevant. Its mean over users is MAP@K
 * @param hitRate 1 if there is a hit, else 0
 */
public record RankingMetrics(
    double precision,
    double recall,
    double reciprocalRank,
    double ndcg,
    double averagePrecision,
    double hitRate) {
  /**
   * Measures one user's ranking.
   *
   * @param ranked distinct candidates, best first; what stands after the first k is not looked at
   * @param relevant the relevant candidates, ascending and distinct, at least one
   * @param k how many count, 1 or more
   * @return the user's metrics
   * @throws IllegalArgumentException if k is below 1, nothing is relevant (no metric is defined
   *     then) or the relevant candidates are not ascending and distinct
   */
  public static RankingMetrics of(int[] ranked, int[] relevant, int k) {
    if (k < 1) {
      throw new IllegalArgumentException("k=" + k + ", expected 1 or more");
    }
    requireRelevant(relevant);
    int hits = 0;
    double reciprocalRank = 0;
    double gain = 0;
    double precisions = 0;
    for (int i = 0; i < Math.min(k, ranked.length); i++) {
      if (Arrays.binarySearch(relevant, ranked[i]) >= 0) {
        double rank = i + 1.0;
        hits++;
        if (hits == 1) {
          reciprocalRank = 1 / rank;
        }
        gain += discount(i);
        precisions += hits / rank;
      }
    }
    int possible = Math.min(k, relevant.length);
    double ideal = 0;
    for (int i = 0; i < possible; i++) {
      ideal += discount(i);
    }
    return new RankingMetrics(
        (double) hits / k,
        (double) hits / relevant.length,
        reciprocalRank,
        gain / ideal,
        precisions / possible,
        hits > 0 ? 1 : 0);
  }

  /**
   * NDCG with graded relevance: a candidate of rating r gains {@code 2^r - 1}, others nothing
   * (Burges et al., ICML 2005), by the same discount; divided by that of the best order of all that
   * is rated.
   *
   * @param ranked distinct candidates, best first; what stands after the first k is not looked at
   * @param rated the rated candidates, ascending and distinct
   * @param ratings as many ratings; below 0 they gain nothing
   * @param k how many count, 1 or more
   * @return 0 to 1; NaN where nothing gains
   * @throws IllegalArgumentException if k is below 1 or there are not as many ratings
   */
  public static double gradedNdcg(int[] ranked, int[] rated, float[] ratings, int k) {
    if (k < 1) {
      throw new IllegalArgumentException("k=" + k + ", expected 1 or more");
    }
    Checks.requireSameLength(rated.length, ratings.length);
    double[] gains = new double[ratings.length];
    for (int i = 0; i < gains.length; i++) {
      gains[i] = Math.pow(2, Math.max(0, ratings[i])) - 1;
    }
    double gain = 0;
    for (int i = 0; i < Math.min(k, ranked.length); i++) {
      int at = Arrays.binarySearch(rated, ranked[i]);
      gain += at < 0 ? 0 : gains[at] * discount(i);
    }
    Arrays.sort(gains);
    double ideal = 0;
    for (int i = 0; i < Math.min(k, gains.length); i++) {
      ideal += gains[gains.length - 1 - i] * discount(i);
    }
    return ideal == 0 ? Double.NaN : gain / ideal;
  }

  /**
   * The unweighted mean over users. Summed in the order given, so equal lists give equal means, bit
   * for bit.
   *
   * @param users metrics of each user with something relevant
   * @return the means, NaN where there is no user
   */
  public static RankingMetrics mean(List<RankingMetrics> users) {
    double[] sums = new double[6];
    for (RankingMetrics user : users) {
      sums[0] += user.precision;
      sums[1] += user.recall;
      sums[2] += user.reciprocalRank;
      sums[3] += user.ndcg;
      sums[4] += user.averagePrecision;
      sums[5] += user.hitRate;
    }
    int n = users.size();
    return new RankingMetrics(
        sums[0] / n, sums[1] / n, sums[2] / n, sums[3] / n, sums[4] / n, sums[5] / n);
  }

  /** 1 / log2(rank + 1) at place i = rank - 1. */
  private static double discount(int i) {
    return Math.log(2) / Math.log(i + 2.0);
  }

  private static void requireRelevant(int[] relevant) {
    if (relevant.length == 0) {
      throw new IllegalArgumentException("nothing is relevant, expected at least one candidate");
    }
    for (int i = 1; i < relevant.length; i++) {
      if (relevant[i] <= relevant[i - 1]) {
        throw new IllegalArgumentException(
            "relevant candidate "
                + relevant[i]
                + " follows "
                + relevant[i - 1]
                + ", expected ascending and distinct ones");
      }
    }
  }
}
