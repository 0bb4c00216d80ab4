package femto.tools.ads;

import femto.tools.data.Draws;

/**
 * The weights of one value, a bias and factors, each of which follows an Ornstein-Uhlenbeck process
 * of mean 0: it moves, and at any time it is normal with the same deviation. Stepped exactly, so
 * that it does not matter how often.
 */
final class Drifting {
  /** A value that is used all the time is stepped when so much of its memory is gone. */
  private static final double LEAST_STEP = 1e-3;

  final double[] factors;
  double bias;

  private final double biasDeviation;
  private final double factorDeviation;

  /** When they were as they are, milliseconds. */
  private long since;

  Drifting(Draws draws, double biasDeviation, double factorDeviation, int factors, long now) {
    this.biasDeviation = biasDeviation;
    this.factorDeviation = factorDeviation;
    this.factors = new double[factors];
    this.since = now;
    step(draws, 0);
  }

  /** Moves on to a time; {@code rate} is the drift a millisecond. */
  void advance(Draws draws, long now, double rate) {
    double passed = rate * (now - since);
    if (passed >= LEAST_STEP) {
      step(draws, StrictMath.exp(-passed));
      since = now;
    }
  }

  private void step(Draws draws, double kept) {
    double fresh = Math.sqrt(1 - kept * kept);
    bias = kept * bias + fresh * biasDeviation * draws.gaussian();
    for (int i = 0; i < factors.length; i++) {
      factors[i] = kept * factors[i] + fresh * factorDeviation * draws.gaussian();
    }
  }
}
