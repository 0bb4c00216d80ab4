package femto.swap;

/**
 * One reader of a {@link LiveModel}: a thread, an entry of a pool, an event loop.
 *
 * <pre>{@code
 * try (LiveScorer reader = live.newScorer("worker-1")) {
 *   try (Lease lease = reader.lease()) {
 *     Scorer scorer = lease.scorer();
 *     scorer.context().clear().put("user", "u4711").put("hour", "17");
 *     scorer.fold();
 *     int found = scorer.top(20, null, indexes, scores);
 *     String ad = lease.catalogue().id(indexes[0]);
 *   }
 * }
 * }</pre>
 */
@SuppressWarnings("DoNotCallSuggester")
public final class LiveScorer implements AutoCloseable {
  LiveScorer() {}

  /**
   * Begins a lease of the version that serves now.
   *
   * @return the one lease of this scorer, to be closed before the next
   * @throws IllegalStateException if the former lease has not been closed, or this scorer or the
   *     {@link LiveModel} has been
   */
  public Lease lease() {
    throw new UnsupportedOperationException();
  }

  /**
   * Gives the reader's place to whoever opens one next. Does not wait. A second call does nothing.
   *
   * @throws IllegalStateException if a lease is open; the scorer stays open
   */
  @Override
  public void close() {
    throw new UnsupportedOperationException();
  }
}
