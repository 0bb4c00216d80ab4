package femto.swap;

import static org.assertj.core.api.Assertions.assertThat;

import femto.memory.Slab;
import femto.swap.LiveWorld.Edit;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;

class FanOutTest {
  private static final int CANDIDATES = 20_000; // several parts, and several pieces in each

  private final Random random = new Random(3);

  static void assertLists(FanOut fanOut, LiveWorld world, LiveVersion version) {
    for (int feature = 0; feature < LiveWorld.SPACE.size(); feature++) {
      int wanted = feature;
      int[] expected =
          world.candidates.entrySet().stream()
              .filter(each -> Arrays.binarySearch(each.getValue().features(), wanted) >= 0)
              .mapToInt(each -> version.catalogue().index((long) each.getKey()))
              .sorted()
              .toArray();
      IndexSet found = new IndexSet();
      assertThat(fanOut.count(feature)).as("candidates of %d", feature).isEqualTo(expected.length);
      assertThat(fanOut.collect(feature, version, found, CANDIDATES)).isTrue();
      found.sortFrom(0);
      int[] listed = new int[found.size()];
      Arrays.setAll(listed, found::get);
      assertThat(listed).as("candidates of %d", feature).isEqualTo(expected);
    }
  }

  @Test
  void shouldListTheCandidatesOfEachFeatureThatAVersionHas() {
    LiveWorld world = LiveWorld.random(random, CANDIDATES);
    try (LiveModel live = world.start(LiveOptions.defaults());
        LiveScorer reader = live.newScorer("r")) {
      Edit edit = new Edit().put(-900_000, LiveWorld.row(random));
      for (int i = 0; i < 300; i++) {
        edit.put(world.anyId(random), LiveWorld.row(random)).remove(world.anyId(random));
      }
      assertThat(live.publish(edit.delta()).isPublished()).isTrue();
      world.apply(edit, 0);
      try (Lease lease = reader.lease();
          FanOut fanOut = FanOut.of(lease.leased(), lease.leased().features(), Slab::allocate)) {
        assertLists(fanOut, world, lease.leased());
      }
    }
  }

  @Test
  void shouldBeThereBeforeTheFirstDeltaAfterAFullPublishOrARollback() {
    LiveWorld world = LiveWorld.random(random, 5000);
    int entries = world.candidates.values().stream().mapToInt(row -> row.features().length).sum();
    long lists = 8L * (LiveWorld.SPACE.size() + 1) + 4L * entries;
    try (LiveModel live = world.start(LiveOptions.defaults())) {
      assertThat(bytesOfADelta(live)).isGreaterThan(lists); // the first of all makes them
      assertThat(bytesOfADelta(live)).isLessThan(lists / 2);
      assertThat(live.publish(world.model(), world.set()).isPublished()).isTrue();
      assertThat(bytesOfADelta(live)).isLessThan(lists / 2);
      assertThat(live.rollBack(live.version() - 1).isPublished()).isTrue();
      assertThat(bytesOfADelta(live)).isLessThan(lists / 2);
    }
  }

  /** Of weights that no candidate has. */
  private long bytesOfADelta(LiveModel live) {
    long before = live.statistics().liveBytes();
    assertThat(live.publish(new Edit().weights(random, 2).delta()).isPublished()).isTrue();
    return live.statistics().liveBytes() - before;
  }
}
