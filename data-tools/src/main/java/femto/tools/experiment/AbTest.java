package femto.tools.experiment;

import java.util.Arrays;
import org.apache.commons.math3.distribution.TDistribution;
import org.apache.commons.math3.stat.inference.ChiSquareTest;

/**
 * Tests of two variants for who looks at the numbers once, when the number of users that was
 * planned has been reached. Who looks earlier takes a {@link SequentialTest}.
 */
public final class AbTest {
  /** Kohavi, Tang and Xu, Trustworthy online controlled experiments, 2020, chapter 21. */
  private static final double MISMATCH = 0.001;

  private AbTest() {}

  /**
   * Compares two rates: the z-test with the pooled variance (Fleiss, <i>Statistical methods for
   * rates and proportions</i>, 3rd edition 2003, section 3.1, without continuity correction), and
   * Newcombe's hybrid score interval (<i>Statistics in Medicine</i> 17, 1998, method 10).
   *
   * @param control the control's successes
   * @param variant the variant's
   * @param level of confidence, such as 0.95
   * @return the comparison; NaN where one of them had no trials
   */
  public static Comparison ofRates(Rate control, Rate variant, double level) {
    double difference = variant.value() - control.value();
    double n1 = control.trials();
    double n2 = variant.trials();
    double pooled = (control.successes() + variant.successes()) / (n1 + n2);
    double error = Math.sqrt(pooled * (1 - pooled) * (1 / n1 + 1 / n2));
    double z = error == 0 ? 0 : Math.abs(difference) / error;
    double pValue = 2 * Rate.NORMAL.cumulativeProbability(-z);
    Interval one = control.wilson(level);
    Interval other = variant.wilson(level);
    double low =
        Math.sqrt(square(variant.value() - other.low()) + square(one.high() - control.value()));
    double high =
        Math.sqrt(square(other.high() - variant.value()) + square(control.value() - one.low()));
    return new Comparison(
        difference, new Interval(difference - low, difference + high), Math.min(1, pValue));
  }

  private static double square(double x) {
    return x * x;
  }

  /**
   * Compares two means: Welch's t-test (<i>Biometrika</i> 34, 1947), which takes no variances to be
   * equal, with the interval that belongs to it.
   *
   * @param control of the control, two users or more
   * @param variant of the variant, likewise
   * @param level of confidence, such as 0.95
   * @return the comparison
   */
  public static Comparison ofMeans(Sample control, Sample variant, double level) {
    double difference = variant.mean() - control.mean();
    double v1 = control.variance() / control.size();
    double v2 = variant.variance() / variant.size();
    if (v1 + v2 == 0) {
      return new Comparison(
          difference, new Interval(difference, difference), difference == 0 ? 1 : 0);
    }
    double error = Math.sqrt(v1 + v2);
    double freedom =
        square(v1 + v2) / (square(v1) / (control.size() - 1) + square(v2) / (variant.size() - 1));
    TDistribution student = new TDistribution(null, freedom);
    double pValue = 2 * student.cumulativeProbability(-Math.abs(difference) / error);
    double half = student.inverseCumulativeProbability(1 - (1 - level) / 2) * error;
    return new Comparison(difference, new Interval(difference - half, difference + half), pValue);
  }

  /**
   * Compares two numbers of the same users, or of the same repetitions: Student's paired t-test,
   * with the interval that belongs to it.
   *
   * @param control of each
   * @param variant of the same ones in the same order
   * @param level of confidence, such as 0.95
   * @return the comparison; of fewer than two, or if one is not a number, the difference alone
   * @throws IllegalArgumentException if there are not as many of both
   */
  public static Comparison ofPairs(double[] control, double[] variant, double level) {
    return ofSplits(control, variant, level, 0);
  }

  /**
   * Compares figures of the same random splits, whose training parts overlap: the same with the
   * variance of {@link Mean#ofSplits}.
   *
   * @param control of each split
   * @param variant of the same ones in the same order
   * @param level of confidence, such as 0.95
   * @param testedByTrained size of the test part by that of the training part
   * @return the comparison; of fewer than two, or if one is not a number, the difference alone
   * @throws IllegalArgumentException if there are not as many of both
   */
  public static Comparison ofSplits(
      double[] control, double[] variant, double level, double testedByTrained) {
    if (control.length != variant.length) {
      throw new IllegalArgumentException(
          control.length + " and " + variant.length + " numbers, expected pairs");
    }
    double[] differences = new double[control.length];
    for (int i = 0; i < differences.length; i++) {
      differences[i] = variant[i] - control[i];
    }
    double difference = Arrays.stream(differences).average().orElse(Double.NaN);
    if (differences.length < 2 || !Double.isFinite(difference)) {
      return new Comparison(difference, new Interval(Double.NaN, Double.NaN), Double.NaN);
    }
    Sample sample = Sample.of(differences);
    if (sample.variance() == 0) {
      return new Comparison(
          difference, new Interval(difference, difference), difference == 0 ? 1 : 0);
    }
    double error = Math.sqrt(sample.variance() * (1.0 / sample.size() + testedByTrained));
    TDistribution student = new TDistribution(null, sample.size() - 1.0);
    double pValue = 2 * student.cumulativeProbability(-Math.abs(difference) / error);
    double half = student.inverseCumulativeProbability(1 - (1 - level) / 2) * error;
    return new Comparison(difference, new Interval(difference - half, difference + half), pValue);
  }

  /**
   * How probable it is that users were split as unevenly as that, or more, if they were assigned by
   * the shares: Pearson's chi-square test.
   *
   * @param users how many each variant has
   * @param shares how they are meant to be split
   * @return the p-value
   */
  public static double pValueOfSplit(long[] users, double... shares) {
    return new ChiSquareTest().chiSquareTest(shares, users);
  }

  /**
   * Whether a split is so uneven that something is broken, and no other number of the experiment
   * can be believed: a p-value below 0.001.
   *
   * @param users how many each variant has
   * @param shares how they are meant to be split
   * @return true for an alarm
   */
  public static boolean isSampleRatioMismatch(long[] users, double... shares) {
    return pValueOfSplit(users, shares) < MISMATCH;
  }
}
