package femto.bench.alternatives;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import femto.kernels.RowTable;
import femto.memory.Slab;
import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import java.util.stream.IntStream;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * A second copy of a table, factor by factor: a block holds the biases of its rows side by side,
 * then factor 0 of each, and so on. A scan reads memory from one end to the other and adds nothing
 * up across a vector. The scores are the chains themselves.
 *
 * <pre>
 *   block j: rows n j to n j + n - 1
 *   +--------------+------------------+-- ... --+-------------------------+
 *   | bias of each | factor 0 of each |         | factor length-1 of each |
 *   +--------------+------------------+-- ... --+-------------------------+
 * </pre>
 */
final class BlockTable implements ScanWay, AutoCloseable {
  private static final VectorSpecies<Float> FLOATS = FloatVector.SPECIES_PREFERRED;
  private static final int LANES = FLOATS.length();
  private static final ByteOrder ORDER = ByteOrder.nativeOrder();

  private final Slab slab;
  private final MemorySegment segment;
  private final int block;
  private final int length;
  private final long columnBytes;
  private final long blockBytes;

  /**
   * Copies a table.
   *
   * @param block rows a block: 16, 64, or more, all powers of two up to {@link #CHUNK}
   */
  BlockTable(RowTable rows, int block) {
    if (Integer.bitCount(block) != 1 || block < 16 || block > CHUNK) {
      throw new IllegalArgumentException(
          "block=" + block + ", expected a power of two, 16 to 1024");
    }
    this.block = block;
    this.length = rows.length();
    this.columnBytes = (long) block * Float.BYTES;
    this.blockBytes = (length + 1) * columnBytes;
    int blocks = Math.ceilDiv(rows.rows(), block);
    this.slab = Slab.allocate(blocks * blockBytes);
    this.segment = slab.segment();
    IntStream.range(0, blocks).parallel().forEach(number -> copy(rows, number));
  }

  private void copy(RowTable rows, int number) {
    int first = number * block;
    int count = Math.min(block, rows.rows() - first);
    for (int i = 0; i < count; i++) {
      long from = rows.layout().rowOffset(first + i);
      long to = number * blockBytes + (long) i * Float.BYTES;
      for (int n = 0; n <= length; n++) {
        segment.set(JAVA_FLOAT, to, rows.segment().get(JAVA_FLOAT, from));
        from += Float.BYTES;
        to += columnBytes;
      }
    }
  }

  @Override
  public void score(float[] query, int first, int count, float[] into) {
    long at = first / block * blockBytes;
    for (int to = 0; to < count; to += block) {
      if (block == 16) {
        scoreInOneVector(at, query, into, to);
      } else if (block == 64) {
        scoreInFourVectors(at, query, into, to);
      } else {
        scoreByColumns(at, query, into, to);
      }
      at += blockBytes;
    }
  }

  /** Sums in one register, through all factors: each step waits for the one before. */
  private void scoreInOneVector(long at, float[] query, float[] into, int to) {
    for (int i = 0; i < block; i += LANES) {
      long offset = at + (long) i * Float.BYTES;
      FloatVector sums = FloatVector.fromMemorySegment(FLOATS, segment, offset, ORDER);
      for (int f = 0; f < length; f++) {
        offset += columnBytes;
        sums =
            FloatVector.fromMemorySegment(FLOATS, segment, offset, ORDER)
                .fma(FloatVector.broadcast(FLOATS, query[f]), sums);
      }
      sums.intoArray(into, to + i);
    }
  }

  /** Sums in four registers, which do not wait for one another. */
  private void scoreInFourVectors(long at, float[] query, float[] into, int to) {
    long step = FLOATS.vectorByteSize();
    for (int i = 0; i < block; i += 4 * LANES) {
      long offset = at + (long) i * Float.BYTES;
      FloatVector sums0 = FloatVector.fromMemorySegment(FLOATS, segment, offset, ORDER);
      FloatVector sums1 = FloatVector.fromMemorySegment(FLOATS, segment, offset + step, ORDER);
      FloatVector sums2 = FloatVector.fromMemorySegment(FLOATS, segment, offset + 2 * step, ORDER);
      FloatVector sums3 = FloatVector.fromMemorySegment(FLOATS, segment, offset + 3 * step, ORDER);
      for (int f = 0; f < length; f++) {
        offset += columnBytes;
        FloatVector factor = FloatVector.broadcast(FLOATS, query[f]);
        sums0 = FloatVector.fromMemorySegment(FLOATS, segment, offset, ORDER).fma(factor, sums0);
        sums1 =
            FloatVector.fromMemorySegment(FLOATS, segment, offset + step, ORDER).fma(factor, sums1);
        sums2 =
            FloatVector.fromMemorySegment(FLOATS, segment, offset + 2 * step, ORDER)
                .fma(factor, sums2);
        sums3 =
            FloatVector.fromMemorySegment(FLOATS, segment, offset + 3 * step, ORDER)
                .fma(factor, sums3);
      }
      sums0.intoArray(into, to + i);
      sums1.intoArray(into, to + i + LANES);
      sums2.intoArray(into, to + i + 2 * LANES);
      sums3.intoArray(into, to + i + 3 * LANES);
    }
  }

  /** Sums in the nearest cache, four columns a pass. */
  private void scoreByColumns(long at, float[] query, float[] into, int to) {
    MemorySegment.copy(segment, JAVA_FLOAT, at, into, to, block);
    long column = at + columnBytes;
    int f = 0;
    for (; f <= length - 4; f += 4) {
      addFourColumns(column, query, f, into, to);
      column += 4 * columnBytes;
    }
    for (; f < length; f++) {
      addColumn(column, query[f], into, to);
      column += columnBytes;
    }
  }

  private void addFourColumns(long at, float[] query, int factor, float[] into, int to) {
    float q0 = query[factor];
    float q1 = query[factor + 1];
    float q2 = query[factor + 2];
    float q3 = query[factor + 3];
    for (int i = 0; i < block; i += LANES) {
      long offset = at + (long) i * Float.BYTES;
      FloatVector sums = FloatVector.fromArray(FLOATS, into, to + i);
      sums =
          FloatVector.fromMemorySegment(FLOATS, segment, offset, ORDER)
              .fma(FloatVector.broadcast(FLOATS, q0), sums);
      sums =
          FloatVector.fromMemorySegment(FLOATS, segment, offset + columnBytes, ORDER)
              .fma(FloatVector.broadcast(FLOATS, q1), sums);
      sums =
          FloatVector.fromMemorySegment(FLOATS, segment, offset + 2 * columnBytes, ORDER)
              .fma(FloatVector.broadcast(FLOATS, q2), sums);
      sums =
          FloatVector.fromMemorySegment(FLOATS, segment, offset + 3 * columnBytes, ORDER)
              .fma(FloatVector.broadcast(FLOATS, q3), sums);
      sums.intoArray(into, to + i);
    }
  }

  private void addColumn(long at, float query, float[] into, int to) {
    for (int i = 0; i < block; i += LANES) {
      FloatVector.fromMemorySegment(FLOATS, segment, at + (long) i * Float.BYTES, ORDER)
          .fma(FloatVector.broadcast(FLOATS, query), FloatVector.fromArray(FLOATS, into, to + i))
          .intoArray(into, to + i);
    }
  }

  @Override
  public void close() {
    slab.close();
  }
}
