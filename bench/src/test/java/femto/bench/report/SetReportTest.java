package femto.bench.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import femto.bench.report.Measurements.Result;
import femto.bench.report.Probe.Items;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SetReportTest {
  private static final Probe OURS = probe("ours");
  private static final Probe SLOW = probe("slow");
  private static final Probe FAST = probe("fast");
  private static final Probe FLOOR = probe("floor");

  private static Probe probe(String label) {
    return new Probe(
        label, SetReportTest.class, label, Map.of(), new Items(1, 0), false, Optional.empty());
  }

  private static Claim claim(Target target) {
    return new Claim(
        "id", "what", "ns", OURS, List.of(FLOOR), List.of(SLOW, FAST), target, "SomeTest");
  }

  private static Result nanos(double nanos) {
    return new Result(nanos, nanos, nanos, "");
  }

  private static final Measurements MEASURED =
      new Measurements(Map.of(OURS, nanos(2), SLOW, nanos(30), FAST, nanos(10), FLOOR, nanos(1.6)));

  @Test
  void shouldHoldTheValueAgainstTheFastestPeer() {
    Target target = Target.timesAsFast(List.of(SLOW, FAST), 4, 6);
    Row quick = Row.of(claim(target), MEASURED, RunSize.QUICK);
    assertThat(quick.ratio()).isCloseTo(5, within(1e-9));
    assertThat(quick.reached()).isTrue();
    assertThat(quick.bestPeer()).contains(FAST);
    assertThat(quick.limit()).isEqualTo(1.6);
    Row full = Row.of(claim(target), MEASURED, RunSize.FULL);
    assertThat(full.aim()).isEqualTo(6);
    assertThat(full.reached()).isFalse();
    assertThat(full.json()).containsEntry("reached", false).doesNotContainKey("reason");
  }

  @Test
  void shouldHoldTheValueAgainstALimit() {
    Row row = Row.of(claim(Target.timesTheCost(List.of(FLOOR), 1.3, 1.2)), MEASURED, RunSize.QUICK);
    assertThat(row.ratio()).isCloseTo(1.25, within(1e-9));
    assertThat(row.reached()).isTrue();
  }

  @Test
  void shouldNameWhatIsMissingWithTheReason() {
    Measurements measured =
        new Measurements(
            Map.of(
                OURS,
                nanos(2),
                SLOW,
                nanos(30),
                FAST,
                Result.unmeasured("no library"),
                FLOOR,
                nanos(1)));
    Row row = Row.of(claim(Target.timesAsFast(List.of(SLOW, FAST), 4, 4)), measured, RunSize.QUICK);
    assertThat(row.json())
        .containsEntry("peers", Map.of("slow", 30.0))
        .containsEntry("missing", Map.of("fast", "no library"));
    assertThat(row.ratio()).isCloseTo(15, within(1e-9));
  }

  @Test
  void shouldReachNothingThatWasNotMeasured() {
    Target target = Target.timesAsFast(List.of(FAST), 1, 1);
    Row noValue =
        Row.of(
            claim(target),
            new Measurements(Map.of(OURS, Result.unmeasured("failed: x"), FAST, nanos(1))),
            RunSize.QUICK);
    assertThat(noValue.reached()).isFalse();
    assertThat(noValue.json()).containsEntry("reason", "failed: x");
    Row noPeer =
        Row.of(
            claim(target),
            new Measurements(Map.of(OURS, nanos(1), FAST, Result.unmeasured("no library"))),
            RunSize.QUICK);
    assertThat(noPeer.reached()).isFalse();
    assertThat(noPeer.reason()).contains("fast", "no library");
  }

  @Test
  void shouldDrawAPlot(@TempDir Path directory) throws Exception {
    Path png = directory.resolve("plot.png");
    List<Plot.Bar> bars =
        List.of(
            new Plot.Bar("FAISS", 6, false),
            new Plot.Bar("ours", 0.4, true),
            new Plot.Bar("ONNX", 12, false));
    Plot.write(bars, 2.5, "title", png);
    assertThat(png).isNotEmptyFile();
  }

  @Test
  void shouldWriteFiguresWithThreeDigits() {
    assertThat(Figures.number(0.03456)).isEqualTo("0.0346");
    assertThat(Figures.number(3.456)).isEqualTo("3.46");
    assertThat(Figures.number(1234.5)).isEqualTo("1235");
    assertThat(Figures.number(0)).isEqualTo("0");
    assertThat(Machine.slug("AMD EPYC, AVX-512")).isEqualTo("amd-epyc-avx-512");
  }

  @Test
  void shouldWriteAPageWithThePlotBesideIt(@TempDir Path directory) throws Exception {
    BenchmarkSet set =
        new BenchmarkSet(
            "kernels",
            List.of(claim(Target.timesAsFast(List.of(SLOW, FAST), 4, 6))),
            Map.of("kernels", "scalar"));
    Path page =
        new SetReport(set, RunSize.FULL, MEASURED)
            .writePage(directory.resolve("results"), "femto-bench kernels");
    assertThat(page.getFileName().toString()).matches("kernels-[a-z0-9-]+\\.md");
    assertThat(page)
        .content()
        .contains("processor: ", "flags: ", "`femto-bench kernels`", "5.0 x", "SomeTest");
    Path plot = Path.of(page.toString().replaceFirst("md$", "png"));
    assertThat(plot).isNotEmptyFile();
    assertThat(page).content().contains("(" + plot.getFileName() + ")");
  }
}
