package femto.policy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import femto.file.MalformedFileException;
import femto.memory.AllocatedBytes;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.FieldSource;
import org.junit.jupiter.params.provider.ValueSource;

class BanditTest {
  static final List<String> POLICIES =
      List.of(
          "uniform",
          "epsilon-greedy:0.1",
          "epsilon-greedy:0.0",
          "epsilon-greedy:1.0",
          "epsilon-decreasing:5.0:0.1",
          "epsilon-decreasing:0.01:0.9",
          "ucb1",
          "thompson:1.0:1.0",
          "thompson:0.5:2.5",
          "ab:100",
          "ab:1000000");

  @TempDir Path folder;

  private static Bandit bandit(String policy, double[]... arms) {
    Bandit bandit = new Bandit(Policy.parse(policy), arms.length);
    for (int arm = 0; arm < arms.length; arm++) {
      bandit.report(arm, arms[arm][0], arms[arm][1]);
    }
    return bandit;
  }

  private static double[] propensities(Bandit bandit) {
    Chooser chooser = bandit.newChooser(new SplittableRandom(1));
    chooser.choose();
    double[] all = new double[bandit.arms()];
    chooser.propensities(all);
    return all;
  }

  private static double[] frequencies(Bandit bandit, int draws) {
    Chooser chooser = bandit.newChooser(new SplittableRandom(5));
    double[] frequencies = new double[bandit.arms()];
    for (int i = 0; i < draws; i++) {
      frequencies[chooser.choose()] += 1.0 / draws;
    }
    return frequencies;
  }

  /** Five standard deviations of a frequency. */
  private static void assertFrequencies(Bandit bandit, int draws) {
    double[] expected = propensities(bandit);
    double[] found = frequencies(bandit, draws);
    assertThat(Arrays.stream(expected).sum()).isCloseTo(1, within(1e-12));
    for (int arm = 0; arm < expected.length; arm++) {
      double p = expected[arm];
      assertThat(found[arm])
          .as("%s, arm %d", bandit.policy(), arm)
          .isCloseTo(p, within(5 * Math.sqrt(p * (1 - p) / draws) + 1e-6));
    }
  }

  @ParameterizedTest
  @FieldSource("POLICIES")
  void shouldChooseAsOftenAsItsPropensitiesSay(String policy) {
    assertFrequencies(bandit(policy, new double[3][2]), 100_000);
    assertFrequencies(bandit(policy, new double[][] {{40, 3}}), 1_000);
    assertFrequencies(bandit(policy, new double[][] {{40, 3}, {0, 0}, {10, 1}, {0, 0}}), 100_000);
    assertFrequencies(bandit(policy, new double[][] {{40, 4}, {20, 2}, {10, 1}}), 100_000);
    assertFrequencies(bandit(policy, new double[][] {{400, 12}, {30, 2}, {900, 45}}), 100_000);
  }

  /** As many draws as the issue of propensities deserves: an error of 0.001 would be seen. */
  @ParameterizedTest
  @CsvSource({
    "3333, 100, 3333, 133, 3334, 167", //
    "10, 0, 10, 1, 5000, 150", //
    "1000000, 30000, 1000000, 30100, 2, 0", //
    "0, 0, 1, 1, 1, 0" //
  })
  void shouldKnowThePropensitiesOfThompsonSampling(
      double n1, double s1, double n2, double s2, double n3, double s3) {
    for (String policy : List.of("thompson", "thompson:0.5:0.5", "thompson:3:90")) {
      assertFrequencies(bandit(policy, new double[][] {{n1, s1}, {n2, s2}, {n3, s3}}), 1_000_000);
    }
  }

  /**
   * For two arms and whole numbers there is a sum for it: E. Miller, Formulas for Bayesian A/B
   * testing, 2015.
   */
  @ParameterizedTest
  @CsvSource({
    "0, 0, 0, 0",
    "10, 3, 20, 9",
    "100, 5, 1000, 41",
    "5000, 200, 5000, 230",
    "7, 7, 9, 0"
  })
  void shouldKnowThePropensitiesOfTwoArmsExactly(int n1, int s1, int n2, int s2) {
    double expected = 0;
    double a1 = 1 + s1;
    double b1 = 1 + n1 - s1;
    double a2 = 1 + s2;
    double b2 = 1 + n2 - s2;
    for (int i = 0; i < a2; i++) {
      expected +=
          Math.exp(
              BetaDistribution.logBeta(a1 + i, b1 + b2)
                  - Math.log(b2 + i)
                  - BetaDistribution.logBeta(1 + i, b2)
                  - BetaDistribution.logBeta(a1, b1));
    }
    double[] found = propensities(bandit("thompson", new double[][] {{n1, s1}, {n2, s2}}));
    assertThat(found[1]).isCloseTo(expected, within(1e-9));
    assertThat(found[0]).isCloseTo(1 - expected, within(1e-9));
  }

