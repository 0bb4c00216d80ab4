package femto.kernels.impl;

import java.lang.foreign.MemorySegment;

/**
 * The arithmetic of learning that goes over all factors, in plain numbers: what each implementation
 * must compute, operation by operation, so that all of them give the same bits. Arguments have been
 * checked by the caller; implementations are stateless and allocate nothing.
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
 * <p>Arrays of factors have {@link #room} for whole vectors, as rows have: what stands past the
 * factors is 0.
 */
public interface StepSupport {
  /** The most numbers of a vector. */
  int MOST_LANES = 16;

  /**
   * Numbers that an array of so many factors must have.
   *
   * @param length factors
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
      float[] pairs);

  /**
   * Steps the factors of one feature: {@code v_f = fma(step, g_f, v_f)}.
   *
   * @param rows the weights
   * @param row where its factors begin
   * @param length how many they are, at least 1
   * @param sums as {@link #score} has left them
   * @param xSlope xs
   * @param own what a factor itself is multiplied by
   * @param step what gradients are multiplied by, below 0
   */
  void step(
      MemorySegment rows, long row, int length, float[] sums, float xSlope, float own, float step);

  /**
   * The closed form of FTRL-Proximal for the factors of one feature:
   *
   * <pre>{@code
   * z_f = fma(shift, v_f, g_f) + z_f
   * v_f = shrunk(z_f, l1) * step
   * }</pre>
   *
   * @param rows the weights
   * @param row where its factors begin
   * @param zs where its z begin
   * @param length how many factors there are, at least 1
   * @param sums as {@link #score} has left them
   * @param xSlope xs
   * @param own what a factor itself is multiplied by
   * @param shift what moves z by the factor
   * @param l1 strength of the L1 penalty
   * @param step what becomes a factor is multiplied by it
   */
  void shrink(
      MemorySegment rows,
      long row,
      long zs,
      int length,
      float[] sums,
      float xSlope,
      float own,
      float shift,
      float l1,
      float step);
}
