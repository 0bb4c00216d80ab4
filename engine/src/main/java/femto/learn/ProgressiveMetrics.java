package femto.learn;

import static java.lang.foreign.ValueLayout.JAVA_DOUBLE;

import femto.file.Dtype;
import femto.file.MalformedFileException;
import femto.file.SafetensorsFile;
import femto.file.SafetensorsWriter;
import java.lang.foreign.MemorySegment;

/**
 * How well a learner predicts what it has not learned yet: each example is scored, and only then
 * learned from ("progressive validation", Blum, Kalai and Langford, COLT 1999). What it says of the
 * last examples is over a window of them. One owner at a time.
 */
public final class ProgressiveMetrics {
  private static final String EXAMPLES = "femto.metrics.examples";
  private static final String LOSS = "metrics.loss";
  private static final String SCORES = "metrics.scores";
  private static final String LABELS = "metrics.labels";

  private final Loss loss;
  private final double[] scores;
  private final double[] labels;
  private long examples;
  private double lossSum;

  /**
   * The last examples.
   *
   * @param examples how many they are
   * @param loss mean loss; NaN if there are none, as all that follows
   * @param lossOfMean mean loss of always predicting their mean label: the least that a prediction
   *     can have that knows no features
   * @param lossOfZero mean loss of the score 0: what is worse knows less than nothing
   * @param auc part of the pairs of a positive and a negative one in which the positive one has the
   *     higher score, those of equal scores counting half; NaN if there is no such pair, or if
   *     labels are not 0 and 1
   * @param meanPrediction mean of the predictions
   * @param meanLabel mean of the labels
   */
  public record Window(
      int examples,
      double loss,
      double lossOfMean,
      double lossOfZero,
      double auc,
      double meanPrediction,
      double meanLabel) {

    /**
     * Whether predictions are too high or too low as a whole.
     *
     * @return mean prediction in parts of the mean label; 1 is right
     */
    public double calibration() {
      return meanPrediction / meanLabel;
    }
  }

  /**
   * Begins.
   *
   * @param loss what the learner makes small
   * @param window how many examples the window has, 1 or more
   */
  public ProgressiveMetrics(Loss loss, int window) {
    if (window < 1) {
      throw new IllegalArgumentException("window=" + window + ", expected 1 or more");
    }
    this.loss = loss;
    this.scores = new double[window];
    this.labels = new double[window];
  }

  /**
   * Takes an example that is about to be learned.
   *
   * @param score its score, before the link
   * @param label its label
   */
  public void add(double score, double label) {
    int place = (int) (examples++ % scores.length);
    scores[place] = score;
    labels[place] = label;
    lossSum += loss.value(score, label);
  }

  /**
   * How many there have been.
   *
   * @return 0 or more
   */
  public long examples() {
    return examples;
  }

  /**
   * Mean loss of all of them.
   *
   * @return NaN if there have been none
   */
  public double loss() {
    return lossSum / examples;
  }

  /**
   * What the last examples say. Sorts them.
   *
   * @return over as many as the window has, or as there have been
   */
  public Window window() {
    int count = inWindow();
    double labelSum = 0;
    double predictionSum = 0;
    for (int i = 0; i < count; i++) {
      labelSum += labels[i];
      predictionSum += loss.link().apply(scores[i]);
    }
    return new Window(
        count,
        windowLoss(),
        lossOfConstant(loss.scoreOfMean(labelSum / count)),
        lossOfConstant(0),
        loss == Loss.LOGISTIC ? auc(count) : Double.NaN,
        predictionSum / count,
        labelSum / count);
  }

  private int inWindow() {
    return (int) Math.min(examples, scores.length);
  }

  private double windowLoss() {
    double sum = 0;
    for (int i = 0; i < inWindow(); i++) {
      sum += loss.value(scores[i], labels[i]);
    }
    return sum / inWindow();
  }

  /** Mean loss in the window of a score that is always the same. */
  private double lossOfConstant(double score) {
    double sum = 0;
    for (int i = 0; i < inWindow(); i++) {
      sum += loss.value(score, labels[i]);
    }
    return sum / inWindow();
  }

  /**
   * Whether the loss of the window is beyond what a learner that learns can have: no number, or
   * more than that of zero, and more than some times that of the mean. Cheaper than {@link
   * #window}.
   *
   * @param factor how many times, more than 1
   * @return true if it has exploded
   */
  public boolean hasExploded(double factor) {
    double now = windowLoss();
    if (now <= lossOfConstant(0)) {
      return false;
    }
    Window window = window();
    return !(now <= Math.max(factor * window.lossOfMean(), window.lossOfZero()));
  }

  /**
   * Adds all of it to a file, to go on from with {@link #restore}.
   *
   * @param writer the file being made; written before another example is added
   */
  public void writeTo(SafetensorsWriter writer) {
    writer.metadata(EXAMPLES, Long.toString(examples));
    writer.tensor(LOSS, Dtype.F64, MemorySegment.ofArray(new double[] {lossSum}), 1);
    writer.tensor(SCORES, Dtype.F64, MemorySegment.ofArray(scores), scores.length);
    writer.tensor(LABELS, Dtype.F64, MemorySegment.ofArray(labels), labels.length);
  }

  /**
   * Goes on from what {@link #writeTo} wrote for a window of the same length.
   *
   * @param file the file
   * @throws MalformedFileException if it is not that
   */
  public void restore(SafetensorsFile file) throws MalformedFileException {
    MemorySegment sum = file.require(LOSS, Dtype.F64, 1);
    MemorySegment formerScores = file.require(SCORES, Dtype.F64, scores.length);
    MemorySegment formerLabels = file.require(LABELS, Dtype.F64, labels.length);
    examples = file.requireCount(EXAMPLES);
    lossSum = sum.get(JAVA_DOUBLE, 0);
    MemorySegment.copy(formerScores, JAVA_DOUBLE, 0, scores, 0, scores.length);
    MemorySegment.copy(formerLabels, JAVA_DOUBLE, 0, labels, 0, labels.length);
  }

  private double auc(int count) {
    double[] positives = new double[count];
    double[] negatives = new double[count];
    int positive = 0;
    int negative = 0;
    for (int i = 0; i < count; i++) {
      if (labels[i] > 0) {
        positives[positive++] = scores[i];
      } else {
        negatives[negative++] = scores[i];
      }
    }
    return Auc.of(positives, positive, negatives, negative);
  }
}
