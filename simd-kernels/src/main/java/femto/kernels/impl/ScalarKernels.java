package femto.kernels.impl;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/** The contract, one operation after the other: the definition, and the fallback. */
public final class ScalarKernels implements KernelSupport {
  /** Stateless. */
  public ScalarKernels() {}

  @Override
  public String name() {
    return "scalar";
  }

  /**
   * The chain of one row.
   *
   * @param rows the table
   * @param length factors a row
   * @param query {@code length} factors
   * @param index row index
   * @return the score
   */
  public static float score(MemorySegment rows, int length, float[] query, int index) {
    long offset = index * (1L + length) * Float.BYTES;
    float score = rows.get(JAVA_FLOAT, offset);
    for (int f = 0; f < length; f++) {
      offset += Float.BYTES;
      score = Math.fma(query[f], rows.get(JAVA_FLOAT, offset), score);
    }
    return score;
  }

  @Override
  public void gather(
      MemorySegment rows,
      int length,
      float[] query,
      int[] indexes,
      int count,
      int[] scratch,
      float[] into) {
    long stride = (1L + length) * Float.BYTES;
    int i = 0;
    // Four chains side by side: one alone waits for each multiply-add before the next.
    for (; i <= count - 4; i += 4) {
      long offset0 = indexes[i] * stride;
      long offset1 = indexes[i + 1] * stride;
      long offset2 = indexes[i + 2] * stride;
      long offset3 = indexes[i + 3] * stride;
      float score0 = rows.get(JAVA_FLOAT, offset0);
      float score1 = rows.get(JAVA_FLOAT, offset1);
      float score2 = rows.get(JAVA_FLOAT, offset2);
      float score3 = rows.get(JAVA_FLOAT, offset3);
      for (int f = 0; f < length; f++) {
        float q = query[f];
        long factor = Float.BYTES * (1L + f);
        score0 = Math.fma(q, rows.get(JAVA_FLOAT, offset0 + factor), score0);
        score1 = Math.fma(q, rows.get(JAVA_FLOAT, offset1 + factor), score1);
        score2 = Math.fma(q, rows.get(JAVA_FLOAT, offset2 + factor), score2);
        score3 = Math.fma(q, rows.get(JAVA_FLOAT, offset3 + factor), score3);
      }
      into[i] = score0;
      into[i + 1] = score1;
      into[i + 2] = score2;
      into[i + 3] = score3;
    }
    for (; i < count; i++) {
      into[i] = score(rows, length, query, indexes[i]);
    }
  }

  @Override
  public void upperBounds(
      MemorySegment rows,
      int length,
      float[] query,
      int first,
      int count,
      int[] scratch,
      int[] scratchIndexes,
      float[] into) {
    for (int i = 0; i < count; i++) {
      scratchIndexes[i] = first + i;
    }
    gather(rows, length, query, scratchIndexes, count, scratch, into);
  }

  @Override
  public void fillBlock(
      MemorySegment rows, int length, int[] indexes, int count, int[] scratch, float[] block) {
    for (int i = 0; i < count; i++) {
      long row = indexes[i] * (1L + length) * Float.BYTES;
      for (int n = 0; n <= length; n++) {
        block[n * LEAF + i] = rows.get(JAVA_FLOAT, row + (long) n * Float.BYTES);
      }
    }
  }

  @Override
  public void scoreBlock(
      float[] block,
      int length,
      float[] queries,
      int[] starts,
      float[] thresholds,
      float[] into,
      long[] reached) {
    for (int q = 0; q < BLOCK_QUERIES; q++) {
      int to = q * LEAF;
      System.arraycopy(block, 0, into, to, LEAF);
      for (int f = 0; f < length; f++) {
        float factor = queries[starts[q] + f];
        int at = (1 + f) * LEAF;
        for (int i = 0; i < LEAF; i++) {
          into[to + i] = Math.fma(factor, block[at + i], into[to + i]);
        }
      }
      long bits = 0;
      for (int i = 0; i < LEAF; i++) {
        if (into[to + i] >= thresholds[q]) {
          bits |= 1L << i;
        }
      }
      reached[q] = bits;
    }
  }

