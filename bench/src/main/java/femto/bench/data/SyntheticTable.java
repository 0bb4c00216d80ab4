package femto.bench.data;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import femto.kernels.RowLayout;
import femto.kernels.RowTable;
import femto.memory.Slab;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.stream.IntStream;

/**
 * A table of candidates on huge pages, and queries to rank them by.
 *
 * <p>The same distribution, size and seed give the same numbers on any number of threads: every
 * block of rows is drawn from a generator of its own. The owner closes it; the table and its memory
 * must not be used after that. Reading is safe from any number of threads.
 */
public final class SyntheticTable implements AutoCloseable {
  /** How many different queries there are; benchmarks rotate over them. */
  public static final int QUERIES = 64;

  private static final int BLOCK_ROWS = 4096;

  private final Slab slab;
  private final Distribution distribution;
  private final long seed;
  private final RowTable table;
  private final float[][] queries = new float[QUERIES][];

  private SyntheticTable(Slab slab, RowTable table, Distribution distribution, long seed) {
    this.slab = slab;
    this.table = table;
    this.distribution = distribution;
    this.seed = seed;
    Arrays.setAll(queries, this::newQuery);
  }

  /**
   * Makes a table, on all processors.
   *
   * @param distribution what its numbers look like
   * @param candidates number of rows
   * @param factors number of factors a row; each has a bias besides
   * @param seed another seed gives another table of the same kind
   * @return the table; the caller closes it
   */
  public static SyntheticTable create(
      Distribution distribution, int candidates, int factors, long seed) {
    Slab slab = Slab.allocate(new RowLayout(factors).tableBytes(candidates));
    try {
      RowTable table = RowTable.over(slab.segment(), candidates, factors);
      SyntheticTable synthetic = new SyntheticTable(slab, table, distribution, seed);
      fill(table, distribution, seed);
      return synthetic;
    } catch (Throwable failure) {
      slab.close();
      throw failure;
    }
  }

  /**
   * Fills a table with the numbers that {@link #create} would give one of its size, on all
   * processors.
   *
   * @param table the table
   * @param distribution what its numbers look like
   * @param seed another seed gives other numbers of the same kind
   */
  public static void fill(RowTable table, Distribution distribution, long seed) {
    int blocks = Math.ceilDiv(table.rows(), BLOCK_ROWS);
    IntStream.range(0, blocks)
        .parallel()
        .forEach(block -> fill(table, distribution, block, generator(seed, block)));
  }

  private static void fill(
      RowTable table, Distribution distribution, int block, SplittableRandom random) {
    int first = block * BLOCK_ROWS;
    int rows = Math.min(BLOCK_ROWS, table.rows() - first);
    int length = table.length();
    float[] numbers = new float[rows * (length + 1)];
    for (int row = 0; row < rows; row++) {
      distribution.fillRow(random, numbers, row * (length + 1), length);
    }
    MemorySegment.copy(
        numbers,
        0,
        table.segment(),
        JAVA_FLOAT,
        table.layout().rowOffset(first) + RowLayout.BIAS_OFFSET,
        numbers.length);
  }

  /** SplittableRandom mixes its seed well, so neighbouring seeds give unrelated streams. */
  private static SplittableRandom generator(long seed, int stream) {
    return new SplittableRandom(seed * 0x9E3779B97F4A7C15L + stream);
  }

  /**
   * The candidates.
   *
   * @return a view, valid until this is closed
   */
  public RowTable table() {
    return table;
  }

  /**
   * One of the queries.
   *
   * @param number any number; they repeat after {@value #QUERIES}
   * @return its factors, shared: not to be changed
   */
  public float[] query(int number) {
    return queries[Math.floorMod(number, QUERIES)];
  }

  /**
   * A query of any number, where more are needed than rotate.
   *
   * @param number 0 or more; those below {@value #QUERIES} are equal to {@link #query}
   * @return its factors, a new array
   */
  public float[] newQuery(int number) {
    float[] query = new float[table.length()];
    distribution.fillQuery(generator(seed, -1 - number), query);
    return query;
  }

  /** Frees the memory. */
  @Override
  public void close() {
    slab.close();
  }
}
