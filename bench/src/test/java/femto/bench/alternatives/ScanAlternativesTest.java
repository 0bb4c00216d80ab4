package femto.bench.alternatives;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import femto.bench.Oracle;
import femto.bench.alternatives.ScanAlternativesBenchmark.Way;
import femto.bench.data.Distribution;
import femto.bench.data.SyntheticTable;
import femto.kernels.RowScores;
import femto.kernels.RowTable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.EnumSource.Mode;

class ScanAlternativesTest {
  /** Neither whole chunks nor whole blocks of any size. */
  private static final int CANDIDATES = 10_007;

  @ParameterizedTest
  @EnumSource(Way.class)
  void shouldFindWhatAPlainLoopFinds(Way way) {
    for (Distribution kind : new Distribution[] {Distribution.GAUSSIAN, Distribution.LOG_NORMAL}) {
      assertFindsWhatAPlainLoopFinds(way, kind, 16);
    }
  }

  @ParameterizedTest
  @EnumSource(
      names = {"SUMS_BY_TREE", "ROWS_MEASURED_BEFORE"},
      mode = Mode.EXCLUDE)
  void shouldFindItAtOtherLengthsToo(Way way) {
    for (int factors : new int[] {1, 3, 7, 33, 64}) {
      assertFindsWhatAPlainLoopFinds(way, Distribution.GAUSSIAN, factors);
    }
  }

  private static void assertFindsWhatAPlainLoopFinds(Way way, Distribution kind, int factors) {
    ScanAlternativesBenchmark benchmark = new ScanAlternativesBenchmark();
    benchmark.kind = kind;
    benchmark.candidates = CANDIDATES;
    benchmark.factors = factors;
    benchmark.scan = way;
    try (SyntheticTable same = SyntheticTable.create(kind, CANDIDATES, factors, 1)) {
      benchmark.setUp();
      for (int query = 0; query < 3; query++) {
        int[] expected = Oracle.top(same.table(), same.query(query), benchmark.top);
        assertThat(benchmark.top()).as("%s, %s, %d", way, kind, factors).isEqualTo(expected);
      }
      benchmark.tearDown();
    }
  }

  /** Every row, not only the best: blocks give the chain, the others what is not below it. */
  @ParameterizedTest
  @EnumSource(Way.class)
  void shouldScoreEveryRow(Way way) {
    try (SyntheticTable synthetic =
        SyntheticTable.create(Distribution.GAUSSIAN, CANDIDATES, 16, 1)) {
      RowTable table = synthetic.table();
      float[] query = synthetic.query(1);
      float[] scores = new float[ScanWay.CHUNK];
      ScanWay scan = way.make(table);
      for (int first = 0; first < CANDIDATES; first += ScanWay.CHUNK) {
        int count = Math.min(ScanWay.CHUNK, CANDIDATES - first);
        scan.score(query, first, count, scores);
        for (int i = 0; i < count; i++) {
          float chain = RowScores.score(table, query, first + i);
          float most = way.name().startsWith("BLOCKS") ? chain : chain + 1e-2f;
          assertThat(scores[i]).as("%s, row %d", way, first + i).isBetween(chain, most);
        }
      }
      if (scan instanceof BlockTable blocks) {
        blocks.close();
      }
    }
  }

  @Test
  void shouldRefuseBlocksThatThereAreNot() {
    try (SyntheticTable synthetic = SyntheticTable.create(Distribution.EQUAL, 10, 3, 1)) {
      for (int block : new int[] {0, 8, 48, 2048}) {
        assertThatThrownBy(() -> new BlockTable(synthetic.table(), block))
            .isInstanceOf(IllegalArgumentException.class)
            .hasMessageContaining("block=" + block);
      }
      assertThatThrownBy(() -> new SumsByTree(synthetic.table()))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("3 factors, expected 16");
    }
  }
}
