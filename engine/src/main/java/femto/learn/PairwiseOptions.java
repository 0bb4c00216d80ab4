package femto.learn;

import femto.kernels.RowLayout;
import java.util.List;

/**
 * How to learn from pairs of candidates.
 *
 * @param loss which pairs are stepped on, and how far
 * @param factors number of factors a feature, 1 or more
 * @param epochs passes over the positive pairs, 1 or more
 * @param stepSize step size at the start, above 0
 * @param lastStepSize what it falls to in a straight line, 0 to {@code stepSize}
 * @param initialScale standard deviation of the factors at the start
 * @param l2 strength of the L2 penalty, one entry a field
 * @param negatives for BPR how many candidates the hardest is taken of, for WARP how many are drawn
 *     at most until one violates the margin; 1 or more
 * @param popularityPower candidates are drawn with probability proportional to (their positive
 *     pairs + 1/2) to this power, 0 to 10; 0 is uniform
 * @param seed of everything drawn at random
 */
public record PairwiseOptions(
    Loss loss,
    int factors,
    int epochs,
    double stepSize,
    double lastStepSize,
    double initialScale,
    List<LearnerOptions.L2> l2,
    int negatives,
    double popularityPower,
    long seed) {

  /** What is made small for a context c, a candidate i that it has seen and one j that not. */
  public enum Loss {
    /**
     * {@code -ln sigmoid(x_ci - x_cj)} (Rendle, Freudenthaler, Gantner and Schmidt-Thieme, "BPR:
     * Bayesian Personalized Ranking from Implicit Feedback", UAI 2009), j being the one of the
     * highest score of some that are drawn (dynamic negative sampling: Zhang, Chen, Wang and Yu,
     * SIGIR 2013; of one it is plain BPR).
     */
    BPR,
    /**
     * {@code L(rank) max(0, 1 - x_ci + x_cj)}, j being the first drawn that violates the margin of
     * 1; the rank of i is taken to be the number of unseen candidates by that of draws, rounded
     * down, and {@code L(r) = 1 + 1/2 + ... + 1/r} (Weston, Bengio and Usunier, "WSABIE: Scaling Up
     * To Large Vocabulary Image Annotation", IJCAI 2011, equations 2 to 4 and algorithm 1).
     */
    WARP
  }

  /**
   * Takes a copy of the list and checks the numbers.
   *
   * @throws IllegalArgumentException if a number is out of range
   */
  public PairwiseOptions {
    l2 = List.copyOf(l2);
    require(
        factors >= 1 && factors <= RowLayout.MAX_LENGTH,
        "factors=" + factors + ", expected 1 to " + RowLayout.MAX_LENGTH);
    require(epochs >= 1, "epochs=" + epochs + ", expected 1 or more");
    require(
        stepSize > 0 && stepSize <= Float.MAX_VALUE, "stepSize=" + stepSize + ", expected above 0");
    require(
        lastStepSize >= 0 && lastStepSize <= stepSize,
        "lastStepSize=" + lastStepSize + ", expected 0 to " + stepSize);
    require(
        initialScale >= 0 && initialScale <= Float.MAX_VALUE,
        "initialScale=" + initialScale + ", expected 0 or more");
    require(negatives >= 1, "negatives=" + negatives + ", expected 1 or more");
    require(
        popularityPower >= 0 && popularityPower <= 10,
        "popularityPower=" + popularityPower + ", expected 0 to 10");
  }

  private static void require(boolean holds, String problem) {
    if (!holds) {
      throw new IllegalArgumentException(problem);
    }
  }
}
