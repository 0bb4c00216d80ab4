package femto.bench.online;

import femto.bench.report.Figure;
import femto.bench.report.Finding;
import femto.learn.Example;
import femto.learn.ExampleSource;
import femto.learn.Learner;
import femto.learn.Training;
import femto.learn.online.OnlineLearner;
import femto.learn.online.OnlineOptions;
import femto.learn.online.OnlineProgress;
import femto.model.PredictionRange;
import femto.swap.LiveModel;
import femto.swap.LiveOptions;
import femto.swap.LiveOptions.Merging;
import femto.swap.PublishResult;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/**
 * Events learned a second by one thread that also publishes, beside the training loop on the same
 * rows, in turn. What publishing costs is in it all: merges take their time from the same thread.
 */
final class LearnRate {
  private static final double AIM = 0.8;
  private static final Duration PUBLISH_EVERY = Duration.ofMillis(100);

  /** Events between two looks at the clock, as where a stream is read. */
  private static final int BATCH = 64;

  private final ExampleSource rows;
  private final Duration round;
  private final Example example = new Example();

  private LearnRate(EncodedEvents events, Duration round) {
    this.rows = events.source();
    this.round = round;
  }

  /** What publishing takes. */
  static final class Publishing {
    private int deltas;
    private long nanos;
    private long mergeNanos;
    private long allNanos;

    void add(PublishResult result) {
      deltas++;
      nanos += result.nanos();
      mergeNanos += result.mergeNanos();
    }

    private double millis(long ofAll) {
      return ofAll / 1e6 / deltas;
    }

    private double share() {
      return (double) (nanos + mergeNanos) / allNanos;
    }
  }

  /**
   * Events a second in each round, and what was published in those that were online.
   *
   * @param online rounds of the online learner
   * @param offline rounds of the training loop, each after the round of the same number
   * @param publishing what publishing took in those
   * @param progress what the online learner did in all
   */
  record Outcome(
      double[] online, double[] offline, Publishing publishing, OnlineProgress progress) {
    List<Figure> figures() {
      return List.of(
          Figure.of("learned online, 10 deltas a second", "events/s", online),
          Figure.of("learned by the training loop", "events/s", offline),
          Figure.of("online beside the training loop", "x", ratios()),
          Figure.of("a delta, until readers see it", "ms", publishing.millis(publishing.nanos)),
          Figure.of("merges, after that", "ms", publishing.millis(publishing.mergeNanos)));
    }

    private double[] ratios() {
      double[] ratios = new double[online.length];
      Arrays.setAll(ratios, round -> online[round] / offline[round]);
      return ratios;
    }

    Finding finding() {
      Finding row =
          new Finding(
                  "learn.events",
                  "learned by one thread, 39 fields, k=16, 10 deltas a second",
                  "events/s",
                  "femto.learn.online.OnlineTrainerTest, femto.bench.online.LearnRateTest")
              .measured(Figure.of("", "", online).median(), Double.NaN)
              .peer("training loop", Figure.of("", "", offline).median())
              .detail("deltas", publishing.deltas)
              .detail("delta_ms", publishing.millis(publishing.nanos))
              .detail("merge_ms", publishing.millis(publishing.mergeNanos))
              .detail("publishing_share", publishing.share())
              .reaches(Figure.of("", "", ratios()).median(), "training loop", AIM);
      if (progress.refused() > 0 || progress.state() != OnlineProgress.State.LEARNING) {
        return row.fails(progress.refused() + " deltas refused. " + progress.reason());
      }
      return row;
    }
  }

  /** Room for all that changes, twice, so that no delta comes early; and no thread for merges. */
  static LiveOptions live(EncodedEvents events) {
    return LiveOptions.defaults()
        .withHistory(0)
        .withPatch(1, 2 * Math.max(events.space().size(), events.candidates().size()))
        .withMerging(Merging.WITH_PUBLISHES);
  }

  static Outcome measure(EncodedEvents events, int pairs, Duration round) {
    LearnRate rate = new LearnRate(events, round);
    try (Learner offline = new Learner(events.space(), events.learnerOptions());
        Learner learner = new Learner(events.space(), events.learnerOptions());
        LiveModel live =
            LiveModel.start(
                learner.toModel(PredictionRange.UNBOUNDED, Map.of()),
                events.candidates(),
                live(events))) {
      OnlineLearner online =
          new OnlineLearner(
              live,
              learner,
              OnlineOptions.defaults(EncodedEvents.STEP)
                  .withDeltas(Integer.MAX_VALUE, PUBLISH_EVERY));
      rate.online(online, new Publishing()); // compiled after that
      rate.offline(offline);
      double[] onlineRates = new double[pairs];
      double[] offlineRates = new double[pairs];
      Publishing publishing = new Publishing();
      for (int pair = 0; pair < pairs; pair++) {
        onlineRates[pair] = rate.online(online, publishing);
        offlineRates[pair] = rate.offline(offline);
      }
      return new Outcome(onlineRates, offlineRates, publishing, online.progress());
    }
  }

  /** Whole passes, until the time is up. */
  private double online(OnlineLearner online, Publishing publishing) {
    long begin = System.nanoTime();
    long events = 0;
    long now = begin;
    while (now - begin < round.toNanos()) {
      rows.start(0);
      boolean more = true;
      while (more) {
        for (int i = 0; i < BATCH && more; i++) {
          more = rows.next(example);
          if (more) {
            online.learn(example, events++);
          }
        }
        PublishResult result = online.publishIfDue();
        if (result != null) {
          publishing.add(result);
        }
      }
      now = System.nanoTime();
    }
    publishing.allNanos += now - begin;
    return events * 1e9 / (now - begin);
  }

  private double offline(Learner learner) {
    long nanos = 0;
    long events = 0;
    while (nanos < round.toNanos()) {
      Training.Epoch epoch = new Training(1, 1, 1).run(learner, rows, null, ended -> {}).best();
      nanos += epoch.nanos();
      events += epoch.examples();
    }
    return events * 1e9 / nanos;
  }
}
