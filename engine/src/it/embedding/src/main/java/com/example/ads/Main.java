package com.example.ads;

import femto.kernels.WarmUp;
import femto.swap.LiveModel;
import femto.swap.LiveOptions;
import femto.swap.LiveStatistics;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** Serves from three kinds of callers while versions arrive, and checks every answer. */
public final class Main {
  private Main() {}

  private interface Caller {
    void serve(LiveModel live, Checks checks) throws Exception;
  }

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
      WarmUp warm = live.warmUp(Duration.ofSeconds(2)); // the first calls of a kernel are slow
      System.out.println("warmed up: " + warm.implementation() + " kernels");
      try (ExecutorService threads = Executors.newCachedThreadPool()) {
        List<Future<?>> all = new ArrayList<>();
        all.add(threads.submit(() -> serve("platform threads", Callers::platformThreads, live)));
        all.add(threads.submit(() -> serve("virtual threads", Callers::virtualThreads, live)));
        all.add(threads.submit(() -> serve("event loop", Callers::eventLoop, live)));
        Trainer.publishAll(live, file);
        Callers.join(all);
      }
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

  private static Void serve(String callers, Caller caller, LiveModel live) throws Exception {
    Checks checks = new Checks();
    caller.serve(live, checks);
    checks.done(callers);
    return null;
  }
}
