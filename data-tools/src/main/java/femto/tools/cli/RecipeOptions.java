package femto.tools.cli;

import femto.learn.LearnerOptions.Ftrl;
import femto.learn.LearnerOptions.L2;
import femto.learn.Loss;
import femto.learn.Optimizer;
import femto.tools.data.DataSet;
import femto.tools.train.Recipe;
import femto.tools.train.Recipes;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/**
 * The options that make a {@link Recipe}; what is not given comes from the recipes known to work.
 */
final class RecipeOptions {
  /** How a model is learned. */
  enum Method {
    SGD,
    ADAGRAD,
    FTRL,
    ALS,
    GIBBS,
    IALS;

    /** Whether weights are learned one at a time over blocks, and not by steps on examples. */
    boolean isOverBlocks() {
      return this == ALS || this == GIBBS;
    }

    /** The step rule of this name. */
    Optimizer steps() {
      return Optimizer.valueOf(name());
    }
  }

  @Spec(Spec.Target.MIXEE)
  CommandSpec spec;

  private static final String FROM_RECIPE = " (default: from the recipe for the task).";

  @Option(
      names = "--fields",
      split = ",",
      paramLabel = "FIELD",
      description =
          "Fields that the model gets, such as user,movie (default: all). With als and gibbs also"
              + " user-day, user-hour, user-minute and user-second: a value for each user and day"
              + " (UTC), hour, minute or second.")
  List<String> fields = List.of();

  /** What is learned of examples, or of pairs of candidates. */
  enum Goal {
    SQUARED,
    LOGISTIC,
    BPR,
    WARP;

    /** Whether it is of pairs of candidates, so that the model ranks and predicts nothing. */
    boolean isOfPairs() {
      return this == BPR || this == WARP;
    }
  }

  @Option(
      names = "--loss",
      defaultValue = "squared",
      description =
          "${COMPLETION-CANDIDATES}. squared learns ratings, logistic learns the probability of a"
              + " label of at least --positive; bpr and warp learn to rank what has such a label"
              + " before what the user has not seen (default: ${DEFAULT-VALUE}).")
  Goal goal = Goal.SQUARED;

  @Option(
      names = "--positive",
      paramLabel = "LABEL",
      description = "Lowest label that counts as positive (default: 4; 1 where labels are clicks).")
  @Nullable Double givenPositive;

  @Option(
      names = "--negatives",
      paramLabel = "N",
      defaultValue = "0",
      description =
          "Learn to rank: N candidates that the user has not seen are drawn as negatives for each"
              + " positive example. Needs --loss logistic; of bpr the hardest of N is taken (default:"
              + " 5), for warp up to N are drawn (default: 20). A model of ratings alone ranks a"
              + " whole catalogue worse than popularity does.")
  int negatives;

  @Option(
      names = "--popularity-power",
      paramLabel = "P",
      description =
          "Negatives are drawn by popularity to this power, 0 is uniform (default: 0.5; 0 with bpr"
              + " and warp).")
  @Nullable Double popularityPower;

  @Option(
      names = "--recency",
      paramLabel = "R",
      description =
          "bpr, warp, ials: the last example of a context counts R times as much as its first"
              + " (default: 1). For what is to come, 10 to 100 may do better.")
  @Nullable Double recency;

  @Option(
      names = "--factors",
      paramLabel = "K",
      description =
          "Factors a feature, with --model ffm for each other field (default: 16, als and gibbs 10,"
              + " ffm 4; 0 with --model linear and poly2).")
  @Nullable Integer factors;

  @Option(
      names = "--optimizer",
      description =
          "${COMPLETION-CANDIDATES}. adagrad needs less tuning on new data; ftrl can make weights"
              + " exactly 0 (--l1), which leaves their values out of the model; gibbs needs no tuning"
              + " and is the most accurate, als is quick and has no step size; ials ranks, from all"
              + " that users have not seen (default: sgd).")
  @Nullable Method optimizer;

  @Option(
      names = "--step",
      paramLabel = "SIZE",
      description =
          "Step size of the first epoch; it falls in a straight line to 0, but for ftrl"
              + FROM_RECIPE)
  @Nullable Double stepSize;

  @Option(
      names = "--step-scale",
      split = ",",
      paramLabel = "FIELD=X",
      description = "What the step size is multiplied by for the features of a field (default: 1).")
  Map<String, Double> stepScales = Map.of();

  @Option(
      names = "--beta",
      paramLabel = "B",
      description = "What keeps the first steps of ftrl small (default: 1).")
  @Nullable Double beta;

  @Option(
      names = "--l1",
      paramLabel = "LAMBDA",
      description = "ftrl: L1 penalty on linear weights (default: 0).")
  @Nullable Double linearL1;

  @Option(
      names = "--l1-factors",
      paramLabel = "LAMBDA",
      description = "ftrl: L1 penalty on factors (default: 0).")
  @Nullable Double factorL1;

  @Option(
      names = "--initial-state",
      paramLabel = "G",
      description =
          "What adagrad's sums of squares start from; larger means smaller first steps (default: 1).")
  @Nullable Double initialState;

  @Option(
      names = "--init",
      paramLabel = "SD",
      description = "Standard deviation of the factors at the start" + FROM_RECIPE)
  @Nullable Double initialScale;

