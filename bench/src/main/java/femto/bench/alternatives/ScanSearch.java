package femto.bench.alternatives;

import femto.kernels.RowScores;
import femto.kernels.RowTable;
import femto.kernels.TopK;
import femto.kernels.impl.KernelSupport;
import femto.kernels.vector.VectorKernels;

/**
 * The best of all rows by a way of scoring them: what all ways have in common. Rows above the
 * threshold are scored by the chain, so that the answers are the product's.
 */
final class ScanSearch {
  /** The product's, of the width that {@code -Dfemto.kernels} says. */
  static final KernelSupport KERNELS = new VectorKernels();

  private final ScanWay way;
  private final RowTable rows;
  private final TopK best;
  private final float[] scores = new float[ScanWay.CHUNK];
  private final int[] positions = new int[ScanWay.CHUNK];

  ScanSearch(ScanWay way, RowTable rows, int top) {
    this.way = way;
    this.rows = rows;
    this.best = new TopK(top);
  }

  int top(float[] query, int top, int[] indexes, float[] values) {
    best.reset(top);
    for (int first = 0; first < rows.rows(); first += ScanWay.CHUNK) {
      int count = Math.min(ScanWay.CHUNK, rows.rows() - first);
      way.score(query, first, count, scores);
      int found = KERNELS.above(scores, count, best.threshold(), positions);
      for (int i = 0; i < found; i++) {
        // Again, since the threshold has risen: the first chunk has it from nothing.
        if (scores[positions[i]] > best.threshold()) {
          int row = first + positions[i];
          best.offer(row, RowScores.score(rows, query, row));
        }
      }
    }
    return best.drain(indexes, values);
  }
}
