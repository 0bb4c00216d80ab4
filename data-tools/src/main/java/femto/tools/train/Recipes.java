package femto.tools.train;

import femto.learn.FamilyOptions;
import femto.learn.LearnerOptions.L2;
import femto.learn.Loss;
import femto.learn.Optimizer;
import femto.learn.blocks.BlockOptions;
import femto.model.Field;
import femto.model.Side;
import femto.tools.data.DataSet;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * The recipes that are used where nothing else is said: one for each thing to learn and each kind
 * of model, so that a comparison gives every model its own.
 *
 * <p>Where the numbers come from: a {@link RecipeSearch} each, on MovieLens 100K; {@code
 * data-tools/docs/recipes.md} has the commands and what they printed.
 */
public final class Recipes {
  private static final int FACTORS = 16;
  private static final int FIELD_AWARE_FACTORS = 4;
  private static final double FIELD_AWARE_SCALE = 0.03;
  private static final double STRENGTH_L2 = 0.3;
  private static final double PAIR_L2 = 0.5;
  private static final L2 NONE = new L2(0, 0);
  private static final double POSITIVE = 4;
  private static final double UNIFORM = 0;
  private static final double SQUARE_ROOT_OF_POPULARITY = 0.5;
  private static final double NO_VALIDATION = 0;
  private static final int PATIENCE = 5;
  private static final long SEED = 1;
  private static final int BLOCK_FACTORS = 10;
  private static final double BLOCK_INITIAL_SCALE = 0.1;

  private Recipes() {}

  /** The three models of the argument for factorization machines. */
  public enum Kind {
    /** A factorization machine on all fields. */
    FM,
    /** A factorization machine on the two ids alone, which is collaborative filtering. */
    FM_IDS_ONLY,
    /** The same fields as {@link #FM} without factors. */
    LINEAR
  }

  /**
   * The recipe for a task and a kind of model. Its fields are empty, which stands for all.
   *
   * @param loss what to learn
   * @param negatives sampled negatives a positive example; above 0 to rank
   * @param kind the kind of model
   * @return the recipe
   */
  public static Recipe of(Loss loss, int negatives, Kind kind) {
    int factors = kind == Kind.LINEAR ? 0 : FACTORS;
    if (negatives > 0) {
      return ranking(negatives, factors);
    }
    return loss == Loss.SQUARED ? ratings(kind, factors) : likes(kind, factors);
  }

  /**
   * The recipe for a task and a kind of model, with the fields that the kind has in a data set.
   *
   * @param loss what to learn
   * @param negatives sampled negatives a positive example; above 0 to rank
   * @param kind the kind of model
   * @param data the data set
   * @return the recipe
   */
  public static Recipe of(Loss loss, int negatives, Kind kind, DataSet data) {
    Recipe recipe = of(loss, negatives, kind);
    return kind == Kind.FM_IDS_ONLY ? recipe.withFields(CrossValidation.idFields(data)) : recipe;
  }

  /**
   * The recipe for a task and a family: of LINEAR and FM their own, of the others that of the
   * nearer of the two, with what suits them.
   *
   * @param loss what to learn
   * @param negatives sampled negatives a positive example; above 0 to rank
   * @param family the family
   * @return the recipe
   */
  public static Recipe of(Loss loss, int negatives, FamilyOptions family) {
    return switch (family.family()) {
      case LINEAR -> of(loss, negatives, Kind.LINEAR);
      case FM -> of(loss, negatives, Kind.FM);
      case FWFM ->
          of(loss, negatives, Kind.FM).withFamily(family.withStrengthL2(STRENGTH_L2), FACTORS);
      case FFM -> fieldAware(of(loss, negatives, Kind.FM)).withFamily(family, FIELD_AWARE_FACTORS);
      case POLY2 -> ofPairs(of(loss, negatives, Kind.LINEAR)).withFamily(family, 0);
    };
  }

  /** Factors that meet one field's values alone need a larger start than those that meet all. */
  private static Recipe fieldAware(Recipe fm) {
    Recipe.Tuning old = fm.tuning();
    double scale = Math.max(old.initialScale(), FIELD_AWARE_SCALE);
    return fm.withTuning(new Recipe.Tuning(old.stepSize(), old.initialState(), scale, old.l2()));
  }

