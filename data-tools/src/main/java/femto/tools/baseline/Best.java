package femto.tools.baseline;

import it.unimi.dsi.fastutil.ints.IntHeapPriorityQueue;

/** The items of the highest scores among those offered; of equal scores the lower index. */
final class Best {
  private final float[] scores;

  /** The worst of the best so far first: of equal scores the higher index. */
  private final IntHeapPriorityQueue worstFirst;

  /** Its score: most items are passed over by a look at it. */
  private float worst;

  /** By scores that the caller writes before it offers an item, and leaves alone after that. */
  Best(float[] scores) {
    this.scores = scores;
    this.worstFirst = new IntHeapPriorityQueue((a, b) -> isBetter(a, b) ? 1 : a == b ? 0 : -1);
  }

  private boolean isBetter(int one, int other) {
    return scores[one] != scores[other] ? scores[one] > scores[other] : one < other;
  }

  /** Keeps an item if it is one of the k best so far. */
  void offer(int item, int k) {
    if (worstFirst.size() < k) {
      worstFirst.enqueue(item);
    } else if (k > 0 && scores[item] >= worst && isBetter(item, worstFirst.firstInt())) {
      worstFirst.dequeueInt();
      worstFirst.enqueue(item);
    } else {
      return;
    }
    worst = scores[worstFirst.firstInt()];
  }

  int size() {
    return worstFirst.size();
  }

  /** Writes what was kept, best first, and forgets it; returns how many. */
  int drainTo(int[] items) {
    int found = worstFirst.size();
    for (int rank = found - 1; rank >= 0; rank--) {
      items[rank] = worstFirst.dequeueInt();
    }
    return found;
  }
}
