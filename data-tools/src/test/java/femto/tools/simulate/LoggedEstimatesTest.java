package femto.tools.simulate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import femto.policy.Policy;
import femto.tools.experiment.BanditLog;
import femto.tools.experiment.Mean;
import femto.tools.experiment.OffPolicy.Estimate;
import femto.tools.experiment.Replay;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Estimates from logs of the simulator, beside what it says is true. */
class LoggedEstimatesTest {
  private static final double[] RATES = {0.2, 0.5, 0.7};
  private static final double NONE = Double.POSITIVE_INFINITY;

  private static BanditLog log(String policy, int rounds, long seed) {
    int[] arms = new int[rounds];
    double[] propensities = new double[rounds];
    double[] rewards = new double[rounds];
    new Simulation(RATES, rounds, 1, seed, 0, 1, 1)
        .replay(
            Policy.parse(policy),
            (round, arm, propensity, success) -> {
              arms[round] = arm;
              propensities[round] = propensity.getAsDouble();
              rewards[round] = success ? 1 : 0;
            });
    return new BanditLog(RATES.length, arms, propensities, rewards);
  }

  /**
   * The mean over 8,000 replays of 100 matched rounds, against 20,000 repetitions that serve for as
   * many: within four standard errors of the difference. A log of 600 decisions is long enough in
   * all but one time of 10^17.
   */
  @ParameterizedTest
  @ValueSource(strings = {"thompson", "ucb1", "epsilon-greedy", "ab:30", "uniform"})
  void shouldReplayWithoutBias(String policy) {
    int rounds = 100;
    double regret =
        new Simulation(RATES, rounds, 20_000, 99, 0, 1, 1)
            .run(List.of(Policy.parse(policy)), 2, () -> {})
            .get(0)
            .regret()
            .value();
    double truth = Arrays.stream(RATES).max().orElseThrow() - regret / rounds;
    double[] means = new double[8_000];
    for (int i = 0; i < means.length; i++) {
      Replay.Result result =
          Replay.of(
              log("uniform", 600, i), Policy.parse(policy), rounds, new SplittableRandom(7L * i));
      assertThat(result.matched()).isEqualTo(rounds);
      means[i] = result.value();
    }
    Mean mean = Mean.of(means);
    double error = (mean.high() - mean.low()) / 2 / 1.96;
    assertThat(error).isLessThan(0.0015);
    assertThat(mean.value()).isCloseTo(truth, within(4 * error));
  }

  /** Of 1,000 logs, 95 % are within 2 % of that but for one time in 250. */
  @Test
  void shouldHoldTheTruthInNineteenOfTwentyReplays() {
    double truth = Arrays.stream(RATES).average().orElseThrow();
    int logs = 1_000;
    int held = 0;
    for (int i = 0; i < logs; i++) {
      Replay.Result result =
          Replay.of(
              log("uniform", 1_500, 5_000 + i),
              new Policy.Uniform(),
              Integer.MAX_VALUE,
              new SplittableRandom(i));
      held += result.interval().contains(truth) ? 1 : 0;
    }
    assertThat(held / (double) logs).isBetween(0.93, 0.97);
  }

  /** A fixed mix from logs of a uniform policy and of a greedy one that learned as it logged. */
  @ParameterizedTest
  @ValueSource(strings = {"uniform", "epsilon-greedy:0.4"})
  void shouldHoldTheTruthOfAFixedMix(String logger) {
    double[] mix = {0.2, 0.5, 0.3};
    double truth = 0.2 * 0.2 + 0.5 * 0.5 + 0.3 * 0.7;
    int logs = 1_000;
    int[] held = new int[3];
    double[][] values = new double[3][logs];
    for (int i = 0; i < logs; i++) {
      BanditLog log = log(logger, 1_500, 9_000 + i);
      Estimate[] all = {
        log.ips(mix, NONE), log.selfNormalised(mix, NONE), log.doublyRobust(mix, NONE)
      };
      for (int estimator = 0; estimator < all.length; estimator++) {
        held[estimator] += all[estimator].interval().contains(truth) ? 1 : 0;
        values[estimator][i] = all[estimator].value();
      }
    }
    for (int estimator = 0; estimator < held.length; estimator++) {
      Mean mean = Mean.of(values[estimator]);
      assertThat(held[estimator] / (double) logs)
          .as("estimator %d", estimator)
          .isBetween(0.93, 0.97);
      assertThat(mean.value())
          .as("estimator %d", estimator)
          .isCloseTo(truth, within(2 * (mean.high() - mean.low()) / 2));
    }
  }
}
