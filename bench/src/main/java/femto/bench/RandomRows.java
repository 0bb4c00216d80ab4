package femto.bench;

import java.util.SplittableRandom;

/**
 * Requests for the scores of some candidates each, drawn at random: so many that by the time one
 * comes around again its rows have left the caches.
 */
final class RandomRows {
  /** Candidates a request. */
  static final int LENGTH = 5000;

  /** A million candidates: 128 MB of cache lines, if there are so many rows. */
  private static final int LISTS = 200;

  private final int[][] lists = new int[LISTS][];

  RandomRows(int candidates) {
    SplittableRandom random = new SplittableRandom(2);
    for (int i = 0; i < LISTS; i++) {
      lists[i] = random.ints(LENGTH, 0, candidates).toArray();
    }
  }

  /** One of the requests; they repeat. */
  int[] list(int number) {
    return lists[Math.floorMod(number, LISTS)];
  }
}
