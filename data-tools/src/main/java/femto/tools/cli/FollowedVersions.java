package femto.tools.cli;

import femto.swap.DirectoryFollower;
import femto.swap.FollowerOptions;
import femto.swap.FollowerStatus;
import femto.swap.LiveModel;
import femto.swap.LiveOptions;
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

  FollowedVersions(BaseCommand command, Path directory, @Nullable Duration time) {
    this.command = command;
    this.directory = directory;
    this.time = time;
  }

  @SuppressWarnings("try") // the listener is there to be taken away
  int run() throws IOException {
    if (!Files.isDirectory(directory)) {
      throw new IOException(directory + ": there is no such directory");
    }
    BlockingQueue<FollowerStatus> news = new LinkedBlockingQueue<>();
    try (EndOfProcess end = new EndOfProcess(PATIENCE, 1);
        DirectoryFollower follower =
            DirectoryFollower.start(directory, LiveOptions.defaults(), FollowerOptions.defaults());
        LiveModel.Registration listener = follower.addListener(news::add)) {
      long start = System.nanoTime();
      FollowerStatus shown = follower.status();
      command.say("     version  kind  checksum                  lag");
      command.say(line(shown, "full"));
      while (!end.getAsBoolean() && !isOver(start)) {
        FollowerStatus next = news.poll(100, TimeUnit.MILLISECONDS);
        if (next != null) {
          command.say(line(next, next.full() > shown.full() ? "full" : "delta"));
          shown = next;
        }
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
      return command.done(result(last));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return 1;
    }
  }

  private boolean isOver(long start) {
    return time != null && System.nanoTime() - start >= time.toNanos();
  }

  private static String line(FollowerStatus status, String kind) {
    return status.problem() != null
        ? "Problem: " + status.problem()
        : String.format(
            Locale.ROOT,
            "%12d  %-5s %016x  %,6d ms",
            status.number(),
            kind,
            status.checksum(),
            status.lag().toMillis());
  }

  private static Map<String, Object> result(FollowerStatus status) {
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
