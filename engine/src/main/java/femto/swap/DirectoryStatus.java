package femto.swap;

import org.jspecify.annotations.Nullable;

/**
 * What a {@link VersionDirectory} has done so far.
 *
 * @param number the highest number of a version written; 0 before the first
 * @param version number, in the live model, of the version written last; 0 before the first
 * @param full versions written in full
 * @param deltas versions written as deltas
 * @param failures attempts that failed
 * @param problem what keeps the newest version from being written; null if nothing does
 */
public record DirectoryStatus(
    long number, long version, long full, long deltas, long failures, @Nullable String problem) {}
