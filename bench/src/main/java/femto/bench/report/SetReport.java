package femto.bench.report;

import femto.bench.report.Measurements.Result;
import femto.tools.cli.Progress;
import femto.tools.cli.Report;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/** A set, measured: for people, for machines, and as a page of results. */
public final class SetReport {
  private final BenchmarkSet set;
  private final RunSize size;
  private final Map<String, String> machine;
  private final Measurements measured;
  private final List<Row> rows;

  SetReport(BenchmarkSet set, RunSize size, Measurements measured) {
    this.set = set;
    this.size = size;
    this.machine = Machine.describe(set.machine());
    this.measured = measured;
    this.rows = set.claims().stream().map(claim -> Row.of(claim, measured, size)).toList();
  }

  /**
   * Measures everything that the claims of a set name, with a progress bar on a terminal.
   *
   * @param set the claims
   * @param size how long, on how much
   * @return what came out
   * @throws WrongAnswerException if an answer that was checked before it was measured is wrong
   */
  public static SetReport measure(BenchmarkSet set, RunSize size) {
    int probes = Measurements.probes(set.claims()).size();
    try (Progress progress = Progress.start("measuring", probes)) {
      return new SetReport(set, size, Measurements.run(set.claims(), size, progress::step));
    }
  }

  /**
   * The report for machines.
   *
   * @return set, size, machine and rows; a figure that there is none of is NaN
   */
  public Map<String, Object> json() {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("set", set.name());
    json.put("size", size.name());
    json.put("candidates", size.candidates());
    json.put("machine", machine);
    json.put("rows", rows.stream().map(Row::json).toList());
    return json;
  }

  /**
   * The report for people.
   *
   * @param out where to print it
   */
  public void print(PrintWriter out) {
    out.printf(
        Locale.ROOT, "%s, %s run, %,d candidates%n", set.name(), size.name(), size.candidates());
    machine.forEach((what, value) -> out.println("  " + what + ": " + value));
    out.println();
    printTables(out);
  }

  private void printTables(PrintWriter out) {
    claimsTable().print(out);
    out.println();
    figuresTable().print(out);
    measured.missing(measured.all().keySet()).forEach(line -> out.println("Missing: " + line));
    out.println();
    rows.stream()
        .filter(row -> !row.claim().allocates().isEmpty())
        .forEach(
            row -> out.println("Allocates: " + row.claim().id() + ": " + row.claim().allocates()));
    out.println();
    out.println("The answers are proved by a test, and checked in each JVM before it measures:");
    rows.forEach(row -> out.println("  " + row.claim().id() + ": " + proof(row)));
    out.flush();
  }

  private static String proof(Row row) {
    String checked = row.counted().checkedWords();
    return row.claim().test() + (checked.isEmpty() ? "" : "; " + checked);
  }

  /**
   * A row a claim. Of searches that have a screen: how much of the table they looked at in codes
   * and how much they scored by the chain; of all: what a call allocates, and whether that is
   * nothing.
   */
  private Report.Table claimsTable() {
    Report.Table table =
        new Report.Table(
            "what",
            "measured",
            "unit",
            "limit",
            "best peer",
            "peer",
            "ratio",
            "aim",
            "reached",
            "rows scanned",
            "rows scored",
            "bytes a call",
            "0 bytes");
    for (Row row : rows) {
      table.row(
          row.claim().what(),
          figure(row.value()),
          row.claim().unit(),
          figure(row.limit()),
          row.bestPeer().map(Probe::label).orElse("-"),
          row.bestPeer().map(peer -> figure(measured.of(peer).nanos())).orElse("-"),
          Double.isNaN(row.ratio()) ? "-" : Figures.ratio(row.ratio()) + " x",
          row.claim().target().words(size),
          yes(row.reached()),
          row.counted().hasScreen() ? Figures.percent(row.counted().scanned()) : "-",
          row.counted().hasScreen() ? Figures.percent(row.counted().scored()) : "-",
          row.counted().hasBytes() ? Figures.bytes(row.counted().bytes()) : "-",
          row.allocatesNothing().map(SetReport::yes).orElse("-"));
    }
    return table;
  }

  private static String yes(boolean reached) {
    return reached ? "yes" : "no";
  }

  /** Every figure there is, and every one that is missing. */
  private Report.Table figuresTable() {
    Report.Table table = new Report.Table("figure", "ns an item", "least", "most");
    measured
        .all()
        .forEach(
            (probe, result) ->
                table.row(
                    probe.label(),
                    result.isMeasured() ? figure(result.nanos()) : "missing",
                    figure(result.least()),
                    figure(result.most())));
    return table;
  }

  private static String figure(double nanos) {
    return Double.isNaN(nanos) ? "-" : Figures.number(nanos);
  }

  /**
   * Writes the page of results and its plot, named by the set and the processor.
   *
   * @param directory where to; made if missing
   * @param command what was called
   * @return the page
   * @throws IOException if it cannot be written
   */
  public Path writePage(Path directory, String command) throws IOException {
    Files.createDirectories(directory);
    String name = set.name() + "-" + Machine.slug(String.valueOf(machine.get("processor")));
    Path page = directory.resolve(name + ".md");
    Plot.write(bars(), limit(), title(), directory.resolve(name + ".png"));
    StringWriter text = new StringWriter();
    PrintWriter out = new PrintWriter(text);
    out.println("# " + title());
    out.println();
    out.println("Figures of one run on one machine; only the ratios hold elsewhere.");
    out.println();
    machine.forEach((what, value) -> out.println("- " + what + ": " + value));
    out.println("- JVM flags: `" + flags() + "`");
    out.println("- command: `" + command + "`");
    out.printf(
        Locale.ROOT,
        "- %d JVMs a figure, in each %d iterations of %d ms to warm up and %d of %d ms that count%n",
        size.forks(),
        size.warmups(),
        size.warmupMillis(),
        size.iterations(),
        size.millis());
    out.println();
    out.println("```");
    printTables(out);
    out.println("```");
    out.println();
    out.println("![ns an item of each contender](" + name + ".png)");
    out.flush();
    Files.writeString(page, text.toString());
    return page;
  }

  private String title() {
    return "%s: %,d candidates on %s"
        .formatted(set.name(), size.candidates(), machine.get("processor"));
  }

  /** What a forked JVM is given: a path differs from machine to machine and changes nothing. */
  private static String flags() {
    return ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
        .filter(flag -> !flag.startsWith("-D"))
        .reduce((left, right) -> left + " " + right)
        .orElse("none");
  }

  /** The contenders of the plot, each once: those of claims in the first one's unit with peers. */
  private List<Plot.Bar> bars() {
    Set<Plot.Bar> bars = new LinkedHashSet<>();
    for (Row row : rows) {
      if (!row.claim().peers().isEmpty()
          && row.claim().unit().startsWith(rows.get(0).claim().unit())) {
        addBar(bars, row.claim().value(), true);
        row.claim().peers().forEach(peer -> addBar(bars, peer, false));
      }
    }
    return List.copyOf(bars);
  }

  private void addBar(Set<Plot.Bar> bars, Probe probe, boolean isFemto) {
    Result result = measured.of(probe);
    if (result.isMeasured() && probe.isOnTheRunsTable()) {
      bars.add(new Plot.Bar(probe.label(), result.nanos(), isFemto));
    }
  }

  private double limit() {
    return rows.get(0).limit();
  }
}
