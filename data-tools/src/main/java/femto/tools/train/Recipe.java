package femto.tools.train;

import femto.learn.LearnerOptions;
import femto.learn.LearnerOptions.L2;
import femto.learn.Loss;
import femto.learn.Optimizer;
import femto.model.Field;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Everything that decides what a model becomes, besides the data.
 *
 * @param factors number of factors a feature; 0 is a linear model
 * @param fields names of the fields the model gets; empty for all that the data has
 * @param loss squared (labels are ratings) or logistic (labels are 1 from {@code positive} on, else
 *     0)
 * @param positive the lowest label that counts as 1 under logistic loss
 * @param negatives sampled negatives for each positive example; 0 learns from the labels as they
 *     are
 * @param popularityPower negatives are drawn with probability proportional to (their positive
 *     examples + 1/2) to this power; 0 is uniform
 * @param optimizer how a gradient becomes a step
 * @param stepSize step size of the first epoch; it falls in a straight line to 0
 * @param initialState what AdaGrad's sums of squares start from
 * @param initialScale standard deviation of the factors at the start
 * @param l2 strength of the L2 penalty by field; the name {@value #ANY_FIELD} stands for all others
 * @param epochs number of passes
 * @param validation share of the training part that is set aside to find the best number of epochs,
 *     after which the model is trained anew on all of it; 0 runs all epochs
 * @param patience how many epochs without a better validation loss are waited for
 * @param seed of everything drawn at random
 */
public record Recipe(
    int factors,
    List<String> fields,
    Loss loss,
    double positive,
    int negatives,
    double popularityPower,
    Optimizer optimizer,
    double stepSize,
    double initialState,
    double initialScale,
    Map<String, L2> l2,
    int epochs,
    double validation,
    int patience,
    long seed) {

  /** Name in {@link #l2} that stands for every field not named. */
  public static final String ANY_FIELD = "*";

  /**
   * Takes copies and checks the numbers.
   *
   * @throws IllegalArgumentException if a number is out of range
   */
  public Recipe {
    fields = List.copyOf(fields);
    l2 = java.util.Collections.unmodifiableMap(new TreeMap<>(l2));
    require(negatives >= 0, "negatives=" + negatives + ", expected 0 or more");
    require(
        negatives == 0 || loss == Loss.LOGISTIC, "sampled negatives go with logistic loss only");
    require(
        popularityPower >= 0 && popularityPower <= 10,
        "popularity power " + popularityPower + ", expected 0 to 10");
    require(initialState > 0, "initial state " + initialState + ", expected above 0");
    require(epochs >= 1, "epochs=" + epochs + ", expected 1 or more");
    require(
        validation >= 0 && validation < 1,
        "validation share " + validation + ", expected 0 to below 1");
    require(patience >= 1, "patience=" + patience + ", expected 1 or more");
    require(l2.containsKey(ANY_FIELD), "L2 without an entry for " + ANY_FIELD);
  }

  private static void require(boolean holds, String problem) {
    if (!holds) {
      throw new IllegalArgumentException(problem);
    }
  }

  /** The learner's part of the recipe, for the fields that a model has. */
  LearnerOptions learnerOptions(List<Field> modelFields) {
    List<L2> penalties = new ArrayList<>();
    L2 otherwise = l2.getOrDefault(ANY_FIELD, new L2(0, 0));
    modelFields.forEach(field -> penalties.add(l2.getOrDefault(field.name(), otherwise)));
    return new LearnerOptions(
        loss, optimizer, factors, stepSize, initialState, initialScale, penalties, seed);
  }

  /**
   * The same with other fields.
   *
   * @param otherFields names of the fields the model gets; empty for all that the data has
   * @return the changed recipe
   */
  public Recipe withFields(List<String> otherFields) {
    return copy(factors, otherFields, stepSize, initialState, initialScale, l2);
  }

  /**
   * The same with another number of factors.
   *
   * @param otherFactors number of factors a feature; 0 is a linear model
   * @return the changed recipe
   */
  public Recipe withFactors(int otherFactors) {
    return copy(otherFactors, fields, stepSize, initialState, initialScale, l2);
  }

  /**
   * The same with another seed.
   *
   * @param otherSeed seed of everything drawn at random
   * @return the changed recipe
   */
  public Recipe withSeed(long otherSeed) {
    return new Recipe(
        factors,
        fields,
        loss,
        positive,
        negatives,
        popularityPower,
        optimizer,
        stepSize,
        initialState,
        initialScale,
        l2,
        epochs,
        validation,
        patience,
        otherSeed);
  }

  /** The same with other values of what a search varies. */
  Recipe withNumbers(
      double otherStepSize,
      double otherInitialState,
      double otherInitialScale,
      Map<String, L2> otherL2) {
    return copy(factors, fields, otherStepSize, otherInitialState, otherInitialScale, otherL2);
  }

  private Recipe copy(
      int newFactors,
      List<String> newFields,
      double newStepSize,
      double newInitialState,
      double newInitialScale,
      Map<String, L2> newL2) {
    return new Recipe(
        newFactors,
        newFields,
        loss,
        positive,
        negatives,
        popularityPower,
        optimizer,
        newStepSize,
        newInitialState,
        newInitialScale,
        newL2,
        epochs,
        validation,
        patience,
        seed);
  }
}
