package femto.tools.evaluate;

import femto.tools.data.DataSet;
import java.util.OptionalDouble;
import java.util.function.IntToDoubleFunction;

/**
 * How well a model predicts the test part of a split. Predictions stand in the order of {@link
 * Split#test}; every test example counts once.
 */
public final class RatingEvaluation {
  private RatingEvaluation() {}

  /**
   * Measures predicted ratings.
   *
   * @param data the data set
   * @param split a split of it
   * @param predictions a prediction a test example, finite
   * @return the errors, NaN where the test part is empty
   * @throws IllegalArgumentException if there are not as many predictions as test examples, or one
   *     is not finite
   */
  public static RatingMetrics ratings(DataSet data, Split split, double[] predictions) {
    return ratings(Examples.of(data), split, predictions);
  }

  static RatingMetrics ratings(Examples examples, Split split, double[] predictions) {
    return RatingMetrics.of(atTest(split, examples::label), predictions);
  }

  /**
   * Measures predicted probabilities that a rating is positive.
   *
   * @param data the data set
   * @param split a split of it
   * @param probabilities a probability a test example, 0 to 1
   * @param threshold a rating is positive if its label is at least this
   * @return AUC (NaN where all or none are positive) and log loss (NaN where the test part is
   *     empty)
   * @throws IllegalArgumentException if there are not as many probabilities as test examples, or
   *     one is out of range
   */
  public static BinaryMetrics binary(
      DataSet data, Split split, double[] probabilities, float threshold) {
    return binary(Examples.of(data), split, probabilities, threshold);
  }

  static BinaryMetrics binary(
      Examples examples, Split split, double[] probabilities, float threshold) {
    return BinaryMetrics.of(positives(examples, split, threshold), probabilities);
  }

  /**
   * Whether predicted probabilities are what they say.
   *
   * @param data the data set
   * @param split a split of it
   * @param probabilities a probability a test example, 0 to 1
   * @param threshold a rating is positive if its label is at least this
   * @param bins number of bins, 1 or more
   * @return how far they are off
   * @throws IllegalArgumentException if there are not as many probabilities as test examples, or a
   *     number is out of range
   */
  public static Calibration calibration(
      DataSet data, Split split, double[] probabilities, float threshold, int bins) {
    return Calibration.of(positives(Examples.of(data), split, threshold), probabilities, bins);
  }

  /**
   * AUC of scores on any scale, for a model that gives no probabilities.
   *
   * @param data the data set
   * @param split a split of it
   * @param scores a score a test example, not NaN
   * @param threshold a rating is positive if its label is at least this
   * @return 0 to 1, or NaN where all or none are positive
   * @throws IllegalArgumentException if there are not as many scores as test examples, or one is
   *     NaN
   */
  public static double auc(DataSet data, Split split, double[] scores, float threshold) {
    return auc(Examples.of(data), split, scores, threshold);
  }

  static double auc(Examples examples, Split split, double[] scores, float threshold) {
    return BinaryMetrics.auc(positives(examples, split, threshold), scores);
  }

  /**
   * The RMSE on the test part of the planted truth itself: {@code sqrt(mean((label - E label)^2))}.
   * No model does better but by chance.
   *
   * @param data the data set
   * @param split a split of it
   * @return the RMSE (NaN where the test part is empty), or nothing if no truth is known
   */
  public static OptionalDouble bestRmse(DataSet data, Split split) {
    return data.truth().stream()
        .mapToDouble(truth -> bestRmse(Examples.of(data), split, truth::mean))
        .findFirst();
  }

  static double bestRmse(Examples examples, Split split, IntToDoubleFunction mean) {
    return ratings(examples, split, atTest(split, mean)).rmse();
  }

  /**
   * The AUC on the test part of the planted probability of a positive rating. No model does better
   * but by chance.
   *
   * @param data the data set
   * @param split a split of it
   * @param threshold a rating is positive if its label is at least this
   * @return the AUC (NaN where all or none are positive), or nothing if no truth is known
   */
  public static OptionalDouble bestAuc(DataSet data, Split split, float threshold) {
    return data.truth().stream()
        .mapToDouble(truth -> bestAuc(Examples.of(data), split, truth::positive, threshold))
        .findFirst();
  }

  static double bestAuc(
      Examples examples, Split split, IntToDoubleFunction positive, float threshold) {
    return auc(examples, split, atTest(split, positive), threshold);
  }

  /**
   * The mean log loss on the test part of the planted probability of a positive label. No model
   * does better but by chance.
   *
   * @param data the data set
   * @param split a split of it
   * @param threshold a label is positive from it on
   * @return nats (NaN where the test part is empty), or nothing if the truth is not known or is of
   *     another threshold
   */
  public static OptionalDouble bestLogLoss(DataSet data, Split split, float threshold) {
    return data.truth().stream()
        .filter(truth -> threshold == data.positive())
        .mapToDouble(truth -> bestLogLoss(Examples.of(data), split, truth::positive, threshold))
        .findFirst();
  }

  static double bestLogLoss(
      Examples examples, Split split, IntToDoubleFunction positive, float threshold) {
    return BinaryMetrics.logLoss(positives(examples, split, threshold), atTest(split, positive));
  }

  private static double[] atTest(Split split, IntToDoubleFunction value) {
    int[] test = split.test();
    double[] values = new double[test.length];
    for (int i = 0; i < test.length; i++) {
      values[i] = value.applyAsDouble(test[i]);
    }
    return values;
  }

  private static boolean[] positives(Examples examples, Split split, float threshold) {
    int[] test = split.test();
    boolean[] positives = new boolean[test.length];
    for (int i = 0; i < test.length; i++) {
      positives[i] = examples.label(test[i]) >= threshold;
    }
    return positives;
  }
}
