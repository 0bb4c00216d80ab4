package femto.swap;

import static org.assertj.core.api.Assertions.assertThat;

import femto.kernels.RowPatch;
import femto.kernels.RowTable;
import femto.memory.Slab;
import femto.swap.LiveOptions.Merging;
import femto.swap.LiveWorld.Edit;
import java.lang.foreign.Arena;
import java.util.Objects;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class MergeTest {
  private static final int CANDIDATES = 9000; // enough for a screen
  private static final LiveOptions OPTIONS =
      LiveOptions.defaults().withPatch(0.5, 1000).withMerging(Merging.WITH_PUBLISHES);

  private final Random random = new Random(11);
  private final LiveWorld world = LiveWorld.random(random, CANDIDATES);
  private final LiveMemory memory = new LiveMemory(() -> {});
  private LiveModel live;
  private LiveScorer reader;
  private Lease lease;
  private LiveVersion version;

  @BeforeEach
  void changeMuch() {
    live = world.start(OPTIONS);
    Edit edit = new Edit();
    for (int i = 0; i < CANDIDATES / 6; i++) {
      edit.put(world.anyId(random), LiveWorld.row(random)).remove(world.anyId(random));
    }
    edit.put(4 * CANDIDATES, LiveWorld.row(random));
    assertThat(live.publish(edit.delta()).isPublished()).isTrue();
    world.apply(edit, 0);
    reader = live.newScorer("test");
    lease = reader.lease();
    version = lease.leased();
  }

  @AfterEach
  void close() {
    lease.close();
    reader.close();
    live.close();
    assertThat(memory.liveBytes()).isZero();
    memory.close();
  }

  private Merge merge() {
    return new Merge(version, OPTIONS, memory, true);
  }

  private static void assertCopy(RowPatch of, RowTable copy) {
    RowTable expected =
        RowTable.over(
            Arena.ofAuto().allocate(copy.layout().tableBytes(of.size()), Slab.ALIGNMENT),
            of.size(),
            of.length());
    of.copyTo(expected);
    assertThat(copy.segment().mismatch(expected.segment())).isEqualTo(-1);
  }

  @Test
  void shouldCopyAVersionWhoeverWorksAtIt() throws InterruptedException {
    Merge merge = merge();
    int pieces = 0;
    while (!merge.isOver()) {
      Thread worker = new Thread(() -> merge.work(0)); // one piece
      worker.start();
      worker.join();
      pieces++;
    }
    assertThat(pieces).isGreaterThan(40);
    assertThat(merge.problem()).isNull();
    Base base = Objects.requireNonNull(merge.base());
    assertCopy(version.weights(), base.model().weights());
    assertCopy(version.rows(), base.candidates().table());
    assertThat(base.candidates().screen()).isNotNull();
    assertThat(merge.workNanos()).isPositive();
    CandidateFeatures features = Objects.requireNonNull(merge.features());
    assertThat(features.changed()).isZero();
    FeatureBuffer expected = new FeatureBuffer();
    FeatureBuffer row = new FeatureBuffer();
    for (int index = 0; index < version.rows().size(); index++) {
      features.read(index, row);
      if (version.snapshot().contains(index)) {
        version.features().read(index, expected);
        assertThat(row.toRow()).usingRecursiveComparison().isEqualTo(expected.toRow());
      } else {
        assertThat(row.count).isZero();
      }
    }
    FanOutTest.assertLists(Objects.requireNonNull(merge.fanOut()), world, version);
    assertThat(memory.liveBytes()).isPositive();
    merge.close();
  }

  @Test
  void shouldGiveEverythingBackWhereverItIsCancelled() {
    boolean cancelled = true;
    int runs = 0;
    for (int pieces = 0; cancelled; pieces += pieces / 8 + 1) {
      Merge merge = merge();
      for (int i = 0; i < pieces; i++) {
        merge.work(0);
      }
      cancelled = !merge.isOver();
      merge.cancel();
      merge.work(Long.MAX_VALUE);
      assertThat(merge.isOver()).isTrue();
      assertThat(merge.base()).isNull();
      assertThat(merge.problem()).isNull();
      merge.close();
      assertThat(memory.liveBytes()).isZero();
      runs++;
    }
    assertThat(runs).isGreaterThan(15);
  }

  @Test
  void shouldGiveEverythingBackWhereverThereIsNoRoom() {
    Merge whole = merge();
    whole.work(Long.MAX_VALUE);
    long needed = memory.liveBytes();
    whole.close();
    for (int part = 0; part < 50; part++) {
      memory.capAt(needed * part / 50);
      Merge merge = merge();
      merge.work(Long.MAX_VALUE);
      assertThat(merge.isOver()).isTrue();
      assertThat(merge.base()).isNull();
      assertThat(merge.problem()).contains("memoryCap=" + needed * part / 50);
      merge.close();
      assertThat(memory.liveBytes()).isZero();
    }
    memory.capAt(2 * needed);
  }
}
