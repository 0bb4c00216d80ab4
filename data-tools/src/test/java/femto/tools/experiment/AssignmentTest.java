package femto.tools.experiment;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.apache.commons.math3.stat.inference.ChiSquareTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class AssignmentTest {
  private static final int USERS = 200_000;

  /** What the p-values of a good hash are above, but for one time in 10,000. */
  private static final double LEAST = 1e-4;

  @ParameterizedTest
  @ValueSource(strings = {"", "checkout", "checkout-2", "日本"})
  void shouldSplitByTheSharesWhateverTheIds(String experiment) {
    Assignment assignment = new Assignment(experiment, 0.5, 0.3, 0.1);
    for (String prefix : new String[] {"", "user-", "00000000-0000-0000-0000-"}) {
      long[] found = new long[4];
      for (int user = 0; user < USERS; user++) {
        found[assignment.variant(prefix + user) + 1]++;
      }
      assertThat(AbTest.pValueOfSplit(found, 0.1, 0.5, 0.3, 0.1)).isGreaterThan(LEAST);
    }
  }

  @Test
  void shouldHaveNothingToDoWithOtherExperiments() {
    Assignment one = new Assignment("colour", 0.5, 0.5);
    Assignment other = new Assignment("colour2", 0.2, 0.8);
    long[][] table = new long[2][2];
    for (int user = 0; user < USERS; user++) {
      table[one.variant("u" + user)][other.variant("u" + user)]++;
    }
    assertThat(new ChiSquareTest().chiSquareTest(table)).isGreaterThan(LEAST);
  }

  /** Logs of years ago are read with it: these never change. */
  @Test
  void shouldBeTheSameForEver() {
    Assignment assignment = new Assignment("colour", 0.25, 0.25, 0.25, 0.25);
    StringBuilder found = new StringBuilder();
    for (int user = 0; user < 40; user++) {
      found.append(assignment.variant("u" + user));
    }
    assertThat(found).hasToString("1310222130322233301022022130330211000032");
  }

  @Test
  void shouldLeaveNobodyOutForARoundingError() {
    double[] shares = new double[10];
    java.util.Arrays.fill(shares, 0.1); // sum to 0.9999999999999999
    Assignment assignment = new Assignment("tenths", shares);
    for (int user = 0; user < USERS; user++) {
      assertThat(assignment.variant("" + user)).isNotNegative();
    }
  }

  @Test
  void shouldRefuseSharesThatCannotBe() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new Assignment("x", 0.5, 0.6))
        .withMessageContaining("[0.5, 0.6]");
    assertThatIllegalArgumentException().isThrownBy(() -> new Assignment("x", 0.5, -0.1));
    assertThatIllegalArgumentException().isThrownBy(() -> new Assignment("x", Double.NaN));
  }
}