  @Test
  void shouldSumToOneForManyArmsAndAlikeForThoseThatAreAlike() {
    double[][] arms = new double[40][];
    Arrays.setAll(arms, arm -> new double[] {1000 + arm % 4, 30 + arm % 4 * 5});
    double[] found = propensities(bandit("thompson", arms));
    assertThat(Arrays.stream(found).sum()).isCloseTo(1, within(1e-12));
    for (int arm = 4; arm < arms.length; arm++) {
      assertThat(found[arm]).isCloseTo(found[arm % 4], within(1e-10));
    }
    assertThat(found[3]).isGreaterThan(2 * found[2]);
  }

  @Test
  void shouldTryEachArmBeforeAnyAgain() {
    for (String policy : List.of("ucb1", "epsilon-greedy:0", "epsilon-decreasing:1e-9:1")) {
      Bandit bandit = bandit(policy, new double[5][2]);
      Chooser chooser = bandit.newChooser(new SplittableRandom(2));
      List<Integer> tried = new ArrayList<>();
      for (int i = 0; i < 5; i++) {
        tried.add(chooser.choose());
        bandit.report(tried.get(i), true);
      }
      assertThat(tried).as(policy).containsExactlyInAnyOrder(0, 1, 2, 3, 4);
    }
  }

  @Test
  void shouldAddUcb1sBonus() {
    // 0.5 + sqrt(2 ln 110 / 100) = 0.8066, 0.3 + sqrt(2 ln 110 / 10) = 1.2696
    Bandit bandit = bandit("ucb1", new double[][] {{100, 50}, {10, 3}});
    assertThat(propensities(bandit)).containsExactly(0, 1);
    // 0.5 + 0.3238 against 0 + 0.8247: no more
    bandit = bandit("ucb1", new double[][] {{100, 50}, {90, 0}});
    assertThat(propensities(bandit)).containsExactly(1, 0);
  }

  @Test
  void shouldCommitOnceAndForEver() {
    Bandit bandit = bandit("ab:100", new double[][] {{50, 5}, {49, 6}});
    assertThat(propensities(bandit)).containsExactly(0.5, 0.5);
    bandit.report(0, false);
    assertThat(propensities(bandit)).containsExactly(0, 1);
    bandit.report(1, 1000, 0);
    assertThat(propensities(bandit)).containsExactly(0, 1);
  }

  @Test
  void shouldForgetAtTheRateOfItsDiscount() {
    Bandit bandit = new Bandit(new Policy.Ucb1(), 2, 0.5);
    bandit.report(0, true); // counts 1/8 in the end
    bandit.report(1, false); // 1/4
    bandit.report(0, false); // 1/2
    bandit.report(0, true);
    assertThat(bandit.arm(0)).isEqualTo(new Bandit.Arm(1.625, 1.125));
    assertThat(bandit.arm(1)).isEqualTo(new Bandit.Arm(0.25, 0));
    assertThat(bandit.arm(0).rate()).isCloseTo(1.125 / 1.625, within(1e-15));
    Bandit batch = new Bandit(new Policy.Ucb1(), 2, 0.5);
    batch.report(1, 1, 1);
    batch.report(0, 2, 1);
    assertThat(batch.arm(1)).isEqualTo(new Bandit.Arm(0.25, 0.25));
  }

  /** A drifting arm: who forgets follows it. */
  @Test
  void shouldFollowArmsThatDriftIfItForgets() {
    double forgetting = latePart(0.995);
    double remembering = latePart(1);
    assertThat(forgetting).isGreaterThan(0.8);
    assertThat(remembering).isLessThan(0.5);
  }

  /**
   * The part of the choices that were the best arm, in the last fifth, after the arms changed
   * places.
   */
  private static double latePart(double discount) {
    double[] before = {0.7, 0.3};
    int rounds = 5_000;
    Bandit bandit = new Bandit(new Policy.Thompson(1, 1), 2, discount);
    SplittableRandom random = new SplittableRandom(8);
    Chooser chooser = bandit.newChooser(random.split());
    int best = 0;
    for (int round = 0; round < rounds; round++) {
      boolean changed = round > rounds / 2;
      int arm = chooser.choose();
      bandit.report(arm, random.nextDouble() < before[changed ? 1 - arm : arm]);
      best += round >= rounds * 4 / 5 && arm == 1 ? 1 : 0;
    }
    return best / (rounds / 5.0);
  }

  @ParameterizedTest
  @FieldSource("POLICIES")
  void shouldGoOnWhereItWas(String policy) throws Exception {
    Bandit bandit = bandit(policy, new double[][] {{60, 5}, {45, 7.25}, {0, 0}});
    Path file = folder.resolve("bandit");
    bandit.write(file);
    Bandit restored = Bandit.read(file);
    assertThat(restored.policy()).isEqualTo(bandit.policy()).isEqualTo(Policy.parse(policy));
    Chooser one = bandit.newChooser(new SplittableRandom(3));
    Chooser other = restored.newChooser(new SplittableRandom(3));
    for (int i = 0; i < 200; i++) {
      int arm = one.choose();
      assertThat(other.choose()).isEqualTo(arm);
      bandit.report(arm, i % 3 == 0);
      restored.report(arm, i % 3 == 0);
    }
    Path again = folder.resolve("again");
    bandit.write(file);
    restored.write(again);
    assertThat(again).hasSameBinaryContentAs(file);
  }

