package femto.tools.compare;

import femto.model.Model;
import femto.tools.baseline.Recommender;
import femto.tools.data.DataSet;
import femto.tools.evaluate.Ranker;
import femto.tools.train.ModelOnDataSet;
import femto.tools.train.ModelTrainer;
import femto.tools.train.RankingRecipe;
import femto.tools.train.RankingTrainer;
import femto.tools.train.Recipe;
import org.jspecify.annotations.Nullable;

/** A model of the engine, trained to rank what users like before what they do not know. */
final class TrainedModel implements Recommender {
  private final Model model;
  private final ModelOnDataSet bound;
  private final int items;

  private TrainedModel(Model model, ModelOnDataSet bound, DataSet data) {
    this.model = model;
    this.bound = bound;
    this.items = data.candidates().rows();
  }

  /** Every example is a like, whatever its rating: the protocol has chosen them. */
  static TrainedModel fit(DataSet data, int[] likes, Recipe recipe) {
    Recipe.Task task = recipe.task();
    Recipe ofLikes =
        recipe.withTask(
            new Recipe.Task(
                task.loss(), Double.NEGATIVE_INFINITY, task.negatives(), task.popularityPower()));
    Model model = new ModelTrainer(data, ofLikes).train(likes);
    return new TrainedModel(model, new ModelOnDataSet(model, data), data);
  }

  /**
   * Some of the examples are ranked, whatever their rating; fields are derived of all, and what is
   * not among some is there to be set against them.
   */
  static TrainedModel fit(DataSet data, Trial trial, RankingRecipe recipe, int[] some) {
    RankingTrainer.Trained trained = new RankingTrainer(data, recipe).train(trial.examples(), some);
    return new TrainedModel(trained.model(), trained.onDataSet(), data);
  }

  @Override
  public int items() {
    return items;
  }

  @Override
  public float @Nullable [][] itemFactors() {
    return model.factors() == 0 ? null : bound.candidateFactors();
  }

  @Override
  public Ranker newRanker() {
    return bound.rankers().get();
  }

  @Override
  public void close() {
    bound.close();
    model.close();
  }
}
