package femto.kernels.vector;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import femto.kernels.impl.KernelChoice;
import femto.kernels.impl.KernelSupport;
import femto.kernels.impl.Logistic;
import femto.kernels.impl.ScalarKernels;
import femto.kernels.impl.Touch;
import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import java.util.Arrays;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorShuffle;
import jdk.incubator.vector.VectorSpecies;

/**
 * The contract on vectors of one width.
 *
 * <p>Loads are written out where they are needed: a method of ours that returns a vector is now and
 * then not inlined, and the vector is then an object (864 bytes a search in one run of six).
 *
 * <p>Numbers that are 0 or more are compared as ints where their greatest is wanted, and others by
 * compare and blend: the maximum of two float vectors in Java's sense takes six instructions.
 *
 * <p>One width a JVM: kernels of two widths in one process make the compiler box vectors (29 to 295
 * bytes a candidate were seen), so the species are constants of the class.
 */
public final class VectorKernels implements KernelSupport {
  /** The width of every vector. */
  private static final int BITS =
      KernelChoice.ASKED.bits(Math.min(512, VectorShape.preferredShape().vectorBitSize()));

  private static final VectorShape SHAPE = VectorShape.forBitSize(BITS);
  private static final VectorSpecies<Float> FLOATS = VectorSpecies.of(float.class, SHAPE);
  private static final VectorSpecies<Integer> INTS = VectorSpecies.of(int.class, SHAPE);
  private static final ByteOrder ORDER = ByteOrder.nativeOrder();
  private static final ByteOrder CODE_ORDER = ByteOrder.LITTLE_ENDIAN;
  private static final VectorSpecies<Short> SHORTS = VectorSpecies.of(short.class, SHAPE);
  private static final int SHORT_LANES = SHORTS.length();

  /** An even number of dimensions whose sums fit in 16 bits. */
  private static final int SHORT_PIECE = SHORT_DIMENSIONS & -2;

  /** Dimensions of a leaf's codes in a vector, and bytes that they take. */
  private static final int CODE_DIMENSIONS = Math.max(1, SHORT_LANES / CODE_LANES);

  private static final long CODE_BYTES = (long) CODE_DIMENSIONS * CODE_LANES * Short.BYTES;

  /** Each number where the same candidates' number of the other dimension is. */
  private static final VectorShuffle<Short> OTHER_HALF =
      VectorShuffle.fromOp(SHORTS, lane -> (lane + SHORT_LANES / 2) % SHORT_LANES);

  private static final long CODE_MASK = (1L << CODE_LANES) - 1;
  private static final long EVEN_BITS = 0x5555555555555555L;
  private static final int ROUNDER_BITS = Float.floatToRawIntBits(ROUNDER);
  private static final int LANES = FLOATS.length();
  private static final long VECTOR_BYTES = BITS / 8;

  /** Numbers of a row that {@link #gather} copies at once, so that 16 rows fit in the scratch. */
  private static final int PIECE = SCRATCH / 16 - 1;

  /** Numbers of a row that {@link #fillBlock} copies at once. */
  private static final int BLOCK_PIECE = (SCRATCH - LANES) / LEAF;

  /** Largest relative error of one rounding. */
  private static final double UNIT_ROUNDOFF = 0x1p-24;

  /** More than what the roundings of a sum of 2^16 squares a lane can take from it. */
  private static final double SQUARES_ROUNDED = 1.01;

  /** More than what the squares of a table's rows can lose where they underflow. */
  private static final double SQUARES_LOST = 1e-35;

  /**
   * A scan reads its rows in so many places at once: processors fetch ahead in each of them, but
   * only to the end of a page, and not far enough in one place for a loop that has much to compute.
   */
  private static final int STREAMS = 4;

  private static final ScalarKernels SCALAR = new ScalarKernels();

  /**
   * Stateless. Vectors wider than the processor's work too, but slowly: they are computed lane by
   * lane.
   */
  public VectorKernels() {}

  @Override
  public String name() {
    return "vector " + BITS;
  }

  /**
   * Index of the first row such that a vector ending where a run of its numbers ends does not begin
   * before the table: 0 where the run is a vector or longer.
   */
  private static int firstSafeRow(int length, int run) {
    long stride = (1L + length) * Float.BYTES;
    return run >= LANES ? 0 : (int) ((VECTOR_BYTES + stride - 1) / stride);
  }

  /**
   * The rows are first copied next to one another: the copying waits for memory for many rows at
   * once, the arithmetic does not wait at all. On vectors shorter than 512 bits, where copying a
   * row takes more instructions, they are touched before ({@link Touch}); on 512 bits, touching
   * rows ahead of the copying was once seen to take longer (screens.md). Long rows go in pieces.
   */
  @Override
  public void gather(
      MemorySegment rows,
      int length,
      float[] query,
      int[] indexes,
      int count,
      int[] scratch,
      float[] into) {
    int done = count - count % LANES;
    for (int begin = 0; begin <= length && done > 0; begin += PIECE) {
      // Number 0 of a row is its bias.
      int numbers = Math.min(length + 1 - begin, PIECE);
      int stride = Math.max(numbers, LANES);
      int batch = (SCRATCH - LANES) / stride & -LANES;
      int safe = firstSafeRow(length, numbers);
      for (int from = 0; from < done; from += batch) {
        int size = Math.min(batch, done - from);
        if (LANES < Rows16.ROWS) {
          // Kept in a number that nothing else uses, so that the compiler cannot leave it out.
          scratch[0] = Touch.rows(rows, length, begin, begin + numbers - 1, indexes, from, size);
        }
        copy(rows, length, begin, numbers, indexes, from, size, safe, scratch, stride);
        if (begin == 0) {
          for (int i = 0; i < size; i++) {
            into[from + i] = Float.intBitsToFloat(scratch[i * stride + LANES]);
          }
        }
        extend(scratch, stride, begin, numbers, query, into, from, size);
      }
    }
    scoreOneByOne(rows, length, query, indexes, done, count, into);
  }

