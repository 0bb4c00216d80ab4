package femto.learn.blocks;

/** The standard Gaussian distribution. */
final class Gaussian {
  private static final double ROOT_OF_TWO_PI = Math.sqrt(2 * Math.PI);
  private static final double ONE_BY_ROOT_OF_PI = 1 / Math.sqrt(Math.PI);

  /** Numerator and denominator of erf(y) / y by y^2, up to 15/32, from the highest power down. */
  private static final double[] SMALL_ABOVE = {
    0.18577770618460315,
    3.1611237438705655,
    113.86415415105016,
    377.485237685302,
    3209.3775891384694
  };

  private static final double[] SMALL_BELOW = {
    1, 23.601290952344122, 244.02463793444417, 1282.6165260773723, 2844.236833439171
  };

  /** Those of erfc(y) e^(y^2) by y, from there to 4. */
  private static final double[] MIDDLE_ABOVE = {
    2.1531153547440383e-8,
    0.5641884969886701,
    8.883149794388377,
    66.11919063714163,
    298.6351381974001,
    881.952221241769,
    1712.0476126340707,
    2051.0783778260716,
    1230.3393547979972
  };

  private static final double[] MIDDLE_BELOW = {
    1,
    15.744926110709835,
    117.6939508913125,
    537.1811018620099,
    1621.3895745666903,
    3290.7992357334597,
    4362.619090143247,
    3439.3676741437216,
    1230.3393548037495
  };

  /** Those of (1/sqrt(pi) - y erfc(y) e^(y^2)) y^2 by 1/y^2, beyond. */
  private static final double[] LARGE_ABOVE = {
    0.016315387137302097,
    0.30532663496123236,
    0.36034489994980445,
    0.12578172611122926,
    0.016083785148742275,
    0.0006587491615298378
  };

  private static final double[] LARGE_BELOW = {
    1,
    2.568520192289822,
    1.8729528499234673,
    0.5279051029514285,
    0.06051834131244132,
    0.0023352049762686918
  };

  private Gaussian() {}

  /**
   * The probability of a value below x, by the rational functions of Cody, "Rational Chebyshev
   * approximations for the error function" (Mathematics of Computation 1969): with a relative error
   * below 1e-13 where x is above -10.
   */
  static double below(double x) {
    double y = Math.abs(x) / Math.sqrt(2);
    if (y <= 0.46875) {
      double erf = y * ratio(SMALL_ABOVE, SMALL_BELOW, y * y);
      return x < 0 ? 0.5 - 0.5 * erf : 0.5 + 0.5 * erf;
    }
    double tail = 0.5 * Math.exp(-0.5 * x * x) * scaledTail(y);
    return x < 0 ? tail : 1 - tail;
  }

  /** erfc(y) e^(y^2). */
  private static double scaledTail(double y) {
    if (y <= 4) {
      return ratio(MIDDLE_ABOVE, MIDDLE_BELOW, y);
    }
    double z = 1 / (y * y);
    return (ONE_BY_ROOT_OF_PI - z * ratio(LARGE_ABOVE, LARGE_BELOW, z)) / y;
  }

  private static double ratio(double[] above, double[] below, double x) {
    double numerator = 0;
    double denominator = 0;
    for (int i = 0; i < above.length; i++) {
      numerator = numerator * x + above[i];
      denominator = denominator * x + below[i];
    }
    return numerator / denominator;
  }

  /**
   * The probability of a value between two, neither of which is NaN: in the tail where both are, so
   * that a small one keeps its digits.
   *
   * @param low may be -infinity
   * @param high no less, may be infinity
   */
  static double between(double low, double high) {
    return low > 0 ? below(-low) - below(-high) : below(high) - below(low);
  }

  /** The density at x. */
  static double density(double x) {
    return Math.exp(-0.5 * x * x) / ROOT_OF_TWO_PI;
  }
}
