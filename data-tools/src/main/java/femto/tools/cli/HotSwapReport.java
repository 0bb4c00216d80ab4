package femto.tools.cli;

import femto.swap.LiveStatistics;
import femto.tools.live.HotSwap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/** The last act of the demo, in words and as figures. */
record HotSwapReport(HotSwap.Result result) {
  /** Prints it for people; nothing with --json. */
  void print(BaseCommand to) {
    if (to.json) {
      return;
    }
    Report.Table table = new Report.Table("", "requests/s", "p50 us", "p99 us", "p99.9 us");
    addRow(table, "learning, publishing nothing", result.quiet());
    addRow(table, "learning, publishing", result.publishing());
    table.print(to.out());
    to.sayWrapped(
        ("%s of %s processors ranked the best %d of %s movies. Requests came at fixed times, at half"
                + " the rate that can be held, and the time of each counts from when it was due.")
            .formatted(
                Report.count(result.threads()),
                Report.count(Runtime.getRuntime().availableProcessors()),
                HotSwap.TOP,
                Report.count(result.candidates())));
    LiveStatistics counted = result.statistics();
    to.sayWrapped(
        ("Versions: %.0f a second; %s in full, and %s deltas that folded %.0f movies anew and took"
                + " %.0f us each; %s seen by the requests, %s refused, %s put off. Up to %s features"
                + " waited for the next full version, those that the most movies have (one: %s),"
                + " since a delta folds an eighth of the movies at most.")
            .formatted(
                result.publishesASecond(),
                Report.count(counted.publishedFull()),
                Report.count(counted.publishedDelta()),
                result.refolded(),
                result.publishMicros(),
                Report.count(result.versionsSeen()),
                Report.count(counted.refused()),
                Report.count(counted.coalesced()),
                Report.count(result.mostWaiting()),
                Report.count(result.largestFanOut())));
    to.sayWrapped(
        ("Log loss of liked or not, each of %s ratings by the version that served before it was"
                + " learned: %s, by fifths %s. By the first version: %s, by fifths %s.")
            .formatted(
                Report.count(result.learned()),
                Report.number(result.meanLogLoss()),
                numbers(result.logLoss()),
                Report.number(result.meanFirstLogLoss()),
                numbers(result.firstLogLoss())));
    to.sayWrapped(
        ("Torn reads: %s of %s. (Every %dth answer is computed again by the formula, from the"
                + " weights of its version instead of the movies' rows: the bits must be the same.)")
            .formatted(
                Report.count(result.torn()), Report.count(result.checked()), HotSwap.CHECKED));
  }

  private static void addRow(Report.Table table, String title, HotSwap.Times times) {
    table.row(
        title,
        Report.count(Math.round(times.requestsASecond())),
        micros(times.p50()),
        micros(times.p99()),
        micros(times.p999()));
  }

  private static String micros(double value) {
    return String.format(Locale.ROOT, "%,.0f", value);
  }

  private static String numbers(List<Double> values) {
    return values.stream().map(Report::number).collect(Collectors.joining(" "));
  }

  /** What it came to, for machines. */
  Map<String, Object> figures() {
    Map<String, Object> figures = new LinkedHashMap<>();
    LiveStatistics counted = result.statistics();
    figures.put("threads", result.threads());
    figures.put("requests_per_second", result.publishing().requestsASecond());
    putTimes(figures, "", result.publishing());
    figures.put("requests_per_second_without_publishing", result.quiet().requestsASecond());
    putTimes(figures, "_without_publishing", result.quiet());
    figures.put("versions_per_second", result.publishesASecond());
    figures.put("versions_full", counted.publishedFull());
    figures.put("versions_delta", counted.publishedDelta());
    figures.put("versions_seen", result.versionsSeen());
    figures.put("publishes_refused", counted.refused());
    figures.put("publishes_put_off", counted.coalesced());
    figures.put("refolded_per_delta", result.refolded());
    figures.put("delta_us", result.publishMicros());
    figures.put("features_waiting_at_most", result.mostWaiting());
    figures.put("ratings_learned", result.learned());
    figures.put("log_loss", result.meanLogLoss());
    figures.put("log_loss_by_fifths", result.logLoss());
    figures.put("log_loss_of_first_version", result.meanFirstLogLoss());
    figures.put("log_loss_of_first_version_by_fifths", result.firstLogLoss());
    figures.put("answers_checked", result.checked());
    figures.put("torn_reads", result.torn());
    return figures;
  }

  private static void putTimes(Map<String, Object> into, String suffix, HotSwap.Times times) {
    into.put("p50_us" + suffix, times.p50());
    into.put("p99_us" + suffix, times.p99());
    into.put("p999_us" + suffix, times.p999());
  }
}
