package femto.bench.swap;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import femto.bench.report.Finding;
import femto.swap.PublishResult;
import org.junit.jupiter.api.Test;

class PublishCostTest {
  @Test
  void shouldPublishWhatItTimes() {
    try (Small small = new Small()) {
      SwapBenchmarks.Settling settling =
          new SwapBenchmarks.Settling(
              small.ads, small.trainer, small.live, small.options.merging());
      PublishCost.Outcome outcome =
          PublishCost.measure(small.ads, small.trainer, small.live, settling, Small.SIZE);
      assertThat(outcome.changed()).isEqualTo(20);
      assertThat(outcome.deltas()).hasSize(9).doesNotContain(0);
      assertThat(outcome.fulls()).hasSize(1).doesNotContain(0);
      assertThat(outcome.full().refolded()).isEqualTo(Small.ADS);
      assertThat(outcome.firstDeltas()).hasSize(1).doesNotContain(0);
      assertThat(small.live.statistics().merges()).isEqualTo(1);
      assertThat(small.live.generation()).isEqualTo(2);
      assertThat(small.live.statistics().publishedFull()).isEqualTo(2);
      assertThat(outcome.mostBytes()).isGreaterThanOrEqualTo(outcome.restBytes() / 2);
      assertThat(outcome.restBytes()).isPositive();
    }
  }

  @Test
  void shouldHoldADeltaAgainstAFullPublish() {
    PublishResult full =
        new PublishResult(
            PublishResult.Outcome.PUBLISHED, 2, "", 0, 0, 0, 1000, 60_000_000, 20_000_000, 1, 0);
    Finding row =
        new PublishCost.Outcome(
                1,
                new double[] {1, 2, 3},
                new double[] {9},
                new double[] {80, 120},
                new double[] {50},
                full,
                0,
                0)
            .finding();
    assertThat(row.ratio()).isCloseTo(0.02, within(1e-9));
    assertThat(row.reached()).isTrue();
    assertThat(row.json()).containsEntry("full_publish_ms", 100.0).containsEntry("check_ms", 20.0);
  }

  @Test
  void shouldSayWhatTheFormulaSays() {
    try (Small small = new Small()) {
      Footprint footprint = Footprint.of(small.ads, small.options, 0, 0);
      // 4 (1 + s) (n + p(n)) + screen + look-up(n) + 4 (1 + k) (f + p(f)) + look-up(f)
      long n = Small.ADS;
      long f = n + 2024;
      long screen = new femto.kernels.ScreenLayout(Small.ADS, 16).bytes();
      assertThat(footprint.version())
          .isEqualTo(
              68 * (n + 1024)
                  + screen
                  + 68 * (f + 1024)
                  + 2 * (12 * 1024 + 8 * 2048)
                  + 16 * ((n + 63) / 64 + (f + 63) / 64));
      Footprint twice =
          new Footprint(footprint.version(), 0, footprint.version(), 4 * footprint.version());
      assertThat(twice.findings().get(0).ratio()).isCloseTo(0.5, within(1e-9));
      assertThat(twice.findings().get(0).reached()).isTrue();
      assertThat(twice.findings().get(1).reached()).isFalse();
    }
  }
}
