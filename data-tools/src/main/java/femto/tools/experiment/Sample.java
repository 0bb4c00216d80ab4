package femto.tools.experiment;

import org.apache.commons.math3.stat.StatUtils;

/**
 * What is to be known of the users of a variant to compare means.
 *
 * @param size how many users, 2 or more
 * @param mean their mean
 * @param variance their variance, with n - 1
 */
public record Sample(int size, double mean, double variance) {
  /** Checks it. */
  public Sample {
    if (size < 2 || !(variance >= 0)) {
      throw new IllegalArgumentException(
          size + " users with a variance of " + variance + ", expected 2 or more, and 0 or more");
    }
  }

  /**
   * Of one number for each user.
   *
   * @param values the numbers, two or more
   * @return their sample
   */
  public static Sample of(double[] values) {
    return new Sample(values.length, StatUtils.mean(values), StatUtils.variance(values));
  }
}
