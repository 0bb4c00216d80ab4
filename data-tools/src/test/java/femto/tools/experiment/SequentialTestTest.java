package femto.tools.experiment;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SequentialTestTest {
  private static final int DAYS = 28;
  private static final int USERS_A_DAY = 200;

  /** What came of looking every day. */
  private record Peeking(double found, double foundByRates, double everMissed) {}

  private static Peeking peek(double control, double variant, double tau, int runs) {
    SplittableRandom random = new SplittableRandom(4);
    int found = 0;
    int foundByRates = 0;
    int everMissed = 0;
    for (int run = 0; run < runs; run++) {
      SequentialTest test = new SequentialTest(tau);
      int one = 0;
      int other = 0;
      boolean fixed = false;
      boolean missed = false;
      double pValue = 1;
      for (int day = 1; day <= DAYS; day++) {
        for (int user = 0; user < USERS_A_DAY; user++) {
          one += random.nextDouble() < control ? 1 : 0;
          other += random.nextDouble() < variant ? 1 : 0;
        }
        Rate first = new Rate(one, (long) day * USERS_A_DAY);
        Rate second = new Rate(other, (long) day * USERS_A_DAY);
        double now = test.look(first, second);
        assertThat(now).isLessThanOrEqualTo(pValue);
        pValue = now;
        fixed |= AbTest.ofRates(first, second, 0.95).pValue() < 0.05;
        missed |= !test.interval(first, second, 0.95).contains(variant - control);
      }
      found += pValue < 0.05 ? 1 : 0;
      foundByRates += fixed ? 1 : 0;
      everMissed += missed ? 1 : 0;
    }
    return new Peeking(
        found / (double) runs, foundByRates / (double) runs, everMissed / (double) runs);
  }

  /** Who peeks with the test of a fixed size finds something far more often than in 5 %. */
  @ParameterizedTest
  @CsvSource({"0.1, 0.02", "0.1, 0.005", "0.03, 0.01", "0.5, 0.05"})
  void shouldStayValidUnderDailyPeeking(double rate, double tau) {
    Peeking peeking = peek(rate, rate, tau, 10_000);
    assertThat(peeking.found()).isLessThanOrEqualTo(0.05);
    assertThat(peeking.everMissed()).isLessThanOrEqualTo(0.05);
    assertThat(peeking.foundByRates()).isGreaterThan(0.15);
  }

  @Test
  void shouldFindADifferenceThatIsThere() {
    Peeking peeking = peek(0.1, 0.13, 0.02, 2_000);
    assertThat(peeking.found()).isGreaterThan(0.9);
    assertThat(peeking.everMissed()).isLessThanOrEqualTo(0.05);
  }

  /** 1,000 of 10,000 and 1,100 of 10,000, tau 0.02: s = 0.0043347, so L = 0.2118 exp(2.5410). */
  @Test
  void shouldHaveThePValueOfItsFormula() {
    double square = 0.1 * 0.9 / 10_000 + 0.11 * 0.89 / 10_000;
    double both = square + 0.0004;
    double ratio = Math.sqrt(square / both) * Math.exp(0.0004 * 1e-4 / (2 * square * both));
    SequentialTest test = new SequentialTest(0.02);
    assertThat(test.look(new Rate(1_000, 10_000), new Rate(1_100, 10_000)))
        .isCloseTo(1 / ratio, within(1e-12));
    // The interval's end is where the p-value would be its level.
    Interval interval = test.interval(new Rate(1_000, 10_000), new Rate(1_100, 10_000), 0.95);
    double half = (interval.high() - interval.low()) / 2;
    double atEnd = Math.sqrt(square / both) * Math.exp(0.0004 * half * half / (2 * square * both));
    assertThat(1 / atEnd).isCloseTo(0.05, within(1e-9));
  }

  @Test
  void shouldSayNothingBeforeThereIsEnough() {
    SequentialTest test = new SequentialTest(0.02);
    assertThat(test.look(new Rate(0, 100_000), new Rate(9, 10))).isOne();
    assertThat(test.interval(new Rate(9, 100), new Rate(50, 100), 0.95))
        .isEqualTo(new Interval(-1, 1));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new SequentialTest(0))
        .withMessage("tau=0.0, expected above 0");
  }
}
