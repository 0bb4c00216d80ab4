package femto.learn;

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
    long seed) {

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
   * Takes a copy of the list and checks the numbers.
   *
   * @throws IllegalArgumentException if a number is out of range
   */
  public LearnerOptions {
    l2 = List.copyOf(l2);
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
}
