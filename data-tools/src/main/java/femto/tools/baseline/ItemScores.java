package femto.tools.baseline;

import femto.tools.evaluate.Ranker;

/** A recommender that scores all items for a user, and ranks by that. */
public interface ItemScores extends Recommender {
  /**
   * Scores all items.
   *
   * @param user index of the user
   * @param scores receives one for each item; what it held does not matter
   */
  void score(int user, float[] scores);

  @Override
  default Ranker newRanker() {
    return new ScoreRanker(this);
  }
}
