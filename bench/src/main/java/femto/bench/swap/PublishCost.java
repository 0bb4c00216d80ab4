package femto.bench.swap;

import femto.bench.report.Figure;
import femto.bench.report.Finding;
import femto.model.Model;
import femto.swap.CandidateSet;
import femto.swap.LiveModel;
import femto.swap.LiveStatistics;
import femto.swap.PublishResult;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;

/**
 * What a delta and a full publish take, and how much memory a full publish needs meanwhile.
 *
 * <p>A full publish takes a model and the features of all candidates, folds each candidate into a
 * row, on all cores, codes the rows for the screen, checks every number, and makes the checksum. A
 * delta changes the weights of some ads' own features.
 */
final class PublishCost {
  static final double AIM = 0.02;

  /** Part of the ads that a delta changes. */
  static final double PART = 0.001;

  private PublishCost() {}

  /**
   * What it came to.
   *
   * @param changed how many candidates a delta changed
   * @param deltaMillis what each delta took
   * @param fullMillis what each full publish took
   * @param full what was said of the last full publish
   * @param mostBytes most bytes held during a full publish, kept ones included
   * @param restBytes bytes held afterwards, when nothing was under way
   */
  record Outcome(
      int changed,
      double[] deltaMillis,
      double[] fullMillis,
      PublishResult full,
      long mostBytes,
      long restBytes) {
    List<Figure> figures() {
      return List.of(
          Figure.of("Femto delta of 0.1 %", "ms", deltaMillis),
          Figure.of("Femto full publish", "ms", fullMillis),
          Figure.of("of that, folding and coding", "ms", full.foldNanos() / 1e6),
          Figure.of("of that, checking", "ms", full.checkNanos() / 1e6),
          Figure.of("of that, the rest", "ms", full.publishNanos() / 1e6));
    }

    Finding finding() {
      double delta = figures().get(0).median();
      double whole = figures().get(1).median();
      return new Finding(
              "delta",
              "a delta of 0.1 % of the candidates, against a full publish (fold, rows, codes, checks)",
              "ms",
              "femto.bench.swap.PublishCostTest")
          .measured(delta, Double.NaN)
          .detail("full_publish_ms", whole)
          .detail("fold_and_code_ms", full.foldNanos() / 1e6)
          .detail("check_ms", full.checkNanos() / 1e6)
          .holds(delta / whole, "a full publish", AIM);
    }
  }

  static Outcome measure(
      SyntheticAds ads, Trainer trainer, LiveModel live, Runnable settle, SwapSize size) {
    FemtoService service = new FemtoService(ads, live);
    int changed = Math.max(1, (int) (PART * ads.count()));
    double[] deltas = new double[size.deltas()];
    for (int i = -2; i < deltas.length; i++) { // two that do not count
      settle.run();
      var delta = service.delta(trainer.step(changed));
      long begin = System.nanoTime();
      PublishResult result = live.publish(delta);
      long end = System.nanoTime();
      require(result, changed);
      if (i >= 0) {
        deltas[i] = (end - begin) / 1e6;
      }
    }
    double[] fulls = new double[size.fullPublishes()];
    List<PublishResult> results = new ArrayList<>();
    long most = 0;
    for (int i = 0; i < fulls.length; i++) {
      Model model = ads.model();
      CandidateSet candidates = ads.candidateSet();
      try (Watch watch = new Watch(live)) {
        long begin = System.nanoTime();
        PublishResult result = live.publish(model, candidates);
        fulls[i] = (System.nanoTime() - begin) / 1e6;
        most = Math.max(most, watch.mostBytes());
        require(result, ads.count());
        results.add(result);
      }
    }
    settle.run();
    LiveStatistics rest = live.statistics();
    return new Outcome(
        changed,
        deltas,
        fulls,
        results.get(results.size() - 1),
        most,
        rest.liveBytes() + rest.pooledBytes());
  }

  private static void require(PublishResult result, int folded) {
    if (!result.isPublished() || result.refolded() != folded) {
      throw new IllegalStateException("expected " + folded + " candidates published: " + result);
    }
  }

  /** Looks at the bytes held every millisecond. */
  private static final class Watch implements AutoCloseable {
    private final AtomicLong most = new AtomicLong();
    private final Thread thread;
    private volatile boolean stopped;

    Watch(LiveModel live) {
      thread =
          Thread.ofPlatform()
              .daemon()
              .name("bench-watch")
              .start(
                  () -> {
                    while (!stopped) {
                      LiveStatistics now = live.statistics();
                      most.accumulateAndGet(now.liveBytes() + now.pooledBytes(), Math::max);
                      java.util.concurrent.locks.LockSupport.parkNanos(1_000_000);
                    }
                  });
    }

    long mostBytes() {
      return most.get();
    }

    @Override
    public void close() {
      stopped = true;
      boolean interrupted = false;
      while (thread.isAlive()) {
        try {
          thread.join();
        } catch (InterruptedException e) {
          interrupted = true;
        }
      }
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }
}
