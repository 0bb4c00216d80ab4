package femto.kernels;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import femto.kernels.TestTable.Kind;
import femto.kernels.TestTable.QueryKind;
import femto.kernels.impl.KernelSupport;
import femto.kernels.impl.ScalarKernels;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class RowScoresTest {
  private static final KernelSupport SCALAR = new ScalarKernels();

  /** Up to two vectors of 16 lanes and one, then primes, then the pieces of long rows. */
  static IntStream lengths() {
    return IntStream.concat(
        IntStream.rangeClosed(0, 33),
        IntStream.of(
            37, 61, 64, 127, 251, 253, 254, 255, 256, 257, 269, 270, 509, 510, 511, 1021, 8192));
  }

  private static TestTable gaussians(int rows, int length) {
    return TestTable.of(Kind.GAUSSIAN, rows, length, length);
  }

  private static float[] query(int length) {
    return QueryKind.GAUSSIAN.query(length, new SplittableRandom(77 + length));
  }

  /** Fails unless the kernels in use and scalar code gather the chains of the rows. */
  private static void assertGathers(TestTable table, float[] query, int[] rows, int count) {
    float[] chains = Oracle.chains(table.rows(), query);
    float[] expected = new float[count];
    for (int i = 0; i < count; i++) {
      expected[i] = chains[rows[i]];
    }
    String what = "length=" + table.length() + " rows=" + table.size() + " count=" + count;
    float[] scores = new float[count + 1];
    scores[count] = -7;
    new RowScores(table.table()).gather(query, rows, count, scores);
    Bits.assertSame(scores, expected, count, what);
    assertThat(scores[count]).isEqualTo(-7);
    int[] scratch = new int[KernelSupport.SCRATCH];
    MemorySegment segment = table.table().segment();
    SCALAR.gather(segment, table.length(), query, rows, count, scratch, scores);
    Bits.assertSame(scores, expected, count, "scalar " + what);
  }

  @ParameterizedTest
  @MethodSource("lengths")
  void shouldEqualTheExactlyRoundedChainBitForBit(int length) {
    TestTable table = gaussians(length > 300 ? 3 : 9, length);
    float[] query = query(length);
    for (int row = 0; row < table.size(); row++) {
      Bits.assertSame(
          RowScores.score(table.table(), query, row),
          Oracle.exactlyRoundedChain(table.rows()[row], query),
          "chain",
          row);
    }
  }

  @ParameterizedTest
  @MethodSource("lengths")
  void shouldBeWithinTheRoundingErrorOfTheDoubleSum(int length) {
    for (Kind kind : Kind.values()) {
      TestTable table = TestTable.of(kind, 9, length, length);
      for (QueryKind queryKind : QueryKind.values()) {
        float[] query = queryKind.query(length, new SplittableRandom(length));
        for (int row = 0; row < table.size(); row++) {
          double score = RowScores.score(table.table(), query, row);
          assertThat(Math.abs(score - Oracle.score(table.rows()[row], query)))
              .as("%s %s", kind, queryKind)
              .isLessThanOrEqualTo(Oracle.chainError(table.rows()[row], query) * (1 + 1e-6));
        }
      }
    }
  }

  @ParameterizedTest
  @MethodSource("lengths")
  void shouldGatherTheSameBitsAtEveryLengthAndCount(int length) {
    TestTable table = gaussians(40, length);
    float[] query = query(length);
    SplittableRandom random = new SplittableRandom(length);
    int[] rows = random.ints(1025, 0, table.size()).toArray();
    rows[0] = 0; // the row that a vector which ends with it would begin before
    rows[1] = table.size() - 1; // the row that ends where the memory ends
    rows[2] = table.size() - 1;
    int[] counts = {0, 1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 32, 33};
    for (int count : counts) {
      assertGathers(table, query, rows, count);
    }
    if (length <= 64 || length == 257) {
      for (int count : new int[] {255, 256, 1023, 1024, 1025}) {
        assertGathers(table, query, rows, count);
      }
    }
  }

  @ParameterizedTest
  @MethodSource("lengths")
  void shouldGatherFromTablesOfFewRows(int length) {
    for (int size : new int[] {1, 2, 3, 5}) {
      TestTable table = gaussians(size, length);
      int[] rows = IntStream.range(0, 48).map(i -> i % size).toArray();
      assertGathers(table, query(length), rows, 48);
    }
  }

  @ParameterizedTest
  @EnumSource(Kind.class)
  void shouldGatherTheSameBitsFromEveryKindOfTable(Kind kind) {
    for (int length : new int[] {1, 3, 8, 15, 16, 17, 40}) {
      TestTable table = TestTable.of(kind, 67, length, 5);
      int[] rows = IntStream.range(0, table.size()).map(i -> (i * 29) % 67).toArray();
      for (QueryKind queryKind : QueryKind.values()) {
        float[] query = queryKind.query(length, new SplittableRandom(length));
        assertGathers(table, query, rows, rows.length);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 32, 33, 37, 61, 127, 251, 509})
  void shouldBoundTheChainsOfConsecutiveRowsFromAbove(int length) {
    for (Kind kind : Kind.values()) {
      TestTable table = TestTable.of(kind, 70, length, length);
      for (QueryKind queryKind : QueryKind.values()) {
        float[] query = queryKind.query(length, new SplittableRandom(length));
        for (int first : new int[] {0, 1, 2, 5, 15, 16, 17}) {
          for (int count : new int[] {0, 1, 15, 16, 33, 70 - first}) {
            assertBounds(table, query, first, count, kind + " " + queryKind);
          }
        }
      }
    }
  }

  @Test
  void shouldBoundTheChainsOfLongRowsFromAbove() {
    TestTable table = gaussians(5, 8192);
    assertBounds(table, query(8192), 0, 5, "long");
    assertBounds(table, query(8192), 1, 4, "long");
  }

  /**
   * A bound is not below the chain, and above it by no more than the rounding of both sums and of
   * the margin: of the norm of the query times that of all rows, whose squares count twice at most,
   * and of those that a vector before them may reach into.
   */
  private static void assertBounds(
      TestTable table, float[] query, int first, int count, String what) {
    double ofRows = 1e-35;
    for (int row = Math.max(0, first - 16); row < first + count; row++) {
      for (float number : table.rows()[row]) {
        ofRows += 2.0 * number * number;
      }
    }
    double ofQuery = 1;
    for (float number : query) {
      ofQuery += (double) number * number;
    }
    int roundings = table.length() + 2 * 16;
    double slack =
        6.0 * roundings * Oracle.UNIT_ROUNDOFF * Math.sqrt(ofQuery * ofRows)
            + 6.0 * roundings * Float.MIN_VALUE;
    int[] indexes = new int[count];
    float[] bounds = new float[count + 1];
    bounds[count] = -7;
    RowScores scores = new RowScores(table.table());
    scores.upperBounds(query, first, count, indexes, bounds);
    for (int i = 0; i < count; i++) {
      float chain = Oracle.chain(table.rows()[first + i], query);
      if (!(bounds[i] >= chain && bounds[i] <= chain + slack)) {
        assertThat(bounds[i])
            .as("%s length=%d row=%d of %d+%d", what, table.length(), first + i, first, count)
            .isBetween(chain, (float) (chain + slack));
      }
    }
    assertThat(bounds[count]).isEqualTo(-7);
  }

  @Test
  void shouldBoundChainsThatRoundUpWhereEveryProductUnderflows() {
    // The chain: 1 unit, 1.5 -> 2, 2.5 -> 2, ...; rounded on its own, every product is 0.
    int length = 24;
    float[][] rows = new float[20][length + 1];
    for (float[] row : rows) {
      Arrays.fill(row, 0x1p-75f);
      row[0] = Float.MIN_VALUE;
    }
    float[] query = new float[length];
    Arrays.fill(query, 0x1p-75f);
    assertThat(Oracle.chain(rows[0], query)).isEqualTo(2 * Float.MIN_VALUE);
    assertBounds(TestTable.of(rows, length), query, 0, 20, "underflow");
    assertBounds(TestTable.of(rows, length), query, 2, 18, "underflow");
  }

  @Test
  void shouldRoundOnceAStepAndNotAfterTheProduct() {
    float q = 1 + 0x1p-12f;
    // q * q = 1 + 2^-11 + 2^-24: a product rounded on its own loses the last term.
    TestTable table = repeated(new float[] {-1 - 0x1p-11f, q});
    assertAllScores(table, new float[] {q}, 0x1p-24f);
  }

  @Test
  void shouldAddInAscendingOrderOfFactorsFromTheBias() {
    float[] ones = {1, 1, 1};
    // The bias is lost, the 1 is not.
    assertAllScores(repeated(new float[] {1, 0x1p25f, -0x1p25f, 1}), ones, 1);
    assertAllScores(repeated(new float[] {1, 1, 0x1p25f, -0x1p25f}), ones, 0);
  }

  @Test
  void shouldKeepSubnormalProducts() {
    float[] query = {0x1p-49f};
    assertAllScores(repeated(new float[] {0, 0x1p-100f}), query, Float.MIN_VALUE);
  }

  @Test
  void shouldReturnTheBiasBitForBitWhenThereAreNoFactors() {
    assertAllScores(repeated(new float[] {-0.0f}), new float[0], -0.0f);
    assertAllScores(repeated(new float[] {Float.MIN_VALUE}), new float[0], Float.MIN_VALUE);
  }

  @Test
  void shouldIgnoreWhatTheQueryHasBeyondTheLength() {
    float[] query = {10, 100, Float.NaN, 7};
    assertAllScores(repeated(new float[] {1, 2, 3}), query, 321);
  }

  /** A whole number of vectors, and rows that are left over. */
  private static TestTable repeated(float[] row) {
    float[][] rows = new float[35][];
    Arrays.fill(rows, row);
    return TestTable.of(rows, row.length - 1);
  }

  private static void assertAllScores(TestTable table, float[] query, float expected) {
    int[] rows = IntStream.range(0, table.size()).toArray();
    float[] scores = new float[rows.length];
    new RowScores(table.table()).gather(query, rows, rows.length, scores);
    for (int row = 0; row < rows.length; row++) {
      Bits.assertSame(scores[row], expected, "gathered", row);
      Bits.assertSame(RowScores.score(table.table(), query, row), expected, "score", row);
    }
  }

  @Test
  void shouldRefuseToGatherWhenAnArrayIsTooShortOrARowIsNotThere() {
    RowScores scores = new RowScores(gaussians(4, 2).table());
    float[] query = new float[2];
    Class<IndexOutOfBoundsException> expected = IndexOutOfBoundsException.class;
    assertThatThrownBy(() -> scores.gather(query, new int[2], 3, new float[3]))
        .isInstanceOf(expected)
        .hasMessage("indexes has 2 elements, expected 3 or more");
    assertThatThrownBy(() -> scores.gather(query, new int[3], 3, new float[2]))
        .isInstanceOf(expected)
        .hasMessage("into has 2 elements, expected 3 or more");
    assertThatThrownBy(() -> scores.gather(new float[1], new int[3], 3, new float[3]))
        .isInstanceOf(expected)
        .hasMessage("query has 1 elements, expected 2 or more");
    assertThatThrownBy(() -> scores.gather(query, new int[] {0, 4}, 2, new float[2]))
        .isInstanceOf(expected)
        .hasMessage("index 1 is 4, expected 0 to 3");
    assertThatThrownBy(() -> scores.gather(query, new int[] {-1}, 1, new float[1]))
        .isInstanceOf(expected);
    assertThatThrownBy(() -> scores.gather(query, new int[1], -1, new float[1]))
        .isInstanceOf(expected);
  }

  @Test
  void shouldRefuseToScoreARowThatIsNotThere() {
    RowTable table = gaussians(4, 2).table();
    for (int row : new int[] {-1, 4, Integer.MIN_VALUE, Integer.MAX_VALUE}) {
      assertThatThrownBy(() -> RowScores.score(table, new float[2], row))
          .isInstanceOf(IndexOutOfBoundsException.class);
    }
    assertThatThrownBy(() -> RowScores.score(table, new float[1], 0))
        .isInstanceOf(IndexOutOfBoundsException.class);
  }

  @Test
  void shouldReadATableThatIsAlignedToFourBytesOnly() {
    MemorySegment memory = Arena.ofAuto().allocate(4 + 40 * 12L, 64);
    RowTable table = RowTable.over(memory.asSlice(4), 40, 2);
    int[] rows = IntStream.range(0, 40).toArray();
    for (int row : rows) {
      table.setRow(row, row, new float[] {2, 3});
    }
    float[] scores = new float[40];
    new RowScores(table).gather(new float[] {1, 1}, rows, 40, scores);
    for (int row : rows) {
      assertThat(scores[row]).isEqualTo(row + 5f);
    }
    assertThat(memory.get(ValueLayout.JAVA_FLOAT, 4 + 24)).isEqualTo(2f);
  }
}
