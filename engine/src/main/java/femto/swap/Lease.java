package femto.swap;

import femto.kernels.Bids;
import femto.kernels.Selection;
import femto.score.Scorer;
import org.jspecify.annotations.Nullable;

/**
 * One version, from {@link LiveScorer#lease} to {@link #close}: whatever is read in between is of
 * this version. For one request or one batch; a lease that lasts keeps memory from being used
 * again.
 *
 * <p>One owner at a time, that of its {@link LiveScorer}, which has one lease and returns it again
 * and again. Nothing here allocates.
 */
public final class Lease implements AutoCloseable {
  private static final String CLOSED = "the lease is closed";

  private final ReaderSlot<LiveVersion> slot;
  private @Nullable LiveVersion version;
  private @Nullable Scorer scorer;

  Lease(ReaderSlot<LiveVersion> slot) {
    this.slot = slot;
  }

  void begin(LiveVersion leased, Scorer forIt) {
    version = leased;
    scorer = forIt;
  }

  /** The version itself. */
  LiveVersion leased() {
    LiveVersion now = version;
    if (now == null) {
      throw new IllegalStateException(CLOSED);
    }
    return now;
  }

  /**
   * Scores and ranks in this version. Its context is empty until it is folded.
   *
   * @return the scorer, which refuses any use after the lease
   * @throws IllegalStateException if the lease is closed
   */
  public Scorer scorer() {
    Scorer now = scorer;
    if (now == null) {
      throw new IllegalStateException(CLOSED);
    }
    return now;
  }

  /**
   * The version's number.
   *
   * @return 1 or more
   * @throws IllegalStateException if the lease is closed
   */
  public long version() {
    return leased().number();
  }

  /**
   * The generation of the version's catalogue.
   *
   * @return its number, 1 or more
   * @throws IllegalStateException if the lease is closed
   */
  public long generation() {
    return leased().generation();
  }

  /**
   * The version's candidates.
   *
   * @return the catalogue
   * @throws IllegalStateException if the lease is closed
   */
  public Catalogue catalogue() {
    return leased().catalogue();
  }

  /**
   * Which candidates of this version may be found.
   *
   * @param eligible the candidates
   * @return the selection, for {@link femto.kernels.TopRequest#among}
   * @throws StaleGenerationException if they are of another generation
   * @throws IllegalStateException if the lease is closed
   */
  public Selection selection(EligibleCandidates eligible) {
    return eligible.selectionFor(generation());
  }

  /**
   * What the candidates of this version are worth.
   *
   * @param bids the bids
   * @return the bids, for {@link Scorer#requestByExpectedValue}
   * @throws StaleGenerationException if they are of another generation
   * @throws IllegalStateException if the lease is closed
   */
  public Bids bids(CandidateBids bids) {
    return bids.bidsFor(generation());
  }

  /** Ends the lease. Wait-free. A second call does nothing. */
  @Override
  public void close() {
    Scorer used = scorer;
    if (used != null) {
      used.use(null);
      scorer = null;
      version = null;
      slot.release();
    }
  }
}
