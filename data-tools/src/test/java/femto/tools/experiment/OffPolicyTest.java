package femto.tools.experiment;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import femto.tools.experiment.OffPolicy.Estimate;
import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class OffPolicyTest {
  private static final double NONE = Double.POSITIVE_INFINITY;

  /** Two kinds of users, and three arms: what each answers, and how logger and target choose. */
  private static final double[][] RATES = {{0.1, 0.3, 0.2}, {0.4, 0.1, 0.25}};

  private static final double[][] LOGGER = {{0.5, 0.3, 0.2}, {0.2, 0.2, 0.6}};
  private static final double[][] TARGET = {{0.1, 0.8, 0.1}, {0.7, 0.1, 0.2}};

  /** A log, as columns. */
  private static final class Log {
    final double[] rewards;
    final double[] propensities;
    final double[] probabilities;
    final double[] predictions;
    final double[] means;

    /** A model that is wrong by a part of each rate. */
    Log(int size, SplittableRandom random, double wrong) {
      rewards = new double[size];
      propensities = new double[size];
      probabilities = new double[size];
      predictions = new double[size];
      means = new double[size];
      for (int i = 0; i < size; i++) {
        int user = random.nextInt(2);
        double u = random.nextDouble();
        int arm = u < LOGGER[user][0] ? 0 : u < LOGGER[user][0] + LOGGER[user][1] ? 1 : 2;
        rewards[i] = random.nextDouble() < RATES[user][arm] ? 1 : 0;
        propensities[i] = LOGGER[user][arm];
        probabilities[i] = TARGET[user][arm];
        predictions[i] = (1 + wrong) * RATES[user][arm];
        for (int a = 0; a < 3; a++) {
          means[i] += TARGET[user][a] * (1 + wrong) * RATES[user][a];
        }
      }
    }

    Estimate[] all(double clip) {
      return new Estimate[] {
        OffPolicy.ips(rewards, propensities, probabilities, clip),
        OffPolicy.selfNormalised(rewards, propensities, probabilities, clip),
        OffPolicy.doublyRobust(rewards, propensities, probabilities, predictions, means, clip)
      };
    }
  }

  private static double truth() {
    double truth = 0;
    for (int user = 0; user < 2; user++) {
      for (int arm = 0; arm < 3; arm++) {
        truth += TARGET[user][arm] * RATES[user][arm] / 2;
      }
    }
    return truth;
  }

  /** Of 2,000 logs, 95 % are within 1 % of that but for one time in 20. */
  @Test
  void shouldHoldTheTruthInNineteenOfTwentyLogs() {
    SplittableRandom random = new SplittableRandom(7);
    int logs = 2_000;
    int[] held = new int[3];
    double[] mean = new double[3];
    double[] width = new double[3];
    for (int log = 0; log < logs; log++) {
      Estimate[] all = new Log(2_000, random, 0.3).all(NONE);
      for (int i = 0; i < all.length; i++) {
        held[i] += all[i].interval().contains(truth()) ? 1 : 0;
        mean[i] += all[i].value() / logs;
        width[i] += (all[i].interval().high() - all[i].interval().low()) / logs;
        assertThat(all[i].clipped()).isZero();
      }
    }
    for (int i = 0; i < held.length; i++) {
      assertThat(held[i] / (double) logs).as("estimator %d", i).isBetween(0.93, 0.97);
      assertThat(mean[i]).as("estimator %d", i).isCloseTo(truth(), within(0.002));
    }
    assertThat(width[1]).isLessThan(width[0]);
    assertThat(width[2]).isLessThan(width[0]);
  }

  /** By hand: weights 2, 0.5 and 4, cut at 3. */
  @Test
  void shouldBeItsFormulas() {
    double[] rewards = {1, 0, 1};
    double[] propensities = {0.5, 1, 0.25};
    double[] probabilities = {1, 0.5, 1};
    Estimate ips = OffPolicy.ips(rewards, propensities, probabilities, NONE);
    assertThat(ips.value()).isCloseTo(2, within(1e-12));
    assertThat(ips.effectiveSize()).isCloseTo(6.5 * 6.5 / 20.25, within(1e-12));
    assertThat(ips.meanWeight()).isCloseTo(6.5 / 3, within(1e-12));
    assertThat(ips.interval().high() - 2).isCloseTo(1.959964 * 2 / Math.sqrt(3), within(1e-6));
    Estimate clipped = OffPolicy.ips(rewards, propensities, probabilities, 3);
    assertThat(clipped.value()).isCloseTo(5 / 3.0, within(1e-12));
    assertThat(clipped.clipped()).isOne();
    assertThat(OffPolicy.selfNormalised(rewards, propensities, probabilities, NONE).value())
        .isCloseTo(6 / 6.5, within(1e-12));
    double[] predictions = {0.5, 0.5, 0.5};
    double[] means = {0.4, 0.5, 0.6};
    assertThat(
            OffPolicy.doublyRobust(rewards, propensities, probabilities, predictions, means, NONE)
                .value())
        .isCloseTo(0.5 + (2 * 0.5 - 0.5 * 0.5 + 4 * 0.5) / 3, within(1e-12));
  }

  /** The logger that is judged by its own log has a weight of one for each decision. */
  @Test
  void shouldBeTheMeanWhereBothPoliciesAreOne() {
    Log log = new Log(500, new SplittableRandom(8), 0);
    double mean = Arrays.stream(log.rewards).average().orElseThrow();
    Estimate same = OffPolicy.ips(log.rewards, log.propensities, log.propensities, NONE);
    assertThat(same.value()).isCloseTo(mean, within(1e-12));
    assertThat(same.effectiveSize()).isCloseTo(500, within(1e-9));
    assertThat(same.meanWeight()).isOne();
  }

  /** A choice that the log never had: the weights do not sum to one. */
  @Test
  void shouldShowThatTheLogDoesNotSupportThePolicy() {
    Log log = new Log(20_000, new SplittableRandom(9), 0);
    double[] probabilities = log.probabilities.clone();
    Arrays.setAll(probabilities, i -> log.propensities[i] == 0.5 ? 0 : probabilities[i]);
    assertThat(OffPolicy.ips(log.rewards, log.propensities, probabilities, NONE).meanWeight())
        .isLessThan(0.97);
    assertThat(OffPolicy.ips(log.rewards, log.propensities, log.probabilities, NONE).meanWeight())
        .isCloseTo(1, within(0.03));
  }

  @Test
  void shouldRefuseWhatCannotBe() {
    double[] two = {1, 1};
    assertThatIllegalArgumentException()
        .isThrownBy(() -> OffPolicy.ips(two, new double[] {0.5, 0}, two, NONE))
        .withMessageContaining("decision 1 has the propensity 0.0");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> OffPolicy.ips(two, new double[] {0.5, Double.NaN}, two, NONE));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> OffPolicy.ips(two, new double[] {0.5}, two, NONE));
  }
}
