package femto.kernels.impl;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import java.lang.foreign.MemorySegment;

/**
 * Numbers of the features of an example, each kind in an array of its own: what is read from a
 * {@link LearningLayout}, stepped by vectors and written back, and what is found on the way.
 *
 * @param weights linear weights w
 * @param first first state
 * @param second second state
 * @param third third state
 * @param slopes slope of the loss times x, xs
 * @param owns what a factor itself is multiplied by in its gradient
 * @param shifts what moves a z by its factor
 * @param steps what gradients of factors are multiplied by
 */
public record StepColumns(
    float[] weights,
    float[] first,
    float[] second,
    float[] third,
    float[] slopes,
    float[] owns,
    float[] shifts,
    float[] steps) {
  /**
   * Arrays of zeros.
   *
   * @param length of each
   * @return the arrays
   */
  public static StepColumns of(int length) {
    return new StepColumns(
        new float[length],
        new float[length],
        new float[length],
        new float[length],
        new float[length],
        new float[length],
        new float[length],
        new float[length]);
  }

  /**
   * Reads the linear weight of a feature and what stands behind it.
   *
   * @param rows holds them
   * @param layout where they stand
   * @param feature its number
   * @param i which feature of the example it is
   */
  public void read(MemorySegment rows, LearningLayout layout, int feature, int i) {
    long at = layout.linear(feature);
    weights[i] = rows.get(JAVA_FLOAT, at);
    if (layout.states() > 0) {
      first[i] = rows.get(JAVA_FLOAT, at + Float.BYTES);
      second[i] = rows.get(JAVA_FLOAT, at + 2 * Float.BYTES);
    }
    if (layout.states() > 1) {
      third[i] = rows.get(JAVA_FLOAT, at + 3 * Float.BYTES);
    }
  }

  /**
   * Writes the linear weight of a feature and what stands behind it.
   *
   * @param rows receives them
   * @param layout where they stand
   * @param feature its number
   * @param i which feature of the example it is
   */
  public void write(MemorySegment rows, LearningLayout layout, int feature, int i) {
    long at = layout.linear(feature);
    rows.set(JAVA_FLOAT, at, weights[i]);
    if (layout.states() > 0) {
      rows.set(JAVA_FLOAT, at + Float.BYTES, first[i]);
      rows.set(JAVA_FLOAT, at + 2 * Float.BYTES, second[i]);
    }
    if (layout.states() > 1) {
      rows.set(JAVA_FLOAT, at + 3 * Float.BYTES, third[i]);
    }
  }
}
