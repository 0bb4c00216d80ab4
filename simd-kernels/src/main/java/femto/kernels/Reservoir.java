package femto.kernels;

/**
 * Collects candidates for the best K: twice as many are taken in before the worse half is dropped.
 * Taking one in is a store at the end of an array, so many of these side by side, as in a search
 * for many queries, do not need their candidates in the nearest cache, as as many heaps would. The
 * answer is that of {@link TopK}, which {@link #offerAllTo} hands it to. One owner at a time.
 */
final class Reservoir {
  private static final int LEAST_ROOM = 64;

  private long[] keys = {};
  private int size;
  private int k;
  private float threshold;

  Reservoir() {}

  /** Empties it, and keeps the best {@code newK} from now on. */
  void reset(int newK) {
    k = newK;
    size = 0;
    threshold = k == 0 ? Float.POSITIVE_INFINITY : Float.NEGATIVE_INFINITY;
    int room = (int) Math.min(Integer.MAX_VALUE - 8L, (long) k + Math.max(k, LEAST_ROOM));
    if (keys.length < room) {
      keys = new long[room];
    }
  }

  /** The best so many are kept. */
  int limit() {
    return k;
  }

  /** What a score must reach to be among the best, as {@link TopK#threshold}, or less. */
  float threshold() {
    return threshold;
  }

  /** Takes a candidate in; NaN never enters. */
  void offer(int index, float score) {
    if (!(score >= threshold) || k == 0) {
      return;
    }
    keys[size++] = TopK.key(index, score);
    if (size == keys.length) {
      select();
    }
  }

  void offerAllTo(TopK best) {
    if (size > k) {
      select(); // cheaper than offering those that it drops
    }
    for (int i = 0; i < size; i++) {
      best.offer(TopK.index(keys[i]), TopK.score(keys[i]));
    }
  }

  /**
   * Drops all but the best K: the greatest K keys go to the front, the least of them last. Keys are
   * exchanged whether they need be or not, as the processor cannot guess which side one belongs to.
   */
  private void select() {
    int low = 0;
    int high = size - 1;
    int wanted = k - 1;
    while (low < high) {
      long pivot = takeMedian(low, high);
      int next = low;
      for (int i = low; i < high; i++) {
        long key = keys[i];
        keys[i] = keys[next];
        keys[next] = key;
        next += key > pivot ? 1 : 0;
      }
      keys[high] = keys[next];
      keys[next] = pivot;
      if (wanted < next) {
        high = next - 1;
      } else if (wanted > next) {
        low = next + 1;
      } else {
        break;
      }
    }
    size = k;
    threshold = TopK.score(keys[wanted]);
  }

  /** Puts the median of three keys last. */
  private long takeMedian(int low, int high) {
    int middle = (low + high) >>> 1;
    long a = keys[low];
    long b = keys[middle];
    long c = keys[high];
    long median = Math.max(Math.min(a, b), Math.min(Math.max(a, b), c));
    int place = median == a ? low : median == b ? middle : high;
    keys[place] = c;
    keys[high] = median;
    return median;
  }
}
