package femto.kernels.vector;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * Continues the chains of 8 rows by up to 8 factors, on vectors of 256 bits: 8 numbers of each row
 * are loaded, transposed in registers, and multiplied into the chains factor by factor.
 *
 * <p>The transposition is a butterfly: in the step of distance h, the vectors i and i + h (where i
 * has not that bit) exchange the lanes that stand on the wrong side. It is written out because the
 * compiler keeps vectors in registers only inside one method without arrays of them, and it calls
 * the Vector API directly because methods of ours are the first that the inlining budget leaves
 * out.
 */
final class Rows8 {
  private static final int ROWS = 8;
  private static final VectorSpecies<Float> FLOATS = FloatVector.SPECIES_256;
  private static final VectorSpecies<Integer> INTS = IntVector.SPECIES_256;

  private static final IntVector FIRST_4 = first(4);
  private static final IntVector SECOND_4 = second(4);
  private static final IntVector FIRST_2 = first(2);
  private static final IntVector SECOND_2 = second(2);
  private static final IntVector FIRST_1 = first(1);
  private static final IntVector SECOND_1 = second(1);

  private Rows8() {}

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
   * @param at where the 8 numbers of the first row begin
   * @param stride from row to row
   * @param skipped how many of the 8 numbers do not count, the first ones
   * @param query the query
   * @param factor which factor the first of the 8 numbers is; below 0 if it is skipped
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
    IntVector r4 = IntVector.fromArray(INTS, copies, at + 4 * stride);
    IntVector r5 = IntVector.fromArray(INTS, copies, at + 5 * stride);
    IntVector r6 = IntVector.fromArray(INTS, copies, at + 6 * stride);
    IntVector r7 = IntVector.fromArray(INTS, copies, at + 7 * stride);
    IntVector a0 = FIRST_4.selectFrom(r0, r4);
    IntVector a4 = SECOND_4.selectFrom(r0, r4);
    IntVector a1 = FIRST_4.selectFrom(r1, r5);
    IntVector a5 = SECOND_4.selectFrom(r1, r5);
    IntVector a2 = FIRST_4.selectFrom(r2, r6);
    IntVector a6 = SECOND_4.selectFrom(r2, r6);
    IntVector a3 = FIRST_4.selectFrom(r3, r7);
    IntVector a7 = SECOND_4.selectFrom(r3, r7);
    IntVector b0 = FIRST_2.selectFrom(a0, a2);
    IntVector b2 = SECOND_2.selectFrom(a0, a2);
    IntVector b1 = FIRST_2.selectFrom(a1, a3);
    IntVector b3 = SECOND_2.selectFrom(a1, a3);
    IntVector b4 = FIRST_2.selectFrom(a4, a6);
    IntVector b6 = SECOND_2.selectFrom(a4, a6);
    IntVector b5 = FIRST_2.selectFrom(a5, a7);
    IntVector b7 = SECOND_2.selectFrom(a5, a7);
    IntVector c0 = FIRST_1.selectFrom(b0, b1);
    IntVector c1 = SECOND_1.selectFrom(b0, b1);
    IntVector c2 = FIRST_1.selectFrom(b2, b3);
    IntVector c3 = SECOND_1.selectFrom(b2, b3);
    IntVector c4 = FIRST_1.selectFrom(b4, b5);
    IntVector c5 = SECOND_1.selectFrom(b4, b5);
    IntVector c6 = FIRST_1.selectFrom(b6, b7);
    IntVector c7 = SECOND_1.selectFrom(b6, b7);
    FloatVector sums = FloatVector.fromArray(FLOATS, scores, first);
    if (skipped <= 0) {
      sums = c0.reinterpretAsFloats().fma(FloatVector.broadcast(FLOATS, query[factor]), sums);
    }
    if (skipped <= 1) {
      sums = c1.reinterpretAsFloats().fma(FloatVector.broadcast(FLOATS, query[factor + 1]), sums);
    }
    if (skipped <= 2) {
      sums = c2.reinterpretAsFloats().fma(FloatVector.broadcast(FLOATS, query[factor + 2]), sums);
    }
    if (skipped <= 3) {
      sums = c3.reinterpretAsFloats().fma(FloatVector.broadcast(FLOATS, query[factor + 3]), sums);
    }
    if (skipped <= 4) {
      sums = c4.reinterpretAsFloats().fma(FloatVector.broadcast(FLOATS, query[factor + 4]), sums);
    }
    if (skipped <= 5) {
      sums = c5.reinterpretAsFloats().fma(FloatVector.broadcast(FLOATS, query[factor + 5]), sums);
    }
    if (skipped <= 6) {
      sums = c6.reinterpretAsFloats().fma(FloatVector.broadcast(FLOATS, query[factor + 6]), sums);
    }
    sums = c7.reinterpretAsFloats().fma(FloatVector.broadcast(FLOATS, query[factor + 7]), sums);
    sums.intoArray(scores, first);
  }
}
