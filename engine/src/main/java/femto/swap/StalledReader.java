package femto.swap;

/**
 * A reader that keeps former versions from being given back.
 *
 * @param reader the name it was opened with
 * @param epoch the epoch that its slot holds: versions of this number and above cannot be given
 *     back until the lease ends
 * @param nanos how long ago the writer first noticed that the lease outlived its epoch, in
 *     nanoseconds: the lease is at least so old
 */
record StalledReader(String reader, long epoch, long nanos) {}
