package femto.tools.cli;

import femto.tools.experiment.Comparison;
import femto.tools.experiment.Interval;
import femto.tools.experiment.Rate;
import femto.tools.stream.OnBadRow;
import femto.tools.traffic.Breakage;
import femto.tools.traffic.Column;
import femto.tools.traffic.EventLog;
import femto.tools.traffic.Figure;
import femto.tools.traffic.Metric;
import femto.tools.traffic.Need;
import femto.tools.traffic.Settings;
import femto.tools.traffic.Traffic;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.TypeConversionException;

@Command(
    name = "traffic",
    description = {
      "Compute click-through rates and other metrics from an event log.",
      "",
      "  femto traffic log.csv",
      "  femto traffic log.csv --metrics ctr,ctr-users,long-ctr --long 30s --json",
      "",
      "The log is CSV in UTF-8 with a header, columns in any order:",
      "  time,event,id,user,item,session,dwell,arm",
      "  2026-01-31T12:00:00Z,impression,i1,ann,film7,s1,,A",
      "  2026-01-31T12:00:09Z,click,i1,ann,,s1,41.5,",
      "",
      "Needed are time (seconds since the epoch, or an instant), event (impression, view, click, "
          + "conversion), id (of the impression, also on the events that belong to it) and user. "
          + "With item, session, dwell (seconds, of a click or a view) and arm (the variant of an "
          + "A/B test) there are more metrics; those that cannot be computed are listed with the "
          + "reason. With two arms the rates of the second are set against those of the first.",
      "",
      "Rates are shown by impressions and by users. Believe the intervals and p-values of "
          + "users: the impressions of one user are alike, and taken to be independent they "
          + "look surer than they are.",
      "",
      "Broken rows are left out and counted by kind, with the first line of each kind; the "
          + "rows used and those refused add up to all rows. Rows may stand in any order.",
      ""
    })
final class TrafficCommand extends BaseCommand {
  @Parameters(paramLabel = "LOG", description = "The event log.")
  Path log = Path.of("");

  @Option(
      names = "--metrics",
      split = ",",
      paramLabel = "METRIC",
      converter = MetricConverter.class,
      description =
          "Only these, and fail if one cannot be computed (default: all that can be): "
              + "${COMPLETION-CANDIDATES}.")
  List<Metric> metrics = new ArrayList<>();

  @Option(
      names = "--window",
      paramLabel = "TIME",
      converter = Durations.class,
      description =
          "How long after its impression an event belongs to it; later ones are counted as outside "
              + "the window (default: 7d).")
  Duration window = Settings.defaults().window();

  @Option(
      names = "--long",
      paramLabel = "TIME",
      converter = Durations.class,
      description = "The dwell from which a click or a view is long (default: 30s).")
  Duration longDwell = Settings.defaults().longDwell();

  @Option(
      names = "--dwell-cap",
      paramLabel = "TIME",
      converter = Durations.class,
      description = "What longer dwells are cut to in means and sums (default: 10m).")
  Duration dwellCap = Settings.defaults().dwellCap();

  @Option(
      names = "--catalogue",
      paramLabel = "N",
      description = "Items that could have been shown, for coverage.")
  @Nullable Long catalogue;

  @Option(
      names = "--users",
      paramLabel = "N",
      description = "Users who could have been shown something, for user-coverage.")
  @Nullable Long users;

  @Option(
      names = "--strict",
      description = "Fail at the first row that would be refused, and say what is wrong with it.")
  boolean strict;

  static final class MetricConverter implements ITypeConverter<Metric> {
    @Override
    public Metric convert(String text) {
      for (Metric metric : Metric.values()) {
        if (metric.toString().equalsIgnoreCase(text)) {
          return metric;
        }
      }
      throw new TypeConversionException(
          "\"" + text + "\" is no metric, expected one of " + EnumSet.allOf(Metric.class));
    }
  }

  @Override
  public Integer call() throws IOException {
    require(catalogue == null || catalogue > 0, "--catalogue must be 1 or more");
    require(users == null || users > 0, "--users must be 1 or more");
    for (Metric metric : metrics) {
      require(
          catalogue != null || !metric.needs().contains(Need.CATALOGUE),
          metric + " needs --catalogue");
      require(users != null || !metric.needs().contains(Need.USERS), metric + " needs --users");
    }
    Set<Column> needed = EnumSet.noneOf(Column.class);
    metrics.forEach(metric -> needed.addAll(metric.columns()));
    long start = System.nanoTime();
    EventLog events;
    long bytes = Files.isRegularFile(log) ? Files.size(log) : 0;
    try (Progress progress = Progress.start("reading", bytes)) {
      events = EventLog.read(log, needed, strict ? OnBadRow.STOP : OnBadRow.SKIP, progress::at);
    }
    Settings settings =
        new Settings(
            window,
            longDwell,
            dwellCap,
            catalogue == null ? 0 : catalogue,
            users == null ? 0 : users);
    Set<Metric> asked = EnumSet.noneOf(Metric.class);
    asked.addAll(metrics);
    Set<Metric> wanted = asked.isEmpty() ? EnumSet.allOf(Metric.class) : asked;
    Traffic traffic = Traffic.of(events, settings, wanted, asked);
    if (!asked.isEmpty() && !traffic.missing().isEmpty()) {
      throw new IllegalArgumentException(log + ": " + text(traffic.missing()));
    }
    double seconds = (System.nanoTime() - start) / 1e9;
    if (!json) {
      print(events, traffic, seconds);
    }
    return done(result(events, settings, traffic, seconds));
  }

