package femto.swap;

import static org.assertj.core.api.Assertions.assertThat;

import femto.swap.LiveOptions.Merging;
import femto.swap.LiveWorld.Edit;
import femto.swap.PublishResult.Outcome;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.atomic.LongAdder;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Random sequences of full publishes, deltas, rollbacks and refusals, with merges whenever the
 * small patches are half full: each version is held against plain maps and a fold of its own.
 */
class LiveSequencesTest {
  private static final int STEPS = 60;
  private static final int PATCH = 24;
  private static final int BUDGET = 9;
  private static final int HISTORY = 5;

  /** What has come up in all sequences: a test that never met it has shown nothing about it. */
  private static final LongAdder WAITED = new LongAdder();

  private static final LongAdder PUT_OFF = new LongAdder();
  private static final LongAdder RENUMBERED = new LongAdder();

  @AfterAll
  static void shouldHaveMetEverything() {
    assertThat(WAITED.sum()).isPositive();
    assertThat(PUT_OFF.sum()).isPositive();
    assertThat(RENUMBERED.sum()).isPositive();
  }

  private static IntStream seeds() {
    return IntStream.range(0, Integer.getInteger("femto.sequences", 12));
  }

  /** One sequence, and what each version must be. */
  private static final class Sequence implements AutoCloseable {
    final Random random;
    final LiveModel live;
    final Map<Long, LiveWorld> worlds = new TreeMap<>();
    final Map<Long, Long> generations = new TreeMap<>();

    /** Whose index an index was, by generation and index. */
    final Map<Long, Map<Integer, Long>> names = new TreeMap<>();

    final LiveScorer reader;
    final List<Lease> kept = new ArrayList<>();
    final List<LiveScorer> keepers = new ArrayList<>();
    LiveWorld world;
    boolean renumbered;

    Sequence(int seed) {
      random = new Random(seed);
      world = LiveWorld.random(random, 1 + random.nextInt(60));
      LiveOptions options =
          LiveOptions.defaults()
              .withPatch(0.01, PATCH)
              .withFanOutBudget(BUDGET)
              .withHistory(HISTORY)
              .withStalledAfter(Duration.ofHours(1))
              .withMerging(seed % 2 == 0 ? Merging.BACKGROUND : Merging.WITH_PUBLISHES);
      live = world.start(options);
      reader = live.newScorer("reader");
      note();
    }

    /** The version that serves is the world. */
    void note() {
      note(live.version());
    }

    private void note(long version) {
      worlds.put(version, world.copy());
      generations.put(version, live.generation());
    }

    /** The delta that became a version. */
    void apply(long version, Edit edit) {
      world.apply(edit, Math.min(BUDGET, PATCH / 2));
      note(version);
    }

    void awaitRoom() throws InterruptedException {
      long deadline = System.nanoTime() + 10_000_000_000L;
      while (live.statistics().coalescedDeltas() > 0) {
        assertThat(System.nanoTime()).isLessThan(deadline);
        Thread.sleep(1);
      }
    }

    void check() {
      try (Lease lease = reader.lease()) {
        check(lease);
      }
    }

    void check(Lease lease) {
      LiveWorld expected = java.util.Objects.requireNonNull(worlds.get(lease.version()));
      expected.assertServedBy(lease.leased());
      expected.assertScores(lease, random);
      assertThat(lease.generation()).isEqualTo(generations.get(lease.version()));
      Map<Integer, Long> known = names.computeIfAbsent(lease.generation(), g -> new TreeMap<>());
      for (int index = 0; index < lease.catalogue().size(); index++) {
        if (lease.catalogue().contains(index)) {
          long id = lease.catalogue().longId(index);
          assertThat(known.merge(index, id, (former, now) -> former)).isEqualTo(id);
        }
      }
    }

    void keepALease() {
      if (kept.size() < 4) {
        LiveScorer keeper = live.newScorer("keeper");
        keepers.add(keeper);
        kept.add(keeper.lease());
      } else {
        int which = random.nextInt(kept.size());
        Lease lease = kept.remove(which);
        check(lease);
        lease.close();
        keepers.remove(which).close();
      }
    }

    Edit draw() {
      Edit edit = new Edit();
      int changes = 1 + random.nextInt(6);
      for (int i = 0; i < changes; i++) {
        switch (random.nextInt(8)) {
          case 0 -> edit.bias = random.nextFloat();
          case 1 -> edit.weights(random, random.nextInt(LiveWorld.FIRST_AD));
          case 2, 3 -> edit.weights(random, LiveWorld.FIRST_AD + random.nextInt(60));
          case 4 -> edit.weights(random, LiveWorld.FIRST_CAMPAIGN + random.nextInt(15));
          case 5 -> edit.put(random.nextInt(200) - 60, LiveWorld.row(random));
          case 6 -> {
            if (!world.candidates.isEmpty()) {
              edit.put(world.anyId(random), LiveWorld.row(random));
            }
          }
          default -> {
            if (!world.candidates.isEmpty()) {
              edit.remove(random.nextInt(4) == 0 ? 5000 : world.anyId(random));
            }
          }
        }
      }
      return edit;
    }

