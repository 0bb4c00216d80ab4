package femto.bench.swap;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import femto.kernels.TopRequest.Method;
import java.util.List;
import org.junit.jupiter.api.Test;

class OverlayScanTest {
  @Test
  void shouldSearchUnderAnOverlayOfOnePercent() {
    try (Small small = new Small()) {
      for (int delta = 0; delta < 10; delta++) {
        small.femto.publish(small.trainer.step(Small.ADS / 1000));
      }
      List<OverlayScan.Outcome> outcomes = OverlayScan.measure(small.ads, small.live, Small.SIZE);
      assertThat(outcomes)
          .extracting(OverlayScan.Outcome::method)
          .containsExactly(Method.PLAIN, Method.AUTO);
      for (OverlayScan.Outcome outcome : outcomes) {
        assertThat(outcome.under()).hasSize(3).doesNotContain(0);
        assertThat(outcome.without()).hasSize(3).doesNotContain(0);
        assertThat(outcome.overlay()).hasSize(3).doesNotContain(0);
      }
    }
  }

  @Test
  void shouldNotMeasureAnotherOverlay() {
    try (Small small = new Small()) {
      small.femto.publish(small.trainer.step(Small.ADS / 1000));
      assertThatThrownBy(() -> OverlayScan.measure(small.ads, small.live, Small.SIZE))
          .isInstanceOf(IllegalStateException.class)
          .hasMessage("the overlay has 20 rows, expected 200");
    }
  }

  @Test
  void shouldAllowATenthAndOneScanOfTheOverlay() {
    OverlayScan.Outcome outcome =
        new OverlayScan.Outcome(
            Method.PLAIN,
            new double[] {12, 6, 24},
            new double[] {10, 10, 10},
            new double[] {1, 1, 1});
    assertThat(outcome.finding().ratio()).isCloseTo(1, within(1e-9));
    assertThat(outcome.finding().reached()).isTrue();
  }
}
