package femto.bench;

import femto.bench.data.SyntheticTable;
import femto.bench.peer.Peer;
import femto.bench.peer.PeerKind;
import femto.kernels.TopK;
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
 * The peers. {@code PeerTest} holds the answers of each against a plain loop of doubles. What one
 * costs does not depend on the kind of table, since all of them read every row.
 */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(3)
@Warmup(iterations = 2, time = 1)
@Measurement(iterations = 5, time = 1)
public class PeerBenchmark extends KernelSetting {
  /** The peer, and how it is used. */
  @Param public PeerKind peer = PeerKind.LUCENE;

  private SyntheticTable synthetic;
  private Peer engine;
  private float[][] queries;
  private TopK[] best;
  private int[] indexes;
  private float[] scores;

  /** Makes a benchmark that is not set up yet. */
  @SuppressWarnings("NullAway.Init") // JMH calls setUp before anything else
  public PeerBenchmark() {}

  /** Makes the table, or takes the one that is there, and hands it to the peer. */
  @Setup
  public final void setUp() {
    synthetic = synthetic();
    engine = peer.open(synthetic.table());
    queries = new float[peer.batch()][];
    best = new TopK[peer.batch()];
    for (int query = 0; query < best.length; query++) {
      best[query] = new TopK(top);
    }
    indexes = new int[top];
    scores = new float[top];
  }

  /** Frees what the peer holds. */
  @TearDown
  public final void tearDown() {
    engine.close();
  }

  /**
   * Ranks all candidates for the next queries, as many as the peer takes at a time.
   *
   * @return the best of the last one
   */
  @Benchmark
  public int[] top() {
    for (int query = 0; query < queries.length; query++) {
      queries[query] = synthetic.query(nextQuery());
      best[query].reset(top);
    }
    engine.top(queries, best);
    for (TopK selection : best) {
      selection.drain(indexes, scores);
    }
    return indexes;
  }
}
