package femto.tools.live;

import femto.model.FeatureSpace;
import femto.model.Model;
import femto.score.Scorer;
import femto.swap.CandidateSet;
import femto.swap.ExternalIds;
import femto.swap.Lease;
import femto.swap.LiveModel;
import femto.swap.LiveOptions;
import femto.swap.LiveScorer;
import femto.swap.LiveStatistics;
import femto.swap.PublishResult;
import femto.tools.data.DataSet;
import femto.tools.evaluate.BinaryMetrics;
import femto.tools.train.ModelOnDataSet;
import femto.tools.train.Parallel;
import femto.tools.train.Recipe;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;
import org.HdrHistogram.Histogram;

/**
 * Serves requests on all cores but one while a trainer, on that one, learns examples in the order
 * of time and publishes a hundred times a second; and, in windows in between, while the same
 * trainer does the same work and publishes nothing.
 */
public final class HotSwap {
  /** How many candidates a request is for. */
  public static final int TOP = 10;

  /** One answer in so many is computed again. */
  public static final int CHECKED = 16;

  private static final long PUBLISH_NANOS = 10_000_000;

  /** Part of the candidates that a delta may fold anew for the weights of features they share. */
  private static final int BUDGET_PART = 8;

  private static final int LEAST_PATCH_ROWS = 16_384;

  /** Of the time, parts of eighths: for the kernels' warm-up, and for a rehearsal of it all. */
  private static final int EIGHTHS = 8;

  private static final int WARM_UP = 1;
  private static final int REHEARSAL = 2;

  /** Part of the examples that is learned in the rehearsal, which is about so much shorter. */
  private static final int REHEARSED_PART = 3;

  /** Part of what the machine can do that is asked of it. */
  private static final double LOAD = 0.5;

  /** Requests a second, however slow the rehearsal was. */
  private static final double LEAST_RATE = 100;

  private static final int PARTS = 5;

  /**
   * How long requests took from when they were due.
   *
   * @param requestsASecond how many were served
   * @param p50 microseconds that half of them took at most
   * @param p99 microseconds that 99 % took at most
   * @param p999 microseconds that 99.9 % took at most
   */
  public record Times(double requestsASecond, double p50, double p99, double p999) {
    private static Times of(Histogram nanos, double seconds) {
      return new Times(
          nanos.getTotalCount() / seconds,
          nanos.getValueAtPercentile(50) / 1e3,
          nanos.getValueAtPercentile(99) / 1e3,
          nanos.getValueAtPercentile(99.9) / 1e3);
    }
  }

  /**
   * What it came to.
   *
   * @param threads how many threads ranked
   * @param candidates how many candidates each request chose from
   * @param quiet how long requests took while nothing was published
   * @param publishing how long while versions were
   * @param publishesASecond how many versions were published a second
   * @param statistics counters of the live model at the end
   * @param versionsSeen different versions that answers were of
   * @param refolded candidates that a delta folded anew, on average
   * @param publishMicros what publishing a delta took, on average
   * @param mostWaiting most features that waited for a full publish
   * @param largestFanOut most candidates that one of them has
   * @param checked answers that were computed again
   * @param torn those of them that came to other bits, and answers of an older version than the
   *     thread had had
   * @param learned examples that were learned and published; fewer than there are if the trainer
   *     was late
   * @param logLoss log loss of the serving version on each of them before it was learned: in fifths
   *     by time
   * @param firstLogLoss the same of the first version
   * @param meanLogLoss the former on all of them
   * @param meanFirstLogLoss the latter on all of them
   */
  public record Result(
      int threads,
      int candidates,
      Times quiet,
      Times publishing,
      double publishesASecond,
      LiveStatistics statistics,
      int versionsSeen,
      double refolded,
      double publishMicros,
      int mostWaiting,
      int largestFanOut,
      long checked,
      long torn,
      int learned,
      List<Double> logLoss,
      List<Double> firstLogLoss,
      double meanLogLoss,
      double meanFirstLogLoss) {
    /** Takes copies of the lists. */
    public Result {
      logLoss = List.copyOf(logLoss);
      firstLogLoss = List.copyOf(firstLogLoss);
    }
  }

  private final DataSet data;
  private final int[] examples;
  private final double[] predictions;
  private final LiveTrainer trainer;
  private final LiveTrainer unpublished;
  private final long seed;

  /** Examples that have been learned and published. */
  private int learned;

  /** Counts and sums over the deltas. */
  private long deltas;

  private long refolded;
  private long deltaNanos;
  private int mostWaiting;
  private int largestFanOut;

