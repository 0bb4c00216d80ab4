package femto.tools.train;

import femto.learn.LearnerOptions.L2;
import femto.learn.PairwiseOptions.Loss;
import femto.tools.data.DataSet;
import femto.tools.train.DerivedFields.Derived;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * The ranking recipes that are used where nothing else is said.
 *
 * <p>Where the numbers come from: parts cut from the training parts of the protocols of {@code
 * data-tools/docs/comparison.md}, which tells what was tried.
 */
public final class RankingRecipes {
  private static final int FACTORS = 64;
  private static final double SCALE = 0.0125;
  private static final double ANY_LABEL = Double.NEGATIVE_INFINITY;

  private RankingRecipes() {}

  /** A penalty that holds linear weights at 0: beside factors they gain nothing here. */
  private static final double NO_WEIGHT = 1e9;

  private static final double BPR_L2 = 0.04;
  private static final double WARP_L2 = 1;
  private static final double SQUARES_L2 = 0.4;

  /** What of the data a model gets. */
  public enum Fields {
    /** The two ids alone: matrix factorization. */
    IDS,
    /** All fields, and what each context has seen. */
    ALL_AND_IMPLICIT
  }

  /**
   * BPR: of five negatives the hardest.
   *
   * @param data the data set
   * @param fields which fields
   * @param l2 penalty on factors and linear weights
   * @return the recipe; every label counts as positive
   */
  public static RankingRecipe bpr(DataSet data, Fields fields, double l2) {
    return recipe(
        data, fields, new RankingRecipe.Pairs(Loss.BPR, 0.05, 0.005, 5, 0), 60, every(l2));
  }

  /**
   * The same with the penalty that does best.
   *
   * @param data the data set
   * @param fields which fields
   * @return the recipe; every label counts as positive
   */
  public static RankingRecipe bpr(DataSet data, Fields fields) {
    return bpr(data, fields, BPR_L2);
  }

  /**
   * WARP.
   *
   * @param data the data set
   * @param fields which fields
   * @param l2 penalty on factors and linear weights
   * @return the recipe; every label counts as positive
   */
  public static RankingRecipe warp(DataSet data, Fields fields, double l2) {
    return recipe(
        data, fields, new RankingRecipe.Pairs(Loss.WARP, 0.01, 0.001, 20, 0), 30, every(l2));
  }

  /**
   * The same with the penalty that does best.
   *
   * @param data the data set
   * @param fields which fields
   * @return the recipe; every label counts as positive
   */
  public static RankingRecipe warp(DataSet data, Fields fields) {
    return warp(data, fields, WARP_L2);
  }

  /**
   * WARP that starts from the least squares of all fields and what each context has seen: a tenth
   * of the passes, and better than from random weights.
   *
   * @param data the data set
   * @param l2 penalty on the distance from there
   * @return the recipe; every label counts as positive
   */
  public static RankingRecipe refined(DataSet data, double l2) {
    RankingRecipe start = leastSquares(data, Fields.ALL_AND_IMPLICIT);
    return recipe(
        data,
        Fields.ALL_AND_IMPLICIT,
        new RankingRecipe.Refined(
            new RankingRecipe.Pairs(Loss.WARP, 0.003, 0.0003, 20, 0), start, 3),
        5,
        every(l2));
  }

  /**
   * Implicit alternating least squares.
   *
   * @param data the data set
   * @param fields which fields
   * @param l2 penalty on the factors of the two ids; that of what contexts have seen is twice as
   *     strong, that of all other fields five times
   * @return the recipe; every label counts as positive
   */
  public static RankingRecipe leastSquares(DataSet data, Fields fields, double l2) {
    Map<String, L2> penalties = new TreeMap<>();
    penalties.put(Recipe.ANY_FIELD, new L2(NO_WEIGHT, 5 * l2));
    for (String id : CrossValidation.idFields(data)) {
      penalties.put(id, new L2(NO_WEIGHT, l2));
    }
    penalties.put(Derived.CONTEXT_IMPLICIT.field(data).name(), new L2(NO_WEIGHT, 2 * l2));
    return recipe(data, fields, new RankingRecipe.LeastSquares(0.2, 0.5), 15, penalties);
  }

  /**
   * The same with the penalty that does best.
   *
   * @param data the data set
   * @param fields which fields
   * @return the recipe; every label counts as positive
   */
  public static RankingRecipe leastSquares(DataSet data, Fields fields) {
    return leastSquares(data, fields, SQUARES_L2);
  }

  private static Map<String, L2> every(double l2) {
    return Map.of(Recipe.ANY_FIELD, new L2(l2, l2));
  }

  private static RankingRecipe recipe(
      DataSet data,
      Fields fields,
      RankingRecipe.Method method,
      int epochs,
      Map<String, L2> penalties) {
    boolean ids = fields == Fields.IDS;
    return new RankingRecipe(
        method,
        ANY_LABEL,
        ids ? CrossValidation.idFields(data) : List.of(),
        ids ? List.of() : List.of(Derived.CONTEXT_IMPLICIT),
        FACTORS,
        epochs,
        SCALE,
        penalties,
        1);
  }
}
