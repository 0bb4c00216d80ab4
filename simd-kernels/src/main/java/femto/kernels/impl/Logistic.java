package femto.kernels.impl;

/**
 * The logistic function 1 / (1 + e^-x) in f32, as a fixed series of f32 operations.
 *
 * <p>With {@code t = -x} clamped to ±{@value #LIMIT}, {@code n} the integer nearest to t / ln 2 and
 * {@code r = t - n ln 2}, the exponential is {@code 2^n p(r)} for a polynomial p of degree 6 (the
 * Taylor series of e^r, whose remainder for |r| at most ln(2)/2 is below 1.3e-7 of the value), with
 * r rounded to a grid of 2^-22. Monotone over all floats, and never 0: the least value is that at x
 * = -{@value #LIMIT}, about 1.6e-38. The relative error is at most {@value #MAX_RELATIVE_ERROR} for
 * x of magnitude up to {@value #LIMIT}; a test looks at every float for the one and at a dense
 * sample for the other.
 */
public final class Logistic {
  /** Beyond this magnitude x counts as this. */
  public static final float LIMIT = 87;

  /** Largest relative error. */
  public static final double MAX_RELATIVE_ERROR = 3.5e-7;

  /**
   * Adding and subtracting it rounds r to a grid of 2^-22. On a finer one the rounding of the
   * polynomial would be more than the distance between neighbours, and the function not monotone.
   */
  public static final float GRID = 3;

  /** Adding and subtracting it rounds a small float to the nearest integer. */
  public static final float ROUNDER = 0x1.8p23f;

  /** The bits of {@link #ROUNDER}. */
  public static final int ROUNDER_BITS = 0x4B400000;

  /** 1 / ln 2. */
  public static final float PER_LN2 = 0x1.715476p0f;

  /** ln 2, the bits that multiply an integer below 2^9 without rounding. */
  public static final float LN2_HIGH = 0x1.62e4p-1f;

  /** ln 2 less {@link #LN2_HIGH}. */
  public static final float LN2_LOW = 0x1.7f7d1cp-20f;

  /** Coefficient of r^2. */
  public static final float C2 = 1f / 2;

  /** Coefficient of r^3. */
  public static final float C3 = 1f / 6;

  /** Coefficient of r^4. */
  public static final float C4 = 1f / 24;

  /** Coefficient of r^5. */
  public static final float C5 = 1f / 120;

  /** Coefficient of r^6. */
  public static final float C6 = 1f / 720;

  private Logistic() {}

  /**
   * The function.
   *
   * @param x any number but NaN
   * @return its value, above 0 and at most 1
   */
  public static float sigmoid(float x) {
    float t = Math.max(-LIMIT, Math.min(LIMIT, -x));
    float rounded = Math.fma(t, PER_LN2, ROUNDER);
    float n = rounded - ROUNDER;
    float r = Math.fma(n, -LN2_HIGH, t);
    r = (Math.fma(n, -LN2_LOW, r) + GRID) - GRID;
    float p = Math.fma(r, C6, C5);
    p = Math.fma(p, r, C4);
    p = Math.fma(p, r, C3);
    p = Math.fma(p, r, C2);
    p = Math.fma(p, r, 1);
    p = Math.fma(p, r, 1);
    int power = (Float.floatToRawIntBits(rounded) - ROUNDER_BITS + 127) << 23;
    float exponential = p * Float.intBitsToFloat(power);
    return 1 / (1 + exponential);
  }
}
