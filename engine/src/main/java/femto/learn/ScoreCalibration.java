package femto.learn;

import femto.model.Link;
import femto.model.Model;
import java.util.Arrays;
import java.util.Locale;

/**
 * What makes probabilities hold: a rising function of the score, fitted on examples that the model
 * has not learned from. The order of scores stays. Immutable and safe to share.
 *
 * <p>Two kinds. {@link Method#PLATT} has two numbers, {@code sigmoid(slope * score + intercept)}
 * (Platt, "Probabilistic outputs for support vector machines", 1999), and becomes part of the
 * weights ({@link Model#calibrated}), so that serving costs nothing. {@link Method#ISOTONIC} takes
 * any rising shape (Zadrozny and Elkan, "Transforming classifier scores into accurate multiclass
 * probability estimates", KDD 2002), needs more examples, and becomes the model's {@link Link}.
 */
public final class ScoreCalibration {
  /** Newton's method ends where the gradient is this small a mean example. */
  private static final double SMALL_GRADIENT = 1e-10;

  /** What a sum of losses may be off by rounding, of itself. */
  private static final double ROUNDING = 1e-12;

  private static final int MAX_STEPS = 100;

  /** What keeps the Hessian invertible where all scores are the same. */
  private static final double RIDGE = 1e-12;

  private static final double LEAST_SHARE = 1e-10;
  private static final double ENOUGH_DESCENT = 1e-4;

  /** Kinds of calibration. */
  public enum Method {
    /** A line inside the sigmoid. */
    PLATT,
    /** Any rising function, as straight lines between knots. */
    ISOTONIC
  }

  private final Method method;
  private final double slope;
  private final double intercept;
  private final Link link;

  private ScoreCalibration(Method method, double slope, double intercept, Link link) {
    this.method = method;
    this.slope = slope;
    this.intercept = intercept;
    this.link = link;
  }

  /**
   * Fits a calibration.
   *
   * @param method which kind
   * @param scores finite scores of examples that the model has not learned from
   * @param positive their labels
   * @param weights how much each counts, finite, 0 or more; only ratios matter
   * @return the calibration
   * @throws IllegalArgumentException if the lengths differ, a number is out of range, or no example
   *     counts
   */
  public static ScoreCalibration fit(
      Method method, double[] scores, boolean[] positive, double[] weights) {
    double[] counts = counts(scores, positive, weights);
    return switch (method) {
      case PLATT -> platt(scores, positive, counts);
      case ISOTONIC -> new ScoreCalibration(method, 1, 0, isotonic(scores, positive, counts));
    };
  }

  /** The weights, of a mean of 1 over those that count. */
  private static double[] counts(double[] scores, boolean[] positive, double[] weights) {
    if (positive.length != scores.length || weights.length != scores.length) {
      throw new IllegalArgumentException(
          "%d scores, %d labels and %d weights, expected as many"
              .formatted(scores.length, positive.length, weights.length));
    }
    double sum = 0;
    int counting = 0;
    for (int i = 0; i < scores.length; i++) {
      // Written so that a NaN is refused too; scores are f32 where a model serves.
      if (!(Math.abs(scores[i]) <= Float.MAX_VALUE)) {
        throw new IllegalArgumentException(
            "score " + i + " is " + scores[i] + ", expected a finite number");
      }
      if (!(weights[i] >= 0 && weights[i] <= Float.MAX_VALUE)) {
        throw new IllegalArgumentException(
            "weight " + i + " is " + weights[i] + ", expected a finite number, 0 or more");
      }
      sum += weights[i];
      counting += weights[i] > 0 ? 1 : 0;
    }
    if (counting == 0) {
      throw new IllegalArgumentException("there are no examples to calibrate by");
    }
    double mean = sum / counting;
    return Arrays.stream(weights).map(weight -> weight / mean).toArray();
  }

