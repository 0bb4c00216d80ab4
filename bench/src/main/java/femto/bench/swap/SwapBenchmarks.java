package femto.bench.swap;

import femto.bench.report.Figure;
import femto.bench.report.Finding;
import femto.bench.report.GroupedPlot;
import femto.bench.report.SetReport;
import femto.bench.report.WrongAnswerException;
import femto.kernels.Kernels;
import femto.model.Model;
import femto.swap.LiveModel;
import femto.swap.LiveOptions;
import femto.swap.LiveOptions.Merging;
import femto.swap.LiveStatistics;
import femto.tools.cli.Progress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Predicate;

/**
 * The claims about the hot swap, measured in one JVM on one live model. A row that fails says why
 * and does not keep the others from being measured.
 */
public final class SwapBenchmarks {
  private static final List<PublishRate> RATES =
      List.of(PublishRate.OFTEN, PublishRate.SOMETIMES, PublishRate.SELDOM);

  private static final int RIVALS = 3;

  /** Requests are due at half the rate at which the scorer could answer them. */
  private static final int LOAD = 2;

  /** Requests whose answers are held against one another, and requests that set the pace. */
  private static final int CHECKED = 20;

  private static final int PACE_REQUESTS = 400;

  private static final int WARM_UP_MERGES = 3;

  private static final Duration PATIENCE = Duration.ofMinutes(1);

  private final SwapSize size;
  private final Progress progress;
  private final List<Finding> rows = new ArrayList<>();
  private final List<Figure> figures = new ArrayList<>();
  private final Map<String, Map<String, Double>> bars = new LinkedHashMap<>();

  private SwapBenchmarks(SwapSize size, Progress progress) {
    this.size = size;
    this.progress = progress;
  }

  /**
   * Measures everything, with a progress bar on a terminal.
   *
   * @param size how long, on how much
   * @return what came out
   * @throws WrongAnswerException if the ways of giving the service do not answer alike
   */
  public static SetReport measure(SwapSize size) {
    int steps = 5 + RATES.size() * RequestPairs.rounds(size, RIVALS);
    try (Progress progress = Progress.start("measuring", steps)) {
      SwapBenchmarks run = new SwapBenchmarks(size, progress);
      try {
        run.run();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new IllegalStateException("interrupted while measuring", e);
      }
      return run.report();
    }
  }

  private SetReport report() {
    Map<String, String> machine = new LinkedHashMap<>();
    machine.put("kernels", Kernels.implementation());
    String method =
        String.format(
            Locale.ROOT,
            "one JVM; requests: %d rounds of %d ms with publishing, one more without, in turn, a"
                + " setting, and %d of each other way; %d full publishes, %d deltas; %d s of checked"
                + " reads",
            size.pairs(),
            size.round().toMillis(),
            size.rivalRounds(),
            size.fullPublishes(),
            size.deltas(),
            size.soak().toSeconds());
    return SetReport.of(
        new SetReport.Scope(
            "swap",
            size.name(),
            size.candidates(),
            "candidates",
            method,
            "p99 of requests of each contender at each rate of publishing"),
        machine,
        rows,
        figures,
        (title, png) -> GroupedPlot.write(bars, "p99 of requests in us, logarithmic", title, png));
  }

  /**
   * The defaults, with as large a budget as there is room, and no history: what the formula of the
   * memory says is then one base in use.
   */
  static LiveOptions options(SwapSize size) {
    LiveOptions options = LiveOptions.defaults();
    return options
        .withHistory(0)
        .withFanOutBudget(size.candidates())
        .withPatch(size.patchShare(), options.leastPatchRows());
  }

  private void run() throws InterruptedException {
    try (SyntheticAds ads = new SyntheticAds(size.candidates())) {
      Trainer trainer = new Trainer(ads);
      LiveOptions options = options(size);
      try (LiveModel live = LiveModel.start(ads.model(), ads.candidateSet(), options)) {
        progress.step();
        Settling settling = new Settling(ads, trainer, live, options.merging());
        requests(ads, trainer, live, settling);
        lease(live);
        publishing(ads, trainer, live, options, settling);
        overlay(ads, live);
      }
    }
    soak();
  }

  // ---- Each part: its rows, or rows that say why there is nothing ----

