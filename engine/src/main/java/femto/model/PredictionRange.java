package femto.model;

/**
 * What predictions are clipped to: for ratings, the smallest and largest rating seen in training.
 *
 * @param lowest lower end, or negative infinity
 * @param highest upper end, or positive infinity
 */
public record PredictionRange(float lowest, float highest) {
  /** No clipping. */
  public static final PredictionRange UNBOUNDED =
      new PredictionRange(Float.NEGATIVE_INFINITY, Float.POSITIVE_INFINITY);

  /**
   * Checks the order.
   *
   * @throws IllegalArgumentException if lowest is not at most highest
   */
  public PredictionRange {
    if (!(lowest <= highest)) {
      throw new IllegalArgumentException("range " + lowest + " to " + highest);
    }
  }

  /**
   * Clips a prediction.
   *
   * @param prediction any number
   * @return the nearest number inside the range
   */
  public double clip(double prediction) {
    return Math.min(highest, Math.max(lowest, prediction));
  }

  /**
   * Whether anything is clipped at all.
   *
   * @return true unless both ends are infinite
   */
  public boolean isBounded() {
    return !equals(UNBOUNDED);
  }
}
