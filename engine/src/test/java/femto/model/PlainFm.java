package femto.model;

import java.util.Random;

/**
 * The oracle: a factorization machine over plain arrays, scored by the literal double sum of the
 * textbook formula (Rendle, ICDM 2010, equation 1) in double precision. It shares nothing with the
 * product.
 *
 * @param bias w0
 * @param linear w_j
 * @param factors v_j
 */
public record PlainFm(float bias, float[] linear, float[][] factors) {
  /** Draws weights from a normal distribution of the given scale. */
  public static PlainFm random(Random random, int features, int k, double scale) {
    float[] linear = new float[features];
    float[][] factors = new float[features][k];
    for (int j = 0; j < features; j++) {
      linear[j] = (float) (random.nextGaussian() * scale);
      for (int f = 0; f < k; f++) {
        factors[j][f] = (float) (random.nextGaussian() * scale);
      }
    }
    return new PlainFm((float) (random.nextGaussian() * scale), linear, factors);
  }

  /** w0 + sum w_j x_j + sum_{j<l} <v_j, v_l> x_j x_l. */
  public double score(int[] features, float[] x) {
    double sum = bias;
    for (int j = 0; j < features.length; j++) {
      sum += (double) linear[features[j]] * x[j];
    }
    for (int j = 0; j < features.length; j++) {
      for (int l = j + 1; l < features.length; l++) {
        sum += dot(features[j], features[l]) * x[j] * x[l];
      }
    }
    return sum;
  }

  /**
   * The same sum with every product replaced by its magnitude: what rounding errors are relative
   * to.
   */
  public double magnitude(int[] features, float[] x) {
    double sum = Math.abs(bias);
    for (int j = 0; j < features.length; j++) {
      sum += Math.abs((double) linear[features[j]] * x[j]);
    }
    for (int j = 0; j < features.length; j++) {
      for (int l = j + 1; l < features.length; l++) {
        for (int f = 0; f < factors[features[j]].length; f++) {
          sum += Math.abs((double) factors[features[j]][f] * factors[features[l]][f] * x[j] * x[l]);
        }
      }
    }
    return sum;
  }

  /**
   * How far an f32 score may be from {@link #score}. Each term of the double sum goes through at
   * most 3n + 2k + 10 roundings (its products; n additions in each of q, s and the inner pairs; k
   * additions of the partial sums; k of the chain; K), each of relative size 2^-24, so the error is
   * at most gamma times the sum of magnitudes (Higham, "Accuracy and Stability of Numerical
   * Algorithms", lemma 3.1), plus what underflow may lose.
   */
  public double bound(int[] features, float[] x) {
    int k = factors.length == 0 ? 0 : factors[0].length;
    double roundings = 3.0 * features.length + 2.0 * k + 10;
    double gamma = roundings * 0x1p-24 / (1 - roundings * 0x1p-24);
    return gamma * magnitude(features, x) + roundings * roundings * (double) Float.MIN_NORMAL;
  }

  /** <v_j, v_l>. */
  public double dot(int j, int l) {
    double dot = 0;
    for (int f = 0; f < factors[j].length; f++) {
      dot += (double) factors[j][f] * factors[l][f];
    }
    return dot;
  }
}