  private void requests(SyntheticAds ads, Trainer trainer, LiveModel live, Settling settling)
      throws InterruptedException {
    FemtoService femto = new FemtoService(ads, live);
    try (Model contexts = ads.model();
        PrivateMemory control =
            new PrivateMemory(femto, ads, Math.max(1, live.statistics().patchRows()));
        Service locked = new LockedReplacement(ads, contexts);
        Service monitor = new SynchronizedInPlace(ads, contexts);
        Service fresh = new FreshMemory(ads, contexts)) {
      List<Service> rivals = List.of(locked, monitor, fresh);
      Requests requests = new Requests(ads.count(), RequestRound.LISTED);
      checkAnswers(requests, femto, rivals);
      RequestRound rounds = new RequestRound(ads, requests, trainer);
      RequestPairs pairs = new RequestPairs(rounds, femto, control, rivals, settling);
      settling.run();
      Duration period = pace(requests, femto);
      figures.add(Figure.of("a request is due every", "us", period.toNanos() / 1e3));
      warmUp(live, rounds, List.of(femto, control, locked, monitor, fresh), period, settling);
      for (PublishRate rate : RATES) {
        try {
          RequestPairs.Series series = pairs.run(rate, size, period, progress::step);
          rows.add(pairs.finding(rate, series));
          figures.addAll(pairs.figures(rate, series));
          bars.put(rate.words(), pairs.bars(series));
        } catch (IllegalStateException failure) {
          rows.add(
              unmeasured(rate.id(), "p99 of requests, published " + rate.words(), "us", failure));
        }
      }
    }
  }

  /** The first requests of each are slow, and the first merges: the compiler is still at them. */
  private void warmUp(
      LiveModel live,
      RequestRound rounds,
      List<Service> services,
      Duration period,
      Settling settling)
      throws InterruptedException {
    live.warmUp(size.warmUp());
    for (int merge = 0; merge < WARM_UP_MERGES; merge++) {
      settling.run();
      rounds.run(services.get(0), PublishRate.OFTEN, size.round(), period);
    }
    for (Service service : services) {
      settling.run();
      rounds.run(service, PublishRate.OFTEN, size.warmUp(), period);
    }
  }

  private void lease(LiveModel live) {
    try {
      LeaseCost.Outcome outcome = LeaseCost.measure(live, size.leaseRounds());
      rows.add(0, outcome.finding());
      figures.addAll(outcome.figures());
    } catch (IllegalStateException failure) {
      rows.add(0, unmeasured("lease", "a lease, begun and ended", "ns", failure));
    }
    progress.step();
  }

  private void publishing(
      SyntheticAds ads, Trainer trainer, LiveModel live, LiveOptions options, Settling settling) {
    try {
      PublishCost.Outcome outcome = PublishCost.measure(ads, trainer, live, settling, size);
      rows.add(outcome.finding());
      figures.addAll(outcome.figures());
      Footprint footprint = Footprint.of(ads, options, outcome.restBytes(), outcome.mostBytes());
      rows.addAll(footprint.findings());
      figures.addAll(footprint.figures());
    } catch (IllegalStateException failure) {
      rows.add(
          unmeasured(
              "delta",
              "a delta of 0.1 % of the candidates, against a full publish",
              "ms",
              failure));
      rows.add(unmeasured("footprint-at-rest", "memory held at rest", "versions", failure));
      rows.add(
          unmeasured(
              "footprint-full-publish", "memory held during a full publish", "versions", failure));
    }
    progress.step();
  }

  /** After the deltas that were timed: together they changed 1 % since the last full publish. */
  private void overlay(SyntheticAds ads, LiveModel live) {
    try {
      for (OverlayScan.Outcome outcome : OverlayScan.measure(ads, live, size)) {
        rows.add(outcome.finding());
        figures.addAll(outcome.figures());
      }
    } catch (IllegalStateException failure) {
      rows.add(
          unmeasured(
              "scan-under-overlay",
              "top 100 by scoring every row under an overlay of 1 %",
              "ms",
              failure));
      rows.add(
          unmeasured(
              "top-under-overlay", "top 100 by the screen under an overlay of 1 %", "ms", failure));
    }
    progress.step();
  }

  private void soak() throws InterruptedException {
    try {
      Soak.Count live = Soak.live(size.soak());
      Soak.Count inPlace = Soak.inPlace(size.soak().dividedBy(10));
      rows.add(Soak.finding(live, inPlace));
      figures.addAll(Soak.figures(live, inPlace));
    } catch (IllegalStateException failure) {
      rows.add(
          unmeasured("torn-reads", "leases that held more than one version", "leases", failure));
    }
    progress.step();
  }