  @Override
  public int above(float[] scores, int count, float threshold, int[] into) {
    int found = 0;
    for (int i = 0; i < count; i++) {
      if (scores[i] > threshold) {
        into[found++] = i;
      }
    }
    return found;
  }

  @Override
  public void expectedValues(
      float[] scores, float constant, float[] bids, int firstBid, int count, float[] into) {
    for (int i = 0; i < count; i++) {
      into[i] = bids[firstBid + i] * Logistic.sigmoid(constant + scores[i]);
    }
  }

  @Override
  public void sigmoid(float[] x, int count, float[] into) {
    for (int i = 0; i < count; i++) {
      into[i] = Logistic.sigmoid(x[i]);
    }
  }

  @Override
  public float fold(
      MemorySegment rows,
      long rowBytes,
      int length,
      float start,
      int[] features,
      float[] weights,
      int from,
      int count,
      float[] vector,
      float[] pairs) {
    Arrays.fill(vector, 0, length, 0);
    Arrays.fill(pairs, 0, length, 0);
    float sum = start;
    for (int i = from; i < from + count; i++) {
      float x = weights[i];
      long offset = features[i] * rowBytes;
      sum = Math.fma(rows.get(JAVA_FLOAT, offset), x, sum);
      for (int f = 0; f < length; f++) {
        offset += Float.BYTES;
        float xv = x * rows.get(JAVA_FLOAT, offset);
        pairs[f] = Math.fma(xv, vector[f], pairs[f]);
        vector[f] += xv;
      }
    }
    for (int f = 0; f < length; f++) {
      sum += pairs[f];
    }
    return sum;
  }

  @Override
  public int bounds(
      MemorySegment screen,
      long node,
      int dimensions,
      float[] y,
      float byThreshold,
      float byRadius,
      float slack,
      float[] cuts,
      float[] bounds,
      int firstBound) {
    int alive = 0;
    for (int child = 0; child < CHILDREN; child++) {
      long at = node + (long) child * Float.BYTES;
      float radius = screen.get(JAVA_FLOAT, at + dimensions * NODE_ROW_BYTES);
      float lambda = (byThreshold / radius + byRadius) / radius;
      float perLambda = 1 / lambda;
      float halfLambda = lambda * 0.5f;
      float bound = Math.fma(radius, slack, halfLambda * radius * radius);
      for (int d = 0; d < dimensions; d++) {
        int side = screen.get(JAVA_INT, at);
        float low = Float.intBitsToFloat(side << 16);
        float high = Float.intBitsToFloat(side & HIGH_OF_SIDE);
        float t = Math.max(low, Math.min(high, y[d] * perLambda));
        bound = Math.fma(t, Math.fma(t, -halfLambda, y[d]), bound);
        at += NODE_ROW_BYTES;
      }
      bounds[firstBound + child] = bound;
      alive |= bound >= cuts[child] ? 1 << child : 0;
    }
    return alive;
  }

