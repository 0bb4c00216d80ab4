package femto.swap;

import femto.score.Scorer;
import org.jspecify.annotations.Nullable;

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
 *
 * <h2>Assumptions</h2>
 *
 * <ol>
 *   <li>One owner at a time: no two threads use a scorer, its lease or what the lease returns at
 *       once, and what hands them from one thread to the next makes the first one's uses happen
 *       before the second one's. Nothing depends on which thread it is, so virtual threads are no
 *       special case.
 *   <li>What a lease returns is used until it is closed only. Its {@link Scorer} refuses later use;
 *       a {@link Catalogue} may be kept.
 * </ol>
 *
 * <h2>Guarantees</h2>
 *
 * <ol>
 *   <li>Everything that is read in a lease is of one version.
 *   <li>No lease returns a version older than one that an earlier lease, of any reader, returned
 *       before it began.
 *   <li>No memory that a lease can reach is written to or given back before it is closed.
 * </ol>
 *
 * <h2>Progress</h2>
 *
 * <p>Beginning and ending a lease is wait-free and allocates nothing. The exception is the first
 * lease after a new base has been taken into use, by a full publish, a rollback to another base or
 * a merge in the background: it makes new search buffers, some 100 KiB.
 */
public final class LiveScorer implements AutoCloseable {
  private final LiveModel model;
  private final ReaderSlot<LiveVersion> slot;
  private final Lease lease;
  private @Nullable Scorer scorer;
  private boolean closed;

  LiveScorer(LiveModel model, ReaderSlot<LiveVersion> slot) {
    this.model = model;
    this.slot = slot;
    this.lease = new Lease(slot);
  }

  /**
   * Begins a lease of the version that serves now.
   *
   * @return the one lease of this scorer, to be closed before the next
   * @throws IllegalStateException if the former lease has not been closed, or this scorer or the
   *     {@link LiveModel} has been
   */
  public Lease lease() {
    LiveVersion version = slot.acquire();
    boolean begun = false;
    try {
      lease.begin(version, scorerOf(version));
      begun = true;
      return lease;
    } finally {
      if (!begun) {
        slot.release();
      }
    }
  }

  private Scorer scorerOf(LiveVersion version) {
    if (version.isEnd()) {
      throw Publisher.closedException();
    }
    Scorer known = scorer;
    if (known != null && known.serves(version.snapshot())) {
      known.use(version.snapshot());
      return known;
    }
    Scorer made = new Scorer(version.snapshot());
    scorer = made;
    return made;
  }

  /**
   * Gives the reader's place to whoever opens one next. Does not wait. A second call does nothing.
   *
   * @throws IllegalStateException if a lease is open; the scorer stays open
   */
  @Override
  public void close() {
    if (!closed) {
      slot.close();
      closed = true;
      model.scorerClosed();
    }
  }
}
