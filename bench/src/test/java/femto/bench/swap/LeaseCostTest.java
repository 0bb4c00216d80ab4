package femto.bench.swap;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import femto.bench.report.Finding;
import femto.swap.Lease;
import femto.swap.LiveScorer;
import org.junit.jupiter.api.Test;

class LeaseCostTest {
  @Test
  void shouldMeasureLeasesThatAllocateNothing() {
    try (Small small = new Small()) {
      LeaseCost.Outcome outcome = LeaseCost.measure(small.live, 3);
      assertThat(outcome.leases()).hasSize(3).doesNotContain(0);
      assertThat(outcome.exchanges()).hasSize(3).doesNotContain(0);
      assertThat(outcome.bytesALease()).isZero();
    }
  }

  @Test
  void shouldBeLeasesOfTheVersionThatServes() {
    try (Small small = new Small();
        LiveScorer reader = small.live.newScorer("test")) {
      small.femto.publish(small.trainer.step(10));
      try (Lease lease = reader.lease()) {
        assertThat(lease.version()).isEqualTo(2);
      }
    }
  }

  @Test
  void shouldAllowTheGreaterOfTheTwoBounds() {
    Finding quickExchanges =
        new LeaseCost.Outcome(new double[] {10}, new double[] {8}, 0).finding();
    assertThat(quickExchanges.ratio()).isCloseTo(0.5, within(1e-9));
    assertThat(quickExchanges.reached()).isTrue();
    Finding slowExchanges =
        new LeaseCost.Outcome(new double[] {30}, new double[] {40}, 0).finding();
    assertThat(slowExchanges.ratio()).isCloseTo(0.75, within(1e-9));
    assertThat(slowExchanges.reached()).isTrue();
    Finding slowLease = new LeaseCost.Outcome(new double[] {30}, new double[] {8}, 0).finding();
    assertThat(slowLease.reached()).isFalse();
    Finding allocating = new LeaseCost.Outcome(new double[] {10}, new double[] {8}, 16).finding();
    assertThat(allocating.reached()).isFalse();
  }
}
