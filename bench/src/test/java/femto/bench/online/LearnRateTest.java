package femto.bench.online;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import femto.bench.report.Finding;
import femto.learn.online.OnlineProgress;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LearnRateTest {
  @TempDir Path folder;

  @Test
  void shouldMeasureLearningThatPublishes() throws IOException {
    EncodedEvents events = SmallStream.events(folder);
    LearnRate.Outcome outcome = LearnRate.measure(events, 2, Duration.ofMillis(300));
    assertThat(outcome.online()).hasSize(2).doesNotContain(0);
    assertThat(outcome.offline()).hasSize(2).doesNotContain(0);
    OnlineProgress progress = outcome.progress();
    assertThat(progress.state()).isEqualTo(OnlineProgress.State.LEARNING);
    // Whole passes in the round that counts for nothing and in the two others.
    assertThat(progress.learned()).isGreaterThanOrEqualTo(3L * events.size());
    assertThat(progress.learned() % events.size()).isZero();
    assertThat(progress.deltas()).isGreaterThanOrEqualTo(3);
    assertThat(progress.refused()).isZero();
    Finding row = outcome.finding();
    assertThat(row.id()).isEqualTo("learn.events");
    assertThat(DriftGainTest.number(row, "delta_ms")).isPositive();
    assertThat(DriftGainTest.number(row, "publishing_share")).isBetween(0.0, 1.0);
    assertThat(row.reached()).isEqualTo(row.ratio() >= 0.8);
  }

  @Test
  void shouldTakeTheMiddleOfTheRatiosOfPairs() throws IOException {
    OnlineProgress progress =
        LearnRate.measure(SmallStream.events(folder), 1, Duration.ofMillis(1)).progress();
    LearnRate.Outcome outcome =
        new LearnRate.Outcome(
            new double[] {80, 10, 90},
            new double[] {100, 100, 100},
            new LearnRate.Publishing(),
            progress);
    assertThat(outcome.finding().ratio()).isCloseTo(0.8, within(1e-12));
    assertThat(outcome.finding().reached()).isTrue();
  }
}
