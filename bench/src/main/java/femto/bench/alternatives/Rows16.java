package femto.bench.alternatives;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import femto.kernels.RowTable;
import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import java.util.stream.IntStream;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/**
 * The product's scan without its tracking of magnitudes: the greatest magnitude of each number in
 * each chunk of rows is measured once, and the margin follows from those and the query. For 16
 * factors and 512 bits.
 */
final class Rows16 implements ScanWay {
  private static final VectorSpecies<Float> FLOATS = FloatVector.SPECIES_512;
  private static final int FACTORS = 16;
  private static final ByteOrder ORDER = ByteOrder.nativeOrder();
  private static final float UNIT_ROUNDOFF = 0x1p-24f;

  private final RowTable table;
  private final float[] greatest;

  Rows16(RowTable table) {
    requireSixteenFactors(table);
    this.table = table;
    int chunks = Math.ceilDiv(table.rows(), CHUNK);
    this.greatest = new float[chunks * (FACTORS + 1)];
    IntStream.range(0, chunks).parallel().forEach(this::measure);
  }

  static void requireSixteenFactors(RowTable table) {
    if (table.length() != FACTORS) {
      throw new IllegalArgumentException(table.length() + " factors, expected 16");
    }
  }

  private void measure(int chunk) {
    int end = Math.min(table.rows(), (chunk + 1) * CHUNK);
    for (int row = chunk * CHUNK; row < end; row++) {
      long at = table.layout().rowOffset(row);
      for (int n = 0; n <= FACTORS; n++) {
        float size = Math.abs(table.segment().get(JAVA_FLOAT, at + (long) n * Float.BYTES));
        int to = chunk * (FACTORS + 1) + n;
        greatest[to] = Math.max(greatest[to], size);
      }
    }
  }

  @Override
  public void score(float[] query, int first, int count, float[] into) {
    int at = first / CHUNK * (FACTORS + 1);
    float size = greatest[at];
    for (int f = 0; f < FACTORS; f++) {
      size += Math.abs(query[f]) * greatest[at + 1 + f];
    }
    sums(query, first, count, into);
    add(2 * 3 * FACTORS * UNIT_ROUNDOFF * size, into);
  }

  private void sums(float[] query, int first, int count, float[] into) {
    MemorySegment segment = table.segment();
    FloatVector factors = FloatVector.fromArray(FLOATS, query, 0);
    long stride = table.layout().strideBytes();
    long start = first * stride;
    for (int i = 0; i < count; i++) {
      long row = start + i * stride;
      into[i] =
          FloatVector.fromMemorySegment(FLOATS, segment, row + Float.BYTES, ORDER)
                  .mul(factors)
                  .reduceLanes(VectorOperators.ADD)
              + segment.get(JAVA_FLOAT, row);
    }
  }

  /** Adds a margin to a chunk's sums; to what no row stands for, too. */
  static void add(float margin, float[] into) {
    for (int i = 0; i < CHUNK; i += FLOATS.length()) {
      FloatVector.fromArray(FLOATS, into, i).add(margin).intoArray(into, i);
    }
  }
}
