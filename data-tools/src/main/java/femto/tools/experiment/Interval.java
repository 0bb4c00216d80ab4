package femto.tools.experiment;

/**
 * Where a number lies.
 *
 * @param low lower end
 * @param high upper end
 */
public record Interval(double low, double high) {
  /**
   * Whether a number is in it.
   *
   * @param value the number
   * @return true from end to end
   */
  public boolean contains(double value) {
    return value >= low && value <= high;
  }
}
