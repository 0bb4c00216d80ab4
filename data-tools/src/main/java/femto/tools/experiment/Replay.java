package femto.tools.experiment;

import femto.policy.Bandit;
import femto.policy.Chooser;
import femto.policy.Policy;
import java.util.Arrays;
import java.util.random.RandomGenerator;

/**
 * What a policy that learns as it goes would have earned, from the log of one that chose uniformly
 * at random (Li, Chu, Langford and Wang, <i>Unbiased offline evaluation of contextual-bandit-based
 * news article recommendation algorithms</i>, WSDM 2011, algorithm 2).
 *
 * <p>Decision by decision the policy chooses too. Where it chooses what the log has, it is told the
 * reward, which counts; any other decision is passed over, as if it had not been. Since each arm
 * was logged with one probability, whatever the policy knew, what is left is distributed as if the
 * policy itself had served (theorem 1 there): the mean over a fixed number of matched decisions is
 * an unbiased estimate of the policy's mean reward over as many rounds. About one decision of as
 * many as there are arms matches.
 *
 * <p>A log of other propensities is refused. It could be thinned to a uniform one, but what is left
 * of it is seldom enough; fixed policies are judged from such logs by {@link OffPolicy}.
 */
public final class Replay {
  private static final double Z = Rate.quantile(0.975);

  /** Propensities are read from text. */
  private static final double TOLERANCE = 1e-6;

  private Replay() {}

  /**
   * What came of it.
   *
   * @param value mean reward of the matched decisions; NaN if there are none
   * @param interval 95 %, that of a mean of independent rewards; NaN for fewer than two. The
   *     rewards of a policy that learns are not independent: it holds the mean of what was to be
   *     expected of its choices in this run, and of other runs somewhat less often
   * @param matched how many decisions matched
   * @param passed how many decisions of the log it took
   */
  public record Result(double value, Interval interval, int matched, int passed) {}

  /**
   * Runs a policy, which knows nothing at first.
   *
   * @param log decisions of a uniformly random policy, rewards from 0 to 1
   * @param policy the policy
   * @param rounds how many matched decisions it ends after, if the log has as many
   * @param random decides what the policy leaves to chance
   * @return its mean reward
   * @throws IllegalArgumentException if the propensities are not uniform, or a reward is not from 0
   *     to 1
   */
  public static Result of(BanditLog log, Policy policy, int rounds, RandomGenerator random) {
    require(rounds >= 1, "rounds=" + rounds + ", expected 1 or more");
    requireUniform(log);
    Bandit bandit = new Bandit(policy, log.arms());
    Chooser chooser = bandit.newChooser(random);
    double[] rewards = new double[Math.min(rounds, log.size())];
    int matched = 0;
    int passed = 0;
    for (; passed < log.size() && matched < rounds; passed++) {
      int arm = log.chosen()[passed];
      if (chooser.choose() == arm) {
        double reward = log.rewards()[passed];
        bandit.report(arm, 1, reward);
        rewards[matched++] = reward;
      }
    }
    double[] counted = Arrays.copyOf(rewards, matched);
    if (matched < 2) {
      return new Result(
          matched == 0 ? Double.NaN : counted[0],
          new Interval(Double.NaN, Double.NaN),
          matched,
          passed);
    }
    Sample sample = Sample.of(counted);
    double half = Z * Math.sqrt(sample.variance() / matched);
    return new Result(
        sample.mean(), new Interval(sample.mean() - half, sample.mean() + half), matched, passed);
  }

  private static void requireUniform(BanditLog log) {
    double expected = 1.0 / log.arms();
    for (int i = 0; i < log.size(); i++) {
      double propensity = log.propensities()[i];
      require(
          Math.abs(propensity - expected) <= TOLERANCE,
          "decision %d has the propensity %s, expected %.6g: replay needs the log of a policy that chooses each of %d arms alike"
              .formatted(i, propensity, expected, log.arms()));
      double reward = log.rewards()[i];
      require(
          reward >= 0 && reward <= 1,
          "decision %d has the reward %s, expected 0 to 1: a policy learns from no other"
              .formatted(i, reward));
    }
  }

  private static void require(boolean holds, String problem) {
    if (!holds) {
      throw new IllegalArgumentException(problem);
    }
  }
}
