package femto.learn.online;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import femto.learn.Example;
import femto.learn.Learner;
import femto.learn.LearnerOptions;
import femto.learn.Loss;
import femto.learn.Optimizer;
import femto.learn.online.OnlineProgress.State;
import femto.memory.AllocatedBytes;
import femto.model.FeatureRows;
import femto.model.FeatureSpace;
import femto.model.Field;
import femto.model.PredictionRange;
import femto.model.Side;
import femto.model.TestModels;
import femto.model.TestModels.Row;
import femto.swap.CandidateSet;
import femto.swap.ExternalIds;
import femto.swap.Lease;
import femto.swap.LiveModel;
import femto.swap.LiveOptions;
import femto.swap.LiveScorer;
import femto.swap.PublishResult;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import org.agrona.concurrent.CachedNanoClock;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Timeout(60)
class OnlineTrainerTest {
  private static final int USERS = 50;
  private static final int ADS = 40;
  private static final int BRANDS = 2;
  private static final FeatureSpace SPACE =
      TestModels.space(
          List.of(
              Field.oneHot("user", Side.CONTEXT),
              Field.oneHot("ad", Side.CANDIDATE),
              Field.oneHot("brand", Side.CANDIDATE)),
          USERS,
          ADS,
          BRANDS);
  private static final OnlineOptions SELDOM =
      OnlineOptions.defaults(0.05).withDeltas(Integer.MAX_VALUE, Duration.ofDays(1));

  private final List<AutoCloseable> opened = new ArrayList<>();
  private final CachedNanoClock clock = new CachedNanoClock();
  private final Learner learner = newLearner();
  private final LiveModel live = start(LiveOptions.defaults());

  private static Learner newLearner() {
    List<LearnerOptions.L2> l2 = Collections.nCopies(3, new LearnerOptions.L2(1e-4, 1e-4));
    return new Learner(
        SPACE, new LearnerOptions(Loss.LOGISTIC, Optimizer.ADAGRAD, 4, 0.05, 0.1, 0.1, l2, 3));
  }

  private LiveModel start(LiveOptions options) {
    LiveModel started =
        LiveModel.start(learner.toModel(PredictionRange.UNBOUNDED, Map.of()), ads(), options);
    opened.add(started);
    return started;
  }

  @AfterEach
  void close() throws Exception {
    for (AutoCloseable each : opened.reversed()) {
      each.close();
    }
    learner.close();
  }

  private static CandidateSet ads() {
    List<Row> rows =
        IntStream.range(0, ADS)
            .mapToObj(ad -> new Row(adFeatures(ad), new float[] {1, 1}))
            .toList();
    return new CandidateSet(
        TestModels.rows(rows, SPACE.size()),
        ExternalIds.ofLongs(IntStream.range(0, ADS).asLongStream().toArray()));
  }

  private static int[] adFeatures(int ad) {
    return new int[] {USERS + ad, USERS + ADS + ad % BRANDS};
  }

  private OnlineTrainer manual(OnlineOptions options) {
    return manual(live, options);
  }

  private OnlineTrainer manual(LiveModel into, OnlineOptions options) {
    OnlineTrainer trainer = new OnlineTrainer(into, learner, options, clock, false);
    opened.add(trainer);
    return trainer;
  }

  private static void workAll(OnlineTrainer trainer) {
    while (trainer.work() > 0) {}
  }

  private static Example event(int user, int ad, float label) {
    Example event = new Example();
    event.reset(label);
    event.add(user, 1);
    for (int feature : adFeatures(ad)) {
      event.add(feature, 1);
    }
    return event;
  }

