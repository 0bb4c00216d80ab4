package femto.bench.report;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.ChainedOptionsBuilder;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;
import org.openjdk.jmh.runner.options.VerboseMode;
import org.openjdk.jmh.util.Statistics;

/** What was measured. */
final class Measurements {
  /**
   * Nanoseconds, over all iterations of all JVMs: the median, which one disturbed iteration does
   * not move, the least and the most; or why there is none. What the calls did besides is not
   * divided: it is that of a call.
   */
  record Result(double nanos, double least, double most, String reason, Counted counted) {
    Result(double nanos, double least, double most, String reason) {
      this(nanos, least, most, reason, Counted.NOTHING);
    }

    static Result unmeasured(String reason) {
      return new Result(Double.NaN, Double.NaN, Double.NaN, reason);
    }

    /** A call's figures as those of one of its items. */
    Result dividedBy(long items) {
      return new Result(nanos / items, least / items, most / items, reason, counted);
    }

    boolean isMeasured() {
      return !Double.isNaN(nanos);
    }
  }

  private final Map<Probe, Result> results;

  Measurements(Map<Probe, Result> results) {
    this.results = results;
  }

  /**
   * Measures all that some claims need, each call once; {@code done} runs after each.
   *
   * @throws WrongAnswerException if an answer that was checked is wrong: nothing is reported then
   */
  static Measurements run(Collection<Claim> claims, RunSize size, Runnable done) {
    Map<Probe, Result> results = new LinkedHashMap<>();
    Map<Probe.Call, Result> calls = new HashMap<>();
    for (Probe probe : probes(claims)) {
      Result call =
          calls.computeIfAbsent(
              probe.call(),
              key -> probe.missing().map(Result::unmeasured).orElseGet(() -> measure(probe, size)));
      results.put(probe, call.dividedBy(probe.itemsOf(size)));
      done.run();
    }
    return new Measurements(results);
  }

  /** What some claims need, those on the same kind of table together: it is made once. */
  static Set<Probe> probes(Collection<Claim> claims) {
    List<Probe> all =
        claims.stream()
            .flatMap(claim -> claim.probes().stream())
            .sorted(
                Comparator.comparing(
                    probe ->
                        probe.parameters().getOrDefault("kind", "")
                            + " "
                            + probe.parameters().getOrDefault("candidates", "")))
            .toList();
    return new LinkedHashSet<>(all);
  }

  /** Nanoseconds a call. */
  private static Result measure(Probe probe, RunSize size) {
    int warmup = probe.isCompiled() ? size.warmupMillis() / 10 : size.warmupMillis();
    ChainedOptionsBuilder options =
        new OptionsBuilder()
            .include(
                "^"
                    + probe.benchmark().getName().replace(".", "\\.")
                    + "\\."
                    + probe.method()
                    + "$")
            .forks(size.forks())
            .warmupIterations(size.warmups())
            .warmupTime(TimeValue.milliseconds(warmup))
            .measurementIterations(size.iterations())
            .measurementTime(TimeValue.milliseconds(size.millis()))
            .verbosity(VerboseMode.SILENT)
            .shouldFailOnError(true);
    probe.parametersOf(size).forEach(options::param);
    Collection<RunResult> runs;
    try {
      runs = new Runner(options.build()).run();
    } catch (RunnerException e) {
      WrongAnswerException wrong = WrongAnswerException.in(e).orElse(null);
      if (wrong != null) {
        throw new WrongAnswerException(probe.label() + ": " + wrong.getMessage());
      }
      return Result.unmeasured("failed: " + rootMessage(e));
    }
    if (runs.size() != 1) {
      throw new IllegalStateException(
          probe.label() + " is " + runs.size() + " benchmarks, expected 1: " + probe);
    }
    RunResult run = runs.iterator().next();
    double unit = run.getParams().getTimeUnit().toNanos(1);
    Statistics times = run.getPrimaryResult().getStatistics();
    return new Result(
        times.getPercentile(50) * unit,
        times.getMin() * unit,
        times.getMax() * unit,
        "",
        Counted.in(run));
  }

  private static String rootMessage(Throwable failure) {
    Throwable root = failure;
    while (root.getCause() != null) {
      root = root.getCause();
    }
    for (Throwable suppressed : root.getSuppressed()) {
      return rootMessage(suppressed);
    }
    return String.valueOf(root.getMessage() == null ? root : root.getMessage()).strip();
  }

  Map<Probe, Result> all() {
    return results;
  }

  Result of(Probe probe) {
    return results.getOrDefault(probe, Result.unmeasured("not measured"));
  }

  /** Why some were not measured, each reason once: "A, B: there is no C". */
  List<String> missing(Collection<Probe> probes) {
    Map<String, List<String>> labels = new LinkedHashMap<>();
    for (Probe probe : probes) {
      String reason = of(probe).reason();
      if (!reason.isEmpty()) {
        labels.computeIfAbsent(reason, key -> new ArrayList<>()).add(probe.label());
      }
    }
    return labels.entrySet().stream()
        .map(entry -> String.join("; ", entry.getValue()) + ": " + entry.getKey())
        .toList();
  }

  /** The fastest of some that were measured. */
  Optional<Probe> fastest(List<Probe> probes) {
    return probes.stream()
        .filter(probe -> of(probe).isMeasured())
        .min(Comparator.comparingDouble(probe -> of(probe).nanos()));
  }
}
