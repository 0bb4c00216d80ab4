package femto.tools.baseline;

import femto.tools.evaluate.Ranker;

/** Scores all items for a user. Immutable once fitted, and safe to share. */
public interface Recommender {
  /**
   * Number of items.
   *
   * @return how many scores there are
   */
  int items();

  /**
   * Scores all items.
   *
   * @param user index of the user
   * @param scores receives one for each item; what it held does not matter
   */
  void score(int user, float[] scores);

  /**
   * What ranks by these scores, for one thread.
   *
   * @return a ranker
   */
  default Ranker newRanker() {
    return new ScoreRanker(this);
  }
}
