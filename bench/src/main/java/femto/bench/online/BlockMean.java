package femto.bench.online;

import org.apache.commons.math3.distribution.TDistribution;
import org.apache.commons.math3.stat.descriptive.SummaryStatistics;

/**
 * The mean of what was found in blocks of a stream, and where the mean of all such blocks is:
 * within the interval by Student's t. Blocks are long, so that they are about independent; where
 * what they have changes in the course of the stream, the interval is wider than it had to be.
 *
 * @param mean the mean
 * @param low lower end of the interval
 * @param high upper end; NaN, as the lower one, of fewer than two blocks
 */
record BlockMean(double mean, double low, double high) {
  /** The interval that has the mean so often. */
  static BlockMean of(double[] blocks, double confidence) {
    SummaryStatistics statistics = new SummaryStatistics();
    for (double block : blocks) {
      statistics.addValue(block);
    }
    double mean = statistics.getMean();
    if (blocks.length < 2) {
      return new BlockMean(mean, Double.NaN, Double.NaN);
    }
    double quantile =
        new TDistribution(blocks.length - 1.0).inverseCumulativeProbability((1 + confidence) / 2);
    double half = quantile * statistics.getStandardDeviation() / Math.sqrt(blocks.length);
    return new BlockMean(mean, mean - half, mean + half);
  }
}
