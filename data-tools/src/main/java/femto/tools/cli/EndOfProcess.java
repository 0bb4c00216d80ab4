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
  private volatile boolean asked;

  /** Waits for the end of the work for so long at most. */
  EndOfProcess(Duration patience) {
    this.patience = patience;
    Runtime.getRuntime().addShutdownHook(hook);
  }

  private void end() {
    asked = true;
    try {
      boolean whole = done.await(patience.toNanos(), TimeUnit.NANOSECONDS);
      Runtime.getRuntime().halt(whole ? 0 : 1);
    } catch (InterruptedException e) {
      Runtime.getRuntime().halt(1);
    }
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