  /** Copies numbers of rows into the scratch, from {@link #LANES} on. */
  private static void copy(
      MemorySegment rows,
      int length,
      int begin,
      int numbers,
      int[] indexes,
      int from,
      int size,
      int safe,
      int[] scratch,
      int stride) {
    long rowBytes = (1L + length) * Float.BYTES;
    long beginBytes = (long) begin * Float.BYTES;
    int last = numbers - LANES;
    if (last > 0 && last <= LANES) {
      copyPairs(rows, rowBytes, beginBytes, indexes, from, size, scratch, stride, last);
      return;
    }
    if (last > LANES && last <= 2 * LANES) {
      copyTriples(rows, rowBytes, beginBytes, indexes, from, size, scratch, stride, last);
      return;
    }
    // One vector of every row after the other: a loop over the vectors of a row would be too short.
    for (int n = 0; n < last; n += LANES) {
      copyVectors(rows, rowBytes, beginBytes + 4L * n, indexes, from, size, scratch, stride, n);
    }
    if (safe == 0) {
      // Ends where the numbers end.
      copyVectors(
          rows, rowBytes, beginBytes + 4L * last, indexes, from, size, scratch, stride, last);
    } else {
      copyShortRows(
          rows, rowBytes, beginBytes, numbers, indexes, from, size, safe, scratch, stride);
    }
  }

  /** The common case: two vectors cover the numbers. */
  private static void copyPairs(
      MemorySegment rows,
      long rowBytes,
      long offset,
      int[] indexes,
      int from,
      int size,
      int[] scratch,
      int stride,
      int last) {
    long lastBytes = 4L * last;
    int to = LANES;
    for (int i = 0; i < size; i++) {
      long row = indexes[from + i] * rowBytes + offset;
      IntVector begin = IntVector.fromMemorySegment(INTS, rows, row, ORDER);
      IntVector end = IntVector.fromMemorySegment(INTS, rows, row + lastBytes, ORDER);
      begin.intoArray(scratch, to);
      end.intoArray(scratch, to + last);
      to += stride;
    }
  }

  /** The common case on shorter vectors: three cover the numbers. */
  private static void copyTriples(
      MemorySegment rows,
      long rowBytes,
      long offset,
      int[] indexes,
      int from,
      int size,
      int[] scratch,
      int stride,
      int last) {
    long lastBytes = 4L * last;
    int to = LANES;
    for (int i = 0; i < size; i++) {
      long row = indexes[from + i] * rowBytes + offset;
      IntVector begin = IntVector.fromMemorySegment(INTS, rows, row, ORDER);
      IntVector middle = IntVector.fromMemorySegment(INTS, rows, row + VECTOR_BYTES, ORDER);
      IntVector end = IntVector.fromMemorySegment(INTS, rows, row + lastBytes, ORDER);
      begin.intoArray(scratch, to);
      middle.intoArray(scratch, to + LANES);
      end.intoArray(scratch, to + last);
      to += stride;
    }
  }

  private static void copyVectors(
      MemorySegment rows,
      long rowBytes,
      long offset,
      int[] indexes,
      int from,
      int size,
      int[] scratch,
      int stride,
      int number) {
    int to = LANES + number;
    for (int i = 0; i < size; i++) {
      IntVector.fromMemorySegment(INTS, rows, indexes[from + i] * rowBytes + offset, ORDER)
          .intoArray(scratch, to);
      to += stride;
    }
  }

  private static void copyShortRows(
      MemorySegment rows,
      long rowBytes,
      long beginBytes,
      int numbers,
      int[] indexes,
      int from,
      int size,
      int safe,
      int[] scratch,
      int stride) {
    long last = beginBytes + (long) (numbers - LANES) * Float.BYTES;
    for (int i = 0; i < size; i++) {
      int index = indexes[from + i];
      long row = index * rowBytes;
      int to = i * stride + LANES;
      if (index >= safe) {
        IntVector.fromMemorySegment(INTS, rows, row + last, ORDER)
            .intoArray(scratch, to + numbers - LANES);
      } else {
        for (int n = 0; n < numbers; n++) {
          scratch[to + n] = rows.get(JAVA_INT, row + beginBytes + (long) n * Float.BYTES);
        }
      }
    }
  }

  private static void extend(
      int[] scratch,
      int stride,
      int begin,
      int numbers,
      float[] query,
      float[] into,
      int from,
      int size) {
    int firstFactor = begin == 0 ? 1 : 0;
    if (LANES < Rows16.ROWS) {
      RowsByFour.extend(
          scratch,
          LANES + firstFactor,
          stride,
          numbers - firstFactor,
          query,
          begin + firstFactor - 1,
          into,
          from,
          size);
      return;
    }
    for (int n = firstFactor; n < numbers; n += LANES) {
      // The last vector ends where the numbers end; what it shares with the one before is skipped.
      int end = Math.min(n + LANES, numbers);
      int skipped = n + LANES - end;
      int factor = begin + end - LANES - 1;
      for (int i = 0; i < size; i += LANES) {
        Rows16.extend(scratch, i * stride + end, stride, skipped, query, factor, into, from + i);
      }
    }
  }

  private static void scoreOneByOne(
      MemorySegment rows,
      int length,
      float[] query,
      int[] indexes,
      int from,
      int to,
      float[] into) {
    for (int i = from; i < to; i++) {
      into[i] = ScalarKernels.score(rows, length, query, indexes[i]);
    }
  }

