package femto.kernels.vector;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * Continues the chains of 4 rows by up to 4 factors, on vectors of 128 bits: 4 numbers of each row
 * are loaded, transposed in registers, and multiplied into the chains factor by factor.
 *
 * <p>The transposition is a butterfly: in the step of distance h, the vectors i and i + h (where i
 * has not that bit) exchange the lanes that stand on the wrong side. It is written out because the
 * compiler keeps vectors in registers only inside one method without arrays of them, and it calls
 * the Vector API directly because methods of ours are the first that the inlining budget leaves
 * out.
 */
final class Rows4 {
  private static final int ROWS = 4;
  private static final VectorSpecies<Float> FLOATS = FloatVector.SPECIES_128;
  private static final VectorSpecies<Integer> INTS = IntVector.SPECIES_128;

  private static final IntVector FIRST_2 = first(2);
  private static final IntVector SECOND_2 = second(2);
  private static final IntVector FIRST_1 = first(1);
  private static final IntVector SECOND_1 = second(1);

  private Rows4() {}

  private static IntVector first(int distance) {
    int[] lanes = new int[ROWS];
    for (int lane = 0; lane < ROWS; lane++) {
      lanes[lane] = (lane & distance) == 0 ? lane : ROWS + (lane ^ distance);
    }
    return IntVector.fromArray(INTS, lanes, 0);
  }

  private static IntVector second(int distance) {
    int[] lanes = new int[ROWS];
    for (int lane = 0; lane < ROWS; lane++) {
      lanes[lane] = (lane & distance) == 0 ? lane ^ distance : ROWS + lane;
    }
    return IntVector.fromArray(INTS, lanes, 0);
  }

  /**
   * Continues the chains.
   *
   * @param copies the bits of the rows' numbers
   * @param at where the 4 numbers of the first row begin
   * @param stride from row to row
   * @param skipped how many of the 4 numbers do not count, the first ones
   * @param query the query
   * @param factor which factor the first of the 4 numbers is; below 0 if it is skipped
   * @param scores the chains, from {@code first} on
   * @param first where the chain of the first row stands
   */
  static void extend(
      int[] copies,
      int at,
      int stride,
      int skipped,
      float[] query,
      int factor,
      float[] scores,
      int first) {
    IntVector r0 = IntVector.fromArray(INTS, copies, at);
    IntVector r1 = IntVector.fromArray(INTS, copies, at + stride);
    IntVector r2 = IntVector.fromArray(INTS, copies, at + 2 * stride);
    IntVector r3 = IntVector.fromArray(INTS, copies, at + 3 * stride);
    IntVector a0 = FIRST_2.selectFrom(r0, r2);
    IntVector a2 = SECOND_2.selectFrom(r0, r2);
    IntVector a1 = FIRST_2.selectFrom(r1, r3);
    IntVector a3 = SECOND_2.selectFrom(r1, r3);
    IntVector b0 = FIRST_1.selectFrom(a0, a1);
    IntVector b1 = SECOND_1.selectFrom(a0, a1);
    IntVector b2 = FIRST_1.selectFrom(a2, a3);
    IntVector b3 = SECOND_1.selectFrom(a2, a3);
    FloatVector sums = FloatVector.fromArray(FLOATS, scores, first);
    if (skipped <= 0) {
      sums = b0.reinterpretAsFloats().fma(FloatVector.broadcast(FLOATS, query[factor]), sums);
    }
    if (skipped <= 1) {
      sums = b1.reinterpretAsFloats().fma(FloatVector.broadcast(FLOATS, query[factor + 1]), sums);
    }
    if (skipped <= 2) {
      sums = b2.reinterpretAsFloats().fma(FloatVector.broadcast(FLOATS, query[factor + 2]), sums);
    }
    sums = b3.reinterpretAsFloats().fma(FloatVector.broadcast(FLOATS, query[factor + 3]), sums);
    sums.intoArray(scores, first);
  }
}