  @Override
  public void prepare(
      MemorySegment screen,
      long frame,
      int padded,
      float[] y,
      float norm,
      float slack,
      float rounding,
      int[] coefficients,
      float[] prepared) {
    long steps = frame + (long) padded * Float.BYTES;
    float largest = LEAST_COEFFICIENT;
    for (int d = 0; d < padded; d++) {
      float step = screen.get(JAVA_FLOAT, steps + (long) d * Float.BYTES);
      largest = Math.max(largest, Math.abs(step * y[d]));
    }
    float minusUnit = -(largest / MAX_COEFFICIENT);
    float perUnit = MAX_COEFFICIENT / largest;
    float base = 0;
    float half = 0;
    float spread = 0;
    float magnitude = 0;
    for (int d = 0; d < padded; d++) {
      float low = screen.get(JAVA_FLOAT, frame + (long) d * Float.BYTES);
      float step = screen.get(JAVA_FLOAT, steps + (long) d * Float.BYTES);
      float exact = step * y[d];
      float nearest = exact * perUnit + ROUNDER - ROUNDER;
      coefficients[d] = (int) nearest;
      float rest = Math.fma(minusUnit, nearest, exact);
      base = Math.fma(rest, MIDDLE_CODE, Math.fma(y[d], low, base));
      half += Math.abs(exact);
      spread += Math.abs(rest);
      magnitude = Math.fma(Math.abs(y[d]), Math.fma(step, MAX_CODE, Math.abs(low)), magnitude);
    }
    long last = steps + (long) padded * Float.BYTES;
    finish(screen, last, perUnit, base, half, spread, magnitude, norm, slack, rounding, prepared);
  }

  /**
   * The last step of {@link #prepare}, from its sums, which have its names.
   *
   * @param screen memory of the screen
   * @param last byte offset of R and E in the frame
   * @param perUnit as in the contract
   * @param base as in the contract
   * @param half as in the contract
   * @param spread as in the contract
   * @param magnitude as in the contract
   * @param norm as in the contract
   * @param slack as in the contract
   * @param rounding as in the contract
   * @param prepared receives above and perUnit
   */
  public static void finish(
      MemorySegment screen,
      long last,
      float perUnit,
      float base,
      float half,
      float spread,
      float magnitude,
      float norm,
      float slack,
      float rounding,
      float[] prepared) {
    float radius = screen.get(JAVA_FLOAT, last);
    float error = screen.get(JAVA_FLOAT, last + Float.BYTES);
    float scanned = base + Math.min(half * HALF_STEP, norm * error);
    scanned = Math.fma(magnitude, rounding, Math.fma(spread, HALF_CODES, scanned));
    prepared[0] = Math.fma(radius, slack, scanned);
    prepared[1] = perUnit;
  }

  @Override
  public int scan(
      MemorySegment screen,
      long codes,
      int dimensions,
      int[] coefficients,
      short[] scratch,
      int leaves,
      int[] least,
      long[] survivors) {
    int alive = 0;
    for (int rest = leaves; rest != 0; rest &= rest - 1) {
      int leaf = Integer.numberOfTrailingZeros(rest);
      long at = codes + leaf * leafBytes(dimensions);
      long found = 0;
      for (int candidate = 0; candidate < LEAF; candidate++) {
        int sum = 0;
        for (int d = 0; d < dimensions; d++) {
          int both = screen.get(JAVA_BYTE, at + codeOffset(d, candidate));
          sum += (both >> codeShift(candidate) & MAX_CODE) * coefficients[d];
        }
        found |= sum >= least[leaf] ? 1L << candidate : 0;
      }
      survivors[leaf] = found;
      alive |= found != 0 ? 1 << leaf : 0;
    }
    return alive;
  }

  /**
   * Size of a leaf's codes.
   *
   * @param dimensions how many
   * @return bytes
   */
  public static long leafBytes(int dimensions) {
    return (dimensions + 1) / 2 * (long) LEAF;
  }

  /**
   * Byte of a candidate's code.
   *
   * @param dimension from 0
   * @param candidate its number in the leaf, 0 to 63
   * @return byte offset inside the leaf's codes
   */
  public static long codeOffset(int dimension, int candidate) {
    int lane = candidate % CODE_LANES;
    int quarter = candidate / CODE_LANES;
    return (dimension * (long) CODE_LANES + lane) * Short.BYTES + quarter / 2;
  }

  /**
   * Where in its byte a candidate's code is.
   *
   * @param candidate its number in the leaf, 0 to 63
   * @return bits to shift right by
   */
  public static int codeShift(int candidate) {
    return candidate / CODE_LANES % 2 * 4;
  }
}
