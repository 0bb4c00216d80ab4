package femto.tools.cli;

import femto.tools.runs.Run;
import femto.tools.runs.RunLog;
import femto.tools.runs.RunLog.Content;
import femto.tools.runs.RunLog.Entry;
import femto.tools.runs.RunLog.Malformed;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "runs",
    description = {
      "Show what was tried, best first, and how two runs differ.",
      "",
      "  femto train ml.data --split temporal-user --valid 0.1 --out a.femto",
      "  femto train ml.data --split temporal-user --valid 0.1 --factors 32 --out b.femto",
      "  femto runs",
      "  femto runs --diff 1 2",
      "",
      "train, crossval, evaluate and compare append a line for each model to runs.jsonl: its data, "
          + "parameters, seed and figures, one JSON object a line. train --search appends a line "
          + "for each trial. The number of a run is that of its line, and stays.",
      "",
      "Figures compare only within one data set and one protocol: --data and --protocol pick "
          + "one. Whether the lowest or the highest is best is known by the name: errors, losses "
          + "and seconds are better low, all else is better high.",
      ""
    })
final class RunsCommand extends BaseCommand {
  /** What runs are ordered by if nothing is said: the first of these that one of them has. */
  private static final List<String> BY =
      List.of(
          "ndcg_at_10",
          "auc",
          "rmse",
          "log_loss",
          "validation_loss",
          "search_ndcg_at_10",
          "search_rmse",
          "search_log_loss",
          "training_loss");

  private static final List<String> LOWER_IS_BETTER =
      List.of("rmse", "mae", "loss", "error", "gini", "regret", "seconds");

  private static final String SECONDS = "seconds";
  private static final int MOST_WARNINGS = 5;

  @Parameters(
      arity = "0..1",
      paramLabel = "FILE",
      defaultValue = RunLogOption.FILE_NAME,
      description = "A log of runs (default: ${DEFAULT-VALUE} here).")
  Path file = Path.of(RunLogOption.FILE_NAME);

  @Option(
      names = "--by",
      paramLabel = "METRIC",
      description =
          "Order by this figure (default: the first that a run has of ndcg_at_10, auc, rmse,"
              + " log_loss, validation_loss, those of a search, training_loss).")
  @Nullable String by;

  @Option(
      names = "--command",
      paramLabel = "NAME",
      description = "Only runs of this command, such as train.")
  @Nullable String command;

  @Option(
      names = "--data",
      paramLabel = "TEXT",
      description = "Only runs whose data set's name or checksum contains this.")
  @Nullable String data;

  @Option(
      names = "--protocol",
      paramLabel = "TEXT",
      description = "Only runs whose protocol contains this, such as temporal-user.")
  @Nullable String protocol;

  @Option(
      names = "--limit",
      paramLabel = "N",
      description = "The best N only (default: ${DEFAULT-VALUE}).")
  int limit = 20;

  @Option(
      names = "--diff",
      arity = "2",
      paramLabel = "RUN",
      description =
          "What differs between two runs, by their numbers, and nothing that is the same.")
  List<Integer> diff = List.of();

  @Override
  public Integer call() throws IOException {
    require(limit >= 1, "--limit must be 1 or more");
    boolean filtered = by != null || command != null || data != null || protocol != null;
    require(
        diff.isEmpty() || !filtered, "--by, --command, --data and --protocol go without --diff");
    require(diff.isEmpty() || diff.size() == 2, "--diff takes two numbers, once");
    Content content = new RunLog(file).read();
    warn(content.malformed());
    return diff.isEmpty() ? list(content) : difference(content.entries());
  }

  private void warn(List<Malformed> malformed) {
    malformed.stream()
        .limit(MOST_WARNINGS)
        .forEach(
            line ->
                err()
                    .println(
                        "femto: warning: " + file + ":" + line.number() + ": " + line.problem()));
    if (!malformed.isEmpty()) {
      err()
          .println(
              "femto: warning: %s: %s no run, and left out"
                  .formatted(
                      file, malformed.size() == 1 ? "1 line is" : malformed.size() + " lines are"));
      err().flush();
    }
  }

