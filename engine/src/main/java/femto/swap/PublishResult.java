package femto.swap;

/**
 * What became of a publish.
 *
 * @param outcome whether readers see it
 * @param version number of the version that serves now: the new one if published, else the one that
 *     served before
 * @param reason why it was refused or put off; if published, what was dropped or left waiting on
 *     the way, or an empty text
 * @param waitingFeatures features whose changed weights wait, because too many candidates have
 *     them, for a delta that has room for them or the next full publish; they are in no version
 *     until then
 * @param largestFanOut most candidates that one of them has
 * @param totalFanOut candidates that they have, summed over the features
 * @param refolded candidates that were folded, all of them in a full publish
 * @param foldNanos what folding them took, with the screen in a full publish
 * @param checkNanos what validation took: numbers, checksum, canaries
 * @param publishNanos what all else took
 * @param mergeNanos what the caller then lent to a merge, while readers saw the new version already
 *     ({@link LiveOptions.Merging#WITH_PUBLISHES}); or before, if there was no room
 */
public record PublishResult(
    Outcome outcome,
    long version,
    String reason,
    int waitingFeatures,
    int largestFanOut,
    long totalFanOut,
    int refolded,
    long foldNanos,
    long checkNanos,
    long publishNanos,
    long mergeNanos) {

  /** Whether readers see what was to be published. */
  public enum Outcome {
    /** They do, from now on. */
    PUBLISHED,
    /** Not yet: it is kept, and published with what comes until there is room. */
    COALESCED,
    /** They do not, and nothing has changed. */
    REFUSED
  }

  /**
   * Whether readers see it.
   *
   * @return true if the outcome is {@link Outcome#PUBLISHED}
   */
  public boolean isPublished() {
    return outcome == Outcome.PUBLISHED;
  }

  /**
   * How long the publish took, until readers saw it.
   *
   * @return nanoseconds, without what was lent to a merge
   */
  public long nanos() {
    return foldNanos + checkNanos + publishNanos;
  }

  PublishResult withMergeNanos(long nanos) {
    return new PublishResult(
        outcome,
        version,
        reason,
        waitingFeatures,
        largestFanOut,
        totalFanOut,
        refolded,
        foldNanos,
        checkNanos,
        publishNanos,
        nanos);
  }
}
