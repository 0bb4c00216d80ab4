package femto.bench.online;

import femto.bench.report.Figure;
import femto.bench.report.Finding;
import femto.learn.online.OnlineProgress;
import femto.tools.online.StreamTrainer;
import femto.tools.stream.EventReader;
import femto.tools.stream.OnBadRow;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/**
 * Events a second from a file of rows to versions in a directory, by one thread, and another that
 * writes: reading, the dictionary, learning and publishing.
 */
final class FollowRate {
  private static final Duration PUBLISH_EVERY = Duration.ofMillis(100);

  private FollowRate() {}

  /**
   * What came of it.
   *
   * @param rate events a second
   * @param progress what was learned and published
   */
  record Outcome(double rate, OnlineProgress progress) {
    List<Figure> figures() {
      return List.of(
          Figure.of("read, looked up, learned and published", "events/s", rate),
          Figure.of("deltas published on the way", "deltas", (double) progress.deltas()),
          Figure.of("publishes in full on the way", "versions", (double) progress.fulls()));
    }

    Finding finding() {
      return new Finding(
              "follow.events",
              "read, looked up, learned and published, 39 fields",
              "events/s",
              "femto.tools.online.StreamTrainerTest, femto.bench.online.FollowRateTest")
          .measured(rate, Double.NaN)
          .detail("deltas", progress.deltas())
          .detail("fulls", progress.fulls())
          .detail("refused", progress.refused())
          .informs(Double.NaN, "", true);
    }
  }

  /**
   * Takes a file with the header and all rows of a stream of ads.
   *
   * @param folder where the state and the versions may lie
   */
  static Outcome measure(Path events, Path folder) throws IOException {
    try (EventReader reader = EventReader.open(events, OnBadRow.STOP);
        StreamTrainer trainer =
            StreamTrainer.start(
                reader,
                folder.resolve("trainer"),
                folder.resolve("published"),
                DriftGain.options(Integer.MAX_VALUE, PUBLISH_EVERY))) {
      long begin = System.nanoTime();
      trainer.run(reader, false, Long.MAX_VALUE, () -> false, progress -> {});
      double seconds = (System.nanoTime() - begin) / 1e9;
      OnlineProgress progress = trainer.progress(reader).learning();
      if (progress.state() != OnlineProgress.State.LEARNING) {
        throw new IllegalStateException(progress.reason());
      }
      return new Outcome(progress.learned() / seconds, progress);
    }
  }
}
