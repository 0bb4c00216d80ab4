package femto.learn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import femto.model.Link;
import java.util.List;
import org.junit.jupiter.api.Test;

class LossTest {
  @Test
  void shouldHaveTheTextbookValues() {
    assertThat(Loss.SQUARED.value(3, 5)).isEqualTo(2);
    assertThat(Loss.LOGISTIC.value(0, 1)).isCloseTo(Math.log(2), within(1e-15));
    for (double score = -20; score <= 20; score += 0.37) {
      double p = 1 / (1 + Math.exp(-score));
      assertThat(Loss.LOGISTIC.value(score, 1)).isCloseTo(-Math.log(p), within(1e-12));
      assertThat(Loss.LOGISTIC.value(score, 0))
          .isCloseTo(-Math.log(1 / (1 + Math.exp(score))), within(1e-12));
    }
  }

  @Test
  void shouldStayFiniteFarOut() {
    assertThat(Loss.LOGISTIC.value(1000, 1)).isZero();
    assertThat(Loss.LOGISTIC.value(-1000, 0)).isZero();
    assertThat(Loss.LOGISTIC.value(1000, 0)).isEqualTo(1000);
    assertThat(Loss.LOGISTIC.value(-1000, 1)).isEqualTo(1000);
    assertThat(Loss.LOGISTIC.slope(1000, 0)).isEqualTo(1);
    assertThat(Loss.LOGISTIC.slope(-1000, 1)).isEqualTo(-1);
    assertThat(Loss.LOGISTIC.slope(1000, 1)).isZero();
    assertThat(Loss.LOGISTIC.slope(-1000, 0)).isZero();
  }

  @Test
  void shouldHaveTheNumericalDerivativeAsSlope() {
    for (Loss loss : Loss.values()) {
      for (double label : new double[] {0, 1}) {
        for (double score = -8; score <= 8; score += 0.31) {
          double numeric =
              (loss.value(score + 1e-5, label) - loss.value(score - 1e-5, label)) / 2e-5;
          assertThat(loss.slope(score, label)).isCloseTo(numeric, within(1e-7));
        }
      }
    }
  }

  @Test
  void shouldStartWhereTheMeanIsPredicted() {
    assertThat(Loss.SQUARED.scoreOfMean(3.7)).isEqualTo(3.7);
    assertThat(Link.SIGMOID.apply(Loss.LOGISTIC.scoreOfMean(0.3))).isCloseTo(0.3, within(1e-12));
    assertThat(Loss.LOGISTIC.link()).isEqualTo(Link.SIGMOID);
    assertThat(Loss.SQUARED.link()).isEqualTo(Link.IDENTITY);
  }

  private static LearnerOptions options(int k, double step, double state, double scale) {
    return new LearnerOptions(
        Loss.SQUARED,
        Optimizer.SGD,
        k,
        step,
        state,
        scale,
        List.of(new LearnerOptions.L2(0, 0)),
        1);
  }

  @Test
  void shouldRefuseOptionsOutOfRangeByName() {
    assertThat(options(0, 1, 1, 0).factors()).isZero();
    assertThat(options(8192, 1, 1, 0).factors()).isEqualTo(8192);
    for (int k : new int[] {-1, 8193}) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> options(k, 1, 1, 0))
          .withMessageContaining("factors=" + k);
    }
    for (double bad : new double[] {0, -1, Double.NaN, Double.POSITIVE_INFINITY}) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> options(1, bad, 1, 0))
          .withMessageContaining("stepSize=" + bad);
      assertThatIllegalArgumentException()
          .isThrownBy(() -> options(1, 1, bad, 0))
          .withMessageContaining("initialState=" + bad);
    }
    for (double bad : new double[] {-1, Double.NaN, Double.POSITIVE_INFINITY}) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> options(1, 1, 1, bad))
          .withMessageContaining("initialScale=" + bad);
      assertThatIllegalArgumentException()
          .isThrownBy(() -> new LearnerOptions.L2(bad, 0))
          .withMessageContaining("L2");
      assertThatIllegalArgumentException().isThrownBy(() -> new LearnerOptions.L2(0, bad));
    }
  }
}
