package femto.kernels;

import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.stream.IntStream;

/**
 * Work on many rows in tasks, on the common pool or on the fork-join pool of the calling thread.
 *
 * <p>When a task fails, a parallel stream returns while other tasks still run; their memory may be
 * given back by then. This waits for all of them.
 */
public final class RowTasks {
  private RowTasks() {}

  /** Works on consecutive rows. */
  @FunctionalInterface
  public interface Range {
    /**
     * Does a part of the work.
     *
     * @param first the first row
     * @param end behind the last row
     */
    void accept(int first, int end);
  }

  /**
   * Runs all tasks. After one has failed, those that have not begun are left out.
   *
   * @param rows how many rows, 0 or more
   * @param rowsPerTask rows a task, 1 or more
   * @param range the work; what it throws is thrown again when all tasks have ended
   */
  public static void run(int rows, int rowsPerTask, Range range) {
    int tasks = (int) ((rows + (rowsPerTask - 1L)) / rowsPerTask);
    Queue<Throwable> failures = new ConcurrentLinkedQueue<>();
    IntStream.range(0, tasks)
        .parallel()
        .filter(task -> failures.isEmpty())
        .forEach(
            task -> {
              int first = task * rowsPerTask;
              try {
                range.accept(first, (int) Math.min(rows, first + (long) rowsPerTask));
              } catch (RuntimeException | Error thrown) {
                failures.add(thrown);
              }
            });
    Throwable thrown = failures.peek();
    if (thrown instanceof RuntimeException unchecked) {
      throw unchecked;
    }
    if (thrown != null) {
      throw (Error) thrown;
    }
  }
}
