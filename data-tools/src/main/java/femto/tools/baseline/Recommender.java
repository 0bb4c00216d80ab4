package femto.tools.baseline;

import femto.tools.evaluate.Ranker;

/** What ranks all items for a user. Immutable once fitted, and safe to share. */
public interface Recommender extends AutoCloseable {
  /**
   * Number of items.
   *
   * @return how many there are, those that are never recommended included
   */
  int items();

  /**
   * What ranks, for one thread.
   *
   * @return a ranker
   */
  Ranker newRanker();

  /** Frees what is not on the heap. Does nothing unless overridden. */
  @Override
  default void close() {}
}
