package femto.learn.blocks;

import femto.model.PredictionRange;

/**
 * Predictions of examples, averaged over the models that a chain passes through: each model's score
 * is turned into a prediction (for {@code PROBIT} the Gaussian distribution function of it, for
 * {@code ORDINAL} the mean label of the levels) and clipped, and the mean of these is what a
 * Bayesian model predicts. The examples' labels are not read.
 *
 * <p>One owner at a time.
 */
public final class BlockPredictions {
  private final BlockScores scores;
  private final PredictionRange range;
  private final double[] one;
  private final double[] sums;
  private int models;

  /**
   * Starts with no model.
   *
   * @param examples what to predict; their features are those of the models
   * @param range what each prediction is clipped to
   */
  public BlockPredictions(BlockData examples, PredictionRange range) {
    this.scores = new BlockScores(examples);
    this.range = range;
    this.one = new double[examples.size()];
    this.sums = new double[examples.size()];
  }

  /**
   * Adds the predictions of the weights that a learner has now.
   *
   * @param learner the learner
   */
  public void add(BlockLearner learner) {
    scores.score(learner.weights(), one);
    for (int example = 0; example < sums.length; example++) {
      sums[example] += range.clip(learner.prediction(one[example]));
    }
    models++;
  }

  /**
   * The mean over the models.
   *
   * @return a new array, one prediction an example
   * @throws IllegalStateException if there was no model
   */
  public double[] mean() {
    if (models == 0) {
      throw new IllegalStateException("no model was added");
    }
    double[] mean = new double[sums.length];
    for (int example = 0; example < mean.length; example++) {
      mean[example] = sums[example] / models;
    }
    return mean;
  }
}
