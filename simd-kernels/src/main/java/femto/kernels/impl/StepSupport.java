package femto.kernels.impl;

import java.lang.foreign.MemorySegment;

/**
 * The arithmetic of learning, in plain numbers: what each implementation must compute, operation by
 * operation, so that all of them give the same bits. Arguments have been checked by the caller;
 * implementations are stateless and allocate nothing.
 *
 * <p>{@link LearningLayout} says where factors v stand; {@code fma(a, b, c)} is {@link
 * Math#fma(float, float, float)}. The gradient of the loss with its penalty l by factor f of a
 * feature whose weight is x, for a slope of the loss by the score (Rendle, "Factorization Machines
 * with libFM", TIST 2012, equation 15), is
 *
 * <pre>{@code
 * g_f = fma(own, v_f, xs * sums_f)    with xs = slope * x and own = fma(-xs, x, l)
 * }</pre>
 *
 * <p>An example is learned in two passes over its features: {@link #sgd}, {@link #adaGrad}, {@link
 * #ftrl} or {@link #shrinkLinear} and {@link #roots} step linear weights and states, of as many
 * features at once as a vector has numbers, and leave what {@link #step} or {@link #shrink} needs,
 * which go over the factors. In one pass, with a call for every feature, AdaGrad took half as much
 * again.
 *
 * <p>Arrays have {@link #room} for whole vectors, as rows have: what stands past the factors of a
 * row is 0, and what stands past the features of an example may be anything.
 */
public interface StepSupport {
  /** The most numbers of a vector. */
  int MOST_LANES = 16;

  /**
   * Numbers that an array of so many factors or features must have.
   *
   * @param length factors or features
   * @return length or more
   */
  static int room(int length) {
    return (length + MOST_LANES - 1) & -MOST_LANES;
  }

  /**
   * What the closed form of FTRL-Proximal leaves of a z under an L1 penalty.
   *
   * @param z the sum that it keeps of a weight
   * @param l1 strength of the penalty
   * @return 0 where the weight does not earn the penalty
   */
  static float shrunk(float z, float l1) {
    return Math.abs(z) <= l1 ? 0 : (z < 0 ? -l1 : l1) - z;
  }

  /**
   * Scores an example, by the arithmetic of {@link KernelSupport#fold}.
   *
   * @param rows the weights
   * @param layout where they stand
   * @param start what the sum starts at
   * @param features feature numbers, distinct
   * @param weights their weights x
   * @param count how many features there are
   * @param sums receives the sum of {@code x v_f} over the features
   * @param pairs receives what each factor adds to the score
   * @param c receives the linear weights and what stands behind them
   * @return the score
   */
  float score(
      MemorySegment rows,
      LearningLayout layout,
      float start,
      int[] features,
      float[] weights,
      int count,
      float[] sums,
      float[] pairs,
      StepColumns c);

  /**
   * What a step of SGD makes of linear weights, and of what factors are stepped by:
   *
   * <pre>{@code
   * w    = fma(-step, fma(linearL2, w, xs), w)
   * step = -step
   * }</pre>
   *
   * @param rates of each feature
   * @param count how many features there are
   * @param slope derivative of the loss by the score
   * @param c holds the linear weights; receives them, xs, own and steps
   */
  void sgd(Rates rates, int count, float slope, StepColumns c);

  /**
   * The same for AdaGrad, with {@link InverseRoot} r and {@code s = step * FACTOR}:
   *
   * <pre>{@code
   * g  = fma(linearL2, w, xs)
   * n  = fma(g, g, n)
   * n' = fma(xs * square, xs, n')    of all factors
   * w    = fma(s * r(n), g, w)
   * step = s * r(n')
   * }</pre>
   *
   * @param rates of each feature
   * @param count how many features there are
   * @param slope derivative of the loss by the score
   * @param square what the state of the factors grows by, short of {@code xs * xs}
   * @param c holds w, n as its first state and n' as its second; receives them, xs, own and steps
   */
  void adaGrad(Rates rates, int count, float slope, float square, StepColumns c);

