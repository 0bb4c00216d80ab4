package femto.kernels;

import java.util.Arrays;

/**
 * Tells when repeated work has stopped becoming faster, by the least time that each kind of it has
 * taken: nothing has become a twentieth faster for as long as all took before that, and for a
 * quarter of a second at least. (A compiler that is late is waited for as long as it was late: what
 * is compiled last is what took the longest to be called often enough.)
 */
final class SteadyState {
  /** What is compiled is in use within this time, if the compiler has a processor. */
  static final long LEAST_NANOS = 250_000_000;

  /** A time that is no smaller share of the least one than this is the same time. */
  private static final double FASTER = 0.95;

  private final long[] least;
  private final long begin;
  private long changed;

  /** Begins at a time of {@link System#nanoTime}, with so many kinds of work. */
  SteadyState(int kinds, long now) {
    least = new long[kinds];
    Arrays.fill(least, Long.MAX_VALUE);
    begin = now;
    changed = now;
  }

  /** Takes note of work that has just ended. */
  void took(int kind, long nanos, long now) {
    if (nanos < FASTER * least[kind]) {
      least[kind] = nanos;
      changed = now;
    }
  }

  /** Asks for as much again: something else says that it is not over. */
  void prolong(long now) {
    changed = now;
  }

  boolean isReached(long now) {
    return now - changed >= Math.max(LEAST_NANOS, changed - begin);
  }
}
