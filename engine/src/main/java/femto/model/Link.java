package femto.model;

import java.util.Arrays;

/**
 * What turns a score into a prediction. Each is monotone, so ranking never needs it. Immutable and
 * safe to share.
 */
public final class Link {
  /** Most knots of a link: 8 kB, and ten steps to find the right two. */
  public static final int MAX_KNOTS = 1024;

  /** The score itself: a rating. */
  public static final Link IDENTITY = new Link("identity", false, new float[0], new float[0]);

  /** 1 / (1 + e^-score): a probability. */
  public static final Link SIGMOID = new Link("sigmoid", true, new float[0], new float[0]);

  static final String ISOTONIC = "isotonic";
  static final String CURVE = "curve";

  private final String name;
  private final boolean ofProbability;
  private final float[] scores;
  private final float[] predictions;

  private Link(String name, boolean ofProbability, float[] scores, float[] predictions) {
    this.name = name;
    this.ofProbability = ofProbability;
    this.scores = scores;
    this.predictions = predictions;
  }

  /**
   * A map from scores to probabilities through given knots: straight lines between them, constant
   * below the first and above the last, where nothing is known.
   *
   * @param scores 1 to {@value #MAX_KNOTS} finite scores, each greater than the one before; copied
   * @param probabilities as many, strictly between 0 and 1, so that no log loss is infinite; none
   *     less than the one before; copied
   * @return the link
   * @throws IllegalArgumentException if one of that does not hold
   */
  public static Link isotonic(float[] scores, float[] probabilities) {
    requireScores(ISOTONIC, scores, probabilities, "probabilities");
    float last = 0;
    for (int i = 0; i < probabilities.length; i++) {
      if (!(probabilities[i] > 0
          && probabilities[i] >= last
          && probabilities[i] < 1)) { // so that a NaN is refused too
        throw new IllegalArgumentException(
            "isotonic link: probability %d is %s after %s, expected no less, above 0 and below 1"
                .formatted(i, probabilities[i], last));
      }
      last = probabilities[i];
    }
    return new Link(ISOTONIC, true, scores.clone(), probabilities.clone());
  }

  /**
   * A map from scores to numbers, such as ratings, through given knots, as {@link #isotonic} goes.
   *
   * @param scores 1 to {@value #MAX_KNOTS} finite scores, each greater than the one before; copied
   * @param predictions as many, finite, none less than the one before; copied
   * @return the link
   * @throws IllegalArgumentException if one of that does not hold
   */
  public static Link curve(float[] scores, float[] predictions) {
    requireScores(CURVE, scores, predictions, "predictions");
    float last = -Float.MAX_VALUE;
    for (int i = 0; i < predictions.length; i++) {
      if (!(predictions[i] >= last && predictions[i] <= Float.MAX_VALUE)) {
        throw new IllegalArgumentException(
            "curve link: prediction %d is %s after %s, expected a finite number, no less"
                .formatted(i, predictions[i], last));
      }
      last = predictions[i];
    }
    return new Link(CURVE, false, scores.clone(), predictions.clone());
  }

  private static void requireScores(String name, float[] scores, float[] predictions, String what) {
    int knots = scores.length;
    if (knots < 1 || knots > MAX_KNOTS || predictions.length != knots) {
      throw new IllegalArgumentException(
          "%s link of %d scores and %d %s, expected as many, 1 to %d"
              .formatted(name, knots, predictions.length, what, MAX_KNOTS));
    }
    float last = Float.NEGATIVE_INFINITY;
    for (int i = 0; i < knots; i++) {
      if (!(scores[i] > last && scores[i] <= Float.MAX_VALUE)) {
        throw new IllegalArgumentException(
            "%s link: score %d is %s after %s, expected a greater finite one"
                .formatted(name, i, scores[i], last));
      }
      last = scores[i];
    }
  }

  /**
   * Applies the link.
   *
   * @param score a score
   * @return the prediction
   */
  public double apply(double score) {
    if (scores.length > 0) {
      return between(score);
    }
    return ofProbability ? 1 / (1 + Math.exp(-score)) : score;
  }

  private double between(double score) {
    int last = scores.length - 1;
    if (!(score > scores[0])) {
      return Double.isNaN(score) ? score : predictions[0];
    }
    if (score >= scores[last]) {
      return predictions[last];
    }
    int low = 0;
    int high = last;
    while (high - low > 1) {
      int middle = (low + high) >>> 1;
      if (score >= scores[middle]) {
        low = middle;
      } else {
        high = middle;
      }
    }
    double share = (score - scores[low]) / ((double) scores[high] - scores[low]);
    double rise = (double) predictions[high] - predictions[low];
    return Math.min(predictions[high], predictions[low] + share * rise);
  }

  /**
   * Whether predictions are probabilities, of labels 0 and 1.
   *
   * @return false for the identity and for a curve
   */
  public boolean isOfProbability() {
    return ofProbability;
  }

  /**
   * Number of knots.
   *
   * @return 1 to {@value #MAX_KNOTS} for an isotonic link or a curve, otherwise 0
   */
  public int knots() {
    return scores.length;
  }

  /**
   * Where a knot is.
   *
   * @param knot 0 to knots-1
   * @return its score
   * @throws IndexOutOfBoundsException if there is no such knot
   */
  public float score(int knot) {
    return scores[knot];
  }

  /**
   * What a knot's score becomes.
   *
   * @param knot 0 to knots-1
   * @return its probability, or other prediction
   * @throws IndexOutOfBoundsException if there is no such knot
   */
  public float prediction(int knot) {
    return predictions[knot];
  }

  /**
   * Its name, as in the model file.
   *
   * @return {@code identity}, {@code sigmoid}, {@code isotonic} or {@code curve}
   */
  @Override
  public String toString() {
    return name;
  }

  /**
   * Whether another link is the same function.
   *
   * @param other anything
   * @return true for a link of the same kind and knots
   */
  @Override
  public boolean equals(Object other) {
    return other instanceof Link link
        && name.equals(link.name)
        && Arrays.equals(scores, link.scores)
        && Arrays.equals(predictions, link.predictions);
  }

  @Override
  public int hashCode() {
    return 31 * name.hashCode() + Arrays.hashCode(scores);
  }
}
