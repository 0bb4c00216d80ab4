package femto.bench.online;

import femto.bench.online.FollowingProcess.Served;
import femto.bench.online.FollowingProcess.Summary;
import femto.bench.report.Figure;
import femto.bench.report.Finding;
import femto.file.SafetensorsFile;
import femto.tools.ads.AdOptions;
import femto.tools.ads.AdStream;
import femto.tools.cli.Femto;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A trainer and a follower in processes of their own, killed in turn at random moments, while the
 * stream that the trainer learns is being written: from the start of a process to some time after
 * it is at work. In the end the trainer must have what one has that was never stopped, bit for bit,
 * and the follower must have served nothing but what the trainer had published.
 */
final class Kills {
  private static final int ROWS_A_SECOND = 1_000;
  private static final Duration PATIENCE = Duration.ofMinutes(2);

  /** The latest moment to be killed at, as a multiple of how long the first start took. */
  private static final double LATEST = 1.5;

  private static final long LOOK_NANOS = 20_000_000;

  private static final String CHECKPOINT = "checkpoint.femto";
  private static final String NUMBER_KEY = "femto.version.number";
  private static final String CHECKSUM_KEY = "femto.version.checksum";

  private final Path events;
  private final Path versions;
  private final Path state;
  private final Path errors;
  private final SplittableRandom random = new SplittableRandom(5);
  private final Map<Long, String> published = new HashMap<>();
  private final Set<Path> read = new HashSet<>();
  private final List<Served> served = new ArrayList<>();
  private final List<Summary> ends = new ArrayList<>();
  private int refused;

  private Kills(Path folder) {
    events = folder.resolve("events.csv");
    versions = folder.resolve("versions");
    state = folder.resolve("state");
    errors = folder.resolve("errors");
  }

  /**
   * What became of it.
   *
   * @param kills processes killed
   * @param refused processes that ended by themselves before they were killed
   * @param served versions that followers said they served
   * @param wrong those of them that the trainer had not published like that
   * @param isIdentical whether the state in the end is that of a trainer that was never stopped
   * @param isAtTheEnd whether the follower ended with the last version
   */
  record Outcome(
      int kills, int refused, int served, int wrong, boolean isIdentical, boolean isAtTheEnd) {
    private int faults() {
      return refused + wrong + (isIdentical ? 0 : 1) + (isAtTheEnd ? 0 : 1);
    }

    List<Figure> figures() {
      return List.of(
          Figure.of("processes killed", "processes", kills),
          Figure.of("versions that followers served between kills", "versions", served));
    }

    Finding finding() {
      Finding row =
          new Finding(
                  "kill",
                  "after %d kills: refused starts, wrong versions, other states".formatted(kills),
                  "faults",
                  "femto.bench.online.KillsTest, femto.tools.online.StreamTrainerTest,"
                      + " femto.swap.DirectoryKillTest, femto.tools.dictionary.KilledDictionaryTest")
              .measured(faults(), Double.NaN)
              .detail("kills", kills)
              .detail("refused_restarts", refused)
              .detail("versions_served", served)
              .detail("wrong_versions", wrong)
              .detail("identical_state", isIdentical)
              .detail("follower_at_the_end", isAtTheEnd)
              .holds(faults(), "none", 0);
      return served > 0 ? row : row.fails("no follower has served anything");
    }
  }

  /**
   * Kills.
   *
   * @param folder where everything may lie
   */
  static Outcome measure(Path folder, int kills) throws IOException, InterruptedException {
    Kills run = new Kills(Files.createDirectory(folder.resolve("kills")));
    AtomicBoolean stop = new AtomicBoolean();
    Files.createFile(run.events);
    Thread writing = Thread.ofPlatform().name("bench-stream").start(() -> run.write(stop));
    try {
      run.kill(kills);
    } finally {
      stop.set(true);
      writing.join();
    }
    return run.end(kills);
  }

