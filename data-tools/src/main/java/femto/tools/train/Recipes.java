package femto.tools.train;

import femto.learn.LearnerOptions.L2;
import femto.learn.Loss;
import femto.learn.Optimizer;
import femto.tools.data.DataSet;
import java.util.List;
import java.util.Map;

/**
 * The recipes that are used where nothing else is said: one for each thing to learn and each kind
 * of model, so that a comparison gives every model its own.
 *
 * <p>Where the numbers come from: 48 trials of {@link RecipeSearch} each, with seed 1, on MovieLens
 * 100K; {@code data-tools/docs/recipes.md} has the commands and what they printed.
 */
public final class Recipes {
  private static final int FACTORS = 16;
  private static final double POSITIVE = 4;
  private static final double NO_VALIDATION = 0;
  private static final int PATIENCE = 5;
  private static final long SEED = 1;

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
    Recipe recipe =
        negatives > 0 ? ranking(negatives) : loss == Loss.SQUARED ? ratings(kind) : likes(kind);
    return kind == Kind.LINEAR ? recipe.withFactors(0) : recipe;
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

  private static Recipe ratings(Kind kind) {
    return switch (kind) {
      case FM ->
          ratings(
              0.0190,
              0.00406,
              l2(new L2(0.248, 0.115), new L2(0.0375, 0.0530), new L2(0.0613, 0.105)));
      case FM_IDS_ONLY ->
          ratings(
              0.0306, 0.00255, l2(new L2(0, 0), new L2(0.0254, 0.0554), new L2(0.0575, 0.0907)));
      case LINEAR -> ratings(0.0103, 0, l2(new L2(0.623, 0), new L2(0.0626, 0), new L2(0.0321, 0)));
    };
  }

  private static Recipe ratings(double stepSize, double initialScale, Map<String, L2> l2) {
    return sgd(Loss.SQUARED, 0, 0, stepSize, initialScale, l2, 40);
  }

  private static Recipe likes(Kind kind) {
    return switch (kind) {
      case FM ->
          likes(
              0.0437,
              0.0161,
              l2(new L2(0.000753, 0.0767), new L2(0.000744, 0.0258), new L2(0.00101, 0.0225)));
      case FM_IDS_ONLY ->
          likes(
              0.0497, 0.0193, l2(new L2(0, 0), new L2(0.000484, 0.0110), new L2(0.00104, 0.0526)));
      case LINEAR ->
          likes(0.0185, 0, l2(new L2(0.000561, 0), new L2(0.00101, 0), new L2(0.00167, 0)));
    };
  }

  private static Recipe likes(double stepSize, double initialScale, Map<String, L2> l2) {
    return sgd(Loss.LOGISTIC, 0, 0, stepSize, initialScale, l2, 30);
  }

  private static Recipe ranking(int negatives) {
    return sgd(
        Loss.LOGISTIC,
        negatives,
        0.5,
        0.176,
        0.0346,
        l2(new L2(0.00597, 0.206), new L2(0.000128, 0.0492), new L2(0.000126, 0.0122)),
        30);
  }

  private static Map<String, L2> l2(L2 anyField, L2 user, L2 movie) {
    return Map.of(Recipe.ANY_FIELD, anyField, "user", user, "movie", movie);
  }

  private static Recipe sgd(
      Loss loss,
      int negatives,
      double popularityPower,
      double stepSize,
      double initialScale,
      Map<String, L2> l2,
      int epochs) {
    return new Recipe(
        FACTORS,
        List.of(),
        loss,
        POSITIVE,
        negatives,
        popularityPower,
        Optimizer.SGD,
        stepSize,
        1,
        initialScale,
        l2,
        epochs,
        NO_VALIDATION,
        PATIENCE,
        SEED);
  }
}
