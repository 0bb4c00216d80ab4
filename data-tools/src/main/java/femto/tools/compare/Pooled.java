package femto.tools.compare;

import femto.tools.baseline.Recommender;
import femto.tools.evaluate.Ranker;
import java.util.Arrays;

/** A recommender whose lists are chosen from the beginnings of longer ones of another. */
record Pooled(Recommender recommender, Choice choice) implements Recommender {
  private static final int POOL = Reranking.POOL;

  /** Chooses from the first of a list. */
  @FunctionalInterface
  interface Choice {
    /** Places of those chosen within the pool, at most k, in the order wanted. */
    int[] of(int[] pool, float[] scores, int k);
  }

  @Override
  public int items() {
    return recommender.items();
  }

  /** Scores are ranks from the end, since what was chosen need not stand by its score. */
  @Override
  public Ranker newRanker() {
    Ranker ranker = recommender.newRanker();
    int[] pool = new int[POOL];
    float[] scores = new float[POOL];
    return new Ranker() {
      @Override
      public int top(
          int context, int k, long[] excluded, int[] intoCandidates, float[] intoScores) {
        int found = ranker.top(context, POOL, excluded, pool, scores);
        if (found == 0) {
          return 0;
        }
        int[] places =
            choice.of(Arrays.copyOf(pool, found), Arrays.copyOf(scores, found), Math.min(k, POOL));
        for (int rank = 0; rank < places.length; rank++) {
          intoCandidates[rank] = pool[places[rank]];
          intoScores[rank] = places.length - rank;
        }
        return places.length;
      }

      @Override
      public void close() {
        ranker.close();
      }
    };
  }

  @Override
  public void close() {
    // the other one's owner closes it
  }
}
