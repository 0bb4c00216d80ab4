package femto.learn;

/**
 * How a gradient becomes a step. With {@code g} the gradient of one weight and {@code r} the step
 * size:
 */
public enum Optimizer {
  /** {@code weight -= r g}. */
  SGD,
  /**
   * {@code G += g g; weight -= r g / sqrt(G)}, with a G for every weight that starts at {@link
   * LearnerOptions#initialState()} (Duchi, Hazan and Singer, "Adaptive Subgradient Methods", JMLR
   * 2011, diagonal form). The root is taken to 5e-6 of itself.
   */
  ADAGRAD,
  /**
   * FTRL-Proximal (McMahan et al., "Ad Click Prediction: a View from the Trenches", KDD 2013,
   * algorithm 1): AdaGrad's falling steps, and an L1 penalty ({@link LearnerOptions.Ftrl}) under
   * which weights that do not earn it are exactly 0. Its step size stays as it is over the epochs:
   * weights are computed from sums of gradients anew at each step.
   */
  FTRL
}
