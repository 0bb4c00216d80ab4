package femto.swap;

import static femto.swap.Directories.LONG;
import static femto.swap.Directories.QUICK;
import static femto.swap.Directories.assertPublished;
import static femto.swap.Directories.assertSound;
import static femto.swap.Directories.await;
import static femto.swap.Directories.awaitChecksum;
import static femto.swap.Directories.follow;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import femto.model.FeatureSpace;
import femto.model.Field;
import femto.model.PlainFm;
import femto.model.Side;
import femto.model.TestModels;
import femto.model.TestModels.Row;
import femto.swap.Directories.Trainer;
import femto.swap.LiveOptions.Merging;
import femto.swap.LiveWorld.Edit;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class VersionDirectoryTest {
  @TempDir Path folder;

  private final Trainer trainer = new Trainer(1);

  @AfterEach
  void close() {
    trainer.close();
  }

  private Path versions() {
    return folder.resolve("versions");
  }

  private VersionDirectory record(DirectoryOptions options) throws IOException {
    return VersionDirectory.record(trainer.live, versions(), options);
  }

  private void awaitWritten(VersionDirectory directory) throws InterruptedException {
    assertThat(directory.awaitWritten(trainer.live.version(), LONG))
        .as(directory.status().toString())
        .isTrue();
  }

  private static List<String> names(Path directory) throws IOException {
    try (Stream<Path> files = Files.list(directory)) {
      return files
          .map(file -> file.getFileName().toString())
          .filter(name -> !name.equals(".femto.lock"))
          .map(name -> name.replaceAll("[0-9a-f]{16}", "*"))
          .sorted()
          .toList();
    }
  }

  private static Path named(Path directory, String part) throws IOException {
    try (Stream<Path> files = Files.list(directory)) {
      return files
          .filter(file -> file.getFileName().toString().contains(part))
          .findFirst()
          .orElseThrow();
    }
  }

  @Test
  void shouldServeElsewhereWhatTheTrainerServes() throws IOException, InterruptedException {
    try (VersionDirectory directory = record(DirectoryOptions.defaults())) {
      awaitWritten(directory);
      try (DirectoryFollower follower = follow(versions());
          DirectoryFollower other = follow(versions())) {
        assertThat(follower.status().checksum()).isEqualTo(trainer.checksum());
        for (int i = 0; i < 20; i++) {
          trainer.publishDelta();
          awaitChecksum(follower, trainer.checksum());
          trainer.world.assertServedBy(follower.live().publisher().serving());
        }
        trainer.publishFull();
        awaitChecksum(follower, trainer.checksum());
        trainer.world.assertServedBy(follower.live().publisher().serving());
        trainer.publishDelta();
        long former = trainer.live.version() - 2;
        assertPublished(trainer.live.rollBack(former));
        awaitChecksum(follower, trainer.checksum());
        awaitChecksum(other, trainer.checksum());
        FollowerStatus status = follower.status();
        assertThat(status.applied()).isBetween(20L, 21L);
        assertThat(status.full()).isBetween(2L, 3L);
        assertThat(status.damaged() + status.refused() + status.missing()).isZero();
        assertThat(status.problem()).isNull();
        assertThat(status.lag()).isBetween(Duration.ZERO, LONG);
        assertThat(status.version()).isEqualTo(follower.live().version());
        assertSound(follower);
      }
    }
  }

  @Test
  void shouldCarryBindingsAndTextIds() throws IOException, InterruptedException {
    List<Field> fields =
        List.of(Field.oneHot("user", Side.CONTEXT), Field.oneHot("ad", Side.CANDIDATE));
    FeatureSpace space =
        new FeatureSpace.Rows(fields, 6).bind(0, 0, "u0").bind(1, 1, "a1").bind(2, 1, "a2").build();
    List<Row> rows =
        List.of(new Row(new int[] {1}, new float[] {1}), new Row(new int[] {2}, new float[] {1}));
    try (LiveModel live =
            LiveModel.start(
                TestModels.model(space, PlainFm.random(new Random(4), 6, 2, 1)),
                new CandidateSet(
                    TestModels.rows(rows, 6), ExternalIds.ofStrings(List.of("ä", "日本"))),
                LiveOptions.defaults());
        VersionDirectory directory =
            VersionDirectory.record(live, versions(), DirectoryOptions.defaults())) {
      directory.awaitWritten(1, LONG);
      try (DirectoryFollower follower = follow(versions())) {
        assertPublished(
            live.publish(
                new Delta()
                    .bind(3, 0, "neu€")
                    .weights(3, 1, new float[] {1, 2})
                    .put("😀", new int[] {2}, new float[] {0.5f})));
        assertPublished(
            live.publish(
                new Delta().unbind(0).bind(4, 1, "a4").put("x", new int[] {4}, new float[] {1})));
        assertPublished(live.publish(new Delta().bind(0, 0, "again").remove("ä")));
        awaitChecksum(follower, live.publisher().serving().info().checksum());
        FeatureSpace found = follower.live().features();
        assertThat(found.find(0, "neu€")).isEqualTo(3);
        assertThat(found.find(0, "u0")).isEqualTo(FeatureSpace.UNKNOWN);
        assertThat(found.find(0, "again")).isEqualTo(0);
        assertThat(found.find(1, "a4")).isEqualTo(4);
        assertSound(follower);
        try (LiveScorer reader = follower.live().newScorer("r");
            Lease lease = reader.lease()) {
          assertThat(lease.catalogue().index("😀")).isNotEqualTo(Catalogue.NONE);
          assertThat(lease.catalogue().index("ä")).isEqualTo(Catalogue.NONE);
        }
        try (DirectoryFollower late = follow(versions())) {
          awaitChecksum(late, follower.status().checksum());
        }
      }
    }
    // The next one begins in full with all that was bound.
    try (DirectoryFollower follower = follow(versions());
        LiveModel live = LiveModel.open(named(versions(), "full"), LiveOptions.defaults())) {
      assertThat(live.features().size()).isEqualTo(follower.live().features().size());
    }
  }

  @Test
  void shouldWriteTogetherWhatComesWhileItWrites() throws IOException, InterruptedException {
    try (VersionDirectory directory = record(DirectoryOptions.defaults())) {
      for (int i = 0; i < 200; i++) {
        trainer.publishDelta();
      }
      awaitWritten(directory);
      assertThat(directory.status().number()).isLessThan(200);
    }
    try (DirectoryFollower follower = follow(versions())) {
      awaitChecksum(follower, trainer.checksum());
      trainer.world.assertServedBy(follower.live().publisher().serving());
    }
  }

  @Test
  void shouldKeepSomeAndRemoveTheRest() throws IOException, InterruptedException {
    DirectoryOptions options = DirectoryOptions.defaults().withDeltasPerFull(2);
    try (VersionDirectory directory = record(options)) {
      awaitWritten(directory);
      for (int i = 0; i < 7; i++) {
        trainer.publishDelta();
        awaitWritten(directory);
      }
      assertThat(names(versions()))
          .containsExactly(
              "000000000004.full.*.femto",
              "000000000005.delta.femto",
              "000000000006.delta.femto",
              "000000000007.full.*.femto",
              "000000000008.delta.femto");
      assertThat(directory.status().full()).isEqualTo(3);
      assertThat(directory.status().deltas()).isEqualTo(5);
    }
    // One in full does not fit twice.
    long bytes = Files.size(named(versions(), "7.full"));
    try (VersionDirectory directory = record(options.withMostBytes(2 * bytes))) {
      awaitWritten(directory);
    }
    assertThat(names(versions())).containsExactly("000000000010.full.*.femto");
  }

  @Test
  void shouldPassOverAVersionInFullThatServesAlready() throws IOException, InterruptedException {
    try (VersionDirectory directory = record(DirectoryOptions.defaults())) {
      awaitWritten(directory);
      trainer.publishDelta();
      awaitWritten(directory);
    }
    try (DirectoryFollower follower = follow(versions())) {
      awaitChecksum(follower, trainer.checksum());
      try (VersionDirectory next = record(DirectoryOptions.defaults())) {
        await("passed", () -> follower.status().passed() == 1);
        assertThat(follower.status().number()).isEqualTo(4);
        assertThat(follower.live().version()).isEqualTo(2);
        trainer.publishDelta();
        awaitChecksum(follower, trainer.checksum());
        assertThat(follower.status().full()).isEqualTo(1);
        awaitWritten(next);
        assertThat(next.status().number()).isEqualTo(5);
      }
    }
  }

  @Test
  void shouldRefuseASecondTrainerInThisProcess() throws IOException {
    try (VersionDirectory directory = record(DirectoryOptions.defaults())) {
      for (Path same : List.of(versions(), versions().resolve("..").resolve("versions"))) {
        assertThatThrownBy(
                () -> VersionDirectory.record(trainer.live, same, DirectoryOptions.defaults()))
            .isInstanceOf(IOException.class)
            .hasMessageStartingWith(same.toString())
            .hasMessageContaining("another trainer")
            .hasMessageContaining("this process");
      }
      assertThat(directory.status().problem()).isNull();
    }
    record(DirectoryOptions.defaults()).close();
  }

  /** Has a directory until it is killed or told to end. */
  static final class Holder {
    public static void main(String[] args) throws IOException {
      try (Trainer held = new Trainer(2);
          VersionDirectory directory =
              VersionDirectory.record(held.live, Path.of(args[0]), DirectoryOptions.defaults())) {
        System.out.println(directory.status().problem() == null ? "held" : "failed");
        System.exit(System.in.read());
      }
    }
  }

  @Test
  void shouldRefuseASecondTrainerInAnotherProcessAndNameTheFirst()
      throws IOException, InterruptedException {
    Process holder =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                StressTest.classPath(),
                Holder.class.getName(),
                versions().toString())
            .redirectError(new File(folder.toFile(), "err"))
            .start();
    try {
      String line = holder.inputReader().readLine();
      assertThat(line).as(Files.readString(folder.resolve("err"))).isEqualTo("held");
      assertThatThrownBy(() -> record(DirectoryOptions.defaults()))
          .isInstanceOf(IOException.class)
          .hasMessageContaining("process " + holder.pid());
      // Having been refused has not taken the first one's lock away.
      assertThatThrownBy(() -> record(DirectoryOptions.defaults()))
          .hasMessageContaining("process " + holder.pid());
    } finally {
      holder.destroyForcibly();
    }
    assertThat(holder.waitFor(20, TimeUnit.SECONDS)).isTrue();
    try (VersionDirectory directory = record(DirectoryOptions.defaults())) {
      awaitWritten(directory);
    }
  }

  @Test
  void shouldGoOnWhenTheDirectoryComesBack() throws IOException, InterruptedException {
    Path away = folder.resolve("away");
    List<String> problems = new CopyOnWriteArrayList<>();
    try (VersionDirectory directory = record(QUICK)) {
      awaitWritten(directory);
      try (DirectoryFollower follower = follow(versions())) {
        follower.addListener(
            status -> {
              if (status.problem() != null) {
                problems.add(status.problem());
              }
            });
        Files.move(versions(), away);
        trainer.publishDelta();
        await("trainer", () -> directory.status().problem() != null);
        await("follower", () -> !problems.isEmpty());
        assertThat(problems.get(0)).contains("cannot be read");
        assertThat(follower.live().version()).isEqualTo(1);
        trainer.publishDelta();
        Files.move(away, versions());
        awaitWritten(directory);
        awaitChecksum(follower, trainer.checksum());
        await("problem", () -> follower.status().problem() == null);
        assertThat(directory.status().problem()).isNull();
        assertThat(directory.status().failures()).isPositive();
        assertSound(follower);
        // Another directory in its place.
        Files.move(versions(), away);
        trainer.publishDelta();
        await("trainer", () -> directory.status().problem() != null);
        Files.createDirectory(versions());
        awaitWritten(directory);
        awaitChecksum(follower, trainer.checksum());
        assertThat(names(versions())).hasSize(1);
        assertThatThrownBy(() -> record(QUICK)).hasMessageContaining("this process");
      }
    }
  }

  @Test
  void shouldTakeTheNextVersionInFullAfterADamagedDelta() throws IOException, InterruptedException {
    try (VersionDirectory directory = record(DirectoryOptions.defaults())) {
      awaitWritten(directory);
      trainer.publishDelta();
      awaitWritten(directory);
      long whole = trainer.checksum();
      trainer.publishDelta();
      awaitWritten(directory);
      Path delta = named(versions(), "3.delta");
      byte[] bytes = Files.readAllBytes(delta);
      bytes[bytes.length - 1] ^= 1;
      Files.write(delta, bytes);
      try (DirectoryFollower follower = follow(versions())) {
        await("damage", () -> follower.status().damaged() == 1);
        assertThat(follower.status().problem()).contains(delta.toString()).contains("damaged");
        assertThat(follower.status().checksum()).isEqualTo(whole);
        trainer.publishDelta();
        awaitWritten(directory);
        Thread.sleep(50);
        assertThat(follower.status().checksum()).isEqualTo(whole);
        assertThat(follower.status().damaged()).isEqualTo(1);
        trainer.publishFull();
        awaitChecksum(follower, trainer.checksum());
        assertThat(follower.status().problem()).isNull();
        assertThat(follower.status().number()).isEqualTo(5);
      }
    }
  }

  @Test
  void shouldTakeADamagedDeltaThatIsReplacedByASoundOne() throws IOException, InterruptedException {
    try (VersionDirectory directory = record(DirectoryOptions.defaults())) {
      awaitWritten(directory);
      trainer.publishDelta();
      awaitWritten(directory);
    }
    Path delta = named(versions(), "2.delta");
    byte[] bytes = Files.readAllBytes(delta);
    Files.write(delta, java.util.Arrays.copyOf(bytes, bytes.length / 2));
    try (DirectoryFollower follower = follow(versions())) {
      await("damage", () -> follower.status().damaged() == 1);
      Files.write(delta, bytes);
      awaitChecksum(follower, trainer.checksum());
    }
  }

  @Test
  void shouldSayWhichDeltaIsMissingAndWaitForIt() throws IOException, InterruptedException {
    try (VersionDirectory directory = record(DirectoryOptions.defaults())) {
      for (int i = 0; i < 3; i++) {
        awaitWritten(directory);
        trainer.publishDelta();
      }
      awaitWritten(directory);
    }
    Path delta = named(versions(), "3.delta");
    Path late = folder.resolve("late");
    Files.move(delta, late);
    try (DirectoryFollower follower = follow(versions())) {
      await("missing", () -> follower.status().problem() != null);
      assertThat(follower.status().problem())
          .contains("version 3 is missing")
          .contains("000000000004.delta.femto is there");
      assertThat(follower.status().number()).isEqualTo(2);
      Files.move(late, delta);
      awaitChecksum(follower, trainer.checksum());
      assertThat(follower.status().missing()).isEqualTo(1);
      assertThat(follower.status().problem()).isNull();
    }
  }

  @Test
  void shouldStartWithAnOlderVersionIfTheNewestIsDamaged()
      throws IOException, InterruptedException {
    try (VersionDirectory directory = record(DirectoryOptions.defaults().withKeepFull(9))) {
      awaitWritten(directory);
      long older = trainer.checksum();
      trainer.publishFull();
      awaitWritten(directory);
      trainer.publishFull();
      awaitWritten(directory);
      Path newest = null;
      for (String name : names(versions())) {
        newest = named(versions(), name.substring(0, 17));
        if (name.contains("full") && !name.startsWith("000000000001")) {
          Files.write(newest, new byte[10]);
        }
      }
      try (DirectoryFollower follower = follow(versions())) {
        assertThat(follower.status().number()).isEqualTo(1);
        assertThat(follower.status().checksum()).isEqualTo(older);
        await("damage", () -> follower.status().damaged() >= 1);
        trainer.publishDelta();
        trainer.publishFull();
        awaitChecksum(follower, trainer.checksum());
      }
      try (Stream<Path> files = Files.list(versions())) {
        for (Path file : files.filter(f -> f.toString().contains("full")).toList()) {
          Files.write(file, new byte[10]);
        }
      }
      assertThatThrownBy(() -> follow(versions()).close())
          .isInstanceOf(IOException.class)
          .hasMessageStartingWith(versions() + ": there is no version in full")
          .hasMessageContaining("full");
    }
  }

  @Test
  void shouldNotTakeWhatFollowsAnotherVersion() throws IOException, InterruptedException {
    try (VersionDirectory directory = record(DirectoryOptions.defaults())) {
      awaitWritten(directory);
      trainer.publishDelta();
      awaitWritten(directory);
    }
    Path other = folder.resolve("other");
    try (Trainer stranger = new Trainer(77);
        VersionDirectory directory =
            VersionDirectory.record(stranger.live, other, DirectoryOptions.defaults())) {
      directory.awaitWritten(1, LONG);
      stranger.publishDelta();
      directory.awaitWritten(2, LONG);
    }
    Files.copy(
        named(other, "2.delta"),
        named(versions(), "2.delta"),
        java.nio.file.StandardCopyOption.REPLACE_EXISTING);
    try (DirectoryFollower follower = follow(versions())) {
      await("refusal", () -> follower.status().refused() == 1);
      assertThat(follower.status().problem()).contains("follows a version with the checksum");
      assertThat(follower.status().number()).isEqualTo(1);
      assertSound(follower);
    }
  }

  @Test
  void shouldNotShowWhatEndsWithAnotherChecksumThanTheFileSays()
      throws IOException, InterruptedException {
    try (VersionDirectory directory = record(DirectoryOptions.defaults())) {
      awaitWritten(directory);
      trainer.publishDelta();
      awaitWritten(directory);
    }
    Path file = named(versions(), "2.delta");
    DeltaFile.Content sound = DeltaFile.read(file);
    Delta other = sound.delta().bias(17);
    DeltaFile.write(sound.link(), Changes.of(other, LiveWorld.K), LiveWorld.K, file);
    try (DirectoryFollower follower = follow(versions())) {
      await("refusal", () -> follower.status().refused() == 1);
      assertThat(follower.status().problem()).contains("the checksum of what comes of it is");
      assertThat(follower.live().version()).isEqualTo(1);
      assertSound(follower);
    }
  }

  @Test
  void shouldWaitForRoomAndEndWithTheTrainersVersion() throws IOException, InterruptedException {
    for (Merging merging : Merging.values()) {
      LiveOptions small =
          LiveOptions.defaults().withPatch(0.01, 40).withFanOutBudget(0).withMerging(merging);
      Path directory = folder.resolve(merging.name());
      DirectoryFollower started;
      try (Trainer tight = new Trainer(2, 30, small);
          VersionDirectory written =
              VersionDirectory.record(tight.live, directory, DirectoryOptions.defaults())) {
        written.awaitWritten(1, LONG);
        started = DirectoryFollower.start(directory, small, Directories.EAGER);
      }
      try (DirectoryFollower follower = started;
          Trainer roomy = new Trainer(3, 30, LiveOptions.defaults());
          VersionDirectory written =
              VersionDirectory.record(roomy.live, directory, DirectoryOptions.defaults())) {
        written.awaitWritten(1, LONG);
        for (int i = 0; i < 60; i++) {
          roomy.publishDelta();
          written.awaitWritten(roomy.live.version(), LONG);
        }
        await(
            "end or excess",
            () ->
                follower.status().checksum() == roomy.checksum()
                    || follower.status().refused() > 0);
        roomy.publishFull();
        awaitChecksum(follower, roomy.checksum());
        assertThat(follower.live().statistics().merges()).isPositive();
        assertSound(follower);
      }
    }
  }

  @Test
  void shouldHaveAsMuchRoomAsTheTrainer() throws IOException, InterruptedException {
    LiveOptions own = LiveOptions.defaults().withPatch(0.01, 10);
    int features = LiveWorld.SPACE.size();
    for (int rows : new int[] {5, 300, 20_000}) {
      Path directory = folder.resolve("room" + rows);
      LiveOptions trainers = LiveOptions.defaults().withPatch(0.5, rows);
      try (Trainer trainer = new Trainer(3, 30, trainers);
          VersionDirectory written =
              VersionDirectory.record(trainer.live, directory, DirectoryOptions.defaults())) {
        written.awaitWritten(1, LONG);
        try (DirectoryFollower follower =
            DirectoryFollower.start(directory, own, Directories.EAGER)) {
          int bounded = Math.min(rows, 8 * Math.max(features, 30));
          assertThat(follower.live().statistics().weightPatchRows())
              .isEqualTo(Math.max(bounded, features / 2));
        }
      }
    }
  }

  @Test
  void shouldSayWhatIsNotThereAndWaitForTheFirst() throws IOException, InterruptedException {
    assertThatThrownBy(() -> follow(versions()).close())
        .isInstanceOf(IOException.class)
        .hasMessageStartingWith(versions() + ": there is no version in full");
    List<Throwable> failures = new ArrayList<>();
    Thread starting =
        new Thread(
            () -> {
              try (DirectoryFollower follower =
                  DirectoryFollower.start(
                      versions(), LiveOptions.defaults(), Directories.EAGER.withPatience(LONG))) {
                awaitChecksum(follower, trainer.checksum());
              } catch (Throwable e) {
                failures.add(e);
              }
            });
    starting.start();
    Thread.sleep(30);
    try (VersionDirectory directory = record(DirectoryOptions.defaults())) {
      awaitWritten(directory);
      starting.join();
    }
    assertThat(failures).isEmpty();
  }

  @Test
  void shouldRemoveWhatKilledProcessesLeft() throws IOException {
    Files.createDirectory(versions());
    Path dead = versions().resolve(".femto.999999999.1.tmp");
    Path alive = versions().resolve(".femto.1.1.tmp");
    Path own = versions().resolve(".femto." + ProcessHandle.current().pid() + ".1.tmp");
    Path other = versions().resolve(".femto.x.tmp");
    for (Path file : List.of(dead, alive, own, other)) {
      Files.writeString(file, "half");
    }
    record(DirectoryOptions.defaults()).close();
    assertThat(dead).doesNotExist();
    assertThat(own).doesNotExist();
    assertThat(alive).exists();
    assertThat(other).exists();
  }

  @Test
  void shouldReportThatNumbersBeganAgain() throws IOException, InterruptedException {
    try (VersionDirectory directory = record(DirectoryOptions.defaults())) {
      awaitWritten(directory);
      for (int i = 0; i < 2; i++) {
        trainer.publishDelta();
        awaitWritten(directory);
      }
    }
    try (DirectoryFollower follower = follow(versions())) {
      awaitChecksum(follower, trainer.checksum());
      try (Stream<Path> files = Files.list(versions())) {
        for (Path file : files.toList()) {
          Files.delete(file);
        }
      }
      try (VersionDirectory directory = record(DirectoryOptions.defaults())) {
        awaitWritten(directory);
        await(
            "report", () -> String.valueOf(follower.status().problem()).contains("lost version 3"));
        assertThat(follower.status().number()).isEqualTo(3);
        assertSound(follower);
      }
    }
  }

  @Test
  void shouldNotGoByClocks() throws IOException, InterruptedException {
    try (VersionDirectory directory = record(DirectoryOptions.defaults())) {
      awaitWritten(directory);
      trainer.publishFull();
      awaitWritten(directory);
      trainer.publishDelta();
      awaitWritten(directory);
    }
    Random random = new Random(6);
    try (Stream<Path> files = Files.list(versions())) {
      for (Path file : files.toList()) {
        Files.setLastModifiedTime(file, FileTime.fromMillis(random.nextLong(1L << 42)));
      }
    }
    // A trainer whose clock is a thousand years ahead, or stands.
    for (Instant published : List.of(Instant.now().plusSeconds(1L << 35), Instant.EPOCH)) {
      Path again = folder.resolve("again" + published.getEpochSecond());
      Files.createDirectory(again);
      Path full = named(versions(), "2.full");
      Files.copy(full, again.resolve(full.getFileName().toString()));
      DeltaFile.Content delta = DeltaFile.read(named(versions(), "3.delta"));
      DeltaFile.Link link = delta.link();
      DeltaFile.write(
          new DeltaFile.Link(
              new VersionStamp(3, link.stamp().checksum(), published), 2, link.previous()),
          Changes.of(delta.delta(), LiveWorld.K),
          LiveWorld.K,
          again.resolve("000000000003.delta.femto"));
      try (DirectoryFollower follower = follow(again)) {
        awaitChecksum(follower, trainer.checksum());
        assertThat(follower.status().lag().isNegative()).isEqualTo(published.getEpochSecond() > 0);
      }
    }
    try (DirectoryFollower follower = follow(versions())) {
      awaitChecksum(follower, trainer.checksum());
      assertThat(follower.status().number()).isEqualTo(3);
    }
  }

  @Test
  void shouldNotMindThatTheLiveModelIsClosed() throws IOException, InterruptedException {
    try (VersionDirectory directory = record(DirectoryOptions.defaults())) {
      awaitWritten(directory);
      trainer.live.publish(new Edit().weights(new Random(1), 3).delta());
      trainer.live.close();
      assertThat(directory.awaitWritten(2, LONG)).isTrue();
    }
    assertThatThrownBy(() -> record(DirectoryOptions.defaults()))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("closed");
    assertThat(names(versions())).hasSize(2);
  }

  @Test
  void shouldRefuseOptionsOutOfRange() {
    DirectoryOptions options = DirectoryOptions.defaults();
    assertThatIllegalArgumentException()
        .isThrownBy(() -> options.withKeepFull(0))
        .withMessageContaining("keepFull=0");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> options.withMostBytes(0))
        .withMessageContaining("mostBytes=0");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> options.withDeltasPerFull(0))
        .withMessageContaining("deltasPerFull=0");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> options.withRetry(Duration.ZERO))
        .withMessageContaining("retry=");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> FollowerOptions.defaults().withPoll(Duration.ZERO))
        .withMessageContaining("poll=");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> FollowerOptions.defaults().withPatience(Duration.ofMillis(-1)))
        .withMessageContaining("patience=");
  }
}