  private static String text(Map<Metric, String> missing) {
    return missing.entrySet().stream()
        .map(entry -> entry.getKey() + ": " + entry.getValue())
        .collect(Collectors.joining("; "));
  }

  private void print(EventLog events, Traffic traffic, double seconds) {
    Report.Table table = new Report.Table("metric", "", "value", "95 %", "of");
    traffic
        .whole()
        .forEach(
            (metric, figure) ->
                table.row(
                    metric.toString(),
                    metric.words(),
                    value(metric, figure.value()),
                    interval(metric, figure.interval()),
                    of(metric, figure)));
    table.print(out());
    if (!traffic.arms().isEmpty()) {
      out().println();
      printArms(traffic);
    }
    out().println();
    sayCounts(events, traffic.counts(), seconds);
    printBroken(events);
    if (!events.unknownColumns().isEmpty()) {
      sayWrapped("Columns that are not read: " + String.join(", ", events.unknownColumns()) + ".");
    }
    traffic.missing().forEach((metric, reason) -> say("not computed: " + metric + ": " + reason));
  }

  private void printArms(Traffic traffic) {
    List<String> names = List.copyOf(traffic.arms().keySet());
    List<String> header = new ArrayList<>(List.of("metric"));
    names.forEach(name -> header.addAll(List.of(name, "95 %")));
    boolean isTest = !traffic.comparisons().isEmpty();
    if (isTest) {
      header.addAll(List.of(names.get(1) + " less " + names.get(0), "95 %", "p"));
    }
    Report.Table table = new Report.Table(header.toArray(String[]::new));
    for (Metric metric : traffic.whole().keySet()) {
      List<String> row = new ArrayList<>(List.of(metric.toString()));
      for (Map<Metric, Figure> figures : traffic.arms().values()) {
        Figure figure = figures.get(metric);
        row.add(figure == null ? "-" : value(metric, figure.value()));
        row.add(figure == null ? "" : interval(metric, figure.interval()));
      }
      if (isTest) {
        Comparison comparison = traffic.comparisons().get(metric);
        row.addAll(
            comparison == null
                ? List.of("", "", "")
                : List.of(
                    value(metric, comparison.difference()),
                    interval(metric, comparison.interval()),
                    Report.number(comparison.pValue())));
      }
      table.row(row.toArray(String[]::new));
    }
    table.print(out());
  }

  private void sayCounts(EventLog events, Traffic.Counts counts, double seconds) {
    sayWrapped(
        "Impressions: %s of %s users. In the window: clicks %s, views %s, conversions %s."
            .formatted(
                Report.count(counts.impressions()),
                Report.count(counts.users()),
                Report.count(counts.clicks().inWindow()),
                Report.count(counts.views().inWindow()),
                Report.count(counts.conversions().inWindow())));
    sayEvents("clicks", counts.clicks());
    sayEvents("views", counts.views());
    sayEvents("conversions", counts.conversions());
    sayIfAny(
        "clicked impressions without a dwell, taken for not long", counts.clickedWithoutDwell());
    sayIfAny("used rows without a session", counts.outsideSessions());
    sayIfAny("impressions without an arm", counts.withoutArm());
    sayIfAny("users in several arms, which blurs how the arms differ", counts.usersInSeveralArms());
    say(
        "Rows: %s, of which %s used and %s refused, in %.1f seconds."
            .formatted(
                Report.count(events.rows()),
                Report.count(events.used()),
                Report.count(events.rows() - events.used()),
                seconds));
  }

  private void sayEvents(String what, Traffic.Events events) {
    sayIfAny(what + " that repeat one of the same impression, counted once", events.repeated());
    sayIfAny(what + " outside the window, not counted", events.outside());
  }

  private void sayIfAny(String what, long count) {
    if (count > 0) {
      say("  " + what + ": " + Report.count(count));
    }
  }

  private void printBroken(EventLog events) {
    if (Arrays.stream(Breakage.values()).allMatch(breakage -> events.count(breakage) == 0)) {
      return;
    }
    Report.Table table = new Report.Table("broken", "rows", "first line", "");
    for (Breakage breakage : Breakage.values()) {
      if (events.count(breakage) > 0) {
        table.row(
            breakage.words(),
            Report.count(events.count(breakage)),
            Long.toString(events.firstLine(breakage)),
            breakage.isRefused() ? "refused" : "used");
      }
    }
    table.print(out());
  }

