package femto.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import femto.bench.report.OperationCounters;
import femto.kernels.RowTable;
import org.junit.jupiter.api.Test;

class SparseRowsBenchmarkTest {
  @Test
  void shouldScoreRowsAsTheSumOverAllPairsDoes() {
    SparseRowsBenchmark benchmark = new SparseRowsBenchmark();
    benchmark.candidates = 3900;
    benchmark.setUp();
    try {
      float[] scores = benchmark.score(new OperationCounters()).clone();
      int[] features = benchmark.lastFeatures();
      for (int row = 0; row < SparseRowsBenchmark.ROWS; row += 37) {
        assertThat((double) scores[row])
            .isCloseTo(sumOverPairs(benchmark.table(), features, row), within(1e-3));
      }
    } finally {
      benchmark.tearDown();
    }
  }

  @Test
  void shouldScoreRowsAsTheTextbookLoopDoes() {
    SparseRowsBenchmark benchmark = new SparseRowsBenchmark();
    benchmark.candidates = 3900;
    benchmark.setUp();
    try {
      float[] scores = benchmark.textbook().clone();
      int[] features = benchmark.lastFeatures();
      for (int row = 0; row < SparseRowsBenchmark.ROWS; row += 37) {
        assertThat((double) scores[row])
            .isCloseTo(sumOverPairs(benchmark.table(), features, row), within(1e-3));
      }
    } finally {
      benchmark.tearDown();
    }
  }

  private static double sumOverPairs(RowTable table, int[] features, int row) {
    double score = 0.5;
    int begin = row * SparseRowsBenchmark.FIELDS;
    for (int i = begin; i < begin + SparseRowsBenchmark.FIELDS; i++) {
      score += table.bias(features[i]);
      for (int j = begin; j < i; j++) {
        for (int f = 0; f < table.length(); f++) {
          score += (double) table.factor(features[i], f) * table.factor(features[j], f);
        }
      }
    }
    return score;
  }
}
