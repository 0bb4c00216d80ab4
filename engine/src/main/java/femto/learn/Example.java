package femto.learn;

import femto.model.FeatureRows;
import java.util.Arrays;

/** One example, in buffers that a source fills again and again. One owner at a time. */
public final class Example extends Apart {
  /**
   * More than most examples have. Where arrays ever grow, adding a feature reads their references
   * anew: learning from 39 features took 600 ns and not 520.
   */
  private static final int ROOM = 128;

  private int[] features = new int[ROOM + NUMBERS];
  private float[] weights = new float[ROOM + NUMBERS];
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
    if (count + more > features.length - NUMBERS) {
      int length = Math.max(2 * count, count + more) + NUMBERS;
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

  /** All features, and more. */
  int[] features() {
    return features;
  }

  /** Their weights, and more. */
  float[] weights() {
    return weights;
  }
}
