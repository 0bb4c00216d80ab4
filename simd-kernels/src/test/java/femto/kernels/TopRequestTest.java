package femto.kernels;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import femto.kernels.TopRequest.Method;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TopRequestTest {
  @Test
  void shouldAskForNothingAtFirst() {
    TopRequest request = new TopRequest();
    assertThat(request.k()).isZero();
    assertThat(request.query()).isEmpty();
    assertThat(request.accepts(0)).isTrue();
    assertThat(request.isLate()).isFalse();
    assertThat(request.method()).isEqualTo(Method.AUTO);
  }

  @Test
  void shouldForgetAllSettingsOnReset() {
    float[] query = {1};
    TopRequest request =
        new TopRequest()
            .reset(query, 3)
            .among(Selection.copyOf(new long[0]))
            .excluding(new long[] {-1})
            .byExpectedValue(Bids.copyOf(new float[0]), 7)
            .until(System.nanoTime() - 1)
            .by(Method.SCREEN);
    assertThat(request.isLate()).isTrue();
    assertThat(request.accepts(0)).isFalse();
    float[] other = {2};
    assertThat(request.reset(other, 4)).isSameAs(request);
    assertThat(request.query()).isSameAs(other);
    assertThat(request.k()).isEqualTo(4);
    assertThat(request.selection()).isNull();
    assertThat(request.bids()).isNull();
    assertThat(request.constant()).isZero();
    assertThat(request.isLate()).isFalse();
    assertThat(request.method()).isEqualTo(Method.AUTO);
    assertThat(request.accepts(0)).isTrue();
  }

  @Test
  void shouldAcceptWhatIsSelectedAndNotExcludedAndHasABid() {
    TopRequest request =
        new TopRequest()
            .reset(new float[0], 1)
            .among(Selection.copyOf(new long[] {0b11110, 1}))
            .excluding(new long[] {0b00100})
            .byExpectedValue(Bids.copyOf(new float[4]), 0);
    for (int index = 0; index < 70; index++) {
      assertThat(request.accepts(index)).isEqualTo(index == 1 || index == 3);
    }
    assertThat(request.among(null).excluding(null).accepts(0)).isTrue();
    assertThat(request.accepts(4)).isFalse();
  }

  @ParameterizedTest
  @ValueSource(floats = {Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY, -1.1e15f})
  void shouldRefuseAConstantOutOfRange(float bad) {
    Bids bids = Bids.copyOf(new float[0]);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new TopRequest().byExpectedValue(bids, bad))
        .withMessageContaining("constant=" + bad);
  }

  @Test
  void shouldRefuseANegativeK() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new TopRequest().reset(new float[0], -1))
        .withMessage("k=-1, expected 0 or more");
  }
}
