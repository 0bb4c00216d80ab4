package femto.swap;

import static femto.swap.Directories.LONG;
import static femto.swap.Directories.assertPublished;
import static femto.swap.Directories.assertSound;
import static femto.swap.Directories.awaitChecksum;
import static femto.swap.Directories.follow;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import femto.file.FaultyFiles;
import femto.file.FaultyFiles.Fault;
import femto.file.FaultyFiles.Killed;
import femto.swap.Directories.Trainer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * A whole session of a trainer, once for each step that changes something in the directory, which
 * fails: what is there then is what a follower and the next trainer must be able to go on with.
 */
class DirectoryFaultsTest {
  private static final DirectoryOptions OPTIONS =
      new DirectoryOptions(1, Long.MAX_VALUE, 2, Duration.ofMillis(1));

  @TempDir Path folder;

  private Thread.@Nullable UncaughtExceptionHandler handler;

  @BeforeEach
  void expectThreadsToBeKilled() {
    handler = Thread.getDefaultUncaughtExceptionHandler();
    Thread.setDefaultUncaughtExceptionHandler(
        (thread, failure) -> {
          if (!(failure instanceof Killed)) {
            failure.printStackTrace();
          }
        });
  }

  @AfterEach
  void expectNothingAgain() {
    Thread.setDefaultUncaughtExceptionHandler(handler);
  }

  /** Publishes some of everything, each in a file of its own; false if it was killed. */
  private static boolean session(Trainer trainer, Path directory, FaultyFiles files)
      throws IOException, InterruptedException {
    VersionDirectory recorded = null;
    boolean alive = true;
    try {
      recorded = VersionDirectory.record(trainer.live, directory, OPTIONS);
      alive = awaitWritten(recorded, trainer, files);
      for (int i = 0; i < 4 && alive; i++) {
        trainer.publishDelta();
        alive = awaitWritten(recorded, trainer, files);
      }
      if (alive) {
        trainer.publishFull();
        alive = awaitWritten(recorded, trainer, files);
      }
      if (alive) {
        assertPublished(trainer.live.rollBack(2));
        alive = awaitWritten(recorded, trainer, files);
      }
    } catch (Killed e) {
      alive = false;
    } finally {
      if (recorded != null) {
        recorded.close();
      }
    }
    return alive;
  }

  /** A disk that stays full stays so for some attempts. */
  private static boolean awaitWritten(VersionDirectory recorded, Trainer trainer, FaultyFiles files)
      throws InterruptedException {
    long version = trainer.live.version();
    while (recorded.status().version() < version && recorded.status().failures() < 3) {
      if (recorded.awaitWritten(version, Duration.ofMillis(2)) || files.isDead()) {
        return !files.isDead();
      }
    }
    files.heal();
    return recorded.awaitWritten(version, LONG);
  }

  private static void deleteAll(Path directory) throws IOException {
    if (Files.exists(directory)) {
      try (Stream<Path> files = Files.list(directory)) {
        for (Path file : files.toList()) {
          Files.delete(file);
        }
      }
      Files.delete(directory);
    }
  }

  private static boolean hasFull(Path directory) throws IOException {
    return Files.exists(directory)
        && DirectoryFiles.names(directory).stream().anyMatch(VersionName::full);
  }

  private static long newest(Path directory) throws IOException {
    return Files.exists(directory) && !DirectoryFiles.names(directory).isEmpty()
        ? DirectoryFiles.names(directory).last().number()
        : 0;
  }

  private static boolean isDeadly(Fault fault) {
    return fault == Fault.DEATH || fault == Fault.POWER_LOSS;
  }

  private static boolean hasLeftovers(Path directory) throws IOException {
    try (Stream<Path> files = Files.list(directory)) {
      return files.anyMatch(file -> file.toString().endsWith(".tmp"));
    }
  }

