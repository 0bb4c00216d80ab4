package femto.learn;

/**
 * Room before the fields of what a thread writes at each example: it shall not share a cache line
 * with what another thread writes, and the collector may lay objects of two threads side by side.
 */
@SuppressWarnings({"unused", "UnusedVariable"})
abstract class Apart {
  /** Numbers at the end of an array that stay unused for the same reason. */
  static final int NUMBERS = 32;

  private long p0, p1, p2, p3, p4, p5, p6, p7, p8, p9, p10, p11, p12, p13, p14, p15;
}
