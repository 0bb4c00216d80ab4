package femto.bench.peer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import femto.bench.Oracle;
import femto.bench.data.Distribution;
import femto.bench.data.SyntheticTable;
import femto.kernels.TopK;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class PeerTest {
  /** Two blocks and a bit of the largest that a peer works in. */
  private static final int CANDIDATES = 2 * OpenBlasPeer.BLOCK_ROWS + 17;

  private static final int FACTORS = 16;
  private static final int TOP = 20;

  @ParameterizedTest
  @EnumSource(PeerKind.class)
  void shouldFindWhatAPlainLoopFinds(PeerKind kind) {
    requireThere(kind);
    for (Distribution distribution :
        new Distribution[] {Distribution.GAUSSIAN, Distribution.LOG_NORMAL}) {
      try (SyntheticTable synthetic = SyntheticTable.create(distribution, CANDIDATES, FACTORS, 7);
          Peer peer = kind.open(synthetic.table())) {
        float[][] queries = queries(kind, synthetic);
        // Twice: what the first call leaves behind must not show in the second.
        for (int call = 0; call < 2; call++) {
          TopK[] best = selections(kind);
          peer.top(queries, best);
          if (kind.selects()) {
            requireBest(synthetic, queries, best);
          } else {
            requireLastScores(synthetic, queries, ((OpenBlasPeer) peer).scores());
          }
        }
      }
    }
  }

  private static void requireThere(PeerKind kind) {
    if (kind == PeerKind.ONNX_RUNTIME || kind == PeerKind.LUCENE || kind == PeerKind.JVECTOR) {
      assertThat(kind.missing()).as("comes with the build").isEmpty();
    }
    assumeTrue(kind.missing().isEmpty(), () -> kind.label() + ": " + kind.missing().orElseThrow());
  }

  private static float[][] queries(PeerKind kind, SyntheticTable synthetic) {
    float[][] queries = new float[kind.batch()][];
    for (int query = 0; query < queries.length; query++) {
      queries[query] = synthetic.query(query);
    }
    return queries;
  }

  private static TopK[] selections(PeerKind kind) {
    TopK[] selections = new TopK[kind.batch()];
    for (int query = 0; query < selections.length; query++) {
      selections[query] = new TopK(TOP);
    }
    return selections;
  }

  private static void requireBest(SyntheticTable synthetic, float[][] queries, TopK[] best) {
    int[] indexes = new int[TOP];
    float[] scores = new float[TOP];
    for (int query = 0; query < queries.length; query++) {
      assertThat(best[query].drain(indexes, scores)).isEqualTo(TOP);
      assertThat(indexes).isEqualTo(Oracle.top(synthetic.table(), queries[query], TOP));
      for (int rank = 0; rank < TOP; rank++) {
        double expected = Oracle.score(synthetic.table(), queries[query], indexes[rank]);
        assertThat((double) scores[rank]).isCloseTo(expected, within(1e-4 * Math.abs(expected)));
      }
    }
  }

  private static void requireLastScores(
      SyntheticTable synthetic, float[][] queries, float[] scores) {
    int first = CANDIDATES - CANDIDATES % OpenBlasPeer.BLOCK_ROWS;
    for (int row = first; row < CANDIDATES; row++) {
      for (int query = 0; query < queries.length; query++) {
        assertThat((double) scores[(row - first) * queries.length + query])
            .isCloseTo(Oracle.score(synthetic.table(), queries[query], row), within(1e-4));
      }
    }
  }
}
