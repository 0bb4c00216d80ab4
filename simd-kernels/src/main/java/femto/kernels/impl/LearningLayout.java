package femto.kernels.impl;

/**
 * Where weights and the state of an optimizer stand: first a row of factors and their states a
 * feature, then the linear weight and its states of each, close to one another.
 *
 * <p>With 16 factors and a state each, a row is two cache lines and begins at one. A linear weight
 * in the same row would make it three or four, and nearly every load and store of a vector would
 * cross from one line to the next; apart, those of the features that come often fit into the cache.
 *
 * @param rows number of features
 * @param length factors a feature
 * @param states floats beside each weight, 0 to 2
 */
public record LearningLayout(int rows, int length, int states) {
  private static final long LINE_BYTES = 64;
  private static final long GRAIN_BYTES = 16;

  /**
   * Bytes from a row of factors to the next. Rows that fit into a cache line do not cross one.
   *
   * @return 0 without factors
   */
  public long rowBytes() {
    long bytes = stateBytes() * (1 + states);
    if (bytes <= LINE_BYTES) {
      return bytes == 0 ? 0 : Long.highestOneBit(2 * bytes - 1);
    }
    return (bytes + GRAIN_BYTES - 1) & -GRAIN_BYTES;
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
   * Bytes from a factor to its first state, and from that to the second.
   *
   * @return bytes
   */
  public long stateBytes() {
    return (long) length * Float.BYTES;
  }

  /**
   * Where the linear weight of a feature stands; its states follow it.
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
   * @return bytes
   */
  public long linearBytes() {
    return (1L + states) * Float.BYTES;
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
