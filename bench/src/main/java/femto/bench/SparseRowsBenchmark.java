package femto.bench;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import femto.bench.limit.Fastest;
import femto.bench.limit.RandomRead;
import femto.bench.report.OperationCounters;
import femto.bench.report.WrongAnswerException;
import femto.kernels.RowLayout;
import femto.kernels.RowTable;
import femto.kernels.SparseRows;
import femto.memory.Slab;
import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
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
 * Rows of 39 one-hot fields, the shape of Criteo's, scored by the weights of a million features.
 * {@code SparseRowsBenchmarkTest} holds the answers against the sum over all pairs in doubles.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(3)
@Warmup(iterations = 2, time = 1)
@Measurement(iterations = 5, time = 1)
public class SparseRowsBenchmark {
  /** Rows a call. */
  static final int ROWS = 1000;

  /** Fields a row. */
  static final int FIELDS = 39;

  /** Different calls: their features are more than the caches hold. */
  private static final int CALLS = 50;

  private static final int CALLS_FOR_LIMIT = 10;

  /** Features, 68 MB at 16 factors; kept under this name so that it is a parameter like others. */
  @Param("1000000")
  public int candidates = 1_000_000;

  /** 16 is the common case. */
  @Param("16")
  public int factors = 16;

  private final int[] offsets = new int[ROWS + 1];
  private final int[][] features = new int[CALLS][ROWS * FIELDS];
  private final float[] values = new float[ROWS * FIELDS];
  private final float[] scores = new float[ROWS];
  private Slab slab;
  private RowTable table;
  private SparseRows sparse;
  private @Nullable Fastest limit;
  private long limitNanos;
  private int next;
  private long checkedScores;

  /** Makes a benchmark that is not set up yet. */
  @SuppressWarnings("NullAway.Init") // JMH calls setUp before anything else
  public SparseRowsBenchmark() {}

  /** Makes the weights and the rows. */
  @Setup
  public final void setUp() {
    RowLayout layout = new RowLayout(factors);
    slab = Slab.allocate(layout.tableBytes(candidates));
    table = RowTable.over(slab.segment(), candidates, factors);
    SplittableRandom random = new SplittableRandom(1);
    for (long at = 0; at < slab.segment().byteSize(); at += Float.BYTES) {
      slab.segment().set(JAVA_FLOAT, at, (float) (random.nextDouble() - 0.5));
    }
    for (int row = 0; row <= ROWS; row++) {
      offsets[row] = row * FIELDS;
    }
    Arrays.fill(values, 1);
    int perField = candidates / FIELDS;
    for (int[] call : features) {
      for (int i = 0; i < call.length; i++) {
        call[i] = i % FIELDS * perField + random.nextInt(perField);
      }
    }
    sparse = new SparseRows(table);
  }

  /** Looks what the limit is just before an iteration. */
  @Setup(Level.Iteration)
  public final void findLimit() {
    if (limit == null) {
      limit =
          Fastest.of(RandomRead.values(), way -> way.sum(table, nextFeatures()), CALLS_FOR_LIMIT)
              .warmedUp();
    }
    limitNanos = limit.nanos();
  }

  /** Frees the weights. */
  @TearDown
  public final void tearDown() {
    slab.close();
  }

  /**
   * Scores the next rows. The first call checks some of its scores.
   *
   * @param counters what it did
   * @return the scores
   */
  @Benchmark
  public float[] score(OperationCounters counters) {
    if (checkedScores == 0) {
      check();
    }
    counters.checkedScores = checkedScores;
    counters.limitNanos = limitNanos;
    int[] call = nextFeatures();
    counters.begin();
    sparse.score(0.5f, offsets, ROWS, call, values, scores);
    counters.end();
    return scores;
  }

  /** Holds the scores of every tenth row against the textbook's formula in doubles. */
  private void check() {
    for (int[] call : Arrays.copyOf(features, 4)) {
      sparse.score(0.5f, offsets, ROWS, call, values, scores);
      for (int row = 0; row < ROWS; row += 10) {
        double exact = exact(call, row);
        if (!(Math.abs(scores[row] - exact) <= 1e-3)) {
          throw new WrongAnswerException(
              "sparse row " + row + " has the score " + scores[row] + ", expected " + exact);
        }
        checkedScores++;
      }
    }
  }

  /** The sum over all pairs, as the square of the sum less the sum of squares. */
  private double exact(int[] call, int row) {
    double score = 0.5;
    for (int i = offsets[row]; i < offsets[row + 1]; i++) {
      score += (double) values[i] * table.bias(call[i]);
    }
    for (int f = 0; f < factors; f++) {
      double sum = 0;
      double squares = 0;
      for (int i = offsets[row]; i < offsets[row + 1]; i++) {
        double product = (double) values[i] * table.factor(call[i], f);
        sum += product;
        squares += product * product;
      }
      score += 0.5 * (sum * sum - squares);
    }
    return score;
  }

  /**
   * The same by the plain loop of the textbook (Rendle 2010, lemma 3.1), factor by factor.
   *
   * @return the scores
   */
  @Benchmark
  public float[] textbook() {
    int[] call = nextFeatures();
    RowLayout layout = table.layout();
    for (int row = 0; row < ROWS; row++) {
      float score = 0.5f;
      int end = offsets[row + 1];
      for (int i = offsets[row]; i < end; i++) {
        score += values[i] * table.bias(call[i]);
      }
      for (int f = 0; f < factors; f++) {
        float sum = 0;
        float squares = 0;
        for (int i = offsets[row]; i < end; i++) {
          long at = layout.rowOffset(call[i]) + RowLayout.FACTORS_OFFSET + (long) f * Float.BYTES;
          float product = values[i] * table.segment().get(JAVA_FLOAT, at);
          sum += product;
          squares += product * product;
        }
        score += 0.5f * (sum * sum - squares);
      }
      scores[row] = score;
    }
    return scores;
  }

  /**
   * Touches the cache lines of the next rows' features.
   *
   * @return the sum of what was read
   */
  @Benchmark
  public int touch() {
    return RandomRead.FOUR_ROWS.sum(table, nextFeatures());
  }

  /**
   * The same in another way.
   *
   * @return the sum of what was read
   */
  @Benchmark
  public int touchOneByOne() {
    return RandomRead.ROW_BY_ROW.sum(table, nextFeatures());
  }

  private int[] nextFeatures() {
    next++;
    return features[Math.floorMod(next, CALLS)];
  }

  /** What the last call but one worked on. */
  final int[] lastFeatures() {
    return features[Math.floorMod(next, CALLS)];
  }

  final RowTable table() {
    return table;
  }
}
