package femto.tools.simulate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import femto.policy.Policy;
import femto.tools.experiment.Mean;
import femto.tools.simulate.Simulation.Outcome;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SimulationTest {
  private static final double[] RATES = {0.03, 0.04, 0.05};

  private static Simulation simulation(int rounds, int repetitions, int delay, int batch) {
    return new Simulation(RATES, rounds, repetitions, 1, delay, batch, 1);
  }

  private static List<Outcome> run(Simulation simulation, int threads, String... policies) {
    return simulation.run(Arrays.stream(policies).map(Policy::parse).toList(), threads, () -> {});
  }

  /** Figures of a program that was written apart, in another language. */
  @ParameterizedTest
  @CsvSource({"uniform, 100.0", "ucb1, 82.4", "epsilon-greedy, 35.6", "thompson, 29.2"})
  void shouldLoseWhatAnotherProgramLoses(String policy, double regret) {
    Outcome outcome = run(simulation(10_000, 500, 0, 1), 2, policy).get(0);
    assertThat(outcome.regret().value()).isCloseTo(regret, within(0.1 * regret));
    assertThat(outcome.regret().low()).isLessThan(outcome.regret().value());
    assertThat(outcome.regret().high()).isGreaterThan(outcome.regret().value());
    assertThat(Arrays.stream(outcome.shares()).sum()).isCloseTo(1, within(1e-9));
    if (policy.equals("thompson")) {
      assertThat(outcome.bestShare().value()).isCloseTo(0.9, within(0.04));
    }
  }

  /** An even split for n rounds loses a hundredth of them; then the leader is mostly the best. */
  @Test
  void shouldSplitEvenlyAndThenCommit() {
    Outcome all = run(simulation(1_000, 400, 0, 1), 2, "ab:1000").get(0);
    assertThat(all.regret().value()).isCloseTo(10, within(0.2));
    Outcome sure =
        new Simulation(new double[] {0.1, 0.9}, 10_000, 200, 1, 0, 1, 1)
            .run(List.of(new Policy.ExploreThenCommit(1_000)), 2, () -> {})
            .get(0);
    assertThat(sure.regret().value()).isCloseTo(400, within(8.0));
    assertThat(sure.bestShare().value()).isOne();
    int middle = sure.at().length / 2;
    assertThat(sure.at()[middle]).isEqualTo(5_100);
    assertThat(sure.curve().get(middle).value()).isEqualTo(sure.regret().value());
  }

  @Test
  void shouldGiveTheSameOnAnyNumberOfThreads() {
    List<Outcome> one = run(simulation(500, 20, 3, 7), 1, "thompson", "ucb1", "epsilon-greedy");
    List<Outcome> three = run(simulation(500, 20, 3, 7), 3, "thompson", "ucb1", "epsilon-greedy");
    for (int i = 0; i < one.size(); i++) {
      assertThat(three.get(i).curve()).isEqualTo(one.get(i).curve());
      assertThat(three.get(i).shares()).isEqualTo(one.get(i).shares());
    }
  }

  /** Nothing is known before the first report: then all arms are alike. */
  @Test
  void shouldKnowNothingBeforeOutcomesAreReported() {
    for (String policy : List.of("thompson", "ucb1", "epsilon-greedy")) {
      for (Simulation late :
          List.of(simulation(1_000, 300, 1_000, 1), simulation(1_000, 300, 0, 1_001))) {
        double regret = run(late, 2, policy).get(0).regret().value();
        assertThat(regret).as(policy).isCloseTo(10, within(0.25));
      }
    }
  }

  /** Draws spread where nothing new is known; the highest index does not. */
  @Test
  void shouldShowThatThompsonSamplingBearsDelayAndUcb1DoesNot() {
    Simulation prompt = new Simulation(new double[] {0.3, 0.5}, 3_000, 100, 2, 0, 1, 1);
    Simulation late = new Simulation(new double[] {0.3, 0.5}, 3_000, 100, 2, 0, 300, 1);
    double thompson = run(late, 2, "thompson").get(0).regret().value();
    assertThat(thompson).isLessThan(4 * run(prompt, 2, "thompson").get(0).regret().value() + 20);
    assertThat(run(late, 2, "ucb1").get(0).regret().value()).isGreaterThan(thompson);
  }

  @Test
  void shouldTellOfEachRepetition() {
    AtomicInteger done = new AtomicInteger();
    simulation(10, 7, 0, 1)
        .run(List.of(new Policy.Ucb1(), new Policy.Uniform()), 2, done::incrementAndGet);
    assertThat(done).hasValue(14);
  }

  @Test
  void shouldRefuseWhatCannotBe() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new Simulation(new double[] {0.1}, 10, 1, 1, 0, 1, 1))
        .withMessage("arms=1, expected 2 or more");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new Simulation(new double[] {0.1, 1.1}, 10, 1, 1, 0, 1, 1))
        .withMessageContaining("a rate of 1.1");
    assertThatIllegalArgumentException().isThrownBy(() -> simulation(9, 1, 0, 1));
    assertThatIllegalArgumentException().isThrownBy(() -> simulation(10, 0, 0, 1));
    assertThatIllegalArgumentException().isThrownBy(() -> simulation(10, 1, -1, 1));
    assertThatIllegalArgumentException().isThrownBy(() -> simulation(10, 1, 0, 0));
  }

  /** t of 4 degrees of freedom at 0.975 is 2.776. */
  @Test
  void shouldHaveStudentsInterval() {
    Mean mean = Mean.of(new double[] {1, 2, 3, 4, 5});
    assertThat(mean.value()).isEqualTo(3);
    double half = 2.7764451 * Math.sqrt(2.5 / 5);
    assertThat(mean.low()).isCloseTo(3 - half, within(1e-6));
    assertThat(mean.high()).isCloseTo(3 + half, within(1e-6));
    assertThat(Mean.of(new double[] {2}).low()).isNaN();
    assertThat(Mean.of(new double[] {2}).value()).isEqualTo(2);
  }
}
