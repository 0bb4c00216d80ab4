package femto.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import femto.bench.data.Distribution;
import femto.bench.peer.PeerKind;
import femto.bench.report.OperationCounters;
import femto.kernels.RowTable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class KernelBenchmarksTest {
  private static final int CANDIDATES = 10_007;

  private final OperationCounters counters = new OperationCounters();

  @ParameterizedTest
  @EnumSource(Distribution.class)
  void shouldFindWhatAPlainLoopFinds(Distribution kind) throws Exception {
    KernelBenchmark benchmark = small(new KernelBenchmark(), kind);
    benchmark.setUp();
    try {
      RowTable table = benchmark.synthetic().table();
      for (int query = 0; query < 9; query += 3) {
        assertThat(benchmark.top(counters)).isEqualTo(expected(benchmark, query));
        assertThat(benchmark.plainTop(counters)).isEqualTo(expected(benchmark, query + 1));
        assertThat(benchmark.plainTopByTwo(counters)).isEqualTo(expected(benchmark, query + 2));
      }
      assertThat(benchmark.rankBatch(counters))
          .isEqualTo(
              Oracle.top(
                  table, benchmark.synthetic().newQuery(KernelBenchmark.BATCH - 1), benchmark.top));
      assertThat(table.rows()).isEqualTo(CANDIDATES);
    } finally {
      benchmark.tearDown();
    }
  }

  private static int[] expected(KernelBenchmark benchmark, int query) {
    return Oracle.top(
        benchmark.synthetic().table(), benchmark.synthetic().query(query), benchmark.top);
  }

  @ParameterizedTest
  @EnumSource(Distribution.class)
  void shouldFindInALargeTableWhatScoringEveryRowFinds(Distribution kind) {
    KernelBenchmark screening = new KernelBenchmark();
    screening.kind = kind;
    screening.candidates = 1_000_000;
    screening.setUp();
    KernelBenchmark plain = new KernelBenchmark();
    plain.kind = kind;
    plain.candidates = screening.candidates;
    plain.setUp();
    try {
      for (int query = 0; query < 5; query++) {
        assertThat(screening.top(counters)).isEqualTo(plain.plainTop(counters));
        assertThat(screening.search().usedScreen()).isEqualTo(kind != Distribution.EQUAL);
      }
    } finally {
      plain.tearDown();
      screening.tearDown();
    }
  }

  @ParameterizedTest
  @EnumSource(Distribution.class)
  void shouldScoreAListAsAPlainLoopDoes(Distribution kind) {
    KernelBenchmark benchmark = small(new KernelBenchmark(), kind);
    benchmark.setUp();
    try {
      RowTable table = benchmark.synthetic().table();
      float[] query = benchmark.synthetic().query(0);
      int[] rows = new RandomRows(CANDIDATES).list(0);
      float[] scores = benchmark.gather(counters);
      assertThat(scores).hasSize(rows.length);
      for (int i = 0; i < rows.length; i++) {
        double expected = Oracle.score(table, query, rows[i]);
        double size = Math.abs(expected) + 1 + Math.abs(table.bias(rows[i]));
        assertThat((double) scores[i]).isCloseTo(expected, within(1e-4 * size));
      }
    } finally {
      benchmark.tearDown();
    }
  }

  @Test
  void shouldMeasureAPeerThatFindsWhatAPlainLoopFinds() {
    PeerBenchmark benchmark = small(new PeerBenchmark(), Distribution.LOG_NORMAL);
    benchmark.peer = PeerKind.LUCENE;
    benchmark.setUp();
    try {
      RowTable table = benchmark.synthetic().table();
      for (int query = 0; query < 3; query++) {
        int[] expected = Oracle.top(table, benchmark.synthetic().query(query), benchmark.top);
        assertThat(benchmark.top()).isEqualTo(expected);
      }
    } finally {
      benchmark.tearDown();
    }
  }

  @Test
  void shouldKeepOneTableAndShareIt() {
    KernelBenchmark one = small(new KernelBenchmark(), Distribution.GAUSSIAN);
    SequentialReadBenchmark other = small(new SequentialReadBenchmark(), Distribution.GAUSSIAN);
    RowTable table = one.synthetic().table();
    assertThat(other.synthetic().table()).isSameAs(table);
    small(other, Distribution.EQUAL);
    assertThat(other.synthetic().table()).isNotSameAs(table);
    assertThat(table.segment().scope().isAlive()).isFalse();
  }

  private static <T extends KernelSetting> T small(T benchmark, Distribution kind) {
    benchmark.kind = kind;
    benchmark.candidates = CANDIDATES;
    return benchmark;
  }
}
