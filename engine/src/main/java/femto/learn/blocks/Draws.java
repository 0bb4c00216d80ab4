package femto.learn.blocks;

import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;

/** What a chain draws: a sequence of numbers that a seed decides. */
class Draws {
  private static final double ROOT_OF_TWO_PI = Math.sqrt(2 * Math.PI);

  private final RandomGenerator random;

  Draws(long seed) {
    this.random = RandomGeneratorFactory.of("L64X128MixRandom").create(seed);
  }

  /** A standard Gaussian. */
  double gaussian() {
    return random.nextGaussian();
  }

  /** A number between 0 and 1. */
  double uniform() {
    return random.nextDouble();
  }

  /**
   * A Gamma of scale 1 (Marsaglia and Tsang, "A simple method for generating gamma variables", ACM
   * TOMS 2000).
   *
   * @param shape above 0
   */
  double gamma(double shape) {
    if (shape < 1) {
      double boost = Math.pow(1 - uniform(), 1 / shape); // above 0
      return boost * gamma(shape + 1);
    }
    double d = shape - 1.0 / 3;
    double c = 1 / Math.sqrt(9 * d);
    while (true) {
      double x = gaussian();
      double root = 1 + c * x;
      if (root <= 0) {
        continue;
      }
      double cube = root * root * root;
      if (Math.log(1 - uniform()) < 0.5 * x * x + d - d * cube + d * Math.log(cube)) {
        return d * cube;
      }
    }
  }

  /**
   * A standard Gaussian that is above a bound (Robert, "Simulation of truncated normal variables",
   * Statistics and Computing 1995).
   */
  double gaussianAbove(double bound) {
    if (bound < 0.5) { // at least 0.3 of the draws are
      double x = gaussian();
      while (x <= bound) {
        x = gaussian();
      }
      return x;
    }
    double rate = (bound + Math.sqrt(bound * bound + 4)) / 2;
    while (true) {
      double x = bound - Math.log(1 - uniform()) / rate;
      if (uniform() <= Math.exp(-0.5 * (x - rate) * (x - rate))) {
        return x;
      }
    }
  }

  /**
   * A standard Gaussian that is between two bounds, by the same paper.
   *
   * @param low may be -infinity
   * @param high above it, may be infinity
   */
  double gaussianBetween(double low, double high) {
    if (high < 0) {
      return -gaussianBetween(-high, -low);
    }
    if (low == Double.NEGATIVE_INFINITY) {
      return -gaussianAbove(-high);
    }
    double width = low > 0 ? Math.min(1 / low, ROOT_OF_TWO_PI) : ROOT_OF_TWO_PI;
    if (high - low > width) { // most of the draws above the lower bound are below the upper one
      double x = gaussianAbove(low);
      while (x >= high) {
        x = gaussianAbove(low);
      }
      return x;
    }
    double nearest = Math.max(low, 0);
    while (true) {
      double x = low + (high - low) * uniform();
      if (uniform() <= Math.exp(0.5 * (nearest * nearest - x * x))) {
        return x;
      }
    }
  }
}
