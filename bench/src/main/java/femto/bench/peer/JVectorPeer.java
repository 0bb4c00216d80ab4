package femto.bench.peer;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import femto.kernels.RowTable;
import femto.kernels.TopK;
import io.github.jbellis.jvector.vector.VectorUtil;
import io.github.jbellis.jvector.vector.VectorizationProvider;
import io.github.jbellis.jvector.vector.types.VectorFloat;
import io.github.jbellis.jvector.vector.types.VectorTypeSupport;
import java.lang.foreign.MemorySegment;

/**
 * JVector's dot product, row by row, and a heap. Its vectors may be longer than a row and are read
 * at an offset, so the rows lie in a few long ones, without a header each.
 */
final class JVectorPeer implements Peer {
  private static final VectorTypeSupport VECTORS =
      VectorizationProvider.getInstance().getVectorTypeSupport();
  private static final int CHUNK_ROWS = 1 << 16;

  private final int count;
  private final int columns;
  private final VectorFloat<?>[] chunks;
  private final float[] query;

  JVectorPeer(RowTable table) {
    this.count = table.rows();
    this.columns = 1 + table.length();
    this.query = new float[columns];
    this.chunks = new VectorFloat<?>[Math.ceilDiv(count, CHUNK_ROWS)];
    for (int chunk = 0; chunk < chunks.length; chunk++) {
      int first = chunk * CHUNK_ROWS;
      float[] numbers = new float[Math.min(CHUNK_ROWS, count - first) * columns];
      MemorySegment.copy(
          table.segment(), JAVA_FLOAT, table.layout().rowOffset(first), numbers, 0, numbers.length);
      chunks[chunk] = VECTORS.createFloatVector(numbers);
    }
  }

  @Override
  public void top(float[][] queries, TopK[] into) {
    Columns.query(queries[0], query, 0);
    VectorFloat<?> vector = VECTORS.createFloatVector(query);
    for (int chunk = 0; chunk < chunks.length; chunk++) {
      scan(chunks[chunk], vector, columns, chunk * CHUNK_ROWS, into[0]);
    }
  }

  private static void scan(
      VectorFloat<?> rows, VectorFloat<?> query, int columns, int first, TopK into) {
    int count = rows.length() / columns;
    for (int row = 0; row < count; row++) {
      float score = VectorUtil.dotProduct(rows, row * columns, query, 0, columns);
      if (score >= into.threshold()) {
        into.offer(first + row, score);
      }
    }
  }

  @Override
  public void close() {
    // The collector's.
  }
}
