package femto.bench;

import femto.bench.data.SyntheticTable;
import femto.kernels.ParallelTopSearch;
import femto.kernels.RowScores;
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
 * doubles, and those of large tables against a scan of every row.
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
   * @return their indexes
   */
  @Benchmark
  public int[] top() {
    search().top(next(Method.AUTO), indexes, scores);
    return indexes;
  }

  /** The search through the screen. */
  final TopSearch search() {
    TopSearch made = screening;
    if (made == null) {
      made = new TopSearch(synthetic.table(), KernelTables.screen(synthetic));
      screening = made;
    }
    return made;
  }

  /**
   * The same, by scoring every row.
   *
   * @return their indexes
   */
  @Benchmark
  public int[] plainTop() {
    plain.top(next(Method.PLAIN), indexes, scores);
    return indexes;
  }

  /**
   * The same by two threads, each scoring half of the rows.
   *
   * @return their indexes
   */
  @Benchmark
  public int[] plainTopByTwo() {
    parallel.top(next(Method.PLAIN), pool, indexes, scores);
    return indexes;
  }

  /**
   * The best of all candidates for each of 64 queries, two threads, as batch ranking does it.
   *
   * @return the indexes of the last
   * @throws ExecutionException if a search failed
   * @throws InterruptedException if the wait for the threads was interrupted
   */
  @Benchmark
  public int[] rankBatch() throws ExecutionException, InterruptedException {
    BatchPart[] made = parts();
    Future<?>[] running = new Future<?>[THREADS];
    for (int part = 0; part < THREADS; part++) {
      running[part] = pool.submit(made[part]);
    }
    for (Future<?> each : running) {
      each.get();
    }
    return made[THREADS - 1].indexes;
  }

  private BatchPart[] parts() {
    BatchPart[] made = parts;
    if (made == null) {
      made = new BatchPart[THREADS];
      for (int part = 0; part < THREADS; part++) {
        TopSearch own = new TopSearch(synthetic.table(), KernelTables.screen(synthetic));
        made[part] = new BatchPart(part, own);
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

    BatchPart(int first, TopSearch own) {
      this.first = first;
      this.own = own;
    }

    @Override
    public void run() {
      for (int query = first; query < BATCH; query += THREADS) {
        own.top(ownRequest.reset(synthetic.query(query), top), indexes, scores);
      }
    }
  }

  /**
   * The scores of a list of random candidates.
   *
   * @return the scores
   */
  @Benchmark
  public float[] gather() {
    int query = nextQuery();
    rowScores.gather(synthetic.query(query), requests.list(query), RandomRows.LENGTH, listScores);
    return listScores;
  }
}
