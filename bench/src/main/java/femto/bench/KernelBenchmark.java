package femto.bench;

import femto.bench.data.SyntheticTable;
import femto.bench.limit.Fastest;
import femto.bench.limit.RandomRead;
import femto.bench.limit.SequentialRead;
import femto.bench.report.OperationCounters;
import femto.kernels.BatchTopSearch;
import femto.kernels.ParallelTopSearch;
import femto.kernels.RowScores;
import femto.kernels.RowTable;
import femto.kernels.Screen;
import femto.kernels.TopRequest;
import femto.kernels.TopRequest.Method;
import femto.kernels.TopSearch;
import femto.tools.rank.BatchRanking;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;
import org.openjdk.jmh.infra.BenchmarkParams;

/**
 * Femto's own kernels. {@code KernelBenchmarksTest} holds their answers against a plain loop of
 * doubles, and those of large tables against a scan of every row. The first call of each checks
 * answers on the very table that is measured ({@link AnswerCheck}), and fails if one is wrong.
 */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(3)
@Warmup(iterations = 2, time = 1)
@Measurement(iterations = 5, time = 1)
public class KernelBenchmark extends KernelSetting {
  /** Threads of the parallel ones: the machine that the claims are made for has two cores. */
  static final int THREADS = 2;

  /** Queries that {@link #rankBatch} answers in a call: as many a thread as batch ranking takes. */
  static final int BATCH = THREADS * BatchRanking.MAX_CONTEXTS_PER_TASK;

  private static final int LISTS_FOR_LIMIT = 50;

  private final TopRequest request = new TopRequest();
  private SyntheticTable synthetic;
  private RandomRows requests;
  private RowScores rowScores;
  private TopSearch plain;
  private ParallelTopSearch parallel;
  private AnswerCheck check;
  private @Nullable Fastest limit;
  private long limitNanos;
  private boolean checked;
  private @Nullable TopSearch screening;
  private BatchPart @Nullable [] parts;
  private ExecutorService pool;
  private int[] indexes;
  private float[] scores;
  private float[] listScores;

  /** Makes a benchmark that is not set up yet. */
  @SuppressWarnings("NullAway.Init") // JMH calls setUp before anything else
  public KernelBenchmark() {}

  /** Makes the table, or takes the one that is there; the screen is made when it is first used. */
  @Setup
  public final void setUp() {
    synthetic = synthetic();
    requests = new RandomRows(candidates);
    rowScores = new RowScores(synthetic.table());
    plain = new TopSearch(synthetic.table(), null);
    parallel = new ParallelTopSearch(synthetic.table(), null, THREADS);
    check = new AnswerCheck(synthetic, top);
    checked = false;
    screening = null;
    parts = null;
    pool = Executors.newFixedThreadPool(THREADS);
    indexes = new int[top];
    scores = new float[top];
    listScores = new float[RandomRows.LENGTH];
    limit = null;
  }

  /**
   * Looks what the limit is just before an iteration.
   *
   * @param params say which method is measured
   */
  @Setup(Level.Iteration)
  public final void findLimit(BenchmarkParams params) {
    if (limit == null) {
      limit = limit(params.getBenchmark()).warmedUp();
    }
    limitNanos = limit.nanos();
  }

  /** The ways of seeing what a call of a method has to see. */
  private Fastest limit(String method) {
    RowTable table = synthetic.table();
    if (method.endsWith(".gather")) {
      return Fastest.of(
          RandomRead.values(), way -> way.sum(table, requests.list(nextQuery())), LISTS_FOR_LIMIT);
    }
    return method.endsWith("ByTwo")
        ? Fastest.of(SequentialRead.values(), way -> way.sumByTwo(table.segment(), pool), 1)
        : Fastest.of(SequentialRead.values(), way -> way.sum(table.segment()), 1);
  }

  /** Ends the threads. */
  @TearDown
  public final void tearDown() {
    pool.close();
  }

  private TopRequest next(Method method) {
    return request.reset(synthetic.query(nextQuery()), top).by(method);
  }

  /**
   * The best of all candidates for the next query, as an embedder would ask.
   *
   * @param counters what it did
   * @return their indexes
   */
  @Benchmark
  public int[] top(OperationCounters counters) {
    TopSearch search = search();
    check.countIn(counters);
    counters.limitNanos = limitNanos;
    counters.begin();
    search.top(next(Method.AUTO), indexes, scores);
    counters.end();
    counters.searched(candidates, search.usedScreen(), search.scannedRows(), search.scoredRows());
    return indexes;
  }

