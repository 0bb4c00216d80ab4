package femto.tools.ads;

import femto.tools.data.Draws;
import java.util.Arrays;

/** Draws ranks 0, 1, 2... with probabilities in proportion to 1 / (rank + 1)^exponent. */
final class Zipf {
  private final double[] cumulated;

  Zipf(int count, double exponent) {
    cumulated = new double[count];
    double sum = 0;
    for (int rank = 0; rank < count; rank++) {
      sum += StrictMath.pow(rank + 1, -exponent);
      cumulated[rank] = sum;
    }
  }

  int draw(Draws draws) {
    int last = cumulated.length - 1;
    int at = Arrays.binarySearch(cumulated, draws.uniform() * cumulated[last]);
    return Math.min(last, at >= 0 ? at + 1 : -at - 1);
  }
}
