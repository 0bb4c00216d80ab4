package femto.kernels;

/**
 * Where the numbers of a row stand: pure arithmetic, no memory.
 *
 * <pre>
 *   row i, at byte i * strideBytes()
 *   +--------+----------+----------+-- ... --+-----------------+
 *   | bias   | factor 0 | factor 1 |         | factor length-1 |
 *   +--------+----------+----------+-- ... --+-----------------+
 *   0        4          8                                      strideBytes()
 * </pre>
 *
 * All numbers are 4-byte floats in native byte order; rows follow one another without padding.
 *
 * @param length number of factors a row, 0 to {@value #MAX_LENGTH}
 */
public record RowLayout(int length) {
  /** The greatest folded length that the kernels take. */
  public static final int MAX_LENGTH = 8192;

  /** Byte offset of the bias inside a row. */
  public static final long BIAS_OFFSET = 0;

  /** Byte offset of factor 0 inside a row. */
  public static final long FACTORS_OFFSET = Float.BYTES;

  /**
   * Checks the length.
   *
   * @throws IllegalArgumentException if length is out of range
   */
  public RowLayout {
    if (length < 0 || length > MAX_LENGTH) {
      throw new IllegalArgumentException(
          "length=" + length + ", expected 0 to " + MAX_LENGTH + " factors a row");
    }
  }

  /**
   * Distance between two rows.
   *
   * @return bytes
   */
  public long strideBytes() {
    return (1L + length) * Float.BYTES;
  }

  /**
   * Byte offset of a row.
   *
   * @param row row index, from 0
   * @return byte offset of the row's bias
   */
  public long rowOffset(long row) {
    return row * strideBytes();
  }

  /**
   * Size of a whole table.
   *
   * @param rows number of rows, 0 to 2^31-1
   * @return bytes
   */
  public long tableBytes(int rows) {
    return rowOffset(rows);
  }
}