  /** A session with a fault at a step; false if it has fewer steps. */
  private boolean survives(int step, Fault fault) throws IOException, InterruptedException {
    Path directory = folder.resolve("versions");
    deleteAll(directory);
    FaultyFiles files = new FaultyFiles();
    files.fail(step, fault);
    long newest;
    try (Trainer trainer = new Trainer(1, 12, LiveOptions.defaults())) {
      boolean alive = true;
      @Nullable IOException refused = null;
      try {
        alive = session(trainer, files.at(directory), files);
      } catch (IOException e) {
        refused = e;
      }
      if (!files.hasFailed()) {
        assertThat(alive).isTrue();
        return false;
      }
      // Somebody may have seen it and lost it with the power, so its number must not come again.
      newest = newest(directory);
      files.bury();
      if (isDeadly(fault)) {
        assertThat(files.isDead()).as("step %s", step).isTrue();
      } else if (refused != null) { // before there was a thread that could try again
        assertThat(refused).hasMessageContaining("No space left");
      } else {
        assertThat(alive).as("step %s", step).isTrue();
      }
      if (hasFull(directory)) {
        try (DirectoryFollower follower = follow(directory)) {
          long last = newest(directory);
          Directories.await("newest", () -> follower.status().number() == last);
          assertThat(trainer.shown).contains(follower.status().checksum());
          assertThat(follower.status().problem()).isNull();
          assertSound(follower);
          if (!isDeadly(fault) && refused == null) {
            assertThat(follower.status().checksum()).isEqualTo(trainer.checksum());
          }
        }
      } else if (Files.exists(directory)) {
        assertThatThrownBy(() -> follow(directory).close()).hasMessageContaining("no version");
      }
    }
    if (!isDeadly(fault)) {
      return true; // it has gone on itself
    }
    try (Trainer next = new Trainer(step + 2L, 12, LiveOptions.defaults());
        VersionDirectory recorded =
            VersionDirectory.record(next.live, new FaultyFiles().at(directory), OPTIONS)) {
      assertThat(recorded.awaitWritten(1, LONG)).isTrue();
      assertThat(hasLeftovers(directory)).isFalse();
      assertThat(recorded.status().number()).isGreaterThan(newest);
      next.publishDelta();
      try (DirectoryFollower follower = follow(directory)) {
        awaitChecksum(follower, next.checksum());
        assertSound(follower);
      }
    }
    return true;
  }

  @ParameterizedTest
  @EnumSource(Fault.class)
  void shouldGoOnAfterAFaultAtEveryStep(Fault fault) throws IOException, InterruptedException {
    int steps = 1;
    while (survives(steps, fault)) {
      steps++;
    }
    assertThat(steps).isGreaterThan(120);
  }

  @Test
  void shouldKeepAFollowerServingWhileTheDiskIsFull() throws IOException, InterruptedException {
    Path directory = folder.resolve("versions");
    FaultyFiles files = new FaultyFiles();
    try (Trainer trainer = new Trainer(1);
        VersionDirectory recorded =
            VersionDirectory.record(trainer.live, files.at(directory), OPTIONS)) {
      recorded.awaitWritten(1, LONG);
      try (DirectoryFollower follower = follow(directory)) {
        files.fail(files.steps() + 10, Fault.DISK_STAYS_FULL);
        trainer.publishDelta();
        Directories.await("failure", () -> recorded.status().failures() > 2);
        assertThat(recorded.status().problem()).contains("No space left on device");
        long before = trainer.live.version();
        trainer.publishDelta();
        assertThat(trainer.live.version()).isEqualTo(before + 1);
        assertThat(follower.status().number()).isEqualTo(1);
        files.heal();
        assertThat(recorded.awaitWritten(trainer.live.version(), LONG)).isTrue();
        assertThat(recorded.status().problem()).isNull();
        awaitChecksum(follower, trainer.checksum());
        assertThat(follower.status().full()).isEqualTo(2);
        assertThat(hasLeftovers(directory)).isFalse();
      }
    }
  }
}
