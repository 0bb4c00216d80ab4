package femto.tools.evaluate;

import femto.learn.Auc;

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
   * The area under the ROC curve, see {@link Auc}.
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
    return Auc.of(positives, p, negatives, n);
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
