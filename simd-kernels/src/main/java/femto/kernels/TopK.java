package femto.kernels;

/**
 * Keeps the best K of the candidates offered to it: highest score first, the lower index first
 * among equal scores (-0.0 and 0.0 are equal). The answer does not depend on the order of the
 * offers.
 *
 * <p>A binary heap with the worst kept candidate at its root, in arrays allocated once. One owner
 * at a time; offering and draining allocate nothing.
 */
public final class TopK {
  private final int[] indexes;
  private final float[] scores;
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
    this.indexes = new int[capacity];
    this.scores = new float[capacity];
    this.k = capacity;
  }

  /**
   * Empties the selection.
   *
   * @param k how many candidates to keep from now on, 0 to the capacity
   * @return this
   */
  public TopK reset(int k) {
    if (k < 0 || k > indexes.length) {
      throw new IllegalArgumentException("k=" + k + ", expected 0 to " + indexes.length);
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
    return indexes.length;
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
    return k == 0 ? Float.POSITIVE_INFINITY : scores[0];
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
      other.offer(indexes[i], scores[i]);
    }
  }

  /**
   * Offers a candidate.
   *
   * @param index its index
   * @param score its score; NaN never enters
   */
  public void offer(int index, float score) {
    if (size < k) {
      if (!Float.isNaN(score)) {
        siftUp(size++, index, score);
      }
    } else if (k > 0 && isBetter(index, score, indexes[0], scores[0])) {
      siftDown(0, index, score, size);
    }
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
      intoIndexes[rank] = indexes[0];
      intoScores[rank] = scores[0];
      if (rank > 0) {
        siftDown(0, indexes[rank], scores[rank], rank);
      }
    }
    size = 0;
    return found;
  }

  private static boolean isBetter(int index, float score, int otherIndex, float otherScore) {
    return score > otherScore || (score == otherScore && index < otherIndex);
  }

  private void siftUp(int start, int index, float score) {
    int slot = start;
    while (slot > 0) {
      int parent = (slot - 1) >>> 1;
      if (!isBetter(indexes[parent], scores[parent], index, score)) {
        break;
      }
      indexes[slot] = indexes[parent];
      scores[slot] = scores[parent];
      slot = parent;
    }
    indexes[slot] = index;
    scores[slot] = score;
  }

  private void siftDown(int start, int index, float score, int end) {
    int slot = start;
    while (true) {
      int child = 2 * slot + 1;
      if (child >= end) {
        break;
      }
      int right = child + 1;
      if (right < end && isBetter(indexes[child], scores[child], indexes[right], scores[right])) {
        child = right;
      }
      if (!isBetter(index, score, indexes[child], scores[child])) {
        break;
      }
      indexes[slot] = indexes[child];
      scores[slot] = scores[child];
      slot = child;
    }
    indexes[slot] = index;
    scores[slot] = score;
  }
}
