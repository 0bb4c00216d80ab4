package femto.bench;

import femto.bench.data.SyntheticTable;
import femto.bench.limit.RandomRead;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.Warmup;

/**
 * The least time in which one core gets to see every cache line of a list of random rows. {@code
 * RandomReadTest} proves that each way sees them.
 */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(3)
@Warmup(iterations = 2, time = 1)
@Measurement(iterations = 5, time = 1)
public class RandomReadBenchmark extends KernelSetting {
  /** The fastest is the limit. */
  @Param public RandomRead way = RandomRead.ROW_BY_ROW;

  private SyntheticTable synthetic;
  private RandomRows requests;

  /** Makes a benchmark that is not set up yet. */
  @SuppressWarnings("NullAway.Init") // JMH calls setUp before anything else
  public RandomReadBenchmark() {}

  /** Makes the table, or takes the one that is there. */
  @Setup
  public final void setUp() {
    synthetic = synthetic();
    requests = new RandomRows(candidates);
  }

  /**
   * Touches the rows of the next request.
   *
   * @return the sum of what was read
   */
  @Benchmark
  public int read() {
    return way.sum(synthetic.table(), requests.list(nextQuery()));
  }
}
