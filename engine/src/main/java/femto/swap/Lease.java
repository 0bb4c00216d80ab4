package femto.swap;

import femto.kernels.Bids;
import femto.kernels.Selection;
import femto.score.Scorer;

/**
 * One version, from {@link LiveScorer#lease} to {@link #close}: whatever is read in between is of
 * this version. For one request or one batch; a lease that lasts keeps memory from being used
 * again.
 *
 * <p>One owner at a time, that of its {@link LiveScorer}, which has one lease and returns it again
 * and again. Nothing here allocates.
 */
@SuppressWarnings("DoNotCallSuggester")
public final class Lease implements AutoCloseable {
  Lease() {}

  /**
   * Scores and ranks in this version. Its context is empty until it is folded.
   *
   * @return the scorer, which refuses any use after the lease
   * @throws IllegalStateException if the lease is closed
   */
  public Scorer scorer() {
    throw new UnsupportedOperationException();
  }

  /**
   * The version's number.
   *
   * @return 1 or more
   * @throws IllegalStateException if the lease is closed
   */
  public long version() {
    throw new UnsupportedOperationException();
  }

  /**
   * The generation of the version's catalogue.
   *
   * @return its number, 1 or more
   * @throws IllegalStateException if the lease is closed
   */
  public long generation() {
    throw new UnsupportedOperationException();
  }

  /**
   * The version's candidates.
   *
   * @return the catalogue
   * @throws IllegalStateException if the lease is closed
   */
  public Catalogue catalogue() {
    throw new UnsupportedOperationException();
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
    throw new UnsupportedOperationException();
  }
}
