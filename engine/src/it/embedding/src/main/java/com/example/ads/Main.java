package com.example.ads;

import femto.kernels.WarmUp;
import femto.swap.LiveModel;
import femto.swap.LiveOptions;
import femto.swap.LiveStatistics;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** Serves from three kinds of callers while versions arrive, and checks every answer. */
public final class Main {
  private Main() {}

  /**
   * Runs it.
   *
   * @param arguments the file of the versions
   * @throws Exception if anything is not as it should be
   */
  public static void main(String[] arguments) throws Exception {
    Path file = Path.of(arguments[0]);
    Trainer.writeFile(file, 1);

    try (LiveModel live = LiveModel.open(file, LiveOptions.defaults())) {
      WarmUp warm = live.warmUp(Duration.ofSeconds(5)); // the first calls are slow
      System.out.println("warmed up: " + warm.implementation() + " kernels");
      serveWhileVersionsArrive(live, file);
    }
  }

  private static void serveWhileVersionsArrive(LiveModel live, Path file) throws Exception {
    Checks platform = new Checks("platform threads");
    Checks virtual = new Checks("virtual threads");
    Checks loop = new Checks("event loop");
    try (ExecutorService callers = Executors.newCachedThreadPool()) {
      List<Future<?>> all =
          List.of(
              callers.submit(() -> Callers.platformThreads(live, platform)),
              callers.submit(() -> Callers.virtualThreads(live, virtual)),
              callers.submit(() -> Callers.eventLoop(live, loop)));
      Trainer.publishAll(live, file);
      for (Future<?> one : all) {
        one.get();
      }
    }
    platform.done();
    virtual.done();
    loop.done();
    LiveStatistics counted = live.statistics();
    System.out.println(
        counted.publishedFull()
            + " versions in full, "
            + counted.publishedDelta()
            + " as deltas, "
            + counted.refused()
            + " refused");
  }
}
