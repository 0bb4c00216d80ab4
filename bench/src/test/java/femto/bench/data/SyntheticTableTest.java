package femto.bench.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import femto.kernels.RowTable;
import java.util.Arrays;
import java.util.concurrent.ForkJoinPool;
import java.util.function.IntToDoubleFunction;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class SyntheticTableTest {
  private static final int CANDIDATES = 100_003;
  private static final int FACTORS = 5;

  @ParameterizedTest
  @EnumSource(Distribution.class)
  void shouldBeTheSameForTheSameSeedOnAnyNumberOfThreads(Distribution distribution)
      throws Exception {
    ForkJoinPool one = new ForkJoinPool(1);
    try (SyntheticTable first = SyntheticTable.create(distribution, CANDIDATES, FACTORS, 1);
        SyntheticTable second =
            one.submit(() -> SyntheticTable.create(distribution, CANDIDATES, FACTORS, 1)).get();
        SyntheticTable other = SyntheticTable.create(distribution, CANDIDATES, FACTORS, 2)) {
      assertThat(first.table().segment().mismatch(second.table().segment())).isEqualTo(-1);
      assertThat(first.query(3)).isEqualTo(second.query(3));
      assertThat(first.query(3)).isNotEqualTo(first.query(4)).isNotEqualTo(other.query(3));
      if (distribution != Distribution.EQUAL) {
        assertThat(first.table().segment().mismatch(other.table().segment())).isNotEqualTo(-1);
      }
    } finally {
      one.shutdown();
    }
  }

  @Test
  void shouldDrawGaussianNumbers() {
    try (SyntheticTable synthetic =
        SyntheticTable.create(Distribution.GAUSSIAN, CANDIDATES, FACTORS, 1)) {
      RowTable table = synthetic.table();
      requireVariance(1, table::bias);
      for (int f = 0; f < FACTORS; f++) {
        int factor = f;
        requireVariance(1, row -> table.factor(row, factor));
      }
      // Unrelated to the number beside it and to that of the next row.
      assertThat(mean(row -> table.bias(row) * table.factor(row, 0))).isCloseTo(0, within(0.02));
      assertThat(mean(row -> table.bias(row) * table.bias((row + 1) % CANDIDATES)))
          .isCloseTo(0, within(0.02));
      // 5 of 100 lie beyond 1.96.
      assertThat(mean(row -> Math.abs(table.bias(row)) > 1.96 ? 1 : 0))
          .isCloseTo(0.05, within(0.005));
    }
  }

  @Test
  void shouldDrawLogNormalNormsWithFallingVariances() {
    try (SyntheticTable synthetic =
        SyntheticTable.create(Distribution.LOG_NORMAL, CANDIDATES, FACTORS, 1)) {
      RowTable table = synthetic.table();
      requireVariance(0.25, table::bias);
      for (int f = 0; f < FACTORS; f++) {
        int factor = f;
        // The mean of exp(0.5 N)^2 is exp(0.5).
        requireVariance(Math.exp(0.5) / (f + 1), row -> table.factor(row, factor));
      }
    }
  }

  @Test
  void shouldDrawHeavyTails() {
    try (SyntheticTable synthetic =
        SyntheticTable.create(Distribution.HEAVY_TAILS, CANDIDATES, FACTORS, 1)) {
      RowTable table = synthetic.table();
      double[] sorted = IntStream.range(0, CANDIDATES).mapToDouble(table::bias).sorted().toArray();
      // Quantiles of Student's t with 3 degrees of freedom.
      assertThat(sorted[CANDIDATES / 2]).isCloseTo(0, within(0.02));
      assertThat(sorted[(int) (0.95 * CANDIDATES)]).isCloseTo(2.353, within(0.06));
      assertThat(sorted[(int) (0.999 * CANDIDATES)]).isCloseTo(10.21, within(1.2));
    }
  }

  @Test
  void shouldMakeEqualRows() {
    try (SyntheticTable synthetic =
        SyntheticTable.create(Distribution.EQUAL, CANDIDATES, FACTORS, 1)) {
      RowTable table = synthetic.table();
      requireVariance(0, row -> table.factor(row, FACTORS - 1) - table.bias(0));
    }
  }

  private static void requireVariance(double expected, IntToDoubleFunction number) {
    assertThat(mean(number)).isCloseTo(0, within(0.02));
    assertThat(mean(row -> number.applyAsDouble(row) * number.applyAsDouble(row)))
        .isCloseTo(expected, within(0.04 * expected));
  }

  private static double mean(IntToDoubleFunction number) {
    return Arrays.stream(IntStream.range(0, CANDIDATES).mapToDouble(number).toArray())
        .average()
        .orElseThrow();
  }
}
