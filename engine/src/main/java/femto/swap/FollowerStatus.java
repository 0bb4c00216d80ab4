package femto.swap;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * What a {@link DirectoryFollower} serves, and what it has met so far.
 *
 * @param number number in the directory of the version that serves
 * @param version its number in the live model
 * @param checksum its checksum, which is that of the trainer's version
 * @param applied deltas taken
 * @param full versions in full taken, the first included
 * @param passed versions in full that were what served already, and needed no reading
 * @param damaged files that were not sound
 * @param refused files that were sound but did not become a version: they follow another one, or
 *     the live model refused them
 * @param missing times that a later file was there and the next one was not
 * @param lag from when the trainer's readers saw the version that serves to when those here did, by
 *     the clocks of the two machines
 * @param problem what keeps the next version from being taken; null if nothing does
 */
public record FollowerStatus(
    long number,
    long version,
    long checksum,
    long applied,
    long full,
    long passed,
    long damaged,
    long refused,
    long missing,
    Duration lag,
    @Nullable String problem) {}
