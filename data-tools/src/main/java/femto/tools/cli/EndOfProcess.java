package femto.tools.cli;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.BooleanSupplier;

/**
 * Says whether the process is asked to end, as by Ctrl-C or a stop of its service, and has it wait
 * for the command to come to its end. The process then ends with the command's own exit code, and
 * after all it had to say.
 */
final class EndOfProcess implements BooleanSupplier, AutoCloseable {
  private static final CompletableFuture<Integer> CODE = new CompletableFuture<>();

  private final Duration patience;
  private final int unfinished;
  private final Thread hook = new Thread(this::end, "femto-end");
  private volatile boolean asked;

  /**
   * Watches.
   *
   * @param patience how long to wait for the end of the command
   * @param unfinished exit code if it has not come by then
   */
  EndOfProcess(Duration patience, int unfinished) {
    this.patience = patience;
    this.unfinished = unfinished;
    Runtime.getRuntime().addShutdownHook(hook);
  }

  /** Ends the process as {@link System#exit} does, or as it has been asked to end already. */
  static void exit(int code) {
    CODE.complete(code);
    System.exit(code); // waits for ever if the process is ending: the hook is what ends it
  }

  private void end() {
    asked = true;
    int code = unfinished;
    try {
      code = CODE.get(patience.toNanos(), TimeUnit.NANOSECONDS);
    } catch (TimeoutException e) {
      System.err.println("femto: not done within " + patience.toSeconds() + " s, ended");
    } catch (InterruptedException | ExecutionException e) {
      Thread.currentThread().interrupt();
    }
    System.err.flush();
    Runtime.getRuntime().halt(code);
  }

  @Override
  public boolean getAsBoolean() {
    return asked;
  }

  @Override
  public void close() {
    try {
      Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException e) {
      // The process is ending already: the hook goes on.
    }
  }
}
