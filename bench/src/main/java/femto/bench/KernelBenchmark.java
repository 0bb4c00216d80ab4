package femto.bench;

import femto.bench.data.SyntheticTable;
import femto.bench.report.OperationCounters;
import femto.kernels.ParallelTopSearch;
import femto.kernels.RowScores;
import femto.kernels.Screen;
import femto.kernels.TopRequest;
import femto.kernels.TopRequest.Method;
import femto.kernels.TopSearch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

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

  /** Queries that {@link #rankBatch} answers in a call. */
  static final int BATCH = SyntheticTable.QUERIES;

  private final TopRequest request = new TopRequest();
  private SyntheticTable synthetic;
  private RandomRows requests;
  private RowScores rowScores;
  private TopSearch plain;
  private ParallelTopSearch parallel;
  private AnswerCheck check;
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
    counters.beginOnAllThreads();
    parallel.top(next(Method.PLAIN), pool, indexes, scores);
    counters.endOnAllThreads();
    return indexes;
  }

  /**
   * The best of all candidates for each of 64 queries, two threads, as batch ranking does it.
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
    return made[THREADS - 1].indexes;
  }

  private BatchPart[] parts() {
    BatchPart[] made = parts;
    if (made == null) {
      made = new BatchPart[THREADS];
      for (int part = 0; part < THREADS; part++) {
        Screen screen = KernelTables.screen(synthetic);
        check.search(new TopSearch(synthetic.table(), screen)::top, Method.AUTO);
        made[part] = new BatchPart(part, new TopSearch(synthetic.table(), screen));
      }
      parts = made;
    }
    return made;
  }

  /** Every second query. */
  private final class BatchPart implements Runnable {
    private final int first;
    private final TopSearch own;
    private final TopRequest ownRequest = new TopRequest();
    private final int[] indexes = new int[top];
    private final float[] scores = new float[top];
    private final OperationCounters ownCounters = new OperationCounters();

    BatchPart(int first, TopSearch own) {
      this.first = first;
      this.own = own;
    }

    @Override
    public void run() {
      for (int query = first; query < BATCH; query += THREADS) {
        own.top(ownRequest.reset(synthetic.query(query), top), indexes, scores);
        ownCounters.searched(candidates, own.usedScreen(), own.scannedRows(), own.scoredRows());
      }
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
