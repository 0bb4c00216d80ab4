package femto.learn.online;

import static java.lang.System.Logger.Level.ERROR;
import static java.lang.System.Logger.Level.WARNING;

import femto.file.MalformedFileException;
import femto.file.SafetensorsFile;
import femto.file.SafetensorsWriter;
import femto.learn.Example;
import femto.learn.Learner;
import femto.learn.ProgressiveMetrics;
import femto.learn.online.OnlineProgress.State;
import femto.model.FeatureSpace;
import femto.model.FeatureSpace.Binding;
import femto.model.PredictionRange;
import femto.swap.CandidateSet;
import femto.swap.Delta;
import femto.swap.LiveModel;
import femto.swap.LiveStatistics;
import femto.swap.PublishResult;
import java.time.Duration;
import java.util.BitSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Learns events one after another and publishes what has changed to a {@link LiveModel}: what an
 * {@link OnlineTrainer} does in its thread, for who has a thread, and reads events in order, of its
 * own. One owner at a time.
 *
 * <p>The features may grow, unless the options publish all weights by themselves: {@link #bind}
 * gives a feature to a new value, {@link #unbind} takes a value away, and readers see either
 * together with the weights that belong to it. So may the candidates: {@link #put} and {@link
 * #remove}.
 *
 * <p>When the loss explodes or a weight is no number, learning and publishing end, and the last
 * good version goes on serving.
 */
public final class OnlineLearner {
  private static final System.Logger LOG = System.getLogger(OnlineLearner.class.getName());

  /** A delta may take this part of the room for changes. */
  private static final int PART_OF_ROOM = 4;

  private final LiveModel live;
  private final Learner learner;
  private final OnlineOptions options;
  private final LongSupplier nanoTime;
  private final ProgressiveMetrics metrics;
  private final BitSet changed = new BitSet();
  private int changedCount;
  private int mostChanged;
  private int mostCandidates;

  /** What has been bound and unbound since the last publish. */
  private final Map<Integer, Binding> bindings = new LinkedHashMap<>();

  /** What becomes of candidates since the last publish, by id; null is nothing. */
  private final Map<String, @Nullable Candidate> candidates = new LinkedHashMap<>();

  private final Delta delta;
  private final float[] factors;

  private record Candidate(int[] features, float[] x) {}

  private State state = State.LEARNING;
  private String reason = "";
  private long unlearned;
  private long deltas;
  private long fulls;
  private long refused;
  private boolean refusedLast;
  private int waitingFeatures;
  private long lastTime;
  private long unpublished;
  private long lastPublish;
  private long lastFull;

  /**
   * Begins with nothing learned.
   *
   * @param live gets what is learned; nobody else publishes weights to it
   * @param learner has the weights that serve; used by nobody else, and closed by its owner when
   *     this is used no more
   * @param options how to learn and publish; the ring and what to do when it is full do not matter
   * @throws IllegalArgumentException if the learner is of other features than the live model
   */
  public OnlineLearner(LiveModel live, Learner learner, OnlineOptions options) {
    this(live, learner, options, System::nanoTime);
  }

  /** With another clock, for tests. */
  OnlineLearner(LiveModel live, Learner learner, OnlineOptions options, LongSupplier nanoTime) {
    int features = live.features().size();
    if (learner.features().size() != features) {
      throw new IllegalArgumentException(
          "a learner of "
              + learner.features().size()
              + " features, expected the "
              + features
              + " of the live model");
    }
    this.live = live;
    this.learner = learner;
    this.options = options;
    this.nanoTime = nanoTime;
    this.metrics = new ProgressiveMetrics(learner.options().loss(), options.window());
    this.delta = live.newDelta();
    this.factors = new float[learner.options().factors()];
    this.lastPublish = nanoTime.getAsLong();
    this.lastFull = lastPublish;
    look();
  }

  /** How much may change before a delta takes a part of the room that a merge can keep up with. */
  private void look() {
    LiveStatistics now = live.statistics();
    mostChanged = Math.max(1, now.weightPatchRows() / PART_OF_ROOM);
    mostCandidates = Math.max(1, now.patchRows() / PART_OF_ROOM);
  }

  private void noteChanged(int feature) {
    if (!changed.get(feature)) {
      changed.set(feature);
      changedCount++;
    }
  }

  // ---- Learning ----

  /**
   * Scores an event and then learns from it; or counts it, if learning has ended.
   *
   * @param event its features, label and importance
   * @param time when it happened, in the caller's unit; only shown
   */
  public void learn(Example event, long time) {
    if (state != State.LEARNING) {
      unlearned++;
      return;
    }
    for (int i = 0; i < event.count(); i++) {
      noteChanged(event.feature(i));
    }
    double score = learner.learn(event, options.stepSize());
    metrics.add(score, event.label());
    lastTime = time;
    unpublished++;
    if (!Double.isFinite(score)) {
      diverged("a score is no longer a finite number");
    } else if (metrics.examples() % options.window() == 0
        && metrics.hasExploded(options.explosion())) {
      ProgressiveMetrics.Window window = metrics.window();
      diverged(
          "the mean loss of the last %,d events is %.4g, where always predicting their mean has %.4g"
              .formatted(window.examples(), window.loss(), window.lossOfMean()));
    }
  }

  /**
   * Gives a feature to a value, and begins to learn it anew.
   *
   * @param feature its number, which no candidate has when that is published, unless it is put
   *     together with it
   * @param field index of the field
   * @param value the value as the dictionary holds it
   */
  public void bind(int feature, int field, String value) {
    requireNoFullPublishes();
    learner.bind(feature, field, value);
    bindings.put(feature, new Binding(feature, field, value));
    noteChanged(feature);
  }

  /**
   * Takes the value from a feature.
   *
   * @param feature its number, which no candidate has when that is published
   */
  public void unbind(int feature) {
    requireNoFullPublishes();
    learner.unbind(feature);
    bindings.put(feature, Binding.none(feature));
    noteChanged(feature);
  }

  /**
   * Adds a candidate, or replaces the features of the one with this id.
   *
   * @param id its id
   * @param ofIt its features, ascending; not copied
   * @param x their weights in the candidate, as many; not copied
   */
  public void put(String id, int[] ofIt, float[] x) {
    candidates.put(id, new Candidate(ofIt, x));
  }

  /**
   * Removes a candidate.
   *
   * @param id its id
   */
  public void remove(String id) {
    candidates.put(id, null);
  }

  private void requireNoFullPublishes() {
    if (options.fullEvery() != null) {
      throw new IllegalStateException(
          "fullEvery publishes the features that the learner began with, expected none where they"
              + " change: publishFull takes those of now");
    }
  }

  private void diverged(String what) {
    stop(
        State.DIVERGED,
        "learning diverged at event %,d: %s; version %d goes on serving; lower the step size (it was %s)"
            .formatted(metrics.examples(), what, live.version(), options.stepSize()));
  }

  void fail(String what) {
    stop(State.FAILED, "publishing failed after event " + metrics.examples() + ": " + what);
  }

  void stop(State why, String what) {
    if (state == State.LEARNING) {
      state = why;
      reason = what;
      if (why != State.CLOSED) {
        LOG.log(ERROR, what);
      }
    }
  }

  // ---- Publishing ----

  /**
   * Publishes if the options say that it is time to, and there is something to publish; sooner if
   * more would change than a delta should.
   *
   * @return what became of it, or null if it is not time or learning has ended
   */
  public @Nullable PublishResult publishIfDue() {
    if (state != State.LEARNING || unpublished == 0) {
      return null;
    }
    long now = nanoTime.getAsLong();
    Duration fullEvery = options.fullEvery();
    if (fullEvery != null && now - lastFull >= fullEvery.toNanos()) {
      return publishFull(learner.features(), Objects.requireNonNull(options.candidates()).get());
    }
    boolean isMuch = changedCount >= mostChanged || candidates.size() >= mostCandidates;
    return (isMuch && !refusedLast)
            || unpublished >= options.publishEvents()
            || now - lastPublish >= options.publishEvery().toNanos()
        ? publish()
        : null;
  }

  /**
   * Publishes all weights.
   *
   * @param named which value each feature is now
   * @param candidates what is published with them
   * @return what became of it
   */
  public PublishResult publishFull(FeatureSpace named, CandidateSet candidates) {
    PublishResult result =
        live.publish(learner.toModel(named, PredictionRange.UNBOUNDED, Map.of()), candidates);
    note(result);
    lastFull = nanoTime.getAsLong();
    if (result.isPublished()) {
      fulls++;
    }
    return result;
  }

  /**
   * Publishes what has changed since the last publish.
   *
   * @return what became of it, or null if learning has ended, or does now because a weight is no
   *     number
   */
  public @Nullable PublishResult publish() {
    if (state != State.LEARNING) {
      return null;
    }
    delta.clear().bias(learner.bias());
    boolean finite = Float.isFinite(learner.bias());
    for (int j = changed.nextSetBit(0); j >= 0; j = changed.nextSetBit(j + 1)) {
      learner.copyFactors(j, factors);
      float linear = learner.linear(j);
      finite &= Float.isFinite(linear);
      for (float factor : factors) {
        finite &= Float.isFinite(factor);
      }
      delta.weights(j, linear, factors);
    }
    if (!finite) {
      diverged("a weight is no longer a finite number");
      return null;
    }
    for (Binding binding : bindings.values()) {
      if (binding.field() == FeatureSpace.UNKNOWN) {
        delta.unbind(binding.feature());
      } else {
        delta.bind(binding.feature(), binding.field(), binding.value());
      }
    }
    candidates.forEach(
        (id, candidate) -> {
          if (candidate == null) {
            delta.remove(id);
          } else {
            delta.put(id, candidate.features(), candidate.x());
          }
        });
    PublishResult result = live.publish(delta);
    note(result);
    if (result.isPublished()) {
      deltas++;
    }
    return result;
  }

  private void note(PublishResult result) {
    lastPublish = nanoTime.getAsLong();
    unpublished = 0;
    waitingFeatures = result.waitingFeatures();
    boolean refusedNow = result.outcome() == PublishResult.Outcome.REFUSED;
    if (refusedNow) {
      refused++;
      if (!refusedLast) {
        LOG.log(WARNING, "a publish was refused, later ones try again: " + result.reason());
      }
    } else {
      changed.clear();
      changedCount = 0;
      bindings.clear();
      candidates.clear();
    }
    refusedLast = refusedNow;
    look();
  }

  /** Whether there is anything that no version has. */
  boolean hasUnpublished() {
    return unpublished > 0 || !changed.isEmpty() || !candidates.isEmpty();
  }

  // ---- Watching, and going on later ----

  /**
   * Whether it learns.
   *
   * @return the state, which changes once at most
   */
  public State state() {
    return state;
  }

  String reason() {
    return reason;
  }

  /**
   * How it goes.
   *
   * @return what has happened so far; every event is one that was accepted
   */
  public OnlineProgress progress() {
    return progress(metrics.examples() + unlearned, 0);
  }

  OnlineProgress progress(long accepted, long dropped) {
    return new OnlineProgress(
        state,
        reason,
        accepted,
        dropped,
        metrics.examples(),
        unlearned,
        deltas,
        fulls,
        refused,
        waitingFeatures,
        lastTime,
        metrics.loss(),
        metrics.window());
  }

  /**
   * Adds weights, optimiser state and metrics to a file, to go on from with {@link #restore}. What
   * is not published yet is not told apart: after restoring, all is published first.
   *
   * @param writer the file being made; written before this learns again
   */
  public void writeTo(SafetensorsWriter writer) {
    learner.writeTo(writer);
    metrics.writeTo(writer);
  }

  /**
   * Goes on from what {@link #writeTo} wrote with the same options. To be followed by {@link
   * #publishFull}.
   *
   * @param file the file
   * @throws MalformedFileException if it is that of a learner of another shape
   */
  public void restore(SafetensorsFile file) throws MalformedFileException {
    learner.restore(file);
    metrics.restore(file);
  }
}
