package femto.swap;

import java.time.Instant;

/**
 * A version that has been published.
 *
 * @param number its number, 1 or more
 * @param generation the generation of its catalogue, 1 or more
 * @param kind how it came to be
 * @param source the version whose content it has: its own number, or that of the version that was
 *     rolled back to
 * @param candidates how many candidates it has
 * @param checksum sum of the hashes of its bias, its weights, its features' values and its
 *     candidates' ids and rows: the same for the same content, in every process
 * @param published when readers could see it first
 */
public record VersionInfo(
    long number,
    long generation,
    VersionKind kind,
    long source,
    int candidates,
    long checksum,
    Instant published) {}
