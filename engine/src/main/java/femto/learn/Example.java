package femto.learn;

import java.util.Arrays;

/** One example, in buffers that a source fills again and again. One owner at a time. */
public final class Example {
  private int[] features = new int[16];
  private float[] weights = new float[16];
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
    if (count == features.length) {
      features = Arrays.copyOf(features, 2 * count);
      weights = Arrays.copyOf(weights, 2 * count);
    }
    features[count] = feature;
    weights[count++] = weight;
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

  /** All features, and room for more. */
  int[] features() {
    return features;
  }

  /** Their weights, and room for more. */
  float[] weights() {
    return weights;
  }
}
