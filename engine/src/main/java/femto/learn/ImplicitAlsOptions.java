package femto.learn;

import femto.kernels.RowLayout;
import java.util.List;

/**
 * How implicit alternating least squares learn.
 *
 * @param factors number of factors a feature, 1 or more
 * @param sweeps how often every weight is solved for, 1 or more
 * @param unobserved weight of a pair that was not observed, beside 1 (times its own) for one that
 *     was; above 0
 * @param l2 strength of the L2 penalty, one entry a field; above 0 for a field with values
 * @param frequencyPower a feature's penalty is that of its field times the weight of all pairs that
 *     it is in, to this power; 0 to 1
 * @param initialScale standard deviation of the factors at the start, above 0
 * @param seed of everything drawn at random
 */
public record ImplicitAlsOptions(
    int factors,
    int sweeps,
    double unobserved,
    List<LearnerOptions.L2> l2,
    double frequencyPower,
    double initialScale,
    long seed) {
  /**
   * Takes a copy of the list and checks the numbers.
   *
   * @throws IllegalArgumentException if a number is out of range
   */
  public ImplicitAlsOptions {
    l2 = List.copyOf(l2);
    require(
        factors >= 1 && factors <= RowLayout.MAX_LENGTH,
        "factors=" + factors + ", expected 1 to " + RowLayout.MAX_LENGTH);
    require(sweeps >= 1, "sweeps=" + sweeps + ", expected 1 or more");
    require(
        unobserved > 0 && unobserved <= Float.MAX_VALUE,
        "unobserved=" + unobserved + ", expected above 0");
    require(
        l2.stream().allMatch(one -> one.linear() > 0 && one.factors() > 0),
        "an L2 of 0 among " + l2 + ", expected above 0");
    require(
        frequencyPower >= 0 && frequencyPower <= 1,
        "frequencyPower=" + frequencyPower + ", expected 0 to 1");
    require(
        initialScale > 0 && initialScale <= Float.MAX_VALUE,
        "initialScale=" + initialScale + ", expected above 0");
  }

  private static void require(boolean holds, String problem) {
    if (!holds) {
      throw new IllegalArgumentException(problem);
    }
  }
}
