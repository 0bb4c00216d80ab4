package femto.kernels.vector;

/**
 * Continues the chains of rows by some of their factors, 4 rows side by side, without vectors.
 * Where there are no two-vector permutations, transposing rows in registers is no quicker: on an
 * AMD EPYC without AVX-512 (family 25) a row of 16 factors in the nearest cache took 9 ns this way,
 * 9 to 12 by a transposition of permutations and blends, and 14 to 15 by vector gathers.
 */
final class RowsByFour {
  static final int ROWS = 4;

  private RowsByFour() {}

  /**
   * Continues the chains.
   *
   * @param copies the bits of the rows' numbers
   * @param at where the numbers of the first row begin
   * @param stride from row to row
   * @param numbers how many numbers a row, one after the other
   * @param query the query
   * @param factor which factor the first of the numbers is
   * @param scores the chains, from {@code first} on
   * @param first where the chain of the first row stands
   * @param count how many rows, a multiple of 4
   */
  static void extend(
      int[] copies,
      int at,
      int stride,
      int numbers,
      float[] query,
      int factor,
      float[] scores,
      int first,
      int count) {
    for (int row = 0; row < count; row += ROWS) {
      int at0 = at + row * stride;
      int at1 = at0 + stride;
      int at2 = at1 + stride;
      int at3 = at2 + stride;
      int to = first + row;
      float score0 = scores[to];
      float score1 = scores[to + 1];
      float score2 = scores[to + 2];
      float score3 = scores[to + 3];
      for (int n = 0; n < numbers; n++) {
        float q = query[factor + n];
        score0 = Math.fma(q, Float.intBitsToFloat(copies[at0 + n]), score0);
        score1 = Math.fma(q, Float.intBitsToFloat(copies[at1 + n]), score1);
        score2 = Math.fma(q, Float.intBitsToFloat(copies[at2 + n]), score2);
        score3 = Math.fma(q, Float.intBitsToFloat(copies[at3 + n]), score3);
      }
      scores[to] = score0;
      scores[to + 1] = score1;
      scores[to + 2] = score2;
      scores[to + 3] = score3;
    }
  }
}
