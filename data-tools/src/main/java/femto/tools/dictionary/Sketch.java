package femto.tools.dictionary;

import it.unimi.dsi.fastutil.longs.Long2IntOpenHashMap;
import java.util.Arrays;

/**
 * Counts how often values have come, up to a minimum, in a count-min sketch with conservative
 * update (Cormode and Muthukrishnan 2005; Estan and Varghese 2002): a value has one counter in each
 * of four rows, the least of the four is its count, and only those that are equal to the least
 * grow. A count is never too low until counts are halved, and too high if other values share all
 * four counters.
 *
 * <p>A stream without end would fill the sketch, and then each value would get a row at once. So
 * all counts are halved when half of the counters are above 0. A value that comes rarely may then
 * have to come more often.
 *
 * <p>How often the sketch is wrong it cannot see itself. So some values are counted exactly
 * besides, by their hash: all as long as they are at most {@value #MOST_EXACT}, then every second,
 * every fourth and so on.
 *
 * <p>Not that of datasketches-java 9, whose counters take eight bytes, which allocates with each
 * update and has no conservative update (2026-11-27).
 */
final class Sketch {
  static final int ROWS = 4;

  /** How many values are counted exactly. */
  static final int MOST_EXACT = 4096;

  private final int minimum;
  private final byte[] counters;
  private final int width;

  /** Counters above 0 in each row, and in all. */
  private final int[] occupied = new int[ROWS];

  private int allOccupied;

  private final Long2IntOpenHashMap exact;
  private int exactShift;
  private long early;
  private long halvings;

  /** What a checkpoint holds of a sketch. */
  record State(
      byte[] counters, long[] hashes, int[] counts, int shift, long early, long halvings) {}

  Sketch(int bytes, int minimum) {
    this.minimum = minimum;
    counters = new byte[bytes];
    width = bytes / ROWS;
    exact = new Long2IntOpenHashMap(MOST_EXACT + 1);
  }

  Sketch(State state, int minimum) {
    this(state.counters.length, minimum);
    System.arraycopy(state.counters, 0, counters, 0, counters.length);
    countOccupied();
    for (int i = 0; i < state.hashes.length; i++) {
      exact.put(state.hashes[i], state.counts[i]);
    }
    exactShift = state.shift;
    early = state.early;
    halvings = state.halvings;
  }

  State state() {
    long[] hashes = exact.keySet().toLongArray();
    Arrays.sort(hashes);
    int[] counts = Arrays.stream(hashes).mapToInt(exact::get).toArray();
    return new State(counters, hashes, counts, exactShift, early, halvings);
  }

  /** Where the counter of a hash is in a row. */
  private int at(int row, long hash) {
    int step = (int) (hash >>> 32) | 1;
    return row * width + (((int) hash + row * step) & (width - 1));
  }

  /** Counts a value once more. Whether it has come often enough. */
  boolean add(long hash) {
    countExactly(hash);
    int least = minimum;
    for (int row = 0; row < ROWS; row++) {
      least = Math.min(least, counters[at(row, hash)] & 0xff);
    }
    if (least == minimum) {
      return true;
    }
    for (int row = 0; row < ROWS; row++) {
      int at = at(row, hash);
      if ((counters[at] & 0xff) == least) {
        counters[at] = (byte) (least + 1);
        if (least == 0) {
          occupied[row]++;
          allOccupied++;
        }
      }
    }
    boolean enough = least + 1 == minimum;
    while (allOccupied > counters.length / 2) {
      halve();
    }
    return enough;
  }

  private void halve() {
    for (int i = 0; i < counters.length; i++) {
      counters[i] = (byte) ((counters[i] & 0xff) >> 1);
    }
    countOccupied();
    halvings++;
  }

  private void countOccupied() {
    Arrays.fill(occupied, 0);
    for (int i = 0; i < counters.length; i++) {
      occupied[i / width] += counters[i] == 0 ? 0 : 1;
    }
    allOccupied = Arrays.stream(occupied).sum();
  }

  /** Whether a hash is one of those that are counted exactly. */
  static boolean isDrawn(long hash, int shift) {
    // Other bits than those that choose counters.
    return shift == 0 || EncodedValue.mix(hash) >>> (Long.SIZE - shift) == 0;
  }

  private void countExactly(long hash) {
    if (!isDrawn(hash, exactShift)) {
      return;
    }
    exact.addTo(hash, 1);
    while (exact.size() > MOST_EXACT) {
      exactShift++;
      exact.keySet().removeIf((long drawn) -> !isDrawn(drawn, exactShift));
    }
  }

  /** A value gets a row; it has just been counted. */
  void admitted(long hash) {
    if (isDrawn(hash, exactShift) && exact.get(hash) < minimum) {
      early += 1L << exactShift;
    }
  }

  /** About how many values got a row before they had come often enough. */
  long early() {
    return early;
  }

  /** How likely it is that a value which never came is counted from 1 up. */
  double earlyChance() {
    double chance = 1;
    for (int above0 : occupied) {
      chance *= (double) above0 / width;
    }
    return chance;
  }

  long halvings() {
    return halvings;
  }

  long bytes() {
    return counters.length;
  }
}
