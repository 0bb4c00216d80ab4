package femto.tools.experiment;

/**
 * Takes from each user's number what was to be expected of that user before the experiment, so that
 * differences show with fewer users (CUPED: Deng, Xu, Kohavi and Walker, <i>Improving the
 * sensitivity of online controlled experiments by utilizing pre-experiment data</i>, WSDM 2013):
 *
 * <pre>
 *   y' = y - theta (x - mean of x),   theta = cov(y, x) / var(x)
 * </pre>
 *
 * over the users of all variants together, for a number x from before the experiment, which no
 * variant can have changed. Means stay what they are, in expectation; the variance falls by the
 * squared correlation of x and y.
 */
public final class Cuped {
  private final double theta;
  private final double mean;

  private Cuped(double theta, double mean) {
    this.theta = theta;
    this.mean = mean;
  }

  /**
   * Learns what is to be expected.
   *
   * @param before x of the users of all variants
   * @param during y of the same users
   * @return what adjusts the numbers of any variant
   * @throws IllegalArgumentException if there are not as many of both, or fewer than two
   */
  public static Cuped fit(double[] before, double[] during) {
    requireAsMany(before, during);
    Sample x = Sample.of(before);
    double meanOfY = Sample.of(during).mean();
    double covariance = 0;
    for (int i = 0; i < before.length; i++) {
      covariance += (before[i] - x.mean()) * (during[i] - meanOfY) / (before.length - 1);
    }
    return new Cuped(x.variance() > 0 ? covariance / x.variance() : 0, x.mean());
  }

  /**
   * Adjusts the numbers of one variant.
   *
   * @param before x of its users
   * @param during y of the same users
   * @return y' of each
   */
  public double[] adjust(double[] before, double[] during) {
    requireAsMany(before, during);
    double[] adjusted = new double[during.length];
    for (int i = 0; i < adjusted.length; i++) {
      adjusted[i] = during[i] - theta * (before[i] - mean);
    }
    return adjusted;
  }

  private static void requireAsMany(double[] before, double[] during) {
    if (before.length != during.length) {
      throw new IllegalArgumentException(
          before.length + " numbers before and " + during.length + " during, expected as many");
    }
  }
}
