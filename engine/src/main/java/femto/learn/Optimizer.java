package femto.learn;

/**
 * How a gradient becomes a step. With {@code g} the gradient of one weight and {@code r} the step
 * size:
 */
public enum Optimizer {
  /** {@code weight -= r g}. */
  SGD,
  /**
   * {@code G += g g; weight -= r g / sqrt(G)}, with a G for every linear weight and one for all
   * factors of a feature, each of which starts at {@link LearnerOptions#initialState()} (Duchi,
   * Hazan and Singer, "Adaptive Subgradient Methods", JMLR 2011; one sum for a row of an embedding
   * is what recommendation models use, Naumov et al., "Deep Learning Recommendation Model for
   * Personalization and Recommendation Systems", 2019). That of factors grows by the mean square of
   * their gradients, taken over all features of the example. The root is taken to 7e-4 of itself.
   * {@link FamilyLearner} has a G for every number.
   */
  ADAGRAD,
  /**
   * FTRL-Proximal (McMahan et al., "Ad Click Prediction: a View from the Trenches", KDD 2013,
   * algorithm 1): AdaGrad's falling steps, and an L1 penalty ({@link LearnerOptions.Ftrl}) under
   * which weights that do not earn it are exactly 0. Its step size stays as it is over the epochs:
   * weights are computed from sums of gradients anew at each step. Squares of the gradients of
   * factors are summed as for {@link #ADAGRAD}.
   */
  FTRL
}
