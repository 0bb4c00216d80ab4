package femto.tools.experiment;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import femto.policy.Policy;
import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class ReplayTest {
  private static final Policy AB = new Policy.ExploreThenCommit(2);

  /** Each decision of two arms with a propensity of a half. */
  private static BanditLog log(int[] chosen, double... rewards) {
    double[] propensities = new double[chosen.length];
    Arrays.fill(propensities, 0.5);
    return new BanditLog(2, chosen, propensities, rewards);
  }

  private static Replay.Result replay(BanditLog log, Policy policy, int rounds) {
    return Replay.of(log, policy, rounds, new SplittableRandom(1));
  }

  /**
   * By hand. UCB1 takes an arm at random until one matches, then the other one until that matches,
   * and then the higher index: arm 1 has won and arm 0 has lost, so arm 1 leads by 1 + sqrt(2 ln N)
   * (1 / sqrt(n1) - 1), which is above 0 up to N = 5. The first match is at decision 0 or 1 three
   * times in four, and then all but one of the six match; at decision 2 one time in eight, and then
   * that one and all after it; later, and then arm 0 does not come any more.
   */
  @Test
  void shouldLearnFromWhatMatchesAndFromNothingElse() {
    BanditLog log = log(new int[] {0, 1, 0, 1, 1, 1}, 0, 1, 0, 1, 1, 1);
    int[] times = new int[6];
    for (int seed = 0; seed < 1_000; seed++) {
      Replay.Result all =
          Replay.of(log, new Policy.Ucb1(), Integer.MAX_VALUE, new SplittableRandom(seed));
      assertThat(all.passed()).isEqualTo(6);
      double expected =
          switch (all.matched()) {
            case 5 -> 4 / 5.0;
            case 4 -> 3 / 4.0;
            case 1 -> 1;
            default -> Double.NaN;
          };
      assertThat(all.value()).isEqualTo(Double.valueOf(expected)); // also NaN
      times[all.matched()]++;
    }
    assertThat(times[5]).isBetween(690, 810); // 3 / 4, and four standard deviations
    assertThat(times[4]).isBetween(83, 167); // 1 / 8
    assertThat(times[1]).isBetween(69, 150); // 7 / 64
    assertThat(times[2] + times[3]).isZero();
  }

  /** By hand: mean and interval of 1, 1, 0, 1, and the round after which it ends. */
  @Test
  void shouldBeTheMeanOfTheFirstMatchedRounds() {
    BanditLog log = log(new int[] {1, 1, 1, 1, 1, 1}, 1, 1, 0, 1, 0, 0);
    Policy onlyOne = new Policy.ExploreThenCommit(1);
    for (int seed = 0; seed < 30; seed++) {
      Replay.Result result = Replay.of(log, onlyOne, 2, new SplittableRandom(seed));
      // Until its first match it chooses at random; what it commits to is then arm 1, for ever.
      int begin = result.passed() - 2;
      assertThat(result.matched()).isBetween(0, 2);
      if (result.matched() == 2) {
        assertThat(result.value())
            .isCloseTo((log.rewards()[begin] + log.rewards()[begin + 1]) / 2, within(1e-12));
        double apart = Math.abs(log.rewards()[begin] - log.rewards()[begin + 1]);
        double half = 1.959964 * Math.sqrt(apart * apart / 2 / 2);
        assertThat(result.interval().high() - result.value()).isCloseTo(half, within(1e-6));
        assertThat(result.value() - result.interval().low()).isCloseTo(half, within(1e-6));
      }
    }
  }

  @Test
  void shouldHaveNoIntervalWhereNothingMatches() {
    int none = 0;
    for (int seed = 0; seed < 50; seed++) {
      Replay.Result result =
          Replay.of(
              log(new int[] {0, 0}, 1, 1), new Policy.Uniform(), 9, new SplittableRandom(seed));
      assertThat(result.passed()).isEqualTo(2);
      if (result.matched() == 0) {
        none++;
        assertThat(result.value()).isNaN();
      }
      assertThat(Double.isNaN(result.interval().low())).isEqualTo(result.matched() < 2);
    }
    assertThat(none).isBetween(4, 25); // a quarter of 50
  }

  @Test
  void shouldRefuseALogThatIsNotUniform() {
    BanditLog greedy =
        new BanditLog(2, new int[] {0, 1}, new double[] {0.5, 0.9}, new double[] {1, 0});
    assertThatIllegalArgumentException()
        .isThrownBy(() -> replay(greedy, AB, 5))
        .withMessageContaining("decision 1 has the propensity 0.9, expected 0.5")
        .withMessageContaining("chooses each of 2 arms alike");
    BanditLog third =
        new BanditLog(3, new int[] {0, 1}, new double[] {0.5, 0.5}, new double[] {1, 0});
    assertThatIllegalArgumentException().isThrownBy(() -> replay(third, AB, 5));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> replay(log(new int[] {0, 1}, 0.5, 2), AB, 5))
        .withMessageContaining("decision 1 has the reward 2.0, expected 0 to 1");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> replay(log(new int[] {0, 1}, 0, 1), AB, 0));
  }
}
