package femto.bench;

import femto.bench.data.SyntheticTable;
import femto.kernels.RowScores;
import femto.kernels.TopK;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.Warmup;

/**
 * Femto's own kernels. {@code KernelBenchmarksTest} holds their answers against a plain loop of
 * doubles.
 */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(3)
@Warmup(iterations = 2, time = 1)
@Measurement(iterations = 5, time = 1)
public class KernelBenchmark extends KernelSetting {
  private SyntheticTable synthetic;
  private RandomRows requests;
  private TopK best;
  private int[] indexes;
  private float[] scores;
  private float[] listScores;

  /** Makes a benchmark that is not set up yet. */
  @SuppressWarnings("NullAway.Init") // JMH calls setUp before anything else
  public KernelBenchmark() {}

  /** Makes the table, or takes the one that is there. */
  @Setup
  public final void setUp() {
    synthetic = synthetic();
    requests = new RandomRows(candidates);
    best = new TopK(top);
    indexes = new int[top];
    scores = new float[top];
    listScores = new float[RandomRows.LENGTH];
  }

  /**
   * The best of all candidates by the scalar scan, for the next query.
   *
   * @return their indexes
   */
  @Benchmark
  public int[] scalarTop() {
    best.reset(top);
    RowScores.top(synthetic.table(), synthetic.query(nextQuery()), null, best);
    best.drain(indexes, scores);
    return indexes;
  }

  /**
   * The scores of a list of random candidates, by the scalar chain.
   *
   * @return the scores
   */
  @Benchmark
  public float[] scalarGather() {
    int query = nextQuery();
    RowScores.gather(
        synthetic.table(),
        synthetic.query(query),
        requests.list(query),
        RandomRows.LENGTH,
        listScores);
    return listScores;
  }
}
