package femto.bench.alternatives;

import femto.kernels.RowTable;
import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/**
 * The products of 64 rows in a scratch array, then the sums of 16 rows at once by a tree that
 * selects from two vectors, where the product reduces each row. For 16 factors and 512 bits.
 */
final class SumsByTree implements ScanWay {
  private static final VectorSpecies<Float> FLOATS = FloatVector.SPECIES_512;
  private static final int LANES = 16;
  private static final ByteOrder ORDER = ByteOrder.nativeOrder();

  /** Rows whose products are in the scratch at a time: 4 KB. */
  private static final int ROWS = 64;

  private static final float UNIT_ROUNDOFF = 0x1p-24f;

  /* Lane l without the bit of a distance, and with it; from the second vector where l has it. */
  private static final IntVector LOW_8 = lanes(8, 0);
  private static final IntVector HIGH_8 = lanes(8, 8);
  private static final IntVector LOW_4 = lanes(4, 0);
  private static final IntVector HIGH_4 = lanes(4, 4);
  private static final IntVector LOW_2 = lanes(2, 0);
  private static final IntVector HIGH_2 = lanes(2, 2);
  private static final IntVector LOW_1 = lanes(1, 0);
  private static final IntVector HIGH_1 = lanes(1, 1);

  private final RowTable table;
  private final float[] head = new float[LANES];
  private final float[] tail = new float[LANES];
  private final float[] products = new float[ROWS * LANES];

  SumsByTree(RowTable table) {
    Rows16.requireSixteenFactors(table);
    this.table = table;
  }

  private static IntVector lanes(int distance, int bit) {
    int[] lanes = new int[LANES];
    for (int lane = 0; lane < LANES; lane++) {
      int vector = (lane & distance) == 0 ? 0 : LANES;
      lanes[lane] = vector + ((lane & ~distance) | bit);
    }
    return IntVector.fromArray(IntVector.SPECIES_512, lanes, 0);
  }

  @Override
  public void score(float[] query, int first, int count, float[] into) {
    // The bias and 15 factors, and the last factor alone in the last lane of a second vector.
    head[0] = 1;
    System.arraycopy(query, 0, head, 1, LANES - 1);
    tail[LANES - 1] = query[LANES - 1];
    float size = 0;
    for (int from = 0; from < count; from += ROWS) {
      int rows = Math.min(ROWS, count - from);
      size = Math.max(size, multiply(first + from, rows));
      for (int row = 0; row < rows; row += LANES) {
        sum(row * LANES, into, from + row);
      }
    }
    Rows16.add(2 * (16 + 2 * LANES) * UNIT_ROUNDOFF * size, into);
  }

  /** Returns a bound on the sum of magnitudes of any row. */
  private float multiply(int first, int rows) {
    MemorySegment segment = table.segment();
    FloatVector heads = FloatVector.fromArray(FLOATS, head, 0);
    FloatVector tails = FloatVector.fromArray(FLOATS, tail, 0);
    IntVector sizes = IntVector.zero(IntVector.SPECIES_512);
    long stride = table.layout().strideBytes();
    long at = first * stride;
    for (int row = 0; row < rows; row++) {
      FloatVector some = FloatVector.fromMemorySegment(FLOATS, segment, at, ORDER).mul(heads);
      FloatVector last =
          FloatVector.fromMemorySegment(FLOATS, segment, at + Float.BYTES, ORDER).mul(tails);
      sizes = sizes.max(some.abs().add(last.abs()).reinterpretAsInts());
      some.add(last).intoArray(products, row * LANES);
      at += stride;
    }
    return sizes.reinterpretAsFloats().reduceLanes(VectorOperators.ADD);
  }

