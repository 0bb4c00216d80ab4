package com.example.ads;

import com.example.ads.AdRanker.Answer;
import femto.swap.LiveModel;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** The three kinds of callers that a server has. Each asks until the last version answers. */
final class Callers {
  private static final int THREADS = 2;
  private static final int RANKERS = 4;
  private static final int REQUESTS = 100;

  private Callers() {}

  /** Platform threads: each has a ranker of its own. */
  static Void platformThreads(LiveModel live, Checks checks)
      throws ExecutionException, InterruptedException {
    try (ExecutorService threads = Executors.newFixedThreadPool(THREADS)) {
      List<Future<?>> all = new ArrayList<>();
      for (int thread = 0; thread < THREADS; thread++) {
        String name = "worker-" + thread;
        all.add(
            threads.submit(
                () -> {
                  try (AdRanker ranker = new AdRanker(live, name)) {
                    while (!checks.isLast(ranker.best(checks.nextUser()))) {
                      Thread.onSpinWait();
                    }
                  }
                }));
      }
      for (Future<?> one : all) {
        one.get();
      }
      return null;
    }
  }

  /** Virtual threads, one a request: they are many, so they share a few rankers. */
  static Void virtualThreads(LiveModel live, Checks checks)
      throws ExecutionException, InterruptedException {
    BlockingQueue<AdRanker> rankers = new ArrayBlockingQueue<>(RANKERS);
    for (int i = 0; i < RANKERS; i++) {
      rankers.add(new AdRanker(live, "virtual-" + i));
    }
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      boolean last = false;
      while (!last) {
        List<Future<Answer>> requests = new ArrayList<>();
        for (int i = 0; i < REQUESTS; i++) {
          requests.add(
              threads.submit(
                  () -> {
                    AdRanker ranker = rankers.take();
                    try {
                      return ranker.best(checks.nextUser());
                    } finally {
                      rankers.add(ranker);
                    }
                  }));
        }
        for (Future<Answer> request : requests) {
          last |= checks.isLast(request.get());
        }
      }
    }
    rankers.forEach(AdRanker::close);
    return null;
  }

  /** An event loop: one ranker, which no thread but the loop's uses. */
  static Void eventLoop(LiveModel live, Checks checks)
      throws ExecutionException, InterruptedException {
    try (ExecutorService loop = Executors.newSingleThreadExecutor();
        AdRanker ranker = new AdRanker(live, "event loop")) {
      while (!checks.isLast(loop.submit(() -> ranker.best(checks.nextUser())).get())) {
        Thread.onSpinWait();
      }
      return null;
    }
  }
}
