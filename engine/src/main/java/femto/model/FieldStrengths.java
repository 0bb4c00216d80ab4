package femto.model;

import femto.kernels.RowTable;
import java.util.Arrays;

/**
 * How strongly each two fields of an {@link Family#FWFM} go together: a symmetric matrix r of
 * fields times fields. A number on the diagonal counts for the pairs inside a field, which only a
 * field of several values has.
 *
 * <p>In full it is the matrix; of low rank it is
 *
 * <pre>{@code
 * r_ab = sum_p e_p u_pa u_pb + (d_a if a = b)
 * }</pre>
 *
 * with a number e_p and a vector u_p of one number a field for each of rank p (the diagonal plus
 * low rank of Shtoff, Viderman, Haramaty-Krasne, Somekh, Zadik and Ban, "Low Rank Field-Weighted
 * Factorization Machines for Low Latency Item Recommendation", RecSys 2024, where d is what makes
 * the diagonal 0; here it is free).
 */
public final class FieldStrengths implements Interactions {
  private final int fields;
  private final int rank;

  /** The matrix by rows; or d, then e, then u by rows. */
  private final float[] numbers;

  private FieldStrengths(int fields, int rank, float[] numbers) {
    this.fields = fields;
    this.rank = rank;
    this.numbers = numbers;
    for (int i = 0; i < numbers.length; i++) {
      if (!(Math.abs(numbers[i]) <= RowTable.MAX_MAGNITUDE)) {
        throw new IllegalArgumentException(
            "field strengths: number "
                + i
                + " is "
                + numbers[i]
                + ", expected a finite number of magnitude at most "
                + RowTable.MAX_MAGNITUDE);
      }
    }
  }

  /**
   * A matrix in full.
   *
   * @param fields number of fields
   * @param matrix fields times fields numbers, row by row; copied
   * @return the strengths
   * @throws IllegalArgumentException if there are more or fewer numbers, one is not finite or too
   *     large, or the matrix is not symmetric to the last bit
   */
  public static FieldStrengths full(int fields, float[] matrix) {
    requireLength("matrix", matrix, (long) fields * fields);
    for (int a = 0; a < fields; a++) {
      for (int b = 0; b < a; b++) {
        float below = matrix[a * fields + b];
        float above = matrix[b * fields + a];
        if (below != above && !(Float.isNaN(below) && Float.isNaN(above))) {
          throw new IllegalArgumentException(
              "field strengths: %d with %d is %s, but %d with %d is %s, expected the same"
                  .formatted(a, b, below, b, a, above));
        }
      }
    }
    return new FieldStrengths(fields, 0, matrix.clone());
  }

  /**
   * A matrix of low rank.
   *
   * @param fields number of fields
   * @param diagonal d, one number a field; copied
   * @param scales e, one number a rank; copied
   * @param vectors u, scales times fields numbers, vector by vector; copied
   * @return the strengths
   * @throws IllegalArgumentException if there are more or fewer numbers, none of rank, or one is
   *     not finite or too large
   */
  public static FieldStrengths lowRank(
      int fields, float[] diagonal, float[] scales, float[] vectors) {
    int rank = scales.length;
    if (rank < 1) {
      throw new IllegalArgumentException("field strengths of rank 0, expected 1 or more");
    }
    requireLength("diagonal", diagonal, fields);
    requireLength("vectors", vectors, (long) rank * fields);
    float[] all = Arrays.copyOf(diagonal, fields + rank + vectors.length);
    System.arraycopy(scales, 0, all, fields, rank);
    System.arraycopy(vectors, 0, all, fields + rank, vectors.length);
    return new FieldStrengths(fields, rank, all);
  }

  private static void requireLength(String what, float[] numbers, long length) {
    if (numbers.length != length) {
      throw new IllegalArgumentException(
          "field strengths: " + what + " of " + numbers.length + " numbers, expected " + length);
    }
  }

  /**
   * Number of fields.
   *
   * @return 1 or more
   */
  public int fields() {
    return fields;
  }

  /**
   * Rank of the matrix without its diagonal.
   *
   * @return 1 or more; 0 for a matrix in full
   */
  public int rank() {
    return rank;
  }

  /**
   * How strongly two fields go together.
   *
   * @param a index of the one
   * @param b index of the other, or the same
   * @return r_ab, in double precision of the f32 numbers
   * @throws IndexOutOfBoundsException if there is no such field
   */
  public double of(int a, int b) {
    java.util.Objects.checkIndex(a, fields);
    java.util.Objects.checkIndex(b, fields);
    if (rank == 0) {
      return numbers[a * fields + b];
    }
    double sum = a == b ? numbers[a] : 0;
    for (int p = 0; p < rank; p++) {
      sum += (double) scale(p) * vector(p, a) * vector(p, b);
    }
    return sum;
  }

  /**
   * e_p.
   *
   * @param p 0 to rank-1
   * @return the number
   */
  public float scale(int p) {
    return numbers[fields + java.util.Objects.checkIndex(p, rank)];
  }

  /**
   * u_pa.
   *
   * @param p 0 to rank-1
   * @param a index of a field
   * @return the number
   */
  public float vector(int p, int a) {
    return numbers[fields + rank + java.util.Objects.checkIndex(p, rank) * fields + a];
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
    return rank == 0 ? (long) fields * (fields + 1) / 2 : numbers.length;
  }
}
