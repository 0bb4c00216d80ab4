package femto.swap;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * How a {@link LiveModel} works.
 *
 * <p>A merge begins when half of the rows that may change are taken, and the other half must hold
 * what changes until it is done, or deltas are put off meanwhile. With 16 factors a merge of 2
 * million candidates and as many features took 0.7 to 1.1 s on one core of an AMD EPYC, so half a
 * second a million: if r candidates change in a second, {@code 2 * 0.5e-6 * r} is about the least
 * patchShare that never puts a delta off, and more is safer.
 *
 * @param maxReaders how many {@link LiveScorer}s may be open at once, 1 or more
 * @param history how many former versions are kept for {@link LiveModel#rollBack}, 0 or more
 * @param memoryCap most bytes that the LiveModel may hold, as {@link LiveModel} counts them; {@link
 *     #AUTOMATIC} for eight times a version in full, and 64 MiB at least
 * @param patchShare rows that may change before a new base is needed, as a part of all rows, above
 *     0 and at most 1
 * @param leastPatchRows the same as a number of rows, if that is more, 1 or more
 * @param fanOutBudget most candidates that one delta may fold anew because weights of theirs have
 *     changed, 0 or more; also at most half of the rows that may change
 * @param canaries requests that a new version is tried with, or null for none
 * @param stalledAfter how long a lease may outlive its version before it is reported
 * @param merging where the time for merges comes from
 */
public record LiveOptions(
    int maxReaders,
    int history,
    long memoryCap,
    double patchShare,
    int leastPatchRows,
    int fanOutBudget,
    @Nullable Canaries canaries,
    Duration stalledAfter,
    Merging merging) {

  /** Where the time for merges comes from. */
  public enum Merging {
    /**
     * A thread of its own. Publishing a delta takes as long as ever; where all cores are busy, the
     * merge takes its time from whatever else runs, readers included.
     */
    BACKGROUND,
    /**
     * The time of whoever publishes deltas, after readers see what was published: enough each time
     * that the merge is done before the room is used up. No third thread is busy beside a trainer
     * and a reader, and nothing is put off for want of room; without further deltas a merge stays
     * as far as it has come. The publishing thread itself does the work: a thread of its own that
     * only took turns with it was put on the reader's core at times, which lost up to a fifth of
     * it. On the two cores of an AMD EPYC, with 10 million candidates, p99 of requests was 1.03 to
     * 1.22 times what it is without publishing, identical rounds differing by a fifth; of 100
     * deltas a second of 1,000 candidates each 87 were done (2026-11-27).
     */
    WITH_PUBLISHES
  }

  /**
   * A delta of a trainer changes weights that most of a small catalogue have, so all of it is
   * folded anew: with room for 1,024 rows a catalogue of 1,000 needed a merge, of a million weights
   * too, for each delta (2026-11-28). More costs a megabyte or two.
   */
  private static final int LEAST_PATCH_ROWS = 1 << 14;

  /** As a memory cap: set by the size of the versions. */
  public static final long AUTOMATIC = 0;

  /**
   * Checks the numbers.
   *
   * @throws IllegalArgumentException naming the first that is out of range
   */
  public LiveOptions {
    require(maxReaders >= 1, "maxReaders", maxReaders, "1 or more");
    require(history >= 0, "history", history, "0 or more");
    require(memoryCap >= 0, "memoryCap", memoryCap, "0 or more");
    require(patchShare > 0 && patchShare <= 1, "patchShare", patchShare, "above 0, at most 1");
    require(leastPatchRows >= 1, "leastPatchRows", leastPatchRows, "1 or more");
    require(fanOutBudget >= 0, "fanOutBudget", fanOutBudget, "0 or more");
    require(!stalledAfter.isNegative(), "stalledAfter", stalledAfter, "0 or more");
  }

  private static void require(boolean holds, String name, Object value, String expected) {
    if (!holds) {
      throw new IllegalArgumentException(name + "=" + value + ", expected " + expected);
    }
  }

  /**
   * 64 readers, 4 former versions, an automatic cap, 4 % of the rows and 16,384 at least, a budget
   * of 10,000 candidates, no canaries, reports after a second; merges with publishes if there are
   * no more than two processors, in the background otherwise.
   *
   * @return the defaults
   */
  public static LiveOptions defaults() {
    return new LiveOptions(
        64,
        4,
        AUTOMATIC,
        0.04,
        LEAST_PATCH_ROWS,
        10_000,
        null,
        Duration.ofSeconds(1),
        automaticMerging());
  }

  /**
   * The same with another number of readers.
   *
   * @param readers how many may be open at once
   * @return the options
   */
  public LiveOptions withMaxReaders(int readers) {
    return new LiveOptions(
        readers,
        history,
        memoryCap,
        patchShare,
        leastPatchRows,
        fanOutBudget,
        canaries,
        stalledAfter,
        merging);
  }

  /**
   * The same with another length of history.
   *
   * @param versions how many former versions are kept
   * @return the options
   */
  public LiveOptions withHistory(int versions) {
    return new LiveOptions(
        maxReaders,
        versions,
        memoryCap,
        patchShare,
        leastPatchRows,
        fanOutBudget,
        canaries,
        stalledAfter,
        merging);
  }

  /**
   * The same with another cap.
   *
   * @param bytes most bytes that may be held
   * @return the options
   */
  public LiveOptions withMemoryCap(long bytes) {
    return new LiveOptions(
        maxReaders,
        history,
        bytes,
        patchShare,
        leastPatchRows,
        fanOutBudget,
        canaries,
        stalledAfter,
        merging);
  }

  /**
   * The same with other room for changes.
   *
   * @param share as a part of all rows
   * @param leastRows as a number of rows, if that is more
   * @return the options
   */
  public LiveOptions withPatch(double share, int leastRows) {
    return new LiveOptions(
        maxReaders,
        history,
        memoryCap,
        share,
        leastRows,
        fanOutBudget,
        canaries,
        stalledAfter,
        merging);
  }

  /**
   * The same with another budget.
   *
   * @param candidates most candidates that a delta may fold anew because of their weights
   * @return the options
   */
  public LiveOptions withFanOutBudget(int candidates) {
    return new LiveOptions(
        maxReaders,
        history,
        memoryCap,
        patchShare,
        leastPatchRows,
        candidates,
        canaries,
        stalledAfter,
        merging);
  }

  /**
   * The same with other canaries.
   *
   * @param requests what a new version is tried with, or null for none
   * @return the options
   */
  public LiveOptions withCanaries(@Nullable Canaries requests) {
    return new LiveOptions(
        maxReaders,
        history,
        memoryCap,
        patchShare,
        leastPatchRows,
        fanOutBudget,
        requests,
        stalledAfter,
        merging);
  }

  /**
   * The same with another patience.
   *
   * @param patience how long a lease may outlive its version before it is reported
   * @return the options
   */
  public LiveOptions withStalledAfter(Duration patience) {
    return new LiveOptions(
        maxReaders,
        history,
        memoryCap,
        patchShare,
        leastPatchRows,
        fanOutBudget,
        canaries,
        patience,
        merging);
  }

  /**
   * The same with another way of merging.
   *
   * @param way where the time comes from
   * @return the options
   */
  public LiveOptions withMerging(Merging way) {
    return new LiveOptions(
        maxReaders,
        history,
        memoryCap,
        patchShare,
        leastPatchRows,
        fanOutBudget,
        canaries,
        stalledAfter,
        way);
  }

  /** A trainer and a reader are as many as two processors can run at once. */
  private static Merging automaticMerging() {
    return Runtime.getRuntime().availableProcessors() <= 2
        ? Merging.WITH_PUBLISHES
        : Merging.BACKGROUND;
  }

  /** Rows that may change in a table before a new base is needed. */
  int patchRows(int rows) {
    return (int) Math.max(leastPatchRows, Math.ceil(patchShare * rows));
  }
}
