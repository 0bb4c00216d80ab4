package femto.bench.alternatives;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import femto.kernels.RowTable;
import femto.kernels.impl.KernelSupport;
import java.lang.foreign.MemorySegment;

/**
 * The product's scan, which first touches every cache line of some rows ahead of those that it
 * scores: the JVM has no prefetch instruction, so it has to be a load.
 */
final class ReadAhead implements ScanWay {
  private static final long LINE = 64;

  private final RowTable table;
  private final int rows;
  private final int[] scratch = new int[KernelSupport.SCRATCH];
  private final int[] scratchIndexes = new int[CHUNK];
  private final float[] some = new float[CHUNK];
  private int touched;

  /**
   * Makes a scan.
   *
   * @param rows how many rows are touched, then scored, at a time; 0 touches none
   */
  ReadAhead(RowTable table, int rows) {
    this.table = table;
    this.rows = rows;
  }

  @Override
  public void score(float[] query, int first, int count, float[] into) {
    if (rows == 0) {
      bound(query, first, count, into);
      return;
    }
    for (int from = 0; from < count; from += rows) {
      int size = Math.min(rows, count - from);
      touched += touch(first + from + size);
      bound(query, first + from, size, some);
      System.arraycopy(some, 0, into, from, size);
    }
  }

  private void bound(float[] query, int first, int count, float[] into) {
    ScanSearch.KERNELS.upperBounds(
        table.segment(), table.length(), query, first, count, scratch, scratchIndexes, into);
  }

  private int touch(int first) {
    MemorySegment segment = table.segment();
    long stride = table.layout().strideBytes();
    long end = Math.min(segment.byteSize(), (first + (long) rows) * stride);
    int sum = 0;
    for (long at = first * stride; at < end; at += LINE) {
      sum += segment.get(JAVA_BYTE, at);
    }
    return sum;
  }

  /** Keeps the loads from being optimized away. */
  int touched() {
    return touched;
  }
}
