package femto.swap;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * The counters of a {@link LiveModel} at one moment. Each is exact; they are read one after the
 * other, while publishing goes on.
 *
 * @param version number of the version that serves
 * @param generation its catalogue's generation
 * @param age how long it has been serving
 * @param publishedFull versions published in full, the first included
 * @param publishedDelta versions published as deltas
 * @param rolledBack versions published by rolling back
 * @param refused publishes refused
 * @param coalesced deltas put off until there was room
 * @param merges new bases taken into use
 * @param waitingFeatures features whose changed weights wait, as {@link PublishResult} says
 * @param coalescedDeltas deltas that wait for room now
 * @param usedRows rows of the candidates' patch that are taken
 * @param patchRows rows that it has
 * @param usedWeightRows rows of the weights' patch that are taken
 * @param weightPatchRows rows that it has
 * @param liveBytes bytes in use, as {@link LiveModel} counts them
 * @param pooledBytes bytes kept for the next base
 * @param memoryCap most that the two may be together
 * @param readers scorers that are open
 * @param heldVersions former versions that have not been given back, the history not counted
 * @param stalledReader name of the scorer that has been in a lease for longer than its version
 *     served and longer than is allowed; null if there is none
 */
public record LiveStatistics(
    long version,
    long generation,
    Duration age,
    long publishedFull,
    long publishedDelta,
    long rolledBack,
    long refused,
    long coalesced,
    long merges,
    int waitingFeatures,
    int coalescedDeltas,
    int usedRows,
    int patchRows,
    int usedWeightRows,
    int weightPatchRows,
    long liveBytes,
    long pooledBytes,
    long memoryCap,
    int readers,
    int heldVersions,
    @Nullable String stalledReader) {}
