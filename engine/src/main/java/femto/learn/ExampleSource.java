package femto.learn;

import java.util.List;

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

  /**
   * Cuts a pass into parts for several threads. Parts that are started with the same seed give
   * together what this source gives with it; each is of one owner at a time.
   *
   * @param parts how many, 1 or more
   * @return as many sources
   * @throws UnsupportedOperationException if this source cannot be cut, which is so unless
   *     overridden
   */
  default List<ExampleSource> split(int parts) {
    if (parts == 1) {
      return List.of(this);
    }
    throw new UnsupportedOperationException("these examples are for one thread");
  }
}
