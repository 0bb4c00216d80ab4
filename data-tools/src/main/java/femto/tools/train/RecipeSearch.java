package femto.tools.train;

import femto.learn.DivergedException;
import femto.learn.LearnerOptions.L2;
import femto.learn.Loss;
import femto.model.Model;
import femto.tools.data.DataSet;
import femto.tools.evaluate.RankingEvaluation;
import femto.tools.evaluate.Split;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;

/**
 * Looks for a good recipe on parts cut from the training part. The first half of the trials
 * multiply the numbers of the recipe that it starts from by random factors over a wide range; the
 * others vary the best found so far over a narrow one. Seeded: the trials do not depend on the
 * number of threads.
 */
public final class RecipeSearch {
  private static final double CUT = 0.1;

  /**
   * One part alone prefers what happens to suit it; ratings are tested both by time and at random,
   * so their parts are of both kinds.
   */
  private static final int REPEATS = 3;

  private static final int TOP = 10;

  /**
   * Trials that run between two looks at what was found; a fixed number keeps the search
   * repeatable.
   */
  private static final int BATCH = 8;

  /** Standard deviations of the logarithm of a factor: a factor of 2 either way, and of 1.2. */
  private static final double WIDE = Math.log(2);

  private static final double NARROW = Math.log(1.2);

  private final DataSet data;
  private final Recipe start;
  private final List<Split> cuts;
  private final boolean ranking;

  /**
   * Sets up a search.
   *
   * @param data the data set
   * @param training the training part; nothing else is read
   * @param start the recipe that it starts from; losses, fields, factors, epochs and seed stay
   */
  public RecipeSearch(DataSet data, int[] training, Recipe start) {
    this.data = data;
    this.start = start;
    this.ranking = start.task().isRanking();
    this.cuts = new ArrayList<>();
    for (int i = 0; i < REPEATS; i++) {
      boolean random = !ranking && i > 0;
      cuts.add(
          random
              ? Split.cut(training, CUT, start.seed() + i)
              : Split.cutTemporalPerUser(data, training, CUT));
    }
  }

  /**
   * One recipe that was tried.
   *
   * @param number its number, from 1
   * @param recipe the recipe
   * @param figure what it reached on the parts cut off, the mean of them; NaN if learning diverged
   */
  public record Trial(int number, Recipe recipe, double figure) {}

  /**
   * What is measured.
   *
   * @return name of the figure
   */
  public String figure() {
    return ranking ? "ndcg@10" : start.task().loss() == Loss.SQUARED ? "rmse" : "log loss";
  }

  /**
   * How it is measured, in words.
   *
   * @return a sentence
   */
  public String protocol() {
    return (ranking
            ? "%s on the last tenth of each user's training part by time, mean of %d seeds"
            : "%s, mean of %d parts: the last tenth of each user's training part by time and two"
                + " random tenths")
        .formatted(figure(), REPEATS);
  }

