package femto.tools.compare;

import femto.model.Model;
import femto.tools.baseline.Recommender;
import femto.tools.data.DataSet;
import femto.tools.evaluate.Ranker;
import femto.tools.train.ModelOnDataSet;
import femto.tools.train.ModelTrainer;
import femto.tools.train.Recipe;
import org.jspecify.annotations.Nullable;

/** A model of the engine, trained to rank what users like before what they do not know. */
final class TrainedModel implements Recommender {
  private final Model model;
  private final ModelOnDataSet bound;
  private final int items;

  private TrainedModel(Model model, DataSet data) {
    this.model = model;
    this.bound = new ModelOnDataSet(model, data);
    this.items = data.candidates().rows();
  }

  /** Every example is a like, whatever its rating: the protocol has chosen them. */
  static TrainedModel fit(DataSet data, int[] likes, Recipe recipe) {
    Recipe.Task task = recipe.task();
    Recipe ofLikes =
        recipe.withTask(
            new Recipe.Task(
                task.loss(), Double.NEGATIVE_INFINITY, task.negatives(), task.popularityPower()));
    return new TrainedModel(new ModelTrainer(data, ofLikes).train(likes), data);
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
