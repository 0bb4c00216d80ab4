package femto.tools.train;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * Runs tasks on a fixed number of threads and gives their results in the order in which they were
 * submitted. The first failure stops the rest and is thrown as it was.
 *
 * @param <T> what a task gives
 */
public final class Parallel<T> implements AutoCloseable {
  private final ExecutorService pool;
  private final List<Future<T>> tasks = new ArrayList<>();

  /**
   * Starts the threads.
   *
   * @param threads how many
   */
  public Parallel(int threads) {
    this.pool = Executors.newFixedThreadPool(threads);
  }

  /**
   * Starts a task as soon as a thread is free.
   *
   * @param task the task
   */
  public void submit(Callable<T> task) {
    tasks.add(pool.submit(task));
  }

  /**
   * Waits for all tasks.
   *
   * @return their results, in the order in which they were submitted
   * @throws UncheckedIOException around an IOException that a task threw
   * @throws IllegalStateException around any other checked exception, or if the thread is
   *     interrupted
   */
  public List<T> join() {
    List<T> results = new ArrayList<>();
    try {
      for (Future<T> task : tasks) {
        results.add(task.get());
      }
      return results;
    } catch (ExecutionException e) {
      Throwable cause = e.getCause();
      if (cause instanceof RuntimeException unchecked) {
        throw unchecked;
      }
      if (cause instanceof Error error) {
        throw error;
      }
      if (cause instanceof IOException checked) {
        throw new UncheckedIOException(checked);
      }
      throw new IllegalStateException("a task failed", cause);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while waiting for a task", e);
    }
  }

  /** Stops the tasks that have not ended, and the threads. */
  @Override
  public void close() {
    pool.shutdownNow();
    pool.close();
  }
}
