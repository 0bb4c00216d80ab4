package femto.bench;

import femto.bench.data.SyntheticTable;
import femto.bench.limit.SequentialRead;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
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
  private List<MemorySegment> halves;
  private ExecutorService pool;

  /** Makes a benchmark that is not set up yet. */
  @SuppressWarnings("NullAway.Init") // JMH calls setUp before anything else
  public SequentialReadBenchmark() {}

  /** Makes the table, or takes the one that is there. */
  @Setup
  public final void setUp() {
    synthetic = synthetic();
    MemorySegment all = synthetic.table().segment();
    long half = all.byteSize() / 2 & -64L;
    halves = List.of(all.asSlice(0, half), all.asSlice(half));
    pool = Executors.newFixedThreadPool(halves.size());
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
    List<Future<Long>> running = new ArrayList<>();
    for (MemorySegment half : halves) {
      running.add(pool.submit(() -> way.sum(half)));
    }
    long sum = 0;
    for (Future<Long> each : running) {
      sum += each.get();
    }
    return sum;
  }
}
