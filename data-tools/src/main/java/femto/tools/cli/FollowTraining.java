package femto.tools.cli;

import femto.learn.DivergedException;
import femto.learn.ProgressiveMetrics;
import femto.learn.online.OnlineProgress;
import femto.swap.DirectoryStatus;
import femto.tools.online.StreamOptions;
import femto.tools.online.StreamTrainer;
import femto.tools.stream.EventReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Does {@code train --follow}. */
final class FollowTraining {
  private static final Path STANDARD_INPUT = Path.of("-");

  /** Writing the last version and the last checkpoint of a large model takes a while. */
  private static final Duration PATIENCE = Duration.ofMinutes(5);

  private static final long SECONDS_BETWEEN_LINES = 10;

  private final BaseCommand command;
  private final FollowOptions follow;
  private final StreamOptions options;
  private final Path state;
  private long lines;
  private @Nullable String lastProblem;

  FollowTraining(BaseCommand command, FollowOptions follow, StreamOptions options, Path state) {
    this.command = command;
    this.follow = follow;
    this.options = options;
    this.state = state;
  }

  int run(Path events) throws IOException {
    long start = System.nanoTime();
    try (EndOfProcess end = new EndOfProcess(PATIENCE, 1);
        EventReader reader = open(events);
        StreamTrainer trainer = StreamTrainer.start(reader, state, follow.publish, options)) {
      trainer.notes().forEach(note -> command.say("Note: " + note + "."));
      StreamTrainer.Progress first = trainer.progress(reader);
      if (first.events() > 0) {
        command.say("Going on after " + Report.count(first.events()) + " events.");
      }
      trainer.run(reader, !follow.stopAtEnd, follow.most, end, this::tell);
      trainer.finish(reader);
      StreamTrainer.Progress last = trainer.progress(reader);
      double seconds = (System.nanoTime() - start) / 1e9;
      requireLearning(last.learning());
      tellOfTheRest(events, last.position());
      say(last, seconds);
      return command.done(result(last, reader, seconds));
    }
  }

  private EventReader open(Path events) throws IOException {
    boolean resumed = StreamTrainer.hasCheckpoint(state);
    if (events.equals(STANDARD_INPUT)) {
      if (resumed) {
        command.say("Note: standard input cannot be resumed, all that comes is learned.");
      }
      return EventReader.of(System.in, "standard input", follow.badRows);
    }
    return resumed
        ? EventReader.openAt(events, StreamTrainer.position(state), follow.badRows)
        : EventReader.open(events, follow.badRows);
  }

  /** What has no line end yet is no row; who stops at the end may take it for one. */
  private void tellOfTheRest(Path events, long position) throws IOException {
    if (follow.stopAtEnd && Files.isRegularFile(events) && follow.most == Long.MAX_VALUE) {
      long left = Files.size(events) - position;
      if (left > 0) {
        command.say("Note: the last " + left + " bytes have no line end, and are no row yet.");
      }
    }
  }

  private static void requireLearning(OnlineProgress learning) {
    if (learning.state() != OnlineProgress.State.LEARNING) {
      throw new DivergedException(learning.reason());
    }
  }

  private void tell(StreamTrainer.Progress progress) {
    if (++lines % SECONDS_BETWEEN_LINES == 0) {
      command.say(line(progress));
    }
    String problem = progress.problem();
    if (problem != null && !problem.equals(lastProblem)) {
      command.err().println("femto: warning: " + problem);
      command.err().flush();
    }
    lastProblem = problem;
  }

  private static String line(StreamTrainer.Progress progress) {
    ProgressiveMetrics.Window window = progress.learning().window();
    DirectoryStatus version = progress.version();
    return String.format(
        Locale.ROOT,
        "%,d events; last %,d: loss %.4f, AUC %.4f, calibration %.3f; %,d candidates%s",
        progress.events(),
        window.examples(),
        window.loss(),
        window.auc(),
        window.calibration(),
        progress.candidates(),
        version == null ? "" : "; version " + version.version());
  }

  private void say(StreamTrainer.Progress progress, double seconds) {
    command.say(line(progress));
    command.say(
        "Took %s events in %.1f seconds, %,.0f a second; %s deltas, %s publishes in full, %s refused."
            .formatted(
                Report.count(progress.sinceStart()),
                seconds,
                progress.sinceStart() / seconds,
                Report.count(progress.learning().deltas()),
                Report.count(progress.learning().fulls()),
                Report.count(progress.learning().refused())));
    Report.Table table = new Report.Table("features", "");
    progress.features().forEach((name, value) -> table.row(name.replace('_', ' '), "" + value));
    if (!command.json) {
      table.print(command.out());
    }
    if (follow.publish != null) {
      command.say("Next: femto inspect --follow " + follow.publish);
    }
  }

  private Map<String, Object> result(
      StreamTrainer.Progress progress, EventReader reader, double seconds) {
    OnlineProgress learning = progress.learning();
    ProgressiveMetrics.Window window = learning.window();
    Map<String, Object> result = new LinkedHashMap<>();
    result.put("events", progress.events());
    result.put("events_since_start", progress.sinceStart());
    result.put("skipped_rows", reader.skippedRows());
    result.put("position", progress.position());
    result.put("seconds", seconds);
    result.put("loss", learning.loss());
    result.put("window_loss", window.loss());
    result.put("window_auc", window.auc());
    result.put("window_calibration", window.calibration());
    result.put("deltas", learning.deltas());
    result.put("fulls", learning.fulls());
    result.put("refused", learning.refused());
    result.put("waiting_features", learning.waitingFeatures());
    result.put("candidates", progress.candidates());
    result.put("retired", progress.retired());
    result.put("clicks", clicks(progress));
    result.put("features", progress.features());
    result.put("checkpoints", progress.checkpoints());
    DirectoryStatus version = progress.version();
    if (version != null) {
      result.put("version", version.version());
    }
    return result;
  }

  private static Map<String, Object> clicks(StreamTrainer.Progress progress) {
    Map<String, Object> clicks = new LinkedHashMap<>();
    clicks.put("impressions", progress.clicks().impressions());
    clicks.put("clicked", progress.clicks().clicked());
    clicks.put("unclicked", progress.clicks().unclicked());
    clicks.put("released_early", progress.clicks().releasedEarly());
    clicks.put("waiting", progress.clicks().waiting());
    clicks.put("late", progress.clicks().late());
    clicks.put("repeated", progress.clicks().repeated());
    clicks.put("unknown", progress.clicks().unknown());
    return clicks;
  }
}
