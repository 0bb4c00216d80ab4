package femto.tools.cli;

import femto.model.PairWeights;
import java.util.Locale;

/**
 * How many pairs of features share a weight, by how full their table is: with m of B places in use
 * a pair has its place to itself with the probability that no other one is there, which is that of
 * a place being empty, 1 - m/B. So the share of pairs that share their place is about m/B, whatever
 * their number (linear counting: Whang, Vander-Zanden and Taylor, 1990). A weight of exactly 0
 * counts as a place that is not in use.
 *
 * @param bits of the table
 * @param used places in use
 */
record PairCollisions(int bits, int used) {
  static PairCollisions of(PairWeights pairs) {
    int used = 0;
    for (int i = 0; i < pairs.size(); i++) {
      used += pairs.number(i) == 0 ? 0 : 1;
    }
    return new PairCollisions(pairs.bits(), used);
  }

  /** Of the pairs seen, about how many share their weight with another: 0 to 1. */
  double share() {
    return used / (double) (1L << bits);
  }

  @Override
  public String toString() {
    return String.format(
        Locale.ROOT,
        "2^%d weights for pairs, %,d in use: about %.1f %% of the pairs share theirs with another",
        bits,
        used,
        100 * share());
  }
}
