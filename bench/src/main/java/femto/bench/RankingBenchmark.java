package femto.bench;

import femto.model.FoldedCandidates;
import femto.score.Scorer;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * The ten best of a catalogue for one context: folded, beside the textbook formula for every
 * candidate. {@code RankingBenchmarkTest} proves that both find the same.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(3)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class RankingBenchmark {
  static final int TOP = 10;

  /** MovieLens 100K's catalogue, and one that no cache holds: 68 MB at 16 factors. */
  @Param({"1682", "1000000"})
  public int candidates = 1682;

  /** 16 is the common case. */
  @Param({"16"})
  public int factors = 16;

  /** Receives the answer. */
  final int[] indexes = new int[TOP];

  /** Receives the answer's scores. */
  final float[] scores = new float[TOP];

  private SyntheticModel synthetic;
  private FoldedCandidates folded;
  private Scorer scorer;

  /** Makes the model and folds the catalogue. */
  @Setup
  public final void setUp() {
    synthetic = new SyntheticModel(candidates, factors, 1);
    folded = FoldedCandidates.fold(synthetic.model, synthetic.candidates);
    scorer = new Scorer(synthetic.model, folded);
  }

  /** Frees them. */
  @TearDown
  public final void tearDown() {
    folded.close();
    synthetic.model.close();
  }

  /** Makes a benchmark that is not set up yet. */
  @SuppressWarnings("NullAway.Init") // JMH calls setUp before anything else
  public RankingBenchmark() {}

  /**
   * Folds the context and scans the folded catalogue.
   *
   * @return how many were found
   */
  @Benchmark
  public int folded() {
    scorer.fold(synthetic.contexts, 0);
    return scorer.top(TOP, null, indexes, scores);
  }

  /**
   * Computes every pair of features for every candidate.
   *
   * @return how many were found
   */
  @Benchmark
  public int textbook() {
    femto.kernels.TopK top = new femto.kernels.TopK(TOP);
    for (int candidate = 0; candidate < candidates; candidate++) {
      top.offer(candidate, (float) synthetic.textbookScore(candidate));
    }
    return top.drain(indexes, scores);
  }
}