  /** Weights of pairs, most of which come but a few times, need a penalty. */
  private static Recipe ofPairs(Recipe linear) {
    Recipe.Tuning old = linear.tuning();
    Map<String, L2> l2 = new TreeMap<>();
    old.l2().forEach((field, penalty) -> l2.put(field, new L2(penalty.linear(), PAIR_L2)));
    return linear.withTuning(
        new Recipe.Tuning(old.stepSize(), old.initialState(), old.initialScale(), l2));
  }

  private static Recipe ratings(Kind kind, int factors) {
    Recipe.Tuning tuning =
        switch (kind) {
          case FM ->
              tuning(
                  0.0145,
                  0.000948,
                  l2(new L2(0.499, 0.0630), new L2(0.00593, 0.0772), new L2(0.386, 0.0441)));
          case FM_IDS_ONLY ->
              tuning(0.0302, 0.00287, l2(NONE, new L2(0.0205, 0.0735), new L2(0.0598, 0.0762)));
          case LINEAR ->
              tuning(0.00978, 0, l2(new L2(11.5, 0), new L2(0.0462, 0), new L2(0.00234, 0)));
        };
    return sgd(new Recipe.Task(Loss.SQUARED, POSITIVE, 0, UNIFORM), factors, tuning, 40);
  }

  private static Recipe likes(Kind kind, int factors) {
    Recipe.Tuning tuning =
        switch (kind) {
          case FM ->
              tuning(
                  0.0360,
                  0.00938,
                  l2(new L2(0.000691, 0.0682), new L2(0.000257, 0.0204), new L2(0.00234, 0.0160)));
          case FM_IDS_ONLY ->
              tuning(0.0503, 0.00952, l2(NONE, new L2(0.000187, 0.0186), new L2(0.000863, 0.0270)));
          case LINEAR ->
              tuning(0.0310, 0, l2(new L2(0.000274, 0), new L2(0.0158, 0), new L2(0.000900, 0)));
        };
    return sgd(new Recipe.Task(Loss.LOGISTIC, POSITIVE, 0, UNIFORM), factors, tuning, 30);
  }

  private static Recipe ranking(int negatives, int factors) {
    return sgd(
        new Recipe.Task(Loss.LOGISTIC, POSITIVE, negatives, SQUARE_ROOT_OF_POPULARITY),
        factors,
        tuning(
            0.159,
            0.0412,
            l2(new L2(0.00578, 0.248), new L2(0.000110, 0.0503), new L2(0.000111, 0.0124))),
        30);
  }

  private static Recipe.Tuning tuning(double stepSize, double initialScale, Map<String, L2> l2) {
    return new Recipe.Tuning(stepSize, 1, initialScale, l2);
  }

  private static Map<String, L2> l2(L2 anyField, L2 user, L2 movie) {
    return Map.of(Recipe.ANY_FIELD, anyField, "user", user, "movie", movie);
  }

  /**
   * The recipe of a model that is learned over blocks, on all fields.
   *
   * @param method ALS or Gibbs sampling
   * @param loss what to learn
   * @param kind the kind of model
   * @param data the data set
   * @return the recipe
   */
  public static BlockRecipe overBlocks(
      BlockOptions.Method method, Loss loss, Kind kind, DataSet data) {
    boolean gibbs = method == BlockOptions.Method.GIBBS;
    return new BlockRecipe(
        method,
        loss,
        POSITIVE,
        kind == Kind.LINEAR ? 0 : BLOCK_FACTORS,
        kind == Kind.FM_IDS_ONLY ? CrossValidation.idFields(data) : List.of(),
        List.of(),
        BLOCK_INITIAL_SCALE,
        gibbs ? Map.of() : alsPenalties(data),
        gibbs ? new BlockRecipe.Chain(8, 16, 64, 32) : new BlockRecipe.Chain(1, 0, 40, 1),
        SEED);
  }

  /** Factors of fields that many examples share are worth little, and cost accuracy if free. */
  private static Map<String, L2> alsPenalties(DataSet data) {
    Map<String, L2> l2 = new TreeMap<>();
    l2.put(Recipe.ANY_FIELD, new L2(5, 450));
    for (String id : CrossValidation.idFields(data)) {
      Field field = data.features().fields().get(data.features().fieldIndex(id));
      l2.put(id, new L2(5, field.side() == Side.CONTEXT ? 6 : 28));
    }
    return l2;
  }

  private static Recipe sgd(Recipe.Task task, int factors, Recipe.Tuning tuning, int epochs) {
    return new Recipe(
        task, factors, List.of(), Optimizer.SGD, tuning, epochs, NO_VALIDATION, PATIENCE, SEED);
  }
}
