package femto.kernels;

import static org.assertj.core.api.Assertions.assertThat;

import femto.kernels.SearchCase.BidKind;
import femto.kernels.TestTable.Kind;
import femto.kernels.TestTable.QueryKind;
import femto.kernels.TopRequest.Method;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What runs in steady state allocates nothing, with the vectors that the processor has. */
@Tag("once")
class AllocationTest {
  private static final int OPERATIONS = 1000;

  /**
   * What all operations together may allocate. Vectors that the compiler does not keep in registers
   * would be 16 bytes or more for each of millions; this much is what the measurement itself costs,
   * and a compilation or a class that is loaded meanwhile.
   */
  private static final long MOST_BYTES = 1024;

  private static final int MOST_ROUNDS = 60;

  private static final TestTable TABLE = TestTable.of(Kind.GAUSSIAN, 9000, 16, 1);
  private static final Screen SCREEN = TABLE.screen();
  private final float[] query = QueryKind.GAUSSIAN.query(16, new SplittableRandom(1));

  /** By reflection, since the module under test does not require jdk.management. */
  private static long allocatedBytes() {
    try {
      Object bean =
          Class.forName("java.lang.management.ManagementFactory")
              .getMethod("getThreadMXBean")
              .invoke(null);
      return (long)
          Class.forName("com.sun.management.ThreadMXBean")
              .getMethod("getCurrentThreadAllocatedBytes")
              .invoke(bean);
    } catch (ReflectiveOperationException broken) {
      throw new LinkageError(broken.getMessage(), broken);
    }
  }

  /** Runs rounds until one allocates nothing: before that, not everything is compiled. */
  private static void assertAllocatesNothing(Runnable operation) {
    assertThat(Kernels.implementation()).startsWith("vector");
    long bytes = Long.MAX_VALUE;
    for (int round = 0; round < MOST_ROUNDS && bytes > MOST_BYTES; round++) {
      long idle = allocatedBytes();
      idle = allocatedBytes() - idle;
      long before = allocatedBytes();
      for (int i = 0; i < OPERATIONS; i++) {
        operation.run();
      }
      bytes = allocatedBytes() - before - idle;
    }
    assertThat(bytes).isLessThanOrEqualTo(MOST_BYTES);
  }

  private void assertSearchesAllocateNothing(TopRequest request) {
    TopSearch search = new TopSearch(TABLE.table(), SCREEN);
    int[] indexes = new int[20];
    float[] values = new float[20];
    assertAllocatesNothing(() -> search.top(request, indexes, values));
  }

  @Test
  void shouldAllocateNothingToSearchThroughAScreen() {
    assertSearchesAllocateNothing(new TopRequest().reset(query, 20).by(Method.SCREEN));
  }

  @Test
  void shouldAllocateNothingToSearchRowByRow() {
    assertSearchesAllocateNothing(new TopRequest().reset(query, 20).by(Method.PLAIN));
  }

  @Test
  void shouldAllocateNothingToSearchByExpectedValueAmongSelectedRows() {
    Bids bids = Bids.copyOf(BidKind.HEAVY_TAILED.bids(9000, new SplittableRandom(1)), SCREEN);
    long[] words = new SplittableRandom(2).longs(141).toArray();
    Selection selection = Selection.copyOf(words);
    TopRequest request = new TopRequest();
    TopSearch search = new TopSearch(TABLE.table(), SCREEN);
    int[] indexes = new int[20];
    float[] values = new float[20];
    Method[] methods = Method.values();
    int[] turn = {0};
    assertAllocatesNothing(
        () -> {
          request
              .reset(query, 20)
              .by(methods[turn[0]++ % methods.length])
              .among(selection)
              .excluding(words)
              .until(System.nanoTime() + 1_000_000_000)
              .byExpectedValue(bids, -1);
          search.top(request, indexes, values);
        });
  }

