package femto.tools.experiment;

import java.util.Arrays;
import org.apache.commons.math3.distribution.TDistribution;

/**
 * A mean over repetitions, and its 95 % interval (Student's t).
 *
 * @param value the mean
 * @param low lower end; NaN for a single repetition
 * @param high upper end; likewise
 */
public record Mean(double value, double low, double high) {
  private static final double UPPER = 0.975;

  /**
   * Of some numbers.
   *
   * @param values one for each repetition
   * @return their mean
   */
  public static Mean of(double[] values) {
    int n = values.length;
    double mean = Arrays.stream(values).average().orElse(Double.NaN);
    if (n < 2) {
      return new Mean(mean, Double.NaN, Double.NaN);
    }
    double error = Math.sqrt(Sample.of(values).variance() / n);
    double half = new TDistribution(null, n - 1).inverseCumulativeProbability(UPPER) * error;
    return new Mean(mean, mean - half, mean + half);
  }
}
