package femto.tools.dictionary;

/**
 * What a {@link GrowingDictionary} has done since it was made; a checkpoint carries it on. Each
 * value that was taken is counted in one of {@code known}, {@code admitted}, {@code belowMinimum},
 * {@code refused} and {@code tooLong}.
 *
 * @param values how many values have a row now
 * @param known values taken that had a row
 * @param admitted values taken that got one
 * @param admittedEarly how many of them had come less often than the minimum, which the sketch
 *     cannot see. Estimated from an exact count of some values, drawn by their hash: all of them as
 *     long as there are few
 * @param belowMinimum values taken that had not come often enough
 * @param refused values taken that had, but there was no row
 * @param tooLong values taken that are longer than a value may be
 * @param recycled rows that were taken from a value for another
 * @param earlyChance how likely it is now that a value which never came has a head start in the
 *     sketch
 * @param halvings how often all counts of the sketch were halved, because half of them were above 0
 */
public record Counts(
    int values,
    long known,
    long admitted,
    long admittedEarly,
    long belowMinimum,
    long refused,
    long tooLong,
    long recycled,
    double earlyChance,
    long halvings) {
  /**
   * Values taken that had no row when they came.
   *
   * @return their number
   */
  public long unknown() {
    return admitted + belowMinimum + refused + tooLong;
  }
}
