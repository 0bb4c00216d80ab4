package femto.kernels.impl;

import java.lang.foreign.MemorySegment;

/**
 * The arithmetic of scoring, in plain numbers: what each implementation must compute, operation by
 * operation, so that all of them give the same bits. Arguments have been checked by the caller;
 * implementations are stateless and allocate nothing.
 *
 * <p>{@code fma(a, b, c)} is {@link Math#fma(float, float, float)} throughout.
 */
public interface KernelSupport {
  /** Children of a node of a screen, all bounded in one call. */
  int CHILDREN = 16;

  /** Candidates of a leaf of a screen, all scanned in one call. */
  int LEAF = 64;

  /** Bytes of one number of every child of a node. */
  long NODE_ROW_BYTES = (long) CHILDREN * Float.BYTES;

  /**
   * The side of a box in a dimension is an int: its high without the last 16 bits of the float,
   * then its low without those. This is where the high is.
   */
  int HIGH_OF_SIDE = -1 << 16;

  /**
   * The side of a box, rounded outwards.
   *
   * @param low where it begins
   * @param high where it ends
   * @return the least side of this form with both in it
   */
  static int side(float low, float high) {
    int lowBits = Float.floatToRawIntBits(low);
    int highBits = Float.floatToRawIntBits(high);
    // Cutting bits off goes towards 0; what has to go away from it goes over the next step first.
    int down = lowBits < 0 ? lowBits + ~HIGH_OF_SIDE : lowBits;
    int up = highBits > 0 ? highBits + ~HIGH_OF_SIDE : highBits;
    return (up & HIGH_OF_SIDE) | (down >>> 16);
  }

  /** Numbers of 16 bits, of four codes each, that hold a dimension of a leaf. */
  int CODE_LANES = LEAF / 4;

  /**
   * What is in use.
   *
   * @return such as {@code scalar} or {@code vector 512}
   */
  String name();

  /** Numbers that {@link #gather} needs as scratch: they stay in the nearest cache. */
  int SCRATCH = 1 << 12;

  /**
   * Scores listed rows: the chain of {@link femto.kernels.RowScores}.
   *
   * @param rows the table
   * @param length factors a row
   * @param query {@code length} factors
   * @param indexes row indexes
   * @param count how many of them
   * @param scratch {@value #SCRATCH} numbers
   * @param into receives {@code count} scores
   */
  void gather(
      MemorySegment rows,
      int length,
      float[] query,
      int[] indexes,
      int count,
      int[] scratch,
      float[] into);

  /**
   * Bounds the scores of consecutive rows from above, as tightly as rounding in another order
   * allows. What it gives may differ between implementations.
   *
   * @param rows the table
   * @param length factors a row
   * @param query {@code length} factors
   * @param first index of the first row
   * @param count how many rows, at most 2^16
   * @param scratch as for {@link #gather}
   * @param scratchIndexes {@code count} numbers
   * @param into receives {@code count} numbers, none of them below the chain of its row
   */
  void upperBounds(
      MemorySegment rows,
      int length,
      float[] query,
      int first,
      int count,
      int[] scratch,
      int[] scratchIndexes,
      float[] into);

  /**
   * Writes rows number by number, as {@link #scoreBlock} takes them.
   *
   * @param rows the table
   * @param length factors a row
   * @param indexes row indexes
   * @param count how many of them, at most {@value #LEAF}
   * @param scratch as for {@link #gather}
   * @param block receives number n of row i at {@code n * LEAF + i}, the bias being number 0; what
   *     is past the last row stays as it was
   */
  void fillBlock(
      MemorySegment rows, int length, int[] indexes, int count, int[] scratch, float[] block);

  /** Queries that {@link #scoreBlock} takes at once. */
  int BLOCK_QUERIES = 6;

