package femto.bench.swap;

import femto.bench.report.Figure;
import femto.bench.report.Finding;
import femto.model.Model;
import femto.swap.CandidateSet;
import femto.swap.Delta;
import femto.swap.LiveModel;
import femto.swap.LiveStatistics;
import femto.swap.PublishResult;
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
   * @param deltas milliseconds of each delta
   * @param firstDeltas those of the first after each full publish, which also lists the candidates
   *     of each feature
   * @param fulls those of each full publish
   * @param merges those of a merge with nothing else to do, from the delta that started it
   * @param full what was said of the last full publish
   * @param mostBytes most bytes held during a full publish, kept ones included
   * @param restBytes most bytes held when nothing was under way
   */
  record Outcome(
      int changed,
      double[] deltas,
      double[] firstDeltas,
      double[] fulls,
      double[] merges,
      PublishResult full,
      long mostBytes,
      long restBytes) {
    List<Figure> figures() {
      return List.of(
          Figure.of("Femto delta of 0.1 %", "ms", deltas),
          Figure.of("Femto full publish", "ms", fulls),
          Figure.of("of that, folding and coding", "ms", full.foldNanos() / 1e6),
          Figure.of("of that, checking", "ms", full.checkNanos() / 1e6),
          Figure.of("of that, the rest", "ms", full.publishNanos() / 1e6),
          Figure.of("Femto delta of 0.1 %, first after a full publish", "ms", firstDeltas),
          Figure.of("Femto merge, nothing else to do", "ms", merges));
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
          .detail("first_delta_after_full_ms", figures().get(5).median())
          .detail("merge_ms", figures().get(6).median())
          .holds(delta / whole, "a full publish", AIM);
    }
  }

  /** Fewer than start a merge, after each full publish. */
  static Outcome measure(
      SyntheticAds ads,
      Trainer trainer,
      LiveModel live,
      SwapBenchmarks.Settling settling,
      SwapSize size) {
    FemtoService service = new FemtoService(ads, live);
    int changed = Math.max(1, (int) (PART * ads.count()));
    double[] fulls = new double[size.fullPublishes()];
    double[] firsts = new double[fulls.length];
    double[] deltas = new double[fulls.length * size.deltas()];
    double[] merges = new double[fulls.length];
    PublishResult last = null;
    long most = 0;
    long rest = 0;
    for (int i = 0; i < fulls.length; i++) {
      // What a merge takes, and the memory kept for the next one, is there before it.
      settling.run();
      Delta one = service.delta(trainer.step(changed));
      merges[i] = merge(live, one, settling);
      settling.awaitRest();
      LiveStatistics now = live.statistics();
      rest = Math.max(rest, now.liveBytes() + now.pooledBytes());
      Model model = ads.model();
      CandidateSet candidates = ads.candidateSet();
      try (Watch watch = new Watch(live)) {
        long begin = System.nanoTime();
        last = live.publish(model, candidates);
        fulls[i] = millisSince(begin);
        most = Math.max(most, watch.mostBytes());
        require(last, ads.count());
      }
      firsts[i] = delta(live, service.delta(trainer.step(changed)), changed);
      for (int each = 0; each < size.deltas(); each++) {
        Delta delta = service.delta(trainer.step(changed));
        deltas[i * size.deltas() + each] = delta(live, delta, changed);
      }
    }
    return new Outcome(
        changed, deltas, firsts, fulls, merges, java.util.Objects.requireNonNull(last), most, rest);
  }

  private static double delta(LiveModel live, Delta delta, int changed) {
    long begin = System.nanoTime();
    PublishResult result = live.publish(delta);
    double millis = millisSince(begin);
    require(result, changed);
    return millis;
  }

  private static double merge(LiveModel live, Delta delta, SwapBenchmarks.Settling settling) {
    long begin = System.nanoTime();
    long before = settling.mergeNanos();
    long lent = live.publish(delta).mergeNanos();
    settling.await();
    lent += settling.mergeNanos() - before;
    return lent > 0 ? lent / 1e6 : millisSince(begin); // in the background none is lent
  }

  private static double millisSince(long begin) {
    return (System.nanoTime() - begin) / 1e6;
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
