package femto.tools.data;

import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;

/**
 * Random draws that are the same on every JVM: a generator named by its algorithm, the conversions
 * written out, and StrictMath.
 */
public final class Draws {
  private static final String ALGORITHM = "L64X128MixRandom";

  private final RandomGenerator bits;
  private double spare = Double.NaN;

  /**
   * Starts a sequence of draws.
   *
   * @param seed any number; the same gives the same draws
   */
  public Draws(long seed) {
    this.bits = RandomGeneratorFactory.of(ALGORITHM).create(seed);
  }

  /**
   * Uniform in (0, 1), with 52 random bits.
   *
   * @return the draw
   */
  public double uniform() {
    return ((bits.nextLong() >>> 12) + 0.5) * 0x1p-52;
  }

  /**
   * Uniform in 0 to bound - 1.
   *
   * @param bound 1 or more
   * @return the draw
   */
  public int below(int bound) {
    return (int) (uniform() * bound);
  }

  /**
   * Standard normal, by the polar method (Marsaglia and Bray 1964).
   *
   * @return the draw
   */
  public double gaussian() {
    if (!Double.isNaN(spare)) {
      double result = spare;
      spare = Double.NaN;
      return result;
    }
    while (true) {
      double x = 2 * uniform() - 1;
      double y = 2 * uniform() - 1;
      double square = x * x + y * y;
      if (square < 1) {
        double scale = Math.sqrt(-2 * StrictMath.log(square) / square);
        spare = y * scale;
        return x * scale;
      }
    }
  }

  /**
   * Exponential of mean 1.
   *
   * @return the draw
   */
  public double exponential() {
    return -StrictMath.log(uniform());
  }

  /** Index drawn in proportion to weights of 0 or more, of which one is above 0. */
  int weighted(double[] weights) {
    double sum = 0;
    for (double weight : weights) {
      sum += weight;
    }
    double at = uniform() * sum;
    int last = 0;
    for (int i = 0; i < weights.length; i++) {
      if (weights[i] > 0) {
        last = i;
        at -= weights[i];
        if (at < 0) {
          return i;
        }
      }
    }
    return last;
  }

  void shuffle(int[] values) {
    for (int i = values.length - 1; i > 0; i--) {
      int j = below(i + 1);
      int value = values[i];
      values[i] = values[j];
      values[j] = value;
    }
  }

  /**
   * The standard normal distribution function, within 1e-15 (G. West, Better approximations to
   * cumulative normal functions, 2005, after J. F. Hart, Computer Approximations, 1968, algorithm
   * 5666).
   */
  static double normalCdf(double x) {
    double z = Math.abs(x);
    double tail = 0;
    if (z < 37) {
      double density = StrictMath.exp(-z * z / 2);
      if (z < 7.07106781186547) {
        double above = 3.52624965998911e-02 * z + 0.700383064443688;
        above = above * z + 6.37396220353165;
        above = above * z + 33.912866078383;
        above = above * z + 112.079291497871;
        above = above * z + 221.213596169931;
        above = above * z + 220.206867912376;
        double below = 8.83883476483184e-02 * z + 1.75566716318264;
        below = below * z + 16.064177579207;
        below = below * z + 86.7807322029461;
        below = below * z + 296.564248779674;
        below = below * z + 637.333633378831;
        below = below * z + 793.826512519948;
        below = below * z + 440.413735824752;
        tail = density * above / below;
      } else {
        double fraction = z + 0.65;
        for (int i = 4; i > 0; i--) {
          fraction = z + i / fraction;
        }
        tail = density / (fraction * 2.506628274631);
      }
    }
    return x > 0 ? 1 - tail : tail;
  }
}
