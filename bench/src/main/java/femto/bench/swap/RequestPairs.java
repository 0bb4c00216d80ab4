package femto.bench.swap;

import femto.bench.report.Figure;
import femto.bench.report.Finding;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;
import java.util.function.ToLongFunction;

/**
 * One rate of publishing: rounds with it and rounds without take turns, so that what drifts hits
 * both. Each round with it is held against the two beside it (their geometric mean), and these two,
 * which are identical, against each other: how far those ratios stray from 1 is what this run
 * cannot tell from nothing. In between come rounds of the other ways of giving the service.
 *
 * <p>A round with publishing begins with the patch filled to half of what starts a merge, so that
 * one starts in the middle of it, and a merge that is still under way at its end is waited for: it
 * counts with the round that caused it as far as it fell in it, and never disturbs the next one.
 */
final class RequestPairs {
  static final double AIM = 1.1;
  private static final String TEST =
      "femto.bench.swap.ServicesTest, femto.bench.swap.RequestRoundTest";
  private static final double MICROS = 1000;

  private final RequestRound rounds;
  private final Service femto;
  private final Service control;
  private final List<Service> rivals;
  private final Runnable settle;

  /**
   * Takes what is compared.
   *
   * @param rounds runs a round
   * @param femto the live model
   * @param control the same without publishing
   * @param rivals the other ways
   * @param settle brings the live model to where a round begins
   */
  RequestPairs(
      RequestRound rounds, Service femto, Service control, List<Service> rivals, Runnable settle) {
    this.rounds = rounds;
    this.femto = femto;
    this.control = control;
    this.rivals = rivals;
    this.settle = settle;
  }

  /** Rounds of each contender, by its label, in the order in which they were run. */
  record Series(Map<String, List<RequestRound.Outcome>> rounds, Map<String, String> failures) {
    List<RequestRound.Outcome> of(Service service) {
      return rounds.getOrDefault(service.label(), List.of());
    }

    double[] each(Service service, ToDoubleFunction<RequestRound.Outcome> figure) {
      return of(service).stream().mapToDouble(figure).toArray();
    }

    private void add(Service service, RequestRound.Outcome round) {
      rounds.computeIfAbsent(service.label(), label -> new ArrayList<>()).add(round);
    }
  }

  /** Runs all rounds of a rate; {@code done} after each. */
  Series run(PublishRate rate, SwapSize size, Duration period, Runnable done)
      throws InterruptedException {
    Series series = new Series(new LinkedHashMap<>(), new LinkedHashMap<>());
    settle.run();
    series.add(control, rounds.run(control, rate, size.round(), period));
    done.run();
    int rivalRounds = 0;
    for (int pair = 1; pair <= size.pairs(); pair++) {
      series.add(femto, rounds.run(femto, rate, size.round(), period));
      done.run();
      settle.run();
      series.add(control, rounds.run(control, rate, size.round(), period));
      done.run();
      // Evenly spread over the pairs.
      if (rivalRounds < size.rivalRounds() * pair / size.pairs()) {
        rivalRounds++;
        for (Service rival : rivals) {
          rival(series, rival, rate, size, period);
          done.run();
        }
        settle.run();
      }
    }
    return series;
  }

  private void rival(Series series, Service rival, PublishRate rate, SwapSize size, Duration period)
      throws InterruptedException {
    try {
      series.add(rival, rounds.run(rival, rate, size.round(), period));
    } catch (IllegalStateException failure) {
      series.failures().put(rival.label(), String.valueOf(failure.getMessage()));
    }
  }

  /** How many rounds {@link #run} does. */
  static int rounds(SwapSize size, int rivals) {
    return 1 + 2 * size.pairs() + rivals * size.rivalRounds();
  }

  /** Each round with publishing against the two without beside it. */
  double[] ratios(Series series) {
    double[] with = series.each(femto, RequestRound.Outcome::p99);
    double[] without = series.each(control, RequestRound.Outcome::p99);
    double[] ratios = new double[with.length];
    for (int pair = 0; pair < ratios.length; pair++) {
      ratios[pair] = with[pair] / Math.sqrt(without[pair] * without[pair + 1]);
    }
    return ratios;
  }

  /** Each round without publishing against the one without before it. */
  double[] identicalRatios(Series series) {
    double[] without = series.each(control, RequestRound.Outcome::p99);
    double[] ratios = new double[without.length - 1];
    for (int pair = 0; pair < ratios.length; pair++) {
      ratios[pair] = without[pair + 1] / without[pair];
    }
    return ratios;
  }