  /**
   * Searches. The first trial is the recipe that it starts from.
   *
   * @param trials how many recipes to try
   * @param threads how many at once
   * @param done is called after each trial, by any thread
   * @return all trials, best first
   */
  public List<Trial> run(int trials, int threads, Runnable done) {
    RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(start.seed());
    List<Trial> tried = new ArrayList<>();
    while (tried.size() < trials) {
      try (Parallel<Trial> parallel = new Parallel<>(threads)) {
        int batch = Math.min(BATCH, trials - tried.size());
        for (int i = 0; i < batch; i++) {
          int number = tried.size() + i + 1;
          Recipe recipe = propose(number, trials, tried, random);
          parallel.submit(
              () -> {
                Trial trial = new Trial(number, recipe, measure(recipe));
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

  private Recipe propose(int number, int trials, List<Trial> tried, RandomGenerator random) {
    if (number == 1) {
      return start;
    }
    boolean wide = number <= trials / 2 || tried.isEmpty();
    return wide ? vary(start, WIDE, random) : vary(tried.getFirst().recipe(), NARROW, random);
  }

  private static Recipe vary(Recipe from, double deviation, RandomGenerator random) {
    Map<String, L2> l2 = new TreeMap<>();
    from.tuning()
        .l2()
        .forEach(
            (field, penalty) ->
                l2.put(
                    field,
                    new L2(
                        penalty.linear() * factor(deviation, random),
                        penalty.factors() * factor(deviation, random))));
    // The step size has the narrowest range in which learning neither crawls nor diverges.
    Recipe.Tuning tuning = from.tuning();
    return from.withTuning(
        new Recipe.Tuning(
            tuning.stepSize() * factor(deviation / 2, random),
            tuning.initialState() * factor(deviation, random),
            tuning.initialScale() * factor(deviation, random),
            l2,
            tuning.stepScales(),
            tuning.ftrl()));
  }

  private static double factor(double deviation, RandomGenerator random) {
    return Math.exp(random.nextGaussian() * deviation);
  }

  private double measure(Recipe recipe) {
    double sum = 0;
    for (int i = 0; i < REPEATS; i++) {
      sum += measure(recipe.withSeed(recipe.seed() + i), cuts.get(i));
    }
    return sum / REPEATS;
  }

  private double measure(Recipe recipe, Split cut) {
    try (Model model = new ModelTrainer(data, recipe).train(cut.train())) {
      if (ranking) {
        try (ModelOnDataSet bound = new ModelOnDataSet(model, data)) {
          return RankingEvaluation.evaluate(
                  data, cut, bound.rankers(), (float) recipe.task().positive(), TOP)
              .means()
              .ndcg();
        }
      }
      CrossValidation.Figures figures =
          CrossValidation.Figures.of(
              model, recipe.task().loss(), recipe.task().positive(), data, cut);
      return recipe.task().loss() == Loss.SQUARED ? figures.rmse() : figures.logLoss();
    } catch (DivergedException e) {
      return Double.NaN;
    }
  }

  private Comparator<Trial> bestFirst() {
    double worst = ranking ? Double.NEGATIVE_INFINITY : Double.POSITIVE_INFINITY;
    Comparator<Trial> lowestFirst =
        Comparator.comparingDouble(trial -> Double.isNaN(trial.figure()) ? worst : trial.figure());
    return (ranking ? lowestFirst.reversed() : lowestFirst).thenComparingInt(Trial::number);
  }

  /**
   * The numbers that a search varies, as options of the command line.
   *
   * @param recipe the recipe
   * @return such as {@code --step 0.015 --init 0.01 --l2 *=0.2,movie=0.1 --l2-factors *=0.1}
   */
  public static String describe(Recipe recipe) {
    List<String> linear = new ArrayList<>();
    List<String> factors = new ArrayList<>();
    recipe
        .tuning()
        .l2()
        .forEach(
            (field, penalty) -> {
              linear.add(field + "=" + digits(penalty.linear()));
              factors.add(field + "=" + digits(penalty.factors()));
            });
    String options = "--step " + digits(recipe.tuning().stepSize());
    if (recipe.optimizer() == femto.learn.Optimizer.ADAGRAD) {
      options += " --initial-state " + digits(recipe.tuning().initialState());
    } else if (recipe.optimizer() == femto.learn.Optimizer.FTRL) {
      options += " --beta " + digits(recipe.tuning().ftrl().beta());
      options += " --l1 " + digits(recipe.tuning().ftrl().linearL1());
      options += " --l1-factors " + digits(recipe.tuning().ftrl().factorL1());
    }
    options += " --l2 " + String.join(",", linear);
    if (recipe.factors() > 0) {
      options += " --init " + digits(recipe.tuning().initialScale());
    }
    if (recipe.isOfPairs()) {
      options += " --l2-factors " + String.join(",", factors);
    }
    return options;
  }

  private static String digits(double value) {
    return String.format(Locale.ROOT, "%.3g", value);
  }
}
