package femto.tools.train;

import femto.learn.Loss;
import femto.model.Field;
import femto.model.Model;
import femto.model.Side;
import femto.tools.data.DataSet;
import femto.tools.evaluate.BinaryMetrics;
import femto.tools.evaluate.RatingEvaluation;
import femto.tools.evaluate.RatingMetrics;
import femto.tools.evaluate.Split;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/**
 * Trains and tests the same recipes on one split after another: on the training part of each,
 * tested on its test part, which nothing else reads.
 */
public final class CrossValidation {
  private CrossValidation() {}

  /**
   * What one recipe reached on one split. Where a figure does not belong to the loss it is NaN.
   *
   * @param rmse root mean squared error of predicted ratings, clipped to the range seen in training
   * @param mae mean absolute error of the same
   * @param auc area under the ROC curve of predicted probabilities
   * @param logLoss mean negative log likelihood of the same
   */
  public record Figures(double rmse, double mae, double auc, double logLoss) {
    /**
     * Tests a model.
     *
     * @param model the model
     * @param loss what it was trained on: squared gives rmse and mae, logistic auc and logLoss
     * @param positive the lowest label that counts as positive
     * @param data the data set
     * @param split its test part is predicted
     * @return the figures
     */
    public static Figures of(Model model, Loss loss, double positive, DataSet data, Split split) {
      try (ModelOnDataSet bound = new ModelOnDataSet(model, data)) {
        return of(bound.predictions(split.test()), loss, positive, data, split);
      }
    }

    /**
     * Measures predictions.
     *
     * @param predictions one for each example of the split's test part
     * @param loss as above
     * @param positive the lowest label that counts as positive
     * @param data the data set
     * @param split the split
     * @return the figures
     */
    public static Figures of(
        double[] predictions, Loss loss, double positive, DataSet data, Split split) {
      if (loss == Loss.SQUARED) {
        RatingMetrics ratings = RatingEvaluation.ratings(data, split, predictions);
        return new Figures(ratings.rmse(), ratings.mae(), Double.NaN, Double.NaN);
      }
      BinaryMetrics binary = RatingEvaluation.binary(data, split, predictions, (float) positive);
      return new Figures(Double.NaN, Double.NaN, binary.auc(), binary.logLoss());
    }

    /**
     * Means of several figures.
     *
     * @param figures at least one
     * @return their mean, figure by figure
     */
    public static Figures mean(List<Figures> figures) {
      return new Figures(
          figures.stream().mapToDouble(Figures::rmse).average().orElse(Double.NaN),
          figures.stream().mapToDouble(Figures::mae).average().orElse(Double.NaN),
          figures.stream().mapToDouble(Figures::auc).average().orElse(Double.NaN),
          figures.stream().mapToDouble(Figures::logLoss).average().orElse(Double.NaN));
    }
  }

  /**
   * The names of the two fields that make a model of ids alone: the first of each side.
   *
   * @param data the data set
   * @return such as user and movie
   */
  public static List<String> idFields(DataSet data) {
    List<String> names = new ArrayList<>();
    for (Side side : Side.values()) {
      data.features().fields().stream()
          .filter(field -> field.side() == side)
          .map(Field::name)
          .findFirst()
          .ifPresent(names::add);
    }
    return names;
  }

  /**
   * Trains and tests every recipe on every split, on several threads. The figures do not depend on
   * their number.
   *
   * @param data the data set
   * @param splits the splits
   * @param recipes the recipes
   * @param threads how many trainings run at once
   * @param done is called after each training, by any thread
   * @return for each split, in order, a list of figures, one for each recipe, in order
   */
  public static List<List<Figures>> run(
      DataSet data, List<Split> splits, List<Recipe> recipes, int threads, Runnable done) {
    List<Function<Split, Figures>> trials = new ArrayList<>();
    for (Recipe recipe : recipes) {
      trials.add(
          split -> {
            try {
              return test(data, recipe, split);
            } finally {
              done.run();
            }
          });
    }
    return runEach(splits, trials, threads);
  }

  /**
   * Trains a recipe on the training part of a split and tests it on the test part.
   *
   * @param data the data set
   * @param recipe the recipe
   * @param split the split
   * @return the figures
   */
  public static Figures test(DataSet data, Recipe recipe, Split split) {
    try (Model model = new ModelTrainer(data, recipe).train(split.train())) {
      return Figures.of(model, recipe.task().loss(), recipe.task().positive(), data, split);
    }
  }

  /**
   * Does every one of some trials on every split, on several threads.
   *
   * @param <T> what comes of a trial
   * @param splits the splits
   * @param trials the trials, for any thread
   * @param threads how many run at once
   * @return for each split, in order, what came of each trial, in order
   */
  public static <T> List<List<T>> runEach(
      List<Split> splits, List<Function<Split, T>> trials, int threads) {
    try (Parallel<T> parallel = new Parallel<>(threads)) {
      for (Split split : splits) {
        for (Function<Split, T> trial : trials) {
          parallel.submit(() -> trial.apply(split));
        }
      }
      List<T> all = parallel.join();
      List<List<T>> bySplit = new ArrayList<>();
      for (int split = 0; split < splits.size(); split++) {
        int first = split * trials.size();
        bySplit.add(List.copyOf(all.subList(first, first + trials.size())));
      }
      return bySplit;
    }
  }
}
