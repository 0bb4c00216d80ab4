package femto.tools.experiment;

/**
 * How many users an A/B test takes (Fleiss, <i>Statistical methods for rates and proportions</i>,
 * 3rd edition 2003, section 4.2, without continuity correction), for variants of equal size.
 *
 * @param alpha how often a difference is found where there is none, such as 0.05; by two sides
 * @param power how often one is found that is there, such as 0.8
 */
public record SampleSize(double alpha, double power) {
  /** Checks them. */
  public SampleSize {
    if (!(alpha > 0 && alpha < 1 && power > alpha && power < 1)) {
      throw new IllegalArgumentException(
          "alpha=" + alpha + " and power=" + power + ", expected 0 < alpha < power < 1");
    }
  }

  /**
   * Users of each variant to tell one rate from another.
   *
   * @param control the control's rate, above 0 and below 1
   * @param variant the variant's, likewise
   * @return how many of each
   * @throws IllegalArgumentException if they are equal, or out of range
   */
  public long ofRates(double control, double variant) {
    requireRate(control);
    requireRate(variant);
    if (control == variant) {
      throw new IllegalArgumentException("two rates of " + control + ", expected different ones");
    }
    double root =
        Rate.quantile(1 - alpha / 2) * pooled(control, variant)
            + Rate.quantile(power) * apart(control, variant);
    double difference = variant - control;
    return (long) Math.ceil(root * root / (difference * difference));
  }

  /**
   * How often so many users are enough.
   *
   * @param alpha as above
   * @param control the control's rate
   * @param variant the variant's
   * @param users of each variant
   * @return the power
   */
  public static double powerOfRates(double alpha, double control, double variant, long users) {
    requireRate(control);
    requireRate(variant);
    double z = Rate.quantile(1 - alpha / 2) * pooled(control, variant);
    double shift = Math.abs(variant - control) * Math.sqrt((double) users);
    double apart = apart(control, variant);
    return Rate.NORMAL.cumulativeProbability((shift - z) / apart)
        + Rate.NORMAL.cumulativeProbability((-shift - z) / apart);
  }

  /**
   * Users of each variant to tell two means apart.
   *
   * @param deviation standard deviation of a user's number, above 0
   * @param difference the smallest difference that matters, not 0
   * @return how many of each
   */
  public long ofMeans(double deviation, double difference) {
    if (!(deviation > 0) || difference == 0 || !Double.isFinite(deviation / difference)) {
      throw new IllegalArgumentException(
          "deviation=" + deviation + " and difference=" + difference + ", expected above 0, not 0");
    }
    double z = Rate.quantile(1 - alpha / 2) + Rate.quantile(power);
    return (long) Math.ceil(2 * square(z * deviation / difference));
  }

  private static double pooled(double control, double variant) {
    double mean = (control + variant) / 2;
    return Math.sqrt(2 * mean * (1 - mean));
  }

  private static double apart(double control, double variant) {
    return Math.sqrt(control * (1 - control) + variant * (1 - variant));
  }

  private static double square(double x) {
    return x * x;
  }

  private static void requireRate(double rate) {
    if (!(rate > 0 && rate < 1)) {
      throw new IllegalArgumentException("a rate of " + rate + ", expected above 0, below 1");
    }
  }
}
