package femto.swap;

import static org.assertj.core.api.Assertions.assertThat;

import femto.swap.LiveWorld.Edit;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BooleanSupplier;

/** What tests of version directories share: a trainer that notes what it has shown. */
final class Directories {
  static final Duration LONG = Duration.ofSeconds(20);
  static final FollowerOptions EAGER = FollowerOptions.defaults().withPoll(Duration.ofMillis(5));
  static final DirectoryOptions QUICK = DirectoryOptions.defaults().withRetry(Duration.ofMillis(1));

  private Directories() {}

  /** A live model, the world that it must serve, and the checksums that it has shown. */
  static final class Trainer implements AutoCloseable {
    final Random random;
    final LiveWorld world;
    final LiveModel live;
    final Set<Long> shown = ConcurrentHashMap.newKeySet();

    Trainer(long seed, int candidates, LiveOptions options) {
      random = new Random(seed);
      world = LiveWorld.random(random, candidates);
      live = world.start(options);
      live.publisher()
          .add(
              new Publisher.Journal() {
                @Override
                public void changed(LiveVersion version, DeltaPlan plan) {
                  shown.add(version.info().checksum());
                }

                @Override
                public void replaced(LiveVersion version) {
                  shown.add(version.info().checksum());
                }
              });
    }

    Trainer(long seed) {
      this(seed, 30, LiveOptions.defaults());
    }

    /** Changes some of everything. */
    void publishDelta() {
      Edit edit = new Edit();
      edit.bias = random.nextFloat();
      for (int i = 0; i < 3; i++) {
        edit.weights(random, random.nextInt(LiveWorld.SPACE.size()));
        edit.put(random.nextInt(120) - 30, LiveWorld.row(random));
      }
      if (world.candidates.size() > 5) {
        edit.remove(world.anyId(random));
      }
      assertPublished(live.publish(edit.delta()));
      world.apply(edit, 10_000);
    }

    void publishFull() {
      world.bias = random.nextFloat();
      assertPublished(live.publish(world.model(), world.set()));
    }

    long checksum() {
      return live.publisher().serving().info().checksum();
    }

    @Override
    public void close() {
      live.close();
    }
  }

  static void assertPublished(PublishResult result) {
    assertThat(result.outcome()).as(result.reason()).isEqualTo(PublishResult.Outcome.PUBLISHED);
  }

  static DirectoryFollower follow(Path directory) throws IOException, InterruptedException {
    return DirectoryFollower.start(directory, LiveOptions.defaults(), EAGER);
  }

  static void await(String what, BooleanSupplier condition) throws InterruptedException {
    long deadline = System.nanoTime() + LONG.toNanos();
    while (!condition.getAsBoolean()) {
      assertThat(System.nanoTime()).as("time is up: %s", what).isLessThan(deadline);
      Thread.sleep(1);
    }
  }

  static void awaitChecksum(DirectoryFollower follower, long checksum) throws InterruptedException {
    try {
      await("checksum", () -> follower.status().checksum() == checksum);
    } catch (AssertionError e) {
      throw new AssertionError(follower.status() + ", expected the checksum " + checksum, e);
    }
  }

  /** What serves is, to the last bit, what its checksum says, which the status tells too. */
  static void assertSound(DirectoryFollower follower) {
    LiveVersion serving = follower.live().publisher().serving();
    long sum = Checksum.of(serving) + serving.snapshot().features().checksum();
    assertThat(sum).isEqualTo(serving.info().checksum());
    assertThat(follower.status().checksum()).isEqualTo(sum);
  }
}
