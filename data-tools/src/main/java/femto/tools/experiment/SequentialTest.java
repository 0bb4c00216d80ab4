package femto.tools.experiment;

/**
 * A test of two rates that stays valid however often, and for however long, people look at it: the
 * mixture sequential probability ratio test (Robbins, <i>Statistical methods related to the law of
 * the iterated logarithm</i>, 1970; for A/B tests Johari, Koomen, Pekelis and Walsh, <i>Peeking at
 * A/B tests</i>, KDD 2017). If there is no difference, the p-value is ever at most alpha with a
 * probability of at most alpha.
 *
 * <p>The true difference is taken to be normal with mean 0 and a standard deviation tau; a wrong
 * tau costs time and not validity. With an estimate d of standard error s, the ratio is
 *
 * <pre>
 *   L = s / sqrt(s^2 + tau^2) * exp(tau^2 d^2 / (2 s^2 (s^2 + tau^2)))
 * </pre>
 *
 * and the p-value the least of 1 / L so far. The estimate is normal for many successes only, so
 * looks before either variant has {@value #LEAST} of both kinds say nothing.
 *
 * <p>One owner at a time.
 */
public final class SequentialTest {
  /** Successes, and as many failures. */
  private static final int LEAST = 10;

  private final double tau;
  private double pValue = 1;

  /**
   * Begins.
   *
   * @param tau how large differences are expected to be, above 0: about the smallest that matters
   */
  public SequentialTest(double tau) {
    if (!(tau > 0 && tau < Double.POSITIVE_INFINITY)) {
      throw new IllegalArgumentException("tau=" + tau + ", expected above 0");
    }
    this.tau = tau;
  }

  /**
   * Looks.
   *
   * @param control all of the control's until now
   * @param variant all of the variant's
   * @return the p-value from now on: never more than at the look before
   */
  public double look(Rate control, Rate variant) {
    if (isEnough(control) && isEnough(variant)) {
      double square = errorSquare(control, variant);
      double difference = variant.value() - control.value();
      double both = square + tau * tau;
      double logRatio =
          0.5 * Math.log(square / both) + tau * tau * difference * difference / (2 * square * both);
      pValue = Math.min(pValue, Math.exp(-logRatio));
    }
    return pValue;
  }

  /**
   * Where the true difference lies, with the same promise: the intervals of all looks hold it
   * together, with the probability of the level.
   *
   * @param control all of the control's until now
   * @param variant all of the variant's
   * @param level of confidence, such as 0.95
   * @return the interval; -1 to 1 before there are enough successes
   */
  public Interval interval(Rate control, Rate variant, double level) {
    if (!isEnough(control) || !isEnough(variant)) {
      return new Interval(-1, 1);
    }
    double square = errorSquare(control, variant);
    double both = square + tau * tau;
    double half =
        Math.sqrt(
            square * both / (tau * tau) * (Math.log(both / square) - 2 * Math.log(1 - level)));
    double difference = variant.value() - control.value();
    return new Interval(difference - half, difference + half);
  }

  private static boolean isEnough(Rate rate) {
    return rate.successes() >= LEAST && rate.trials() - rate.successes() >= LEAST;
  }

  private static double errorSquare(Rate control, Rate variant) {
    return control.variance() / control.trials() + variant.variance() / variant.trials();
  }
}