  /**
   * Scores the rows of a block for several queries: the chain of {@link femto.kernels.RowScores}
   * for each row and query.
   *
   * @param block {@value #LEAF} rows, as from {@link #fillBlock}
   * @param length factors a row
   * @param queries the queries, one after another
   * @param starts where in {@code queries} each of the {@value #BLOCK_QUERIES} begins; may be the
   *     same
   * @param thresholds what a score of each query must reach
   * @param into receives the scores, {@value #LEAF} a query
   * @param reached receives for each query the rows that reach its threshold: bit i is row i
   */
  void scoreBlock(
      float[] block,
      int length,
      float[] queries,
      int[] starts,
      float[] thresholds,
      float[] into,
      long[] reached);

  /**
   * Finds the scores above a threshold.
   *
   * @param scores the scores
   * @param count how many of them
   * @param threshold only scores strictly above it are found
   * @param into receives their positions, ascending
   * @return how many were found
   */
  int above(float[] scores, int count, float threshold, int[] into);

  /**
   * Expected values: {@code bid * sigmoid(constant + score)}, each operation rounded to f32.
   *
   * @param scores the scores
   * @param constant added to each
   * @param bids the bids
   * @param firstBid where in {@code bids} the bid of the first score stands
   * @param count how many scores
   * @param into receives the values; may be {@code scores}
   */
  void expectedValues(
      float[] scores, float constant, float[] bids, int firstBid, int count, float[] into);

  /**
   * The logistic function of each number, as {@link Logistic} defines it.
   *
   * @param x the numbers
   * @param count how many of them
   * @param into receives the values; may be {@code x}
   */
  void sigmoid(float[] x, int count, float[] into);

  /**
   * Folds a sparse row: for j in order, with {@code x = weights[j]},
   *
   * <pre>{@code
   * linear  = fma(w_j, x, linear)          starting at `start`
   * xv      = x * v_jf                     for every factor f
   * pairs_f = fma(xv, vector_f, pairs_f)   starting at 0
   * vector_f = vector_f + xv               starting at 0
   * }</pre>
   *
   * and then adds {@code pairs_f} to linear in ascending order of f.
   *
   * @param rows the table: w_j is the first number of row j, v_j those after it
   * @param rowBytes distance between two rows
   * @param length factors a row
   * @param start what the sum starts at
   * @param features row indexes
   * @param weights their weights x
   * @param from where in both arrays the row begins
   * @param count how many features it has
   * @param vector receives the sum of the factors, {@code length} numbers
   * @param pairs scratch, at least {@code length} numbers
   * @return the sum
   */
  float fold(
      MemorySegment rows,
      long rowBytes,
      int length,
      float start,
      int[] features,
      float[] weights,
      int from,
      int count,
      float[] vector,
      float[] pairs);

  /**
   * Bounds every child of a node of a screen. With R, lo, hi of the child, in the order of the
   * dimensions d,
   *
   * <pre>{@code
   * lambda = (byThreshold / R + byRadius) / R
   * t_d    = max(lo_d, min(hi_d, y_d * (1 / lambda)))
   * bound  = fma(R, slack, lambda / 2 * R * R) + sum_d fma(t_d, fma(t_d, -lambda / 2, y_d), ...)
   * }</pre>
   *
   * @param screen memory of the screen
   * @param node byte offset of the node: {@link #side}[16] of each dimension, then R[16]
   * @param dimensions how many
   * @param y the query in the screen's space
   * @param byThreshold 0 or more
   * @param byRadius above 0
   * @param slack what rounding may add, in units of R
   * @param cuts a child is alive if its bound is at least its cut; {@value #CHILDREN} numbers
   * @param bounds receives the bounds, from {@code firstBound} on
   * @param firstBound where the first goes
   * @return bit i is set if child i is alive
   */
  int bounds(
      MemorySegment screen,
      long node,
      int dimensions,
      float[] y,
      float byThreshold,
      float byRadius,
      float slack,
      float[] cuts,
      float[] bounds,
      int firstBound);

