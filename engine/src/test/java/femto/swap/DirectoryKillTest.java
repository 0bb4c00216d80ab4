package femto.swap;

import static femto.swap.Directories.LONG;
import static femto.swap.Directories.assertSound;
import static femto.swap.Directories.follow;
import static org.assertj.core.api.Assertions.assertThat;

import femto.swap.Directories.Trainer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Trainers and followers in processes of their own, killed at any moment. */
class DirectoryKillTest {
  private static final int ROUNDS = Integer.getInteger("femto.kills", 10);

  @TempDir Path folder;

  /** Publishes 100 times a second until it is killed or fails, and sometimes in full. */
  static final class Publishing {
    public static void main(String[] args) throws IOException, InterruptedException {
      DirectoryOptions options = DirectoryOptions.defaults().withDeltasPerFull(30);
      try (Trainer trainer = new Trainer(Long.parseLong(args[1]));
          VersionDirectory directory =
              VersionDirectory.record(trainer.live, Path.of(args[0]), options)) {
        System.out.println("publishing");
        while (directory.status().failures() == 0) {
          if (trainer.random.nextInt(50) == 0) {
            trainer.publishFull();
          } else {
            trainer.publishDelta();
          }
          Thread.sleep(10);
        }
      }
    }
  }

  /** Follows until it is killed. */
  static final class Following {
    public static void main(String[] args) throws IOException, InterruptedException {
      FollowerOptions options = Directories.EAGER.withPatience(LONG);
      try (DirectoryFollower follower =
          DirectoryFollower.start(Path.of(args[0]), LiveOptions.defaults(), options)) {
        System.out.println("following");
        while (follower.status().number() > 0) {
          Thread.sleep(1000);
        }
      }
    }
  }

  private Process start(Class<?> main, String... arguments) throws IOException {
    String[] command = {
      Path.of(System.getProperty("java.home"), "bin", "java").toString(),
      "-XX:TieredStopAtLevel=1",
      "-cp",
      StressTest.classPath(),
      main.getName()
    };
    List<String> all = new ArrayList<>(List.of(command));
    all.addAll(List.of(arguments));
    return new ProcessBuilder(all).redirectError(folder.resolve("err").toFile()).start();
  }

  private void awaitLine(Process process, String line) throws IOException {
    assertThat(process.inputReader().readLine())
        .as(Files.readString(folder.resolve("err")))
        .isEqualTo(line);
  }

  @Test
  void shouldServeAndGoOnWhoeverIsKilled() throws IOException, InterruptedException {
    Random random = new Random(ROUNDS);
    Path versions = folder.resolve("versions");
    @Nullable DirectoryFollower follower = null;
    @Nullable Process other = null;
    long number = 0;
    try {
      for (int round = 0; round < ROUNDS; round++) {
        Process trainer = start(Publishing.class, versions.toString(), Integer.toString(round));
        try {
          awaitLine(trainer, "publishing");
          if (round % 3 == 0) {
            other = start(Following.class, versions.toString());
            awaitLine(other, "following");
          }
          if (follower == null) {
            follower =
                DirectoryFollower.start(
                    versions, LiveOptions.defaults(), Directories.EAGER.withPatience(LONG));
          }
          long before = number;
          DirectoryFollower following = follower;
          Directories.await("news", () -> following.status().number() > before);
          Thread.sleep(random.nextInt(400));
          if (other != null) {
            other.destroyForcibly();
          }
          Thread.sleep(random.nextInt(50));
        } finally {
          trainer.destroyForcibly();
          assertThat(trainer.waitFor(20, TimeUnit.SECONDS)).isTrue();
        }
        // What has a name is whole, and a follower that starts now ends where this one does.
        long newest = DirectoryFiles.names(versions).last().number();
        DirectoryFollower following = follower;
        Directories.await("newest", () -> following.status().number() == newest);
        assertSound(follower);
        try (DirectoryFollower late = follow(versions)) {
          Directories.await("newest", () -> late.status().number() == newest);
          assertThat(late.status().checksum()).isEqualTo(follower.status().checksum());
        }
        FollowerStatus status = follower.status();
        assertThat(status.damaged() + status.refused() + status.missing())
            .as(status.toString())
            .isZero();
        assertThat(status.number()).isGreaterThan(number);
        number = status.number();
      }
      DirectoryFollower following = Objects.requireNonNull(follower);
      assertThat(following.status().applied()).isGreaterThan(ROUNDS);
      // And one that is not killed.
      try (Trainer trainer = new Trainer(999);
          VersionDirectory directory =
              VersionDirectory.record(trainer.live, versions, DirectoryOptions.defaults())) {
        assertThat(directory.awaitWritten(1, Duration.ofSeconds(20))).isTrue();
        Directories.awaitChecksum(following, trainer.checksum());
      }
    } finally {
      if (other != null) {
        other.destroyForcibly();
      }
      if (follower != null) {
        follower.close();
      }
    }
  }
}
