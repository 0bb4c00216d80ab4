package femto.kernels.vector;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT_UNALIGNED;

import femto.kernels.impl.KernelChoice;
import femto.kernels.impl.LearningLayout;
import femto.kernels.impl.StepSupport;
import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorSpecies;

/**
 * The contract on vectors of one width, the same as those of {@link VectorKernels}.
 *
 * <p>Factors are read by whole vectors, since rows are whole cache lines. No alignment is asked for
 * where one number is read, since asking takes time at each.
 *
 * <p>Loads and stores are written out where they are needed; {@link VectorKernels} says why.
 */
public final class VectorSteps implements StepSupport {
  private static final int BITS =
      KernelChoice.ASKED.bits(Math.min(512, VectorShape.preferredShape().vectorBitSize()));
  private static final VectorShape SHAPE = VectorShape.forBitSize(BITS);
  private static final VectorSpecies<Float> FLOATS = VectorSpecies.of(float.class, SHAPE);
  private static final ByteOrder ORDER = ByteOrder.nativeOrder();
  private static final int LANES = FLOATS.length();

  /** The sign of a number: with the bits of l1 it is l1 with that sign. */
  private static final int SIGN = 1 << 31;

  /** Stateless. */
  public VectorSteps() {}

  private static long offset(int factor) {
    return Float.BYTES * (long) factor;
  }

  @Override
  public float score(
      MemorySegment rows,
      LearningLayout layout,
      float start,
      int[] features,
      float[] weights,
      int count,
      float[] sums,
      float[] pairs) {
    int length = layout.length();
    long linearAt = layout.linearAt();
    long linearBytes = layout.linearBytes();
    float sum = start;
    if (length == 0) {
      for (int i = 0; i < count; i++) {
        float w = rows.get(JAVA_FLOAT_UNALIGNED, linearAt + features[i] * linearBytes);
        sum = Math.fma(w, weights[i], sum);
      }
    }
    long rowBytes = layout.rowBytes();
    int first = 0;
    for (; first + LANES < length; first += 2 * LANES) { // two at once: the second costs less
      FloatVector vector = FloatVector.zero(FLOATS);
      FloatVector pair = FloatVector.zero(FLOATS);
      FloatVector nextVector = FloatVector.zero(FLOATS);
      FloatVector nextPair = FloatVector.zero(FLOATS);
      for (int i = 0; i < count; i++) {
        long at = features[i] * rowBytes + offset(first);
        float x = weights[i];
        FloatVector xv = FloatVector.fromMemorySegment(FLOATS, rows, at, ORDER).mul(x);
        pair = xv.fma(vector, pair);
        vector = vector.add(xv);
        FloatVector next =
            FloatVector.fromMemorySegment(FLOATS, rows, at + offset(LANES), ORDER).mul(x);
        nextPair = next.fma(nextVector, nextPair);
        nextVector = nextVector.add(next);
        if (first == 0) { // where it costs nothing
          float w = rows.get(JAVA_FLOAT_UNALIGNED, linearAt + features[i] * linearBytes);
          sum = Math.fma(w, x, sum);
        }
      }
      vector.intoArray(sums, first);
      pair.intoArray(pairs, first);
      nextVector.intoArray(sums, first + LANES);
      nextPair.intoArray(pairs, first + LANES);
    }
    if (first < length) {
      FloatVector vector = FloatVector.zero(FLOATS);
      FloatVector pair = FloatVector.zero(FLOATS);
      for (int i = 0; i < count; i++) {
        long at = features[i] * rowBytes + offset(first);
        float x = weights[i];
        FloatVector xv = FloatVector.fromMemorySegment(FLOATS, rows, at, ORDER).mul(x);
        pair = xv.fma(vector, pair);
        vector = vector.add(xv);
        if (first == 0) {
          float w = rows.get(JAVA_FLOAT_UNALIGNED, linearAt + features[i] * linearBytes);
          sum = Math.fma(w, x, sum);
        }
      }
      vector.intoArray(sums, first);
      pair.intoArray(pairs, first);
    }
    for (int f = 0; f < length; f++) {
      sum += pairs[f];
    }
    return sum;
  }

  @Override
  public void step(
      MemorySegment rows, long row, int length, float[] sums, float xSlope, float own, float step) {
    int f = 0;
    do { // the first time is often the last, which is not what a loop of known length is made for
      FloatVector v = FloatVector.fromMemorySegment(FLOATS, rows, row + offset(f), ORDER);
      v.fma(FloatVector.broadcast(FLOATS, own), FloatVector.fromArray(FLOATS, sums, f).mul(xSlope))
          .fma(FloatVector.broadcast(FLOATS, step), v)
          .intoMemorySegment(rows, row + offset(f), ORDER);
      f += LANES;
    } while (f < length);
  }

  @Override
  public void shrink(
      MemorySegment rows,
      long row,
      long zs,
      int length,
      float[] sums,
      float xSlope,
      float own,
      float shift,
      float l1,
      float step) {
    int edge = Float.floatToRawIntBits(l1);
    int f = 0;
    do {
      FloatVector v = FloatVector.fromMemorySegment(FLOATS, rows, row + offset(f), ORDER);
      FloatVector z =
          v.fma(
                  FloatVector.broadcast(FLOATS, shift),
                  v.fma(
                      FloatVector.broadcast(FLOATS, own),
                      FloatVector.fromArray(FLOATS, sums, f).mul(xSlope)))
              .add(FloatVector.fromMemorySegment(FLOATS, rows, zs + offset(f), ORDER));
      z.intoMemorySegment(rows, zs + offset(f), ORDER);
      z.reinterpretAsInts()
          .and(SIGN)
          .or(edge)
          .reinterpretAsFloats()
          .sub(z)
          .blend(0, z.abs().compare(VectorOperators.LE, l1))
          .mul(step)
          .intoMemorySegment(rows, row + offset(f), ORDER);
      f += LANES;
    } while (f < length);
  }
}
