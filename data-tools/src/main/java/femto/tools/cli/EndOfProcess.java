package femto.tools.cli;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/**
 * Says whether the process is asked to end, as by Ctrl-C or a stop of its service, and has it wait
 * for the work to be brought to its end: until this is closed. The process then ends as one that
 * has done what it should.
 */
final class EndOfProcess implements BooleanSupplier, AutoCloseable {
  private final Duration patience;
  private final CountDownLatch done = new CountDownLatch(1);
  private final Thread hook = new Thread(this::end, "femto-end");
  private final int unfinished;
  private volatile boolean asked;
  private volatile boolean finished;

  /**
   * Watches.
   *
   * @param patience how long to wait for the end of the work
   * @param unfinished exit code if it has not come, or was a failure
   */
  EndOfProcess(Duration patience, int unfinished) {
    this.patience = patience;
    this.unfinished = unfinished;
    Runtime.getRuntime().addShutdownHook(hook);
  }

  private void end() {
    asked = true;
    try {
      done.await(patience.toNanos(), TimeUnit.NANOSECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    Runtime.getRuntime().halt(finished ? 0 : unfinished);
  }

  /** Notes that the work was brought to a good end. */
  void finish() {
    finished = true;
  }

  @Override
  public boolean getAsBoolean() {
    return asked;
  }

  @Override
  public void close() {
    done.countDown();
    if (!asked) {
      try {
        Runtime.getRuntime().removeShutdownHook(hook);
      } catch (IllegalStateException e) {
        // The process is ending already: the hook goes on.
        return;
      }
    }
  }
}
