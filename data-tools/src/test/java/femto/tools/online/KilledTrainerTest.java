package femto.tools.online;

import static org.assertj.core.api.Assertions.assertThat;

import femto.swap.DirectoryFollower;
import femto.swap.FollowerOptions;
import femto.swap.FollowerStatus;
import femto.swap.LiveOptions;
import femto.tools.ChildJvm;
import femto.tools.ads.AdOptions;
import femto.tools.ads.AdStream;
import femto.tools.cli.Femto;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The command line as a process that is killed again and again while its stream grows. */
class KilledTrainerTest {
  private static final int KILLS = Integer.getInteger("femto.kills", 4);
  private static final int ROWS = 6_000;

  @TempDir private Path folder;

  private ProcessBuilder trainer(Path events, Path publish, String... more) {
    List<Object> arguments = new ArrayList<>();
    arguments.addAll(List.of("train", "--follow", events, "--publish", publish));
    arguments.addAll(List.of("--capacity", 1500, "--min-count", 2, "--others", "--factors", 4));
    arguments.addAll(List.of("--horizon", "1m", "--recycle-after", "3m", "--retire-after", "2m"));
    arguments.addAll(List.of("--checkpoint-events", 300, "--publish-every", "20ms"));
    arguments.addAll(List.of(more));
    return ChildJvm.command(ChildJvm.FLAGS, Femto.class, arguments.toArray())
        .redirectErrorStream(true)
        .redirectOutput(folder.resolve("out").toFile());
  }

  private void runToTheEnd(Path events, Path publish) throws Exception {
    Process process = trainer(events, publish, "--stop-at-end").start();
    assertThat(process.waitFor(120, TimeUnit.SECONDS)).isTrue();
    assertThat(process.exitValue()).as(Files.readString(folder.resolve("out"))).isZero();
  }

  private static byte[] checkpoint(Path publish) throws IOException {
    Path state = publish.resolveSibling(publish.getFileName() + ".state");
    return Files.readAllBytes(state.resolve("checkpoint.femto"));
  }

  @Test
  void shouldEndWithTheSameBytesAndServeNothingElse() throws Exception {
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    new AdStream(new AdOptions(3, 50, false, true)).write(all, ROWS, 0, () -> false);
    byte[] stream = all.toByteArray();
    Path events = folder.resolve("events.csv");
    Path versions = folder.resolve("versions");
    int written = append(events, stream, 0, stream.length / 10);
    Random random = new Random(2);
    for (int kill = 0; kill < KILLS; kill++) {
      Process process = trainer(events, versions).start();
      try {
        long end = System.nanoTime() + 1_000_000L * random.nextInt(2_500);
        int share = (int) ((stream.length * 8L / 10) / KILLS);
        int until = written + share;
        while (System.nanoTime() < end) {
          assertThat(process.isAlive()).as(Files.readString(folder.resolve("out"))).isTrue();
          int piece = Math.min(until - written, 1 + random.nextInt(2_000));
          written += append(events, stream, written, piece);
          Thread.sleep(5);
        }
      } finally {
        process.destroyForcibly();
        assertThat(process.waitFor(20, TimeUnit.SECONDS)).isTrue();
      }
    }
    append(events, stream, written, stream.length - written);
    runToTheEnd(events, versions);
    Path straight = folder.resolve("straight");
    runToTheEnd(events, straight);
    assertThat(checkpoint(versions)).isEqualTo(checkpoint(straight));
    assertThat(served(versions)).isEqualTo(served(straight));
  }

  private static int append(Path file, byte[] bytes, int from, int count) throws IOException {
    try (OutputStream out =
        Files.newOutputStream(file, StandardOpenOption.CREATE, StandardOpenOption.APPEND)) {
      out.write(bytes, from, count);
    }
    return count;
  }

  /** The checksum of what a server that starts now serves. */
  private static long served(Path versions) throws Exception {
    try (DirectoryFollower follower =
        DirectoryFollower.start(versions, LiveOptions.defaults(), FollowerOptions.defaults())) {
      FollowerStatus status = follower.status();
      long settled = System.nanoTime() + 1_500_000_000L;
      while (System.nanoTime() < settled) {
        Thread.sleep(50);
        if (follower.status().number() != status.number()) {
          status = follower.status();
          settled = System.nanoTime() + 1_500_000_000L;
        }
      }
      assertThat(status.damaged() + status.refused() + status.missing()).isZero();
      return status.checksum();
    }
  }
}
