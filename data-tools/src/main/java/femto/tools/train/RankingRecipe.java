package femto.tools.train;

import femto.learn.ImplicitAlsOptions;
import femto.learn.LearnerOptions.L2;
import femto.learn.PairwiseOptions;
import femto.model.Field;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Everything that decides what a model that is learned as a ranking becomes, besides the data.
 *
 * @param method how it is learned
 * @param positive the lowest label of an example that is to be ranked high; the others count as
 *     seen
 * @param fields names of the fields the model gets; empty for all that the data has
 * @param derived fields that it gets besides; none of a time
 * @param factors number of factors a feature
 * @param epochs number of passes or sweeps
 * @param initialScale standard deviation of the factors at the start
 * @param l2 strength of the L2 penalty by field; the name {@value Recipe#ANY_FIELD} stands for all
 *     others
 * @param recency how many times as much the last example of a context counts as the first, by equal
 *     factors from one to the next; 1 if times do not matter
 * @param seed of everything drawn at random
 */
public record RankingRecipe(
    Method method,
    double positive,
    List<String> fields,
    List<DerivedFields.Derived> derived,
    int factors,
    int epochs,
    double initialScale,
    Map<String, L2> l2,
    double recency,
    long seed) {
  private static final double MAX_RECENCY = 1_000_000;

  /** How a ranking is learned. */
  public sealed interface Method {}

  /**
   * Steps on pairs of a candidate that a context has and one that it has not.
   *
   * @param loss which pairs, and how far
   * @param stepSize step size at the start
   * @param lastStepSize what it falls to
   * @param negatives as in {@link PairwiseOptions}
   * @param popularityPower as in {@link PairwiseOptions}
   */
  public record Pairs(
      PairwiseOptions.Loss loss,
      double stepSize,
      double lastStepSize,
      int negatives,
      double popularityPower)
      implements Method {}

  /**
   * Implicit alternating least squares.
   *
   * @param unobserved as in {@link ImplicitAlsOptions}
   * @param frequencyPower as in {@link ImplicitAlsOptions}
   */
  public record LeastSquares(double unobserved, double frequencyPower) implements Method {}

  /**
   * Steps on pairs that start from another model, with a penalty that draws to it.
   *
   * @param pairs the steps
   * @param start makes the model; of the same fields and factors
   * @param scale what its scores are multiplied by before
   */
  public record Refined(Pairs pairs, RankingRecipe start, double scale) implements Method {
    /**
     * Checks that the two go together.
     *
     * @throws IllegalArgumentException if the start refines another one
     */
    public Refined {
      if (start.method() instanceof Refined) {
        throw new IllegalArgumentException("a start that is refined, expected pairs or squares");
      }
    }
  }

  /**
   * Takes copies and checks what the learners do not check.
   *
   * @throws IllegalArgumentException if a derived field is of a time, L2 has no entry for {@value
   *     Recipe#ANY_FIELD}, or recency is out of range
   */
  public RankingRecipe {
    fields = List.copyOf(fields);
    derived = List.copyOf(derived);
    l2 = Collections.unmodifiableMap(new TreeMap<>(l2));
    if (derived.stream().anyMatch(DerivedFields.Derived::usesTime)) {
      throw new IllegalArgumentException(
          "derived fields " + derived + ", expected none of a time: a ranking is of any time");
    }
    if (!l2.containsKey(Recipe.ANY_FIELD)) {
      throw new IllegalArgumentException("L2 without an entry for " + Recipe.ANY_FIELD);
    }
    if (!(recency >= 1 && recency <= MAX_RECENCY)) {
      throw new IllegalArgumentException(
          "recency=" + recency + ", expected 1 to " + (int) MAX_RECENCY);
    }
  }

  /**
   * A recipe to which times do not matter.
   *
   * @param method as above
   * @param positive as above
   * @param fields as above
   * @param derived as above
   * @param factors as above
   * @param epochs as above
   * @param initialScale as above
   * @param l2 as above
   * @param seed as above
   */
  public RankingRecipe(
      Method method,
      double positive,
      List<String> fields,
      List<DerivedFields.Derived> derived,
      int factors,
      int epochs,
      double initialScale,
      Map<String, L2> l2,
      long seed) {
    this(method, positive, fields, derived, factors, epochs, initialScale, l2, 1, seed);
  }

  /**
   * The same with another weight of what is recent.
   *
   * @param otherRecency as above
   * @return the changed recipe
   */
  public RankingRecipe withRecency(double otherRecency) {
    return new RankingRecipe(
        method, positive, fields, derived, factors, epochs, initialScale, l2, otherRecency, seed);
  }

  /**
   * The same with another seed.
   *
   * @param otherSeed seed of everything drawn at random
   * @return the changed recipe
   */
  public RankingRecipe withSeed(long otherSeed) {
    Method seeded =
        method instanceof Refined refined
            ? new Refined(refined.pairs, refined.start.withSeed(otherSeed), refined.scale)
            : method;
    return new RankingRecipe(
        seeded, positive, fields, derived, factors, epochs, initialScale, l2, recency, otherSeed);
  }

  private List<L2> l2Of(List<Field> modelFields) {
    return modelFields.stream().map(field -> Recipe.l2Of(l2, field)).toList();
  }

  PairwiseOptions options(Pairs pairs, List<Field> modelFields) {
    return new PairwiseOptions(
        pairs.loss,
        factors,
        epochs,
        pairs.stepSize,
        pairs.lastStepSize,
        initialScale,
        l2Of(modelFields),
        pairs.negatives,
        pairs.popularityPower,
        seed);
  }

  ImplicitAlsOptions options(LeastSquares squares, List<Field> modelFields) {
    return new ImplicitAlsOptions(
        factors,
        epochs,
        squares.unobserved,
        l2Of(modelFields),
        squares.frequencyPower,
        initialScale,
        seed);
  }
}