  private HotSwap(
      DataSet data, int[] examples, LiveTrainer trainer, LiveTrainer unpublished, long seed) {
    this.data = data;
    this.examples = examples;
    this.predictions = new double[examples.length];
    this.trainer = trainer;
    this.unpublished = unpublished;
    this.seed = seed;
  }

  /**
   * Runs it: a rehearsal, from which the code is compiled and the rate of requests is known, and
   * then the same from the beginning.
   *
   * @param data the data
   * @param start a model of it, trained by logistic loss on what came before the examples
   * @param recipe how it was trained
   * @param examples what is to be learned, in any order, one at least
   * @param duration how long it may take
   * @param seed decides who is ranked for
   * @return what it came to
   */
  public static Result run(
      DataSet data, Model start, Recipe recipe, int[] examples, Duration duration, long seed) {
    FeatureSpace features = data.features().copy();
    int[] byTime = byTime(data, examples);
    int[] rehearsed = Arrays.copyOf(byTime, Math.ceilDiv(byTime.length, REHEARSED_PART));
    long eighth = duration.toNanos() / EIGHTHS;
    double fastest;
    try (LiveTrainer trainer = new LiveTrainer(data, features, recipe, start);
        LiveTrainer unpublished = new LiveTrainer(data, features, recipe, start)) {
      fastest =
          new HotSwap(data, rehearsed, trainer, unpublished, seed)
              .rehearse(WARM_UP * eighth, REHEARSAL * eighth);
    }
    try (LiveTrainer trainer = new LiveTrainer(data, features, recipe, start);
        LiveTrainer unpublished = new LiveTrainer(data, features, recipe, start)) {
      return new HotSwap(data, byTime, trainer, unpublished, seed)
          .serve((EIGHTHS - WARM_UP - REHEARSAL) * eighth, Math.max(LEAST_RATE, LOAD * fastest));
    }
  }

  private static int[] byTime(DataSet data, int[] examples) {
    return IntStream.of(examples)
        .boxed()
        .sorted(
            java.util.Comparator.<Integer>comparingLong(data::time)
                .thenComparing(java.util.Comparator.naturalOrder()))
        .mapToInt(Integer::intValue)
        .toArray();
  }

  private CandidateSet candidates() {
    List<String> ids = new ArrayList<>();
    for (int row = 0; row < data.candidates().rows(); row++) {
      ids.add(data.candidateId(row));
    }
    return new CandidateSet(data.candidates(), ExternalIds.ofStrings(ids));
  }

  private static int threads() {
    return Math.max(1, Runtime.getRuntime().availableProcessors() - 1);
  }

  private LiveModel startLive() {
    LiveOptions options =
        LiveOptions.defaults()
            .withMaxReaders(threads() + 2)
            .withPatch(1, LEAST_PATCH_ROWS)
            .withFanOutBudget(data.candidates().rows() / BUDGET_PART);
    return LiveModel.start(trainer.model(), candidates(), options);
  }

  private List<RequestThread> requestThreads(LiveModel live) {
    return IntStream.range(0, threads())
        .mapToObj(thread -> new RequestThread(live, data, thread, seed + thread))
        .toList();
  }

  /** Serves as fast as it goes; returns how many requests a second that is. */
  private double rehearse(long warmUpNanos, long nanos) {
    try (LiveModel live = startLive();
        Parallel<Double> parallel = new Parallel<>(threads())) {
      live.warmUp(Duration.ofNanos(warmUpNanos));
      Plan plan = Plan.of(nanos);
      List<RequestThread> requests = requestThreads(live);
      requests.forEach(request -> parallel.submit(() -> request.serveFast(plan)));
      train(live, plan);
      return parallel.join().stream().mapToDouble(Double::doubleValue).sum();
    }
  }

  /** Serves so many requests a second. */
  private Result serve(long nanos, double rate) {
    try (Model first = trainer.model();
        ModelOnDataSet onData = new ModelOnDataSet(first, data);
        LiveModel live = startLive();
        Parallel<RequestThread> parallel = new Parallel<>(threads())) {
      double[] firstPredictions = onData.predictions(examples);
      Plan plan = Plan.of(nanos);
      double nanosBetween = threads() * 1e9 / rate;
      List<RequestThread> requests = requestThreads(live);
      for (int thread = 0; thread < requests.size(); thread++) {
        RequestThread request = requests.get(thread);
        long offset = (long) (thread * nanosBetween / requests.size());
        parallel.submit(() -> request.serve(plan, offset, nanosBetween));
      }
      train(live, plan);
      return result(live, plan, parallel.join(), firstPredictions);
    }
  }

