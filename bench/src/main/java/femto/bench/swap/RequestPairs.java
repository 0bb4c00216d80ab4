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

/**
 * One rate of publishing: rounds with it and rounds without take turns, so that what drifts hits
 * both. Each round with it is held against the two beside it (their geometric mean), and these two,
 * which are identical, against each other: how far those ratios stray from 1 is what this run
 * cannot tell from nothing. In between come rounds of the other ways of giving the service.
 *
 * <p>What is judged is the time from when a request was begun, its lease included. The time from
 * when it was due is shown beside it: there one quantum of the scheduler, 4 ms, delays ten requests
 * at once, which is what p99 of a round looks at, so it says more about the scheduler.
 *
 * <p>Before each round the overlay is filled up to where one more change starts a merge, so the
 * first publish of a round starts one, and it goes on for most of the round, or all of it: as for a
 * trainer that goes on at this rate, for which a merge is under way most of the time. One that is
 * not done when the round ends is brought to its end before the next, so that no other round is
 * disturbed by it. Where merges take the time of publishes, each publish does a part of one.
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

  /**
   * What the rounds of a rate came to.
   *
   * @param rounds of each contender, by its label, in the order in which they were run
   * @param failures why a contender has none
   * @param merges how many merges ended in each round of Femto, or before the next could begin
   * @param lentMillis what publishing lent to merges in each round of Femto
   */
  record Series(
      Map<String, List<RequestRound.Outcome>> rounds,
      Map<String, String> failures,
      List<Long> merges,
      List<Double> lentMillis) {
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
    Series series =
        new Series(
            new LinkedHashMap<>(), new LinkedHashMap<>(), new ArrayList<>(), new ArrayList<>());
    settle.run();
    series.add(control, rounds.run(control, rate, size.round(), period));
    done.run();
    int rivalRounds = 0;
    for (int pair = 1; pair <= size.pairs(); pair++) {
      long merges = femto.merges();
      long lent = femto.mergeNanos();
      series.add(femto, rounds.run(femto, rate, size.round(), period));
      series.lentMillis().add((femto.mergeNanos() - lent) / 1e6);
      done.run();
      settle.run();
      series.merges().add(femto.merges() - merges);
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
  double[] ratios(Series series, ToDoubleFunction<RequestRound.Outcome> figure) {
    double[] with = series.each(femto, figure);
    double[] without = series.each(control, figure);
    double[] ratios = new double[with.length];
    for (int pair = 0; pair < ratios.length; pair++) {
      ratios[pair] = with[pair] / Math.sqrt(without[pair] * without[pair + 1]);
    }
    return ratios;
  }

  /** Each round without publishing against the one without before it. */
  double[] identicalRatios(Series series, ToDoubleFunction<RequestRound.Outcome> figure) {
    double[] without = series.each(control, figure);
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
    double[] ratios = sorted(ratios(series, RequestRound.Outcome::p99));
    double[] identical = sorted(identicalRatios(series, RequestRound.Outcome::p99));
    row.measured(median(series, femto), median(series, control))
        .spread(Figure.quantile(identical, 0.25), Figure.quantile(identical, 0.75))
        .holds(
            Figure.quantile(ratios, 0.5),
            control.label() + ", the same bytes written to private memory",
            AIM)
        .detail("pairs", ratios.length)
        .detail("ratios", range(ratios))
        .detail("identical_ratios", range(identical))
        .detail("ratios_from_due", range(sorted(ratios(series, RequestRound.Outcome::p99FromDue))))
        .detail(
            "identical_ratios_from_due",
            range(sorted(identicalRatios(series, RequestRound.Outcome::p99FromDue))))
        .detail("longest_lease_us", longestWait(series, femto))
        .detail("merges", series.merges().stream().mapToLong(Long::longValue).sum())
        .detail(
            "lent_to_merges_ms",
            series.lentMillis().stream().mapToDouble(Double::doubleValue).sum())
        .detail(
            "coalesced",
            series.of(femto).stream().mapToLong(RequestRound.Outcome::coalesced).sum());
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
    for (int round = 0; round < series.merges().size(); round++) {
      if (series.merges().get(round) == 0 && series.lentMillis().get(round) == 0) {
        row.fails("a round of Femto had no merge, so they are not included");
      }
    }
    return row;
  }

  private Map<String, Object> contender(Series series, Service service) {
    Map<String, Object> figures = new LinkedHashMap<>();
    figures(series, service, "").forEach(f -> figures.put(f.label(), f.median()));
    figures.put("longest wait of all", longestWait(series, service));
    return figures;
  }

  /** Microseconds, and publishes a second. */
  private static List<Figure> figures(Series series, Service service, String prefix) {
    return List.of(
        figure(series, service, prefix + "p50", r -> r.services().getValueAtPercentile(50)),
        figure(series, service, prefix + "p99", RequestRound.Outcome::p99),
        figure(series, service, prefix + "p99.9", r -> r.services().getValueAtPercentile(99.9)),
        figure(series, service, prefix + "p99 from due", RequestRound.Outcome::p99FromDue),
        figure(series, service, prefix + "longest wait", RequestRound.Outcome::longestWait),
        figure(
            series,
            service,
            prefix + "a publish",
            r -> (double) r.publishNanos() / Math.max(1, r.publishes())),
        Figure.of(
            prefix + "publishes a second",
            "1/s",
            series.each(service, RequestRound.Outcome::publishesASecond)),
        Figure.of(prefix + "scorer had a core", "%", series.each(service, r -> 100 * r.share())));
  }

  private static Figure figure(
      Series series, Service service, String label, ToDoubleFunction<RequestRound.Outcome> nanos) {
    return Figure.of(label, "us", series.each(service, r -> nanos.applyAsDouble(r) / MICROS));
  }

  private static double longestWait(Series series, Service service) {
    return figure(series, service, "", RequestRound.Outcome::longestWait).most();
  }

  private static double median(Series series, Service service) {
    return figure(series, service, "", RequestRound.Outcome::p99).median();
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
    String of = rate.perSecond() + " a second";
    List<Figure> figures = new ArrayList<>();
    for (Service service : contenders()) {
      figures.addAll(figures(series, service, service.label() + ", " + of + ": "));
    }
    addRatios(figures, "p99, " + of + ", ", series, RequestRound.Outcome::p99);
    addRatios(figures, "p99 from due, " + of + ", ", series, RequestRound.Outcome::p99FromDue);
    figures.add(
        Figure.of(
            "merges a round, " + of,
            "merges",
            series.merges().stream().mapToDouble(Long::doubleValue).toArray()));
    figures.add(
        Figure.of(
            "lent to merges a round, " + of,
            "ms",
            series.lentMillis().stream().mapToDouble(Double::doubleValue).toArray()));
    figures.add(
        Figure.of(
            "publishes put off a round, " + of,
            "publishes",
            series.each(femto, RequestRound.Outcome::coalesced)));
    return figures;
  }

  private void addRatios(
      List<Figure> figures,
      String label,
      Series series,
      ToDoubleFunction<RequestRound.Outcome> figure) {
    figures.add(Figure.of(label + "publishing by not", "x", ratios(series, figure)));
    figures.add(Figure.of(label + "identical rounds", "x", identicalRatios(series, figure)));
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