  @Test
  void shouldAllocateNothingToSearchListedRows() {
    TopRequest request = new TopRequest().reset(query, 20);
    TopSearch search = new TopSearch(TABLE.table(), SCREEN);
    int[] listed = IntStream.range(0, 1500).map(i -> i * 6).toArray();
    float[] residuals = new float[1500];
    int[] indexes = new int[20];
    float[] values = new float[20];
    assertAllocatesNothing(
        () -> search.top(request, listed, listed.length, residuals, indexes, values));
  }

  @Test
  void shouldAllocateNothingToSearchForManyQueries() {
    BatchTopSearch search = new BatchTopSearch(TABLE.table(), SCREEN);
    TopRequest[] requests = new TopRequest[18];
    for (int i = 0; i < requests.length; i++) {
      requests[i] = new TopRequest();
    }
    int[][] indexes = new int[requests.length][20];
    float[][] values = new float[requests.length][20];
    int[] found = new int[requests.length];
    assertAllocatesNothing(
        () -> {
          for (TopRequest request : requests) {
            request.reset(query, 20);
          }
          search.top(requests, requests.length, indexes, values, found);
        });
  }

  @Test
  void shouldAllocateNothingToGather() {
    for (int length : new int[] {3, 16, 40}) {
      TestTable table = TestTable.of(Kind.GAUSSIAN, 700, length, 1);
      RowScores scores = new RowScores(table.table());
      float[] numbers = QueryKind.GAUSSIAN.query(length, new SplittableRandom(1));
      int[] rows = IntStream.range(0, 700).map(i -> i * 13 % 700).toArray();
      float[] into = new float[700];
      assertAllocatesNothing(() -> scores.gather(numbers, rows, rows.length, into));
    }
  }

  @Test
  void shouldAllocateNothingToFold() {
    for (int length : new int[] {3, 16, 40}) {
      TestTable table = TestTable.of(Kind.GAUSSIAN, 700, length, 1);
      SparseRows rows = new SparseRows(table.table());
      int[] features = IntStream.range(0, 200).map(i -> i * 13 % 700).toArray();
      float[] values = new float[200];
      float[] into = new float[length];
      assertAllocatesNothing(() -> rows.fold(1, features, values, 0, 200, into));
    }
  }

  /** Every tenth row replaced, so that tables and slots are both read. */
  private static RowPatch patch(TestTable table) {
    int rows = table.size();
    RowPatch.Editor editor =
        RowPatch.none(table.table(), TestTable.of(Kind.ZEROS, rows, table.length(), 1).table())
            .edit();
    for (int row = 0; row < rows; row += 10) {
      editor.set(row, row, new float[table.length()]);
    }
    return editor.finish();
  }

  @Test
  void shouldAllocateNothingToSearchThroughAPatch() {
    RowPatch patch = patch(TABLE);
    for (Method method : Method.values()) {
      assertSearchesAllocateNothing(new TopRequest().reset(query, 20).by(method).patchedBy(patch));
    }
  }

  @Test
  void shouldAllocateNothingToGatherFoldAndRankAListThroughAPatch() {
    TestTable table = TestTable.of(Kind.GAUSSIAN, 700, 16, 1);
    RowPatch patch = patch(table);
    float[] numbers = QueryKind.GAUSSIAN.query(16, new SplittableRandom(1));
    int[] rows = IntStream.range(0, 700).map(i -> i * 13 % 700).toArray();
    float[] values = new float[700];
    RowScores scores = new RowScores(table.table());
    assertAllocatesNothing(() -> scores.gather(patch, numbers, rows, rows.length, values));
    SparseRows sums = new SparseRows(table.table());
    float[] vector = new float[16];
    assertAllocatesNothing(() -> sums.fold(patch, 1, rows, values, 0, 200, vector));
    TopSearch search = new TopSearch(table.table(), null);
    TopRequest request = new TopRequest().reset(numbers, 20).patchedBy(patch);
    int[] indexes = new int[20];
    float[] best = new float[20];
    assertAllocatesNothing(() -> search.top(request, rows, rows.length, values, indexes, best));
  }

  @Test
  void shouldAllocateNothingToTakeTheSigmoid() {
    float[] x = new float[1000];
    assertAllocatesNothing(() -> Sigmoid.of(x, 1000, x));
  }
}
