package femto.tools.train;

import femto.learn.Loss;
import femto.tools.data.DataSet;
import femto.tools.evaluate.Split;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;

/**
 * Looks for a good recipe on parts cut from the training part. The first half of the trials
 * multiply the numbers of the recipe that it starts from by random factors over a wide range; the
 * others vary the best found so far over a narrow one. Seeded: the trials do not depend on the
 * number of threads.
 *
 * @param <R> the kind of recipe
 */
public final class RecipeSearch<R> {
  private static final double CUT = 0.1;

  /**
   * One part alone prefers what happens to suit it; ratings are tested both by time and at random,
   * so their parts are of both kinds.
   */
  private static final int REPEATS = 3;

  /**
   * Trials that run between two looks at what was found; a fixed number keeps the search
   * repeatable.
   */
  private static final int BATCH = 8;

  /** Standard deviations of the logarithm of a factor: a factor of 2 either way, and of 1.2. */
  private static final double WIDE = Math.log(2);

  private static final double NARROW = Math.log(1.2);

  private final SearchedRecipes<R> recipes;
  private final R start;
  private final long seed;
  private final Figure figure;
  private final List<Split> cuts = new ArrayList<>();

  private RecipeSearch(
      DataSet data, int[] training, SearchedRecipes<R> recipes, R start, long seed, Figure figure) {
    this.recipes = recipes;
    this.start = start;
    this.seed = seed;
    this.figure = figure;
    for (int i = 0; i < REPEATS; i++) {
      boolean random = figure != Figure.NDCG && i > 0;
      cuts.add(
          random
              ? Split.cut(training, CUT, seed + i)
              : Split.cutTemporalPerUser(data, training, CUT));
    }
  }

  /**
   * Sets up a search among recipes of gradient steps.
   *
   * @param data the data set
   * @param training the training part; nothing else is read
   * @param start the recipe that it starts from; losses, fields, factors, epochs and seed stay
   * @return the search
   */
  public static RecipeSearch<Recipe> of(DataSet data, int[] training, Recipe start) {
    Recipe.Task task = start.task();
    Figure figure = task.isRanking() ? Figure.NDCG : Figure.of(task.loss());
    return new RecipeSearch<>(data, training, new SearchedSteps(data), start, start.seed(), figure);
  }

  /**
   * Sets up a search among recipes of ALS: for penalties and for the spread of factors at the
   * start.
   *
   * @param data the data set
   * @param training the training part; nothing else is read
   * @param start the recipe that it starts from; fields, factors, sweeps and seed stay
   * @return the search
   * @throws IllegalArgumentException if it is of Gibbs sampling, which has no penalties
   */
  public static RecipeSearch<BlockRecipe> of(DataSet data, int[] training, BlockRecipe start) {
    return new RecipeSearch<>(
        data, training, new SearchedAls(data, start), start, start.seed(), Figure.RMSE);
  }

  /** What is measured. */
  private enum Figure {
    RMSE("rmse"),
    LOG_LOSS("log loss"),
    NDCG("ndcg@" + SearchedSteps.TOP);

    private final String label;

    Figure(String label) {
      this.label = label;
    }

    private static Figure of(Loss loss) {
      return loss == Loss.SQUARED ? RMSE : LOG_LOSS;
    }
  }

  /**
   * One recipe that was tried.
   *
   * @param <R> the kind of recipe
   * @param number its number, from 1
   * @param recipe the recipe
   * @param figure what it reached on the parts cut off, the mean of them; NaN if learning diverged
   */
  public record Trial<R>(int number, R recipe, double figure) {}

  /**
   * What is measured.
   *
   * @return name of the figure
   */
  public String figure() {
    return figure.label;
  }

  /**
   * How it is measured, in words.
   *
   * @return a sentence
   */
  public String protocol() {
    return (figure == Figure.NDCG
            ? "%s on the last tenth of each user's training part by time, mean of %d seeds"
            : "%s, mean of %d parts: the last tenth of each user's training part by time and two"
                + " random tenths")
        .formatted(figure(), REPEATS);
  }

  /**
   * The numbers that the search varies, as options of the command line.
   *
   * @param recipe one of the recipes
   * @return such as {@code --init 0.1 --l2 *=5 --l2-factors *=1000,movie=12}
   */
  public String describe(R recipe) {
    return recipes.describe(recipe);
  }

  /**
   * Searches. The first trial is the recipe that it starts from.
   *
   * @param trials how many recipes to try
   * @param threads how many at once
   * @param done is called after each trial, by any thread
   * @return all trials, best first
   */
  public List<Trial<R>> run(int trials, int threads, Runnable done) {
    RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(seed);
    List<Trial<R>> tried = new ArrayList<>();
    while (tried.size() < trials) {
      try (Parallel<Trial<R>> parallel = new Parallel<>(threads)) {
        int batch = Math.min(BATCH, trials - tried.size());
        for (int i = 0; i < batch; i++) {
          int number = tried.size() + i + 1;
          R recipe = propose(number, trials, tried, random);
          parallel.submit(
              () -> {
                Trial<R> trial = new Trial<>(number, recipe, measure(recipe));
                done.run();
                return trial;
              });
        }
        tried.addAll(parallel.join());
      }
      tried.sort(bestFirst());
    }
    return tried;
  }

  private R propose(int number, int trials, List<Trial<R>> tried, RandomGenerator random) {
    if (number == 1) {
      return start;
    }
    boolean wide = number <= trials / 2 || tried.isEmpty();
    return wide
        ? recipes.vary(start, WIDE, random)
        : recipes.vary(tried.getFirst().recipe(), NARROW, random);
  }

  private double measure(R recipe) {
    double sum = 0;
    for (int i = 0; i < REPEATS; i++) {
      sum += recipes.measure(recipe, i, cuts.get(i));
    }
    return sum / REPEATS;
  }

  private Comparator<Trial<R>> bestFirst() {
    boolean highest = figure == Figure.NDCG;
    double worst = highest ? Double.NEGATIVE_INFINITY : Double.POSITIVE_INFINITY;
    Comparator<Trial<R>> lowestFirst =
        Comparator.comparingDouble(trial -> Double.isNaN(trial.figure()) ? worst : trial.figure());
    return (highest ? lowestFirst.reversed() : lowestFirst).thenComparingInt(Trial::number);
  }
}