  private static Finding unmeasured(String id, String what, String unit, Exception failure) {
    return new Finding(id, what, unit, "none")
        .fails("failed: " + (failure.getMessage() == null ? failure : failure.getMessage()));
  }

  /** All ways answer alike, bit for bit, before anything is measured. */
  static void checkAnswers(Requests requests, Service femto, List<Service> rivals) {
    for (Service rival : rivals) {
      try (Service.Client expected = femto.newClient();
          Service.Client client = rival.newClient()) {
        for (int number = 0; number < CHECKED; number++) {
          Answer ours = Answer.of(expected, requests, number);
          Answer theirs = Answer.of(client, requests, number);
          if (!ours.equals(theirs)) {
            throw new WrongAnswerException(
                rival.label() + ": request " + number + " found " + theirs + ", expected " + ours);
          }
        }
      }
    }
  }

  /** What a request found. */
  record Answer(List<Integer> ads, List<Float> scores) {
    static Answer of(Service.Client client, Requests requests, int number) {
      int[] found = new int[RequestRound.TOP];
      float[] scores = new float[RequestRound.TOP];
      int count =
          client.top(
              requests.context(number), requests.listed(number), RequestRound.TOP, found, scores);
      List<Float> kept = new ArrayList<>();
      for (int i = 0; i < count; i++) {
        kept.add(scores[i]);
      }
      return new Answer(Arrays.stream(found, 0, count).boxed().toList(), kept);
    }
  }

  /**
   * How often requests are due, from the middle of what some take under the overlay that a round
   * begins with; warms everything up besides.
   */
  private Duration pace(Requests requests, Service femto) {
    int[] found = new int[RequestRound.TOP];
    float[] scores = new float[RequestRound.TOP];
    try (Service.Client client = femto.newClient()) {
      long end = System.nanoTime() + size.warmUp().toNanos();
      double[] nanos = new double[PACE_REQUESTS];
      for (int i = 0; i < nanos.length || System.nanoTime() < end; i++) {
        int number = requests.next();
        long begin = System.nanoTime();
        client.top(
            requests.context(number), requests.listed(number), RequestRound.TOP, found, scores);
        nanos[i % nanos.length] = System.nanoTime() - begin;
      }
      return Duration.ofNanos(LOAD * (long) Figure.of("", "", nanos).median());
    }
  }

  /**
   * Brings a live model to where a round begins: no merge is under way, and the next change starts
   * one.
   */
  static final class Settling implements Runnable {
    private final Trainer trainer;
    private final LiveModel live;
    private final FemtoService service;
    private final Merging merging;

    Settling(SyntheticAds ads, Trainer trainer, LiveModel live, Merging merging) {
      this.trainer = trainer;
      this.live = live;
      this.service = new FemtoService(ads, live);
      this.merging = merging;
    }

    @Override
    public void run() {
      await();
      LiveStatistics now = live.statistics();
      int missing = now.patchRows() / 2 - now.usedRows();
      if (missing > 0) {
        service.publish(trainer.step(missing));
      }
    }

    /** What merges have taken of publishes here. */
    long mergeNanos() {
      return service.mergeNanos();
    }

    /** Waits until nothing that a version before had is held. */
    void awaitRest() {
      await();
      await(statistics -> statistics.heldVersions() > 0, "former versions are still held");
    }

    /** A merge begins when more than half of the rows are used. */
    void await() {
      if (merging == Merging.WITH_PUBLISHES) {
        // Publishes are what brings it on: small ones, so that the next has its room.
        while (isMerging(live.statistics())) {
          service.publish(trainer.step(Math.max(1, live.statistics().patchRows() / 200)));
        }
      }
      await(Settling::isMerging, "no merge has ended");
    }

    private static boolean isMerging(LiveStatistics now) {
      return now.usedRows() > now.patchRows() / 2
          || now.usedWeightRows() > now.weightPatchRows() / 2;
    }

    private void await(Predicate<LiveStatistics> unsettled, String problem) {
      long end = System.nanoTime() + PATIENCE.toNanos();
      while (unsettled.test(live.statistics())) {
        if (System.nanoTime() > end) {
          throw new IllegalStateException(
              problem + " after " + PATIENCE + ": " + live.statistics());
        }
        try {
          Thread.sleep(5);
        } catch (InterruptedException e) {
          Thread.currentThread().interrupt();
          throw new IllegalStateException("interrupted while waiting for a merge", e);
        }
      }
    }
  }
}