  /** A click where user and ad are both even or both odd, nearly always. */
  private static List<Example> events(long seed, int count) {
    Random random = new Random(seed);
    List<Example> events = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      int user = random.nextInt(USERS);
      int ad = random.nextInt(ADS);
      boolean click = (user + ad) % 2 == 0 ^ random.nextInt(10) == 0;
      events.add(event(user, ad, click ? 1 : 0));
    }
    return events;
  }

  /** The version that serves scores as these weights do. */
  private static void assertServes(LiveModel served, Learner weights) {
    List<Row> users =
        IntStream.range(0, USERS)
            .mapToObj(user -> new Row(new int[] {user}, new float[] {1}))
            .toList();
    FeatureRows contexts = TestModels.rows(users, SPACE.size());
    try (LiveScorer reader = served.newScorer("test");
        Lease lease = reader.lease()) {
      for (int user = 0; user < USERS; user++) {
        lease.scorer().fold(contexts, user);
        for (int ad = 0; ad < ADS; ad++) {
          assertThat((double) lease.scorer().score(lease.catalogue().index(ad)))
              .isCloseTo(weights.score(event(user, ad, 0)), within(1e-5));
        }
      }
    }
  }

  @Test
  void shouldLearnWhatTheLearnerAloneLearns() {
    List<Example> events = events(1, 3000);
    OnlineTrainer trainer = manual(SELDOM);
    try (Learner alone = newLearner()) {
      for (Example event : events) {
        assertThat(trainer.offer(event, 0)).isTrue();
        alone.learn(event, 0.05);
        if (events.indexOf(event) % 500 == 0) {
          workAll(trainer);
        }
      }
      trainer.close();
      assertThat(learner.bias()).isEqualTo(alone.bias());
      float[] ours = new float[4];
      float[] theirs = new float[4];
      for (int feature = 0; feature < SPACE.size(); feature++) {
        assertThat(learner.linear(feature)).isEqualTo(alone.linear(feature));
        learner.copyFactors(feature, ours);
        alone.copyFactors(feature, theirs);
        assertThat(ours).isEqualTo(theirs);
      }
    }
    assertServes(live, learner);
    OnlineProgress progress = trainer.progress();
    assertThat(progress.state()).isEqualTo(State.CLOSED);
    assertThat(progress.accepted()).isEqualTo(3000);
    assertThat(progress.learned()).isEqualTo(3000);
    assertThat(progress.deltas()).isEqualTo(1);
  }

  @Test
  void shouldCountWhatAnEventIsWorth() {
    OnlineTrainer trainer = manual(SELDOM);
    Example weightless = event(1, 1, 1);
    weightless.weigh(0);
    Example heavy = event(2, 2, 1);
    heavy.weigh(3);
    trainer.offer(weightless, 0);
    trainer.offer(heavy, 0);
    trainer.close();
    try (Learner alone = newLearner()) {
      Example decay = event(1, 1, 1);
      decay.weigh(0);
      alone.learn(decay, 0.05);
      alone.learn(heavy, 0.05);
      assertThat(learner.linear(1)).isEqualTo(alone.linear(1)).isZero();
      assertThat(learner.linear(2)).isEqualTo(alone.linear(2)).isPositive();
    }
  }

  @Test
  void shouldPublishAfterSoManyEvents() {
    OnlineTrainer trainer = manual(SELDOM.withDeltas(100, Duration.ofDays(1)));
    List<Example> events = events(2, 100);
    for (Example event : events.subList(0, 99)) {
      trainer.offer(event, 0);
    }
    workAll(trainer);
    assertThat(live.version()).isEqualTo(1);
    trainer.offer(events.get(99), 0);
    workAll(trainer);
    assertThat(live.version()).isEqualTo(2);
    assertServes(live, learner);
  }

  @Test
  void shouldPublishAfterSoMuchTimeIfThereIsSomething() {
    OnlineTrainer trainer = manual(SELDOM.withDeltas(1000, Duration.ofMillis(10)));
    clock.advance(20_000_000);
    workAll(trainer);
    assertThat(live.version()).isEqualTo(1);
    trainer.offer(event(1, 1, 1), 0);
    workAll(trainer);
    assertThat(live.version()).isEqualTo(2);
    trainer.offer(event(1, 1, 1), 0);
    workAll(trainer);
    assertThat(live.version()).isEqualTo(2);
    clock.advance(10_000_000);
    workAll(trainer);
    assertThat(live.version()).isEqualTo(3);
  }

  @Test
  void shouldPublishWhatHadBeenAcceptedWhenAsked() throws Exception {
    OnlineTrainer trainer = manual(SELDOM);
    for (Example event : events(3, 200)) {
      trainer.offer(event, 77);
    }
    CompletableFuture<PublishResult> first = trainer.publish();
    CompletableFuture<PublishResult> second = trainer.publish();
    trainer.work();
    assertThat(first).isNotDone();
    workAll(trainer);
    assertThat(first.get().isPublished()).isTrue();
    assertThat(second.get()).isSameAs(first.get());
    assertServes(live, learner);
    assertThat(trainer.progress().learned()).isEqualTo(200);
    assertThat(trainer.progress().lastTime()).isEqualTo(77);
  }

  @Test
  void shouldPublishAllWeightsNowAndThenSoThatNothingWaitsForEver() {
    LiveModel narrow = start(LiveOptions.defaults().withFanOutBudget(5));
    OnlineTrainer trainer =
        manual(
            narrow,
            SELDOM
                .withDeltas(10, Duration.ofDays(1))
                .withFull(Duration.ofSeconds(1), OnlineTrainerTest::ads));
    for (Example event : events(4, 10)) {
      trainer.offer(event, 0);
    }
    workAll(trainer);
    CompletableFuture<PublishResult> looked = trainer.publish();
    trainer.work();
    assertThat(looked).isDone();
    assertThat(trainer.progress().waitingFeatures()).isPositive();
    clock.advance(1_000_000_000);
    for (Example event : events(5, 3)) {
      trainer.offer(event, 0);
    }
    workAll(trainer);
    assertServes(narrow, learner);
    assertThat(narrow.generation()).isEqualTo(2);
    trainer.close();
    assertThat(trainer.progress().fulls()).isEqualTo(1);
    assertThat(trainer.progress().waitingFeatures()).isZero();
  }

  private static OnlineOptions small(WhenFull whenFull) {
    return SELDOM.withRing(OnlineOptions.LEAST_RING_BYTES, whenFull);
  }

  @Test
  void shouldDropAndCountWhatHasNoRoom() {
    OnlineTrainer trainer = manual(small(WhenFull.DROP));
    int accepted = 0;
    for (Example event : events(6, 500)) {
      accepted += trainer.offer(event, 0) ? 1 : 0;
    }
    assertThat(accepted).isBetween(40, 100);
    workAll(trainer);
    assertThat(trainer.offer(event(1, 1, 0), 0)).isTrue();
    trainer.close();
    assertThat(trainer.progress().accepted()).isEqualTo(accepted + 1);
    assertThat(trainer.progress().learned()).isEqualTo(accepted + 1);
    assertThat(trainer.progress().dropped()).isEqualTo(500 - accepted);
  }

  @Test
  void shouldFailIfThatIsWanted() {
    OnlineTrainer trainer = manual(small(WhenFull.FAIL));
    assertThatThrownBy(
            () -> {
              for (Example event : events(7, 500)) {
                trainer.offer(event, 0);
              }
            })
        .isInstanceOf(RingFullException.class)
        .hasMessageContaining("4096 bytes is full");
    trainer.close();
    assertThat(trainer.progress().dropped()).isEqualTo(1);
  }

  @Test
  void shouldWaitForRoomIfThatIsWanted() {
    OnlineTrainer trainer = OnlineTrainer.start(live, learner, small(WhenFull.BLOCK));
    for (Example event : events(8, 20_000)) {
      assertThat(trainer.offer(event, 0)).isTrue();
    }
    trainer.close();
    assertThat(trainer.progress().learned()).isEqualTo(20_000);
    assertServes(live, learner);
  }

  @Test
  void shouldEndTheWaitForRoomWhenItIsClosed() throws Exception {
    OnlineTrainer trainer = manual(small(WhenFull.BLOCK));
    CompletableFuture<Integer> producer =
        CompletableFuture.supplyAsync(
            () -> {
              int accepted = 0;
              while (trainer.offer(event(1, 1, 1), 0)) {
                accepted++;
              }
              return accepted;
            });
    while (trainer.ringBytes() < OnlineOptions.LEAST_RING_BYTES - 200) {
      Thread.onSpinWait();
    }
    trainer.close();
    int accepted = producer.get(30, TimeUnit.SECONDS);
    assertThat(trainer.progress().learned()).isEqualTo(accepted);
  }

  /** Closing while producers are at work loses nothing that was accepted. */
  @ParameterizedTest
  @CsvSource({"DROP, 1", "DROP, 2", "BLOCK, 3", "BLOCK, 4"})
  void shouldLearnAllThatProducersHaveHadAccepted(WhenFull whenFull, int seed) throws Exception {
    for (int round = 0; round < 20; round++) {
      try (Learner own = newLearner()) {
        OnlineTrainer trainer =
            OnlineTrainer.start(live, own, small(whenFull).withDeltas(500, Duration.ofMillis(1)));
        AtomicLong accepted = new AtomicLong();
        List<Thread> producers = new ArrayList<>();
        for (int thread = 0; thread < 3; thread++) {
          List<Example> events = events(seed + thread, 100);
          producers.add(
              Thread.ofPlatform()
                  .start(
                      () -> {
                        for (int i = 0; !Thread.currentThread().isInterrupted(); i++) {
                          if (trainer.offer(events.get(i % 100), 0)) {
                            accepted.incrementAndGet();
                          }
                        }
                      }));
        }
        while (accepted.get() < 200) {
          Thread.onSpinWait();
        }
        trainer.close();
        for (Thread producer : producers) {
          producer.interrupt();
          producer.join();
        }
        assertThat(trainer.progress().learned()).isEqualTo(accepted.get());
        assertThat(trainer.progress().accepted()).isEqualTo(accepted.get());
        assertThat(trainer.progress().unlearned()).isZero();
        assertThat(trainer.offer(event(1, 1, 1), 0)).isFalse();
      }
    }
  }

  @Test
  void shouldStopPublishingWhenTheLossExplodes() {
    OnlineTrainer trainer =
        manual(
            new OnlineOptions(
                1e4, 1 << 20, WhenFull.DROP, 300, Duration.ofDays(1), null, null, 200, 3));
    for (Example event : events(9, 1000)) {
      trainer.offer(event, 0);
    }
    CompletableFuture<PublishResult> asked = trainer.publish();
    workAll(trainer);
    assertThat(live.version()).isEqualTo(1);
    assertThat(asked).isCompletedExceptionally();
    OnlineProgress progress = trainer.progress();
    assertThat(progress.state()).isEqualTo(State.DIVERGED);
    assertThat(progress.reason())
        .contains("learning diverged at event 200", "version 1 goes on serving", "10000.0");
    assertThat(progress.unlearned()).isEqualTo(800);
    assertThat(trainer.offer(event(1, 1, 1), 0)).isFalse();
    try (Learner untouched = newLearner()) {
      assertServes(live, untouched);
    }
  }

  @Test
  void shouldStopPublishingWhenAWeightIsNoNumber() {
    OnlineTrainer trainer = manual(SELDOM);
    Example event = event(1, 1, 1);
    event.reset(1);
    event.add(0, 1e30f);
    event.add(1, 1e30f);
    trainer.offer(event, 0);
    trainer.offer(event, 0);
    workAll(trainer);
    CompletableFuture<PublishResult> asked = trainer.publish();
    workAll(trainer);
    assertThat(asked).isCompletedExceptionally();
    assertThat(trainer.progress().state()).isEqualTo(State.DIVERGED);
    assertThat(trainer.progress().reason()).contains("no longer a finite number");
    assertThat(live.version()).isEqualTo(1);
  }

  /** A few zeros are no reason to stop, though always predicting zero is hard to beat. */
  @Test
  void shouldGoOnWhereAllLabelsAreTheSame() {
    OnlineTrainer trainer = manual(SELDOM.withWatch(50, 3));
    for (int i = 0; i < 500; i++) {
      trainer.offer(event(i % USERS, i % ADS, 0), 0);
    }
    workAll(trainer);
    trainer.close();
    assertThat(trainer.progress().state()).isEqualTo(State.CLOSED);
    assertThat(trainer.progress().learned()).isEqualTo(500);
  }

  @Test
  void shouldPublishWithTheNextWhatARefusedPublishHeld() {
    OnlineTrainer trainer = manual(SELDOM.withDeltas(100, Duration.ofDays(1)));
    // After a rollback to another generation, deltas are refused until a full publish.
    try (Learner other = newLearner()) {
      live.publish(other.toModel(PredictionRange.UNBOUNDED, Map.of()), ads());
    }
    live.rollBack(1);
    for (Example event : events(10, 100)) {
      trainer.offer(event, 0);
    }
    workAll(trainer);
    try (Learner start = newLearner()) {
      live.publish(start.toModel(PredictionRange.UNBOUNDED, Map.of()), ads());
    }
    trainer.close();
    assertThat(trainer.progress().refused()).isEqualTo(1);
    assertThat(trainer.progress().deltas()).isEqualTo(1);
    assertServes(live, learner);
  }

  @Test
  void shouldSayThatPublishingFailed() {
    OnlineTrainer trainer = manual(SELDOM.withDeltas(1, Duration.ofDays(1)));
    live.close();
    trainer.offer(event(1, 1, 1), 0);
    workAll(trainer);
    assertThat(trainer.progress().state()).isEqualTo(State.FAILED);
    assertThat(trainer.progress().reason()).contains("publishing failed after event 1", "closed");
    assertThat(trainer.publish()).isNotDone();
    trainer.close();
    assertThat(trainer.publish()).isCompletedExceptionally();
  }

  @Test
  void shouldValidateProgressively() {
    List<Example> events = events(11, 4000);
    OnlineTrainer trainer = manual(SELDOM.withWatch(1000, 3).withRing(1 << 20, WhenFull.DROP));
    events.forEach(event -> trainer.offer(event, 0));
    trainer.close();
    double loss = 0;
    try (Learner alone = newLearner()) {
      for (Example event : events) {
        double p = 1 / (1 + Math.exp(-alone.learn(event, 0.05)));
        loss -= Math.log(event.label() == 1 ? p : 1 - p) / events.size();
      }
    }
    assertThat(trainer.progress().loss()).isCloseTo(loss, within(1e-6));
    assertThat(trainer.progress().window().examples()).isEqualTo(1000);
    assertThat(trainer.progress().window().loss()).isLessThan(loss);
    assertThat(trainer.progress().window().auc()).isGreaterThan(0.6);
    assertThat(trainer.progress().window().calibration()).isCloseTo(1, within(0.1));
  }

  @Test
  void shouldAllocateNothingToOfferAndToLearn() throws ReflectiveOperationException {
    OnlineTrainer trainer = manual(SELDOM);
    List<Example> events = events(12, 64);
    long allocated = Long.MAX_VALUE;
    for (int round = 0; round < 300 && allocated >= events.size(); round++) {
      long start = AllocatedBytes.ofThisThread();
      long measuring = AllocatedBytes.ofThisThread() - start;
      start = AllocatedBytes.ofThisThread();
      for (int again = 0; again < 100; again++) {
        for (int i = 0; i < events.size(); i++) {
          trainer.offer(events.get(i), 0);
        }
        while (trainer.work() > 0) {}
      }
      allocated = AllocatedBytes.ofThisThread() - start - measuring;
    }
    assertThat(allocated).as("bytes for 6,400 events").isLessThan(events.size());
  }

  @Test
  void shouldRefuseEventsThatItCannotLearn() {
    OnlineTrainer trainer = manual(small(WhenFull.DROP));
    assertRefused(trainer, event(1, 1, 0.5f), "label=0.5, expected 0 or 1");
    assertRefused(trainer, event(1, 1, Float.NaN), "label=NaN");
    assertRefused(trainer, event(-1, 1, 1), "feature 0 is -1, expected 0 to 91");
    Example unknown = event(1, 1, 1);
    unknown.add(92, 1);
    assertRefused(trainer, unknown, "feature 3 is 92");
    Example infinite = event(1, 1, 1);
    infinite.add(3, Float.POSITIVE_INFINITY);
    assertRefused(trainer, infinite, "weight 3 is Infinity");
    Example negative = event(1, 1, 1);
    negative.weigh(-1);
    assertRefused(trainer, negative, "importance=-1.0");
    Example large = event(1, 1, 1);
    IntStream.range(0, 80).forEach(i -> large.add(2, 1));
    assertRefused(trainer, large, "an event of 83 features takes 684 bytes, expected at most 512");
    assertThat(trainer.progress().dropped()).isZero();
  }

  private static void assertRefused(OnlineTrainer trainer, Example event, String why) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> trainer.offer(event, 0))
        .withMessageContaining(why);
  }

  @Test
  void shouldRefuseALearnerOfOtherFeatures() {
    FeatureSpace other = TestModels.space(List.of(Field.oneHot("user", Side.CONTEXT)), 3);
    LearnerOptions options =
        new LearnerOptions(
            Loss.LOGISTIC,
            Optimizer.SGD,
            4,
            0.1,
            0.1,
            0.1,
            List.of(new LearnerOptions.L2(0, 0)),
            1);
    try (Learner wrong = new Learner(other, options)) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> OnlineTrainer.start(live, wrong, SELDOM))
          .withMessageContaining("3 features, expected the 92");
    }
  }

  @ParameterizedTest
  @CsvSource({
    "0, 4096, 1, 1, 3, stepSize=0.0",
    "1, 5000, 1, 1, 3, ringBytes=5000",
    "1, 2048, 1, 1, 3, ringBytes=2048",
    "1, 4096, 0, 1, 3, publishEvents=0",
    "1, 4096, 1, 0, 3, window=0",
    "1, 4096, 1, 1, 1, explosion=1.0"
  })
  void shouldRefuseOptionsOutOfRange(
      double step, int ring, int events, int window, double explosion, String named) {
    assertThatIllegalArgumentException()
        .isThrownBy(
            () ->
                new OnlineOptions(
                    step,
                    ring,
                    WhenFull.DROP,
                    events,
                    Duration.ofSeconds(1),
                    null,
                    null,
                    window,
                    explosion))
        .withMessageContaining(named);
  }
}
