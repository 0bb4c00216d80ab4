package femto.bench.peer;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import femto.kernels.RowTable;
import femto.kernels.TopK;
import java.lang.foreign.MemorySegment;
import org.apache.lucene.util.VectorUtil;

/**
 * Lucene's dot product of two {@code float[]}, row by row, and a heap: what its exact search over
 * vectors does. It takes whole arrays, so every row is an array of its own, which costs 16 bytes of
 * header and 4 of reference a row; they are allocated one after the other and so lie side by side.
 */
final class LucenePeer implements Peer {
  private final float[][] rows;
  private final float[] query;

  LucenePeer(RowTable table) {
    int columns = 1 + table.length();
    this.query = new float[columns];
    this.rows = new float[table.rows()][];
    for (int row = 0; row < rows.length; row++) {
      float[] numbers = new float[columns];
      MemorySegment.copy(
          table.segment(), JAVA_FLOAT, table.layout().rowOffset(row), numbers, 0, columns);
      rows[row] = numbers;
    }
  }

  @Override
  public void top(float[][] queries, TopK[] into) {
    Columns.query(queries[0], query, 0);
    scan(rows, query, into[0]);
  }

  private static void scan(float[][] rows, float[] query, TopK into) {
    for (int row = 0; row < rows.length; row++) {
      float score = VectorUtil.dotProduct(query, rows[row]);
      if (score >= into.threshold()) {
        into.offer(row, score);
      }
    }
  }

  @Override
  public void close() {
    // The collector's.
  }
}