  private static String value(Metric metric, double value) {
    if (!Double.isFinite(value)) {
      return "-";
    }
    return switch (metric.unit()) {
      case RATE, PART -> String.format(Locale.ROOT, "%.3f %%", 100 * value);
      case SECONDS -> String.format(Locale.ROOT, "%.2f s", value);
      case COUNT -> Report.count((long) value);
      case RATIO -> Report.number(value);
    };
  }

  private static String interval(Metric metric, @Nullable Interval interval) {
    return interval == null || !Double.isFinite(interval.low())
        ? ""
        : value(metric, interval.low()) + " to " + value(metric, interval.high());
  }

  private static String of(Metric metric, Figure figure) {
    Rate rate = figure.rate();
    if (rate != null) {
      return Report.count(rate.successes()) + " of " + Report.count(rate.trials());
    }
    return metric.unit() == Metric.Unit.COUNT ? "" : Report.count(figure.of());
  }

  private Map<String, Object> result(
      EventLog events, Settings settings, Traffic traffic, double seconds) {
    Map<String, Object> result = new LinkedHashMap<>();
    result.put("log", log.toString());
    result.put("rows", events.rows());
    result.put("used", events.used());
    result.put("refused", broken(events, true));
    result.put("used_but", broken(events, false));
    result.put("unknown_columns", events.unknownColumns());
    result.put("window_seconds", seconds(settings.window()));
    result.put("long_seconds", seconds(settings.longDwell()));
    result.put("dwell_cap_seconds", seconds(settings.dwellCap()));
    Traffic.Counts counts = traffic.counts();
    result.put("impressions", counts.impressions());
    result.put("users", counts.users());
    result.put("clicks", events(counts.clicks()));
    result.put("views", events(counts.views()));
    result.put("conversions", events(counts.conversions()));
    result.put("clicked_without_dwell", counts.clickedWithoutDwell());
    result.put("sessions", counts.sessions());
    result.put("rows_outside_sessions", counts.outsideSessions());
    result.put("impressions_without_arm", counts.withoutArm());
    result.put("users_in_several_arms", counts.usersInSeveralArms());
    result.put("metrics", figures(traffic.whole()));
    Map<String, Object> arms = new LinkedHashMap<>();
    traffic.arms().forEach((name, figures) -> arms.put(name, figures(figures)));
    result.put("arms", arms);
    Map<String, Object> comparisons = new LinkedHashMap<>();
    traffic
        .comparisons()
        .forEach((metric, comparison) -> comparisons.put(key(metric), row(comparison)));
    result.put("comparisons", comparisons);
    Map<String, Object> missing = new LinkedHashMap<>();
    traffic.missing().forEach((metric, reason) -> missing.put(key(metric), reason));
    result.put("not_computed", missing);
    result.put("seconds", seconds);
    return result;
  }

  private static double seconds(Duration duration) {
    return duration.toMillis() / 1e3;
  }

  private static String key(Metric metric) {
    return metric.toString().replace('-', '_');
  }

  private static Map<String, Object> broken(EventLog events, boolean refused) {
    Map<String, Object> kinds = new LinkedHashMap<>();
    for (Breakage breakage : Breakage.values()) {
      if (breakage.isRefused() == refused && events.count(breakage) > 0) {
        Map<String, Object> kind = new LinkedHashMap<>();
        kind.put("rows", events.count(breakage));
        kind.put("first_line", events.firstLine(breakage));
        kinds.put(breakage.toString(), kind);
      }
    }
    return kinds;
  }

  private static Map<String, Object> events(Traffic.Events events) {
    Map<String, Object> result = new LinkedHashMap<>();
    result.put("in_window", events.inWindow());
    result.put("repeated", events.repeated());
    result.put("outside_window", events.outside());
    return result;
  }

  private static Map<String, Object> figures(Map<Metric, Figure> figures) {
    Map<String, Object> result = new LinkedHashMap<>();
    figures.forEach((metric, figure) -> result.put(key(metric), row(figure)));
    return result;
  }

  private static Map<String, Object> row(Figure figure) {
    Map<String, Object> row = new LinkedHashMap<>();
    row.put("value", figure.value());
    Interval interval = figure.interval();
    if (interval != null) {
      row.put("low", interval.low());
      row.put("high", interval.high());
    }
    Rate rate = figure.rate();
    if (rate != null) {
      row.put("successes", rate.successes());
      row.put("trials", rate.trials());
    } else {
      row.put("of", figure.of());
    }
    return row;
  }

  private static Map<String, Object> row(Comparison comparison) {
    Map<String, Object> row = new LinkedHashMap<>();
    row.put("difference", comparison.difference());
    row.put("low", comparison.interval().low());
    row.put("high", comparison.interval().high());
    row.put("p_value", comparison.pValue());
    return row;
  }
}
