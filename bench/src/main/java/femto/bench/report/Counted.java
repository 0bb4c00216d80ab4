package femto.bench.report;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.openjdk.jmh.results.BenchmarkResult;
import org.openjdk.jmh.results.IterationResult;
import org.openjdk.jmh.results.RunResult;

/**
 * What {@link OperationCounters} counted over all JVMs of a figure.
 *
 * @param bytes allocated a call, the median over the iterations; NaN if nobody counted
 * @param usedScreen share of the searches that used their screen to the end; NaN without a screen
 * @param scanned share of the rows that a search looked at in codes; NaN without a screen
 * @param scored share of the rows that a search scored by the chain; NaN without a screen
 * @param checkedSearches searches checked in each JVM
 * @param checkedScores scores held against doubles in each JVM
 * @param limitNanos least time in which the same JVMs got to see all that a call has to see, the
 *     median over the iterations; NaN if nobody looked
 */
record Counted(
    double bytes,
    double usedScreen,
    double scanned,
    double scored,
    long checkedSearches,
    long checkedScores,
    double limitNanos) {
  static final Counted NOTHING =
      new Counted(Double.NaN, Double.NaN, Double.NaN, Double.NaN, 0, 0, Double.NaN);

  static Counted in(RunResult run) {
    List<Map<String, Double>> iterations = new ArrayList<>();
    for (BenchmarkResult fork : run.getBenchmarkResults()) {
      for (IterationResult iteration : fork.getIterationResults()) {
        Map<String, Double> counters = new HashMap<>();
        iteration
            .getSecondaryResults()
            .forEach((name, result) -> counters.put(name, result.getScore()));
        iterations.add(counters);
      }
    }
    return of(iterations);
  }

  /** From the counters of each iteration, by their names. */
  static Counted of(Collection<Map<String, Double>> iterations) {
    double[] bytes =
        iterations.stream()
            .filter(counters -> value(counters, "calls") > 0)
            .mapToDouble(counters -> value(counters, "allocatedBytes") / value(counters, "calls"))
            .sorted()
            .toArray();
    if (bytes.length == 0) {
      return NOTHING;
    }
    double[] limits =
        iterations.stream()
            .mapToDouble(counters -> value(counters, "limitNanos"))
            .filter(limit -> limit > 0)
            .sorted()
            .toArray();
    double rows = sum(iterations, "searchedRows"); // 0 / 0 is NaN
    return new Counted(
        bytes[bytes.length / 2],
        sum(iterations, "screenedSearches") / sum(iterations, "searches"),
        sum(iterations, "scannedRows") / rows,
        sum(iterations, "scoredRows") / rows,
        most(iterations, "checkedSearches"),
        most(iterations, "checkedScores"),
        limits.length == 0 ? Double.NaN : limits[limits.length / 2]);
  }

  private static double value(Map<String, Double> counters, String counter) {
    return counters.getOrDefault(counter, 0.0);
  }

  private static double sum(Collection<Map<String, Double>> iterations, String counter) {
    return iterations.stream().mapToDouble(each -> value(each, counter)).sum();
  }

  private static long most(Collection<Map<String, Double>> iterations, String counter) {
    return iterations.stream().mapToLong(each -> (long) value(each, counter)).max().orElse(0);
  }

  boolean hasScreen() {
    return !Double.isNaN(usedScreen);
  }

  boolean hasBytes() {
    return !Double.isNaN(bytes);
  }

  /** What a search left over for the codes and for the chain, for machines. */
  Map<String, Object> survivedJson() {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("scanned", scanned);
    json.put("scored", scored);
    json.put("used_screen", usedScreen);
    return json;
  }

  /** What was checked in the JVMs that measured, for machines. */
  Map<String, Object> checkedJson() {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("searches", checkedSearches);
    json.put("scores", checkedScores);
    return json;
  }

  /** The same for people; empty if nothing was. */
  String checkedWords() {
    List<String> parts = new ArrayList<>();
    if (checkedSearches > 0) {
      parts.add(checkedSearches + " searches against scoring every row, ids and bits");
    }
    if (checkedScores > 0) {
      parts.add(String.format(java.util.Locale.ROOT, "%,d scores against doubles", checkedScores));
    }
    return String.join(", ", parts);
  }
}
