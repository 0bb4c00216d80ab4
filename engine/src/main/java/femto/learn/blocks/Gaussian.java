package femto.learn.blocks;

/** The standard Gaussian distribution. */
final class Gaussian {
  private static final int TERMS = 100;

  private Gaussian() {}

  /**
   * The probability of a value below x, with an error below 1e-12.
   *
   * <p>Up to 6 by the series {@code 1/2 + density(x) (x + x^3/3 + x^5/(3 5) + ...)} (Marsaglia,
   * "Evaluating the normal distribution", Journal of Statistical Software 2004); beyond it is 0 or
   * 1 to nine digits, by the continued fraction of Mills' ratio.
   */
  static double below(double x) {
    if (x > 0) {
      return 1 - below(-x);
    }
    double density = Math.exp(-0.5 * x * x) / Math.sqrt(2 * Math.PI);
    if (x < -5) {
      double fraction = -x;
      for (int i = TERMS; i >= 1; i--) {
        fraction = -x + i / fraction;
      }
      return density / fraction;
    }
    double term = x;
    double sum = x;
    for (int i = 1; i < TERMS && Math.abs(term) > 1e-17 * Math.abs(sum); i++) {
      term *= x * x / (2 * i + 1);
      sum += term;
    }
    return 0.5 + density * sum;
  }
}
