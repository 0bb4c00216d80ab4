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
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/** A set, measured: for people, for machines, and as a page of results. */
public final class SetReport {
  private final Scope scope;
  private final Map<String, String> machine;
  private final List<? extends ReportRow> rows;
  private final Report.Table figures;
  private final List<String> notes;
  private final Picture picture;

  /**
   * What a run measures, and on how much.
   *
   * @param set the set, such as kernels
   * @param size quick or full
   * @param count how many there are of what it is measured on
   * @param counted what these are, such as candidates
   * @param method how figures come about, for the page
   * @param picture what the picture on the page shows
   */
  public record Scope(
      String set, String size, int count, String counted, String method, String picture) {}

  private SetReport(
      Scope scope,
      Map<String, String> machine,
      List<? extends ReportRow> rows,
      Report.Table figures,
      List<String> notes,
      Picture picture) {
    this.scope = scope;
    this.machine = Machine.describe(machine);
    this.rows = rows;
    this.figures = figures;
    this.notes = notes;
    this.picture = picture;
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
      return of(set, size, Measurements.run(set.claims(), size, progress::step));
    }
  }

  /** The report of claims that JMH has measured. */
  static SetReport of(BenchmarkSet set, RunSize size, Measurements measured) {
    List<Row> rows = set.claims().stream().map(claim -> Row.of(claim, measured, size)).toList();
    Report.Table figures = new Report.Table("figure", "ns an item", "least", "most");
    measured
        .all()
        .forEach(
            (probe, result) ->
                figures.row(
                    probe.label(),
                    result.isMeasured() ? Figures.orDash(result.nanos()) : "missing",
                    Figures.orDash(result.least()),
                    Figures.orDash(result.most())));
    List<String> notes = new ArrayList<>();
    measured.missing(measured.all().keySet()).forEach(line -> notes.add("Missing: " + line));
    rows.stream()
        .filter(row -> !row.claim().allocates().isEmpty())
        .forEach(row -> notes.add("Allocates: " + row.id() + ": " + row.claim().allocates()));
    String method =
        String.format(
            Locale.ROOT,
            "%d JVMs a figure, in each %d iterations of %d ms to warm up and %d of %d ms that count",
            size.forks(),
            size.warmups(),
            size.warmupMillis(),
            size.iterations(),
            size.millis());
    return new SetReport(
        new Scope(
            set.name(),
            size.name(),
            size.candidates(),
            "candidates",
            method,
            "ns an item of each contender"),
        set.machine(),
        rows,
        figures,
        notes,
        (title, png) -> Plot.write(bars(rows, measured), rows.get(0).limit(), title, png));
  }

  /**
   * The report of what a harness of its own has measured.
   *
   * @param scope what, and on how much
   * @param machine what has to be known of the machine besides the processor and the JVM
   * @param rows the rows, in order
   * @param figures every figure there is
   * @param picture what the page shows
   * @return the report
   */
  public static SetReport of(
      Scope scope,
      Map<String, String> machine,
      List<Finding> rows,
      List<Figure> figures,
      Picture picture) {
    Report.Table table = new Report.Table("figure", "unit", "median", "least", "most");
    figures.forEach(
        figure ->
            table.row(
                figure.label(),
                figure.unit(),
                Figures.orDash(figure.median()),
                Figures.orDash(figure.least()),
                Figures.orDash(figure.most())));
    List<String> notes = new ArrayList<>();
    for (Finding row : rows) {
      row.missingLines().forEach(line -> notes.add("Missing: " + line));
      if (!row.reason().isEmpty()) {
        notes.add("Not reached: " + row.id() + ": " + row.reason());
      }
    }
    return new SetReport(scope, machine, List.copyOf(rows), table, notes, picture);
  }

  /**
   * The report for machines.
   *
   * @return set, size, machine and rows; a figure that there is none of is NaN
   */
  public Map<String, Object> json() {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("set", scope.set());
    json.put("size", scope.size());
    json.put(scope.counted(), scope.count());
    json.put("machine", machine);
    json.put("rows", rows.stream().map(ReportRow::json).toList());
    return json;
  }

  /**
   * The report for people.
   *
   * @param out where to print it
   */
  public void print(PrintWriter out) {
    out.printf(
        Locale.ROOT,
        "%s, %s run, %,d %s%n",
        scope.set(),
        scope.size(),
        scope.count(),
        scope.counted());
    machine.forEach((what, value) -> out.println("  " + what + ": " + value));
    out.println();
    printTables(out);
  }

  private void printTables(PrintWriter out) {
    claimsTable().print(out);
    out.println();
    figures.print(out);
    out.println();
    notes.forEach(out::println);
    out.println();
    out.println("The answers are proved by a test, and checked in each JVM before it measures:");
    rows.forEach(row -> out.println("  " + row.id() + ": " + row.proof()));
    out.flush();
  }

  /** A row a claim. */
  private Report.Table claimsTable() {
    Report.Table table = new Report.Table(rows.get(0).cells().keySet().toArray(String[]::new));
    rows.forEach(row -> table.row(row.cells().values().toArray(String[]::new)));
    return table;
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
    String name = scope.set() + "-" + Machine.slug(String.valueOf(machine.get("processor")));
    Path page = directory.resolve(name + ".md");
    picture.write(title(), directory.resolve(name + ".png"));
    StringWriter text = new StringWriter();
    PrintWriter out = new PrintWriter(text);
    out.println("# " + title());
    out.println();
    out.println("Figures of one run on one machine; only the ratios hold elsewhere.");
    out.println();
    machine.forEach((what, value) -> out.println("- " + what + ": " + value));
    out.println("- JVM flags: `" + flags() + "`");
    out.println("- command: `" + command + "`");
    out.println("- " + scope.method());
    out.println();
    out.println("```");
    printTables(out);
    out.println("```");
    out.println();
    out.println("![" + scope.picture() + "](" + name + ".png)");
    out.flush();
    Files.writeString(page, text.toString());
    return page;
  }

  private String title() {
    return "%s: %,d %s on %s"
        .formatted(scope.set(), scope.count(), scope.counted(), machine.get("processor"));
  }

  /** What a forked JVM is given: a path differs from machine to machine and changes nothing. */
  private static String flags() {
    return ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
        .filter(flag -> !flag.startsWith("-D"))
        .reduce((left, right) -> left + " " + right)
        .orElse("none");
  }

  /** The contenders of the plot, each once: those of claims in the first one's unit with peers. */
  private static List<Plot.Bar> bars(List<Row> rows, Measurements measured) {
    Set<Plot.Bar> bars = new LinkedHashSet<>();
    for (Row row : rows) {
      if (!row.claim().peers().isEmpty()
          && row.claim().unit().startsWith(rows.get(0).claim().unit())) {
        addBar(bars, row.claim().value(), measured, true);
        row.claim().peers().forEach(peer -> addBar(bars, peer, measured, false));
      }
    }
    return List.copyOf(bars);
  }

  private static void addBar(
      Set<Plot.Bar> bars, Probe probe, Measurements measured, boolean isFemto) {
    Result result = measured.of(probe);
    if (result.isMeasured() && probe.isOnTheRunsTable()) {
      bars.add(new Plot.Bar(probe.label(), result.nanos(), isFemto));
    }
  }
}
