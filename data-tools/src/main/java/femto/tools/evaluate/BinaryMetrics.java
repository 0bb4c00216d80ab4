package femto.tools.evaluate;

import java.util.Arrays;

/**
 * How well probabilities separate and describe two classes.
 *
 * @param auc area under the ROC curve, see {@link #auc}
 * @param logLoss mean negative log-likelihood, see {@link #logLoss}
 */
public record BinaryMetrics(double auc, double logLoss) {
  /** Probabilities nearer than this to 0 or 1 are taken as if they were this far. */
  public static final double CLIP = 1e-15;

  /**
   * Measures probabilities.
   *
   * @param positive the class of each example
   * @param probabilities as many predicted probabilities of the positive class, 0 to 1
   * @return both metrics
   * @throws IllegalArgumentException if the lengths differ or a probability is out of range
   */
  public static BinaryMetrics of(boolean[] positive, double[] probabilities) {
    return new BinaryMetrics(auc(positive, probabilities), logLoss(positive, probabilities));
  }

  /**
   * The share of (positive, negative) pairs in which the positive has the higher score; an equal
   * pair counts half. This is the Mann-Whitney statistic U / (P N), which equals the area under the
   * ROC curve (Hanley and McNeil, Radiology 143, 1982). Exact: pairs are counted in integers, after
   * sorting each class in O(n log n). 0.0 and -0.0 are equal.
   *
   * @param positive the class of each example
   * @param scores as many scores, on any scale, not NaN
   * @return 0 to 1; NaN if a class has no example, since there is no pair then
   * @throws IllegalArgumentException if the lengths differ or a score is NaN
   */
  public static double auc(boolean[] positive, double[] scores) {
    Checks.requireSameLength(positive.length, scores.length);
    double[] positives = new double[positive.length];
    double[] negatives = new double[positive.length];
    int p = 0;
    int n = 0;
    for (int i = 0; i < scores.length; i++) {
      if (Double.isNaN(scores[i])) {
        throw new IllegalArgumentException("score " + i + " is NaN, expected a number");
      }
      if (positive[i]) {
        positives[p++] = scores[i];
      } else {
        negatives[n++] = scores[i];
      }
    }
    if (p == 0 || n == 0) {
      return Double.NaN;
    }
    Arrays.sort(positives, 0, p);
    Arrays.sort(negatives, 0, n);
    // A positive wins against the negatives below it and halves with its equals, so twice what it
    // wins
    // is the number below plus the number below or equal.
    long twiceWon = 0;
    int below = 0;
    int notAbove = 0;
    for (int i = 0; i < p; i++) {
      while (below < n && negatives[below] < positives[i]) {
        below++;
      }
      while (notAbove < n && negatives[notAbove] <= positives[i]) {
        notAbove++;
      }
      twiceWon += (long) below + notAbove;
    }
    return twiceWon / (2.0 * p * n);
  }

  /**
   * Mean of {@code -ln p} over positives and {@code -ln(1 - p)} over negatives (natural logarithm),
   * with p clipped to {@value #CLIP} .. 1 - {@value #CLIP}: a certain error costs 34.5, not
   * infinity.
   *
   * @param positive the class of each example
   * @param probabilities as many predicted probabilities of the positive class, 0 to 1
   * @return 0 or more; NaN where there is no example
   * @throws IllegalArgumentException if the lengths differ or a probability is out of range
   */
  public static double logLoss(boolean[] positive, double[] probabilities) {
    Checks.requireSameLength(positive.length, probabilities.length);
    double sum = 0;
    for (int i = 0; i < positive.length; i++) {
      double probability = probabilities[i];
      if (!(probability >= 0 && probability <= 1)) {
        throw new IllegalArgumentException(
            "probability " + i + " is " + probability + ", expected 0 to 1");
      }
      // ln(1 - p) by log1p, so that small probabilities of negatives keep their digits.
      sum -=
          positive[i]
              ? Math.log(Math.clamp(probability, CLIP, 1 - CLIP))
              : Math.log1p(-Math.clamp(probability, CLIP, 1 - CLIP));
    }
    return sum / positive.length;
  }
}
