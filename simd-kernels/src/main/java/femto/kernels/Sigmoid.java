package femto.kernels;

import femto.kernels.impl.Logistic;

/**
 * The logistic function 1 / (1 + e^-x) in f32: one approximation, of which every implementation
 * gives the same bits. Monotone over all floats (so a larger score never gets a smaller
 * probability), above 0, at most 1, and within a relative error of {@value
 * Logistic#MAX_RELATIVE_ERROR}. Stateless; nothing is allocated.
 */
public final class Sigmoid {
  private Sigmoid() {}

  /**
   * The function of one number.
   *
   * @param x any number but NaN; magnitudes above {@value Logistic#LIMIT} count as that
   * @return its value, above 0 and at most 1
   */
  public static float of(float x) {
    return Logistic.sigmoid(x);
  }

  /**
   * The function of several numbers.
   *
   * @param x the numbers, none of them NaN
   * @param count how many of them
   * @param into receives the values; may be {@code x}
   * @throws IndexOutOfBoundsException if an array is shorter than {@code count}
   */
  public static void of(float[] x, int count, float[] into) {
    Checks.length("x", x.length, count);
    Checks.length("into", into.length, count);
    Kernels.SUPPORT.sigmoid(x, count, into);
  }
}
