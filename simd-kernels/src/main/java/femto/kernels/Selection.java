package femto.kernels;

/**
 * The rows that may be found, as a bitmap. Immutable; safe to share. Rows past its end may not be
 * found.
 */
public final class Selection {
  private final long[] words;
  private final int count;

  private Selection(long[] words) {
    this.words = words;
    long bits = 0;
    for (long word : words) {
      bits += Long.bitCount(word);
    }
    this.count = Math.toIntExact(bits);
  }

  /**
   * Copies a bitmap.
   *
   * @param words bit {@code i & 63} of word {@code i >> 6} is set where row i may be found; at most
   *     2^25 words
   * @return the selection
   */
  public static Selection copyOf(long[] words) {
    if (words.length > 1 << 25) {
      throw new IllegalArgumentException(
          "bitmap of " + words.length + " words, expected at most " + (1 << 25));
    }
    return new Selection(words.clone());
  }

  /**
   * Whether a row may be found.
   *
   * @param index row index, 0 or more
   * @return true if its bit is set
   */
  public boolean contains(int index) {
    return Checks.isSet(words, index);
  }

  /**
   * How many rows may be found.
   *
   * @return number of bits that are set
   */
  public int count() {
    return count;
  }

  /**
   * The first row at or after an index that may be found.
   *
   * @param from where to begin, 0 or more
   * @return its index, or -1 if there is none
   */
  public int next(int from) {
    int word = from >>> 6;
    if (word >= words.length) {
      return -1;
    }
    long bits = words[word] & (-1L << from);
    while (bits == 0) {
      if (++word == words.length) {
        return -1;
      }
      bits = words[word];
    }
    return (word << 6) + Long.numberOfTrailingZeros(bits);
  }
}