  private void write(AtomicBoolean stop) {
    try (OutputStream out = Files.newOutputStream(events)) {
      new AdStream(new AdOptions(3, 1, false, true)).write(out, 0, ROWS_A_SECOND, stop::get);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void kill(int kills) throws IOException, InterruptedException {
    ChildJvm trainer = trainer(true);
    ChildJvm follower = follower();
    try {
      long begin = System.nanoTime();
      follower.awaitLine(PATIENCE);
      long latest = (long) (LATEST * (System.nanoTime() - begin));
      for (int kill = 0; kill < kills; kill++) {
        watch(random.nextLong(latest));
        refused += (trainer.isAlive() ? 0 : 1) + (follower.isAlive() ? 0 : 1);
        if (kill % 2 == 0) {
          trainer.kill();
          trainer = trainer(true);
        } else {
          follower.kill();
          take(follower);
          follower = follower();
        }
        look();
      }
    } finally {
      trainer.kill();
      follower.kill();
      take(follower);
      look();
    }
  }

  /** The trainer learns the rest, a follower follows to the end, and all is compared. */
  private Outcome end(int kills) throws IOException, InterruptedException {
    Path straight = events.resolveSibling("straight");
    Path others = events.resolveSibling("others");
    try (ChildJvm trainer = trainer(false);
        ChildJvm never = ChildJvm.start(errors, Femto.class, command(straight, others, false))) {
      while (trainer.isAlive()) {
        watch(LOOK_NANOS);
      }
      refused += trainer.await(PATIENCE) == 0 ? 0 : 1;
      if (never.await(PATIENCE) != 0) {
        throw new IllegalStateException(
            "the trainer that was never stopped failed: " + Files.readString(errors));
      }
    }
    look();
    long newest = published.keySet().stream().mapToLong(Long::longValue).max().orElse(0);
    try (ChildJvm follower = follower()) {
      follower.say(Long.toString(newest));
      refused += follower.await(PATIENCE) == 0 ? 0 : 1;
      take(follower);
    }
    boolean isIdentical =
        Files.mismatch(state.resolve(CHECKPOINT), straight.resolve(CHECKPOINT)) < 0;
    boolean isAtTheEnd =
        ends.stream().anyMatch(each -> each.last().number() == newest && each.unsound() == 0);
    int wrong = (int) served.stream().filter(each -> !isPublished(each)).count();
    return new Outcome(kills, refused, served.size(), wrong, isIdentical, isAtTheEnd);
  }

  private boolean isPublished(Served version) {
    return version.checksum().equals(published.get(version.number()));
  }

  /** Waits, and reads what each file says before it is removed because there are newer ones. */
  private void watch(long nanos) throws IOException, InterruptedException {
    long end = System.nanoTime() + nanos;
    for (long left = nanos; left > 0; left = end - System.nanoTime()) {
      Thread.sleep(Duration.ofNanos(Math.min(left, LOOK_NANOS)));
      look();
    }
  }

  private ChildJvm trainer(boolean follows) throws IOException {
    return ChildJvm.start(errors, Femto.class, command(state, versions, follows));
  }

  private List<String> command(Path ownState, Path directory, boolean follows) {
    List<String> command = new ArrayList<>(List.of("train", "--follow", events.toString()));
    command.addAll(List.of("--publish", directory.toString(), "--state", ownState.toString()));
    command.addAll(List.of("--factors", "4", "--capacity", "20000", "--horizon", "2m"));
    command.addAll(List.of("--publish-every", "50ms", "--checkpoint-every", "300ms"));
    if (!follows) {
      command.add("--stop-at-end");
    }
    return command;
  }

  private ChildJvm follower() throws IOException {
    return ChildJvm.start(errors, FollowingProcess.class, List.of(versions.toString()));
  }

  private void take(ChildJvm follower) {
    for (String line = follower.poll(); line != null; line = follower.poll()) {
      if (Summary.is(line)) {
        Summary end = Summary.parse(line);
        ends.add(end);
        served.add(end.last());
      } else {
        served.add(Served.parse(line));
      }
    }
  }

  /** Reads what the files that are there now say of their versions. */
  private void look() throws IOException {
    if (!Files.isDirectory(versions)) {
      return;
    }
    List<Path> files;
    try (Stream<Path> listed = Files.list(versions)) {
      files = listed.filter(file -> file.toString().endsWith(".femto")).toList();
    }
    for (Path file : files) {
      if (read.add(file)) {
        Served version = version(file);
        if (version != null) {
          published.put(version.number(), version.checksum());
        }
      }
    }
  }

  private static @Nullable Served version(Path file) throws IOException {
    try (SafetensorsFile content = SafetensorsFile.map(file)) {
      return new Served(content.requireCount(NUMBER_KEY), content.requireMetadata(CHECKSUM_KEY));
    } catch (NoSuchFileException e) {
      return null; // removed meanwhile, since there are newer ones
    }
  }
}