  /** Goes through the examples twice at once: publishing, and in between without publishing. */
  private void train(LiveModel live, Plan plan) {
    long ticks = Math.max(1, plan.windowNanos() / PUBLISH_NANOS);
    int perTick = (int) Math.ceilDiv(examples.length, ticks * Plan.WINDOWS / 2);
    double[] unused = new double[examples.length];
    int quietly = 0;
    try (LiveScorer reader = live.newScorer("trainer")) {
      for (int window = 0; window < Plan.WINDOWS; window++) {
        long begin = plan.windowBegin(window);
        boolean publishing = Plan.isPublishing(window);
        boolean fullToCome = true;
        // A trainer that is late leaves publishes out, and learns less: it does not hurry.
        for (long tick = 0;
            tick < ticks;
            tick = Math.max(tick + 1, elapsed(begin) / PUBLISH_NANOS)) {
          for (long wait = wait(begin, tick); wait > 0; wait = wait(begin, tick)) {
            LockSupport.parkNanos(wait);
          }
          boolean full = fullToCome && tick >= ticks / 2;
          fullToCome &= !full;
          if (publishing) {
            learned = learn(trainer, reader, predictions, learned, perTick);
            publish(live, full);
          } else {
            quietly = learn(unpublished, reader, unused, quietly, perTick);
            workWithoutPublishing(full);
          }
        }
      }
    }
  }

  private void publish(LiveModel live, boolean full) {
    if (full) {
      live.publish(trainer.model(), candidates());
    } else {
      note(live.publish(trainer.delta()));
    }
  }

  private void workWithoutPublishing(boolean full) {
    if (full) {
      unpublished.model().close();
    } else {
      unpublished.delta();
    }
  }

  private static long elapsed(long begin) {
    return System.nanoTime() - begin;
  }

  private static long wait(long begin, long tick) {
    return tick * PUBLISH_NANOS - elapsed(begin);
  }

  /** Predicts the next examples by the version that serves, and then learns them. */
  private int learn(
      LiveTrainer current, LiveScorer reader, double[] predicted, int from, int count) {
    int to = Math.min(examples.length, from + count);
    try (Lease lease = reader.lease()) {
      Scorer scorer = lease.scorer();
      for (int i = from; i < to; i++) {
        scorer.fold(data.contexts(), data.context(examples[i]));
        predicted[i] = scorer.model().predict(scorer.score(data.candidate(examples[i])));
      }
    }
    for (int i = from; i < to; i++) {
      current.learn(examples[i]);
    }
    return to;
  }

  private void note(PublishResult delta) {
    deltas++;
    refolded += delta.refolded();
    deltaNanos += delta.nanos();
    mostWaiting = Math.max(mostWaiting, delta.waitingFeatures());
    largestFanOut = Math.max(largestFanOut, delta.largestFanOut());
  }

  private Result result(
      LiveModel live, Plan plan, List<RequestThread> requests, double[] firstPredictions) {
    Histogram quiet = new Histogram(requests.getFirst().quiet());
    Histogram publishing = new Histogram(requests.getFirst().publishing());
    BitSet versions = new BitSet();
    long checked = 0;
    long torn = 0;
    for (RequestThread request : requests) {
      quiet.add(request.quiet());
      publishing.add(request.publishing());
      versions.or(request.versions());
      checked += request.checked();
      torn += request.torn();
    }
    double seconds = plan.publishingSeconds();
    LiveStatistics statistics = live.statistics();
    return new Result(
        requests.size(),
        data.candidates().rows(),
        Times.of(quiet, seconds),
        Times.of(publishing, seconds),
        (statistics.version() - 1) / seconds,
        statistics,
        versions.cardinality(),
        (double) refolded / deltas,
        deltaNanos / 1e3 / deltas,
        mostWaiting,
        largestFanOut,
        checked,
        torn,
        learned,
        logLossByPart(predictions),
        logLossByPart(firstPredictions),
        logLoss(predictions, 0, learned),
        logLoss(firstPredictions, 0, learned));
  }

  private List<Double> logLossByPart(double[] predicted) {
    List<Double> parts = new ArrayList<>();
    for (int part = 0; part < PARTS; part++) {
      int from = (int) ((long) learned * part / PARTS);
      int to = (int) ((long) learned * (part + 1) / PARTS);
      parts.add(logLoss(predicted, from, to));
    }
    return parts;
  }

  private double logLoss(double[] predicted, int from, int to) {
    boolean[] positive = new boolean[to - from];
    for (int i = from; i < to; i++) {
      positive[i - from] = trainer.isPositive(examples[i]);
    }
    return BinaryMetrics.logLoss(positive, Arrays.copyOfRange(predicted, from, to));
  }
}