  /** The search through the screen. */
  final TopSearch search() {
    TopSearch made = screening;
    if (made == null) {
      Screen screen = KernelTables.screen(synthetic);
      // Not the search that is measured: one that had given up would remember.
      check.search(new TopSearch(synthetic.table(), screen)::top, Method.SCREEN, Method.AUTO);
      made = new TopSearch(synthetic.table(), screen);
      screening = made;
    }
    return made;
  }

  /**
   * The same, by scoring every row.
   *
   * @param counters what it did
   * @return their indexes
   */
  @Benchmark
  public int[] plainTop(OperationCounters counters) {
    if (!checked) {
      check.search(plain::top); // against doubles alone
      checked = true;
    }
    check.countIn(counters);
    counters.limitNanos = limitNanos;
    counters.begin();
    plain.top(next(Method.PLAIN), indexes, scores);
    counters.end();
    return indexes;
  }

  /**
   * The same by two threads, each scoring half of the rows.
   *
   * @param counters what it did
   * @return their indexes
   */
  @Benchmark
  public int[] plainTopByTwo(OperationCounters counters) {
    if (!checked) {
      check.search((asked, rows, values) -> parallel.top(asked, pool, rows, values), Method.PLAIN);
      checked = true;
    }
    check.countIn(counters);
    counters.limitNanos = limitNanos;
    counters.beginOnAllThreads();
    parallel.top(next(Method.PLAIN), pool, indexes, scores);
    counters.endOnAllThreads();
    return indexes;
  }

  /**
   * The best of all candidates for each of 512 queries, two threads, as batch ranking does it.
   *
   * @param counters what it did
   * @return the indexes of the last
   * @throws ExecutionException if a search failed
   * @throws InterruptedException if the wait for the threads was interrupted
   */
  @Benchmark
  public int[] rankBatch(OperationCounters counters)
      throws ExecutionException, InterruptedException {
    BatchPart[] made = parts();
    check.countIn(counters);
    counters.beginOnAllThreads();
    Future<?>[] running = new Future<?>[THREADS];
    for (int part = 0; part < THREADS; part++) {
      running[part] = pool.submit(made[part]);
    }
    for (Future<?> each : running) {
      each.get();
    }
    counters.endOnAllThreads();
    for (BatchPart part : made) {
      counters.takeSearchesOf(part.ownCounters);
    }
    return made[THREADS - 1].indexes[made[THREADS - 1].indexes.length - 1];
  }

  private BatchPart[] parts() {
    BatchPart[] made = parts;
    if (made == null) {
      made = new BatchPart[THREADS];
      for (int part = 0; part < THREADS; part++) {
        made[part] = new BatchPart(part, KernelTables.screen(synthetic));
        made[part].check();
      }
      parts = made;
    }
    return made;
  }

  /** As many queries as a task of batch ranking has. */
  private final class BatchPart implements Runnable {
    private final BatchTopSearch own;
    private final TopRequest[] requests = new TopRequest[BATCH / THREADS];
    private final float[][] queries = new float[requests.length][];
    private final int[][] indexes = new int[requests.length][top];
    private final float[][] scores = new float[requests.length][top];
    private final int[] found = new int[requests.length];
    private final OperationCounters ownCounters = new OperationCounters();

    BatchPart(int part, Screen screen) {
      this.own = new BatchTopSearch(synthetic.table(), screen);
      for (int i = 0; i < requests.length; i++) {
        requests[i] = new TopRequest();
        queries[i] = synthetic.newQuery(part * requests.length + i);
      }
    }

    @Override
    public void run() {
      for (int i = 0; i < requests.length; i++) {
        requests[i].reset(queries[i], top);
      }
      own.top(requests, requests.length, indexes, scores, found);
      ownCounters.searched((long) candidates * requests.length, true, 0, own.scoredRows());
    }

    /** Holds every query's answer against scoring every row. */
    void check() {
      run();
      check.batch(queries, indexes, scores, found);
    }
  }

  /**
   * The scores of a list of random candidates.
   *
   * @param counters what it did
   * @return the scores
   */
  @Benchmark
  public float[] gather(OperationCounters counters) {
    if (!checked) {
      checkGather();
      checked = true;
    }
    check.countIn(counters);
    counters.limitNanos = limitNanos;
    int query = nextQuery();
    counters.begin();
    rowScores.gather(synthetic.query(query), requests.list(query), RandomRows.LENGTH, listScores);
    counters.end();
    return listScores;
  }

  private void checkGather() {
    for (int query = 0; query < AnswerCheck.SEARCHES; query++) {
      int[] rows = requests.list(query);
      rowScores.gather(synthetic.query(query), rows, RandomRows.LENGTH, listScores);
      check.scores(synthetic.query(query), rows, RandomRows.LENGTH, listScores);
    }
  }
}
