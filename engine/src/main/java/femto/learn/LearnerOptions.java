package femto.learn;

import femto.kernels.FtrlRule;
import java.util.List;

/**
 * How to learn.
 *
 * @param loss what to make small
 * @param optimizer how a gradient becomes a step
 * @param factors number of factors a feature, k; 0 for a linear model
 * @param stepSize step size of the first epoch, above 0
 * @param initialState what AdaGrad's sums of squared gradients start from, above 0
 * @param initialScale standard deviation of the factors at the start
 * @param l2 strength of the L2 penalty, one entry a field
 * @param stepScales what the step size is multiplied by, one entry a field; empty for 1 everywhere
 * @param ftrl what FTRL-Proximal needs besides
 * @param seed of everything drawn at random
 */
public record LearnerOptions(
    Loss loss,
    Optimizer optimizer,
    int factors,
    double stepSize,
    double initialState,
    double initialScale,
    List<L2> l2,
    List<Double> stepScales,
    Ftrl ftrl,
    long seed) {

  /**
   * The same for every field's step, without L1.
   *
   * @param loss what to make small
   * @param optimizer how a gradient becomes a step
   * @param factors number of factors a feature
   * @param stepSize step size of the first epoch
   * @param initialState what AdaGrad's sums start from
   * @param initialScale standard deviation of the factors at the start
   * @param l2 strength of the L2 penalty, one entry a field
   * @param seed of everything drawn at random
   */
  public LearnerOptions(
      Loss loss,
      Optimizer optimizer,
      int factors,
      double stepSize,
      double initialState,
      double initialScale,
      List<L2> l2,
      long seed) {
    this(
        loss,
        optimizer,
        factors,
        stepSize,
        initialState,
        initialScale,
        l2,
        List.of(),
        Ftrl.DEFAULT,
        seed);
  }

  /**
   * The numbers of FTRL-Proximal besides the step size (alpha) and L2.
   *
   * @param beta what keeps the first steps small, 0 or more
   * @param linearL1 strength of the L1 penalty on linear weights, 0 or more. Above 0, a feature has
   *     factors only while its linear weight is not 0 (Li, Liu, Smola and Wang, "DiFacto", WSDM
   *     2016), so that one that does not earn the penalty is not in the model at all
   * @param factorL1 strength of the L1 penalty on factors, 0 or more
   */
  public record Ftrl(double beta, double linearL1, double factorL1) {
    /** A beta of 1 and no L1. */
    public static final Ftrl DEFAULT = new Ftrl(1, 0, 0);

    /**
     * Checks the numbers.
     *
     * @throws IllegalArgumentException if one is negative or not finite
     */
    public Ftrl {
      boolean large = beta + linearL1 + factorL1 > Float.MAX_VALUE;
      if (!(beta >= 0 && linearL1 >= 0 && factorL1 >= 0) || large) {
        throw new IllegalArgumentException(
            "beta=" + beta + ", L1 of " + linearL1 + " and " + factorL1 + ", expected 0 or more");
      }
    }

    FtrlRule rule() {
      return new FtrlRule((float) beta, (float) linearL1, (float) factorL1);
    }
  }

  /**
   * Strength of the L2 penalty on the weights of one field: a step on an example adds {@code lambda
   * * weight} to the gradient of each weight that the example touches.
   *
   * @param linear lambda of the linear weights, 0 or more
   * @param factors lambda of the factors, 0 or more
   */
  public record L2(double linear, double factors) {
    /**
     * Checks the numbers.
     *
     * @throws IllegalArgumentException if one is negative or not finite
     */
    public L2 {
      if (!(linear >= 0 && factors >= 0 && linear + factors <= Float.MAX_VALUE)) {
        throw new IllegalArgumentException(
            "L2 of " + linear + " and " + factors + ", expected 0 or more");
      }
    }
  }

  /**
   * Takes copies of the lists and checks the numbers.
   *
   * @throws IllegalArgumentException if a number is out of range
   */
  public LearnerOptions {
    l2 = List.copyOf(l2);
    stepScales = List.copyOf(stepScales);
    if (!stepScales.isEmpty() && stepScales.size() != l2.size()) {
      throw new IllegalArgumentException(
          "step scales of " + stepScales.size() + " fields, expected " + l2.size());
    }
    for (double scale : stepScales) {
      if (!((float) scale > 0 && scale <= Float.MAX_VALUE)) {
        throw new IllegalArgumentException("step scale " + scale + ", expected above 0");
      }
    }
    if (factors < 0 || factors > femto.kernels.RowLayout.MAX_LENGTH) {
      throw new IllegalArgumentException(
          "factors=" + factors + ", expected 0 to " + femto.kernels.RowLayout.MAX_LENGTH);
    }
    if (!(stepSize > 0 && stepSize <= Float.MAX_VALUE)) {
      throw new IllegalArgumentException("stepSize=" + stepSize + ", expected above 0");
    }
    if (!((float) initialState > 0 && initialState <= Float.MAX_VALUE)) {
      throw new IllegalArgumentException(
          "initialState=" + initialState + ", expected above 0 as a float");
    }
    if (!(initialScale >= 0 && initialScale <= Float.MAX_VALUE)) {
      throw new IllegalArgumentException("initialScale=" + initialScale + ", expected 0 or more");
    }
  }

  double stepScale(int field) {
    return stepScales.isEmpty() ? 1 : stepScales.get(field);
  }

  /** Floats that stand beside each weight. */
  int states() {
    return switch (optimizer) {
      case SGD -> 0;
      case ADAGRAD -> 1;
      case FTRL -> ftrl.rule().states();
    };
  }

  /** Whether features of a linear weight of 0 have no factors. */
  boolean hasFactorsOfSome() {
    return optimizer == Optimizer.FTRL && factors > 0 && ftrl.linearL1() > 0;
  }

  boolean sameForAllFields() {
    return l2.stream().distinct().count() <= 1 && stepScales.stream().distinct().count() <= 1;
  }
}
