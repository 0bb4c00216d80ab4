package femto.tools.train;

import femto.learn.DivergedException;
import femto.learn.LearnerOptions.L2;
import femto.learn.Loss;
import femto.learn.Optimizer;
import femto.model.Model;
import femto.tools.data.DataSet;
import femto.tools.evaluate.RankingEvaluation;
import femto.tools.evaluate.Split;
import femto.tools.train.CrossValidation.Figures;
import java.util.random.RandomGenerator;

/** Recipes of gradient steps. */
final class SearchedSteps implements SearchedRecipes<Recipe> {
  /** How long the lists are where the task is to rank. */
  static final int TOP = 10;

  private final DataSet data;

  SearchedSteps(DataSet data) {
    this.data = data;
  }

  @Override
  public Recipe vary(Recipe from, double deviation, RandomGenerator random) {
    Recipe.Tuning tuning = from.tuning();
    var l2 = SearchedRecipes.vary(tuning.l2(), deviation, random);
    // The step size has the narrowest range in which learning neither crawls nor diverges.
    return from.withTuning(
        new Recipe.Tuning(
            tuning.stepSize() * SearchedRecipes.factor(deviation / 2, random),
            tuning.initialState() * SearchedRecipes.factor(deviation, random),
            tuning.initialScale() * SearchedRecipes.factor(deviation, random),
            l2,
            tuning.stepScales(),
            tuning.ftrl()));
  }

  @Override
  public double measure(Recipe recipe, int repeat, Split cut) {
    Recipe seeded = recipe.withSeed(recipe.seed() + repeat);
    Recipe.Task task = recipe.task();
    try (Model model = new ModelTrainer(data, seeded).train(cut.train())) {
      if (task.isRanking()) {
        try (ModelOnDataSet bound = new ModelOnDataSet(model, data)) {
          return RankingEvaluation.evaluate(
                  data, cut, bound.rankers(), (float) task.positive(), TOP)
              .means()
              .ndcg();
        }
      }
      Figures figures = Figures.of(model, task.loss(), task.positive(), data, cut);
      return task.loss() == Loss.SQUARED ? figures.rmse() : figures.logLoss();
    } catch (DivergedException e) {
      return Double.NaN;
    }
  }

  @Override
  public String describe(Recipe recipe) {
    return options(recipe);
  }

  /**
   * The numbers of a recipe that have to be tuned.
   *
   * @return such as {@code --step 0.015 --l2 *=0.2,movie=0.1 --init 0.01 --l2-factors *=0.1}
   */
  static String options(Recipe recipe) {
    Recipe.Tuning tuning = recipe.tuning();
    String options = "--step " + SearchedRecipes.digits(tuning.stepSize());
    if (recipe.optimizer() == Optimizer.ADAGRAD) {
      options += " --initial-state " + SearchedRecipes.digits(tuning.initialState());
    } else if (recipe.optimizer() == Optimizer.FTRL) {
      options += " --beta " + SearchedRecipes.digits(tuning.ftrl().beta());
      options += " --l1 " + SearchedRecipes.digits(tuning.ftrl().linearL1());
      options += " --l1-factors " + SearchedRecipes.digits(tuning.ftrl().factorL1());
    }
    options += " --l2 " + SearchedRecipes.describe(tuning.l2(), L2::linear);
    if (recipe.factors() > 0) {
      options += " --init " + SearchedRecipes.digits(tuning.initialScale());
    }
    if (recipe.isOfPairs()) {
      options += " --l2-factors " + SearchedRecipes.describe(tuning.l2(), L2::factors);
    }
    return options;
  }
}
