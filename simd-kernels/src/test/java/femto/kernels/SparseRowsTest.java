package femto.kernels;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import femto.kernels.TestTable.Kind;
import femto.kernels.impl.ScalarKernels;
import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

class SparseRowsTest {
  static IntStream lengths() {
    return IntStream.concat(
        IntStream.rangeClosed(0, 33), IntStream.of(37, 61, 64, 127, 251, 257, 509, 8192));
  }

  private static float[] values(int count, SplittableRandom random) {
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = (float) random.nextGaussian();
    }
    return values;
  }

  /** Compares with scalar code bit for bit, and with the sum over all pairs within rounding. */
  private static void assertFolds(TestTable weights, float start, int[] features, float[] values) {
    int length = weights.length();
    int from = 3;
    int count = features.length;
    int[] shifted = new int[count + 5];
    Arrays.fill(shifted, Integer.MIN_VALUE); // must not be read
    System.arraycopy(features, 0, shifted, from, count);
    float[] shiftedValues = new float[count + 5];
    Arrays.fill(shiftedValues, Float.NaN);
    System.arraycopy(values, 0, shiftedValues, from, count);
    float[] vector = new float[length + 1];
    Arrays.fill(vector, -7);
    SparseRows rows = new SparseRows(weights.table());
    float score = rows.fold(start, shifted, shiftedValues, from, count, vector);
    String what = "length=" + length + " features=" + Arrays.toString(features);
    float[] expectedVector = new float[length];
    float expected =
        new ScalarKernels()
            .fold(
                weights.table().segment(),
                weights.table().layout().strideBytes(),
                length,
                start,
                features,
                values,
                0,
                count,
                expectedVector,
                new float[length]);
    Bits.assertSame(score, expected, what, -1);
    Bits.assertSame(vector, expectedVector, length, what);
    assertThat(vector[length]).isEqualTo(-7);

    double exact = Oracle.sparseScore(start, weights.rows(), features, values);
    float[][] sizes = new float[weights.size()][];
    for (int row = 0; row < sizes.length; row++) {
      sizes[row] = weights.rows()[row].clone();
      for (int d = 0; d <= length; d++) {
        sizes[row][d] = Math.abs(sizes[row][d]);
      }
    }
    float[] absolutes = values.clone();
    for (int i = 0; i < count; i++) {
      absolutes[i] = Math.abs(values[i]);
    }
    // Every term goes through no more than count + length additions and 3 products.
    double magnitude = Oracle.sparseScore(Math.abs(start), sizes, features, absolutes);
    double bound =
        (2.0 * count + length + 8) * (Oracle.UNIT_ROUNDOFF * magnitude + Float.MIN_VALUE);
    assertThat(Math.abs(score - exact)).as(what).isLessThanOrEqualTo(bound);
  }

  @ParameterizedTest
  @MethodSource("lengths")
  void shouldFoldTheSameBitsAtEveryLengthAndNumberOfFeatures(int length) {
    TestTable weights = TestTable.of(Kind.GAUSSIAN, 40, length, length);
    SplittableRandom random = new SplittableRandom(length);
    for (int count : new int[] {0, 1, 2, 3, 5, 16, 17, length > 300 ? 18 : 61}) {
      int[] features = random.ints(count, 0, weights.size()).toArray();
      assertFolds(weights, 0.25f, features, values(count, random));
    }
  }

  @ParameterizedTest
  @MethodSource("lengths")
  void shouldFoldTheFirstTheLastAndRepeatedFeatures(int length) {
    TestTable weights = TestTable.of(Kind.GAUSSIAN, 21, length, length);
    assertFolds(weights, 0, new int[] {0}, new float[] {1});
    assertFolds(weights, 0, new int[] {20}, new float[] {1});
    assertFolds(weights, -1, new int[] {20, 0, 20, 0, 0, 7}, new float[] {1, 2, 3, -4, 5, 0});
    assertFolds(weights, 2, new int[] {16, 17, 18, 19, 20}, new float[] {1, 1, 1, 1, -1});
    TestTable one = TestTable.of(Kind.GAUSSIAN, 1, length, length);
    assertFolds(one, 2, new int[] {0, 0}, new float[] {1, -1});
  }

  @ParameterizedTest
  @EnumSource(Kind.class)
  void shouldFoldEveryKindOfTable(Kind kind) {
    SplittableRandom random = new SplittableRandom(2);
    for (int length : new int[] {1, 7, 16, 19, 33}) {
      TestTable weights = TestTable.of(kind, 50, length, length);
      assertFolds(weights, -0.0f, random.ints(9, 0, 50).toArray(), values(9, random));
    }
  }

  @Test
  void shouldReturnTheStartAndZeroFactorsWhenThereAreNoFeatures() {
    SparseRows rows = new SparseRows(TestTable.of(Kind.GAUSSIAN, 5, 20, 1).table());
    float[] vector = new float[20];
    Arrays.fill(vector, -7);
    assertThat(rows.fold(3.5f, new int[0], new float[0], 0, 0, vector)).isEqualTo(3.5f);
    assertThat(vector).containsOnly(0);
  }

  @Test
  void shouldScoreConsecutiveRowsAsEachIsFolded() {
    SplittableRandom random = new SplittableRandom(3);
    for (int length : new int[] {0, 4, 16, 21}) {
      TestTable weights = TestTable.of(Kind.GAUSSIAN, 30, length, 1);
      int[] features = random.ints(20, 0, 30).toArray();
      float[] values = values(20, random);
      int[] offsets = {0, 5, 5, 6, 20};
      SparseRows rows = new SparseRows(weights.table());
      float[] scores = {-7, -7, -7, -7, -7};
      rows.score(0.5f, offsets, 4, features, values, scores);
      for (int row = 0; row < 4; row++) {
        int count = offsets[row + 1] - offsets[row];
        float fold = rows.fold(0.5f, features, values, offsets[row], count, new float[length]);
        Bits.assertSame(scores[row], fold, "row", row);
      }
      assertThat(scores[4]).isEqualTo(-7);
    }
  }

  @Test
  void shouldRefuseFeaturesThatAreNotThereAndArraysThatAreTooShort() {
    SparseRows rows = new SparseRows(TestTable.of(Kind.GAUSSIAN, 5, 3, 1).table());
    Class<IndexOutOfBoundsException> expected = IndexOutOfBoundsException.class;
    float[] vector = new float[3];
    assertThatThrownBy(() -> rows.fold(0, new int[] {0, 5}, new float[2], 0, 2, vector))
        .isInstanceOf(expected)
        .hasMessage("index 1 is 5, expected 0 to 4");
    assertThatThrownBy(() -> rows.fold(0, new int[] {-1}, new float[1], 0, 1, vector))
        .isInstanceOf(expected);
    assertThatThrownBy(() -> rows.fold(0, new int[2], new float[1], 0, 2, vector))
        .isInstanceOf(expected);
    assertThatThrownBy(() -> rows.fold(0, new int[1], new float[2], 0, 2, vector))
        .isInstanceOf(expected);
    assertThatThrownBy(() -> rows.fold(0, new int[2], new float[2], 1, 2, vector))
        .isInstanceOf(expected);
    assertThatThrownBy(() -> rows.fold(0, new int[2], new float[2], -1, 2, vector))
        .isInstanceOf(expected);
    assertThatThrownBy(() -> rows.fold(0, new int[2], new float[2], 2, -1, vector))
        .isInstanceOf(expected);
    assertThatThrownBy(() -> rows.fold(0, new int[2], new float[2], 1, Integer.MAX_VALUE, vector))
        .isInstanceOf(expected);
    assertThatThrownBy(() -> rows.fold(0, new int[1], new float[1], 0, 1, new float[2]))
        .isInstanceOf(expected);
    assertThatThrownBy(
            () -> rows.score(0, new int[] {0, 1}, 2, new int[2], new float[2], new float[2]))
        .isInstanceOf(expected);
    assertThatThrownBy(
            () -> rows.score(0, new int[] {0, 2, 1}, 2, new int[2], new float[2], new float[2]))
        .isInstanceOf(expected);
  }
}
