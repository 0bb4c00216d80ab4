package femto.policy;

import java.util.random.RandomGenerator;

/** The Beta distribution. */
final class BetaDistribution {
  private static final double TINY = 1e-300;
  private static final double EPSILON = 1e-15;

  /** The fraction needs about as many terms as the root of a + b. */
  private static final int MOST_TERMS = 100_000;

  /** Half of the interval is left after each. */
  private static final int BISECTIONS = 50;

  private static final double[] LANCZOS = {
    0.9999999999998099,
    676.5203681218851,
    -1259.1392167224028,
    771.3234287776531,
    -176.6150291621406,
    12.507343278686905,
    -0.13857109526572012,
    9.984369578019572e-6,
    1.5056327351493116e-7
  };

  private BetaDistribution() {}

  /** ln Gamma(x) for x above 0 (Lanczos 1964, with the coefficients of Godfrey for g = 7). */
  static double logGamma(double x) {
    if (x < 0.5) {
      return Math.log(Math.PI / Math.sin(Math.PI * x)) - logGamma(1 - x);
    }
    double sum = LANCZOS[0];
    for (int i = 1; i < LANCZOS.length; i++) {
      sum += LANCZOS[i] / (x - 1 + i);
    }
    double t = x + 6.5;
    return 0.5 * Math.log(2 * Math.PI) + (x - 0.5) * Math.log(t) - t + Math.log(sum);
  }

  /** ln B(a, b). */
  static double logBeta(double a, double b) {
    return logGamma(a) + logGamma(b) - logGamma(a + b);
  }

  /** The density at x, between 0 and 1 exclusively. */
  static double density(double a, double b, double logBeta, double x) {
    return Math.exp((a - 1) * Math.log(x) + (b - 1) * Math.log1p(-x) - logBeta);
  }

  /**
   * The regularised incomplete beta function I_x(a, b), by its continued fraction (DLMF 8.17.22)
   * and Lentz's method.
   */
  static double cumulative(double a, double b, double logBeta, double x) {
    if (x <= 0 || x >= 1) {
      return x <= 0 ? 0 : 1;
    }
    double front = Math.exp(a * Math.log(x) + b * Math.log1p(-x) - logBeta);
    return x < (a + 1) / (a + b + 2)
        ? front * fraction(a, b, x) / a
        : 1 - front * fraction(b, a, 1 - x) / b;
  }

  private static double fraction(double a, double b, double x) {
    double c = 1;
    double d = 1 / nonzero(1 - (a + b) * x / (a + 1));
    double value = d;
    for (int m = 1; m <= MOST_TERMS; m++) {
      double even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
      d = 1 / nonzero(1 + even * d);
      c = nonzero(1 + even / c);
      value *= d * c;
      double odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
      d = 1 / nonzero(1 + odd * d);
      c = nonzero(1 + odd / c);
      value *= d * c;
      if (Math.abs(d * c - 1) < EPSILON) {
        break;
      }
    }
    return value;
  }

  private static double nonzero(double x) {
    return Math.abs(x) < TINY ? TINY : x;
  }

  /** Where the cumulative has a value, to within 2^-50. */
  static double quantile(double a, double b, double logBeta, double p) {
    double low = 0;
    double high = 1;
    for (int i = 0; i < BISECTIONS; i++) {
      double middle = (low + high) / 2;
      if (cumulative(a, b, logBeta, middle) < p) {
        low = middle;
      } else {
        high = middle;
      }
    }
    return (low + high) / 2;
  }

  /** A draw: of two Gamma variables the part of the first. */
  static double draw(double a, double b, RandomGenerator random) {
    double x = gamma(a, random);
    double y = gamma(b, random);
    // Shapes near 0 give numbers that are too small to be told from 0.
    return x + y > 0 ? x / (x + y) : random.nextDouble() * (a + b) < a ? 1 : 0;
  }

  /** Marsaglia and Tsang, A simple method for generating gamma variables, TOMS 26, 2000. */
  private static double gamma(double shape, RandomGenerator random) {
    if (shape < 1) {
      double u = 1 - random.nextDouble();
      return gamma(shape + 1, random) * Math.pow(u, 1 / shape);
    }
    double d = shape - 1.0 / 3;
    double c = 1 / Math.sqrt(9 * d);
    while (true) {
      double normal = random.nextGaussian();
      double v = 1 + c * normal;
      if (v > 0) {
        v = v * v * v;
        double u = 1 - random.nextDouble();
        double square = normal * normal;
        if (u < 1 - 0.0331 * square * square
            || Math.log(u) < 0.5 * square + d * (1 - v + Math.log(v))) {
          return d * v;
        }
      }
    }
  }
}
