package femto.tools.baseline;

import femto.tools.evaluate.Ranker;
import it.unimi.dsi.fastutil.ints.IntHeapPriorityQueue;

/** Ranks by scores of all items. */
final class ScoreRanker implements Ranker {
  private final Recommender recommender;
  private final float[] scores;

  /** The worst of the best so far first: of equal scores the higher index. */
  private final IntHeapPriorityQueue best;

  ScoreRanker(Recommender recommender) {
    this.recommender = recommender;
    this.scores = new float[recommender.items()];
    this.best =
        new IntHeapPriorityQueue(
            (a, b) ->
                scores[a] != scores[b]
                    ? Float.compare(scores[a], scores[b])
                    : Integer.compare(b, a));
  }

  @Override
  public int top(int context, int k, long[] excluded, int[] intoCandidates, float[] intoScores) {
    recommender.score(context, scores);
    best.clear();
    for (int item = 0; k > 0 && item < scores.length; item++) {
      if ((excluded[item >>> 6] & (1L << item)) != 0) {
        continue;
      }
      if (best.size() < k) {
        best.enqueue(item);
      } else if (scores[item] > scores[best.firstInt()]) { // of equals the lower index is there
        best.dequeueInt();
        best.enqueue(item);
      }
    }
    int found = best.size();
    for (int rank = found - 1; rank >= 0; rank--) {
      int item = best.dequeueInt();
      intoCandidates[rank] = item;
      intoScores[rank] = scores[item];
    }
    return found;
  }
}