  // ---- The table ----

  private int list(Content content) {
    List<Entry> found = content.entries().stream().filter(this::isWanted).toList();
    String metric = by != null ? by : guess(found);
    if (found.stream().allMatch(entry -> Double.isNaN(value(entry, metric))) && by != null) {
      Set<String> known = new LinkedHashSet<>();
      found.forEach(entry -> known.addAll(entry.run().metrics().keySet()));
      throw new IllegalArgumentException(
          "no run of %s has the figure \"%s\", expected one of %s".formatted(file, by, known));
    }
    List<Entry> best = found.stream().sorted(bestFirst(metric)).limit(limit).toList();
    if (!json) {
      print(found, best, metric);
    }
    Map<String, Object> result = new LinkedHashMap<>();
    result.put("file", file.toString());
    result.put("by", metric);
    result.put("best", isLowerBetter(metric) ? "lowest" : "highest");
    result.put("found", found.size());
    result.put("runs", best.stream().map(RunsCommand::members).toList());
    result.put(
        "malformed",
        content.malformed().stream()
            .map(line -> Map.of("number", line.number(), "problem", line.problem()))
            .toList());
    return done(result);
  }

  private boolean isWanted(Entry entry) {
    Run run = entry.run();
    return (command == null || run.command().equalsIgnoreCase(command))
        && (data == null || run.data().contains(data))
        && (protocol == null || run.protocol().contains(protocol));
  }

  private static String guess(List<Entry> entries) {
    return BY.stream()
        .filter(name -> entries.stream().anyMatch(e -> e.run().metrics().containsKey(name)))
        .findFirst()
        .or(() -> entries.stream().flatMap(e -> e.run().metrics().keySet().stream()).findFirst())
        .orElse(SECONDS);
  }

  /** By the part of a name that says what is measured, as in {@code search_rmse}. */
  private static boolean isLowerBetter(String metric) {
    return List.of(metric.split("_", -1)).stream().anyMatch(LOWER_IS_BETTER::contains);
  }

  /** What a run does not have, or is not defined, comes last; equals by their numbers. */
  private static Comparator<Entry> bestFirst(String metric) {
    double sign = isLowerBetter(metric) ? 1 : -1;
    return Comparator.<Entry>comparingDouble(
            entry -> {
              double value = value(entry, metric);
              return Double.isNaN(value) ? Double.POSITIVE_INFINITY : sign * value;
            })
        .thenComparingInt(Entry::number);
  }

  private static double value(Entry entry, String metric) {
    Double value = entry.run().metrics().get(metric);
    return value != null ? value : metric.equals(SECONDS) ? entry.run().seconds() : Double.NaN;
  }

  private void print(List<Entry> found, List<Entry> best, String metric) {
    if (found.isEmpty()) {
      say("No runs.");
      return;
    }
    Set<String> varied = varied(best);
    Report.Table table =
        new Report.Table(
            "run", metric, "command", "model", "protocol", "data", "seconds", "what differs");
    for (Entry entry : best) {
      Run run = entry.run();
      String settings =
          varied.stream()
              .filter(run.parameters()::containsKey)
              .map(name -> name + "=" + run.parameters().get(name))
              .collect(Collectors.joining("  "));
      table.row(
          Integer.toString(entry.number()),
          Report.number(value(entry, metric)),
          run.command(),
          run.model(),
          run.protocol(),
          run.data(),
          String.format(Locale.ROOT, "%.1f", run.seconds()),
          settings + (differs(best, Run::seed) ? "  seed=" + run.seed() : ""));
    }
    table.print(out());
    say(
        "By %s, %s first; %s of %s runs."
            .formatted(
                metric,
                isLowerBetter(metric) ? "lowest" : "highest",
                Report.count(best.size()),
                Report.count(found.size())));
    if (differs(best, Run::data) || differs(best, Run::protocol)) {
      say("They are of several data sets or protocols, whose figures do not compare.");
    }
  }

