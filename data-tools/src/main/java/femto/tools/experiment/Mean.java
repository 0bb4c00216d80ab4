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
    return ofSplits(values, 0);
  }

  /**
   * Of figures of some random splits of the same data, whose training parts overlap: by Student's t
   * as if they did not, the interval would be too narrow, and narrower with every split. The
   * variance of the mean is taken to be
   *
   * <pre>
   *   (1 / J + tested / trained) variance of the J figures
   * </pre>
   *
   * (the corrected resampled t: Nadeau and Bengio, <i>Inference for the generalization error</i>,
   * Machine Learning 52, 2003).
   *
   * @param values one for each split
   * @param testedByTrained size of the test part by that of the training part
   * @return their mean; without an interval if a figure is not a number
   */
  public static Mean ofSplits(double[] values, double testedByTrained) {
    int n = values.length;
    double mean = Arrays.stream(values).average().orElse(Double.NaN);
    if (n < 2 || !Double.isFinite(mean)) {
      return new Mean(mean, Double.NaN, Double.NaN);
    }
    double error = Math.sqrt(Sample.of(values).variance() * (1.0 / n + testedByTrained));
    double half = new TDistribution(null, n - 1).inverseCumulativeProbability(UPPER) * error;
    return new Mean(mean, mean - half, mean + half);
  }
}
