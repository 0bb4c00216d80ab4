package femto.tools.train;

import femto.learn.FamilyOptions;
import femto.learn.LearnerOptions;
import femto.learn.LearnerOptions.Ftrl;
import femto.learn.LearnerOptions.L2;
import femto.learn.Loss;
import femto.learn.Optimizer;
import femto.model.Family;
import femto.model.FeatureSpace;
import femto.model.Field;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Everything that decides what a model becomes, besides the data.
 *
 * @param task what to learn
 * @param family the kind of model, with what it needs to know
 * @param factors number of factors a feature, for an FFM a feature and field; 0 for a linear model
 *     and for pairs by hashing
 * @param fields names of the fields the model gets; empty for all that the data has
 * @param optimizer how a gradient becomes a step
 * @param tuning the numbers that a search varies
 * @param preparation what becomes of examples and features before they are learned from
 * @param epochs number of passes
 * @param validation share of the training part that is set aside to find the best number of epochs,
 *     after which the model is trained anew on all of it; 0 runs all epochs
 * @param patience how many epochs without a better validation loss are waited for
 * @param seed of everything drawn at random
 */
public record Recipe(
    Task task,
    FamilyOptions family,
    int factors,
    List<String> fields,
    Optimizer optimizer,
    Tuning tuning,
    Preparation preparation,
    int epochs,
    double validation,
    int patience,
    long seed) {

  /**
   * A recipe of a factorization machine, or of a linear model if it has no factors, that takes
   * examples and features as they are.
   *
   * @param task what to learn
   * @param factors number of factors a feature; 0 is a linear model
   * @param fields names of the fields the model gets; empty for all that the data has
   * @param optimizer how a gradient becomes a step
   * @param tuning the numbers that a search varies
   * @param epochs number of passes
   * @param validation as for the other constructor
   * @param patience how many epochs without a better validation loss are waited for
   * @param seed of everything drawn at random
   * @throws IllegalArgumentException if a number is out of range
   */
  public Recipe(
      Task task,
      int factors,
      List<String> fields,
      Optimizer optimizer,
      Tuning tuning,
      int epochs,
      double validation,
      int patience,
      long seed) {
    this(
        task,
        FamilyOptions.of(factors == 0 ? Family.LINEAR : Family.FM),
        factors,
        fields,
        optimizer,
        tuning,
        Preparation.NONE,
        epochs,
        validation,
        patience,
        seed);
  }

  /** Name in {@link Tuning#l2} that stands for every field not named. */
  public static final String ANY_FIELD = "*";

  /** A field's own penalty, or else that of all fields that have none. */
  static L2 l2Of(Map<String, L2> byField, Field field) {
    return byField.getOrDefault(field.name(), byField.getOrDefault(ANY_FIELD, new L2(0, 0)));
  }

  /**
   * What to learn.
   *
   * @param loss squared (labels are ratings) or logistic (labels are 1 from {@code positive} on,
   *     else 0)
   * @param positive the lowest label that counts as 1 under logistic loss
   * @param negatives sampled negatives for each positive example; 0 learns from the labels as they
   *     are
   * @param popularityPower negatives are drawn with probability proportional to (their positive
   *     examples + 1/2) to this power; 0 is uniform
   */
  public record Task(Loss loss, double positive, int negatives, double popularityPower) {
    /**
     * Checks the numbers.
     *
     * @throws IllegalArgumentException if one is out of range
     */
    public Task {
      require(negatives >= 0, "negatives=" + negatives + ", expected 0 or more");
      require(
          negatives == 0 || loss == Loss.LOGISTIC, "sampled negatives go with logistic loss only");
      require(
          popularityPower >= 0 && popularityPower <= 10,
          "popularity power " + popularityPower + ", expected 0 to 10");
    }

    /**
     * Whether the model is to rank a catalogue, which it learns from sampled negatives.
     *
     * @return true if there are negatives
     */
    public boolean isRanking() {
      return negatives > 0;
    }
  }

  /**
   * What becomes of examples and features before they are learned from.
   *
   * @param minCount a feature of fewer training examples is left out, as if its value were unknown;
   *     0 or 1 leaves out none
   * @param hashBits features are hashes of their values into 2 to this power rows, and values that
   *     share a row share its weights; 0 keeps a row for each
   * @param positiveWeight how often a positive example counts under logistic loss. The bias of the
   *     finished model is lowered by its logarithm, so that probabilities are right again
   */
  public record Preparation(int minCount, int hashBits, double positiveWeight) {
    /** Everything as it is. */
    public static final Preparation NONE = new Preparation(0, 0, 1);

    /**
     * Checks the numbers.
     *
     * @throws IllegalArgumentException if one is out of range
     */
    public Preparation {
      require(minCount >= 0, "minimum count " + minCount + ", expected 0 or more");
      require(
          hashBits >= 0 && hashBits <= FeatureSpace.MAX_HASH_BITS,
          "hash bits " + hashBits + ", expected 0 to " + FeatureSpace.MAX_HASH_BITS);
      require(
          positiveWeight > 0 && positiveWeight <= Float.MAX_VALUE,
          "weight of positives " + positiveWeight + ", expected above 0");
      require(
          minCount <= 1 || hashBits == 0,
          "a minimum count goes with features that have rows of their own, not with hashes");
    }
  }

  /**
   * The numbers that a search varies.
   *
   * @param stepSize step size of the first epoch; it falls in a straight line to 0, but for FTRL
   * @param initialState what AdaGrad's sums of squares start from
   * @param initialScale standard deviation of the factors at the start
   * @param l2 strength of the L2 penalty by field; the name {@value #ANY_FIELD} stands for all
   *     others
   * @param stepScales what the step size is multiplied by, by field; 1 for those not named
   * @param ftrl what FTRL-Proximal needs besides
   */
  public record Tuning(
      double stepSize,
      double initialState,
      double initialScale,
      Map<String, L2> l2,
      Map<String, Double> stepScales,
      Ftrl ftrl) {
    /**
     * The same step for all fields, and no L1.
     *
     * @param stepSize step size of the first epoch
     * @param initialState what AdaGrad's sums of squares start from
     * @param initialScale standard deviation of the factors at the start
     * @param l2 strength of the L2 penalty by field
     */
    public Tuning(double stepSize, double initialState, double initialScale, Map<String, L2> l2) {
      this(stepSize, initialState, initialScale, l2, Map.of(), Ftrl.DEFAULT);
    }

    /**
     * Takes copies of the maps.
     *
     * @throws IllegalArgumentException if it has no entry for {@value #ANY_FIELD}
     */
    public Tuning {
      l2 = Collections.unmodifiableMap(new TreeMap<>(l2));
      stepScales = Collections.unmodifiableMap(new TreeMap<>(stepScales));
      require(l2.containsKey(ANY_FIELD), "L2 without an entry for " + ANY_FIELD);
    }

    /**
     * The same with other penalties.
     *
     * @param factor what each is multiplied by, 0 or more
     * @return the changed numbers
     */
    public Tuning withPenaltyTimes(double factor) {
      Map<String, L2> changed = new TreeMap<>();
      l2.forEach(
          (field, old) ->
              changed.put(field, new L2(factor * old.linear(), factor * old.factors())));
      return withL2(changed);
    }

    private Tuning withL2(Map<String, L2> changed) {
      return new Tuning(stepSize, initialState, initialScale, changed, stepScales, ftrl);
    }

    L2 l2Of(Field field) {
      return Recipe.l2Of(l2, field);
    }
  }

  /**
   * Takes a copy of the list and checks the numbers.
   *
   * @throws IllegalArgumentException if a number is out of range
   */
  public Recipe {
    fields = List.copyOf(fields);
    require(epochs >= 1, "epochs=" + epochs + ", expected 1 or more");
    require(
        validation >= 0 && validation < 1,
        "validation share " + validation + ", expected 0 to below 1");
    require(patience >= 1, "patience=" + patience + ", expected 1 or more");
  }

  /**
   * Whether pairs of values count, by factors or by weights of their own, and have penalties.
   *
   * @return false for a linear model
   */
  public boolean isOfPairs() {
    return family.family() != Family.LINEAR;
  }

  private static void require(boolean holds, String problem) {
    if (!holds) {
      throw new IllegalArgumentException(problem);
    }
  }

  /**
   * The learner's part of the recipe.
   *
   * @param modelFields the fields that a model has
   * @return its options
   */
  public LearnerOptions learnerOptions(List<Field> modelFields) {
    List<L2> penalties = new ArrayList<>();
    List<Double> stepScales = new ArrayList<>();
    for (Field field : modelFields) {
      penalties.add(tuning.l2Of(field));
      stepScales.add(tuning.stepScales().getOrDefault(field.name(), 1.0));
    }
    return new LearnerOptions(
        task.loss(),
        optimizer,
        factors,
        tuning.stepSize(),
        tuning.initialState(),
        tuning.initialScale(),
        penalties,
        stepScales,
        tuning.ftrl(),
        seed);
  }

  /**
   * The same for another kind of model.
   *
   * @param otherFamily the kind of model
   * @param otherFactors number of factors
   * @return the changed recipe
   */
  public Recipe withFamily(FamilyOptions otherFamily, int otherFactors) {
    return new Recipe(
        task,
        otherFamily,
        otherFactors,
        fields,
        optimizer,
        tuning,
        preparation,
        epochs,
        validation,
        patience,
        seed);
  }

  /**
   * The same with another task.
   *
   * @param otherTask what to learn
   * @return the changed recipe
   */
  public Recipe withTask(Task otherTask) {
    return new Recipe(
        otherTask,
        family,
        factors,
        fields,
        optimizer,
        tuning,
        preparation,
        epochs,
        validation,
        patience,
        seed);
  }

  /**
   * The same with another preparation.
   *
   * @param other what becomes of examples and features before they are learned from
   * @return the changed recipe
   */
  public Recipe withPreparation(Preparation other) {
    return new Recipe(
        task,
        family,
        factors,
        fields,
        optimizer,
        tuning,
        other,
        epochs,
        validation,
        patience,
        seed);
  }

  /**
   * The same with other fields.
   *
   * @param otherFields names of the fields the model gets; empty for all that the data has
   * @return the changed recipe
   */
  public Recipe withFields(List<String> otherFields) {
    return new Recipe(
        task,
        family,
        factors,
        otherFields,
        optimizer,
        tuning,
        preparation,
        epochs,
        validation,
        patience,
        seed);
  }

  /**
   * The same with other numbers.
   *
   * @param otherTuning what a search varies
   * @return the changed recipe
   */
  public Recipe withTuning(Tuning otherTuning) {
    return new Recipe(
        task,
        family,
        factors,
        fields,
        optimizer,
        otherTuning,
        preparation,
        epochs,
        validation,
        patience,
        seed);
  }

  /**
   * The same with another number of passes.
   *
   * @param otherEpochs number of passes
   * @return the changed recipe
   */
  public Recipe withEpochs(int otherEpochs) {
    return new Recipe(
        task,
        family,
        factors,
        fields,
        optimizer,
        tuning,
        preparation,
        otherEpochs,
        validation,
        patience,
        seed);
  }

  /**
   * The same with another seed.
   *
   * @param otherSeed seed of everything drawn at random
   * @return the changed recipe
   */
  public Recipe withSeed(long otherSeed) {
    return new Recipe(
        task,
        family,
        factors,
        fields,
        optimizer,
        tuning,
        preparation,
        epochs,
        validation,
        patience,
        otherSeed);
  }
}
