package femto.bench.swap;

/**
 * Ranks ads while their weights are replaced: one way of doing it. {@link #publish} is called by
 * one thread at a time, each client by one thread at a time.
 */
interface Service extends AutoCloseable {
  /** How the report calls it. */
  String label();

  /** Ranks, on one thread. */
  Client newClient();

  /**
   * Shows the clients new weights of some ads, those that the trainer has now.
   *
   * @throws IllegalStateException if it cannot
   */
  void publish(Trainer.Step step);

  /** How many times all that is served was copied on the side so far. */
  default long merges() {
    return 0;
  }

  /** What publishing has lent to such copies so far; read when no one publishes. */
  default long mergeNanos() {
    return 0;
  }

  /** How many publishes were put off so far, to be shown with a later one. */
  default long coalesced() {
    return 0;
  }

  @Override
  void close();

  /** One who asks. */
  interface Client extends AutoCloseable {
    /**
     * The best of some ads in a context.
     *
     * @return how many were found
     */
    int top(int context, int[] listed, int k, int[] intoAds, float[] intoScores);

    /** How long the last request waited for its version: the lease, or the lock. Nanoseconds. */
    long waitedNanos();

    @Override
    default void close() {}
  }
}
