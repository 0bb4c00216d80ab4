package femto.kernels;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class RowScoresTest {
  /**
   * Half a unit in the last place of 1: the largest relative error of one rounded f32 operation.
   */
  private static final double UNIT_ROUNDOFF = 0x1p-24;

  static IntStream lengths() {
    return IntStream.concat(
        IntStream.rangeClosed(0, 33),
        IntStream.of(37, 61, 64, 67, 97, 127, 131, 251, 257, 509, 1021, 4093, 8191, 8192));
  }

  /** Rows as plain arrays: the bias first, then the factors. */
  private static RowTable table(float[][] rows, int length) {
    MemorySegment segment =
        Arena.ofAuto().allocate(new RowLayout(length).tableBytes(rows.length), 4);
    RowTable table = RowTable.over(segment, rows.length, length);
    for (int row = 0; row < rows.length; row++) {
      table.setRow(row, rows[row][0], Arrays.copyOfRange(rows[row], 1, length + 1));
    }
    return table;
  }

  private static float[] gaussians(int n, Random random) {
    float[] numbers = new float[n];
    for (int i = 0; i < n; i++) {
      numbers[i] = (float) random.nextGaussian();
    }
    return numbers;
  }

  private static float[][] gaussianRows(int rows, int length, Random random) {
    float[][] numbers = new float[rows][];
    for (int row = 0; row < rows; row++) {
      numbers[row] = gaussians(length + 1, random);
    }
    return numbers;
  }

  /** The chain in exact decimal arithmetic, rounded to f32 once a step: no fma of the JDK in it. */
  private static float exactlyRoundedChain(float[] row, float[] query, int length) {
    float score = row[0];
    for (int f = 0; f < length; f++) {
      score =
          new BigDecimal(query[f])
              .multiply(new BigDecimal(row[1 + f]))
              .add(new BigDecimal(score))
              .floatValue();
    }
    return score;
  }

  @ParameterizedTest
  @MethodSource("lengths")
  void shouldEqualTheExactlyRoundedChainBitForBit(int length) {
    Random random = new Random(length);
    float[][] rows = gaussianRows(length > 300 ? 3 : 9, length, random);
    float[] query = gaussians(length, random);
    RowTable table = table(rows, length);
    for (int row = 0; row < rows.length; row++) {
      assertThat(Float.floatToRawIntBits(RowScores.score(table, query, row)))
          .as("row %d", row)
          .isEqualTo(Float.floatToRawIntBits(exactlyRoundedChain(rows[row], query, length)));
    }
  }

  @ParameterizedTest
  @MethodSource("lengths")
  void shouldBeWithinTheRoundingErrorOfTheDoubleSum(int length) {
    Random random = new Random(1000 + length);
    float[][] rows = gaussianRows(9, length, random);
    float[] query = gaussians(length, random);
    RowTable table = table(rows, length);
    for (int row = 0; row < rows.length; row++) {
      double sum = rows[row][0];
      double magnitudes = Math.abs(rows[row][0]);
      for (int f = 0; f < length; f++) {
        double product = (double) query[f] * rows[row][1 + f]; // exact: 48 bits
        sum += product;
        magnitudes += Math.abs(product);
      }
      // n rounded steps: |chain - exact| <= n u / (1 - n u) * (|bias| + sum of |products|) (Higham,
      // Accuracy and Stability, 3.1); likewise for the double sum, whose u is 2^-53.
      double bound =
          magnitudes
              * (length * UNIT_ROUNDOFF / (1 - length * UNIT_ROUNDOFF) + 2.0 * length * 0x1p-53);
      assertThat(Math.abs(RowScores.score(table, query, row) - sum)).isLessThanOrEqualTo(bound);
    }
  }

  @Test
  void shouldRoundOnceAStepAndNotAfterTheProduct() {
    float q = 1 + 0x1p-12f;
    // q * q = 1 + 2^-11 + 2^-24: a product rounded on its own loses the last term.
    RowTable table = table(new float[][] {{-1 - 0x1p-11f, q}}, 1);
    assertThat(RowScores.score(table, new float[] {q}, 0)).isEqualTo(0x1p-24f);
  }

  @Test
  void shouldAddInAscendingOrderOfFactorsFromTheBias() {
    float[][] rows = {{1, 0x1p25f, -0x1p25f, 1}, {1, 1, 0x1p25f, -0x1p25f}};
    RowTable table = table(rows, 3);
    float[] ones = {1, 1, 1};
    assertThat(RowScores.score(table, ones, 0)).isEqualTo(1f); // the bias is lost, the 1 is not
    assertThat(RowScores.score(table, ones, 1)).isEqualTo(0f);
  }

  @Test
  void shouldReturnTheBiasBitForBitWhenThereAreNoFactors() {
    RowTable table = table(new float[][] {{-0.0f}, {Float.MIN_VALUE}}, 0);
    assertThat(Float.floatToRawIntBits(RowScores.score(table, new float[0], 0)))
        .isEqualTo(0x80000000);
    assertThat(RowScores.score(table, new float[0], 1)).isEqualTo(Float.MIN_VALUE);
  }

  @Test
  void shouldKeepSubnormalProducts() {
    RowTable table = table(new float[][] {{0, 0x1p-100f}}, 1);
    assertThat(RowScores.score(table, new float[] {0x1p-49f}, 0)).isEqualTo(Float.MIN_VALUE);
  }

  @Test
  void shouldIgnoreWhatTheQueryHasBeyondTheLength() {
    RowTable table = table(new float[][] {{1, 2, 3}}, 2);
    float[] query = {10, 100, Float.NaN, 7};
    assertThat(RowScores.score(table, query, 0)).isEqualTo(321f);
  }

  @Test
  void shouldRefuseAQueryThatIsTooShort() {
    RowTable table = table(gaussianRows(9, 3, new Random(0)), 3);
    assertThatThrownBy(() -> RowScores.score(table, new float[2], 0))
        .isInstanceOf(IndexOutOfBoundsException.class);
    assertThatThrownBy(() -> RowScores.top(table, new float[2], null, new TopK(1)))
        .isInstanceOf(IndexOutOfBoundsException.class);
  }

  @Test
  void shouldGatherRowsInTheOrderAskedForRepeatedOnesToo() {
    Random random = new Random(3);
    RowTable table = table(gaussianRows(20, 5, random), 5);
    float[] query = gaussians(5, random);
    int[] rows = {19, 0, 7, 7, 3, 19, 1};
    float[] scores = new float[9];
    Arrays.fill(scores, -7);
    RowScores.gather(table, query, rows, 6, scores);
    for (int i = 0; i < 6; i++) {
      assertThat(scores[i]).isEqualTo(RowScores.score(table, query, rows[i]));
    }
    assertThat(Arrays.copyOfRange(scores, 6, 9)).containsOnly(-7);
  }

  @Test
  void shouldGatherNothingWhenTheCountIsZero() {
    RowTable table = table(new float[0][], 2);
    RowScores.gather(table, new float[2], new int[0], 0, new float[0]);
    assertThat(table.rows()).isZero();
  }

  @Test
  void shouldRefuseToGatherWhenAnArrayIsTooShortOrARowIsNotThere() {
    RowTable table = table(new float[4][3], 2);
    float[] query = new float[2];
    Class<IndexOutOfBoundsException> expected = IndexOutOfBoundsException.class;
    assertThatThrownBy(() -> RowScores.gather(table, query, new int[2], 3, new float[3]))
        .isInstanceOf(expected);
    assertThatThrownBy(() -> RowScores.gather(table, query, new int[3], 3, new float[2]))
        .isInstanceOf(expected);
    assertThatThrownBy(() -> RowScores.gather(table, query, new int[] {0, 4}, 2, new float[2]))
        .isInstanceOf(expected);
    assertThatThrownBy(() -> RowScores.gather(table, query, new int[] {-1}, 1, new float[1]))
        .isInstanceOf(expected);
  }

  private static List<TopKTest.Candidate> expectedTop(
      float[][] rows, float[] query, int length, int k, long @Nullable [] excluded) {
    List<TopKTest.Candidate> offers = new ArrayList<>();
    for (int row = 0; row < rows.length; row++) {
      boolean isExcluded = excluded != null && java.util.BitSet.valueOf(excluded).get(row);
      if (!isExcluded) {
        offers.add(new TopKTest.Candidate(row, exactlyRoundedChain(rows[row], query, length)));
      }
    }
    return TopKTest.fullSort(offers, k);
  }

  private static List<TopKTest.Candidate> top(
      RowTable table, float[] query, int k, long @Nullable [] excluded) {
    TopK best = new TopK(k);
    RowScores.top(table, query, excluded, best);
    return TopKTest.drain(best);
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 12, 13, 63, 64, 65, 127, 130})
  void shouldFindTheBestOfAnyNumberOfRows(int n) {
    Random random = new Random(n);
    for (int length : new int[] {0, 1, 3, 16}) {
      float[][] rows = gaussianRows(n, length, random);
      float[] query = gaussians(length, random);
      RowTable table = table(rows, length);
      for (int k : new int[] {0, 1, 2, 3, 4, 5, n, n + 1}) {
        assertThat(top(table, query, k, null))
            .as("length=%d k=%d", length, k)
            .isEqualTo(expectedTop(rows, query, length, k, null));
      }
    }
  }

  @ParameterizedTest
  @MethodSource("lengths")
  void shouldGiveTheSameFloatsAsTheChainOfEachRowAtEveryLength(int length) {
    Random random = new Random(77 + length);
    float[][] rows = gaussianRows(11, length, random);
    float[] query = gaussians(length, random);
    RowTable table = table(rows, length);
    List<TopKTest.Candidate> all = top(table, query, 11, null);
    assertThat(all).hasSize(11);
    for (TopKTest.Candidate candidate : all) {
      assertThat(Float.floatToRawIntBits(candidate.score()))
          .isEqualTo(Float.floatToRawIntBits(RowScores.score(table, query, candidate.index())));
    }
  }

  @Test
  void shouldReturnLowerIndexFirstWhenRowsTie() {
    float[][] rows = new float[23][];
    for (int row = 0; row < rows.length; row++) {
      rows[row] = new float[] {row % 3, 1};
    }
    assertThat(top(table(rows, 1), new float[] {1}, 9, null))
        .extracting(TopKTest.Candidate::index)
        .containsExactly(2, 5, 8, 11, 14, 17, 20, 1, 4);
  }

  @Test
  void shouldNeverOfferAnExcludedRow() {
    Random random = new Random(4);
    for (int n : new int[] {1, 3, 4, 5, 8, 63, 64, 65, 66, 129, 200}) {
      float[][] rows = gaussianRows(n, 3, random);
      float[] query = gaussians(3, random);
      RowTable table = table(rows, 3);
      for (int words = 0; words <= 5; words++) { // shorter than the table, exact and longer
        long[] excluded = random.longs(words).toArray();
        for (int k : new int[] {1, 4, n}) {
          assertThat(top(table, query, k, excluded))
              .as("n=%d words=%d k=%d", n, words, k)
              .isEqualTo(expectedTop(rows, query, 3, k, excluded));
        }
      }
    }
  }

  @Test
  void shouldExcludeNothingWithAnEmptyBitmapAndAllWithAFullOne() {
    float[][] rows = gaussianRows(70, 2, new Random(5));
    RowTable table = table(rows, 2);
    float[] query = {1, 2};
    assertThat(top(table, query, 70, new long[0])).isEqualTo(top(table, query, 70, null));
    assertThat(top(table, query, 70, new long[] {-1, -1})).isEmpty();
    assertThat(top(table, query, 70, new long[] {-1}))
        .extracting(TopKTest.Candidate::index)
        .containsExactlyInAnyOrder(64, 65, 66, 67, 68, 69);
  }

  @Test
  void shouldNotLetAnExcludedRowRaiseTheThreshold() {
    // Row 0 would beat all; excluded, it must not screen out the others of its group.
    float[][] rows = {{100}, {1}, {2}, {3}, {4}, {5}};
    assertThat(top(table(rows, 0), new float[0], 2, new long[] {1}))
        .extracting(TopKTest.Candidate::index)
        .containsExactly(5, 4);
  }

  @Test
  void shouldAddToWhatTheSelectionHoldsAlready() {
    TopK best = new TopK(3);
    best.offer(100, 50);
    best.offer(101, 2);
    RowScores.top(table(new float[][] {{1}, {2}, {3}, {2}, {0}}, 0), new float[0], null, best);
    assertThat(TopKTest.drain(best))
        .extracting(TopKTest.Candidate::index)
        .containsExactly(100, 2, 1);
  }

  @Test
  void shouldReadATableThatIsAlignedToFourBytesOnly() {
    MemorySegment memory = Arena.ofAuto().allocate(4 + 3 * 12L, 64);
    RowTable table = RowTable.over(memory.asSlice(4), 3, 2);
    table.setRow(2, 1, new float[] {2, 3});
    assertThat(RowScores.score(table, new float[] {1, 1}, 2)).isEqualTo(6f);
    assertThat(memory.get(ValueLayout.JAVA_FLOAT, 4 + 24)).isEqualTo(1f);
  }
}