  @Test
  void shouldRefuseAFileThatIsNotWhole() throws Exception {
    Path file = folder.resolve("bandit");
    bandit("thompson", new double[][] {{60, 5}, {45, 7}}).write(file);
    byte[] bytes = Files.readAllBytes(file);
    for (int at = 0; at < bytes.length; at += 7) {
      byte[] damaged = bytes.clone();
      damaged[at] ^= 1;
      Files.write(file, damaged);
      assertThatThrownBy(() -> Bandit.read(file))
          .as("byte %d", at)
          .isInstanceOf(MalformedFileException.class)
          .hasMessageStartingWith(file.toString());
    }
  }

  @Test
  void shouldLoseNoOutcomeOfManyThreads() throws Exception {
    Bandit bandit = new Bandit(new Policy.Thompson(1, 1), 3);
    int each = 20_000;
    List<Thread> threads = new ArrayList<>();
    for (int t = 0; t < 4; t++) {
      Chooser chooser = bandit.newChooser(new SplittableRandom(t));
      threads.add(
          Thread.ofPlatform()
              .start(
                  () -> {
                    for (int i = 0; i < each; i++) {
                      bandit.report(chooser.choose(), i % 4 == 0);
                    }
                  }));
    }
    for (Thread thread : threads) {
      thread.join();
    }
    double trials = 0;
    double successes = 0;
    for (int arm = 0; arm < 3; arm++) {
      trials += bandit.arm(arm).trials();
      successes += bandit.arm(arm).successes();
    }
    assertThat(trials).isEqualTo(4 * each);
    assertThat(successes).isEqualTo(each);
  }

  @ParameterizedTest
  @FieldSource("POLICIES")
  void shouldChooseWithoutAllocating(String policy) throws ReflectiveOperationException {
    Bandit bandit = bandit(policy, new double[][] {{60, 5}, {45, 7.25}, {30, 3}});
    Chooser chooser = bandit.newChooser(new SplittableRandom(3));
    long chosen = 0;
    long allocated = Long.MAX_VALUE;
    for (int round = 0; round < 20 && allocated > 0; round++) {
      long start = AllocatedBytes.ofThisThread();
      long measuring = AllocatedBytes.ofThisThread() - start;
      start = AllocatedBytes.ofThisThread();
      for (int i = 0; i < 20_000; i++) {
        chosen += chooser.choose();
      }
      allocated = AllocatedBytes.ofThisThread() - start - measuring;
    }
    assertThat(chosen).isNotNegative();
    assertThat(allocated).as(policy).isZero();
  }

  @Test
  void shouldRefuseWhatCannotBe() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new Bandit(new Policy.Ucb1(), 0))
        .withMessage("arms=0, expected 1 to 1000");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new Bandit(new Policy.Ucb1(), 2, 0))
        .withMessageContaining("discount=0.0");
    Bandit bandit = new Bandit(new Policy.Ucb1(), 2);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> bandit.report(0, 1, 2))
        .withMessage("2.0 successes of 1.0 trials, expected 0 to as many");
    assertThatIllegalArgumentException().isThrownBy(() -> bandit.report(0, Double.NaN, 0));
    assertThatIllegalArgumentException().isThrownBy(() -> bandit.report(0, 1, Double.NaN));
    assertThatThrownBy(() -> bandit.report(2, true)).isInstanceOf(IndexOutOfBoundsException.class);
    assertThatThrownBy(() -> bandit.newChooser(new SplittableRandom(1)).propensity())
        .isInstanceOf(IllegalStateException.class);
    assertThat(bandit.arm(1).rate()).isNaN();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "thomson",
        "ucb1:3",
        "epsilon-greedy:",
        "epsilon-greedy:x",
        "thompson:1",
        "ab",
        "ab:0.5"
      })
  void shouldSayWhichPoliciesThereAre(String text) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Policy.parse(text))
        .withMessageContaining("policy \"" + text + "\"")
        .withMessageContaining("epsilon-greedy[:epsilon]");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "epsilon-greedy:-0.1",
        "epsilon-greedy:1.1",
        "epsilon-greedy:NaN",
        "epsilon-decreasing:0:0.1",
        "epsilon-decreasing:1:0",
        "epsilon-decreasing:1:2",
        "thompson:0:1",
        "thompson:1:Infinity",
        "ab:0"
      })
  void shouldRefuseNumbersOutOfRange(String text) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Policy.parse(text))
        .withMessageContaining("expected");
  }
}