  /**
   * Platt's two numbers by Newton's method with backtracking (Lin, Lin and Weng, "A note on Platt's
   * probabilistic outputs for support vector machines", Machine Learning 68, 2007, algorithm 1).
   * The targets are Platt's, (N+ + 1) / (N+ + 2) and 1 / (N- + 2), which keep both numbers finite
   * where the scores part the labels.
   */
  private static ScoreCalibration platt(double[] scores, boolean[] positive, double[] counts) {
    double positives = 0;
    double negatives = 0;
    for (int i = 0; i < scores.length; i++) {
      positives += positive[i] ? counts[i] : 0;
      negatives += positive[i] ? 0 : counts[i];
    }
    double intercept = Math.log((positives + 1) / (negatives + 1));
    if (positives == 0 || negatives == 0) {
      return new ScoreCalibration(
          Method.PLATT, 0, intercept, Link.SIGMOID); // nothing tells scores apart
    }
    double high = (positives + 1) / (positives + 2);
    double low = 1 / (negatives + 2);
    PlattLoss loss = new PlattLoss(scores, positive, counts, high, low);
    double slope = 0;
    for (int step = 0; step < MAX_STEPS; step++) {
      double value = loss.at(slope, intercept);
      double small = SMALL_GRADIENT * (positives + negatives);
      if (Math.abs(loss.bySlope) < small && Math.abs(loss.byIntercept) < small) {
        break;
      }
      double determinant = loss.slopeSlope * loss.bothBoth - loss.slopeBoth * loss.slopeBoth;
      double ofSlope = loss.bothBoth * loss.bySlope - loss.slopeBoth * loss.byIntercept;
      double ofIntercept = loss.slopeSlope * loss.byIntercept - loss.slopeBoth * loss.bySlope;
      double down = -ofSlope / determinant;
      double across = -ofIntercept / determinant;
      double descent = loss.bySlope * down + loss.byIntercept * across;
      double share = 1;
      while (share >= LEAST_SHARE
          && loss.at(slope + share * down, intercept + share * across)
              > value * (1 + ROUNDING) + ENOUGH_DESCENT * share * descent) {
        share /= 2;
      }
      if (share < LEAST_SHARE) {
        break;
      }
      slope += share * down;
      intercept += share * across;
    }
    return new ScoreCalibration(Method.PLATT, slope, intercept, Link.SIGMOID);
  }

  /** Cross entropy of the targets, its gradient and its Hessian where it was last looked at. */
  private static final class PlattLoss {
    private final double[] scores;
    private final boolean[] positive;
    private final double[] counts;
    private final double high;
    private final double low;
    private double bySlope;
    private double byIntercept;
    private double slopeSlope;
    private double slopeBoth;
    private double bothBoth;

    PlattLoss(double[] scores, boolean[] positive, double[] counts, double high, double low) {
      this.scores = scores;
      this.positive = positive;
      this.counts = counts;
      this.high = high;
      this.low = low;
    }

    double at(double slope, double intercept) {
      double sum = 0;
      bySlope = 0;
      byIntercept = 0;
      slopeSlope = RIDGE;
      slopeBoth = 0;
      bothBoth = RIDGE;
      for (int i = 0; i < scores.length; i++) {
        double target = positive[i] ? high : low;
        double logit = slope * scores[i] + intercept;
        double probability = Link.SIGMOID.apply(logit);
        sum += counts[i] * Loss.LOGISTIC.value(logit, target);
        double gradient = counts[i] * (probability - target);
        double curvature = counts[i] * probability * (1 - probability);
        bySlope += gradient * scores[i];
        byIntercept += gradient;
        slopeSlope += curvature * scores[i] * scores[i];
        slopeBoth += curvature * scores[i];
        bothBoth += curvature;
      }
      return sum;
    }
  }

  /**
   * Pool adjacent violators (Ayer, Brunk, Ewing, Reid and Silverman, 1955): blocks of neighbouring
   * scores whose rates of positives rise. A knot is where a block's mean score and its rate are;
   * straight lines between knots, and not steps at the blocks' ends, since the truth has no steps,
   * and scores that differ should seldom become the same. One positive more at the least score and
   * one negative more at the greatest, of the weight of a mean example each, keep every rate
   * between 0 and 1.
   */
  private static Link isotonic(double[] scores, boolean[] positive, double[] counts) {
    Blocks blocks = new Blocks(scores.length);
    for (long entry : ascending(scores, counts)) {
      int example = (int) entry;
      float score = (float) scores[example];
      double count = counts[example];
      blocks.addDistinct(score, count, positive[example] ? count : 0);
    }
    blocks.add(0, 1, 1);
    blocks.add(blocks.size - 1, 1, 0);
    blocks.pool();
    while (blocks.size > Link.MAX_KNOTS) {
      blocks.merge(blocks.size - Link.MAX_KNOTS);
    }
    return blocks.toLink();
  }

  /** Indexes of the examples that count as low halves, ascending by score and then by index. */
  private static long[] ascending(double[] scores, double[] counts) {
    long[] order = new long[scores.length];
    int size = 0;
    for (int i = 0; i < scores.length; i++) {
      if (counts[i] > 0) {
        int bits = Float.floatToIntBits((float) scores[i] + 0f); // no negative 0
        int ordered = bits ^ ((bits >> 31) & Integer.MAX_VALUE);
        order[size++] = (long) ordered << Integer.SIZE | i;
      }
    }
    long[] sorted = Arrays.copyOf(order, size);
    Arrays.sort(sorted);
    return sorted;
  }

  /** Neighbouring scores that become one knot, ascending. */
  private static final class Blocks {
    private final double[] counts;
    private final double[] positives;
    private final double[] scoreSums;
    private int size;
    private float lastScore;

