package femto.model;

import femto.kernels.RowTable;

/**
 * A weight for each pair of features of an {@link Family#POLY2}: a table of 2^bits numbers, in
 * which a hash of the two features says where the pair's is. Pairs of the same place share a
 * weight.
 *
 * <p>The place of the pair of features {@code j < l}, in 64-bit arithmetic: {@code h = (j << 32 |
 * l) * 0x9e3779b97f4a7c15; h = (h xor (h >>> 32)) * 0xff51afd7ed558ccd}, and of that the highest
 * bits.
 */
public final class PairWeights implements Interactions {
  /** Most bits of a table: one of a gigabyte. */
  public static final int MAX_BITS = 28;

  private static final long GOLDEN = 0x9e3779b97f4a7c15L;
  private static final long MIX = 0xff51afd7ed558ccdL;

  private final int bits;
  private final float[] numbers;

  /**
   * Takes a table.
   *
   * @param numbers a power of two of them, 2 to 2^{@value #MAX_BITS}; not copied, and not to be
   *     written to from now on
   * @throws IllegalArgumentException if there are more or fewer, or one is not finite or too large
   */
  public PairWeights(float[] numbers) {
    this.bits = Integer.numberOfTrailingZeros(numbers.length);
    this.numbers = numbers;
    if (Integer.bitCount(numbers.length) != 1 || bits < 1 || bits > MAX_BITS) {
      throw new IllegalArgumentException(
          "pair weights: "
              + numbers.length
              + " numbers, expected a power of two from 2 to 2^"
              + MAX_BITS);
    }
    for (int i = 0; i < numbers.length; i++) {
      if (!(Math.abs(numbers[i]) <= RowTable.MAX_MAGNITUDE)) {
        throw new IllegalArgumentException(
            "pair weight "
                + i
                + " is "
                + numbers[i]
                + ", expected a finite number of magnitude at most "
                + RowTable.MAX_MAGNITUDE);
      }
    }
  }

  /**
   * Where the weight of a pair is.
   *
   * @param j a feature
   * @param l another one; the order does not matter
   * @param bits of the table
   * @return 0 to 2^bits - 1
   */
  public static int place(int j, int l, int bits) {
    long hash = ((long) Math.min(j, l) << Integer.SIZE | Math.max(j, l)) * GOLDEN;
    hash = (hash ^ (hash >>> Integer.SIZE)) * MIX;
    return (int) (hash >>> (Long.SIZE - bits));
  }

  /**
   * Bits of the table.
   *
   * @return 1 to {@value #MAX_BITS}
   */
  public int bits() {
    return bits;
  }

  /**
   * The weight of a pair.
   *
   * @param j a feature
   * @param l another one; the order does not matter
   * @return its weight
   */
  public float of(int j, int l) {
    return numbers[place(j, l, bits)];
  }

  @Override
  public int size() {
    return numbers.length;
  }

  @Override
  public float number(int index) {
    return numbers[index];
  }

  @Override
  public long parameters() {
    return numbers.length;
  }
}
