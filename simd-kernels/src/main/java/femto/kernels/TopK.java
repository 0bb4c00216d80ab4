package femto.kernels;

/**
 * Keeps the best K of the candidates offered to it: highest score first, the lower index first
 * among equal scores (-0.0 and 0.0 are equal). The answer does not depend on the order of the
 * offers.
 *
 * <p>A binary heap with the worst kept candidate at its root. A candidate is one long, whose order
 * as a number is the order of candidates, so that a step down the heap is one comparison that the
 * processor need not guess. One owner at a time; offering and draining allocate nothing.
 */
public final class TopK {
  private final long[] keys;
  private int size;
  private int k;

  /**
   * Makes an empty selection.
   *
   * @param capacity the largest K that will be asked for, 0 or more
   */
  public TopK(int capacity) {
    if (capacity < 0) {
      throw new IllegalArgumentException("capacity=" + capacity + ", expected 0 or more");
    }
    this.keys = new long[capacity];
    this.k = capacity;
  }

  /**
   * Empties the selection.
   *
   * @param k how many candidates to keep from now on, 0 to the capacity
   * @return this
   */
  public TopK reset(int k) {
    if (k < 0 || k > keys.length) {
      throw new IllegalArgumentException("k=" + k + ", expected 0 to " + keys.length);
    }
    this.k = k;
    this.size = 0;
    return this;
  }

  /**
   * The largest K that this selection can be reset to.
   *
   * @return the capacity
   */
  public int capacity() {
    return keys.length;
  }

  /**
   * How many candidates are kept now.
   *
   * @return 0 to K
   */
  public int size() {
    return size;
  }

  /**
   * A score below this one cannot enter; one equal to it can, if its index is lower.
   *
   * @return the score of the worst kept candidate once K are kept, before that negative infinity,
   *     and positive infinity when K is 0
   */
  public float threshold() {
    if (size < k) {
      return Float.NEGATIVE_INFINITY;
    }
    return k == 0 ? Float.POSITIVE_INFINITY : score(keys[0]);
  }

  /**
   * How many candidates are kept at most.
   *
   * @return K
   */
  int limit() {
    return k;
  }

  /** Offers everything that is kept here to another selection. */
  void offerAllTo(TopK other) {
    for (int i = 0; i < size; i++) {
      other.offer(index(keys[i]), score(keys[i]));
    }
  }

  /**
   * Offers a candidate.
   *
   * @param index its index, 0 or more
   * @param score its score; NaN never enters
   */
  public void offer(int index, float score) {
    if (Float.isNaN(score)) {
      return;
    }
    long key = key(index, score);
    if (size < k) {
      siftUp(size++, key);
    } else if (k > 0 && key > keys[0]) {
      siftDown(key, size);
    }
  }

  /**
   * Higher for a higher score, and for a lower index among equal scores. The lowest bit says that a
   * zero is negative; it decides nothing, since no two candidates have the same index.
   */
  static long key(int index, float score) {
    int bits = Float.floatToRawIntBits(score + 0f);
    int ordered = bits ^ ((bits >> 31) & Integer.MAX_VALUE);
    int minusZero = Float.floatToRawIntBits(score) == Integer.MIN_VALUE ? 1 : 0;
    return ((long) ordered << 32) | ((long) (Integer.MAX_VALUE - index) << 1) | minusZero;
  }

  static float score(long key) {
    int ordered = (int) (key >> 32);
    float score = Float.intBitsToFloat(ordered ^ ((ordered >> 31) & Integer.MAX_VALUE));
    return (key & 1) == 0 ? score : -score;
  }

  static int index(long key) {
    return Integer.MAX_VALUE - ((int) (key >>> 1) & Integer.MAX_VALUE);
  }

  /**
   * Takes the kept candidates out, best first, and leaves the selection empty.
   *
   * @param intoIndexes receives the indexes, at least {@link #size()} long
   * @param intoScores receives the scores, at least {@link #size()} long
   * @return how many were written
   * @throws IndexOutOfBoundsException if an array is too short; nothing is taken out then
   */
  public int drain(int[] intoIndexes, float[] intoScores) {
    int found = size;
    if (intoIndexes.length < found || intoScores.length < found) {
      throw new IndexOutOfBoundsException(
          "arrays of "
              + intoIndexes.length
              + " indexes and "
              + intoScores.length
              + " scores, expected at least "
              + found);
    }
    for (int rank = found - 1; rank >= 0; rank--) {
      intoIndexes[rank] = index(keys[0]);
      intoScores[rank] = score(keys[0]);
      if (rank > 0) {
        siftDown(keys[rank], rank);
      }
    }
    size = 0;
    return found;
  }

  private void siftUp(int start, long key) {
    int slot = start;
    while (slot > 0) {
      int parent = (slot - 1) >>> 1;
      if (keys[parent] <= key) {
        break;
      }
      keys[slot] = keys[parent];
      slot = parent;
    }
    keys[slot] = key;
  }

  private void siftDown(long key, int end) {
    int slot = 0;
    int child = 1;
    while (child < end) {
      int right = Math.min(child + 1, end - 1);
      if (keys[right] < keys[child]) {
        child = right;
      }
      if (key <= keys[child]) {
        break;
      }
      keys[slot] = keys[child];
      slot = child;
      child = 2 * slot + 1;
    }
    keys[slot] = key;
  }
}
