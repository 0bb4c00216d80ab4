package femto.tools.train;

import femto.learn.LearnerOptions.L2;
import femto.learn.Loss;
import femto.learn.blocks.BlockOptions;
import femto.model.Field;
import femto.tools.train.DerivedFields.Derived;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Everything that decides what a model learned over blocks becomes, besides the data.
 *
 * @param method ALS or Gibbs sampling
 * @param loss squared (labels are ratings), or with Gibbs sampling logistic (labels are 1 from
 *     {@code positive} on, else 0; the link is the Gaussian distribution function, probit)
 * @param positive the lowest label that counts as 1
 * @param ordinal whether ratings are levels, for Gibbs sampling of squared loss: only their order
 *     counts, and where one ends and the next begins is learned
 * @param factors number of factors a feature; 0 is a linear model
 * @param fields names of the data set's fields that the model gets; empty for all
 * @param derived which fields to derive from the examples
 * @param initialScale standard deviation of the factors at the start
 * @param l2 for ALS the penalty by field, with {@value Recipe#ANY_FIELD} for all others; empty for
 *     Gibbs sampling, which learns it
 * @param chain how long to go on
 * @param seed of everything drawn at random
 */
public record BlockRecipe(
    BlockOptions.Method method,
    Loss loss,
    double positive,
    boolean ordinal,
    int factors,
    List<String> fields,
    List<Derived> derived,
    double initialScale,
    Map<String, L2> l2,
    Chain chain,
    long seed) {

  /**
   * How long a chain is. ALS has one chain and its last model alone.
   *
   * @param chains how many independent chains are averaged, 1 or more
   * @param burnIn sweeps of each whose models are not used, 0 or more
   * @param samples sweeps of each whose models are averaged, 1 or more
   * @param kept how many of all models are in the model that is saved, 1 or more
   */
  public record Chain(int chains, int burnIn, int samples, int kept) {
    /**
     * Checks the numbers.
     *
     * @throws IllegalArgumentException if one is out of range
     */
    public Chain {
      require(chains >= 1 && chains <= 1000, "chains=" + chains + ", expected 1 to 1000");
      require(burnIn >= 0, "burn-in=" + burnIn + ", expected 0 or more");
      require(
          samples >= 1 && samples <= 1_000_000,
          "samples=" + samples + " a chain, expected 1 to 1,000,000");
      require(
          kept >= 1 && kept <= (long) chains * samples,
          kept + " samples are to be kept, expected 1 to " + (long) chains * samples);
    }

    /**
     * Sweeps of all chains together.
     *
     * @return their number
     */
    public long sweeps() {
      return (long) chains * (burnIn + samples);
    }
  }

  /**
   * Takes copies and checks what goes together.
   *
   * @throws IllegalArgumentException if parts do not
   */
  public BlockRecipe {
    fields = List.copyOf(fields);
    derived = List.copyOf(derived);
    l2 = Collections.unmodifiableMap(new TreeMap<>(l2));
    require(
        method == BlockOptions.Method.GIBBS || loss == Loss.SQUARED,
        "ALS learns squared loss only, expected --optimizer gibbs for logistic loss");
    require(
        method == BlockOptions.Method.GIBBS ? l2.isEmpty() : l2.containsKey(Recipe.ANY_FIELD),
        "L2 of fields " + l2.keySet() + " for " + method);
    require(
        !ordinal || (method == BlockOptions.Method.GIBBS && loss == Loss.SQUARED),
        "levels are learned by gibbs from ratings only, not by " + method + " with " + loss);
  }

  /**
   * A recipe in which ratings are numbers.
   *
   * @param method as above
   * @param loss as above
   * @param positive as above
   * @param factors as above
   * @param fields as above
   * @param derived as above
   * @param initialScale as above
   * @param l2 as above
   * @param chain as above
   * @param seed as above
   */
  public BlockRecipe(
      BlockOptions.Method method,
      Loss loss,
      double positive,
      int factors,
      List<String> fields,
      List<Derived> derived,
      double initialScale,
      Map<String, L2> l2,
      Chain chain,
      long seed) {
    this(method, loss, positive, false, factors, fields, derived, initialScale, l2, chain, seed);
  }

  private static void require(boolean holds, String problem) {
    if (!holds) {
      throw new IllegalArgumentException(problem);
    }
  }

  /** The learner's part of the recipe, for one of the chains. */
  BlockOptions options(List<Field> modelFields, int chain) {
    List<L2> penalties =
        method == BlockOptions.Method.ALS
            ? modelFields.stream().map(field -> Recipe.l2Of(l2, field)).toList()
            : List.of();
    return new BlockOptions(
        method,
        target(),
        factors,
        initialScale,
        penalties,
        BlockOptions.Priors.LIBFM,
        seed + chain);
  }

  private BlockOptions.Target target() {
    if (loss == Loss.LOGISTIC) {
      return BlockOptions.Target.PROBIT;
    }
    return ordinal ? BlockOptions.Target.ORDINAL : BlockOptions.Target.NUMBER;
  }

  /**
   * The same with ratings as levels.
   *
   * @return the changed recipe
   */
  public BlockRecipe ofLevels() {
    return with(true, factors, fields, derived, initialScale, l2, seed);
  }

  /**
   * The same with other numbers for ALS.
   *
   * @param otherScale standard deviation of the factors at the start
   * @param otherL2 the penalty by field
   * @return the changed recipe
   */
  BlockRecipe withPenalties(double otherScale, Map<String, L2> otherL2) {
    return with(ordinal, factors, fields, derived, otherScale, otherL2, seed);
  }

  /**
   * The same with another seed.
   *
   * @param otherSeed the seed
   * @return the changed recipe
   */
  BlockRecipe withSeed(long otherSeed) {
    return with(ordinal, factors, fields, derived, initialScale, l2, otherSeed);
  }

  /**
   * The same without factors.
   *
   * @return the linear model's recipe
   */
  public BlockRecipe linear() {
    return with(ordinal, 0, fields, derived, initialScale, l2, seed);
  }

  /**
   * The same with other fields.
   *
   * @param otherFields names of the data set's fields
   * @param otherDerived which fields to derive
   * @return the changed recipe
   */
  public BlockRecipe withFields(List<String> otherFields, List<Derived> otherDerived) {
    return with(ordinal, factors, otherFields, otherDerived, initialScale, l2, seed);
  }

  /** The same method, loss and chain, with these. */
  private BlockRecipe with(
      boolean newOrdinal,
      int newFactors,
      List<String> newFields,
      List<Derived> newDerived,
      double newScale,
      Map<String, L2> newL2,
      long newSeed) {
    return new BlockRecipe(
        method,
        loss,
        positive,
        newOrdinal,
        newFactors,
        newFields,
        newDerived,
        newScale,
        newL2,
        chain,
        newSeed);
  }

  /**
   * Whether predictions depend on when an example happened.
   *
   * @return true if a field of a time is derived
   */
  public boolean usesTime() {
    return derived.stream().anyMatch(Derived::usesTime);
  }
}
