package femto.bench.swap;

import java.util.SplittableRandom;

/**
 * Requests for the best of some ads, in turn: so many that by the time one comes around again its
 * rows have left the caches. Of one thread.
 */
final class Requests {
  /** A million ads, 128 MB of cache lines if there are so many. */
  private static final int LISTS = 200;

  private final int[][] lists = new int[LISTS][];
  private int next;

  Requests(int ads, int length) {
    SplittableRandom random = new SplittableRandom(2);
    for (int i = 0; i < LISTS; i++) {
      lists[i] = distinct(random, ads, length);
    }
  }

  /** A list names an ad once. */
  private static int[] distinct(SplittableRandom random, int ads, int length) {
    return random.ints(0, ads).distinct().limit(Math.min(length, ads)).toArray();
  }

  /** Number of the next request. */
  int next() {
    return next++;
  }

  int context(int number) {
    return Math.floorMod(number, SyntheticAds.CONTEXTS);
  }

  int[] listed(int number) {
    return lists[Math.floorMod(number, LISTS)];
  }
}
