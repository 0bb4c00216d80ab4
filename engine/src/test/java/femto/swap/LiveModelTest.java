package femto.swap;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import femto.kernels.RowPatch;
import femto.kernels.ScreenLayout;
import femto.kernels.WarmUp;
import femto.memory.AllocatedBytes;
import femto.model.FeatureRows;
import femto.model.Model;
import femto.model.TestModels;
import femto.model.TestModels.Row;
import femto.score.BatchScorer;
import femto.score.Scorer;
import femto.score.Snapshot;
import femto.swap.LiveOptions.Merging;
import femto.swap.LiveWorld.Edit;
import femto.swap.PublishResult.Outcome;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class LiveModelTest {
  private static final int[] AN_AD = {LiveWorld.FIRST_AD};
  private static final float[] ONE = {1};

  private final Random random = new Random(1);
  private final LiveWorld world = LiveWorld.random(random, 40);
  private LiveModel live = world.start(LiveOptions.defaults());

  @AfterEach
  void close() {
    live.close();
  }

  private void restart(LiveOptions options) {
    live.close();
    live = world.start(options);
  }

  private static void await(BooleanSupplier condition) throws InterruptedException {
    long deadline = System.nanoTime() + 10_000_000_000L;
    while (!condition.getAsBoolean()) {
      assertThat(System.nanoTime()).as("time is up").isLessThan(deadline);
      Thread.sleep(2);
    }
  }

  private void assertServes(LiveWorld expected) {
    try (LiveScorer reader = live.newScorer("check");
        Lease lease = reader.lease()) {
      expected.assertServedBy(lease.leased());
      expected.assertScores(lease, random);
    }
  }

  private static void assertPublished(PublishResult result) {
    assertThat(result.outcome()).as(result.reason()).isEqualTo(Outcome.PUBLISHED);
  }

  // ---- Refusals ----

  private void assertRefused(Delta delta, String... said) {
    long version = live.version();
    PublishResult result = live.publish(delta);
    assertThat(result.outcome()).isEqualTo(Outcome.REFUSED);
    assertThat(result.version()).isEqualTo(version);
    assertThat(result.reason()).contains(said);
    assertThat(live.version()).isEqualTo(version);
  }

  @Test
  void shouldRefuseADeltaOutOfRangeAndSayWhere() {
    int features = LiveWorld.SPACE.size();
    float[] three = {1, 2, 3};
    assertRefused(new Delta().bias(Float.NaN), "bias", "NaN");
    assertRefused(new Delta().weights(features, 0, three), "feature " + features, "0 to 87");
    assertRefused(new Delta().weights(-1, 0, three), "feature -1");
    assertRefused(new Delta().weights(2, 0, new float[2]), "feature 2", "2 factors", "3");
    assertRefused(new Delta().weights(2, -2e15f, three), "feature 2", "linear", "-2.0E15");
    assertRefused(
        new Delta().weights(2, 0, new float[] {0, Float.POSITIVE_INFINITY, 0}),
        "feature 2",
        "factor 1",
        "Infinity");
    assertRefused(new Delta().put("x", AN_AD, ONE), "candidate x", "longs");
    assertRefused(new Delta().remove("x"), "candidate x", "longs");
    assertRefused(new Delta().put(5, AN_AD, new float[2]), "candidate 5", "1 features and 2");
    assertRefused(
        new Delta().put(5, new int[] {20, 20}, new float[2]), "candidate 5", "feature 20 at 1");
    assertRefused(
        new Delta().put(5, new int[] {20, features}, new float[2]), "candidate 5", "feature 88");
    assertRefused(
        new Delta().put(5, AN_AD, new float[] {Float.NaN}), "candidate 5", "NaN", "feature 13");
    assertServes(world);
    assertThat(live.statistics().refused()).isEqualTo(12);
  }

  @Test
  void shouldRefuseADeltaWhoseCandidatesFoldToTooLargeNumbers() {
    float[] large = {1e15f, 0, 0};
    Delta delta =
        new Delta().weights(LiveWorld.FIRST_AD, 0, large).put(777, AN_AD, new float[] {1e10f});
    assertRefused(delta, "candidate 777", "expected a finite number");
    assertServes(world);
    // The id has an index now, but no version has the candidate.
    try (LiveScorer reader = live.newScorer("r");
        Lease lease = reader.lease()) {
      assertThat(lease.catalogue().index(777)).isEqualTo(Catalogue.NONE);
      assertThat(lease.catalogue().ids().index(777)).isNotEqualTo(ExternalIds.NONE);
    }
    Edit edit = new Edit().put(778, LiveWorld.row(random)).put(777, LiveWorld.row(random));
    assertPublished(live.publish(edit.delta()));
    world.apply(edit, 0);
    assertServes(world);
  }

  @Test
  void shouldRefuseTextsThatAreNoIds() {
    live.close();
    ExternalIds ids = ExternalIds.ofStrings(List.of("a", "b"));
    List<Row> rows = List.of(LiveWorld.row(random), LiveWorld.row(random));
    live =
        LiveModel.start(
            world.model(),
            new CandidateSet(TestModels.rows(rows, LiveWorld.SPACE.size()), ids),
            LiveOptions.defaults());
    assertRefused(new Delta().put(1, AN_AD, ONE), "candidate 1", "texts");
    assertRefused(new Delta().put("", AN_AD, ONE), "empty");
    assertRefused(new Delta().put("x\ud800", AN_AD, ONE), "surrogate");
    assertRefused(new Delta().put("x".repeat(70_000), AN_AD, ONE), "xxx...", "70000 bytes");
    assertPublished(live.publish(new Delta().put("ä", AN_AD, ONE).remove("a").remove("none")));
    try (LiveScorer reader = live.newScorer("r");
        Lease lease = reader.lease()) {
      Catalogue catalogue = lease.catalogue();
      assertThat(catalogue.index("a")).isEqualTo(Catalogue.NONE);
      assertThat(catalogue.index("b")).isEqualTo(1);
      assertThat(catalogue.index("ä")).isEqualTo(2);
      assertThat(catalogue.id(2)).isEqualTo("ä");
      assertThat(catalogue.contains(0)).isFalse();
      assertThat(catalogue.count()).isEqualTo(2);
      assertThat(catalogue.size()).isEqualTo(3);
      assertThatThrownBy(() -> catalogue.id(0))
          .isInstanceOf(IndexOutOfBoundsException.class)
          .hasMessageContaining("candidate 0 has been removed");
      assertThatThrownBy(() -> catalogue.id(3))
          .isInstanceOf(IndexOutOfBoundsException.class)
          .hasMessageContaining("0 to 2");
    }
    assertPublished(live.publish(new Delta().put("a", AN_AD, ONE)));
    try (LiveScorer reader = live.newScorer("r");
        Lease lease = reader.lease()) {
      assertThat(lease.catalogue().index("a")).isZero();
    }
  }

  @Test
  void shouldCloseAModelThatIsRefusedAndKeepTheOldOne() {
    Model model = world.model();
    CandidateSet set = world.set();
    set.ids().indexOfOrAppend(99_999);
    PublishResult result = live.publish(model, set);
    assertThat(result.outcome()).isEqualTo(Outcome.REFUSED);
    assertThat(result.reason()).contains("41 ids");
    assertThat(model.weights().segment().scope().isAlive()).isFalse();
    Model other = world.model();
    CandidateSet foreign =
        new CandidateSet(
            TestModels.rows(List.of(new Row(new int[] {200}, ONE)), 300),
            ExternalIds.ofLongs(new long[] {1}));
    assertThat(live.publish(other, foreign).reason()).contains("not of this model's features");
    assertThat(other.weights().segment().scope().isAlive()).isFalse();
    assertServes(world);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> LiveModel.start(world.model(), foreign, LiveOptions.defaults()));
  }

  @Test
  void shouldRefuseTheModelThatServesAndLeaveItOpen() {
    assertThat(live.features()).isSameAs(LiveWorld.SPACE);
    assertThat(live.publish(served(), world.set()).reason()).contains("published already");
    assertServes(world);
  }

  private Model served() {
    try (LiveScorer reader = live.newScorer("r");
        Lease lease = reader.lease()) {
      return lease.scorer().model();
    }
  }

  @Test
  void shouldRefuseMoreChangesThanAPatchHolds() {
    restart(LiveOptions.defaults().withPatch(0.01, 4));
    Edit edit = new Edit();
    for (int feature = 0; feature < 5; feature++) {
      edit.weights(random, feature);
    }
    assertRefused(edit.delta(), "weights of 5 features", "at most 4", "in full");
    Edit puts = new Edit();
    for (int id = 1000; id < 1005; id++) {
      puts.put(id, LiveWorld.row(random));
    }
    assertRefused(puts.delta(), "5 candidates to fold, 5 to put", "at most 4", "in full");
    assertServes(world);
  }

  // ---- Canaries ----

  private static Canaries canaries(double shift, double overlap) {
    return new Canaries(
        List.of(
            Map.of("user", List.of("v1"), "tags", List.of("v0", "v3")),
            Map.of("user", List.of("v5"))),
        5,
        shift,
        overlap);
  }

  @Test
  void shouldRefuseWhatShiftsTheScoresOfTheCanaries() {
    restart(LiveOptions.defaults().withCanaries(canaries(0.5, 0)));
    assertPublished(live.publish(new Delta().bias(world.bias + 0.25f)));
    assertRefused(new Delta().bias(world.bias + 2.25f), "canaries", "scores shift by 2", "0.5");
    LiveWorld other = world.copy();
    other.bias = world.bias + 5;
    PublishResult result = live.publish(other.model(), other.set());
    assertThat(result.outcome()).isEqualTo(Outcome.REFUSED);
    assertThat(result.reason()).contains("scores shift by 4.7");
    world.bias += 0.25f;
    assertServes(world);
  }

  @Test
  void shouldRefuseWhatChangesTheBestOfTheCanaries() {
    restart(LiveOptions.defaults().withCanaries(canaries(Double.POSITIVE_INFINITY, 0.8)));
    List<Long> best = new ArrayList<>();
    try (LiveScorer reader = live.newScorer("r");
        Lease lease = reader.lease()) {
      Scorer scorer = lease.scorer();
      scorer.context().clear().put("user", "v5");
      scorer.fold();
      int[] indexes = new int[5];
      scorer.top(5, null, indexes, new float[5]);
      for (int index : indexes) {
        best.add(lease.catalogue().longId(index));
      }
    }
    assertRefused(
        new Delta().remove(best.get(0)).remove(best.get(1)), "a part of 0.6", "at least 0.8");
    assertPublished(live.publish(new Delta().remove(best.get(0))));
    // In another numbering the candidates are the same, by their ids.
    LiveWorld same = world.copy();
    same.candidates.remove(best.get(0));
    same.candidates.keySet().removeAll(others(best));
    PublishResult result = live.publish(same.model(), same.set());
    assertPublished(result);
    assertServes(same);
  }

  /** The ids of ten candidates that are not among the best. */
  private List<Long> others(List<Long> best) {
    try (LiveScorer reader = live.newScorer("r");
        Lease lease = reader.lease()) {
      List<Long> found = new ArrayList<>(best);
      for (String user : List.of("v1", "v5")) {
        lease.scorer().context().clear().put("user", user);
        if (user.equals("v1")) {
          lease.scorer().context().put("tags", "v0").put("tags", "v3");
        }
        lease.scorer().fold();
        int[] indexes = new int[5];
        lease.scorer().top(5, null, indexes, new float[5]);
        for (int index : indexes) {
          found.add(lease.catalogue().longId(index));
        }
      }
      return world.candidates.keySet().stream()
          .filter(id -> !found.contains(id))
          .limit(10)
          .toList();
    }
  }

  @Test
  void shouldRefuseAModelThatCannotRankTheCanaries() {
    Canaries unknown = new Canaries(List.of(Map.of("nobody", List.of("x"))), 5, 1, 0);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> world.start(LiveOptions.defaults().withCanaries(unknown)))
        .withMessageContaining("canary 0")
        .withMessageContaining("nobody");
  }

  // ---- What waits ----

  @Test
  void shouldLeaveFeaturesOfManyCandidatesForTheNextFullPublish() {
    int brand = LiveWorld.FIRST_BRAND;
    int fanOut = world.fanOut(brand);
    int other = world.fanOut(brand + 1);
    restart(LiveOptions.defaults().withFanOutBudget(Math.min(fanOut, other) - 1));
    Edit edit = new Edit().weights(random, brand).weights(random, brand + 1);
    edit.weights(random, 3);
    PublishResult result = live.publish(edit.delta());
    assertPublished(result);
    assertThat(result.waitingFeatures()).isEqualTo(2);
    assertThat(result.largestFanOut()).isEqualTo(Math.max(fanOut, other));
    assertThat(result.totalFanOut()).isEqualTo((long) fanOut + other);
    assertThat(result.refolded()).isZero();
    world.apply(edit, Math.min(fanOut, other) - 1);
    assertThat(world.waiting).hasSize(2);
    assertServes(world);
    assertThat(live.statistics().waitingFeatures()).isEqualTo(2);
    PublishResult full = live.publish(world.model(), world.set());
    assertPublished(full);
    assertThat(full.reason()).isEqualTo("dropped the changed weights of 2 features that waited");
    assertThat(live.statistics().waitingFeatures()).isZero();
    assertThat(full.refolded()).isEqualTo(40);
  }

  // ---- Rolling back ----

  @Test
  void shouldRollBackUnderANewNumberAndRefuseDeltasPastARenumbering() {
    LiveWorld first = world.copy();
    Edit edit = new Edit().put(500, LiveWorld.row(random)).weights(random, LiveWorld.FIRST_AD + 3);
    assertPublished(live.publish(edit.delta()));
    world.apply(edit, 10_000);
    PublishResult back = live.rollBack(1);
    assertPublished(back);
    assertThat(back.version()).isEqualTo(3);
    assertThat(live.generation()).isEqualTo(1);
    assertServes(first);
    assertPublished(live.publish(new Delta().bias(first.bias)));

    LiveWorld renumbered = LiveWorld.random(random, 10);
    assertPublished(live.publish(renumbered.model(), renumbered.set()));
    assertThat(live.generation()).isEqualTo(2);
    PublishResult past = live.rollBack(2);
    assertPublished(past);
    assertThat(past.version()).isEqualTo(6);
    assertThat(live.generation()).isEqualTo(3);
    assertServes(world);
    assertRefused(new Delta().bias(1), "generation 1", "version 2", "publish in full");
    assertPublished(live.publish(renumbered.model(), renumbered.set()));
    assertThat(live.generation()).isEqualTo(4);
    assertPublished(live.publish(new Delta().bias(renumbered.bias)));
    assertServes(renumbered);
  }

  @Test
  void shouldSayWhichVersionsAreKept() {
    restart(LiveOptions.defaults().withHistory(2));
    for (int i = 0; i < 4; i++) {
      assertPublished(live.publish(new Delta().bias(i)));
    }
    assertThat(live.rollBack(2).reason())
        .isEqualTo("version 2 is not kept, expected one of [3, 4]");
    assertThat(live.rollBack(5).reason()).isEqualTo("version 5 serves already");
    assertPublished(live.rollBack(3));
    assertThat(live.version()).isEqualTo(6);
  }

  // ---- Leases ----

  @Test
  void shouldRefuseUseOutsideALease() {
    LiveScorer reader = live.newScorer("r");
    Lease lease = reader.lease();
    Scorer scorer = lease.scorer();
    assertThatIllegalStateException().isThrownBy(reader::lease).withMessageContaining("reader=r");
    assertThatIllegalStateException().isThrownBy(reader::close).withMessageContaining("lease");
    lease.close();
    lease.close();
    assertThatIllegalStateException().isThrownBy(lease::scorer).withMessageContaining("closed");
    assertThatIllegalStateException().isThrownBy(lease::version);
    assertThatIllegalStateException().isThrownBy(lease::generation);
    assertThatIllegalStateException().isThrownBy(lease::catalogue);
    assertThatIllegalStateException().isThrownBy(scorer::fold).withMessageContaining("lease");
    try (Lease again = reader.lease()) {
      assertThat(again).isSameAs(lease);
      assertThat(again.scorer()).isSameAs(scorer);
    }
    reader.close();
    reader.close();
    assertThatIllegalStateException().isThrownBy(reader::lease);
    assertThat(live.statistics().readers()).isZero();
  }

  @Test
  void shouldRankForManyContextsInALeaseAsOneAfterTheOther() {
    live.close();
    LiveWorld large = LiveWorld.random(random, 9000);
    live = large.start(LiveOptions.defaults());
    FeatureRows contexts = LiveWorld.contexts(random, 20);
    try (LiveScorer reader = live.newScorer("r")) {
      BatchScorer batch = null;
      for (int round = 0; round < 4; round++) {
        try (Lease lease = reader.lease()) {
          Snapshot leased = lease.scorer().snapshot();
          if (batch == null) {
            batch = new BatchScorer(leased);
          }
          assertThat(batch.serves(leased)).isTrue();
          batch.use(leased);
          assertRanksAs(lease.scorer(), batch, contexts);
          batch.use(null);
        }
        Edit edit = new Edit().weights(random, round).weights(random, LiveWorld.FIRST_AD + round);
        for (int i = 0; i < 30; i++) {
          edit.put(100_000 + random.nextInt(1000), LiveWorld.row(random));
          edit.remove(large.anyId(random));
        }
        edit.bias = (float) round;
        assertPublished(live.publish(edit.delta()));
        large.apply(edit, 10_000);
      }
    }
  }

  private static void assertRanksAs(Scorer single, BatchScorer batch, FeatureRows contexts) {
    int count = contexts.rows();
    int[][] indexes = new int[count][50];
    float[][] scores = new float[count][50];
    int[] found = new int[count];
    batch.top(contexts, 0, count, 50, null, indexes, scores, found);
    for (int i = 0; i < count; i++) {
      int[] expectedIndexes = new int[50];
      float[] expected = new float[50];
      single.fold(contexts, i);
      assertThat(found[i]).isEqualTo(single.top(50, null, expectedIndexes, expected));
      assertThat(indexes[i]).isEqualTo(expectedIndexes);
      assertThat(scores[i]).isEqualTo(expected);
    }
  }

  @Test
  void shouldBindEligibleCandidatesAndBidsToTheGeneration() {
    EligibleCandidates eligible = EligibleCandidates.copyOf(new long[] {-1}, 1);
    CandidateBids bids = CandidateBids.copyOf(new float[40], 1);
    try (LiveScorer reader = live.newScorer("r")) {
      try (Lease lease = reader.lease()) {
        assertThat(lease.selection(eligible).count()).isEqualTo(64);
        assertThat(lease.bids(bids).size()).isEqualTo(40);
      }
      assertPublished(live.publish(world.model(), world.set()));
      try (Lease lease = reader.lease()) {
        assertThatThrownBy(() -> lease.selection(eligible))
            .isInstanceOf(StaleGenerationException.class);
        assertThatThrownBy(() -> lease.bids(bids)).isInstanceOf(StaleGenerationException.class);
      }
    }
  }

  @Test
  void shouldLimitReaders() {
    restart(LiveOptions.defaults().withMaxReaders(1));
    try (LiveScorer reader = live.newScorer("first")) {
      assertThatIllegalStateException()
          .isThrownBy(() -> live.newScorer("second"))
          .withMessageContaining("second")
          .withMessageContaining("maxReaders=1");
      assertThat(live.statistics().readers()).isEqualTo(1);
      assertThat(reader).isNotNull();
    }
    WarmUp warmUp = live.warmUp(Duration.ofMillis(5));
    assertThat(warmUp.searches()).isPositive();
  }

  @Test
  void shouldAllocateNothingPerLeaseAndRequest() throws ReflectiveOperationException {
    int requests = 20_000;
    Edit edit = new Edit().weights(random, LiveWorld.FIRST_AD).put(9, LiveWorld.row(random));
    assertPublished(live.publish(edit.remove(world.anyId(random)).delta()));
    try (LiveScorer reader = live.newScorer("r")) {
      int[] indexes = new int[10];
      float[] scores = new float[10];
      EligibleCandidates eligible = EligibleCandidates.copyOf(new long[] {-1}, 1);
      for (int warmUp = 0; warmUp < 3; warmUp++) {
        serve(reader, requests, eligible, indexes, scores);
      }
      long start = AllocatedBytes.ofThisThread();
      long measuring = AllocatedBytes.ofThisThread() - start;
      start = AllocatedBytes.ofThisThread();
      serve(reader, requests, eligible, indexes, scores);
      // What the measurement and a compilation that ends meanwhile cost: far below a byte each.
      assertThat(AllocatedBytes.ofThisThread() - start - measuring).isLessThan(requests / 4);
    }
  }

  private static void serve(
      LiveScorer reader, int requests, EligibleCandidates eligible, int[] indexes, float[] scores) {
    for (int i = 0; i < requests; i++) {
      try (Lease lease = reader.lease()) {
        Scorer scorer = lease.scorer();
        scorer.context().clear().put("user", "v7");
        scorer.fold();
        int found =
            scorer.top(scorer.request(10).among(lease.selection(eligible)), indexes, scores);
        scorer.score(indexes, found, scores);
        if (lease.catalogue().index(lease.catalogue().longId(indexes[0])) != indexes[0]) {
          throw new AssertionError("another index");
        }
      }
    }
  }

  // ---- Waiting for versions, listeners ----

  @Test
  void shouldWaitForAVersion() throws InterruptedException {
    assertThat(live.awaitVersion(1, Duration.ZERO)).isTrue();
    assertThat(live.awaitVersion(2, Duration.ofMillis(20))).isFalse();
    Thread publisher =
        Thread.ofPlatform().start(() -> assertPublished(live.publish(new Delta().bias(1))));
    assertThat(live.awaitVersion(2, Duration.ofSeconds(10))).isTrue();
    publisher.join();
    Thread closer = Thread.ofPlatform().start(live::close);
    assertThat(live.awaitVersion(3, Duration.ofSeconds(10))).isFalse();
    closer.join();
  }

  @Test
  void shouldTellListenersInOrderOnAThreadOfItsOwn() throws InterruptedException {
    BlockingQueue<VersionInfo> told = new LinkedBlockingQueue<>();
    BlockingQueue<String> threads = new LinkedBlockingQueue<>();
    assertPublished(live.publish(new Delta().bias(0)));
    LiveModel.Registration failing =
        live.addListener(
            version -> {
              throw new IllegalStateException("as a test wants it, for " + version.number());
            });
    LiveModel.Registration listening =
        live.addListener(
            version -> {
              threads.add(Thread.currentThread().getName());
              told.add(version);
            });
    assertPublished(live.publish(new Delta().bias(1)));
    assertPublished(live.publish(world.model(), world.set()));
    assertPublished(live.rollBack(2));
    VersionInfo delta = told.poll(10, TimeUnit.SECONDS);
    VersionInfo full = told.poll(10, TimeUnit.SECONDS);
    VersionInfo back = told.poll(10, TimeUnit.SECONDS);
    assertThat(List.of(delta.number(), full.number(), back.number())).containsExactly(3L, 4L, 5L);
    assertThat(List.of(delta.kind(), full.kind(), back.kind()))
        .containsExactly(VersionKind.DELTA, VersionKind.FULL, VersionKind.ROLLBACK);
    assertThat(List.of(delta.generation(), full.generation(), back.generation()))
        .containsExactly(1L, 2L, 3L);
    assertThat(back.source()).isEqualTo(2);
    assertThat(full.candidates()).isEqualTo(40);
    assertThat(threads).containsOnly("femto-live");
    listening.close();
    failing.close();
    assertPublished(live.publish(world.model(), world.set()));
    assertThat(told.poll(250, TimeUnit.MILLISECONDS)).isNull();
  }

  // ---- Memory ----

  @Test
  void shouldGiveBackAModelThatNobodySeesAnyMore() throws InterruptedException {
    restart(LiveOptions.defaults().withHistory(0));
    Model first = served();
    LiveScorer reader = live.newScorer("r");
    Lease lease = reader.lease();
    assertPublished(live.publish(world.model(), world.set()));
    Thread.sleep(250);
    assertThat(first.weights().segment().scope().isAlive()).isTrue();
    lease.close();
    await(() -> !first.weights().segment().scope().isAlive());
    await(() -> live.statistics().heldVersions() == 0); // counted after the last is given back
  }

  @Test
  void shouldEndServingAndFreeEverythingWhenTheLastLeaseEnds() throws InterruptedException {
    LiveScorer reader = live.newScorer("r");
    Lease lease = reader.lease();
    LiveScorer other = live.newScorer("other");
    live.close();
    live.close();
    world.assertScores(lease, random);
    assertThatIllegalStateException().isThrownBy(other::lease).withMessageContaining("closed");
    assertThatIllegalStateException().isThrownBy(() -> live.newScorer("late"));
    assertThatIllegalStateException().isThrownBy(() -> live.publish(new Delta()));
    assertThatIllegalStateException().isThrownBy(() -> live.rollBack(1));
    Model late = world.model();
    assertThatIllegalStateException().isThrownBy(() -> live.publish(late, world.set()));
    assertThat(late.weights().segment().scope().isAlive()).isFalse();
    assertThat(live.statistics().liveBytes()).isPositive();
    lease.close();
    await(() -> live.statistics().liveBytes() == 0);
    assertThat(live.statistics().pooledBytes()).isZero();
    assertThatIllegalStateException().isThrownBy(reader::lease).withMessageContaining("closed");
    reader.close();
    other.close();
  }

  @ParameterizedTest
  @EnumSource(Merging.class)
  void shouldPutDeltasOffWhileAStalledReaderKeepsMemoryAtTheCap(Merging merging)
      throws InterruptedException {
    int patch = 30;
    LiveOptions options =
        LiveOptions.defaults()
            .withMerging(merging)
            .withPatch(0.01, patch)
            .withHistory(1)
            .withStalledAfter(Duration.ofMillis(50));
    long base = Base.bytes(LiveWorld.SPACE.size(), LiveWorld.K, 40, LiveWorld.K, options);
    long cap = 2 * base + base / 2 + 30_000;
    restart(options.withMemoryCap(cap));
    LiveScorer slow = live.newScorer("slow");
    Lease stalled = slow.lease();
    LiveWorld first = world.copy();
    int putOff = 0;
    for (int i = 0; i < 400 && putOff < 3; i++) {
      Edit edit = new Edit().put(random.nextInt(60), LiveWorld.row(random));
      PublishResult result = live.publish(edit.delta());
      assertThat(result.outcome()).as(result.reason()).isNotEqualTo(Outcome.REFUSED);
      world.apply(edit, 0);
      LiveStatistics statistics = live.statistics();
      assertThat(statistics.liveBytes() + statistics.pooledBytes()).isLessThanOrEqualTo(cap);
      putOff = statistics.coalescedDeltas();
      Thread.sleep(2); // merges keep up, as long as they can
    }
    assertThat(putOff).isEqualTo(3);
    assertThat(live.statistics().coalesced()).isGreaterThanOrEqualTo(3);
    await(() -> "slow".equals(live.statistics().stalledReader()));
    first.assertServedBy(stalled.leased());
    first.assertScores(stalled, random);
    stalled.close();
    await(() -> live.statistics().coalescedDeltas() == 0);
    await(() -> live.statistics().stalledReader() == null);
    assertServes(world);
    slow.close();
  }

  @Test
  void shouldTakeTheMemoryThatTheFormulaSays() throws InterruptedException {
    LiveWorld large = LiveWorld.random(random, 9000);
    live.close();
    live =
        large.start(
            LiveOptions.defaults()
                .withHistory(0)
                .withPatch(0.04, 100)
                .withMerging(Merging.BACKGROUND));
    long n = 9000;
    long f = LiveWorld.SPACE.size();
    long rowBytes = 4 * (1 + LiveWorld.K);
    long screen = new ScreenLayout(9000, LiveWorld.K).bytes();
    long base =
        rowBytes * (n + 360)
            + screen
            + rowBytes * (f + 100)
            + 12 * (360 + 100)
            + 8 * 1024 // twice as many, and to the next power of two
            + 4 * (f + 100) // where more than an eighth may change
            + 16 * (141 + 2); // 64 bits each
    long pages = 4 * 71;
    assertThat(live.statistics().liveBytes()).isEqualTo(base + pages);
    assertThat(live.statistics().pooledBytes()).isZero();
    assertThat(live.statistics().memoryCap()).isEqualTo(64L << 20);
    try (LiveScorer reader = live.newScorer("r");
        Lease lease = reader.lease()) {
      LiveVersion version = lease.leased();
      assertThat(version.base().bytes()).isEqualTo(base);
      long measured =
          version.base().model().weights().segment().byteSize()
              + version.base().candidates().table().segment().byteSize()
              + java.util.Objects.requireNonNull(version.base().candidates().screen())
                  .segment()
                  .byteSize()
              + rowBytes * (version.rows().capacity() + version.weights().capacity())
              + RowPatch.heapBytes(9000, version.rows().capacity())
              + RowPatch.heapBytes((int) f, version.weights().capacity());
      assertThat(measured).isEqualTo(base);
    }
    // A delta of one weight without candidates, and of two candidates of three features at most.
    Edit edit = new Edit().weights(random, 2);
    edit.put(-100_000, LiveWorld.row(random)).put(-100_001, LiveWorld.row(random));
    int entries = 0;
    for (Row row : large.candidates.values()) {
      entries += row.features().length;
    }
    assertPublished(live.publish(edit.delta()));
    await(() -> live.statistics().heldVersions() == 0);
    int put = 0;
    for (Row row : edit.put.values()) {
      put += 64 + 8 * row.features().length;
    }
    long lists = 8 * (f + 1) + 4L * entries;
    long version = pages + 528 * 2 + put;
    assertThat(live.statistics().liveBytes()).isEqualTo(base + lists + version);

    // Half of the room for rows is taken: the next base has room for its own, one is kept.
    Edit half = new Edit();
    for (int i = 0; i < 190; i++) {
      half.put(large.anyId(random), LiveWorld.row(random));
    }
    assertPublished(live.publish(half.delta()));
    await(() -> live.statistics().merges() == 1 && live.statistics().heldVersions() == 0);
    long next = live.statistics().liveBytes();
    assertThat(next - lists).isBetween(base, base + base / 100 + 4 * (version + 528 * 71 * 2));
    assertThat(live.statistics().pooledBytes()).isBetween(base / 2, base + base / 100);
  }

  // ---- Merging with publishes ----

  @Test
  void shouldMergeInTheTimeOfPublishes() {
    restart(LiveOptions.defaults().withPatch(0.01, 40).withMerging(Merging.WITH_PUBLISHES));
    long lent = 0;
    for (int i = 0; i < 200; i++) {
      Edit edit = new Edit().put(random.nextInt(60), LiveWorld.row(random));
      PublishResult result = live.publish(edit.delta());
      assertPublished(result);
      lent += result.mergeNanos();
      world.apply(edit, 0);
    }
    assertThat(live.statistics().coalesced()).isZero();
    assertThat(live.statistics().merges()).isBetween(4L, 10L);
    assertThat(lent).isPositive();
    assertServes(world);
  }

  /** In less than the half of the room that is left; without the time that is due it takes all. */
  @Test
  void shouldEndAMergeBeforeTheRoomIsUsedUp() {
    LiveWorld large = LiveWorld.random(random, 9000);
    live.close();
    int room = 100;
    live =
        large.start(
            LiveOptions.defaults().withPatch(0.001, room).withMerging(Merging.WITH_PUBLISHES));
    int during = 0;
    for (int round = 0; round < 4; round++) { // the first ones tell it how long it takes
      during = 0;
      long merges = live.statistics().merges();
      while (live.statistics().merges() == merges) {
        during += live.statistics().usedRows() > room / 2 - 1 ? 1 : 0;
        Edit edit = new Edit().put(large.anyId(random), LiveWorld.row(random));
        assertPublished(live.publish(edit.delta()));
      }
    }
    assertThat(during).isBetween(1, room / 2 - 3);
  }

  @Test
  void shouldMergeFirstWhenThereIsNoRoomLeft() {
    restart(LiveOptions.defaults().withPatch(0.01, 8).withMerging(Merging.WITH_PUBLISHES));
    for (int i = 0; i < 60; i++) {
      Edit edit = new Edit();
      for (int id = 0; id < 7; id++) {
        edit.put(random.nextInt(60), LiveWorld.row(random));
      }
      assertPublished(live.publish(edit.delta()));
      world.apply(edit, 0);
    }
    assertThat(live.statistics().coalesced()).isZero();
    assertThat(live.statistics().merges()).isGreaterThan(40);
    assertServes(world);
  }

  @Test
  void shouldStopAMergeThatWaitsForTimeWhenItsVersionIsReplaced() throws InterruptedException {
    restart(LiveOptions.defaults().withPatch(0.01, 40).withMerging(Merging.WITH_PUBLISHES));
    for (int round = 0; round < 20; round++) {
      Edit edit = new Edit();
      for (int id = 0; id < 25; id++) {
        edit.put(random.nextInt(60), LiveWorld.row(random));
      }
      assertPublished(live.publish(edit.delta()));
      world.apply(edit, 0);
      assertPublished(live.publish(world.model(), world.set()));
      assertServes(world);
    }
    await(() -> live.statistics().heldVersions() == 0);
  }

  @Test
  void shouldRefuseAFullPublishThatHasNoRoom() {
    LiveOptions options = LiveOptions.defaults();
    long base = Base.bytes(LiveWorld.SPACE.size(), LiveWorld.K, 40, LiveWorld.K, options);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> world.start(options.withMemoryCap(base / 2)))
        .withMessageContaining("memoryCap=" + base / 2);
    restart(options.withMemoryCap(base + base / 2));
    Model model = world.model();
    PublishResult result = live.publish(model, world.set());
    assertThat(result.outcome()).isEqualTo(Outcome.REFUSED);
    assertThat(result.reason()).contains("memoryCap=" + (base + base / 2), "no room");
    assertThat(model.weights().segment().scope().isAlive()).isFalse();
    assertServes(world);
  }

  @Test
  void shouldTakeItAsNoRoomWhenTheSystemHasNone() {
    int[] relieved = {0};
    LiveMemory memory = new LiveMemory(() -> relieved[0]++);
    assertThatThrownBy(() -> memory.apply(1L << 60).close())
        .isInstanceOf(LiveMemory.NoRoomException.class)
        .hasMessageContaining("system");
    assertThat(relieved[0]).isEqualTo(1);
    assertThat(memory.liveBytes()).isZero();
  }
}
