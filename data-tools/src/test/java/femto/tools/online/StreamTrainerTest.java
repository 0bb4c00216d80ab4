package femto.tools.online;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import femto.file.MalformedFileException;
import femto.learn.LearnerOptions;
import femto.learn.LearnerOptions.L2;
import femto.learn.Loss;
import femto.learn.Optimizer;
import femto.learn.online.LateClick;
import femto.learn.online.OnlineOptions;
import femto.swap.DirectoryFollower;
import femto.swap.DirectoryOptions;
import femto.swap.FollowerOptions;
import femto.swap.LiveOptions;
import femto.tools.ads.AdOptions;
import femto.tools.ads.AdStream;
import femto.tools.dictionary.DictionaryOptions;
import femto.tools.stream.EventReader;
import femto.tools.stream.OnBadRow;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class StreamTrainerTest {
  private static final int ROWS = 12_000;
  private static final long MINUTE = 60_000;

  @TempDir static Path streams;

  /** Impressions and clicks apart, in a truth that is another one every half hour. */
  private static Path delayed = Path.of("");

  private static Path labelled = Path.of("");

  @TempDir Path folder;

  enum Kind {
    DICTIONARY,
    SCARCE,
    HASHED
  }

  @BeforeAll
  static void generate() throws Exception {
    delayed = generated("delayed.csv", 50, true);
    labelled = generated("labelled.csv", 1, false);
  }

  private static Path generated(String name, double drift, boolean apart) throws Exception {
    Path file = streams.resolve(name);
    try (OutputStream out = Files.newOutputStream(file)) {
      new AdStream(new AdOptions(7, drift, false, apart)).write(out, ROWS, 0, () -> false);
    }
    return file;
  }

  /** Scarce: values come and go, for a few rows, and candidates retire. */
  static StreamOptions options(Kind kind) {
    LearnerOptions learner =
        new LearnerOptions(
            Loss.LOGISTIC, Optimizer.ADAGRAD, 4, 0.05, 1, 0.01, List.of(new L2(1e-6, 1e-6)), 5);
    DictionaryOptions dictionary =
        switch (kind) {
          case DICTIONARY -> new DictionaryOptions(20_000, 2, 1 << 16, false, 0);
          case SCARCE -> new DictionaryOptions(1_500, 2, 1 << 14, true, 5 * MINUTE / 2);
          case HASHED -> null;
        };
    return new StreamOptions(
        learner,
        dictionary,
        kind == Kind.HASHED ? 10 : 0,
        null,
        kind == Kind.SCARCE ? 2 * MINUTE : 0,
        new StreamOptions.Clicks(MINUTE, LateClick.LEARN, 10_000),
        OnlineOptions.defaults(0.05).withDeltas(500, Duration.ofMillis(50)),
        Duration.ofSeconds(1),
        Long.MAX_VALUE,
        Duration.ofDays(1),
        LiveOptions.defaults(),
        DirectoryOptions.defaults());
  }

  private interface Work {
    void with(EventReader reader, StreamTrainer trainer) throws Exception;
  }

  private static void run(
      Path events, Path state, @Nullable Path publish, StreamOptions options, Work work)
      throws Exception {
    try (EventReader reader =
            StreamTrainer.hasCheckpoint(state)
                ? EventReader.openAt(events, StreamTrainer.position(state), OnBadRow.STOP)
                : EventReader.open(events, OnBadRow.STOP);
        StreamTrainer trainer = StreamTrainer.start(reader, state, publish, options)) {
      work.with(reader, trainer);
    }
  }

  private static void learn(EventReader reader, StreamTrainer trainer, long most) throws Exception {
    trainer.run(reader, false, most, () -> false, progress -> {});
  }

  private static byte[] checkpoint(Path state) throws Exception {
    return Files.readAllBytes(state.resolve("checkpoint.femto"));
  }

  private byte[] straight(Path events, StreamOptions options) throws Exception {
    Path state = folder.resolve("straight");
    run(
        events,
        state,
        null,
        options,
        (reader, trainer) -> {
          learn(reader, trainer, Long.MAX_VALUE);
          trainer.finish(reader);
        });
    return checkpoint(state);
  }

  /** It is left without a last checkpoint, as when it is killed, some events after the former. */
  @ParameterizedTest
  @EnumSource(Kind.class)
  void shouldEndWithTheSameBytesHoweverOftenItIsKilled(Kind kind) throws Exception {
    StreamOptions options = options(kind);
    byte[] expected = straight(delayed, options);
    Path state = folder.resolve("killed");
    Random random = new Random(3);
    boolean[] done = {false};
    int kills = 0;
    while (!done[0]) {
      run(
          delayed,
          state,
          folder.resolve("versions"),
          options,
          (reader, trainer) -> {
            learn(reader, trainer, 1 + random.nextInt(4_000));
            trainer.checkpoint(reader);
            long before = trainer.progress(reader).events();
            learn(reader, trainer, 1 + random.nextInt(3_000));
            done[0] = trainer.progress(reader).events() == before;
          });
      kills++;
    }
    assertThat(kills).isGreaterThan(3);
    assertThat(checkpoint(state)).isEqualTo(expected);
  }

  @Test
  void shouldRecycleRowsAndRetireCandidatesWhereTheyAreScarce() throws Exception {
    run(
        delayed,
        folder.resolve("state"),
        folder.resolve("versions"),
        options(Kind.SCARCE),
        (reader, trainer) -> {
          learn(reader, trainer, Long.MAX_VALUE);
          trainer.finish(reader);
          StreamTrainer.Progress progress = trainer.progress(reader);
          assertThat(String.valueOf(progress.features().get("recycled"))).matches("[1-9]\\d{2,}");
          assertThat(progress.retired()).isGreaterThan(10);
          assertThat(progress.clicks().clicked()).isGreaterThan(100);
          assertThat(progress.clicks().late()).isGreaterThan(0);
          assertThat(progress.learning().refused()).isZero();
          assertThat(progress.learning().deltas()).isGreaterThan(5);
        });
  }

  /** What servers of the directory see is what the trainer has. */
  @ParameterizedTest
  @EnumSource(Kind.class)
  void shouldPublishWhatItHas(Kind kind) throws Exception {
    Path versions = folder.resolve("versions");
    run(
        labelled,
        folder.resolve("state"),
        versions,
        options(kind),
        (reader, trainer) -> {
          learn(reader, trainer, ROWS / 2);
          try (DirectoryFollower follower =
              DirectoryFollower.start(
                  versions, LiveOptions.defaults(), FollowerOptions.defaults())) {
            learn(reader, trainer, Long.MAX_VALUE);
            trainer.finish(reader);
            long number = Objects.requireNonNull(trainer.progress(reader).version()).number();
            long end = System.nanoTime() + 20_000_000_000L;
            while (follower.status().number() < number) {
              assertThat(System.nanoTime()).as("time is up").isLessThan(end);
              Thread.onSpinWait();
            }
            assertThat(follower.live().features().checksum())
                .isEqualTo(trainer.live().features().checksum());
            assertThat(follower.status().damaged() + follower.status().refused()).isZero();
          }
        });
  }

  @Test
  void shouldLearnSomething() throws Exception {
    run(
        labelled,
        folder.resolve("state"),
        null,
        options(Kind.DICTIONARY),
        (reader, trainer) -> {
          learn(reader, trainer, Long.MAX_VALUE);
          StreamTrainer.Progress progress = trainer.progress(reader);
          assertThat(progress.learning().learned()).isEqualTo(ROWS);
          assertThat(progress.learning().window().auc()).isGreaterThan(0.6);
          assertThat(progress.learning().window().loss())
              .isLessThan(progress.learning().window().lossOfMean());
        });
  }

  @Test
  void shouldRefuseACheckpointOfOtherOptions() throws Exception {
    Path state = folder.resolve("state");
    run(labelled, state, null, options(Kind.HASHED), (reader, trainer) -> trainer.finish(reader));
    byte[] before = checkpoint(state);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> run(labelled, state, null, options(Kind.DICTIONARY), (r, t) -> {}))
        .withMessageContaining("was made with dictionary null")
        .withMessageContaining("begin anew with another state folder");
    assertThat(checkpoint(state)).isEqualTo(before);
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 100, 5_000, -1, -100})
  void shouldRefuseADamagedCheckpoint(int at) throws Exception {
    Path state = folder.resolve("state");
    run(
        labelled,
        state,
        null,
        options(Kind.SCARCE),
        (reader, trainer) -> {
          learn(reader, trainer, 1_000);
          trainer.finish(reader);
        });
    byte[] bytes = checkpoint(state);
    bytes[at < 0 ? bytes.length + at : at] ^= 4;
    Files.write(state.resolve("checkpoint.femto"), bytes);
    assertThatThrownBy(() -> run(labelled, state, null, options(Kind.SCARCE), (r, t) -> {}))
        .isInstanceOf(MalformedFileException.class)
        .hasMessageContaining("checkpoint.femto");
  }

  @Test
  void shouldMakeTheDictionaryAnewIfItIsGoneOrHasNoCheckpoint() throws Exception {
    Path state = folder.resolve("state");
    StreamOptions options = options(Kind.DICTIONARY);
    run(labelled, state, null, options, (reader, trainer) -> learn(reader, trainer, 2_000));
    run(
        labelled,
        state,
        null,
        options,
        (reader, trainer) -> {
          assertThat(trainer.notes()).singleElement().asString().contains("without a checkpoint");
          learn(reader, trainer, 2_000);
          trainer.finish(reader);
        });
    byte[] before = checkpoint(state);
    Files.delete(state.resolve("dictionary.map"));
    run(
        labelled,
        state,
        null,
        options,
        (reader, trainer) -> {
          assertThat(trainer.notes()).anyMatch(note -> note.contains("anew from the checkpoint"));
          trainer.finish(reader);
        });
    assertThat(checkpoint(state)).isEqualTo(before);
  }

  /** A directory in the place of the file stands for all that keeps it from being written. */
  @ParameterizedTest
  @EnumSource(Kind.class)
  void shouldReportACheckpointThatCannotBeWrittenAndTryAgain(Kind kind) throws Exception {
    StreamOptions often = checkpointEvery(options(kind), 1_000);
    byte[] expected = straight(delayed, options(kind));
    Path state = folder.resolve("state");
    Path inTheWay = state.resolve("checkpoint.femto");
    run(
        delayed,
        state,
        null,
        often,
        (reader, trainer) -> {
          Files.createDirectory(inTheWay);
          learn(reader, trainer, 3_000);
          assertThat(trainer.progress(reader).checkpoints()).isZero();
          assertThat(trainer.progress(reader).problem())
              .startsWith("the checkpoint cannot be written")
              .contains(inTheWay.toString());
          Files.delete(inTheWay);
          learn(reader, trainer, 1_000);
          assertThat(trainer.progress(reader).checkpoints()).isEqualTo(1);
          assertThat(trainer.progress(reader).problem()).isNull();
        });
    run(
        delayed,
        state,
        null,
        often,
        (reader, trainer) -> {
          assertThat(trainer.progress(reader).events()).isBetween(3_001L, 4_000L);
          learn(reader, trainer, Long.MAX_VALUE);
          trainer.finish(reader);
        });
    assertThat(checkpoint(state)).isEqualTo(expected);
  }

  private static StreamOptions checkpointEvery(StreamOptions given, long events) {
    return new StreamOptions(
        given.learner(),
        given.dictionary(),
        given.hashBits(),
        given.candidateField(),
        given.retireAfter(),
        given.clicks(),
        given.online(),
        given.fullEvery(),
        events,
        given.checkpointEvery(),
        given.live(),
        given.directory());
  }

  @ParameterizedTest
  @EnumSource(Kind.class)
  void shouldBeTheOnlyTrainerOfItsStateAndOfItsVersions(Kind kind) throws Exception {
    Path state = folder.resolve("state");
    Path versions = folder.resolve("versions");
    run(
        labelled,
        state,
        versions,
        options(kind),
        (reader, trainer) -> {
          Path other = folder.resolve("other");
          assertThatThrownBy(() -> run(labelled, state, other, options(kind), (r, t) -> {}))
              .isInstanceOf(java.io.IOException.class)
              .hasMessageStartingWith(state + ": another trainer keeps its state there");
          assertThat(other).doesNotExist();
          assertThatThrownBy(() -> run(labelled, other, versions, options(kind), (r, t) -> {}))
              .isInstanceOf(java.io.IOException.class)
              .hasMessageStartingWith(versions + ": another trainer writes versions there");
          learn(reader, trainer, 1_000);
          trainer.finish(reader);
        });
    run(labelled, state, versions, options(kind), (reader, trainer) -> trainer.finish(reader));
  }

  @Test
  void shouldRemoveWhatAKilledTrainerHasLeft() throws Exception {
    Path state = folder.resolve("state");
    run(labelled, state, null, options(Kind.HASHED), (reader, trainer) -> trainer.finish(reader));
    Path half = Files.createFile(state.resolve(".femto.%d.7.tmp".formatted(deadProcess())));
    Path others = Files.createFile(state.resolve("notes.tmp"));
    run(labelled, state, null, options(Kind.HASHED), (reader, trainer) -> trainer.finish(reader));
    assertThat(half).doesNotExist();
    assertThat(others).exists();
  }

  private static long deadProcess() {
    long pid = 1 << 21;
    while (ProcessHandle.of(pid).isPresent()) {
      pid++;
    }
    return pid;
  }

  @Test
  void shouldRefuseToRecycleWhatMayStillWait() {
    StreamOptions scarce = options(Kind.SCARCE);
    assertThatIllegalArgumentException()
        .isThrownBy(
            () ->
                new StreamOptions(
                    scarce.learner(),
                    new DictionaryOptions(1_500, 2, 1 << 14, true, 2 * MINUTE),
                    0,
                    null,
                    0,
                    scarce.clicks(),
                    scarce.online(),
                    scarce.fullEvery(),
                    1,
                    Duration.ofDays(1),
                    scarce.live(),
                    scarce.directory()))
        .withMessageContaining("more than twice the horizon");
  }
}
