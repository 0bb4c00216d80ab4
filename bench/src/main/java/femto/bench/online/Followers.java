package femto.bench.online;

import femto.bench.online.FollowingProcess.Served;
import femto.bench.online.FollowingProcess.Summary;
import femto.bench.report.Figure;
import femto.bench.report.Finding;
import femto.learn.Example;
import femto.learn.Learner;
import femto.learn.online.OnlineLearner;
import femto.learn.online.OnlineOptions;
import femto.model.PredictionRange;
import femto.swap.DirectoryOptions;
import femto.swap.LiveModel;
import femto.swap.VersionDirectory;
import femto.swap.VersionInfo;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.LockSupport;

/**
 * Processes that follow one directory, to which a trainer publishes ten deltas a second: in the end
 * each must serve what the trainer does.
 */
final class Followers {
  private static final int DELTAS_A_SECOND = 10;
  private static final int EVENTS_A_DELTA = 20;
  private static final Duration PATIENCE = Duration.ofSeconds(90);

  private Followers() {}

  /**
   * What became of them.
   *
   * @param last what the trainer published last
   * @param deltas deltas in the directory
   * @param ends what each follower ended with; one that has failed is missing
   * @param started how many followers there were
   */
  record Outcome(Served last, long deltas, List<Summary> ends, int started) {
    Outcome {
      ends = List.copyOf(ends);
    }

    private long elsewhere() {
      return started - ends.stream().filter(end -> end.last().equals(last)).count();
    }

    List<Figure> figures() {
      double[] taken = ends.stream().mapToDouble(Summary::deltas).toArray();
      return List.of(
          Figure.of("deltas published to a directory", "deltas", (double) deltas),
          Figure.of("deltas that a follower took", "deltas", taken));
    }

    Finding finding() {
      Finding row =
          new Finding(
                  "followers",
                  "of %d followers, those that end elsewhere than the trainer".formatted(started),
                  "processes",
                  "femto.bench.online.FollowersTest, femto.swap.VersionDirectoryTest,"
                      + " femto.swap.DirectoryKillTest")
              .measured((double) elsewhere(), Double.NaN)
              .detail("processes", started)
              .detail("deltas", deltas)
              .detail("number", last.number())
              .detail("checksum", last.checksum())
              .detail("unsound", ends.stream().mapToLong(Summary::unsound).sum())
              .detail("missing_files", ends.stream().mapToLong(Summary::missing).sum())
              .holds((double) elsewhere(), "none", 0);
      long unsound = ends.stream().mapToLong(Summary::unsound).sum();
      return unsound == 0 ? row : row.fails(unsound + " files were found damaged or refused");
    }
  }

  /**
   * Measures it.
   *
   * @param folder where the directory may lie
   */
  static Outcome measure(EncodedEvents events, Path folder, int followers, Duration length)
      throws IOException, InterruptedException {
    Path versions = folder.resolve("versions");
    List<ChildJvm> processes = new ArrayList<>();
    try (Learner learner = new Learner(events.space(), events.learnerOptions());
        LiveModel live =
            LiveModel.start(
                learner.toModel(PredictionRange.UNBOUNDED, Map.of()),
                events.candidates(),
                LearnRate.live(events));
        VersionDirectory directory =
            VersionDirectory.record(live, versions, DirectoryOptions.defaults())) {
      for (int i = 0; i < followers; i++) {
        processes.add(
            ChildJvm.start(
                folder.resolve("errors"), FollowingProcess.class, List.of(versions.toString())));
      }
      for (ChildJvm process : processes) {
        process.awaitLine(PATIENCE);
      }
      CompletableFuture<VersionInfo> newest = new CompletableFuture<>();
      long most = length.toMillis() * DELTAS_A_SECOND / 1000;
      LiveModel.Registration listening =
          live.addListener(version -> completeAt(newest, version, 1 + most));
      learn(events, live, learner, most);
      if (!directory.awaitWritten(1 + most, PATIENCE)) {
        throw new IllegalStateException(
            "%d versions of %d were published, the last in the directory is %d; %s"
                .formatted(
                    live.version(),
                    1 + most,
                    directory.status().version(),
                    directory.status().problem()));
      }
      String checksum = HexFormat.of().toHexDigits(newest.join().checksum());
      listening.close();
      long number = directory.status().number();
      processes.forEach(process -> process.say(Long.toString(number)));
      List<Summary> ends = new ArrayList<>();
      for (ChildJvm process : processes) {
        process.await(PATIENCE);
        for (String line = process.poll(); line != null; line = process.poll()) {
          if (Summary.is(line)) {
            ends.add(Summary.parse(line));
          }
        }
      }
      Served last = new Served(number, checksum);
      return new Outcome(last, directory.status().deltas(), ends, followers);
    } finally {
      processes.forEach(ChildJvm::close);
    }
  }

  private static void completeAt(
      CompletableFuture<VersionInfo> newest, VersionInfo version, long number) {
    if (version.number() == number) {
      newest.complete(version);
    }
  }

  /** Publishes so many deltas. */
  private static void learn(EncodedEvents events, LiveModel live, Learner learner, long most) {
    OnlineLearner online =
        new OnlineLearner(live, learner, OnlineOptions.defaults(EncodedEvents.STEP));
    Example example = new Example();
    long begin = System.nanoTime();
    int row = 0;
    for (long delta = 1; delta <= most; delta++) {
      for (int i = 0; i < EVENTS_A_DELTA; i++) {
        events.copy(row, example);
        online.learn(example, row);
        row = (row + 1) % events.size();
      }
      online.publish();
      long due = begin + delta * 1_000_000_000L / DELTAS_A_SECOND;
      while (System.nanoTime() < due) {
        LockSupport.parkNanos(due - System.nanoTime());
      }
    }
  }
}
