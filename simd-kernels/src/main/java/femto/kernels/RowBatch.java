package femto.kernels;

import femto.kernels.impl.KernelSupport;
import java.util.Arrays;

/**
 * What a search does with rows once it has listed them, up to {@value #SIZE} at a time: score them
 * by the chain, turn scores into what the request orders by, keep the best. Reused from search to
 * search; one owner.
 */
final class RowBatch {
  /**
   * Rows scored at once: few enough for their indexes and scores to stay in the nearest cache, and
   * enough for the places in which a scan reads to be far apart.
   */
  static final int SIZE = 2048;

  private final RowScores rowScores;

  /** The rows. */
  final int[] indexes = new int[SIZE];

  /** Their scores, then what the request orders by. */
  final float[] values = new float[SIZE];

  private final float[] bids = new float[SIZE];
  private TopK heap = new TopK(128);
  private TopRequest request = new TopRequest();
  private long scored;
  private boolean truncated;

  RowBatch(RowScores rowScores) {
    this.rowScores = rowScores;
  }

  void begin(TopRequest newRequest, int k) {
    if (heap.capacity() < k) {
      heap = new TopK(Math.max(k, (int) Math.min(Integer.MAX_VALUE - 8L, 2L * heap.capacity())));
    }
    heap.reset(k);
    request = newRequest;
    scored = 0;
    truncated = false;
  }

  /** The best so far. */
  TopK heap() {
    return heap;
  }

  TopRequest request() {
    return request;
  }

  /** How many rows have been scored by the chain. */
  long scored() {
    return scored;
  }

  /** Whether the request's deadline is over; once it is, the search is truncated. */
  boolean isLate() {
    truncated |= request.isLate();
    return truncated;
  }

  boolean wasTruncated() {
    return truncated;
  }

  /** Scores the first rows. */
  void score(int count) {
    rowScores.gatherUnchecked(request.query(), indexes, count, values);
    scored += count;
  }

  /** Scores the first rows as the request's patch has them. */
  void scorePatched(int count) {
    RowPatch patch = request.patch();
    if (patch == null) {
      score(count);
    } else {
      rowScores.gatherUnchecked(patch, request.query(), indexes, count, values);
      scored += count;
    }
  }

  /** Scores slots of a patch. */
  void scoreSlots(RowPatch patch, int[] slots, int count) {
    rowScores.gatherSlots(patch, request.query(), slots, count, values);
    scored += count;
  }

  /** Turns the scores of the first rows into what the request orders by. */
  void evaluate(int count) {
    Bids all = request.bids();
    if (all != null) {
      for (int i = 0; i < count; i++) {
        bids[i] = indexes[i] < all.size() ? all.values()[indexes[i]] : 0;
      }
      Kernels.SUPPORT.expectedValues(values, request.constant(), bids, 0, count, values);
    }
  }

  /** Keeps the best of the first rows. */
  void offer(int count) {
    float threshold = heap.threshold();
    for (int i = 0; i < count; i++) {
      if (values[i] >= threshold && request.accepts(indexes[i])) {
        heap.offer(indexes[i], values[i]);
        threshold = heap.threshold();
      }
    }
  }

  /** Scores, evaluates and offers the first rows, 1 or more. */
  void scoreAndOffer(int count) {
    // A whole number of vectors, by scoring the last row again.
    int padded = (count + KernelSupport.CHILDREN - 1) & -KernelSupport.CHILDREN;
    Arrays.fill(indexes, count, padded, indexes[count - 1]);
    score(padded);
    evaluate(padded);
    offer(count);
  }
}