  @Option(
      names = "--l2",
      split = ",",
      paramLabel = "FIELD=LAMBDA",
      description =
          "L2 penalty on linear weights, by field; * is every field; gibbs learns it" + FROM_RECIPE)
  Map<String, Double> linearL2 = Map.of();

  @Option(
      names = "--l2-factors",
      split = ",",
      paramLabel = "FIELD=LAMBDA",
      description = "L2 penalty on factors, by field; * is every field" + FROM_RECIPE)
  Map<String, Double> factorL2 = Map.of();

  @Option(
      names = "--epochs",
      paramLabel = "N",
      description = "Passes over the data, at most; sweeps with als and gibbs" + FROM_RECIPE)
  @Nullable Integer epochs;

  @Option(
      names = "--valid",
      paramLabel = "SHARE",
      description =
          "Share of the training part that is set aside to stop early by; the model is then trained"
              + " anew on all of it for the best number of epochs (default: 0, run all epochs).")
  @Nullable Double validation;

  @Option(
      names = "--patience",
      paramLabel = "N",
      description = "Epochs without a better validation loss that are waited for (default: 5).")
  @Nullable Integer patience;

  @Option(
      names = "--seed",
      paramLabel = "S",
      defaultValue = "1",
      description =
          "Seed of everything drawn at random: one seed gives one model, bit for bit"
              + " (default: ${DEFAULT-VALUE}).")
  long seed = 1;

  @SuppressWarnings("NullAway.Init") // picocli sets the spec
  RecipeOptions() {}

  /** Lowest label that counts as positive. */
  double positive(DataSet data) {
    return or(givenPositive, data.positive());
  }

  /** What is learned of each example. */
  Loss loss() {
    if (goal.isOfPairs()) {
      throw new ParameterException(
          spec.commandLine(),
          "--loss %s ranks: it goes with 'femto train', --optimizer sgd and without --search"
              .formatted(goal.name().toLowerCase(Locale.ROOT)));
    }
    return Loss.valueOf(goal.name());
  }

  /** Whether a model is learned that ranks and predicts nothing. */
  boolean areOfRanking() {
    return goal.isOfPairs() || optimizer == Method.IALS;
  }

  /** The recipe for these options and a kind of model. */
  Recipe recipe(Recipes.Kind kind, DataSet data) {
    return recipe(Recipes.of(loss(), negatives, kind, data), kind, data);
  }

  /**
   * The recipe for these options.
   *
   * @param known what is not given comes from it
   * @param kind of the ids alone has fields of its own
   */
  Recipe recipe(Recipe known, Recipes.Kind kind, DataSet data) {
    requireFields(data.features()::requireField);
    stepScales.keySet().forEach(data.features()::requireField);
    Recipe.Tuning tuning = known.tuning();
    return new Recipe(
        new Recipe.Task(
            loss(), positive(data), negatives, or(popularityPower, known.task().popularityPower())),
        known.family(),
        known.factors() == 0 ? 0 : or(factors, known.factors()),
        kind == Recipes.Kind.FM_IDS_ONLY ? known.fields() : fields,
        optimizer == null ? known.optimizer() : optimizer.steps(),
        new Recipe.Tuning(
            or(stepSize, tuning.stepSize()),
            or(initialState, tuning.initialState()),
            or(initialScale, tuning.initialScale()),
            l2(tuning.l2()),
            stepScales,
            ftrl()),
        known.preparation(),
        or(epochs, known.epochs()),
        or(validation, known.validation()),
        or(patience, known.patience()),
        seed);
  }

  /** What FTRL-Proximal needs besides step size and L2. */
  Ftrl ftrl() {
    return new Ftrl(
        or(beta, Ftrl.DEFAULT.beta()),
        or(linearL1, Ftrl.DEFAULT.linearL1()),
        or(factorL1, Ftrl.DEFAULT.factorL1()));
  }

  /** Has somebody refuse names of penalties that are no fields. */
  void requireFields(Consumer<String> require) {
    for (Map<String, Double> penalties : List.of(linearL2, factorL2)) {
      penalties.keySet().stream().filter(field -> !field.equals(Recipe.ANY_FIELD)).forEach(require);
    }
  }

  /** Penalties that are known, but for those that options say. */
  Map<String, L2> l2(Map<String, L2> known) {
    Map<String, L2> merged = new TreeMap<>(known);
    override(merged, linearL2, (old, lambda) -> new L2(lambda, old.factors()));
    override(merged, factorL2, (old, lambda) -> new L2(old.linear(), lambda));
    return merged;
  }

  private static void override(
      Map<String, L2> known, Map<String, Double> given, BiFunction<L2, Double, L2> with) {
    Double everywhere = given.get(Recipe.ANY_FIELD);
    if (everywhere != null) {
      known.replaceAll((field, old) -> with.apply(old, everywhere));
    }
    L2 otherwise = known.getOrDefault(Recipe.ANY_FIELD, new L2(0, 0));
    given.forEach(
        (field, lambda) ->
            known.put(field, with.apply(known.getOrDefault(field, otherwise), lambda)));
  }

  private static <T> T or(@Nullable T given, T known) {
    return given == null ? known : given;
  }
}