    Blocks(int capacity) {
      counts = new double[capacity];
      positives = new double[capacity];
      scoreSums = new double[capacity];
    }

    /** Takes the next score, into the last block if it is the same. */
    void addDistinct(float score, double count, double positive) {
      if (size == 0 || score != lastScore) {
        lastScore = score;
        size++;
      }
      counts[size - 1] += count;
      positives[size - 1] += positive;
      scoreSums[size - 1] += count * score;
    }

    /** Takes more at a block's mean score. */
    void add(int block, double count, double positive) {
      double score = score(block);
      counts[block] += count;
      positives[block] += positive;
      scoreSums[block] += count * score;
    }

    private double rate(int block) {
      return positives[block] / counts[block];
    }

    private double score(int block) {
      return scoreSums[block] / counts[block];
    }

    private void move(int from, int to) {
      counts[to] = counts[from];
      positives[to] = positives[from];
      scoreSums[to] = scoreSums[from];
    }

    private void pour(int from, int to) {
      counts[to] += counts[from];
      positives[to] += positives[from];
      scoreSums[to] += scoreSums[from];
    }

    /** Until rates rise. */
    void pool() {
      int last = 0;
      for (int block = 1; block < size; block++) {
        move(block, ++last);
        while (last > 0 && rate(last - 1) >= rate(last)) {
          pour(last, last - 1);
          last--;
        }
      }
      size = last + 1;
    }

    /**
     * Merges neighbours that are least worth telling apart, by what it adds to the squared error,
     * at most so many pairs and at least one.
     */
    void merge(int pairs) {
      double[] costs = new double[size - 1];
      for (int i = 0; i < costs.length; i++) {
        double difference = rate(i + 1) - rate(i);
        costs[i] =
            counts[i] * counts[i + 1] / (counts[i] + counts[i + 1]) * difference * difference;
      }
      double[] sorted = costs.clone();
      Arrays.sort(sorted);
      double most = sorted[Math.min(pairs, sorted.length) - 1];
      int last = 0;
      int left = pairs;
      boolean merged = false; // whether the last block is of two already
      for (int block = 1; block < size; block++) {
        if (left > 0 && !merged && costs[block - 1] <= most) {
          pour(block, last);
          merged = true;
          left--;
        } else {
          move(block, ++last);
          merged = false;
        }
      }
      size = last + 1;
    }

    Link toLink() {
      float[] scores = new float[size];
      float[] rates = new float[size];
      int knots = 0;
      for (int block = 0; block < size; block++) {
        float score = (float) score(block);
        float rate = Math.min(Math.max((float) rate(block), Float.MIN_NORMAL), Math.nextDown(1f));
        if (knots == 0 || score > scores[knots - 1]) {
          scores[knots++] = score;
        }
        rates[knots - 1] = rate; // of two whose means are the same in f32, the higher one
      }
      return Link.isotonic(Arrays.copyOf(scores, knots), Arrays.copyOf(rates, knots));
    }
  }

  /**
   * Whether greater scores become greater probabilities. They do not where what Platt's method was
   * fitted on has labels of one kind alone, or lower scores for positives.
   *
   * @return true if {@link #apply} may be called
   */
  public boolean isRising() {
    return slope > 0;
  }

  /**
   * Makes a model of which the probabilities hold.
   *
   * @param model the model that was calibrated, or one of the same task learned anew on more
   *     examples; its link is the sigmoid
   * @return a model of its own weights, of which the caller is the owner
   * @throws IllegalArgumentException if the model's link is another
   * @throws IllegalStateException if this does not rise
   */
  public Model apply(Model model) {
    if (!model.link().equals(Link.SIGMOID)) {
      throw new IllegalArgumentException(
          "the model's link is " + model.link() + ", expected sigmoid for calibration");
    }
    if (!isRising()) {
      throw new IllegalStateException("the slope is " + slope + ", expected above 0");
    }
    return model.calibrated(slope, intercept, link);
  }

  /**
   * What a score becomes.
   *
   * @param score a score of the model that was calibrated
   * @return the probability
   */
  public double probability(double score) {
    return link.apply(slope * score + intercept);
  }

  /**
   * What it is, for people.
   *
   * @return such as {@code platt 0.913 * score - 0.0421} or {@code isotonic of 31 knots}
   */
  @Override
  public String toString() {
    String name = method.name().toLowerCase(Locale.ROOT);
    return method == Method.PLATT
        ? String.format(
            Locale.ROOT,
            "%s %.4g * score %s %.4g",
            name,
            slope,
            intercept < 0 ? "-" : "+",
            Math.abs(intercept))
        : name + " of " + link.knots() + " knots";
  }
}
