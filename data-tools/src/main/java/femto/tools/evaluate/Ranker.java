package femto.tools.evaluate;

/**
 * Ranks candidates for a context. One thread at a time uses a ranker, since it may own buffers;
 * evaluation takes a supplier, asks it for one ranker a worker and closes what it got.
 */
@FunctionalInterface
public interface Ranker extends AutoCloseable {
  /**
   * Finds the best candidates that are not excluded: highest score first, the lower index first
   * among equal scores.
   *
   * @param context the context, an index into the data set's contexts
   * @param k how many are wanted, 0 or more
   * @param excluded bitmap of excluded candidates: candidate c is bit {@code c & 63} of word {@code
   *     c >>> 6}; long enough for the whole catalogue. Neither changed nor kept
   * @param intoCandidates receives the candidates, at least k long
   * @param intoScores receives their scores, at least k long
   * @return how many were written: k, or fewer if no more are left
   */
  int top(int context, int k, long[] excluded, int[] intoCandidates, float[] intoScores);

  /** Frees what the ranker owns. Does nothing unless overridden. */
  @Override
  default void close() {}
}
