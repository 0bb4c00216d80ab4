package femto.swap;

import femto.kernels.Bids;
import java.util.Arrays;

/**
 * What each candidate is worth if it succeeds, by the indexes of one catalogue generation.
 * Immutable; safe to share. Candidates past the end, such as those appended later, have no bid and
 * may not be found in a search by expected value.
 */
public final class CandidateBids {
  private final Bids bids;
  private final long generation;

  private CandidateBids(Bids bids, long generation) {
    this.bids = bids;
    this.generation = generation;
  }

  /**
   * Copies bids.
   *
   * @param values the bid of candidate i at i, 0 to {@value Bids#MAX_BID}
   * @param generation number of the generation whose indexes these are
   * @return the bids
   * @throws IllegalArgumentException naming the first bid that is out of range, infinite or NaN
   */
  public static CandidateBids copyOf(float[] values, long generation) {
    return of(Bids.copyOf(values), generation);
  }

  /**
   * Binds bids, such as those made for a screen.
   *
   * @param bids the bids
   * @param generation number of the generation whose indexes these are
   * @return the bids
   */
  public static CandidateBids of(Bids bids, long generation) {
    return new CandidateBids(bids, generation);
  }

  /**
   * The generation whose indexes these are.
   *
   * @return its number
   */
  public long generation() {
    return generation;
  }

  /**
   * The bids, for a search of a version of this generation. Allocates nothing.
   *
   * @param served number of the generation of the version to be searched
   * @return the bids
   * @throws StaleGenerationException if it is another generation
   */
  public Bids bidsFor(long served) {
    if (served != generation) {
      throw new StaleGenerationException("these bids are", generation, served);
    }
    return bids;
  }

  /**
   * The same bids by the indexes of another generation, their candidates found by their ids. The
   * bids of those that are not in it are left out, and so are bids here at indexes that name
   * nobody. Candidates that are new in it have no bid if they come after all others, as appended
   * ones do; one that stands among others gets 0, the lowest bid there is, and to keep it out of
   * what is found takes {@link EligibleCandidates} carried over besides.
   *
   * <p>Costs one look-up a bid, 0.17 us among 5 million texts, and twice the bids of the new
   * generation. The new bids belong to no screen.
   *
   * @param from the ids of this generation
   * @param to the ids of the other
   * @param toGeneration number of the other generation
   * @return the same bids, bound to it
   * @throws IllegalArgumentException if the ids of one are longs and of the other texts
   */
  public CandidateBids carryOver(ExternalIds from, ExternalIds to, long toGeneration) {
    CarryOver.checkKinds(from, to);
    float[] values = new float[to.size()];
    int length = 0;
    int size = Math.min(bids.size(), from.size());
    for (int index = 0; index < size; index++) {
      int carried = from.indexIn(to, index);
      // Whoever was appended to the other generation after the array was made is new in it.
      if (carried != ExternalIds.NONE && carried < values.length) {
        values[carried] = bids.get(index);
        length = Math.max(length, carried + 1);
      }
    }
    return copyOf(Arrays.copyOf(values, length), toGeneration);
  }
}
