package femto.tools.baseline;

import femto.tools.evaluate.Ranker;

/** Ranks by scores of all items. */
final class ScoreRanker implements Ranker {
  private final ItemScores recommender;
  private final float[] scores;
  private final Best best;

  ScoreRanker(ItemScores recommender) {
    this.recommender = recommender;
    this.scores = new float[recommender.items()];
    this.best = new Best(scores);
  }

  @Override
  public int top(int context, int k, long[] excluded, int[] intoCandidates, float[] intoScores) {
    recommender.score(context, scores);
    for (int item = 0; item < scores.length; item++) {
      if ((excluded[item >>> 6] & (1L << item)) == 0) {
        best.offer(item, k);
      }
    }
    int found = best.drainTo(intoCandidates);
    for (int rank = 0; rank < found; rank++) {
      intoScores[rank] = scores[intoCandidates[rank]];
    }
    return found;
  }
}
