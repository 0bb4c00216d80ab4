package femto.bench.alternatives;

import femto.bench.KernelSetting;
import femto.kernels.RowTable;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
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
 * The best K of all rows by ways of scoring every row that lost. {@code SequentialReadBenchmark} is
 * the limit. {@code ScanAlternativesTest} holds the answers against a plain loop of doubles.
 */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(3)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class ScanAlternativesBenchmark extends KernelSetting {
  /** The ways. */
  public enum Way {
    /** The product's rows, in this frame: what the others are held against. */
    ROWS(rows -> new ReadAhead(rows, 0)),
    /** A second copy, factor by factor in blocks of 16 rows. */
    BLOCKS_16(rows -> new BlockTable(rows, 16)),
    /** The same in blocks of 64. */
    BLOCKS_64(rows -> new BlockTable(rows, 64)),
    /** The same in blocks of 512. */
    BLOCKS_512(rows -> new BlockTable(rows, 512)),
    /** The same in blocks of 1,024. */
    BLOCKS_1024(rows -> new BlockTable(rows, 1024)),
    /** Products in a scratch array, 16 sums at once; 16 factors. */
    SUMS_BY_TREE(SumsByTree::new),
    /** The lines of the next 64 rows touched first. */
    READ_64_AHEAD(rows -> new ReadAhead(rows, 64)),
    /** The lines of the next 256 rows touched first. */
    READ_256_AHEAD(rows -> new ReadAhead(rows, 256)),
    /** No tracking of magnitudes; 16 factors. */
    ROWS_MEASURED_BEFORE(Rows16::new);

    @SuppressWarnings("ImmutableEnumChecker") // the functions hold nothing
    private final Function<RowTable, ScanWay> maker;

    Way(Function<RowTable, ScanWay> maker) {
      this.maker = maker;
    }

    ScanWay make(RowTable rows) {
      return maker.apply(rows);
    }
  }

  /** How rows are scored. */
  @Param public Way scan = Way.ROWS;

  private @Nullable ScanWay made;
  private ScanSearch search;
  private int[] indexes;
  private float[] scores;

  /** Makes a benchmark that is not set up yet. */
  @SuppressWarnings("NullAway.Init") // JMH calls setUp before anything else
  public ScanAlternativesBenchmark() {}

  /** Makes the table, and what the way needs besides. */
  @Setup
  public final void setUp() {
    RowTable table = synthetic().table();
    ScanWay rows = scan.make(table);
    made = rows;
    search = new ScanSearch(rows, table, top);
    indexes = new int[top];
    scores = new float[top];
  }

  /** Frees it. */
  @TearDown
  public final void tearDown() {
    if (made instanceof BlockTable blocks) {
      blocks.close();
    }
    made = null;
  }

  /**
   * The best of all candidates for the next query.
   *
   * @return their indexes
   */
  @Benchmark
  public int[] top() {
    search.top(synthetic().query(nextQuery()), top, indexes, scores);
    return indexes;
  }
}
