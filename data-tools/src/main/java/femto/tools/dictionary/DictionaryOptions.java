package femto.tools.dictionary;

/**
 * How large a {@link GrowingDictionary} may become, and which values get a row.
 *
 * @param capacity how many rows there are, those for what is out of the vocabulary included; 1 to
 *     {@value #MOST_ROWS}
 * @param minimumCount how often a value must have come before it gets a row, 1 (at once) to {@value
 *     #HIGHEST_MINIMUM}
 * @param sketchBytes memory for counting the values that have no row, a power of two from {@value
 *     #LEAST_SKETCH_BYTES} to {@value #MOST_SKETCH_BYTES}; not used if the minimum is 1
 * @param outOfVocabulary whether each field has one row that all its values without a row share
 * @param recycleAfter the row that was seen longest ago may be given to another value when it was
 *     not seen for so long, in the unit of the times that {@link GrowingDictionary#take} is given;
 *     0 for never
 */
public record DictionaryOptions(
    int capacity, int minimumCount, int sketchBytes, boolean outOfVocabulary, long recycleAfter) {
  /** The largest capacity. */
  public static final int MOST_ROWS = 1 << 29;

  /** The largest minimum: a counter has eight bits. */
  public static final int HIGHEST_MINIMUM = 255;

  /** The smallest sketch. */
  public static final int LEAST_SKETCH_BYTES = 1 << 10;

  /** The largest sketch. */
  public static final int MOST_SKETCH_BYTES = 1 << 30;

  /**
   * Checks the numbers.
   *
   * @throws IllegalArgumentException if one is out of range
   */
  public DictionaryOptions {
    require(capacity >= 1 && capacity <= MOST_ROWS, "capacity", capacity, "1 to " + MOST_ROWS);
    require(
        minimumCount >= 1 && minimumCount <= HIGHEST_MINIMUM,
        "minimumCount",
        minimumCount,
        "1 to " + HIGHEST_MINIMUM);
    require(
        sketchBytes >= LEAST_SKETCH_BYTES
            && sketchBytes <= MOST_SKETCH_BYTES
            && Integer.bitCount(sketchBytes) == 1,
        "sketchBytes",
        sketchBytes,
        "a power of two, " + LEAST_SKETCH_BYTES + " to " + MOST_SKETCH_BYTES);
    require(recycleAfter >= 0, "recycleAfter", recycleAfter, "0 or more");
  }

  private static void require(boolean holds, String name, Object value, String expected) {
    if (!holds) {
      throw new IllegalArgumentException(name + "=" + value + ", expected " + expected);
    }
  }

  /**
   * Usual settings: every value gets a row at once, no row is shared or recycled. The sketch, once
   * a minimum is set, has four counters a row.
   *
   * @param capacity as {@link #capacity}
   * @return the options
   * @throws IllegalArgumentException if the capacity is out of range
   */
  public static DictionaryOptions defaults(int capacity) {
    long counters = Math.max(LEAST_SKETCH_BYTES, 4L * capacity);
    long sketch = Math.min(MOST_SKETCH_BYTES, Long.highestOneBit(2 * counters - 1));
    return new DictionaryOptions(capacity, 1, (int) sketch, false, 0);
  }

  /**
   * The same with a minimum.
   *
   * @param count as {@link #minimumCount}
   * @return the options
   */
  public DictionaryOptions withMinimumCount(int count) {
    return new DictionaryOptions(capacity, count, sketchBytes, outOfVocabulary, recycleAfter);
  }

  /**
   * The same with another sketch.
   *
   * @param bytes as {@link #sketchBytes}
   * @return the options
   */
  public DictionaryOptions withSketch(int bytes) {
    return new DictionaryOptions(capacity, minimumCount, bytes, outOfVocabulary, recycleAfter);
  }

  /**
   * The same with a shared row a field.
   *
   * @return the options
   */
  public DictionaryOptions withOutOfVocabulary() {
    return new DictionaryOptions(capacity, minimumCount, sketchBytes, true, recycleAfter);
  }

  /**
   * The same with rows that are recycled.
   *
   * @param after as {@link #recycleAfter}
   * @return the options
   */
  public DictionaryOptions withRecycling(long after) {
    return new DictionaryOptions(capacity, minimumCount, sketchBytes, outOfVocabulary, after);
  }
}
