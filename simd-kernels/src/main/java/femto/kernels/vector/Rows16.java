package femto.kernels.vector;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * Continues the chains of 16 rows by up to 16 factors, on vectors of 512 bits: 16 numbers of each
 * row are loaded, transposed in registers, and multiplied into the chains factor by factor.
 *
 * <p>The transposition is a butterfly: in the step of distance h, the vectors i and i + h (where i
 * has not that bit) exchange the lanes that stand on the wrong side. It is written out because the
 * compiler keeps vectors in registers only inside one method without arrays of them, and it calls
 * the Vector API directly because methods of ours are the first that the inlining budget leaves
 * out.
 */
final class Rows16 {
  static final int ROWS = 16;
  private static final VectorSpecies<Float> FLOATS = FloatVector.SPECIES_512;
  private static final VectorSpecies<Integer> INTS = IntVector.SPECIES_512;

  private static final IntVector FIRST_8 = first(8);
  private static final IntVector SECOND_8 = second(8);
  private static final IntVector FIRST_4 = first(4);
  private static final IntVector SECOND_4 = second(4);
  private static final IntVector FIRST_2 = first(2);
  private static final IntVector SECOND_2 = second(2);
  private static final IntVector FIRST_1 = first(1);
  private static final IntVector SECOND_1 = second(1);