    @Override
    public void close() {
      kept.forEach(Lease::close);
      live.close();
    }
  }

  @ParameterizedTest
  @MethodSource("seeds")
  void shouldServeTheFoldOfEachVersionsOwnWeights(int seed) throws InterruptedException {
    int merged = 0;
    try (Sequence sequence = new Sequence(seed)) {
      for (int step = 0; step < STEPS; step++) {
        step(sequence);
        sequence.check();
      }
      sequence.kept.forEach(sequence::check);
      merged = (int) sequence.live.statistics().merges();
    }
    assertThat(merged).isPositive();
  }

  private static void step(Sequence sequence) throws InterruptedException {
    Random random = sequence.random;
    LiveModel live = sequence.live;
    switch (random.nextInt(20)) {
      case 0 -> {
        sequence.world = LiveWorld.random(random, 1 + random.nextInt(60));
        long generation = live.generation();
        PublishResult result = live.publish(sequence.world.model(), sequence.world.set());
        assertThat(result.outcome()).as(result.reason()).isEqualTo(Outcome.PUBLISHED);
        assertThat(live.generation()).isGreaterThan(generation);
        assertThat(result.waitingFeatures()).isZero();
        sequence.renumbered = false;
        sequence.note();
      }
      case 1, 2 -> {
        long wanted = live.version() - 1 - random.nextInt(HISTORY);
        if (wanted < 1) {
          return;
        }
        long generation = live.generation();
        PublishResult result = live.rollBack(wanted);
        assertThat(result.outcome()).as(result.reason()).isEqualTo(Outcome.PUBLISHED);
        sequence.world = java.util.Objects.requireNonNull(sequence.worlds.get(wanted)).copy();
        sequence.world.waiting.clear();
        boolean same =
            java.util.Objects.requireNonNull(sequence.generations.get(wanted)) == generation;
        assertThat(live.generation() == generation).isEqualTo(same);
        sequence.renumbered |= !same;
        RENUMBERED.add(same ? 0 : 1);
        sequence.note();
      }
      case 3 -> {
        long version = live.version();
        Delta bad = sequence.draw().delta().weights(3, Float.NaN, new float[LiveWorld.K]);
        assertThat(live.publish(bad).outcome()).isEqualTo(Outcome.REFUSED);
        assertThat(live.version()).isEqualTo(version);
      }
      case 4, 5 -> sequence.keepALease();
      default -> deltas(sequence);
    }
  }

  /**
   * Several deltas without a pause, so that some are put off. Those that are published together are
   * one change: which ones, the numbers say.
   */
  private static void deltas(Sequence sequence) throws InterruptedException {
    Edit putOff = new Edit();
    int waiting = 0;
    long version = sequence.live.version();
    for (int burst = 1 + sequence.random.nextInt(8); burst > 0; burst--) {
      Edit edit = sequence.draw();
      PublishResult result = sequence.live.publish(edit.delta());
      if (sequence.renumbered) {
        assertThat(result.outcome()).isEqualTo(Outcome.REFUSED);
        assertThat(result.reason()).contains("publish in full");
        return;
      }
      boolean published = result.outcome() == Outcome.PUBLISHED;
      if (result.version() == version + (published ? 2 : 1)) {
        assertThat(waiting).isPositive(); // in the background, before this one
        sequence.apply(++version, putOff);
        putOff = new Edit();
        waiting = 0;
      }
      assertThat(result.version()).isEqualTo(version + (published ? 1 : 0));
      if (result.outcome() == Outcome.REFUSED) {
        assertThat(result.reason()).contains(waiting + " deltas that wait for room");
        continue;
      }
      putOff.then(edit);
      waiting++;
      if (published) {
        sequence.apply(++version, putOff);
        putOff = new Edit();
        waiting = 0;
      } else {
        PUT_OFF.increment();
      }
    }
    sequence.awaitRoom();
    if (waiting > 0) {
      sequence.apply(++version, putOff);
    }
    assertThat(sequence.live.version()).isEqualTo(version);
    assertThat(sequence.live.statistics().waitingFeatures())
        .isEqualTo(sequence.world.waiting.size());
    WAITED.add(sequence.world.waiting.size());
  }
}
