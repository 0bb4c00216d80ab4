package femto.bench.learn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import femto.bench.report.Figure;
import femto.bench.report.Finding;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LargeDataTest {
  @TempDir Path folder = Path.of("");

  @Test
  void shouldLearnInAProcessOfItsOwnAndLeaveNoData() throws IOException {
    LargeData.Outcome outcome =
        LargeData.measure(new LargeData.Sizes(130_000, 0.1, "32m", 32L << 20, 1000), folder);
    assertThat(outcome.rows())
        .extracting(Finding::id)
        .containsExactly("size.data", "size.features", "size.memory", "size.rate");
    for (Finding row : outcome.rows()) {
      assertThat((double) Objects.requireNonNull(row.json().get("value")))
          .as(row.id())
          .isPositive();
    }
    assertThat(outcome.rows().get(0).reached()).isTrue(); // 47 MB are more than the heap
    assertThat(outcome.rows().get(1).reached()).isTrue();
    assertThat(outcome.figures()).extracting(Figure::median).allMatch(figure -> figure > 0);
    assertThat(folder.resolve("large.data")).doesNotExist();
    assertThat(folder.resolve("large.femto")).doesNotExist();
  }

  @Test
  void shouldSayWhyTrainingFailed() {
    Path missing = folder.resolve("no such data");
    assertThatIllegalStateException()
        .isThrownBy(
            () ->
                TrainingProcess.run(
                    "48m",
                    folder,
                    List.of(missing.toString(), "--out", folder.resolve("m").toString())))
        .withMessageContainingAll("heap of 48m", "no such data");
  }

  @Test
  void shouldTakeTheRateOfTheLastEpoch() {
    assertThat(
            TrainingProcess.lastRate(
                """
                epoch 1 of 2: training loss 0.5, 1,234 examples a second, 1 s left
                epoch 2 of 2: training loss 0.4, 1,000,001 examples a second, 0 s left
                """))
        .isEqualTo(1_000_001);
    assertThatIllegalStateException()
        .isThrownBy(() -> TrainingProcess.lastRate("Trained nothing."))
        .withMessageContaining("Trained nothing.");
  }
}