  private Rows16() {}

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
   * @param at where the 16 numbers of the first row begin
   * @param stride from row to row
   * @param skipped how many of the 16 numbers do not count, the first ones
   * @param query the query
   * @param factor which factor the first of the 16 numbers is; below 0 if it is skipped
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
    IntVector r8 = IntVector.fromArray(INTS, copies, at + 8 * stride);
    IntVector r9 = IntVector.fromArray(INTS, copies, at + 9 * stride);
    IntVector r10 = IntVector.fromArray(INTS, copies, at + 10 * stride);
    IntVector r11 = IntVector.fromArray(INTS, copies, at + 11 * stride);
    IntVector r12 = IntVector.fromArray(INTS, copies, at + 12 * stride);
    IntVector r13 = IntVector.fromArray(INTS, copies, at + 13 * stride);
    IntVector r14 = IntVector.fromArray(INTS, copies, at + 14 * stride);
    IntVector r15 = IntVector.fromArray(INTS, copies, at + 15 * stride);
    IntVector a0 = FIRST_8.selectFrom(r0, r8);
    IntVector a8 = SECOND_8.selectFrom(r0, r8);
    IntVector a1 = FIRST_8.selectFrom(r1, r9);
    IntVector a9 = SECOND_8.selectFrom(r1, r9);
    IntVector a2 = FIRST_8.selectFrom(r2, r10);
    IntVector a10 = SECOND_8.selectFrom(r2, r10);
    IntVector a3 = FIRST_8.selectFrom(r3, r11);
    IntVector a11 = SECOND_8.selectFrom(r3, r11);
    IntVector a4 = FIRST_8.selectFrom(r4, r12);
    IntVector a12 = SECOND_8.selectFrom(r4, r12);
    IntVector a5 = FIRST_8.selectFrom(r5, r13);
    IntVector a13 = SECOND_8.selectFrom(r5, r13);
    IntVector a6 = FIRST_8.selectFrom(r6, r14);
    IntVector a14 = SECOND_8.selectFrom(r6, r14);
    IntVector a7 = FIRST_8.selectFrom(r7, r15);
    IntVector a15 = SECOND_8.selectFrom(r7, r15);
    IntVector b0 = FIRST_4.selectFrom(a0, a4);
    IntVector b4 = SECOND_4.selectFrom(a0, a4);
    IntVector b1 = FIRST_4.selectFrom(a1, a5);
    IntVector b5 = SECOND_4.selectFrom(a1, a5);
    IntVector b2 = FIRST_4.selectFrom(a2, a6);
    IntVector b6 = SECOND_4.selectFrom(a2, a6);
    IntVector b3 = FIRST_4.selectFrom(a3, a7);
    IntVector b7 = SECOND_4.selectFrom(a3, a7);
    IntVector b8 = FIRST_4.selectFrom(a8, a12);
    IntVector b12 = SECOND_4.selectFrom(a8, a12);
    IntVector b9 = FIRST_4.selectFrom(a9, a13);
    IntVector b13 = SECOND_4.selectFrom(a9, a13);
    IntVector b10 = FIRST_4.selectFrom(a10, a14);
    IntVector b14 = SECOND_4.selectFrom(a10, a14);
    IntVector b11 = FIRST_4.selectFrom(a11, a15);
    IntVector b15 = SECOND_4.selectFrom(a11, a15);
    IntVector c0 = FIRST_2.selectFrom(b0, b2);
    IntVector c2 = SECOND_2.selectFrom(b0, b2);
    IntVector c1 = FIRST_2.selectFrom(b1, b3);
    IntVector c3 = SECOND_2.selectFrom(b1, b3);
    IntVector c4 = FIRST_2.selectFrom(b4, b6);
    IntVector c6 = SECOND_2.selectFrom(b4, b6);
    IntVector c5 = FIRST_2.selectFrom(b5, b7);
    IntVector c7 = SECOND_2.selectFrom(b5, b7);
    IntVector c8 = FIRST_2.selectFrom(b8, b10);
    IntVector c10 = SECOND_2.selectFrom(b8, b10);
    IntVector c9 = FIRST_2.selectFrom(b9, b11);
    IntVector c11 = SECOND_2.selectFrom(b9, b11);
    IntVector c12 = FIRST_2.selectFrom(b12, b14);
    IntVector c14 = SECOND_2.selectFrom(b12, b14);
    IntVector c13 = FIRST_2.selectFrom(b13, b15);
    IntVector c15 = SECOND_2.selectFrom(b13, b15);
    IntVector d0 = FIRST_1.selectFrom(c0, c1);
    IntVector d1 = SECOND_1.selectFrom(c0, c1);
    IntVector d2 = FIRST_1.selectFrom(c2, c3);
    IntVector d3 = SECOND_1.selectFrom(c2, c3);
    IntVector d4 = FIRST_1.selectFrom(c4, c5);
    IntVector d5 = SECOND_1.selectFrom(c4, c5);
    IntVector d6 = FIRST_1.selectFrom(c6, c7);
    IntVector d7 = SECOND_1.selectFrom(c6, c7);
    IntVector d8 = FIRST_1.selectFrom(c8, c9);
    IntVector d9 = SECOND_1.selectFrom(c8, c9);
    IntVector d10 = FIRST_1.selectFrom(c10, c11);
    IntVector d11 = SECOND_1.selectFrom(c10, c11);
    IntVector d12 = FIRST_1.selectFrom(c12, c13);
    IntVector d13 = SECOND_1.selectFrom(c12, c13);
    IntVector d14 = FIRST_1.selectFrom(c14, c15);
    IntVector d15 = SECOND_1.selectFrom(c14, c15);
    FloatVector sums = FloatVector.fromArray(FLOATS, scores, first);
    if (skipped <= 0) {
      sums = d0.reinterpretAsFloats().fma(FloatVector.broadcast(FLOATS, query[factor]), sums);
    }
    if (skipped <= 1) {
      sums = d1.reinterpretAsFloats().fma(FloatVector.broadcast(FLOATS, query[factor + 1]), sums);
    }
    if (skipped <= 2) {
      sums = d2.reinterpretAsFloats().fma(FloatVector.broadcast(FLOATS, query[factor + 2]), sums);
    }
    if (skipped <= 3) {
      sums = d3.reinterpretAsFloats().fma(FloatVector.broadcast(FLOATS, query[factor + 3]), sums);
    }
    if (skipped <= 4) {
      sums = d4.reinterpretAsFloats().fma(FloatVector.broadcast(FLOATS, query[factor + 4]), sums);
    }
    if (skipped <= 5) {
      sums = d5.reinterpretAsFloats().fma(FloatVector.broadcast(FLOATS, query[factor + 5]), sums);
    }
    if (skipped <= 6) {
      sums = d6.reinterpretAsFloats().fma(FloatVector.broadcast(FLOATS, query[factor + 6]), sums);
    }
    if (skipped <= 7) {
      sums = d7.reinterpretAsFloats().fma(FloatVector.broadcast(FLOATS, query[factor + 7]), sums);
    }
    if (skipped <= 8) {
      sums = d8.reinterpretAsFloats().fma(FloatVector.broadcast(FLOATS, query[factor + 8]), sums);
    }
    if (skipped <= 9) {
      sums = d9.reinterpretAsFloats().fma(FloatVector.broadcast(FLOATS, query[factor + 9]), sums);
    }
    if (skipped <= 10) {
      sums = d10.reinterpretAsFloats().fma(FloatVector.broadcast(FLOATS, query[factor + 10]), sums);
    }
    if (skipped <= 11) {
      sums = d11.reinterpretAsFloats().fma(FloatVector.broadcast(FLOATS, query[factor + 11]), sums);
    }
    if (skipped <= 12) {
      sums = d12.reinterpretAsFloats().fma(FloatVector.broadcast(FLOATS, query[factor + 12]), sums);
    }
    if (skipped <= 13) {
      sums = d13.reinterpretAsFloats().fma(FloatVector.broadcast(FLOATS, query[factor + 13]), sums);
    }
    if (skipped <= 14) {
      sums = d14.reinterpretAsFloats().fma(FloatVector.broadcast(FLOATS, query[factor + 14]), sums);
    }
    sums = d15.reinterpretAsFloats().fma(FloatVector.broadcast(FLOATS, query[factor + 15]), sums);
    sums.intoArray(scores, first);
  }
}