  /**
   * The same for FTRL-Proximal without L1, with {@code p = perStep * -FACTOR} and {@code b = beta *
   * perStep}:
   *
   * <pre>{@code
   * n  = fma(xs, xs, n)
   * n' = fma(xs * square, xs, n')
   * w    = w - xs / (fma(n * r(n), p, b) + linearL2)
   * step = -1 / (fma(n' * r(n'), p, b) + factorL2)
   * }</pre>
   *
   * @param rates of each feature, of which steps are perStep; own has no penalty
   * @param count how many features there are
   * @param slope derivative of the loss by the score
   * @param square as for {@link #adaGrad}
   * @param beta what is added to roots
   * @param c as for {@link #adaGrad}
   */
  void ftrl(Rates rates, int count, float slope, float square, float beta, StepColumns c);

  /**
   * The closed form of FTRL-Proximal with L1 for linear weights, with {@code b = beta * perStep}:
   *
   * <pre>{@code
   * r' = sqrt(fma(r, r, xs * xs))
   * z  = fma((r - r') * perStep, w, xs) + z
   * w  = shrunk(z, l1) * (1 / (fma(r', perStep, b) + linearL2))
   * }</pre>
   *
   * @param rates of each feature, of which steps are perStep
   * @param count how many features there are
   * @param slope derivative of the loss by the score
   * @param beta what is added to roots
   * @param l1 strength of the L1 penalty
   * @param c holds w, z as its first state and r as its second; receives them
   */
  void shrinkLinear(Rates rates, int count, float slope, float beta, float l1, StepColumns c);

  /**
   * What factors are shrunk by:
   *
   * <pre>{@code
   * r'    = sqrt(fma(r, r, xs * square * xs))
   * shift = (r - r') * perStep
   * step  = 1 / (fma(r', perStep, b) + factorL2)
   * }</pre>
   *
   * @param rates of each feature, of which steps are perStep; own has no penalty
   * @param count how many features there are
   * @param slope derivative of the loss by the score
   * @param square as for {@link #adaGrad}
   * @param beta what is added to roots
   * @param c holds r as its third state; receives it, xs, own, shifts and steps
   */
  void roots(Rates rates, int count, float slope, float square, float beta, StepColumns c);

  /**
   * Writes back what the columns hold of the linear weights, and steps the factors: {@code v_f =
   * fma(step, g_f, v_f)}.
   *
   * @param rows the weights
   * @param layout where they stand
   * @param features feature numbers, distinct
   * @param count how many features there are
   * @param sums as {@link #score} has left them
   * @param c holds linear weights and states, xs, own and steps
   */
  void step(
      MemorySegment rows,
      LearningLayout layout,
      int[] features,
      int count,
      float[] sums,
      StepColumns c);

  /**
   * Writes back what the columns hold of the linear weights, and gives the factors the closed form
   * of FTRL-Proximal:
   *
   * <pre>{@code
   * z_f = fma(shift, v_f, g_f) + z_f
   * v_f = shrunk(z_f, l1) * step
   * }</pre>
   *
   * @param rows the weights
   * @param layout where they stand, and their z
   * @param features feature numbers, distinct
   * @param count how many features there are
   * @param sums as {@link #score} has left them
   * @param l1 strength of the L1 penalty
   * @param c holds linear weights and states, xs, own, shifts and steps
   */
  void shrink(
      MemorySegment rows,
      LearningLayout layout,
      int[] features,
      int count,
      float[] sums,
      float l1,
      StepColumns c);

  /**
   * What each feature of an example is stepped with.
   *
   * @param x its weight
   * @param steps its step size, or 1 by it
   * @param linearL2 strength of the L2 penalty on its linear weight
   * @param factorL2 strength of that on its factors
   */
  record Rates(float[] x, float[] steps, float[] linearL2, float[] factorL2) {
    /**
     * Whether they are of these very arrays.
     *
     * @param otherX weights
     * @param otherSteps step sizes
     * @param otherLinearL2 penalties
     * @param otherFactorL2 penalties
     * @return true if so
     */
    @SuppressWarnings("ReferenceEquality") // the arrays are filled anew for each example
    public boolean areOf(
        float[] otherX, float[] otherSteps, float[] otherLinearL2, float[] otherFactorL2) {
      return x == otherX
          && steps == otherSteps
          && linearL2 == otherLinearL2
          && factorL2 == otherFactorL2;
    }
  }
}
