package femto.kernels;

import femto.kernels.TopRequest.Method;
import femto.kernels.impl.KernelSupport;
import femto.kernels.impl.ScalarKernels;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.SplittableRandom;

/** Warms the kernels up on a real table, then compares them with scalar code. */
final class WarmUpRun {
  private static final Logger LOGGER = System.getLogger("femto.kernels");

  /** Rows of the comparison: few enough for the nearest caches. */
  private static final int COMPARED = 256;

  private static final int ROUNDS = 200;
  private static final int K = 100;

  private final RowTable rows;
  private final TopSearch search;
  private final float[] query;
  private final int[] indexes;
  private final SplittableRandom random = new SplittableRandom(1);

  WarmUpRun(RowTable rows, TopSearch search) {
    this.rows = rows;
    this.search = search;
    this.query = new float[rows.length()];
    this.indexes = new int[Math.min(COMPARED, rows.rows())];
    for (int i = 0; i < indexes.length; i++) {
      indexes[i] = i;
    }
  }

  WarmUp run(Duration budget) {
    if (rows.rows() == 0) {
      return new WarmUp(Kernels.implementation(), 0, 0, 0);
    }
    long end = System.nanoTime() + budget.toNanos();
    TopRequest request = new TopRequest();
    int[] found = new int[K];
    float[] values = new float[K];
    RowScores scores = new RowScores(rows);
    float[] listed = new float[indexes.length];
    long searches = 0;
    Method[] methods = {Method.AUTO, Method.PLAIN};
    do {
      int row = random.nextInt(rows.rows());
      for (int f = 0; f < query.length; f++) {
        query[f] = rows.factor(row, f);
      }
      // The deadline keeps one search over a large table from taking the whole budget.
      request.reset(query, K).by(methods[(int) (searches % methods.length)]).until(end);
      search.top(request, found, values);
      scores.gather(query, indexes, indexes.length, listed);
      searches++;
    } while (System.nanoTime() - end < 0);
    double used = nanosPerRow(Kernels.SUPPORT, listed);
    double scalar = nanosPerRow(new ScalarKernels(), listed);
    WarmUp result = new WarmUp(Kernels.implementation(), searches, used, scalar);
    if (!result.isHealthy()) {
      LOGGER.log(
          Level.WARNING,
          "{0} kernels take {1} ns a row, scalar ones {2}:"
              + " the compiler did not do its part; restarting the process may help",
          result.implementation(),
          used,
          scalar);
    }
    return result;
  }

  /** The least of several rounds. */
  private double nanosPerRow(KernelSupport kernels, float[] into) {
    int[] scratch = new int[KernelSupport.SCRATCH];
    long least = Long.MAX_VALUE;
    for (int round = 0; round < ROUNDS; round++) {
      long begin = System.nanoTime();
      kernels.gather(rows.segment(), rows.length(), query, indexes, indexes.length, scratch, into);
      least = Math.min(least, System.nanoTime() - begin);
    }
    return (double) least / indexes.length;
  }
}
