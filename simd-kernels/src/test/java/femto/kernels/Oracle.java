package femto.kernels;

import java.math.BigDecimal;
import java.util.Arrays;
import java.util.function.IntPredicate;

/**
 * The answers by the plainest means, over plain arrays: doubles, the textbook formula, and a full
 * sort. Shares nothing with the product.
 */
final class Oracle {
  /** The largest relative error of one rounded f32 operation. */
  static final double UNIT_ROUNDOFF = 0x1p-24;

  /** The largest error of one rounded f32 operation that underflows. */
  static final double UNDERFLOW = 0x1p-150;

  private Oracle() {}

  /** The score of a folded row: bias and dot product. */
  static double score(float[] row, float[] query) {
    double sum = row[0];
    for (int f = 0; f < query.length; f++) {
      sum += (double) query[f] * row[1 + f];
    }
    return sum;
  }

  /** The magnitudes of what {@link #score} adds, added up. */
  static double magnitudes(float[] row, float[] query) {
    double sum = Math.abs(row[0]);
    for (int f = 0; f < query.length; f++) {
      sum += Math.abs((double) query[f] * row[1 + f]);
    }
    return sum;
  }

  /**
   * How far a chain may be from {@link #score}: n rounded steps, each off by at most u of a partial
   * sum or, where it underflows, by half of the least float (Higham, Accuracy and Stability of
   * Numerical Algorithms, section 3.1).
   */
  static double chainError(float[] row, float[] query) {
    int n = query.length + 1;
    double gamma = n * UNIT_ROUNDOFF / (1 - n * UNIT_ROUNDOFF);
    return gamma * magnitudes(row, query) + n * UNDERFLOW;
  }

  /** The chain that defines a score, in f32. */
  static float chain(float[] row, float[] query) {
    float score = row[0];
    for (int f = 0; f < query.length; f++) {
      score = Math.fma(query[f], row[1 + f], score);
    }
    return score;
  }

  static float[] chains(float[][] rows, float[] query) {
    float[] chains = new float[rows.length];
    for (int row = 0; row < rows.length; row++) {
      chains[row] = chain(rows[row], query);
    }
    return chains;
  }

  /**
   * The chain in exact decimal arithmetic, rounded to f32 once a step: no fma of the JDK in it, and
   * no signed zeros.
   */
  static float exactlyRoundedChain(float[] row, float[] query) {
    float score = row[0];
    for (int f = 0; f < query.length; f++) {
      score =
          new BigDecimal(query[f])
              .multiply(new BigDecimal(row[1 + f]))
              .add(new BigDecimal(score))
              .floatValue();
    }
    return score;
  }

  /**
   * The factorization machine of a sparse row, literally (Rendle, Factorization Machines, 2010,
   * equation 1): the linear terms, and every pair of features.
   */
  static double sparseScore(double start, float[][] weights, int[] features, float[] values) {
    double sum = start;
    for (int j = 0; j < features.length; j++) {
      sum += (double) weights[features[j]][0] * values[j];
    }
    for (int j = 0; j < features.length; j++) {
      for (int l = j + 1; l < features.length; l++) {
        double dot = 0;
        for (int f = 1; f < weights[features[j]].length; f++) {
          dot += (double) weights[features[j]][f] * weights[features[l]][f];
        }
        sum += dot * values[j] * values[l];
      }
    }
    return sum;
  }

  /** The logistic function. */
  static double sigmoid(double x) {
    return 1 / (1 + Math.exp(-x));
  }

  /** The best k: all that may be found, sorted by value, then index. */
  static int[] top(float[] values, IntPredicate mayBeFound, int k) {
    long[] keys = new long[values.length];
    int found = 0;
    for (int i = 0; i < values.length; i++) {
      if (mayBeFound.test(i)) {
        keys[found++] = ((long) descending(values[i]) << 32) | i;
      }
    }
    Arrays.sort(keys, 0, found);
    int[] best = new int[Math.min(k, found)];
    for (int rank = 0; rank < best.length; rank++) {
      best[rank] = (int) keys[rank];
    }
    return best;
  }

  /** A number that is less where the value is greater; the zeros of both signs are equal. */
  private static int descending(float value) {
    int bits = Float.floatToIntBits(value + 0f);
    int ascending = bits ^ ((bits >> 31) & Integer.MAX_VALUE);
    return ~ascending;
  }
}
