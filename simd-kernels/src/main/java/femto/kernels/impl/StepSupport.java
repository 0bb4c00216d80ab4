package femto.kernels.impl;

import java.lang.foreign.MemorySegment;

/**
 * The arithmetic of learning, in plain numbers: what each implementation must compute, operation by
 * operation, so that all of them give the same bits. Arguments have been checked by the caller;
 * implementations are stateless and allocate nothing.
 *
 * <p>{@link LearningLayout} says where linear weights w, factors v and their states stand. A step
 * goes over the features j of the example that was scored last, with {@code x = weights[j]}, {@code
 * l = linearL2[j]} and {@code l' = factorL2[j]}; {@code fma(a, b, c)} is {@link Math#fma(float,
 * float, float)}. The gradient of the loss with its penalty (Rendle, "Factorization Machines with
 * libFM", TIST 2012, equation 15), for a slope of the loss by the score, is
 *
 * <pre>{@code
 * xs  = slope * x
 * g   = fma(l, w, xs)                             for the linear weight
 * g_f = fma(fma(-xs, x, l'), v_f, xs * sums_f)    for factor f: xs (sums_f - x v_f) + l' v_f
 * }</pre>
 *
 * <p>The arrays of an example have {@link #room} for whole vectors: what stands past the count is
 * read and means nothing.
 */
public interface StepSupport {
  /** The most numbers of a vector. */
  int MOST_LANES = 16;

  /**
   * Numbers that an array of an example must have.
   *
   * @param count features of the example
   * @return count or more
   */
  static int room(int count) {
    return (count + MOST_LANES - 1) & -MOST_LANES;
  }

  /**
   * Minus 1 over a square root, short of a factor {@link #INVERSE_ROOT_FACTOR}, to a relative error
   * of less than 7e-4 for normal numbers: one of Newton's steps, with the numbers that fit it best,
   * from the guess that halving the exponent gives (Lomont, "Fast Inverse Square Root", 2003; the
   * numbers are those of Kadlec, 2010). A step size need not be known better, and an exact root and
   * an exact division take several times as long. Finite for 0.
   *
   * @param square 0 or more
   * @return about -1 / (sqrt(square) * INVERSE_ROOT_FACTOR)
   */
  static float inverseRoot(float square) {
    float y = Float.intBitsToFloat(INVERSE_ROOT_GUESS - (Float.floatToRawIntBits(square) >> 1));
    return y * Math.fma(square * y, y, -INVERSE_ROOT_SHIFT);
  }

  /** What the bits of a number, halved, are taken from. */
  int INVERSE_ROOT_GUESS = 0x5f1ffff9;

  /** What is taken from the square of the guess, times the number. */
  float INVERSE_ROOT_SHIFT = 2.3892446f;

  /** What is left to multiply by, in something that is multiplied anyway. */
  float INVERSE_ROOT_FACTOR = 0.70395225f;

  /**
   * Scores an example, by the arithmetic of {@link KernelSupport#fold}, and collects the linear
   * weights and states of its features for the step that follows.
   *
   * @param rows the weights
   * @param layout where they stand
   * @param start what the sum starts at
   * @param features feature numbers, distinct
   * @param weights their weights x
   * @param count how many features there are
   * @param sums receives the sum of {@code x v_f} over the features
   * @param pairs scratch of as many numbers
   * @param linear receives the linear weights, and from each further multiple of {@link #room} on
   *     their first and second states
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
      float[] linear);

  /**
   * {@code w = fma(-step, g, w)}.
   *
   * @param rows the weights
   * @param layout where they stand
   * @param features as they were scored
   * @param weights as they were scored
   * @param count as they were scored
   * @param sums as {@link #score} has left them
   * @param linear as {@link #score} has left it; means nothing afterwards
   * @param slope derivative of the loss by the score
   * @param steps step size of each feature
   * @param linearL2 strength of the penalty on each feature's linear weight
   * @param factorL2 strength of the penalty on its factors
   */
  void sgd(
      MemorySegment rows,
      LearningLayout layout,
      int[] features,
      float[] weights,
      int count,
      float[] sums,
      float[] linear,
      float slope,
      float[] steps,
      float[] linearL2,
      float[] factorL2);

  /**
   * {@code G = fma(g, g, G); w = fma(g * (step * INVERSE_ROOT_FACTOR), inverseRoot(G), w)}, where G
   * is the state.
   *
   * @param rows as for {@link #sgd}, and all others too
   * @param layout as there
   * @param features as there
   * @param weights as there
   * @param count as there
   * @param sums as there
   * @param linear as there
   * @param slope as there
   * @param steps as there
   * @param linearL2 as there
   * @param factorL2 as there
   */
  void adaGrad(
      MemorySegment rows,
      LearningLayout layout,
      int[] features,
      float[] weights,
      int count,
      float[] sums,
      float[] linear,
      float slope,
      float[] steps,
      float[] linearL2,
      float[] factorL2);

  /**
   * FTRL-Proximal without L1, where its closed form comes to a step; the state is n and g is
   * without the penalty:
   *
   * <pre>{@code
   * p = 1 / step
   * n = fma(g, g, n)
   * w = w - g / (fma(n * inverseRoot(n), -INVERSE_ROOT_FACTOR * p, beta * p) + l)
   * }</pre>
   *
   * @param rows as for {@link #sgd}
   * @param layout as there
   * @param features as there
   * @param weights as there
   * @param count as there
   * @param sums as there
   * @param linear as there
   * @param slope as there
   * @param perStep p of each feature
   * @param beta what keeps the first steps small
   * @param linearL2 as there
   * @param factorL2 as there
   */
  void ftrl(
      MemorySegment rows,
      LearningLayout layout,
      int[] features,
      float[] weights,
      int count,
      float[] sums,
      float[] linear,
      float slope,
      float[] perStep,
      float beta,
      float[] linearL2,
      float[] factorL2);

  /**
   * FTRL-Proximal. The states are z and r, the root of the sum of squared gradients; g is without
   * the penalty, which is in the closed form of the weight:
   *
   * <pre>{@code
   * p    = 1 / step
   * root = sqrt(fma(g, g, r * r))
   * z    = z + (g - (root - r) * p * w)
   * r    = root
   * w    = |z| <= l1 ? 0 : ((z < 0 ? -l1 : l1) - z) / (fma(root, p, beta * p) + l)
   * }</pre>
   *
   * @param rows as for {@link #sgd}
   * @param layout as there
   * @param features as there
   * @param weights as there
   * @param count as there
   * @param sums as there
   * @param linear as there
   * @param slope as there
   * @param perStep p of each feature
   * @param beta what keeps the first steps small
   * @param linearL1 strength of the L1 penalty on linear weights
   * @param factorL1 strength of the L1 penalty on factors
   * @param linearL2 as there
   * @param factorL2 as there
   */
  void ftrlWithL1(
      MemorySegment rows,
      LearningLayout layout,
      int[] features,
      float[] weights,
      int count,
      float[] sums,
      float[] linear,
      float slope,
      float[] perStep,
      float beta,
      float linearL1,
      float factorL1,
      float[] linearL2,
      float[] factorL2);
}
