package femto.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RankingBenchmarkTest {
  @ParameterizedTest
  @ValueSource(ints = {10, 1682, 100_000})
  void shouldFindTheSameCandidatesFoldedAndByTheTextbook(int candidates) {
    RankingBenchmark benchmark = new RankingBenchmark();
    benchmark.candidates = candidates;
    benchmark.setUp();
    try {
      assertThat(benchmark.textbook()).isEqualTo(RankingBenchmark.TOP);
      int[] indexes = benchmark.indexes.clone();
      float[] scores = benchmark.scores.clone();
      assertThat(benchmark.folded()).isEqualTo(RankingBenchmark.TOP);
      assertThat(benchmark.indexes).isEqualTo(indexes);
      assertThat(benchmark.scores).containsExactly(scores, within(1e-4f));
    } finally {
      benchmark.tearDown();
    }
  }
}