  /** Parameters that are not the same in all of some runs. */
  private static Set<String> varied(List<Entry> entries) {
    Set<String> names = new LinkedHashSet<>();
    entries.forEach(entry -> names.addAll(entry.run().parameters().keySet()));
    names.removeIf(name -> !differs(entries, run -> String.valueOf(run.parameters().get(name))));
    return names;
  }

  private static boolean differs(List<Entry> entries, Function<Run, Object> of) {
    Set<Object> values = new HashSet<>();
    entries.forEach(entry -> values.add(of.apply(entry.run())));
    return values.size() > 1;
  }

  private static Map<String, Object> members(Entry entry) {
    Run run = entry.run();
    Map<String, Object> members = new LinkedHashMap<>();
    members.put("run", entry.number());
    members.put("time", run.time().toString());
    members.put("command", run.command());
    members.put("femto", run.version());
    members.put("data", run.data());
    members.put("protocol", run.protocol());
    members.put("model", run.model());
    members.put("parameters", run.parameters());
    members.put("seed", run.seed());
    members.put("metrics", run.metrics());
    members.put("seconds", run.seconds());
    members.put("file", run.file() == null ? null : run.file().toString());
    return members;
  }

  // ---- The difference ----

  private int difference(List<Entry> entries) {
    Run first = find(entries, diff.get(0));
    Run second = find(entries, diff.get(1));
    Map<String, Object> result = new LinkedHashMap<>();
    result.put("runs", diff);
    Map<String, Object> about = difference(about(first), about(second));
    Map<String, Object> parameters = difference(first.parameters(), second.parameters());
    Map<String, Object> metrics = difference(first.metrics(), second.metrics());
    result.put("about", about);
    result.put("parameters", parameters);
    result.put("metrics", metrics);
    if (!json) {
      Report.Table table = new Report.Table("", "run " + diff.get(0), "run " + diff.get(1));
      about.forEach((name, both) -> row(table, name, both));
      parameters.forEach((name, both) -> row(table, name, both));
      metrics.forEach((name, both) -> row(table, name, both));
      if (about.isEmpty() && parameters.isEmpty() && metrics.isEmpty()) {
        say("They differ in nothing but when they ran and what it took.");
      } else {
        table.print(out());
      }
    }
    return done(result);
  }

  private Run find(List<Entry> entries, int number) {
    return entries.stream()
        .filter(entry -> entry.number() == number)
        .map(Entry::run)
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "%s has no run %d, expected a number that 'femto runs' shows"
                        .formatted(file, number)));
  }

  private static Map<String, Object> about(Run run) {
    Map<String, Object> about = members(new Entry(0, run));
    about.keySet().removeAll(Set.of("run", "time", "parameters", "metrics", "seconds", "file"));
    return about;
  }

  /** Pairs of values by name, of what is not the same in both; null for what one does not have. */
  private static Map<String, Object> difference(Map<String, ?> first, Map<String, ?> second) {
    Set<String> names = new LinkedHashSet<>(first.keySet());
    names.addAll(second.keySet());
    Map<String, Object> difference = new LinkedHashMap<>();
    for (String name : names) {
      if (!Objects.equals(first.get(name), second.get(name))) {
        Map<String, Object> both = new LinkedHashMap<>();
        both.put("first", first.get(name));
        both.put("second", second.get(name));
        difference.put(name, both);
      }
    }
    return difference;
  }

  private static void row(Report.Table table, String name, Object both) {
    Map<?, ?> values = (Map<?, ?>) both;
    table.row(name, cell(values.get("first")), cell(values.get("second")));
  }

  private static String cell(@Nullable Object value) {
    return value == null
        ? "-"
        : value instanceof Double number ? Report.number(number) : value.toString();
  }
}
