package femto.tools.cli;

import femto.swap.DirectoryFollower;
import femto.swap.FollowerOptions;
import femto.swap.FollowerStatus;
import femto.swap.LiveModel;
import femto.swap.LiveOptions;
import femto.swap.VersionInfo;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Does {@code inspect --follow}. */
final class FollowedVersions {
  private static final Duration PATIENCE = Duration.ofSeconds(5);

  private final BaseCommand command;
  private final Path directory;
  private final @Nullable Duration time;

  /** What there is to print: a version, or a problem. */
  private record News(@Nullable VersionInfo version, @Nullable String problem) {}

  FollowedVersions(BaseCommand command, Path directory, @Nullable Duration time) {
    this.command = command;
    this.directory = directory;
    this.time = time;
  }

  @SuppressWarnings("try") // the registrations are there to be closed
  int run() throws IOException {
    if (!Files.isDirectory(directory)) {
      throw new IOException(directory + ": there is no such directory");
    }
    BlockingQueue<News> news = new LinkedBlockingQueue<>();
    long start = System.nanoTime();
    try (EndOfProcess end = new EndOfProcess(PATIENCE, 1);
        DirectoryFollower follower =
            DirectoryFollower.start(directory, LiveOptions.defaults(), FollowerOptions.defaults());
        LiveModel.Registration ofVersions =
            follower.live().addListener(version -> news.add(new News(version, null)));
        LiveModel.Registration ofProblems =
            follower.addProblemListener(status -> news.add(new News(null, status.problem())))) {
      FollowerStatus first = follower.status();
      command.say("Serving version " + first.number() + " of " + directory + ".");
      command.say("version    kind     candidates checksum              lag");
      while (!end.getAsBoolean() && !isOver(start)) {
        print(news.poll(100, TimeUnit.MILLISECONDS), follower);
      }
      FollowerStatus last = follower.status();
      command.say(
          "Took %s deltas and %s versions in full; %s files damaged, %s refused, %s missing."
              .formatted(
                  Report.count(last.applied()),
                  Report.count(last.full()),
                  Report.count(last.damaged()),
                  Report.count(last.refused()),
                  Report.count(last.missing())));
      int code = command.done(result(last));
      end.finish();
      return code;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return 1;
    }
  }

  private boolean isOver(long start) {
    return time != null && System.nanoTime() - start >= time.toNanos();
  }

  private void print(@Nullable News news, DirectoryFollower follower) {
    if (news == null) {
      return;
    }
    VersionInfo version = news.version();
    if (version == null) {
      if (news.problem() != null) {
        command.say("Problem: " + news.problem());
      }
      return;
    }
    FollowerStatus status = follower.status();
    // The line may be late: what the follower serves by then says when that was.
    String lag = status.version() == version.number() ? status.lag().toMillis() + " ms" : "";
    command.say(
        String.format(
                Locale.ROOT,
                "%-10s %-8s %,10d %-16s %8s",
                status.version() == version.number() ? Long.toString(status.number()) : "",
                version.kind().name().toLowerCase(Locale.ROOT),
                version.candidates(),
                "%016x".formatted(version.checksum()),
                lag)
            .stripTrailing());
  }

  private Map<String, Object> result(FollowerStatus status) {
    Map<String, Object> result = new LinkedHashMap<>();
    result.put("number", status.number());
    result.put("checksum", "%016x".formatted(status.checksum()));
    result.put("deltas", status.applied());
    result.put("full", status.full());
    result.put("damaged", status.damaged());
    result.put("refused", status.refused());
    result.put("missing", status.missing());
    result.put("lag_ms", status.lag().toMillis());
    if (status.problem() != null) {
      result.put("problem", status.problem());
    }
    return result;
  }
}
