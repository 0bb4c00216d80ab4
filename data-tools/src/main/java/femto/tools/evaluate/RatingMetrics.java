package femto.tools.evaluate;

/**
 * How far predictions are from labels.
 *
 * @param rmse root of the mean squared error, {@code sqrt(sum (label - prediction)^2 / n)}
 * @param mae mean absolute error, {@code sum |label - prediction| / n}
 */
public record RatingMetrics(double rmse, double mae) {
  /**
   * Measures predictions.
   *
   * @param labels the labels, finite
   * @param predictions as many predictions, finite
   * @return both errors, NaN where there are no labels
   * @throws IllegalArgumentException if the lengths differ or a number is not finite
   */
  public static RatingMetrics of(double[] labels, double[] predictions) {
    Checks.requireSameLength(labels.length, predictions.length);
    double squares = 0;
    double absolutes = 0;
    for (int i = 0; i < labels.length; i++) {
      double error = labels[i] - predictions[i];
      if (!Double.isFinite(error)) {
        throw new IllegalArgumentException(
            "label "
                + labels[i]
                + " and prediction "
                + predictions[i]
                + " at "
                + i
                + ", expected finite numbers");
      }
      squares += error * error;
      absolutes += Math.abs(error);
    }
    return new RatingMetrics(Math.sqrt(squares / labels.length), absolutes / labels.length);
  }
}
