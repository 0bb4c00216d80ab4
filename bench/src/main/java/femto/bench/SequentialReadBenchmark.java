package femto.bench;

import femto.bench.data.SyntheticTable;
import femto.bench.limit.SequentialRead;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * The least time in which one core, or two, get to see every byte of the table. {@code
 * SequentialReadTest} proves that each way sees them all.
 */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(3)
@Warmup(iterations = 2, time = 1)
@Measurement(iterations = 5, time = 1)
public class SequentialReadBenchmark extends KernelSetting {
  /** The fastest is the limit. */
  @Param public SequentialRead way = SequentialRead.VECTOR_4;

  private SyntheticTable synthetic;
  private ExecutorService pool;

  /** Makes a benchmark that is not set up yet. */
  @SuppressWarnings("NullAway.Init") // JMH calls setUp before anything else
  public SequentialReadBenchmark() {}

  /** Makes the table, or takes the one that is there. */
  @Setup
  public final void setUp() {
    synthetic = synthetic();
    pool = Executors.newFixedThreadPool(2);
  }

  /** Ends the threads. */
  @TearDown
  public final void tearDown() {
    pool.close();
  }

  /**
   * Reads the table.
   *
   * @return the sum of its words
   */
  @Benchmark
  public long read() {
    return way.sum(synthetic.table().segment());
  }

  /**
   * Reads the table by two threads, each a half: what the machine allows them together.
   *
   * @return the sum of its words
   * @throws ExecutionException never
   * @throws InterruptedException if the wait for the threads was interrupted
   */
  @Benchmark
  public long readByTwo() throws ExecutionException, InterruptedException {
    return way.sumByTwo(synthetic.table().segment(), pool);
  }
}
