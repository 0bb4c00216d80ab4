package femto.learn.blocks;

import femto.kernels.RowLayout;
import femto.learn.LearnerOptions.L2;
import java.util.List;

/**
 * How to learn over blocks.
 *
 * @param method how a weight gets its next value
 * @param target what labels are
 * @param factors number of factors a feature, k; 0 for a linear model
 * @param initialScale standard deviation of the factors at the start
 * @param l2 for ALS the penalty by field: {@code lambda weight^2} is added to the sum of squared
 *     errors once a weight, not once an example; Gibbs sampling learns it and takes an empty list
 * @param priors what Gibbs sampling believes of penalties before it has seen anything
 * @param seed of everything drawn at random
 */
public record BlockOptions(
    Method method,
    Target target,
    int factors,
    double initialScale,
    List<L2> l2,
    Priors priors,
    long seed) {

  /** How a weight gets its next value. */
  public enum Method {
    /**
     * The value that makes the penalised squared error least while all others stay (Rendle,
     * Gantner, Freudenthaler and Schmidt-Thieme, "Fast context-aware recommendations with
     * factorization machines", SIGIR 2011).
     */
    ALS,
    /**
     * A draw from its distribution given all others (Freudenthaler, Schmidt-Thieme and Rendle,
     * "Bayesian factorization machines", NIPS workshop 2011).
     */
    GIBBS
  }

  /** What labels are. */
  public enum Target {
    /** Numbers, with Gaussian noise. */
    NUMBER,
    /**
     * 0 or 1: whether a Gaussian of mean the score and deviation 1 is above 0, which is drawn anew
     * in each sweep (Albert and Chib, "Bayesian analysis of binary and polychotomous response
     * data", JASA 1993). With Gibbs sampling alone, and examples that all count alike.
     */
    PROBIT,
    /**
     * Levels, such as ratings of 1 to 5: in which of as many intervals a Gaussian of mean the score
     * and deviation 1 is. It is drawn anew in each sweep, as in the same paper, and so are the cut
     * points between the intervals, which take the place of w0. With Gibbs sampling alone, and
     * examples that all count alike.
     */
    ORDINAL
  }

  /**
   * Gamma(shape / 2, rate / 2) for every precision, and N(0, 1 / (meanPrecision precision)) for the
   * mean of every group of weights; a group is a field's linear weights, or one of its factors.
   *
   * @param shape twice the shape of the Gamma, above 0
   * @param rate twice its rate, above 0
   * @param meanPrecision how many weights of value 0 the prior of a mean is worth, above 0
   * @param biasPrecision precision of w0, or of each cut point, around 0, 0 or more; 0 is flat
   */
  public record Priors(double shape, double rate, double meanPrecision, double biasPrecision) {
    /** Those of libFM: all 1, and w0 flat. */
    public static final Priors LIBFM = new Priors(1, 1, 1, 0);

    /**
     * Checks the numbers.
     *
     * @throws IllegalArgumentException if one is out of range
     */
    public Priors {
      if (!(shape > 0 && rate > 0 && meanPrecision > 0 && biasPrecision >= 0)) {
        throw new IllegalArgumentException(
            "shape=%s, rate=%s, meanPrecision=%s, expected above 0, biasPrecision=%s, 0 or more"
                .formatted(shape, rate, meanPrecision, biasPrecision));
      }
    }
  }

  /**
   * Takes a copy of the list and checks the numbers.
   *
   * @throws IllegalArgumentException if a number is out of range, or parts do not go together
   */
  public BlockOptions {
    l2 = List.copyOf(l2);
    if (factors < 0 || factors > RowLayout.MAX_LENGTH) {
      throw new IllegalArgumentException(
          "factors=" + factors + ", expected 0 to " + RowLayout.MAX_LENGTH);
    }
    if (!(initialScale >= 0 && initialScale <= Float.MAX_VALUE)) {
      throw new IllegalArgumentException("initialScale=" + initialScale + ", expected 0 or more");
    }
    if (method == Method.ALS && target != Target.NUMBER) {
      throw new IllegalArgumentException("ALS with target " + target + ", expected NUMBER");
    }
  }
}
