package femto.tools.experiment;

import org.apache.commons.math3.distribution.NormalDistribution;

/**
 * How often something happened.
 *
 * @param successes how often
 * @param trials of how many times
 */
public record Rate(long successes, long trials) {
  /** The standard normal distribution; nothing is drawn from it. */
  static final NormalDistribution NORMAL = new NormalDistribution(null, 0, 1);

  /**
   * Checks it.
   *
   * @throws IllegalArgumentException if there are more successes than trials, or fewer than none
   */
  public Rate {
    if (successes < 0 || trials < successes) {
      throw new IllegalArgumentException(successes + " of " + trials + ", expected 0 to as many");
    }
  }

  /**
   * The part.
   *
   * @return successes by trials; NaN if there were no trials
   */
  public double value() {
    return successes / (double) trials;
  }

  /** Variance of a single trial. */
  double variance() {
    double p = value();
    return p * (1 - p);
  }

  /**
   * Where the rate that it comes from lies (Wilson, <i>Probable inference, the law of succession,
   * and statistical inference</i>, JASA 22, 1927).
   *
   * @param level of confidence, such as 0.95
   * @return the interval; 0 to 1 if there were no trials
   */
  public Interval wilson(double level) {
    if (trials == 0) {
      return new Interval(0, 1);
    }
    double z = quantile(1 - (1 - level) / 2);
    double p = value();
    double z2 = z * z / trials;
    double middle = (p + z2 / 2) / (1 + z2);
    double half = z / (1 + z2) * Math.sqrt(p * (1 - p) / trials + z2 / 4 / trials);
    return new Interval(
        successes == 0 ? 0 : middle - half, successes == trials ? 1 : middle + half);
  }

  /** Quantile of the standard normal distribution. */
  static double quantile(double p) {
    return NORMAL.inverseCumulativeProbability(p);
  }
}
