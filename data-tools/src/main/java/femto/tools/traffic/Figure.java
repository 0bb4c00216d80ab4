package femto.tools.traffic;

import femto.tools.experiment.Interval;
import femto.tools.experiment.Mean;
import femto.tools.experiment.Rate;
import org.apache.commons.math3.stat.StatUtils;
import org.jspecify.annotations.Nullable;

/**
 * What a metric comes to.
 *
 * @param value the figure; NaN if there was nothing to compute it of
 * @param interval where the true one lies with a confidence of 95 %; null for medians, counts and
 *     parts of a whole that is known
 * @param rate how often of how many times, where it is that
 * @param of how many numbers it is of: trials, sessions, dwells, impressions, users or items
 */
public record Figure(double value, @Nullable Interval interval, @Nullable Rate rate, long of) {
  static final double LEVEL = 0.95;

  private static final int HALF = 50;

  static Figure ofRate(long successes, long trials) {
    Rate rate = new Rate(successes, trials);
    return new Figure(rate.value(), rate.wilson(LEVEL), rate, trials);
  }

  static Figure ofMean(double[] values) {
    Mean mean = Mean.of(values);
    return new Figure(mean.value(), new Interval(mean.low(), mean.high()), null, values.length);
  }

  static Figure ofMedian(double[] values) {
    return new Figure(StatUtils.percentile(values, HALF), null, null, values.length);
  }

  static Figure ofCount(long count) {
    return new Figure(count, null, null, count);
  }

  /** A part of a whole of known size, which nothing has been drawn from. */
  static Figure ofPart(long part, long whole) {
    return new Figure(part / (double) whole, null, null, whole);
  }
}
