package femto.swap;

import static femto.swap.Directories.LONG;
import static femto.swap.Directories.assertSound;
import static femto.swap.Directories.awaitChecksum;
import static femto.swap.Directories.follow;
import static org.assertj.core.api.Assertions.assertThat;

import femto.swap.Directories.Trainer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.LongAdder;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Random sessions whose files come to the follower's directory by a bad mail: late, in another
 * order, damaged, cut off, or never; while old ones are removed there.
 */
class DirectoryMailTest {
  private static final int VERSIONS = 60;

  private static final LongAdder APPLIED = new LongAdder();
  private static final LongAdder FULL = new LongAdder();
  private static final LongAdder DAMAGED = new LongAdder();
  private static final LongAdder MISSING = new LongAdder();

  @TempDir Path folder;

  @AfterAll
  static void shouldHaveMetEverything() {
    for (LongAdder met : List.of(APPLIED, FULL, DAMAGED, MISSING)) {
      assertThat(met.sum()).isGreaterThan(10);
    }
  }

  private static IntStream seeds() {
    return IntStream.range(0, Integer.getInteger("femto.sequences", 12));
  }

  /** Brings a file, as a whole or spoiled. */
  private static void bring(Path from, Path to, Random random) throws IOException {
    byte[] bytes = Files.readAllBytes(from);
    switch (random.nextInt(12)) {
      case 0 -> bytes[random.nextInt(bytes.length)] ^= (byte) (1 << random.nextInt(8));
      case 1 -> bytes = java.util.Arrays.copyOf(bytes, random.nextInt(bytes.length));
      case 2 -> {
        return;
      }
      default -> {}
    }
    put(bytes, to.resolve(from.getFileName().toString()));
  }

  private static void put(byte[] bytes, Path file) throws IOException {
    Path temporary = file.resolveSibling("mail");
    Files.write(temporary, bytes);
    Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE);
  }

  @ParameterizedTest
  @MethodSource("seeds")
  void shouldServeOnlyWhatTheTrainerHadAndEndWithTheNewest(int seed)
      throws IOException, InterruptedException {
    Random random = new Random(seed);
    Path sent = folder.resolve("sent");
    Path received = Files.createDirectory(folder.resolve("received"));
    Map<Long, Long> checksums = new HashMap<>();
    DirectoryOptions options =
        Directories.QUICK.withKeepFull(1000).withDeltasPerFull(4 + random.nextInt(12));
    try (Trainer trainer = new Trainer(seed + 100L);
        VersionDirectory directory = VersionDirectory.record(trainer.live, sent, options)) {
      assertThat(directory.awaitWritten(1, LONG)).isTrue();
      Path first = sent.resolve(DirectoryFiles.names(sent).first().toString());
      put(Files.readAllBytes(first), received.resolve(first.getFileName().toString()));
      checksums.put(1L, trainer.checksum());
      ConcurrentLinkedQueue<Long> served = new ConcurrentLinkedQueue<>();
      try (DirectoryFollower follower = follow(received)) {
        follower.live().addListener(version -> served.add(version.checksum()));
        List<Path> underWay = new ArrayList<>();
        long known = 1;
        long number = 1;
        for (int i = 0; i < VERSIONS; i++) {
          if (random.nextInt(15) == 0) {
            trainer.publishFull();
          } else {
            trainer.publishDelta();
          }
          assertThat(directory.awaitWritten(trainer.live.version(), LONG)).isTrue();
          checksums.put(directory.status().number(), trainer.checksum());
          for (VersionName name : DirectoryFiles.names(sent)) {
            if (name.number() > known) {
              underWay.add(sent.resolve(name.toString()));
            }
          }
          known = directory.status().number();
          while (!underWay.isEmpty() && random.nextInt(3) > 0) {
            int late = Math.max(0, underWay.size() - 1 - random.nextInt(3));
            bring(underWay.remove(random.nextBoolean() ? 0 : late), received, random);
          }
          if (random.nextInt(20) == 0) {
            Files.deleteIfExists(
                received.resolve(DirectoryFiles.names(received).first().toString()));
          }
          if (random.nextInt(4) == 0) {
            Thread.sleep(random.nextInt(15));
          }
          FollowerStatus status = follower.status();
          assertThat(status.number()).isGreaterThanOrEqualTo(number);
          number = status.number();
          assertThat(status.checksum()).isEqualTo(checksums.get(number));
        }
        trainer.publishFull();
        assertThat(directory.awaitWritten(trainer.live.version(), LONG)).isTrue();
        Path last = sent.resolve(DirectoryFiles.names(sent).last().toString());
        put(Files.readAllBytes(last), received.resolve(last.getFileName().toString()));
        awaitChecksum(follower, trainer.checksum());
        trainer.world.assertServedBy(follower.live().publisher().serving());
        assertSound(follower);
        assertThat(follower.status().problem()).isNull();
        assertThat(trainer.shown).containsAll(served);
        APPLIED.add(follower.status().applied());
        FULL.add(follower.status().full());
        DAMAGED.add(follower.status().damaged());
        MISSING.add(follower.status().missing());
      }
    }
  }
}
