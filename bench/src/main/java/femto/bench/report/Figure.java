package femto.bench.report;

import java.util.Arrays;

/**
 * A figure of a report: the middle of several measurements, which one disturbed one does not move,
 * the least and the greatest. NaN if there is none.
 *
 * @param label what the report calls it
 * @param unit of the three
 * @param median the middle one
 * @param least the least
 * @param most the greatest
 */
public record Figure(String label, String unit, double median, double least, double most) {

  /**
   * Takes the middle of some measurements: of an even number the mean of the two in the middle.
   *
   * @param label what the report calls it
   * @param unit of the measurements
   * @param measured the measurements, in any order; none gives NaN
   * @return the figure
   */
  public static Figure of(String label, String unit, double... measured) {
    double[] sorted = measured.clone();
    Arrays.sort(sorted);
    return sorted.length == 0
        ? new Figure(label, unit, Double.NaN, Double.NaN, Double.NaN)
        : new Figure(label, unit, quantile(sorted, 0.5), sorted[0], sorted[sorted.length - 1]);
  }

  /**
   * A quantile of some measurements, interpolated between the two that are nearest.
   *
   * @param sorted the measurements, ascending, at least one
   * @param part 0 for the least, 1 for the greatest
   * @return the quantile
   */
  public static double quantile(double[] sorted, double part) {
    double at = part * (sorted.length - 1);
    int below = (int) at;
    int above = Math.min(below + 1, sorted.length - 1);
    return sorted[below] + (at - below) * (sorted[above] - sorted[below]);
  }
}
