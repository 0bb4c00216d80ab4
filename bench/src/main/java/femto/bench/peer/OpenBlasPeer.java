package femto.bench.peer;

import femto.kernels.RowTable;
import femto.kernels.TopK;
import java.lang.foreign.MemorySegment;

/**
 * OpenBLAS over the table as it lies in memory, a block of rows at a time, and a heap a query over
 * the block's scores while they are in the cache. (sgemv over all rows at once is slower: 4.5 ns a
 * row instead of 3.3 on an EPYC with AVX-512.)
 */
final class OpenBlasPeer implements Peer {
  static final int BLOCK_ROWS = 8192;

  private final OpenBlas blas = OpenBlas.get();
  private final PeerKind kind;
  private final RowTable table;
  private final int columns;
  private final float[] queries;
  private final float[] scores;
  private final float[] thresholds;

  OpenBlasPeer(PeerKind kind, RowTable table) {
    this.kind = kind;
    this.table = table;
    this.columns = 1 + table.length();
    this.queries = new float[kind.batch() * columns];
    this.scores = new float[BLOCK_ROWS * kind.batch()];
    this.thresholds = new float[kind.batch()];
  }

  @Override
  public void top(float[][] queryFactors, TopK[] into) {
    blas.setThreads(kind.threads());
    Columns.queries(queryFactors, queries);
    for (int first = 0; first < table.rows(); first += BLOCK_ROWS) {
      int count = Math.min(BLOCK_ROWS, table.rows() - first);
      multiply(first, count);
      if (kind.batch() == 1) {
        select(scores, first, count, into[0]);
      } else if (kind.selects()) {
        select(scores, first, count, thresholds, into);
      }
    }
  }

  private void multiply(int first, int count) {
    long begin = table.layout().rowOffset(first);
    MemorySegment rows =
        table.segment().asSlice(begin, table.layout().rowOffset((long) first + count) - begin);
    MemorySegment query = MemorySegment.ofArray(queries);
    MemorySegment result = MemorySegment.ofArray(scores);
    if (kind.batch() == 1) {
      blas.gemv(rows, count, columns, query, result);
    } else {
      blas.gemm(rows, count, columns, query, kind.batch(), result);
    }
  }

  /**
   * The scores of the last block, row by row: all there is to see of a kind that doesn't select.
   */
  float[] scores() {
    return scores;
  }

  private static void select(float[] scores, int first, int count, TopK into) {
    float threshold = into.threshold();
    for (int row = 0; row < count; row++) {
      if (scores[row] >= threshold) {
        into.offer(first + row, scores[row]);
        threshold = into.threshold();
      }
    }
  }

  private static void select(
      float[] scores, int first, int count, float[] thresholds, TopK[] into) {
    int batch = thresholds.length;
    for (int query = 0; query < batch; query++) {
      thresholds[query] = into[query].threshold();
    }
    for (int row = 0; row < count; row++) {
      int begin = row * batch;
      if (anyReaches(scores, begin, thresholds)) {
        for (int query = 0; query < batch; query++) {
          into[query].offer(first + row, scores[begin + query]);
          thresholds[query] = into[query].threshold();
        }
      }
    }
  }

  /** Without a branch inside, so that the JVM makes vector code of it. */
  private static boolean anyReaches(float[] scores, int begin, float[] thresholds) {
    float best = Float.NEGATIVE_INFINITY;
    for (int query = 0; query < thresholds.length; query++) {
      best = Math.max(best, scores[begin + query] - thresholds[query]);
    }
    return best >= 0;
  }

  @Override
  public void close() {
    // Nothing of its own.
  }
}
