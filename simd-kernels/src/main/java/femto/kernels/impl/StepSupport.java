package femto.kernels.impl;

import java.lang.foreign.MemorySegment;

/**
 * The arithmetic of learning, in plain numbers: what each implementation must compute, operation by
 * operation, so that all of them give the same bits. Arguments have been checked by the caller;
 * implementations are stateless and allocate nothing.
 *
 * <p>A row is a linear weight w and {@code length} factors v, then one or two states of each, in
 * the same order. A step goes over the features j of an example, with {@code x = weights[j]},
 * {@code l = linearL2[j]} and {@code l' = factorL2[j]}; {@code fma(a, b, c)} is {@link
 * Math#fma(float, float, float)}. The gradient of the loss with its penalty (Rendle, "Factorization
 * Machines with libFM", TIST 2012, equation 15), for a slope of the loss by the score, is
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
   * 1 over a square root, to a relative error of less than 5e-6 for normal numbers: two of Newton's
   * steps from the guess that halving the exponent gives (Lomont, "Fast Inverse Square Root",
   * 2003). An exact root and an exact division take three times as long, and a step size need not
   * be known so well. Finite for 0.
   *
   * @param square 0 or more
   * @return about 1 / sqrt(square)
   */
  static float inverseRoot(float square) {
    float half = -0.5f * square;
    float y = Float.intBitsToFloat(INVERSE_ROOT_GUESS - (Float.floatToRawIntBits(square) >> 1));
    y = y * Math.fma(half * y, y, 1.5f);
    return y * Math.fma(half * y, y, 1.5f);
  }

  /** What the bits of a number, halved, are taken from. */
  int INVERSE_ROOT_GUESS = 0x5f3759df;

  /**
   * {@code w = fma(-step, g, w)}.
   *
   * @param rows the table
   * @param rowBytes distance between two rows
   * @param length factors a row
   * @param features row indexes, distinct
   * @param weights their weights x
   * @param count how many features there are
   * @param sums sum of {@code x v_f} over the features
   * @param slope derivative of the loss by the score
   * @param steps step size of each feature
   * @param linearL2 strength of the penalty on each feature's linear weight
   * @param factorL2 strength of the penalty on its factors
   */
  void sgd(
      MemorySegment rows,
      long rowBytes,
      int length,
      int[] features,
      float[] weights,
      int count,
      float[] sums,
      float slope,
      float[] steps,
      float[] linearL2,
      float[] factorL2);

  /**
   * {@code G = fma(g, g, G); w = fma(-step * g, inverseRoot(G), w)}, where G is the state.
   *
   * @param rows as for {@link #sgd}, and all others too
   * @param rowBytes as there
   * @param length as there
   * @param features as there
   * @param weights as there
   * @param count as there
   * @param sums as there
   * @param slope as there
   * @param steps as there
   * @param linearL2 as there
   * @param factorL2 as there
   * @param scratch twice the {@link #room} of the count
   */
  void adaGrad(
      MemorySegment rows,
      long rowBytes,
      int length,
      int[] features,
      float[] weights,
      int count,
      float[] sums,
      float slope,
      float[] steps,
      float[] linearL2,
      float[] factorL2,
      float[] scratch);

  /**
   * FTRL-Proximal without L1, where its closed form comes to a step; the state is n and g is
   * without the penalty:
   *
   * <pre>{@code
   * p = 1 / step
   * n = fma(g, g, n)
   * w = w - g / (fma(n * inverseRoot(n), p, beta * p) + l)
   * }</pre>
   *
   * @param rows as for {@link #sgd}
   * @param rowBytes as there
   * @param length as there
   * @param features as there
   * @param weights as there
   * @param count as there
   * @param sums as there
   * @param slope as there
   * @param perStep p of each feature
   * @param beta what keeps the first steps small
   * @param linearL2 as there
   * @param factorL2 as there
   * @param scratch twice the {@link #room} of the count
   */
  void ftrl(
      MemorySegment rows,
      long rowBytes,
      int length,
      int[] features,
      float[] weights,
      int count,
      float[] sums,
      float slope,
      float[] perStep,
      float beta,
      float[] linearL2,
      float[] factorL2,
      float[] scratch);

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
   * @param rowBytes as there
   * @param length as there
   * @param features as there
   * @param weights as there
   * @param count as there
   * @param sums as there
   * @param slope as there
   * @param perStep p of each feature
   * @param beta what keeps the first steps small
   * @param linearL1 strength of the L1 penalty on linear weights
   * @param factorL1 strength of the L1 penalty on factors
   * @param linearL2 as there
   * @param factorL2 as there
   * @param scratch three times the {@link #room} of the count
   */
  void ftrlWithL1(
      MemorySegment rows,
      long rowBytes,
      int length,
      int[] features,
      float[] weights,
      int count,
      float[] sums,
      float slope,
      float[] perStep,
      float beta,
      float linearL1,
      float factorL1,
      float[] linearL2,
      float[] factorL2,
      float[] scratch);
}
