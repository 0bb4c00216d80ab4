package femto.kernels;

/**
 * The numbers of FTRL-Proximal (McMahan et al., "Ad Click Prediction: a View from the Trenches",
 * KDD 2013, algorithm 1) that are the same for all features; step size and L2 may be another for
 * each.
 *
 * @param beta what keeps the first steps small, 0 or more
 * @param linearL1 strength of the L1 penalty on linear weights, 0 or more: those that do not earn
 *     it are exactly 0
 * @param factorL1 strength of the penalty on factors, 0 or more
 */
public record FtrlRule(float beta, float linearL1, float factorL1) {
  /**
   * Checks the numbers.
   *
   * @throws IllegalArgumentException if one is out of range
   */
  public FtrlRule {
    boolean finite = beta + linearL1 + factorL1 <= Float.MAX_VALUE;
    if (!finite || beta < 0 || linearL1 < 0 || factorL1 < 0) {
      throw new IllegalArgumentException(
          "beta=%s linearL1=%s factorL1=%s, expected 0 or more"
              .formatted(beta, linearL1, factorL1));
    }
  }

  /**
   * What rows must keep. Without L1, {@code z = -w ((beta + sqrt(n)) / alpha + l2)} holds at all
   * times, so that z need not be kept: algorithm 1 then comes to {@code w = w - g / ((beta +
   * sqrt(n)) / alpha + l2)}.
   *
   * @return 1 without L1, 2 with it, as for {@link LearningRows}
   */
  public int states() {
    return linearL1 > 0 || factorL1 > 0 ? 2 : 1;
  }

  /** The z from which the closed form gives a weight before any gradient; 0 for 0. */
  float start(float weight, float perStep, float l1, float l2) {
    return weight == 0 ? 0 : -weight * (beta * perStep + l2) - Math.copySign(l1, weight);
  }
}