  /**
   * Prepares the leaves of a group for {@link #scan}. With the group's low, step, R and E,
   *
   * <pre>{@code
   * largest   = max(|step_d * y_d|, 1e-30)                    over the dimensions d
   * perUnit   = 127 / largest
   * c_d       = the integer nearest to step_d * y_d * perUnit
   * rest_d    = fma(-largest / 127, c_d, step_d * y_d)
   * base      = sum_d (y_d * low_d + 7.5 * rest_d)
   * half      = sum_d |step_d * y_d|
   * spread    = sum_d |rest_d|
   * magnitude = sum_d |y_d| * (|low_d| + 15 * step_d)
   * above     = base + min(half * HALF_STEP, norm * E) + spread * HALF_CODES
   *               + magnitude * rounding + R * slack
   * }</pre>
   *
   * A candidate of the group is bounded by {@code above + sum / perUnit}: what the codes leave out
   * is at most half a step in each dimension, and at most E in all; what the coefficients leave out
   * is known but for the code it is multiplied by, which is within 7.5 of 7.5. The sums may be
   * added up in any order.
   *
   * @param screen memory of the screen
   * @param frame byte offset of the group's frame: low of each dimension, then step, both padded
   *     with zeros to a multiple of {@value #CHILDREN} numbers, then R and E
   * @param padded number of dimensions with the padding
   * @param y the query in the screen's space, padded with zeros
   * @param norm not below that of y
   * @param slack as in {@link #bounds}
   * @param rounding what rounding may add, in units of the magnitude
   * @param coefficients receives {@code padded} numbers c_d, -127 to 127
   * @param prepared receives above and perUnit
   */
  void prepare(
      MemorySegment screen,
      long frame,
      int padded,
      float[] y,
      float norm,
      float slack,
      float rounding,
      int[] coefficients,
      float[] prepared);

  /**
   * More than half of a step: how far a number can be from its code's. The rest covers the rounding
   * of the step itself.
   */
  float HALF_STEP = 0.502f;

  /** Half of the greatest code. */
  float MIDDLE_CODE = 7.5f;

  /** More than half of the greatest code; the rest covers rounding. */
  float HALF_CODES = 7.51f;

  /** The greatest code. */
  int MAX_CODE = 15;

  /** The greatest coefficient. */
  int MAX_COEFFICIENT = 127;

  /** Dimensions whose sum of codes times coefficients fits in 16 bits, whatever they are. */
  int SHORT_DIMENSIONS = Short.MAX_VALUE / (MAX_CODE * MAX_COEFFICIENT);

  /** Least {@code largest}: keeps its quotients in range. */
  float LEAST_COEFFICIENT = 1e-30f;

  /** One step, of as many as there are from the least to the greatest code. */
  float PER_STEP = 1f / MAX_CODE;

  /** Adding and subtracting it rounds a small float to the nearest integer. */
  float ROUNDER = 0x1.8p23f;

  /**
   * Scans leaves of a group: for each of their candidates {@code sum = code_d * coefficients[d]}
   * over d, in integers.
   *
   * @param screen memory of the screen
   * @param codes byte offset of the codes of the group's first leaf, as {@link
   *     femto.kernels.ScreenLayout} says
   * @param dimensions how many
   * @param coefficients as from {@link #prepare}
   * @param scratch {@value #CODE_LANES} numbers for each of an even number of dimensions
   * @param leaves bit i is set if leaf i is to be scanned
   * @param least a candidate of leaf i survives if its sum is at least {@code least[i]}
   * @param survivors bit c of number i is set if candidate c of leaf i survives; numbers of leaves
   *     that are not scanned are left as they are
   * @return bit i is set if a candidate of leaf i survives
   */
  int scan(
      MemorySegment screen,
      long codes,
      int dimensions,
      int[] coefficients,
      short[] scratch,
      int leaves,
      int[] least,
      long[] survivors);
}
