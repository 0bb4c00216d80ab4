package femto.bench.online;

import static org.assertj.core.api.Assertions.assertThat;

import femto.bench.report.Finding;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FreshnessTest {
  @TempDir Path folder;

  /** Every probe is seen, or the measurement fails; none before it can have been. */
  @Test
  void shouldSeeEveryProbe() throws IOException {
    Freshness.Outcome outcome =
        Freshness.measure(SmallStream.events(folder), 50, Duration.ofMillis(600));
    assertThat(outcome.dropped()).isZero();
    assertThat(outcome.nanos().length).isGreaterThan(50);
    assertThat(outcome.nanos()).isSorted();
    assertThat(outcome.nanos()[0]).isPositive();
    assertThat(outcome.progress().deltas()).isGreaterThan(5);
    List<Finding> rows = outcome.findings();
    assertThat(rows.stream().map(Finding::id)).containsExactly("fresh.p50.50", "fresh.p99.50");
    assertThat(rows.get(0).json()).containsEntry("limit", 10_000.0);
    assertThat(rows.get(1).json()).containsEntry("limit", 20_000.0);
    // Probes come at random moments between publishes: half of them wait for a part of the time.
    assertThat(Arrays.stream(outcome.nanos()).max().orElse(0)).isGreaterThan(10e6);
  }

  @Test
  void shouldNotCountWhereEventsWereDropped() throws IOException {
    Freshness.Outcome measured =
        Freshness.measure(SmallStream.events(folder), 100, Duration.ofMillis(100));
    Freshness.Outcome dropping =
        new Freshness.Outcome(100, new double[] {5e6, 6e6}, 3, measured.progress());
    assertThat(dropping.findings()).noneMatch(Finding::reached);
    assertThat(dropping.findings().get(0).json())
        .containsEntry("value", 5500.0)
        .containsEntry("reason", "0 deltas refused, 3 events dropped");
  }
}
