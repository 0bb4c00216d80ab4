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
  void shouldHoldTheValueAgainstTheLimitThatTheSameJvmsHad() {
    long items = OURS.itemsOf(RunSize.QUICK);
    Counted counted =
        Counted.of(
            List.of(
                Map.of("calls", 1.0, "limitNanos", 1.0 * items),
                Map.of("calls", 1.0, "limitNanos", 1.5 * items),
                Map.of("calls", 1.0, "limitNanos", 9.0 * items),
                Map.of("calls", 1.0, "limitNanos", 0.0)));
    Measurements measured =
        new Measurements(Map.of(OURS, new Result(3, 3, 3, "", counted), FLOOR, nanos(1.6)));
    Row row = Row.of(claim(Target.timesTheCost(List.of(), 2, 2)), measured, RunSize.QUICK);
    assertThat(row.limit()).isCloseTo(1.5, within(1e-9));
    assertThat(row.ratio()).isCloseTo(2, within(1e-9));
    assertThat(row.reached()).isTrue();
    assertThat(row.json()).containsEntry("ratio_to", List.of("the limit of the same JVMs"));
    Row unknown = Row.of(claim(Target.timesTheCost(List.of(), 2, 2)), MEASURED, RunSize.QUICK);
    assertThat(unknown.reached()).isFalse();
    assertThat(unknown.reason()).isEqualTo("nothing to hold it against.");
  }

  @Test
  void shouldShowTheFirstTargetThatIsReachedOrElseTheFirst() {
    Claim claim = claim(Target.timesAsFast(List.of(FAST), 6, 6));
    Row second =
        Row.of(claim.or(Target.timesTheCost(List.of(FLOOR), 1.3, 1.3)), MEASURED, RunSize.FULL);
    assertThat(second.reached()).isTrue();
    assertThat(second.ratio()).isCloseTo(1.25, within(1e-9));
    assertThat(second.json()).containsEntry("ratio_to", List.of("floor"));
    Row neither =
        Row.of(claim.or(Target.timesTheCost(List.of(FLOOR), 1.1, 1.1)), MEASURED, RunSize.FULL);
    assertThat(neither.reached()).isFalse();
    assertThat(neither.ratio()).isCloseTo(5, within(1e-9));
    assertThat(neither.aim()).isEqualTo(6);
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

  private static Row counted(Counted counted, String allocates) {
    Claim claim = claim(Target.timesAsFast(List.of(SLOW), 4, 4)).allocating(allocates);
    Result ours = new Result(2, 2, 2, "", counted);
    return Row.of(claim, new Measurements(Map.of(OURS, ours, SLOW, nanos(30))), RunSize.QUICK);
  }

  @Test
  void shouldSayWhatSurvivedWhatWasAllocatedAndWhatWasChecked() {
    Row row = counted(new Counted(0, 1, 0.25, 0.01, 6, 3300, Double.NaN), "");
    assertThat(row.json())
        .containsEntry("survived", Map.of("scanned", 0.25, "scored", 0.01, "used_screen", 1.0))
        .containsEntry("allocated", Map.of("bytes_per_call", 0.0, "aim", 0, "reached", true))
        .containsEntry("checked", Map.of("searches", 6L, "scores", 3300L));
    assertThat(row.counted().checkedWords())
        .isEqualTo(
            "6 searches against scoring every row, ids and bits, 3,300 scores against doubles");
  }

  @Test
  void shouldReachZeroBytesOnlyIfNothingWasAllocated() {
    Counted some = new Counted(0.5, Double.NaN, Double.NaN, Double.NaN, 0, 9, Double.NaN);
    assertThat(counted(some, "").allocatesNothing()).contains(false);
    assertThat(counted(some, "").json()).doesNotContainKey("survived");
    assertThat(counted(some, "its tasks").allocatesNothing()).isEmpty();
    assertThat(counted(some, "its tasks").json())
        .containsEntry("allocated", Map.of("bytes_per_call", 0.5, "allocates", "its tasks"));
    assertThat(counted(Counted.NOTHING, "").json()).doesNotContainKey("allocated");
  }

  @Test
  void shouldAddUpIterationsAndTakeTheMedianOfTheirBytes() {
    Counted counted =
        Counted.of(
            List.of(
                iteration(10, 5000, 10, 100, 3),
                iteration(5, 0, 5, 10, 3),
                iteration(5, 5, 5, 40, 3),
                iteration(0, 0, 0, 0, 0)));
    assertThat(counted.bytes()).isEqualTo(1);
    assertThat(counted.usedScreen()).isEqualTo(1);
    assertThat(counted.scanned()).isCloseTo(150 / 2000.0, within(1e-12));
    assertThat(counted.scored()).isCloseTo(15 / 2000.0, within(1e-12));
    assertThat(counted.checkedSearches()).isEqualTo(3);
    assertThat(Counted.of(List.of(Map.of()))).isEqualTo(Counted.NOTHING);
  }

  private static Map<String, Double> iteration(
      double calls, double bytes, double searches, double scanned, double checked) {
    return Map.of(
        "calls", calls,
        "allocatedBytes", bytes,
        "searches", searches,
        "screenedSearches", searches,
        "searchedRows", 100 * searches,
        "scannedRows", scanned,
        "scoredRows", scanned / 10,
        "checkedSearches", checked,
        "checkedScores", checked);
  }

  @Test
  void shouldFindAWrongAnswerUnderWhatJmhWrapsItIn() {
    WrongAnswerException wrong = new WrongAnswerException("row 3");
    IllegalStateException cause = new IllegalStateException("x");
    cause.addSuppressed(new IllegalStateException(wrong));
    IllegalStateException wrapped = new IllegalStateException(cause);
    assertThat(WrongAnswerException.in(wrapped)).containsSame(wrong);
    assertThat(WrongAnswerException.in(new IllegalStateException("x"))).isEmpty();
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
    assertThat(Figures.percent(0.00549)).isEqualTo("0.549 %");
    assertThat(Figures.bytes(0)).isEqualTo("0");
    assertThat(Figures.bytes(0.25)).isEqualTo("0.25");
    assertThat(Figures.bytes(1234.4)).isEqualTo("1,234");
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
        SetReport.of(set, RunSize.FULL, MEASURED)
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
