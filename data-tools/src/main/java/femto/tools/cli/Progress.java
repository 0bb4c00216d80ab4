package femto.tools.cli;

import java.io.Console;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import me.tongfei.progressbar.ConsoleProgressBarConsumer;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressState;
import org.jspecify.annotations.Nullable;

/** A progress bar on standard error if that is a terminal; nothing in a pipe or a file. */
public final class Progress implements AutoCloseable {
  private static final int MAX_BAR = 50;
  private static final int MIN_BAR = 8;

  /**
   * What is left is estimated after this much time: before that, code is compiled, and it jumps.
   */
  private static final double LEAST_SECONDS = 3;

  /** Steps of what nobody knows how long it takes, also to the bar's library. */
  private static final int UNKNOWN = -1;

  private static final Path STANDARD_ERROR = Path.of("/proc/self/fd/2");

  private final @Nullable ProgressBar bar;

  private Progress(@Nullable ProgressBar bar) {
    this.bar = bar;
  }

  /**
   * Shows that something is being done of which nobody knows how long it takes, on a terminal.
   *
   * @param task a word or two
   * @return what is shown; the caller closes it, which wipes it out
   */
  static Progress start(String task) {
    return start(task, UNKNOWN);
  }

  /**
   * Shows a bar, on a terminal.
   *
   * @param task a word or two
   * @param steps how many there will be
   * @return the bar; the caller closes it, which wipes it out
   */
  public static Progress start(String task, long steps) {
    if (!isTerminal()) {
      return new Progress(null);
    }
    Estimate estimate = new Estimate();
    return new Progress(
        new ProgressBarBuilder()
            .setTaskName(task)
            .setInitialMax(steps)
            .setUpdateIntervalMillis(200)
            .setConsumer(new ConsoleProgressBarConsumer(System.err))
            .setRenderer((state, width) -> render(state, steps, estimate, width))
            .clearDisplayOnFinish()
            .build());
  }

  /**
   * Whether standard error is a terminal. The JVM's console says so of input and output alone, and
   * output may well be one while errors go to a file; Linux says what each is.
   */
  @SuppressWarnings("SystemConsoleNull") // its annotation says that it may be null
  private static boolean isTerminal() {
    if (Files.isSymbolicLink(STANDARD_ERROR)) {
      try {
        String target = Files.readSymbolicLink(STANDARD_ERROR).toString();
        return target.startsWith("/dev/pts/") || target.startsWith("/dev/tty");
      } catch (IOException e) {
        return false;
      }
    }
    Console console = System.console();
    return console != null && console.isTerminal();
  }

  /** By the steps that were asked for: the library gives unknown ones as 0. */
  private static String render(ProgressState state, long steps, Estimate estimate, int width) {
    double left = estimate.secondsLeft(state.getCurrent(), steps, System.nanoTime());
    return line(state.getTaskName(), state.getCurrent(), steps, left, width);
  }

  /**
   * The bar as a line: what fits of task, percentage, bar, counts and time; the task alone if its
   * steps are unknown.
   *
   * @param secondsLeft NaN if that is not known yet
   * @param width columns that there are
   */
  static String line(String task, long done, long steps, double secondsLeft, int width) {
    if (steps == UNKNOWN) {
      String text = task + " ...";
      return text.substring(0, Math.clamp(width - 1L, 0, text.length()));
    }
    double share = steps > 0 ? Math.min(1, (double) done / steps) : 1;
    String head = String.format(Locale.ROOT, "%s %3d%%", task, (int) (100 * share));
    String total = Report.count(steps);
    String counts =
        " "
            + " ".repeat(Math.max(0, total.length() - Report.count(done).length()))
            + Report.count(done)
            + " of "
            + total;
    String time = Double.isNaN(secondsLeft) ? "" : ", " + time(secondsLeft) + " left";
    // The first that leaves room for a bar; the last column stays free, or terminals wrap.
    for (String tail : new String[] {counts + time, time.replaceFirst("^,", ""), ""}) {
      int room = width - 1 - head.length() - 3 - tail.length();
      if (room >= MIN_BAR) {
        int bar = Math.min(MAX_BAR, room);
        int full = (int) (bar * share);
        return head + " [" + "=".repeat(full) + " ".repeat(bar - full) + "]" + tail;
      }
    }
    return head.substring(0, Math.max(0, Math.min(head.length(), width - 1)));
  }

  private static String time(double seconds) {
    long whole = Math.round(seconds);
    return whole < 3600
        ? String.format(Locale.ROOT, "%d:%02d", whole / 60, whole % 60)
        : String.format(Locale.ROOT, "%d:%02d:%02d", whole / 3600, whole / 60 % 60, whole % 60);
  }

  /** How long the rest will take, by the pace since the first step: what came before is no pace. */
  static final class Estimate {
    private long first;
    private long firstNanos;

    /** Seconds, or NaN as long as there is nothing to tell by. */
    double secondsLeft(long done, long steps, long nanos) {
      if (first == 0) {
        first = done;
        firstNanos = nanos;
        return Double.NaN;
      }
      double seconds = (nanos - firstNanos) / 1e9;
      return seconds < LEAST_SECONDS || done == first
          ? Double.NaN
          : seconds * (steps - done) / (done - first);
    }
  }

  /** One step more is done. */
  public void step() {
    if (bar != null) {
      bar.step();
    }
  }

  void at(long steps) {
    if (bar != null) {
      bar.stepTo(steps);
    }
  }

  @Override
  public void close() {
    if (bar != null) {
      bar.close();
    }
  }
}