  /**
   * Sums of products, rounded in the order of {@code reduceLanes}, and what they may be too low by:
   * each of the {@code n} roundings of either sum is at most 2^-24 of the sum of magnitudes. That
   * is at most the norm of the query, 1 for the bias included, times the norm of the row (Cauchy
   * and Schwarz); all rows together have no lower one. Where a product underflows, its rounding, in
   * either sum, takes away half of the least float or less.
   */
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
    int safe = firstSafeRow(length, length);
    if (length == 0 || first < safe) {
      for (int i = 0; i < count; i++) {
        scratchIndexes[i] = first + i;
      }
      gather(rows, length, query, scratchIndexes, count, scratch, into);
      return;
    }
    long stride = (1L + length) * Float.BYTES;
    long row = first * stride;
    // The last vector ends where the row ends; its first lanes, which another vector has had or
    // which stand before the row, count for nothing.
    int chunks = (length - 1) / LANES;
    int last = length - LANES;
    int skipped = (chunks + 1) * LANES - length;
    float squares;
    if (chunks == 0) {
      squares = sumProducts(rows, row, stride, query, last, skipped, count, into);
    } else if (chunks == 1) {
      squares = sumTwoProducts(rows, row, stride, query, last, skipped, count, into);
    } else {
      squares = sumManyProducts(rows, row, stride, chunks, query, last, skipped, count, into);
    }
    double magnitude = norm(query, length) * Math.sqrt(squares * SQUARES_ROUNDED + SQUARES_LOST);
    float margin =
        (float)
            (2 * (length + 2 * LANES) * UNIT_ROUNDOFF * magnitude
                + (length + LANES) * Float.MIN_VALUE);
    int i = 0;
    for (; i <= count - LANES; i += LANES) {
      FloatVector.fromArray(FLOATS, into, i).add(margin).intoArray(into, i);
    }
    for (; i < count; i++) {
      into[i] += margin;
    }
  }

  /** The norm of a query, 1 for the bias included, or a little more. */
  private static double norm(float[] query, int length) {
    double squares = 1;
    for (int f = 0; f < length; f++) {
      squares += (double) query[f] * query[f];
    }
    return Math.sqrt(squares) * (1 + 1e-6);
  }

  /**
   * Rows of one vector. Returns the sum of the squares of all their numbers, rounded; it may count
   * some twice, and some that stand before the rows.
   */
  private static float sumProducts(
      MemorySegment rows,
      long row,
      long stride,
      float[] query,
      int last,
      int skipped,
      int count,
      float[] into) {
    // Loaded here: a vector that is handed from method to method may be boxed. Written out for each
    // stream: a loop over four was not always unrolled. The bias is read as if it were unaligned,
    // since what is read as aligned is looked at first.
    VectorMask<Float> counted = VectorMask.fromLong(FLOATS, -1L << skipped);
    FloatVector lastQuery = FloatVector.fromArray(FLOATS, query, last, counted);
    long offset = (1L + last) * Float.BYTES;
    FloatVector squares0 = FloatVector.zero(FLOATS);
    FloatVector squares1 = squares0;
    FloatVector squares2 = squares0;
    FloatVector squares3 = squares0;
    float biases0 = 0;
    float biases1 = 0;
    float biases2 = 0;
    float biases3 = 0;
    int steps = count / STREAMS;
    long apart = steps * stride;
    for (int step = 0; step < steps; step++) {
      long at = row + step * stride;
      FloatVector last0 = FloatVector.fromMemorySegment(FLOATS, rows, at + offset, ORDER);
      float bias0 = rows.get(JAVA_FLOAT_UNALIGNED, at);
      squares0 = last0.fma(last0, squares0);
      biases0 = Math.fma(bias0, bias0, biases0);
      into[step] = last0.mul(lastQuery).reduceLanes(VectorOperators.ADD) + bias0;
      FloatVector last1 = FloatVector.fromMemorySegment(FLOATS, rows, at + apart + offset, ORDER);
      float bias1 = rows.get(JAVA_FLOAT_UNALIGNED, at + apart);
      squares1 = last1.fma(last1, squares1);
      biases1 = Math.fma(bias1, bias1, biases1);
      into[step + steps] = last1.mul(lastQuery).reduceLanes(VectorOperators.ADD) + bias1;
      FloatVector last2 =
          FloatVector.fromMemorySegment(FLOATS, rows, at + 2 * apart + offset, ORDER);
      float bias2 = rows.get(JAVA_FLOAT_UNALIGNED, at + 2 * apart);
      squares2 = last2.fma(last2, squares2);
      biases2 = Math.fma(bias2, bias2, biases2);
      into[step + 2 * steps] = last2.mul(lastQuery).reduceLanes(VectorOperators.ADD) + bias2;
      FloatVector last3 =
          FloatVector.fromMemorySegment(FLOATS, rows, at + 3 * apart + offset, ORDER);
      float bias3 = rows.get(JAVA_FLOAT_UNALIGNED, at + 3 * apart);
      squares3 = last3.fma(last3, squares3);
      biases3 = Math.fma(bias3, bias3, biases3);
      into[step + 3 * steps] = last3.mul(lastQuery).reduceLanes(VectorOperators.ADD) + bias3;
    }
    for (int i = STREAMS * steps; i < count; i++) {
      long at = row + i * stride;
      FloatVector one = FloatVector.fromMemorySegment(FLOATS, rows, at + offset, ORDER);
      float bias = rows.get(JAVA_FLOAT_UNALIGNED, at);
      squares0 = one.fma(one, squares0);
      biases0 = Math.fma(bias, bias, biases0);
      into[i] = one.mul(lastQuery).reduceLanes(VectorOperators.ADD) + bias;
    }
    float biases = biases0 + biases1 + (biases2 + biases3);
    FloatVector squares = squares0.add(squares1).add(squares2.add(squares3));
    return squares.reduceLanes(VectorOperators.ADD) + biases;
  }

  /** The same for rows of two vectors. */
  private static float sumTwoProducts(
      MemorySegment rows,
      long row,
      long stride,
      float[] query,
      int last,
      int skipped,
      int count,
      float[] into) {
    VectorMask<Float> counted = VectorMask.fromLong(FLOATS, -1L << skipped);
    FloatVector lastQuery = FloatVector.fromArray(FLOATS, query, last, counted);
    FloatVector firstQuery = FloatVector.fromArray(FLOATS, query, 0);
    long offset = (1L + last) * Float.BYTES;
    FloatVector squares0 = FloatVector.zero(FLOATS);
    FloatVector squares1 = squares0;
    FloatVector squares2 = squares0;
    FloatVector squares3 = squares0;
    float biases0 = 0;
    float biases1 = 0;
    float biases2 = 0;
    float biases3 = 0;
    int steps = count / STREAMS;
    long apart = steps * stride;
    for (int step = 0; step < steps; step++) {
      long at = row + step * stride;
      FloatVector last0 = FloatVector.fromMemorySegment(FLOATS, rows, at + offset, ORDER);
      FloatVector first0 = FloatVector.fromMemorySegment(FLOATS, rows, at + 4, ORDER);
      float bias0 = rows.get(JAVA_FLOAT_UNALIGNED, at);
      squares0 = last0.fma(last0, first0.fma(first0, squares0));
      biases0 = Math.fma(bias0, bias0, biases0);
      FloatVector sums0 = last0.fma(lastQuery, first0.mul(firstQuery));
      into[step] = sums0.reduceLanes(VectorOperators.ADD) + bias0;
      FloatVector last1 = FloatVector.fromMemorySegment(FLOATS, rows, at + apart + offset, ORDER);
      FloatVector first1 = FloatVector.fromMemorySegment(FLOATS, rows, at + apart + 4, ORDER);
      float bias1 = rows.get(JAVA_FLOAT_UNALIGNED, at + apart);
      squares1 = last1.fma(last1, first1.fma(first1, squares1));
      biases1 = Math.fma(bias1, bias1, biases1);
      FloatVector sums1 = last1.fma(lastQuery, first1.mul(firstQuery));
      into[step + steps] = sums1.reduceLanes(VectorOperators.ADD) + bias1;
      FloatVector last2 =
          FloatVector.fromMemorySegment(FLOATS, rows, at + 2 * apart + offset, ORDER);
      FloatVector first2 = FloatVector.fromMemorySegment(FLOATS, rows, at + 2 * apart + 4, ORDER);
      float bias2 = rows.get(JAVA_FLOAT_UNALIGNED, at + 2 * apart);
      squares2 = last2.fma(last2, first2.fma(first2, squares2));
      biases2 = Math.fma(bias2, bias2, biases2);
      FloatVector sums2 = last2.fma(lastQuery, first2.mul(firstQuery));
      into[step + 2 * steps] = sums2.reduceLanes(VectorOperators.ADD) + bias2;
      FloatVector last3 =
          FloatVector.fromMemorySegment(FLOATS, rows, at + 3 * apart + offset, ORDER);
      FloatVector first3 = FloatVector.fromMemorySegment(FLOATS, rows, at + 3 * apart + 4, ORDER);
      float bias3 = rows.get(JAVA_FLOAT_UNALIGNED, at + 3 * apart);
      squares3 = last3.fma(last3, first3.fma(first3, squares3));
      biases3 = Math.fma(bias3, bias3, biases3);
      FloatVector sums3 = last3.fma(lastQuery, first3.mul(firstQuery));
      into[step + 3 * steps] = sums3.reduceLanes(VectorOperators.ADD) + bias3;
    }
    for (int i = STREAMS * steps; i < count; i++) {
      long at = row + i * stride;
      FloatVector one = FloatVector.fromMemorySegment(FLOATS, rows, at + offset, ORDER);
      FloatVector other = FloatVector.fromMemorySegment(FLOATS, rows, at + 4, ORDER);
      float bias = rows.get(JAVA_FLOAT_UNALIGNED, at);
      squares0 = one.fma(one, other.fma(other, squares0));
      biases0 = Math.fma(bias, bias, biases0);
      into[i] = one.fma(lastQuery, other.mul(firstQuery)).reduceLanes(VectorOperators.ADD) + bias;
    }
    float biases = biases0 + biases1 + (biases2 + biases3);
    FloatVector squares = squares0.add(squares1).add(squares2.add(squares3));
    return squares.reduceLanes(VectorOperators.ADD) + biases;
  }

  /** The same for rows of several vectors. */
  private static float sumManyProducts(
      MemorySegment rows,
      long row,
      long stride,
      int chunks,
      float[] query,
      int last,
      int skipped,
      int count,
      float[] into) {
    VectorMask<Float> counted = VectorMask.fromLong(FLOATS, -1L << skipped);
    FloatVector lastQuery = FloatVector.fromArray(FLOATS, query, last, counted);
    long offset = (1L + last) * Float.BYTES;
    FloatVector squares = FloatVector.zero(FLOATS);
    float biases = 0;
    int steps = (count + STREAMS - 1) / STREAMS;
    for (int step = 0; step < steps; step++) {
      for (int stream = 0; stream < STREAMS; stream++) {
        int i = Math.min(step + stream * steps, count - 1);
        long at = row + i * stride;
        FloatVector one = FloatVector.fromMemorySegment(FLOATS, rows, at + offset, ORDER);
        FloatVector sums = one.mul(lastQuery);
        FloatVector squaresOfRow = one.mul(one); // added up here: no row waits for another
        for (int n = 0; n < chunks; n++) {
          one = FloatVector.fromMemorySegment(FLOATS, rows, at + 4 + n * VECTOR_BYTES, ORDER);
          sums = one.fma(FloatVector.fromArray(FLOATS, query, n * LANES), sums);
          squaresOfRow = one.fma(one, squaresOfRow);
        }
        squares = squares.add(squaresOfRow);
        float bias = rows.get(JAVA_FLOAT_UNALIGNED, at);
        biases = Math.fma(bias, bias, biases);
        into[i] = sums.reduceLanes(VectorOperators.ADD) + bias;
      }
    }
    return squares.reduceLanes(VectorOperators.ADD) + biases;
  }

  /** Copied next to one another first, as in {@link #gather}. Long rows go in pieces. */
  @Override
  public void fillBlock(
      MemorySegment rows, int length, int[] indexes, int count, int[] scratch, float[] block) {
    for (int begin = 0; begin <= length; begin += BLOCK_PIECE) {
      int numbers = Math.min(length + 1 - begin, BLOCK_PIECE);
      int stride = Math.max(numbers, LANES);
      int safe = firstSafeRow(length, numbers);
      // Kept in a number that nothing else uses, so that the compiler cannot leave it out.
      scratch[0] = Touch.rows(rows, length, begin, begin + numbers - 1, indexes, 0, count);
      copy(rows, length, begin, numbers, indexes, 0, count, safe, scratch, stride);
      for (int n = 0; n < numbers; n++) {
        int to = (begin + n) * LEAF;
        int at = LANES + n;
        for (int i = 0; i < count; i++) {
          block[to + i] = Float.intBitsToFloat(scratch[at]);
          at += stride;
        }
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
    Arrays.fill(reached, 0, BLOCK_QUERIES, 0);
    for (int i = 0; i < LEAF; i += 2 * LANES) {
      scoreVectors(block, length, queries, starts, thresholds, into, reached, i);
    }
  }

  /**
   * Two vectors of rows for six queries: twelve chains side by side hide what a multiply-add takes,
   * each load of a factor serves twelve multiply-adds with those of the queries, and what is needed
   * at once fits in 16 registers. (Four queries took 0.67 ns a row and query of 16 factors, six
   * 0.55; AMD EPYC, family 25, 256 bits. Storing only what reaches a threshold takes longer: the
   * compiler then keeps the chains in memory.)
   */
  private static void scoreVectors(
      float[] block,
      int length,
      float[] queries,
      int[] starts,
      float[] thresholds,
      float[] into,
      long[] reached,
      int row) {
    int start0 = starts[0];
    int start1 = starts[1];
    int start2 = starts[2];
    int start3 = starts[3];
    int start4 = starts[4];
    int start5 = starts[5];
    FloatVector low0 = FloatVector.fromArray(FLOATS, block, row);
    FloatVector high0 = FloatVector.fromArray(FLOATS, block, row + LANES);
    FloatVector low1 = low0;
    FloatVector high1 = high0;
    FloatVector low2 = low0;
    FloatVector high2 = high0;
    FloatVector low3 = low0;
    FloatVector high3 = high0;
    FloatVector low4 = low0;
    FloatVector high4 = high0;
    FloatVector low5 = low0;
    FloatVector high5 = high0;
    for (int f = 0; f < length; f++) {
      int at = row + LEAF * f + LEAF;
      FloatVector low = FloatVector.fromArray(FLOATS, block, at);
      FloatVector high = FloatVector.fromArray(FLOATS, block, at + LANES);
      FloatVector query0 = FloatVector.broadcast(FLOATS, queries[start0 + f]);
      low0 = low.fma(query0, low0);
      high0 = high.fma(query0, high0);
      FloatVector query1 = FloatVector.broadcast(FLOATS, queries[start1 + f]);
      low1 = low.fma(query1, low1);
      high1 = high.fma(query1, high1);
      FloatVector query2 = FloatVector.broadcast(FLOATS, queries[start2 + f]);
      low2 = low.fma(query2, low2);
      high2 = high.fma(query2, high2);
      FloatVector query3 = FloatVector.broadcast(FLOATS, queries[start3 + f]);
      low3 = low.fma(query3, low3);
      high3 = high.fma(query3, high3);
      FloatVector query4 = FloatVector.broadcast(FLOATS, queries[start4 + f]);
      low4 = low.fma(query4, low4);
      high4 = high.fma(query4, high4);
      FloatVector query5 = FloatVector.broadcast(FLOATS, queries[start5 + f]);
      low5 = low.fma(query5, low5);
      high5 = high.fma(query5, high5);
    }
    low0.intoArray(into, row);
    high0.intoArray(into, row + LANES);
    low1.intoArray(into, LEAF + row);
    high1.intoArray(into, LEAF + row + LANES);
    low2.intoArray(into, 2 * LEAF + row);
    high2.intoArray(into, 2 * LEAF + row + LANES);
    low3.intoArray(into, 3 * LEAF + row);
    high3.intoArray(into, 3 * LEAF + row + LANES);
    low4.intoArray(into, 4 * LEAF + row);
    high4.intoArray(into, 4 * LEAF + row + LANES);
    low5.intoArray(into, 5 * LEAF + row);
    high5.intoArray(into, 5 * LEAF + row + LANES);
    reached[0] |=
        low0.compare(VectorOperators.GE, thresholds[0]).toLong() << row
            | high0.compare(VectorOperators.GE, thresholds[0]).toLong() << (row + LANES);
    reached[1] |=
        low1.compare(VectorOperators.GE, thresholds[1]).toLong() << row
            | high1.compare(VectorOperators.GE, thresholds[1]).toLong() << (row + LANES);
    reached[2] |=
        low2.compare(VectorOperators.GE, thresholds[2]).toLong() << row
            | high2.compare(VectorOperators.GE, thresholds[2]).toLong() << (row + LANES);
    reached[3] |=
        low3.compare(VectorOperators.GE, thresholds[3]).toLong() << row
            | high3.compare(VectorOperators.GE, thresholds[3]).toLong() << (row + LANES);
    reached[4] |=
        low4.compare(VectorOperators.GE, thresholds[4]).toLong() << row
            | high4.compare(VectorOperators.GE, thresholds[4]).toLong() << (row + LANES);
    reached[5] |=
        low5.compare(VectorOperators.GE, thresholds[5]).toLong() << row
            | high5.compare(VectorOperators.GE, thresholds[5]).toLong() << (row + LANES);
  }

  @Override
  public int above(float[] scores, int count, float threshold, int[] into) {
    int found = 0;
    int i = 0;
    for (; i <= count - LANES; i += LANES) {
      VectorMask<Float> above =
          FloatVector.fromArray(FLOATS, scores, i).compare(VectorOperators.GT, threshold);
      if (above.anyTrue()) {
        for (long lanes = above.toLong(); lanes != 0; lanes &= lanes - 1) {
          into[found++] = i + Long.numberOfTrailingZeros(lanes);
        }
      }
    }
    for (; i < count; i++) {
      if (scores[i] > threshold) {
        into[found++] = i;
      }
    }
    return found;
  }

  private static FloatVector logistic(FloatVector x) {
    FloatVector t = x.neg().min(Logistic.LIMIT).max(-Logistic.LIMIT);
    FloatVector rounded =
        t.fma(
            FloatVector.broadcast(FLOATS, Logistic.PER_LN2),
            FloatVector.broadcast(FLOATS, Logistic.ROUNDER));
    FloatVector n = rounded.sub(Logistic.ROUNDER);
    FloatVector r = n.fma(FloatVector.broadcast(FLOATS, -Logistic.LN2_HIGH), t);
    r = n.fma(FloatVector.broadcast(FLOATS, -Logistic.LN2_LOW), r);
    r = r.add(Logistic.GRID).sub(Logistic.GRID);
    FloatVector p =
        r.fma(
            FloatVector.broadcast(FLOATS, Logistic.C6), FloatVector.broadcast(FLOATS, Logistic.C5));
    p = p.fma(r, FloatVector.broadcast(FLOATS, Logistic.C4));
    p = p.fma(r, FloatVector.broadcast(FLOATS, Logistic.C3));
    p = p.fma(r, FloatVector.broadcast(FLOATS, Logistic.C2));
    FloatVector one = FloatVector.broadcast(FLOATS, 1);
    p = p.fma(r, one);
    p = p.fma(r, one);
    IntVector power =
        rounded
            .reinterpretAsInts()
            .sub(Logistic.ROUNDER_BITS - 127)
            .lanewise(VectorOperators.LSHL, 23);
    FloatVector exponential = p.mul(power.reinterpretAsFloats());
    return one.div(one.add(exponential));
  }

  @Override
  public void expectedValues(
      float[] scores, float constant, float[] bids, int firstBid, int count, float[] into) {
    int i = 0;
    for (; i <= count - LANES; i += LANES) {
      FloatVector probabilities = logistic(FloatVector.fromArray(FLOATS, scores, i).add(constant));
      FloatVector.fromArray(FLOATS, bids, firstBid + i).mul(probabilities).intoArray(into, i);
    }
    for (; i < count; i++) {
      into[i] = bids[firstBid + i] * Logistic.sigmoid(constant + scores[i]);
    }
  }

  @Override
  public void sigmoid(float[] x, int count, float[] into) {
    int i = 0;
    for (; i <= count - LANES; i += LANES) {
      logistic(FloatVector.fromArray(FLOATS, x, i)).intoArray(into, i);
    }
    for (; i < count; i++) {
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
    int first = length >= LANES ? 0 : (int) ((VECTOR_BYTES + rowBytes - 1) / rowBytes);
    if (length == 0 || (first > 0 && anyBelow(features, from, count, first))) {
      return SCALAR.fold(
          rows, rowBytes, length, start, features, weights, from, count, vector, pairs);
    }
    float sum = start;
    if (length < LANES) {
      // The vector ends where the row ends; the lanes before the first factor are not stored.
      int skipped = LANES - length;
      long begin = (1L + length) * Float.BYTES - VECTOR_BYTES;
      FloatVector vectors = FloatVector.zero(FLOATS);
      FloatVector products = FloatVector.zero(FLOATS);
      for (int i = from; i < from + count; i++) {
        float x = weights[i];
        long row = features[i] * rowBytes;
        sum = Math.fma(bias(rows, row), x, sum);
        FloatVector xv = FloatVector.fromMemorySegment(FLOATS, rows, row + begin, ORDER).mul(x);
        products = xv.fma(vectors, products);
        vectors = vectors.add(xv);
      }
      VectorMask<Float> kept = VectorMask.fromLong(FLOATS, -1L << skipped);
      vectors.intoArray(vector, -skipped, kept);
      products.intoArray(pairs, -skipped, kept);
    } else if (length > LANES && length <= 2 * LANES) {
      // The common case on shorter vectors: two cover the factors, and one loop does for both.
      long lastBytes = (1L + length - LANES) * Float.BYTES;
      FloatVector vectors = FloatVector.zero(FLOATS);
      FloatVector products = FloatVector.zero(FLOATS);
      FloatVector lastVectors = FloatVector.zero(FLOATS);
      FloatVector lastProducts = FloatVector.zero(FLOATS);
      for (int i = from; i < from + count; i++) {
        float x = weights[i];
        long row = features[i] * rowBytes;
        sum = Math.fma(bias(rows, row), x, sum);
        FloatVector xv =
            FloatVector.fromMemorySegment(FLOATS, rows, row + Float.BYTES, ORDER).mul(x);
        products = xv.fma(vectors, products);
        vectors = vectors.add(xv);
        FloatVector last =
            FloatVector.fromMemorySegment(FLOATS, rows, row + lastBytes, ORDER).mul(x);
        lastProducts = last.fma(lastVectors, lastProducts);
        lastVectors = lastVectors.add(last);
      }
      vectors.intoArray(vector, 0);
      products.intoArray(pairs, 0);
      lastVectors.intoArray(vector, length - LANES);
      lastProducts.intoArray(pairs, length - LANES);
    } else {
      for (int f = 0; f < length; f += LANES) {
        int factor = Math.min(f, length - LANES);
        long begin = (1L + factor) * Float.BYTES;
        boolean withBias = f == 0;
        FloatVector vectors = FloatVector.zero(FLOATS);
        FloatVector products = FloatVector.zero(FLOATS);
        for (int i = from; i < from + count; i++) {
          float x = weights[i];
          long row = features[i] * rowBytes;
          if (withBias) {
            sum = Math.fma(bias(rows, row), x, sum);
          }
          FloatVector xv = FloatVector.fromMemorySegment(FLOATS, rows, row + begin, ORDER).mul(x);
          products = xv.fma(vectors, products);
          vectors = vectors.add(xv);
        }
        vectors.intoArray(vector, factor);
        products.intoArray(pairs, factor);
      }
    }
    for (int f = 0; f < length; f++) {
      sum += pairs[f];
    }
    return sum;
  }

  private static float bias(MemorySegment rows, long row) {
    return rows.get(JAVA_FLOAT, row);
  }

  private static boolean anyBelow(int[] features, int from, int count, int first) {
    for (int i = from; i < from + count; i++) {
      if (features[i] < first) {
        return true;
      }
    }
    return false;
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
    for (int child = 0; child < CHILDREN; child += LANES) {
      long at = node + (long) child * Float.BYTES;
      FloatVector radius =
          FloatVector.fromMemorySegment(FLOATS, screen, at + dimensions * NODE_ROW_BYTES, ORDER);
      FloatVector lambda =
          FloatVector.broadcast(FLOATS, byThreshold).div(radius).add(byRadius).div(radius);
      FloatVector perLambda = FloatVector.broadcast(FLOATS, 1).div(lambda);
      FloatVector halfLambda = lambda.mul(0.5f);
      FloatVector minusHalf = halfLambda.neg();
      FloatVector bound =
          radius.fma(FloatVector.broadcast(FLOATS, slack), halfLambda.mul(radius).mul(radius));
      for (int d = 0; d < dimensions; d++) {
        FloatVector query = FloatVector.broadcast(FLOATS, y[d]);
        IntVector side = IntVector.fromMemorySegment(INTS, screen, at, ORDER);
        FloatVector high = side.and(HIGH_OF_SIDE).reinterpretAsFloats();
        FloatVector low = side.lanewise(VectorOperators.LSHL, 16).reinterpretAsFloats();
        FloatVector t = query.mul(perLambda);
        t = t.blend(high, t.compare(VectorOperators.GT, high));
        t = t.blend(low, t.compare(VectorOperators.LT, low));
        bound = t.fma(t.fma(minusHalf, query), bound);
        at += NODE_ROW_BYTES;
      }
      bound.intoArray(bounds, firstBound + child);
      alive |=
          (int)
                  bound
                      .compare(VectorOperators.GE, FloatVector.fromArray(FLOATS, cuts, child))
                      .toLong()
              << child;
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
    IntVector sizes = IntVector.zero(INTS);
    for (int d = 0; d < padded; d += LANES) {
      FloatVector exact =
          FloatVector.fromMemorySegment(FLOATS, screen, steps + (long) d * Float.BYTES, ORDER)
              .mul(FloatVector.fromArray(FLOATS, y, d));
      sizes = sizes.max(exact.abs().reinterpretAsInts());
    }
    float largest =
        Math.max(LEAST_COEFFICIENT, Float.intBitsToFloat(sizes.reduceLanes(VectorOperators.MAX)));
    FloatVector minusUnit = FloatVector.broadcast(FLOATS, -(largest / MAX_COEFFICIENT));
    float perUnit = MAX_COEFFICIENT / largest;
    FloatVector middle = FloatVector.broadcast(FLOATS, MIDDLE_CODE);
    FloatVector greatest = FloatVector.broadcast(FLOATS, MAX_CODE);
    FloatVector base = FloatVector.zero(FLOATS);
    FloatVector half = FloatVector.zero(FLOATS);
    FloatVector spread = FloatVector.zero(FLOATS);
    FloatVector magnitude = FloatVector.zero(FLOATS);
    for (int d = 0; d < padded; d += LANES) {
      FloatVector query = FloatVector.fromArray(FLOATS, y, d);
      FloatVector low =
          FloatVector.fromMemorySegment(FLOATS, screen, frame + (long) d * Float.BYTES, ORDER);
      FloatVector step =
          FloatVector.fromMemorySegment(FLOATS, screen, steps + (long) d * Float.BYTES, ORDER);
      FloatVector exact = step.mul(query);
      FloatVector rounded = exact.mul(perUnit).add(ROUNDER);
      rounded.reinterpretAsInts().sub(ROUNDER_BITS).intoArray(coefficients, d);
      FloatVector rest = minusUnit.fma(rounded.sub(ROUNDER), exact);
      base = rest.fma(middle, query.fma(low, base));
      half = half.add(exact.abs());
      spread = spread.add(rest.abs());
      magnitude = query.abs().fma(step.fma(greatest, low.abs()), magnitude);
    }
    long last = steps + (long) padded * Float.BYTES;
    ScalarKernels.finish(
        screen,
        last,
        perUnit,
        base.reduceLanes(VectorOperators.ADD),
        half.reduceLanes(VectorOperators.ADD),
        spread.reduceLanes(VectorOperators.ADD),
        magnitude.reduceLanes(VectorOperators.ADD),
        norm,
        slack,
        rounding,
        prepared);
  }

  /**
   * Numbers of 16 bits hold four codes each. What a shift leaves above a code is 16 times what the
   * next shift leaves: so the sums are made of the shifted numbers as they are, and 16 times the
   * next sum is taken from each in the end. Sums of 16 bits wrap around on the way, which takes
   * nothing from their differences.
   */
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
    // One a lane, once for all leaves; a vector may hold a dimension more than there are.
    for (int d = 0; d < dimensions + (dimensions & 1); d++) {
      short coefficient = (short) coefficients[d];
      for (int lane = 0; lane < CODE_LANES; lane++) {
        scratch[d * CODE_LANES + lane] = coefficient;
      }
    }
    int alive = 0;
    long leafBytes = ScalarKernels.leafBytes(dimensions);
    for (int rest = leaves; rest != 0; rest &= rest - 1) {
      int leaf = Integer.numberOfTrailingZeros(rest);
      long at = codes + leaf * leafBytes;
      long found =
          dimensions > SHORT_DIMENSIONS
              ? scanWide(screen, at, dimensions, scratch, least[leaf])
              : scanShort(screen, at, dimensions, scratch, least[leaf]);
      survivors[leaf] = found;
      if (found != 0) {
        alive |= 1 << leaf;
      }
    }
    return alive;
  }

  /** Sums that fit in 16 bits. */
  private static long scanShort(
      MemorySegment screen, long codes, int dimensions, short[] coefficients, int least) {
    if (least > Short.MAX_VALUE) {
      return 0;
    }
    short threshold = (short) Math.max(Short.MIN_VALUE, least);
    long survivors = 0;
    for (int lane = 0; lane < CODE_LANES; lane += SHORT_LANES) {
      long at = codes + (long) lane * Short.BYTES;
      ShortVector sums0 = ShortVector.zero(SHORTS);
      ShortVector sums1 = sums0;
      ShortVector sums2 = sums0;
      ShortVector sums3 = sums0;
      for (int d = 0; d < dimensions; d += CODE_DIMENSIONS) {
        ShortVector four = ShortVector.fromMemorySegment(SHORTS, screen, at, CODE_ORDER);
        ShortVector coefficient = ShortVector.fromArray(SHORTS, coefficients, d * CODE_LANES);
        sums0 = sums0.add(four.mul(coefficient));
        sums1 = sums1.add(four.lanewise(VectorOperators.LSHR, 4).mul(coefficient));
        sums2 = sums2.add(four.lanewise(VectorOperators.LSHR, 8).mul(coefficient));
        sums3 = sums3.add(four.lanewise(VectorOperators.LSHR, 12).mul(coefficient));
        at += CODE_BYTES;
      }
      sums0 = sums0.sub(sums1.lanewise(VectorOperators.LSHL, 4));
      sums1 = sums1.sub(sums2.lanewise(VectorOperators.LSHL, 4));
      sums2 = sums2.sub(sums3.lanewise(VectorOperators.LSHL, 4));
      if (CODE_DIMENSIONS > 1) {
        sums0 = sums0.add(sums0.rearrange(OTHER_HALF));
        sums1 = sums1.add(sums1.rearrange(OTHER_HALF));
        sums2 = sums2.add(sums2.rearrange(OTHER_HALF));
        sums3 = sums3.add(sums3.rearrange(OTHER_HALF));
      }
      ShortVector most = sums0.max(sums1).max(sums2.max(sums3));
      if (most.compare(VectorOperators.GE, threshold).anyTrue()) {
        long found0 = sums0.compare(VectorOperators.GE, threshold).toLong() & CODE_MASK;
        long found1 = sums1.compare(VectorOperators.GE, threshold).toLong() & CODE_MASK;
        long found2 = sums2.compare(VectorOperators.GE, threshold).toLong() & CODE_MASK;
        long found3 = sums3.compare(VectorOperators.GE, threshold).toLong() & CODE_MASK;
        survivors |= found0 << lane;
        survivors |= found1 << (lane + CODE_LANES);
        survivors |= found2 << (lane + 2 * CODE_LANES);
        survivors |= found3 << (lane + 3 * CODE_LANES);
      }
    }
    return survivors;
  }

  /** Adds up sums of few enough dimensions for 16 bits each in 32 bits. */
  private static long scanWide(
      MemorySegment screen, long codes, int dimensions, short[] coefficients, int least) {
    long survivors = 0;
    for (int lane = 0; lane < CODE_LANES; lane += SHORT_LANES) {
      // A short vector as ints holds the sums of candidates with even numbers in its low halves.
      IntVector even0 = IntVector.zero(INTS);
      IntVector even1 = even0;
      IntVector even2 = even0;
      IntVector even3 = even0;
      IntVector odd0 = even0;
      IntVector odd1 = even0;
      IntVector odd2 = even0;
      IntVector odd3 = even0;
      for (int first = 0; first < dimensions; first += SHORT_PIECE) {
        long at = codes + (long) lane * Short.BYTES + (long) first * CODE_LANES * Short.BYTES;
        ShortVector sums0 = ShortVector.zero(SHORTS);
        ShortVector sums1 = sums0;
        ShortVector sums2 = sums0;
        ShortVector sums3 = sums0;
        int last = Math.min(first + SHORT_PIECE, dimensions);
        for (int d = first; d < last; d += CODE_DIMENSIONS) {
          ShortVector four = ShortVector.fromMemorySegment(SHORTS, screen, at, CODE_ORDER);
          ShortVector coefficient = ShortVector.fromArray(SHORTS, coefficients, d * CODE_LANES);
          sums0 = sums0.add(four.mul(coefficient));
          sums1 = sums1.add(four.lanewise(VectorOperators.LSHR, 4).mul(coefficient));
          sums2 = sums2.add(four.lanewise(VectorOperators.LSHR, 8).mul(coefficient));
          sums3 = sums3.add(four.lanewise(VectorOperators.LSHR, 12).mul(coefficient));
          at += CODE_BYTES;
        }
        sums0 = sums0.sub(sums1.lanewise(VectorOperators.LSHL, 4));
        sums1 = sums1.sub(sums2.lanewise(VectorOperators.LSHL, 4));
        sums2 = sums2.sub(sums3.lanewise(VectorOperators.LSHL, 4));
        if (CODE_DIMENSIONS > 1) {
          sums0 = sums0.add(sums0.rearrange(OTHER_HALF));
          sums1 = sums1.add(sums1.rearrange(OTHER_HALF));
          sums2 = sums2.add(sums2.rearrange(OTHER_HALF));
          sums3 = sums3.add(sums3.rearrange(OTHER_HALF));
        }
        even0 = even0.add(lowHalves(sums0.reinterpretAsInts()));
        even1 = even1.add(lowHalves(sums1.reinterpretAsInts()));
        even2 = even2.add(lowHalves(sums2.reinterpretAsInts()));
        even3 = even3.add(lowHalves(sums3.reinterpretAsInts()));
        odd0 = odd0.add(sums0.reinterpretAsInts().lanewise(VectorOperators.ASHR, 16));
        odd1 = odd1.add(sums1.reinterpretAsInts().lanewise(VectorOperators.ASHR, 16));
        odd2 = odd2.add(sums2.reinterpretAsInts().lanewise(VectorOperators.ASHR, 16));
        odd3 = odd3.add(sums3.reinterpretAsInts().lanewise(VectorOperators.ASHR, 16));
      }
      survivors |= atLeast(even0, odd0, least) << lane;
      survivors |= atLeast(even1, odd1, least) << (lane + CODE_LANES);
      survivors |= atLeast(even2, odd2, least) << (lane + 2 * CODE_LANES);
      survivors |= atLeast(even3, odd3, least) << (lane + 3 * CODE_LANES);
    }
    return survivors;
  }

  private static IntVector lowHalves(IntVector both) {
    return both.lanewise(VectorOperators.LSHL, 16).lanewise(VectorOperators.ASHR, 16);
  }

  private static long atLeast(IntVector even, IntVector odd, int least) {
    long evenFound = even.compare(VectorOperators.GE, least).toLong();
    long oddFound = odd.compare(VectorOperators.GE, least).toLong();
    return (Long.expand(evenFound, EVEN_BITS) | Long.expand(oddFound, EVEN_BITS << 1)) & CODE_MASK;
  }
}