  Finding finding(PublishRate rate, Series series) {
    Finding row =
        new Finding(
            rate.id(),
            "p99 of requests (%,d candidates, top %d), published %s, against not publishing"
                .formatted(RequestRound.LISTED, RequestRound.TOP, rate.words()),
            "us",
            TEST);
    double[] ratios = sorted(ratios(series));
    double[] identical = sorted(identicalRatios(series));
    double ratio = Figure.quantile(ratios, 0.5);
    row.measured(median(series, femto), median(series, control))
        .spread(Figure.quantile(identical, 0.25), Figure.quantile(identical, 0.75))
        .holds(ratio, control.label() + ", the same bytes written to private memory", AIM)
        .detail("pairs", ratios.length)
        .detail("ratios", range(ratios))
        .detail("identical_ratios", range(identical))
        .detail("longest_lease_us", longestWait(series, femto))
        .detail("merges", sum(series, RequestRound.Outcome::merges))
        .detail("coalesced", sum(series, RequestRound.Outcome::coalesced));
    Map<String, Object> contenders = new LinkedHashMap<>();
    contenders.put(control.label(), contender(series, control));
    contenders.put(femto.label(), contender(series, femto));
    for (Service rival : rivals) {
      String failure = series.failures().get(rival.label());
      if (failure != null) {
        row.missing(rival.label(), failure);
      } else if (!series.of(rival).isEmpty()) {
        row.peer(rival.label(), median(series, rival));
        contenders.put(rival.label(), contender(series, rival));
      }
    }
    row.detail("contenders", contenders);
    if (series.of(femto).stream().allMatch(round -> round.merges() == 0)) {
      row.fails("no merge ended in any round, so they are not included");
    }
    return row;
  }

  private long sum(Series series, ToLongFunction<RequestRound.Outcome> count) {
    return series.of(femto).stream().mapToLong(count).sum();
  }

  private Map<String, Object> contender(Series series, Service service) {
    Map<String, Object> figures = new LinkedHashMap<>();
    figures.put("p50_us", percentile(series, service, 50));
    figures.put("p99_us", percentile(series, service, 99));
    figures.put(
        "p99_service_us",
        Figure.of("", "", series.each(service, r -> r.services().getValueAtPercentile(99) / MICROS))
            .median());
    figures.put("p999_us", percentile(series, service, 99.9));
    figures.put("longest_wait_us", longestWait(series, service));
    figures.put(
        "publishes_a_second",
        Figure.of("", "", series.each(service, RequestRound.Outcome::publishesASecond)).median());
    return figures;
  }

  private static double percentile(Series series, Service service, double percentile) {
    return Figure.of(
            "",
            "",
            series.each(service, r -> r.responses().getValueAtPercentile(percentile) / MICROS))
        .median();
  }

  private static double longestWait(Series series, Service service) {
    return series.of(service).stream()
        .mapToDouble(r -> r.longestWait() / MICROS)
        .max()
        .orElse(Double.NaN);
  }

  private static double median(Series series, Service service) {
    return percentile(series, service, 99);
  }

  /** For the plot: the median of p99 of each that was measured. */
  Map<String, Double> bars(Series series) {
    Map<String, Double> bars = new LinkedHashMap<>();
    for (Service service : contenders()) {
      if (!series.of(service).isEmpty()) {
        bars.put(service.label(), median(series, service));
      }
    }
    return bars;
  }

  /** All contenders, the control first. */
  List<Service> contenders() {
    List<Service> all = new ArrayList<>(List.of(control, femto));
    all.addAll(rivals);
    return all;
  }

  /** Every figure of a rate. */
  List<Figure> figures(PublishRate rate, Series series) {
    List<Figure> figures = new ArrayList<>();
    for (Service service : contenders()) {
      String label = service.label() + ", " + rate.perSecond() + " publishes a second: ";
      figures.add(
          Figure.of(
              label + "p50",
              "us",
              series.each(service, r -> r.responses().getValueAtPercentile(50) / MICROS)));
      figures.add(Figure.of(label + "p99", "us", series.each(service, r -> r.p99() / MICROS)));
      figures.add(
          Figure.of(
              label + "p99.9",
              "us",
              series.each(service, r -> r.responses().getValueAtPercentile(99.9) / MICROS)));
      figures.add(
          Figure.of(
              label + "longest wait for its version",
              "us",
              series.each(service, r -> r.longestWait() / MICROS)));
      if (!service.label().equals(control.label())) {
        figures.add(
            Figure.of(
                label + "reached",
                "publishes/s",
                series.each(service, RequestRound.Outcome::publishesASecond)));
        figures.add(
            Figure.of(
                label + "a publish",
                "ms",
                series.each(service, r -> r.publishNanos() / 1e6 / Math.max(1, r.publishes()))));
      }
    }
    String label = rate.perSecond() + " publishes a second: ";
    figures.add(
        Figure.of(
            label + "publishes of a round of Femto put off",
            "publishes",
            series.each(femto, RequestRound.Outcome::coalesced)));
    figures.add(
        Figure.of(label + "p99 of Femto by that of " + control.label(), "x", ratios(series)));
    figures.add(
        Figure.of(label + "p99 of identical rounds, by one another", "x", identicalRatios(series)));
    figures.add(
        Figure.of(
            label + "merges of a round of Femto",
            "merges",
            series.each(femto, RequestRound.Outcome::merges)));
    return figures;
  }

  private static double[] sorted(double[] ratios) {
    double[] sorted = ratios.clone();
    Arrays.sort(sorted);
    return sorted;
  }

  private static Map<String, Object> range(double[] sorted) {
    Map<String, Object> range = new LinkedHashMap<>();
    range.put("least", sorted[0]);
    range.put("lower_quartile", Figure.quantile(sorted, 0.25));
    range.put("median", Figure.quantile(sorted, 0.5));
    range.put("upper_quartile", Figure.quantile(sorted, 0.75));
    range.put("most", sorted[sorted.length - 1]);
    return range;
  }
}
