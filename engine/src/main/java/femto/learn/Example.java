package femto.learn;

import femto.kernels.LearningRows;
import femto.model.FeatureRows;
import java.util.Arrays;

/** One example, in buffers that a source fills again and again. One owner at a time. */
public final class Example {
  /** Numbers at the end of an array that stay unused: another thread's may follow. */
  private static final int APART = 32;

  /**
   * What a thread writes at each example shall not share a cache line with what another writes; the
   * collector may lay objects of two threads side by side. Longs come before smaller fields.
   */
  @SuppressWarnings({"unused", "UnusedVariable"})
  private long p0, p1, p2, p3, p4, p5, p6, p7, p8, p9, p10, p11, p12, p13, p14, p15;

  private int[] features = new int[16 + APART];
  private float[] weights = new float[16 + APART];
  private int count;
  private float label;
  private float importance = 1;

  /** Makes an empty example. */
  public Example() {}

  /**
   * Forgets the features and sets the label; the example counts once.
   *
   * @param newLabel the label: any number for squared loss, 0 or 1 for logistic loss
   */
  public void reset(float newLabel) {
    count = 0;
    label = newLabel;
    importance = 1;
  }

  /**
   * Changes the label alone.
   *
   * @param newLabel as for {@link #reset}
   */
  public void relabel(float newLabel) {
    label = newLabel;
  }

  /**
   * Says how much the example counts.
   *
   * @param newImportance what its gradient is multiplied by, 0 or more; 1 until this is called
   */
  public void weigh(float newImportance) {
    importance = newImportance;
  }

  /**
   * How much the example counts.
   *
   * @return what its gradient is multiplied by
   */
  public float importance() {
    return importance;
  }

  /**
   * Adds a feature.
   *
   * @param feature its number, not yet in this example
   * @param weight its x
   */
  public void add(int feature, float weight) {
    requireRoom(1);
    features[count] = feature;
    weights[count++] = weight;
  }

  /**
   * Adds all features of a row.
   *
   * @param rows sparse rows
   * @param row one of them, of features that are not yet in this example
   * @throws IndexOutOfBoundsException if there is no such row
   */
  public void addRow(FeatureRows rows, int row) {
    long begin = rows.offset(row);
    int some = Math.toIntExact(rows.offset(row + 1) - begin);
    requireRoom(some);
    rows.copyEntries(begin, some, features, weights, count);
    count += some;
  }

  /**
   * Adds the features of a row under other numbers.
   *
   * @param rows sparse rows
   * @param row one of them
   * @param numbers by the row's features, other numbers that are not yet in this example, or
   *     negative ones for what is left out
   * @throws IndexOutOfBoundsException if there is no such row, or no number for a feature
   */
  public void addRow(FeatureRows rows, int row, int[] numbers) {
    int from = count;
    addRow(rows, row);
    int end = count;
    count = from;
    for (int i = from; i < end; i++) {
      int number = numbers[features[i]];
      if (number >= 0) {
        features[count] = number;
        weights[count++] = weights[i];
      }
    }
  }

  private void requireRoom(int more) {
    if (count + more > features.length - APART) {
      int length = Math.max(2 * count, LearningRows.room(count + more)) + APART;
      features = Arrays.copyOf(features, length);
      weights = Arrays.copyOf(weights, length);
    }
  }

  /**
   * The label.
   *
   * @return what {@link #reset} was given
   */
  public float label() {
    return label;
  }

  /**
   * Number of features.
   *
   * @return 0 or more
   */
  public int count() {
    return count;
  }

  /**
   * A feature.
   *
   * @param i 0 to count-1
   * @return its number
   */
  public int feature(int i) {
    return features[i];
  }

  /**
   * A feature's weight.
   *
   * @param i 0 to count-1
   * @return its x
   */
  public float weight(int i) {
    return weights[i];
  }

  /** All features, and {@link LearningRows#room}. */
  int[] features() {
    return features;
  }

  /** Their weights, and {@link LearningRows#room}. */
  float[] weights() {
    return weights;
  }
}
