package femto.tools.baseline;

import femto.tools.evaluate.Ranker;
import org.jspecify.annotations.Nullable;

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

  /**
   * What was learned of each item as a vector: items whose vectors point the same way are liked by
   * the same users.
   *
   * @return a vector for each item, all of one length, new to the caller; null if it learns none
   */
  default float @Nullable [][] itemFactors() {
    return null;
  }

  /** Frees what is not on the heap. Does nothing unless overridden. */
  @Override
  default void close() {}
}
