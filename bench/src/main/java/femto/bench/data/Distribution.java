package femto.bench.data;

import java.util.Arrays;
import java.util.SplittableRandom;

/**
 * What the numbers of a synthetic table look like. How much of a table an exact search can pass
 * over depends on it; a search that reads every row costs the same on all of them.
 */
public enum Distribution {
  /** Factors and bias independent, N(0, 1): the hardest case, no candidate stands out. */
  GAUSSIAN {
    @Override
    void fillRow(SplittableRandom random, float[] into, int from, int length) {
      for (int i = 0; i <= length; i++) {
        into[from + i] = (float) random.nextGaussian();
      }
    }
  },

  /**
   * The common case, what trained models look like: a norm multiplier exp(0.5 N(0, 1)) a candidate,
   * factor j of variance 1 / (j + 1), a bias N(0, 0.25).
   */
  LOG_NORMAL {
    @Override
    void fillRow(SplittableRandom random, float[] into, int from, int length) {
      into[from] = (float) (0.5 * random.nextGaussian());
      double norm = Math.exp(0.5 * random.nextGaussian());
      for (int j = 0; j < length; j++) {
        into[from + 1 + j] = (float) (norm * random.nextGaussian() / Math.sqrt(j + 1.0));
      }
    }

    @Override
    void fillQuery(SplittableRandom random, float[] query) {
      for (int j = 0; j < query.length; j++) {
        query[j] = (float) (random.nextGaussian() / Math.sqrt(j + 1.0));
      }
    }
  },

  /** Student t with 3 degrees of freedom, every factor and the bias: a few huge numbers. */
  HEAVY_TAILS {
    @Override
    void fillRow(SplittableRandom random, float[] into, int from, int length) {
      for (int i = 0; i <= length; i++) {
        // Chi-squared of three degrees is that of two, an exponential of mean 2, and one more
        // squared Gaussian.
        double gaussian = random.nextGaussian();
        double chiSquared = 2 * random.nextExponential() + gaussian * gaussian;
        into[from + i] = (float) (random.nextGaussian() / Math.sqrt(chiSquared / 3));
      }
    }
  },

  /** Every row the same, so that all scores tie: nothing can be passed over. */
  EQUAL {
    @Override
    void fillRow(SplittableRandom random, float[] into, int from, int length) {
      Arrays.fill(into, from, from + 1 + length, 0.5f);
    }
  };

  /** Writes a row as {@link femto.kernels.RowLayout} has it: the bias, then the factors. */
  abstract void fillRow(SplittableRandom random, float[] into, int from, int length);

  /** Writes a query; N(0, 1) unless the distribution says otherwise. */
  void fillQuery(SplittableRandom random, float[] query) {
    for (int j = 0; j < query.length; j++) {
      query[j] = (float) random.nextGaussian();
    }
  }
}
