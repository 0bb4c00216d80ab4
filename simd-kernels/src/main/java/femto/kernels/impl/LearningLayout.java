package femto.kernels.impl;

/**
 * Where weights and the state of an optimizer stand: first a row of factors a feature, then the
 * linear weight of each and what an optimizer keeps, close to one another.
 *
 * <p>Rows are whole cache lines and begin at one, so that 16 factors are one line and vectors of
 * any width read no further than the row; what is behind the factors is 0 and stays it. A linear
 * weight in the same row would make it two lines; apart, those of the features that come often fit
 * into the cache.
 *
 * @param rows number of features
 * @param length factors a feature
 * @param states what an optimizer keeps: 0 nothing; 1 a number of each linear weight and one of all
 *     factors of a feature; 2 the same, and a second number of each weight
 */
public record LearningLayout(int rows, int length, int states) {
  private static final long LINE_BYTES = 64;

  /**
   * Bytes from a row of factors to the next.
   *
   * @return 0 without factors
   */
  public long rowBytes() {
    return states == 2 ? 2 * partBytes() : partBytes();
  }

  /**
   * Bytes from a factor to its own state, where there is one.
   *
   * @return bytes
   */
  public long partBytes() {
    return ((long) length * Float.BYTES + LINE_BYTES - 1) & -LINE_BYTES;
  }

  /**
   * Where the factors of a feature begin.
   *
   * @param feature its number
   * @return bytes from the beginning
   */
  public long row(int feature) {
    return feature * rowBytes();
  }

  /**
   * Where the linear weight of a feature stands; its states follow it, and that of its factors.
   *
   * @param feature its number
   * @return bytes from the beginning
   */
  public long linear(int feature) {
    return linearAt() + feature * linearBytes();
  }

  /**
   * Where the linear weights begin.
   *
   * @return bytes from the beginning
   */
  public long linearAt() {
    return rows * rowBytes();
  }

  /**
   * Bytes from a linear weight to the next.
   *
   * @return bytes: those of one number without states, of four with them
   */
  public long linearBytes() {
    return states == 0 ? Float.BYTES : 4L * Float.BYTES;
  }

  /**
   * Bytes of all.
   *
   * @return bytes
   */
  public long bytes() {
    return rows * (rowBytes() + linearBytes());
  }
}
