package femto.bench.report;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FindingTest {
  private static Finding finding() {
    return new Finding("id", "what", "us", "SomeTest").measured(12, 10);
  }

  @Test
  void shouldReachTheAimOrWhatIdenticalRoundsDiffer() {
    assertThat(finding().holds(1.1, "rest", 1.1).reached()).isTrue();
    assertThat(finding().holds(1.11, "rest", 1.1).reached()).isFalse();
    assertThat(finding().spread(0.8, 1.2).holds(1.2, "rest", 1.1).reached()).isTrue();
    assertThat(finding().spread(0.8, 1.2).holds(1.21, "rest", 1.1).reached()).isFalse();
    assertThat(finding().allocates(1).holds(1, "rest", 1.1).reached()).isFalse();
    assertThat(finding().allocates(0).holds(1, "rest", 1.1).reached()).isTrue();
  }

  @Test
  void shouldReachNothingThatWasNotMeasured() {
    assertThat(finding().reached()).isFalse();
    assertThat(finding().json()).containsEntry("reason", "not measured");
    Finding undefined = finding().holds(Double.NaN, "rest", 1.1);
    assertThat(undefined.reached()).isFalse();
    assertThat(undefined.json()).containsEntry("reason", "nothing to hold it against");
    Finding failed = finding().holds(1, "rest", 1.1).fails("no merge");
    assertThat(failed.reached()).isFalse();
    assertThat(failed.json()).containsEntry("reason", "no merge");
  }

  @Test
  void shouldReachARateFromTheAimOn() {
    assertThat(finding().reaches(0.8, "offline", 0.8).reached()).isTrue();
    Finding slow = finding().peer("a", 3).peer("b", 5).reaches(0.79, "offline", 0.8);
    assertThat(slow.reached()).isFalse();
    assertThat(slow.json()).containsEntry("ratio_is", "times_as_fast");
    assertThat(slow.cells()).containsEntry("aim", ">= 0.80 x").containsEntry("best peer", "b");
    assertThat(finding().reaches(Double.NaN, "offline", 0.8).reached()).isFalse();
  }

  @Test
  void shouldMissNothingWhereNothingIsAimedAt() {
    Finding told = finding().peer("a", 3).peer("b", 5).informs(2, "half", false);
    assertThat(told.reached()).isTrue();
    assertThat(told.json()).containsEntry("aim", Double.NaN).doesNotContainKey("reason");
    assertThat(told.cells())
        .containsEntry("aim", "-")
        .containsEntry("reached", "-")
        .containsEntry("best peer", "a");
    Finding unmeasured = finding().measured(Double.NaN, 10).informs(Double.NaN, "", false);
    assertThat(unmeasured.reached()).isFalse();
    assertThat(unmeasured.cells()).containsEntry("reached", "no");
  }

  @Test
  void shouldSayAllToMachines() {
    Finding row =
        finding()
            .peer("slow", 30)
            .peer("fast", 15)
            .missing("gone", "no memory")
            .detail("merges", 3)
            .spread(0.9, 1.1)
            .holds(1.05, "rest", 1.1);
    assertThat(row.json())
        .containsEntry("id", "id")
        .containsEntry("value", 12.0)
        .containsEntry("limit", 10.0)
        .containsEntry("peers", Map.of("slow", 30.0, "fast", 15.0))
        .containsEntry("missing", Map.of("gone", "no memory"))
        .containsEntry("ratio", 1.05)
        .containsEntry("ratio_to", List.of("rest"))
        .containsEntry("aim", 1.1)
        .containsEntry("reached", true)
        .containsEntry("identical_rounds", List.of(0.9, 1.1))
        .containsEntry("merges", 3)
        .doesNotContainKey("reason");
    assertThat(row.cells())
        .containsEntry("best peer", "fast")
        .containsEntry("ratio", "1.05 x")
        .containsEntry("identical rounds", "0.90 to 1.10 x");
  }

  @Test
  void shouldWriteSmallRatiosWithThreeDigits() {
    assertThat(finding().holds(0.00483, "rest", 0.02).cells())
        .containsEntry("ratio", "0.00483 x")
        .containsEntry("aim", "<= 0.0200 x");
    assertThat(finding().holds(0, "none", 0).cells()).containsEntry("ratio", "0 x");
  }

  @Test
  void shouldTakeTheMiddle() {
    Figure even = Figure.of("label", "us", 4, 1, 2, 9);
    assertThat(even.median()).isEqualTo(3);
    assertThat(even.least()).isEqualTo(1);
    assertThat(even.most()).isEqualTo(9);
    assertThat(Figure.of("label", "us").median()).isNaN();
    assertThat(Figure.quantile(new double[] {1, 2, 3, 4, 5}, 0.75)).isEqualTo(4);
    assertThat(Figure.quantile(new double[] {1, 2}, 0.25)).isEqualTo(1.25);
  }

  @Test
  void shouldWriteAPageWithThePlotBesideIt(@TempDir Path directory) throws Exception {
    SetReport report =
        SetReport.of(
            new SetReport.Scope("swap", "full", 1000, "candidates", "two rounds", "p99 of each"),
            Map.of("kernels", "scalar"),
            List.of(finding().missing("gone", "no memory").holds(2, "rest", 1.1).fails("too late")),
            List.of(Figure.of("p50", "us", 1, 2, 3)),
            (title, png) ->
                GroupedPlot.write(
                    Map.of("seldom", Map.of("ours", 3.0, "theirs", 300.0)), "us", title, png));
    Path page = report.writePage(directory, "femto-bench swap");
    assertThat(page)
        .content()
        .contains(
            "# swap: 1,000 candidates",
            "two rounds",
            "Missing: gone, id: no memory",
            "Not reached: id: too late",
            "id: SomeTest",
            "![p99 of each](");
    assertThat(Path.of(page.toString().replaceFirst("md$", "png"))).isNotEmptyFile();
  }
}
