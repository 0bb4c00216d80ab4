package femto.bench.online;

import femto.bench.report.Figure;
import femto.bench.report.Finding;
import femto.learn.Example;
import femto.learn.Learner;
import femto.learn.online.OnlineOptions;
import femto.learn.online.OnlineProgress;
import femto.learn.online.OnlineTrainer;
import femto.model.FeatureSpace;
import femto.model.Field;
import femto.model.PredictionRange;
import femto.model.Side;
import femto.score.Scorer;
import femto.swap.Lease;
import femto.swap.LiveModel;
import femto.swap.LiveScorer;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;

/**
 * From an event being accepted to a reader scoring with a version that has it, for which leases are
 * taken without pause. Probes are events of one candidate's only feature and come at random
 * moments; besides them come events of 39 fields that count 0: they are learned and published like
 * others, and leave every weight as it is, so that the score of that candidate tells the probes.
 */
final class Freshness {
  private static final Duration BETWEEN_PROBES = Duration.ofMillis(2);
  private static final int OTHERS_A_SECOND = 5_000;
  private static final int WINDOW = 10_000;
  private static final Duration PATIENCE = Duration.ofSeconds(20);

  private final EncodedEvents events;
  private final Duration every;
  private final Duration length;
  private final Example probe = new Example();
  private final Example other = new Example();
  private long dropped;
  private final SplittableRandom random = new SplittableRandom(4);

  private Freshness(EncodedEvents events, int publishes, Duration length) {
    this.events = events;
    this.every = Duration.ofSeconds(1).dividedBy(publishes);
    this.length = length;
    probe.reset(1);
    probe.add(events.probe(), 1);
  }

  /**
   * What was seen.
   *
   * @param publishes publishes a second
   * @param nanos from accepted to seen, ascending
   * @param dropped events that the trainer had no room for
   * @param progress what the trainer did
   */
  record Outcome(int publishes, double[] nanos, long dropped, OnlineProgress progress) {
    private double micros(double part) {
      return nanos.length == 0 ? Double.NaN : Figure.quantile(nanos, part) / 1e3;
    }

    List<Figure> figures() {
      String label = "from accepted to seen, " + publishes + " publishes a second";
      double[] micros = Arrays.stream(nanos).map(each -> each / 1e3).toArray();
      return List.of(Figure.of(label, "us", micros));
    }

    /** A moment at random is half the interval before the next publish, and the whole at most. */
    List<Finding> findings() {
      double interval = 1e6 / publishes;
      return List.of(
          finding("p50", micros(0.5), interval / 2), finding("p99", micros(0.99), interval));
    }

    private Finding finding(String quantile, double micros, double floor) {
      Finding row =
          new Finding(
                  "fresh." + quantile + "." + publishes,
                  "%s from accepted to seen, %d publishes a second".formatted(quantile, publishes),
                  "us",
                  "femto.bench.online.FreshnessTest, femto.learn.online.OnlineTrainerTest")
              .measured(micros, floor)
              .detail("probes", nanos.length)
              .detail("deltas", progress.deltas())
              .detail("dropped", dropped)
              .informs(
                  micros / floor,
                  quantile.equals("p50") ? "half the publish interval" : "the publish interval",
                  false);
      return progress.refused() > 0 || dropped > 0
          ? row.fails(progress.refused() + " deltas refused, " + dropped + " events dropped")
          : row;
    }
  }

  static Outcome measure(EncodedEvents events, int publishes, Duration length) {
    return new Freshness(events, publishes, length).measure(publishes);
  }

  private Outcome measure(int publishes) {
    ProbeLog log = new ProbeLog(expected((int) (2 * length.toNanos() / BETWEEN_PROBES.toNanos())));
    try (Learner learner = new Learner(events.space(), events.learnerOptions());
        LiveModel live =
            LiveModel.start(
                learner.toModel(PredictionRange.UNBOUNDED, Map.of()),
                events.candidates(),
                LearnRate.live(events));
        LiveScorer reader = live.newScorer("bench-fresh")) {
      OnlineTrainer trainer =
          OnlineTrainer.start(
              live,
              learner,
              OnlineOptions.defaults(EncodedEvents.STEP)
                  .withDeltas(Integer.MAX_VALUE, every)
                  .withWatch(WINDOW, Double.MAX_VALUE)); // most events teach it nothing
      try (trainer) {
        // Without probes: nothing has been compiled yet.
        run(trainer, reader, new ProbeLog(new double[] {0, 1}), length.dividedBy(4));
        trainer.publish().join();
        dropped = 0;
        run(trainer, reader, log, length);
      }
      return new Outcome(publishes, log.latencies(), dropped, trainer.progress());
    }
  }

  /** The score after each number of probes: bias and weight, since a single feature has no pair. */
  private double[] expected(int most) {
    FeatureSpace one =
        new FeatureSpace.Rows(List.of(Field.oneHot("ad", Side.CANDIDATE)), 1)
            .bind(0, 0, EncodedEvents.PROBE)
            .build();
    Example same = new Example();
    same.reset(1);
    same.add(0, 1);
    double[] scores = new double[most + 2];
    try (Learner learner = new Learner(one, EncodedEvents.learnerOptions(1))) {
      for (int n = 0; n < scores.length; n++) {
        scores[n] = learner.score(same);
        learner.learn(same, EncodedEvents.STEP);
      }
    }
    return scores;
  }

  /** Offers, and looks at what readers see, in one thread, so that there is another one in all. */
  private void run(OnlineTrainer trainer, LiveScorer reader, ProbeLog log, Duration time) {
    long begin = System.nanoTime();
    long end = begin + time.toNanos();
    long nextProbe = begin + untilNextProbe();
    long others = 0;
    long version = 0;
    int row = 0;
    for (long now = begin; now < end || !log.hasSeenAll(); now = System.nanoTime()) {
      if (now >= nextProbe && now < end && log.hasRoom()) {
        nextProbe = now + untilNextProbe();
        if (trainer.offer(probe, now)) {
          log.accepted(System.nanoTime());
        } else {
          dropped++;
        }
      }
      // Until all are seen: a publish needs an event.
      if (others < (now - begin) * (OTHERS_A_SECOND / 1e9)) {
        others++;
        events.copy(row, other);
        other.weigh(0);
        dropped += trainer.offer(other, now) ? 0 : 1;
        row = (row + 1) % events.size();
      }
      version = look(reader, version, log);
      if (now > end + PATIENCE.toNanos()) {
        throw new IllegalStateException("probes were not seen within " + PATIENCE);
      }
    }
  }

  private long untilNextProbe() {
    return random.nextLong(2 * BETWEEN_PROBES.toNanos());
  }

  private long look(LiveScorer reader, long version, ProbeLog log) {
    try (Lease lease = reader.lease()) {
      if (lease.version() != version) {
        Scorer scorer = lease.scorer();
        scorer.context().clear();
        scorer.fold();
        log.seen(scorer.score(events.probeCandidate()), System.nanoTime());
      }
      return lease.version();
    }
  }
}