  /**
   * The sums of 16 rows of products. Written out: methods of ours that return vectors are not all
   * inlined, and the vectors are then objects (a megabyte a call for 16,384 rows).
   */
  private void sum(int at, float[] into, int to) {
    IntVector p0 = FloatVector.fromArray(FLOATS, products, at + 0 * LANES).reinterpretAsInts();
    IntVector p1 = FloatVector.fromArray(FLOATS, products, at + 1 * LANES).reinterpretAsInts();
    IntVector p2 = FloatVector.fromArray(FLOATS, products, at + 2 * LANES).reinterpretAsInts();
    IntVector p3 = FloatVector.fromArray(FLOATS, products, at + 3 * LANES).reinterpretAsInts();
    IntVector p4 = FloatVector.fromArray(FLOATS, products, at + 4 * LANES).reinterpretAsInts();
    IntVector p5 = FloatVector.fromArray(FLOATS, products, at + 5 * LANES).reinterpretAsInts();
    IntVector p6 = FloatVector.fromArray(FLOATS, products, at + 6 * LANES).reinterpretAsInts();
    IntVector p7 = FloatVector.fromArray(FLOATS, products, at + 7 * LANES).reinterpretAsInts();
    IntVector p8 = FloatVector.fromArray(FLOATS, products, at + 8 * LANES).reinterpretAsInts();
    IntVector p9 = FloatVector.fromArray(FLOATS, products, at + 9 * LANES).reinterpretAsInts();
    IntVector p10 = FloatVector.fromArray(FLOATS, products, at + 10 * LANES).reinterpretAsInts();
    IntVector p11 = FloatVector.fromArray(FLOATS, products, at + 11 * LANES).reinterpretAsInts();
    IntVector p12 = FloatVector.fromArray(FLOATS, products, at + 12 * LANES).reinterpretAsInts();
    IntVector p13 = FloatVector.fromArray(FLOATS, products, at + 13 * LANES).reinterpretAsInts();
    IntVector p14 = FloatVector.fromArray(FLOATS, products, at + 14 * LANES).reinterpretAsInts();
    IntVector p15 = FloatVector.fromArray(FLOATS, products, at + 15 * LANES).reinterpretAsInts();
    IntVector a0 =
        LOW_8
            .selectFrom(p0, p8)
            .reinterpretAsFloats()
            .add(HIGH_8.selectFrom(p0, p8).reinterpretAsFloats())
            .reinterpretAsInts();
    IntVector a1 =
        LOW_8
            .selectFrom(p1, p9)
            .reinterpretAsFloats()
            .add(HIGH_8.selectFrom(p1, p9).reinterpretAsFloats())
            .reinterpretAsInts();
    IntVector a2 =
        LOW_8
            .selectFrom(p2, p10)
            .reinterpretAsFloats()
            .add(HIGH_8.selectFrom(p2, p10).reinterpretAsFloats())
            .reinterpretAsInts();
    IntVector a3 =
        LOW_8
            .selectFrom(p3, p11)
            .reinterpretAsFloats()
            .add(HIGH_8.selectFrom(p3, p11).reinterpretAsFloats())
            .reinterpretAsInts();
    IntVector a4 =
        LOW_8
            .selectFrom(p4, p12)
            .reinterpretAsFloats()
            .add(HIGH_8.selectFrom(p4, p12).reinterpretAsFloats())
            .reinterpretAsInts();
    IntVector a5 =
        LOW_8
            .selectFrom(p5, p13)
            .reinterpretAsFloats()
            .add(HIGH_8.selectFrom(p5, p13).reinterpretAsFloats())
            .reinterpretAsInts();
    IntVector a6 =
        LOW_8
            .selectFrom(p6, p14)
            .reinterpretAsFloats()
            .add(HIGH_8.selectFrom(p6, p14).reinterpretAsFloats())
            .reinterpretAsInts();
    IntVector a7 =
        LOW_8
            .selectFrom(p7, p15)
            .reinterpretAsFloats()
            .add(HIGH_8.selectFrom(p7, p15).reinterpretAsFloats())
            .reinterpretAsInts();
    IntVector b0 =
        LOW_4
            .selectFrom(a0, a4)
            .reinterpretAsFloats()
            .add(HIGH_4.selectFrom(a0, a4).reinterpretAsFloats())
            .reinterpretAsInts();
    IntVector b1 =
        LOW_4
            .selectFrom(a1, a5)
            .reinterpretAsFloats()
            .add(HIGH_4.selectFrom(a1, a5).reinterpretAsFloats())
            .reinterpretAsInts();
    IntVector b2 =
        LOW_4
            .selectFrom(a2, a6)
            .reinterpretAsFloats()
            .add(HIGH_4.selectFrom(a2, a6).reinterpretAsFloats())
            .reinterpretAsInts();
    IntVector b3 =
        LOW_4
            .selectFrom(a3, a7)
            .reinterpretAsFloats()
            .add(HIGH_4.selectFrom(a3, a7).reinterpretAsFloats())
            .reinterpretAsInts();
    IntVector c0 =
        LOW_2
            .selectFrom(b0, b2)
            .reinterpretAsFloats()
            .add(HIGH_2.selectFrom(b0, b2).reinterpretAsFloats())
            .reinterpretAsInts();
    IntVector c1 =
        LOW_2
            .selectFrom(b1, b3)
            .reinterpretAsFloats()
            .add(HIGH_2.selectFrom(b1, b3).reinterpretAsFloats())
            .reinterpretAsInts();
    LOW_1
        .selectFrom(c0, c1)
        .reinterpretAsFloats()
        .add(HIGH_1.selectFrom(c0, c1).reinterpretAsFloats())
        .intoArray(into, to);
  }
}
