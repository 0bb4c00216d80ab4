package femto.kernels;

import femto.kernels.TopRequest.Method;
import femto.kernels.impl.KernelSupport;
import femto.kernels.impl.ScalarKernels;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.SplittableRandom;

/**
 * Warms the kernels up on a real table until they are steady, and compares them with scalar code.
 */
final class WarmUpRun {
  private static final Logger LOGGER = System.getLogger("femto.kernels");

  /** Rows of the comparison: few enough for the nearest caches. */
  private static final int COMPARED = 256;

  /** Comparisons, of which the best counts: other work on the processor does not disturb all. */
  private static final int ROUNDS = 5;

  /** How often each side runs in a comparison, in turns; the least time counts. */
  private static final int RUNS = 40;

  private static final int K = 100;
  private static final Method[] METHODS = {Method.AUTO, Method.PLAIN};

  /** Index of gathering among the kinds of work, after the methods of searching. */
  private static final int GATHERING = METHODS.length;

  private final RowTable rows;
  private final TopSearch search;
  private final KernelSupport kernels;
  private final Logger logger;
  private final KernelSupport scalar = new ScalarKernels();
  private final float[] query;
  private final int[] indexes = new int[COMPARED];
  private final float[] listed = new float[COMPARED];
  private final int[] scratch = new int[KernelSupport.SCRATCH];
  private final SplittableRandom random = new SplittableRandom(1);

  WarmUpRun(RowTable rows, TopSearch search) {
    this(rows, search, Kernels.SUPPORT, LOGGER);
  }

  /** Compares these kernels, in place of those that the search uses. */
  WarmUpRun(RowTable rows, TopSearch search, KernelSupport kernels, Logger logger) {
    this.rows = rows;
    this.search = search;
    this.kernels = kernels;
    this.logger = logger;
    this.query = new float[rows.length()];
    for (int i = 0; i < COMPARED && rows.rows() > 0; i++) {
      indexes[i] = i % rows.rows();
    }
  }

  WarmUp run(Duration budget) {
    if (rows.rows() == 0) {
      return new WarmUp(kernels.name(), 0, 0, 0);
    }
    long now = System.nanoTime();
    long end = now + budget.toNanos();
    TopRequest request = new TopRequest();
    int[] found = new int[K];
    float[] values = new float[K];
    RowScores scores = new RowScores(rows);
    SteadyState steady = new SteadyState(METHODS.length + 1, now);
    long searches = 0;
    boolean steadyAndHealthy = false;
    do {
      int row = random.nextInt(rows.rows());
      for (int f = 0; f < query.length; f++) {
        query[f] = rows.factor(row, f);
      }
      int method = (int) (searches % METHODS.length);
      // The deadline keeps one search over a large table from taking the whole budget.
      request.reset(query, K).by(METHODS[method]).until(end);
      long begin = System.nanoTime();
      search.top(request, found, values);
      long middle = System.nanoTime();
      scores.gather(query, indexes, COMPARED, listed);
      now = System.nanoTime();
      steady.took(method, middle - begin, now);
      steady.took(GATHERING, now - middle, now);
      searches++;
      if (steady.isReached(now)) {
        // Slower than scalar code is not compiled yet, however steady it is.
        steadyAndHealthy = compare(searches).isHealthy();
        now = System.nanoTime();
        steady.prolong(now);
      }
    } while (!steadyAndHealthy && now - end < 0);
    WarmUp result = compare(searches);
    if (!result.isHealthy()) {
      logger.log(
          Level.WARNING,
          "{0} kernels take {1} ns a row, scalar ones {2}:"
              + " the compiler did not do its part; restarting the process may help",
          result.implementation(),
          result.nanosPerRow(),
          result.scalarNanosPerRow());
    }
    return result;
  }

  /** The most favourable of several comparisons. */
  private WarmUp compare(long searches) {
    WarmUp best = compareOnce(searches);
    for (int round = 1; round < ROUNDS; round++) {
      WarmUp next = compareOnce(searches);
      if (next.nanosPerRow() * best.scalarNanosPerRow()
          < best.nanosPerRow() * next.scalarNanosPerRow()) {
        best = next;
      }
    }
    return best;
  }

  private WarmUp compareOnce(long searches) {
    long used = Long.MAX_VALUE;
    long byScalar = Long.MAX_VALUE;
    for (int run = 0; run < RUNS; run++) {
      used = Math.min(used, gatherNanos(kernels));
      byScalar = Math.min(byScalar, gatherNanos(scalar));
    }
    return new WarmUp(
        kernels.name(), searches, (double) used / COMPARED, (double) byScalar / COMPARED);
  }

  private long gatherNanos(KernelSupport gathering) {
    long begin = System.nanoTime();
    gathering.gather(rows.segment(), rows.length(), query, indexes, COMPARED, scratch, listed);
    return System.nanoTime() - begin;
  }
}
