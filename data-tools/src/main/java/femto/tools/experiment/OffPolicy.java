package femto.tools.experiment;

/**
 * What a policy would have earned, from the log of another one that wrote down with which
 * probability it chose what it chose (its propensity).
 *
 * <p>For decision i with reward r, propensity p and a probability q of the same choice under the
 * policy that is judged, the weight is w = min(q / p, clip):
 *
 * <pre>
 *   IPS    mean of w r                                   Horvitz and Thompson, JASA 47, 1952
 *   SNIPS  sum of w r / sum of w                         Swaminathan and Joachims, NIPS 2015
 *   DR     mean of m + w (r - f)                         Dudik, Langford and Li, ICML 2011
 * </pre>
 *
 * where f is a model's prediction of the reward of what was chosen, and m the mean of its
 * predictions over the choices of the policy that is judged. IPS and DR are unbiased where every
 * choice that this policy may make was possible in the log and nothing is clipped; SNIPS nearly so,
 * and steadier. Intervals are those of a mean, 95 %; they take decisions to be independent, which
 * those of a policy that learned from its own log are not quite.
 */
public final class OffPolicy {
  private static final double Z = Rate.quantile(0.975);

  private OffPolicy() {}

  /**
   * An estimate, and what to look at before believing it.
   *
   * @param value mean reward of a decision
   * @param interval 95 %
   * @param effectiveSize how many decisions of the policy itself are worth as much: (sum of w)^2 /
   *     sum of w^2 (Kish)
   * @param meanWeight 1 within its error where the log supports the policy; less where the policy
   *     makes choices that the log could not have, or where much is clipped
   * @param clipped decisions whose weight was cut
   */
  public record Estimate(
      double value, Interval interval, double effectiveSize, double meanWeight, long clipped) {}

  /** Weights and what is known of them. */
  private record Weights(double[] w, double sum, double squares, long clipped) {
    static Weights of(double[] propensities, double[] probabilities, double clip) {
      double[] w = new double[propensities.length];
      double sum = 0;
      double squares = 0;
      long clipped = 0;
      for (int i = 0; i < w.length; i++) {
        if (!(propensities[i] > 0 && propensities[i] <= 1)) {
          throw new IllegalArgumentException(
              "decision " + i + " has the propensity " + propensities[i] + ", expected above 0");
        }
        double weight = probabilities[i] / propensities[i];
        w[i] = Math.min(weight, clip);
        clipped += weight > clip ? 1 : 0;
        sum += w[i];
        squares += w[i] * w[i];
      }
      return new Weights(w, sum, squares, clipped);
    }

    Estimate estimate(double value, double error) {
      return new Estimate(
          value,
          new Interval(value - Z * error, value + Z * error),
          squares == 0 ? 0 : sum * sum / squares,
          sum / w.length,
          clipped);
    }
  }

  /**
   * Inverse propensity scores.
   *
   * @param rewards of each decision
   * @param propensities with which it was made, above 0
   * @param probabilities of the same choice under the policy that is judged
   * @param clip largest weight; infinity cuts none
   * @return the estimate
   */
  public static Estimate ips(
      double[] rewards, double[] propensities, double[] probabilities, double clip) {
    requireAsMany(rewards, propensities, probabilities);
    Weights weights = Weights.of(propensities, probabilities, clip);
    double[] terms = new double[rewards.length];
    for (int i = 0; i < terms.length; i++) {
      terms[i] = weights.w()[i] * rewards[i];
    }
    return ofTerms(weights, terms);
  }

  /**
   * The same, by the sum of the weights; its error is that of a ratio (delta method).
   *
   * @param rewards of each decision
   * @param propensities with which it was made, above 0
   * @param probabilities of the same choice under the policy that is judged
   * @param clip largest weight; infinity cuts none
   * @return the estimate; NaN if the policy makes none of the choices
   */
  public static Estimate selfNormalised(
      double[] rewards, double[] propensities, double[] probabilities, double clip) {
    requireAsMany(rewards, propensities, probabilities);
    Weights weights = Weights.of(propensities, probabilities, clip);
    double sum = 0;
    for (int i = 0; i < rewards.length; i++) {
      sum += weights.w()[i] * rewards[i];
    }
    double value = sum / weights.sum();
    double squares = 0;
    for (int i = 0; i < rewards.length; i++) {
      double apart = weights.w()[i] * (rewards[i] - value);
      squares += apart * apart;
    }
    return weights.estimate(value, Math.sqrt(squares) / weights.sum());
  }

  /**
   * Doubly robust: a model of the rewards, and its errors by their weights.
   *
   * @param rewards of each decision
   * @param propensities with which it was made, above 0
   * @param probabilities of the same choice under the policy that is judged
   * @param predictions what a model says of the reward of the choice that was made; not one that
   *     was fitted on these decisions
   * @param means the mean of what it says of the choices of the policy that is judged
   * @param clip largest weight; infinity cuts none
   * @return the estimate
   */
  public static Estimate doublyRobust(
      double[] rewards,
      double[] propensities,
      double[] probabilities,
      double[] predictions,
      double[] means,
      double clip) {
    requireAsMany(rewards, propensities, probabilities, predictions, means);
    Weights weights = Weights.of(propensities, probabilities, clip);
    double[] terms = new double[rewards.length];
    for (int i = 0; i < terms.length; i++) {
      terms[i] = means[i] + weights.w()[i] * (rewards[i] - predictions[i]);
    }
    return ofTerms(weights, terms);
  }

  private static Estimate ofTerms(Weights weights, double[] terms) {
    Sample sample = Sample.of(terms);
    return weights.estimate(sample.mean(), Math.sqrt(sample.variance() / terms.length));
  }

  private static void requireAsMany(double[]... all) {
    for (double[] some : all) {
      if (some.length != all[0].length || some.length < 2) {
        throw new IllegalArgumentException(
            some.length + " numbers, expected as many of each, and two or more");
      }
    }
  }
}
