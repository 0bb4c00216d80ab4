package femto.bench.limit;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Future;
import java.util.function.ToLongFunction;
import jdk.incubator.vector.LongVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * Reads every byte of a segment once, from the first to the last. Which way is the fastest differs
 * from processor to processor, so all are measured and the fastest is the limit.
 *
 * <p>Each returns the sum of the segment's 8-byte words (what is left at its end, as bytes) in
 * wrapping arithmetic, so that a test can tell that all bytes were read. One way a method: the JVM
 * compiles each for itself.
 */
public enum SequentialRead {
  /** Vectors of the preferred width, four sums side by side. */
  VECTOR_4(SequentialRead::vector4),
  /** Vectors of the preferred width, eight sums side by side: more loads under way at a time. */
  VECTOR_8(SequentialRead::vector8),
  /** Eight streams, each through an eighth of the segment: more prefetchers at work. */
  VECTOR_8_STREAMS(SequentialRead::streams8),
  /** Four streams, each through a quarter of a window of 128 KB, window by window. */
  VECTOR_4_IN_WINDOWS(SequentialRead::windows4);

  private static final long WINDOW = 1 << 17;

  private static final VectorSpecies<Long> SPECIES = LongVector.SPECIES_PREFERRED;
  private static final long VECTOR_BYTES = SPECIES.vectorByteSize();
  private static final ByteOrder ORDER = ByteOrder.nativeOrder();

  @SuppressWarnings("ImmutableEnumChecker") // a reference to a static method
  private final ToLongFunction<MemorySegment> way;

  SequentialRead(ToLongFunction<MemorySegment> way) {
    this.way = way;
  }

  /**
   * Reads a segment.
   *
   * @param segment the bytes
   * @return their sum
   */
  public long sum(MemorySegment segment) {
    return way.applyAsLong(segment);
  }

  /**
   * Reads a segment by two threads, each a half.
   *
   * @param segment the bytes
   * @param pool has two threads to spare
   * @return their sum
   * @throws ExecutionException never
   * @throws InterruptedException if the wait for the threads was interrupted
   */
  public long sumByTwo(MemorySegment segment, ExecutorService pool)
      throws ExecutionException, InterruptedException {
    long half = segment.byteSize() / 2 & -64L;
    Future<Long> first = pool.submit(() -> sum(segment.asSlice(0, half)));
    Future<Long> second = pool.submit(() -> sum(segment.asSlice(half)));
    return first.get() + second.get();
  }

  private static long vector4(MemorySegment segment) {
    LongVector sum0 = LongVector.zero(SPECIES);
    LongVector sum1 = sum0;
    LongVector sum2 = sum0;
    LongVector sum3 = sum0;
    long step = 4 * VECTOR_BYTES;
    long end = segment.byteSize() / step * step;
    for (long offset = 0; offset < end; offset += step) {
      sum0 = sum0.add(load(segment, offset));
      sum1 = sum1.add(load(segment, offset + VECTOR_BYTES));
      sum2 = sum2.add(load(segment, offset + 2 * VECTOR_BYTES));
      sum3 = sum3.add(load(segment, offset + 3 * VECTOR_BYTES));
    }
    return total(sum0.add(sum1).add(sum2.add(sum3))) + rest(segment, end);
  }

  private static long vector8(MemorySegment segment) {
    LongVector sum0 = LongVector.zero(SPECIES);
    LongVector sum1 = sum0;
    LongVector sum2 = sum0;
    LongVector sum3 = sum0;
    LongVector sum4 = sum0;
    LongVector sum5 = sum0;
    LongVector sum6 = sum0;
    LongVector sum7 = sum0;
    long step = 8 * VECTOR_BYTES;
    long end = segment.byteSize() / step * step;
    for (long offset = 0; offset < end; offset += step) {
      sum0 = sum0.add(load(segment, offset));
      sum1 = sum1.add(load(segment, offset + VECTOR_BYTES));
      sum2 = sum2.add(load(segment, offset + 2 * VECTOR_BYTES));
      sum3 = sum3.add(load(segment, offset + 3 * VECTOR_BYTES));
      sum4 = sum4.add(load(segment, offset + 4 * VECTOR_BYTES));
      sum5 = sum5.add(load(segment, offset + 5 * VECTOR_BYTES));
      sum6 = sum6.add(load(segment, offset + 6 * VECTOR_BYTES));
      sum7 = sum7.add(load(segment, offset + 7 * VECTOR_BYTES));
    }
    LongVector low = sum0.add(sum1).add(sum2.add(sum3));
    return total(low.add(sum4.add(sum5).add(sum6.add(sum7)))) + rest(segment, end);
  }

  private static long streams8(MemorySegment segment) {
    long stream = segment.byteSize() / 8 / VECTOR_BYTES * VECTOR_BYTES;
    LongVector sum0 = LongVector.zero(SPECIES);
    LongVector sum1 = sum0;
    LongVector sum2 = sum0;
    LongVector sum3 = sum0;
    LongVector sum4 = sum0;
    LongVector sum5 = sum0;
    LongVector sum6 = sum0;
    LongVector sum7 = sum0;
    for (long offset = 0; offset < stream; offset += VECTOR_BYTES) {
      sum0 = sum0.add(load(segment, offset));
      sum1 = sum1.add(load(segment, offset + stream));
      sum2 = sum2.add(load(segment, offset + 2 * stream));
      sum3 = sum3.add(load(segment, offset + 3 * stream));
      sum4 = sum4.add(load(segment, offset + 4 * stream));
      sum5 = sum5.add(load(segment, offset + 5 * stream));
      sum6 = sum6.add(load(segment, offset + 6 * stream));
      sum7 = sum7.add(load(segment, offset + 7 * stream));
    }
    LongVector low = sum0.add(sum1).add(sum2.add(sum3));
    return total(low.add(sum4.add(sum5).add(sum6.add(sum7)))) + rest(segment, 8 * stream);
  }

  private static long windows4(MemorySegment segment) {
    LongVector sum0 = LongVector.zero(SPECIES);
    LongVector sum1 = sum0;
    LongVector sum2 = sum0;
    LongVector sum3 = sum0;
    long stream = WINDOW / 4;
    long end = segment.byteSize() / WINDOW * WINDOW;
    for (long window = 0; window < end; window += WINDOW) {
      for (long offset = window; offset < window + stream; offset += VECTOR_BYTES) {
        sum0 = sum0.add(load(segment, offset));
        sum1 = sum1.add(load(segment, offset + stream));
        sum2 = sum2.add(load(segment, offset + 2 * stream));
        sum3 = sum3.add(load(segment, offset + 3 * stream));
      }
    }
    return total(sum0.add(sum1).add(sum2.add(sum3))) + rest(segment, end);
  }

  private static LongVector load(MemorySegment segment, long offset) {
    return LongVector.fromMemorySegment(SPECIES, segment, offset, ORDER);
  }

  private static long total(LongVector sums) {
    long total = 0;
    for (int lane = 0; lane < SPECIES.length(); lane++) {
      total += sums.lane(lane);
    }
    return total;
  }

  /** What the wide loop left over. */
  private static long rest(MemorySegment segment, long from) {
    long sum = 0;
    long offset = from;
    for (; offset <= segment.byteSize() - Long.BYTES; offset += Long.BYTES) {
      sum += segment.get(JAVA_LONG, offset);
    }
    for (; offset < segment.byteSize(); offset++) {
      sum += segment.get(JAVA_BYTE, offset);
    }
    return sum;
  }
}
