package femto.learn;

/** A stream of examples that can be read again and again. One owner at a time. */
public interface ExampleSource {
  /**
   * Number of examples in one pass.
   *
   * @return 0 or more
   */
  long size();

  /**
   * Starts a pass.
   *
   * @param seed decides the order, and whatever else is drawn at random; the same seed gives the
   *     same pass
   */
  void start(long seed);

  /**
   * Reads the next example of the pass.
   *
   * @param into receives it
   * @return false when the pass is over; {@code into} is then undefined
   */
  boolean next(Example into);
}
