package femto.kernels.impl;

/**
 * Minus 1 over a square root, short of a factor {@link #FACTOR}, to a relative error of less than
 * 7e-4 for normal numbers: one of Newton's steps, with the numbers that fit it best, from the guess
 * that halving the exponent gives (Lomont, "Fast Inverse Square Root", 2003; the numbers are those
 * of Kadlec, 2010). A step size need not be known better, and an exact root and an exact division
 * take several times as long.
 */
public final class InverseRoot {
  /** What is left to multiply by, in something that is multiplied anyway. */
  public static final float FACTOR = 0.70395225f;

  /** What half of a square's bits are taken from, as an int, for the first guess. */
  public static final int GUESS = 0x5f1ffff9;

  /** What Newton's step subtracts. */
  public static final float SHIFT = 2.3892446f;

  private InverseRoot() {}

  /**
   * The root.
   *
   * @param square 0 or more
   * @return about -1 / (sqrt(square) * FACTOR), finite for 0
   */
  public static float of(float square) {
    float y = Float.intBitsToFloat(GUESS - (Float.floatToRawIntBits(square) >> 1));
    return y * Math.fma(square * y, y, -SHIFT);
  }
}
