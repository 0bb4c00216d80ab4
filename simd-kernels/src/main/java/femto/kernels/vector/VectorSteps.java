package femto.kernels.vector;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT_UNALIGNED;

import femto.kernels.impl.KernelChoice;
import femto.kernels.impl.ScalarSteps;
import femto.kernels.impl.StepSupport;
import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorSpecies;

/**
 * The contract on vectors of one width, the same as those of {@link VectorKernels}.
 *
 * <p>Linear weights are brought together first, stepped as vectors of weights of several features,
 * and written back with the first factors of each: one by one they took longer than 16 factors.
 * Factors that do not fill a vector go in a masked one where masks cost nothing, which is where
 * vectors have 512 bits, and one by one elsewhere. No alignment is asked for where one number is
 * read, since asking takes time at each.
 *
 * <p>Loads and stores are written out where they are needed; {@link VectorKernels} says why.
 */
public final class VectorSteps implements StepSupport {
  private static final int BITS =
      KernelChoice.ASKED.bits(Math.min(512, VectorShape.preferredShape().vectorBitSize()));
  private static final VectorShape SHAPE = VectorShape.forBitSize(BITS);
  private static final VectorSpecies<Float> FLOATS = VectorSpecies.of(float.class, SHAPE);
  private static final VectorSpecies<Integer> INTS = VectorSpecies.of(int.class, SHAPE);
  private static final ByteOrder ORDER = ByteOrder.nativeOrder();
  private static final int LANES = FLOATS.length();
  private static final boolean MASKS = BITS == 512;

  private static final FloatVector ONE_AND_A_HALF = FloatVector.broadcast(FLOATS, 1.5f);

  /** The sign of a number: with the bits of l1 it is l1 with that sign. */
  private static final int SIGN = 1 << 31;

  /** Stateless. */
  public VectorSteps() {}

  private static long offset(long row, int factor) {
    return row + Float.BYTES * (1L + factor);
  }

  /** Brings a number of each row together. */
  private static void collect(
      MemorySegment rows, long rowBytes, long at, int[] features, int count, float[] into, int to) {
    for (int i = 0; i < count; i++) {
      into[to + i] = rows.get(JAVA_FLOAT_UNALIGNED, features[i] * rowBytes + at);
    }
  }

  @Override
  public void sgd(
      MemorySegment rows,
      long rowBytes,
      int length,
      int[] features,
      float[] weights,
      int count,
      float[] sums,
      float slope,
      float[] steps,
      float[] linearL2,
      float[] factorL2) {
    int whole = length - length % LANES;
    for (int i = 0; i < count; i++) {
      long row = features[i] * rowBytes;
      float w = rows.get(JAVA_FLOAT_UNALIGNED, row);
      float gradient = Math.fma(linearL2[i], w, slope * weights[i]);
      rows.set(JAVA_FLOAT_UNALIGNED, row, Math.fma(-steps[i], gradient, w));
    }
    for (int f = 0; f < whole; f += LANES) {
      FloatVector sum = FloatVector.fromArray(FLOATS, sums, f);
      for (int i = 0; i < count; i++) {
        long at = offset(features[i] * rowBytes, f);
        float x = weights[i];
        float xSlope = slope * x;
        float own = Math.fma(-xSlope, x, factorL2[i]);
        FloatVector v = FloatVector.fromMemorySegment(FLOATS, rows, at, ORDER);
        v.fma(FloatVector.broadcast(FLOATS, own), sum.mul(xSlope))
            .fma(FloatVector.broadcast(FLOATS, -steps[i]), v)
            .intoMemorySegment(rows, at, ORDER);
      }
    }
    if (whole < length) {
      sgdRest(
          rows, rowBytes, whole, length, features, weights, count, sums, slope, steps, factorL2);
    }
  }

  private static void sgdRest(
      MemorySegment rows,
      long rowBytes,
      int first,
      int length,
      int[] features,
      float[] weights,
      int count,
      float[] sums,
      float slope,
      float[] steps,
      float[] factorL2) {
    if (MASKS) {
      VectorMask<Float> rest = FLOATS.indexInRange(first, length);
      FloatVector sum = FloatVector.fromArray(FLOATS, sums, first, rest);
      for (int i = 0; i < count; i++) {
        long at = offset(features[i] * rowBytes, first);
        float xSlope = slope * weights[i];
        float own = Math.fma(-xSlope, weights[i], factorL2[i]);
        FloatVector v = FloatVector.fromMemorySegment(FLOATS, rows, at, ORDER, rest);
        v.fma(FloatVector.broadcast(FLOATS, own), sum.mul(xSlope))
            .fma(FloatVector.broadcast(FLOATS, -steps[i]), v)
            .intoMemorySegment(rows, at, ORDER, rest);
      }
    } else {
      for (int i = 0; i < count; i++) {
        float xSlope = slope * weights[i];
        float own = Math.fma(-xSlope, weights[i], factorL2[i]);
        for (int f = first; f < length; f++) {
          long at = offset(features[i] * rowBytes, f);
          float v = rows.get(JAVA_FLOAT_UNALIGNED, at);
          float gradient = Math.fma(own, v, xSlope * sums[f]);
          rows.set(JAVA_FLOAT_UNALIGNED, at, Math.fma(-steps[i], gradient, v));
        }
      }
    }
  }

  @Override
  public void adaGrad(
      MemorySegment rows,
      long rowBytes,
      int length,
      int[] features,
      float[] weights,
      int count,
      float[] sums,
      float slope,
      float[] steps,
      float[] linearL2,
      float[] factorL2,
      float[] scratch) {
    long stateBytes = ScalarSteps.stateBytes(length);
    int states = StepSupport.room(count);
    collect(rows, rowBytes, 0, features, count, scratch, 0);
    collect(rows, rowBytes, stateBytes, features, count, scratch, states);
    for (int i = 0; i < count; i += LANES) {
      FloatVector w = FloatVector.fromArray(FLOATS, scratch, i);
      FloatVector gradient =
          FloatVector.fromArray(FLOATS, linearL2, i)
              .fma(w, FloatVector.fromArray(FLOATS, weights, i).mul(slope));
      FloatVector state =
          gradient.fma(gradient, FloatVector.fromArray(FLOATS, scratch, states + i));
      state.intoArray(scratch, states + i);
      FloatVector half = state.mul(-0.5f);
      FloatVector y =
          IntVector.broadcast(INTS, INVERSE_ROOT_GUESS)
              .sub(state.reinterpretAsInts().lanewise(VectorOperators.ASHR, 1))
              .reinterpretAsFloats();
      y = y.mul(half.mul(y).fma(y, ONE_AND_A_HALF));
      y = y.mul(half.mul(y).fma(y, ONE_AND_A_HALF));
      FloatVector.fromArray(FLOATS, steps, i).neg().mul(gradient).fma(y, w).intoArray(scratch, i);
    }
    for (int i = 0; i < count; i++) {
      long row = features[i] * rowBytes;
      rows.set(JAVA_FLOAT_UNALIGNED, row, scratch[i]);
      rows.set(JAVA_FLOAT_UNALIGNED, row + stateBytes, scratch[states + i]);
    }
    int whole = length - length % LANES;
    for (int f = 0; f < whole; f += LANES) {
      FloatVector sum = FloatVector.fromArray(FLOATS, sums, f);
      for (int i = 0; i < count; i++) {
        long at = offset(features[i] * rowBytes, f);
        float x = weights[i];
        float xSlope = slope * x;
        float own = Math.fma(-xSlope, x, factorL2[i]);
        FloatVector v = FloatVector.fromMemorySegment(FLOATS, rows, at, ORDER);
        FloatVector gradient = v.fma(FloatVector.broadcast(FLOATS, own), sum.mul(xSlope));
        FloatVector state =
            gradient.fma(
                gradient, FloatVector.fromMemorySegment(FLOATS, rows, at + stateBytes, ORDER));
        state.intoMemorySegment(rows, at + stateBytes, ORDER);
        FloatVector half = state.mul(-0.5f);
        FloatVector y =
            IntVector.broadcast(INTS, INVERSE_ROOT_GUESS)
                .sub(state.reinterpretAsInts().lanewise(VectorOperators.ASHR, 1))
                .reinterpretAsFloats();
        y = y.mul(half.mul(y).fma(y, ONE_AND_A_HALF));
        y = y.mul(half.mul(y).fma(y, ONE_AND_A_HALF));
        gradient.mul(-steps[i]).fma(y, v).intoMemorySegment(rows, at, ORDER);
      }
    }
    if (whole < length) {
      adaGradRest(
          rows, rowBytes, whole, length, features, weights, count, sums, slope, steps, factorL2);
    }
  }

  private static void adaGradRest(
      MemorySegment rows,
      long rowBytes,
      int first,
      int length,
      int[] features,
      float[] weights,
      int count,
      float[] sums,
      float slope,
      float[] steps,
      float[] factorL2) {
    long stateBytes = ScalarSteps.stateBytes(length);
    if (MASKS) {
      VectorMask<Float> rest = FLOATS.indexInRange(first, length);
      FloatVector sum = FloatVector.fromArray(FLOATS, sums, first, rest);
      for (int i = 0; i < count; i++) {
        long at = offset(features[i] * rowBytes, first);
        float xSlope = slope * weights[i];
        float own = Math.fma(-xSlope, weights[i], factorL2[i]);
        FloatVector v = FloatVector.fromMemorySegment(FLOATS, rows, at, ORDER, rest);
        FloatVector gradient = v.fma(FloatVector.broadcast(FLOATS, own), sum.mul(xSlope));
        FloatVector state =
            gradient.fma(
                gradient,
                FloatVector.fromMemorySegment(FLOATS, rows, at + stateBytes, ORDER, rest));
        state.intoMemorySegment(rows, at + stateBytes, ORDER, rest);
        FloatVector half = state.mul(-0.5f);
        FloatVector y =
            IntVector.broadcast(INTS, INVERSE_ROOT_GUESS)
                .sub(state.reinterpretAsInts().lanewise(VectorOperators.ASHR, 1))
                .reinterpretAsFloats();
        y = y.mul(half.mul(y).fma(y, ONE_AND_A_HALF));
        y = y.mul(half.mul(y).fma(y, ONE_AND_A_HALF));
        gradient.mul(-steps[i]).fma(y, v).intoMemorySegment(rows, at, ORDER, rest);
      }
    } else {
      for (int i = 0; i < count; i++) {
        float xSlope = slope * weights[i];
        float own = Math.fma(-xSlope, weights[i], factorL2[i]);
        for (int f = first; f < length; f++) {
          long at = offset(features[i] * rowBytes, f);
          float v = rows.get(JAVA_FLOAT_UNALIGNED, at);
          float gradient = Math.fma(own, v, xSlope * sums[f]);
          ScalarSteps.adaGrad(rows, at, stateBytes, v, gradient, steps[i]);
        }
      }
    }
  }

  @Override
  public void ftrl(
      MemorySegment rows,
      long rowBytes,
      int length,
      int[] features,
      float[] weights,
      int count,
      float[] sums,
      float slope,
      float[] perStep,
      float beta,
      float[] linearL2,
      float[] factorL2,
      float[] scratch) {
    long stateBytes = ScalarSteps.stateBytes(length);
    int states = StepSupport.room(count);
    collect(rows, rowBytes, 0, features, count, scratch, 0);
    collect(rows, rowBytes, stateBytes, features, count, scratch, states);
    for (int i = 0; i < count; i += LANES) {
      FloatVector w = FloatVector.fromArray(FLOATS, scratch, i);
      FloatVector gradient = FloatVector.fromArray(FLOATS, weights, i).mul(slope);
      FloatVector n = gradient.fma(gradient, FloatVector.fromArray(FLOATS, scratch, states + i));
      n.intoArray(scratch, states + i);
      FloatVector p = FloatVector.fromArray(FLOATS, perStep, i);
      FloatVector half = n.mul(-0.5f);
      FloatVector y =
          IntVector.broadcast(INTS, INVERSE_ROOT_GUESS)
              .sub(n.reinterpretAsInts().lanewise(VectorOperators.ASHR, 1))
              .reinterpretAsFloats();
      y = y.mul(half.mul(y).fma(y, ONE_AND_A_HALF));
      y = y.mul(half.mul(y).fma(y, ONE_AND_A_HALF));
      FloatVector root = n.mul(y);
      w.sub(gradient.div(root.fma(p, p.mul(beta)).add(FloatVector.fromArray(FLOATS, linearL2, i))))
          .intoArray(scratch, i);
    }
    for (int i = 0; i < count; i++) {
      long row = features[i] * rowBytes;
      rows.set(JAVA_FLOAT_UNALIGNED, row, scratch[i]);
      rows.set(JAVA_FLOAT_UNALIGNED, row + stateBytes, scratch[states + i]);
    }
    int whole = length - length % LANES;
    for (int f = 0; f < whole; f += LANES) {
      FloatVector sum = FloatVector.fromArray(FLOATS, sums, f);
      for (int i = 0; i < count; i++) {
        long at = offset(features[i] * rowBytes, f);
        float x = weights[i];
        float xSlope = slope * x;
        float own = -xSlope * x;
        float p = perStep[i];
        FloatVector v = FloatVector.fromMemorySegment(FLOATS, rows, at, ORDER);
        FloatVector gradient = v.fma(FloatVector.broadcast(FLOATS, own), sum.mul(xSlope));
        FloatVector n =
            gradient.fma(
                gradient, FloatVector.fromMemorySegment(FLOATS, rows, at + stateBytes, ORDER));
        n.intoMemorySegment(rows, at + stateBytes, ORDER);
        FloatVector half = n.mul(-0.5f);
        FloatVector y =
            IntVector.broadcast(INTS, INVERSE_ROOT_GUESS)
                .sub(n.reinterpretAsInts().lanewise(VectorOperators.ASHR, 1))
                .reinterpretAsFloats();
        y = y.mul(half.mul(y).fma(y, ONE_AND_A_HALF));
        y = y.mul(half.mul(y).fma(y, ONE_AND_A_HALF));
        FloatVector root = n.mul(y);
        v.sub(
                gradient.div(
                    root.fma(
                            FloatVector.broadcast(FLOATS, p),
                            FloatVector.broadcast(FLOATS, beta * p))
                        .add(factorL2[i])))
            .intoMemorySegment(rows, at, ORDER);
      }
    }
    if (whole < length) {
      ftrlRest(
          rows, rowBytes, whole, length, features, weights, count, sums, slope, perStep, beta,
          factorL2);
    }
  }

  private static void ftrlRest(
      MemorySegment rows,
      long rowBytes,
      int first,
      int length,
      int[] features,
      float[] weights,
      int count,
      float[] sums,
      float slope,
      float[] perStep,
      float beta,
      float[] factorL2) {
    long stateBytes = ScalarSteps.stateBytes(length);
    if (MASKS) {
      VectorMask<Float> rest = FLOATS.indexInRange(first, length);
      FloatVector sum = FloatVector.fromArray(FLOATS, sums, first, rest);
      for (int i = 0; i < count; i++) {
        long at = offset(features[i] * rowBytes, first);
        float xSlope = slope * weights[i];
        float own = -xSlope * weights[i];
        float p = perStep[i];
        FloatVector v = FloatVector.fromMemorySegment(FLOATS, rows, at, ORDER, rest);
        FloatVector gradient = v.fma(FloatVector.broadcast(FLOATS, own), sum.mul(xSlope));
        FloatVector n =
            gradient.fma(
                gradient,
                FloatVector.fromMemorySegment(FLOATS, rows, at + stateBytes, ORDER, rest));
        n.intoMemorySegment(rows, at + stateBytes, ORDER, rest);
        FloatVector half = n.mul(-0.5f);
        FloatVector y =
            IntVector.broadcast(INTS, INVERSE_ROOT_GUESS)
                .sub(n.reinterpretAsInts().lanewise(VectorOperators.ASHR, 1))
                .reinterpretAsFloats();
        y = y.mul(half.mul(y).fma(y, ONE_AND_A_HALF));
        y = y.mul(half.mul(y).fma(y, ONE_AND_A_HALF));
        v.sub(
                gradient.div(
                    n.mul(y)
                        .fma(
                            FloatVector.broadcast(FLOATS, p),
                            FloatVector.broadcast(FLOATS, beta * p))
                        .add(factorL2[i])))
            .intoMemorySegment(rows, at, ORDER, rest);
      }
    } else {
      for (int i = 0; i < count; i++) {
        float xSlope = slope * weights[i];
        float own = -xSlope * weights[i];
        float p = perStep[i];
        for (int f = first; f < length; f++) {
          long at = offset(features[i] * rowBytes, f);
          float v = rows.get(JAVA_FLOAT_UNALIGNED, at);
          float gradient = Math.fma(own, v, xSlope * sums[f]);
          ScalarSteps.ftrl(rows, at, stateBytes, v, gradient, p, beta * p, factorL2[i]);
        }
      }
    }
  }

  @Override
  public void ftrlWithL1(
      MemorySegment rows,
      long rowBytes,
      int length,
      int[] features,
      float[] weights,
      int count,
      float[] sums,
      float slope,
      float[] perStep,
      float beta,
      float linearL1,
      float factorL1,
      float[] linearL2,
      float[] factorL2,
      float[] scratch) {
    long stateBytes = ScalarSteps.stateBytes(length);
    int zs = StepSupport.room(count);
    int roots = 2 * zs;
    int linearEdge = Float.floatToRawIntBits(linearL1);
    int factorEdge = Float.floatToRawIntBits(factorL1);
    collect(rows, rowBytes, 0, features, count, scratch, 0);
    collect(rows, rowBytes, stateBytes, features, count, scratch, zs);
    collect(rows, rowBytes, 2 * stateBytes, features, count, scratch, roots);
    for (int i = 0; i < count; i += LANES) {
      FloatVector gradient = FloatVector.fromArray(FLOATS, weights, i).mul(slope);
      FloatVector r = FloatVector.fromArray(FLOATS, scratch, roots + i);
      FloatVector root = gradient.fma(gradient, r.mul(r)).lanewise(VectorOperators.SQRT);
      FloatVector p = FloatVector.fromArray(FLOATS, perStep, i);
      FloatVector z =
          FloatVector.fromArray(FLOATS, scratch, zs + i)
              .add(gradient.sub(root.sub(r).mul(p).mul(FloatVector.fromArray(FLOATS, scratch, i))));
      z.intoArray(scratch, zs + i);
      root.intoArray(scratch, roots + i);
      z.reinterpretAsInts()
          .and(SIGN)
          .or(linearEdge)
          .reinterpretAsFloats()
          .sub(z)
          .blend(0, z.abs().compare(VectorOperators.LE, linearL1))
          .div(root.fma(p, p.mul(beta)).add(FloatVector.fromArray(FLOATS, linearL2, i)))
          .intoArray(scratch, i);
    }
    for (int i = 0; i < count; i++) {
      long row = features[i] * rowBytes;
      rows.set(JAVA_FLOAT_UNALIGNED, row, scratch[i]);
      rows.set(JAVA_FLOAT_UNALIGNED, row + stateBytes, scratch[zs + i]);
      rows.set(JAVA_FLOAT_UNALIGNED, row + 2 * stateBytes, scratch[roots + i]);
    }
    int whole = length - length % LANES;
    for (int f = 0; f < whole; f += LANES) {
      FloatVector sum = FloatVector.fromArray(FLOATS, sums, f);
      for (int i = 0; i < count; i++) {
        long at = offset(features[i] * rowBytes, f);
        float xSlope = slope * weights[i];
        float own = -xSlope * weights[i];
        float p = perStep[i];
        FloatVector v = FloatVector.fromMemorySegment(FLOATS, rows, at, ORDER);
        FloatVector gradient = v.fma(FloatVector.broadcast(FLOATS, own), sum.mul(xSlope));
        FloatVector r = FloatVector.fromMemorySegment(FLOATS, rows, at + 2 * stateBytes, ORDER);
        FloatVector root = gradient.fma(gradient, r.mul(r)).lanewise(VectorOperators.SQRT);
        FloatVector z =
            FloatVector.fromMemorySegment(FLOATS, rows, at + stateBytes, ORDER)
                .add(gradient.sub(root.sub(r).mul(p).mul(v)));
        z.intoMemorySegment(rows, at + stateBytes, ORDER);
        root.intoMemorySegment(rows, at + 2 * stateBytes, ORDER);
        z.reinterpretAsInts()
            .and(SIGN)
            .or(factorEdge)
            .reinterpretAsFloats()
            .sub(z)
            .blend(0, z.abs().compare(VectorOperators.LE, factorL1))
            .div(
                root.fma(FloatVector.broadcast(FLOATS, p), FloatVector.broadcast(FLOATS, beta * p))
                    .add(factorL2[i]))
            .intoMemorySegment(rows, at, ORDER);
      }
    }
    if (whole < length) {
      ftrlWithL1Rest(
          rows, rowBytes, whole, length, features, weights, count, sums, slope, perStep, beta,
          factorL1, factorL2);
    }
  }

  private static void ftrlWithL1Rest(
      MemorySegment rows,
      long rowBytes,
      int first,
      int length,
      int[] features,
      float[] weights,
      int count,
      float[] sums,
      float slope,
      float[] perStep,
      float beta,
      float l1,
      float[] factorL2) {
    long stateBytes = ScalarSteps.stateBytes(length);
    if (MASKS) {
      VectorMask<Float> rest = FLOATS.indexInRange(first, length);
      FloatVector sum = FloatVector.fromArray(FLOATS, sums, first, rest);
      for (int i = 0; i < count; i++) {
        long at = offset(features[i] * rowBytes, first);
        float xSlope = slope * weights[i];
        float own = -xSlope * weights[i];
        float p = perStep[i];
        FloatVector v = FloatVector.fromMemorySegment(FLOATS, rows, at, ORDER, rest);
        FloatVector gradient = v.fma(FloatVector.broadcast(FLOATS, own), sum.mul(xSlope));
        FloatVector r =
            FloatVector.fromMemorySegment(FLOATS, rows, at + 2 * stateBytes, ORDER, rest);
        FloatVector root = gradient.fma(gradient, r.mul(r)).lanewise(VectorOperators.SQRT);
        FloatVector z =
            FloatVector.fromMemorySegment(FLOATS, rows, at + stateBytes, ORDER, rest)
                .add(gradient.sub(root.sub(r).mul(p).mul(v)));
        z.intoMemorySegment(rows, at + stateBytes, ORDER, rest);
        root.intoMemorySegment(rows, at + 2 * stateBytes, ORDER, rest);
        z.reinterpretAsInts()
            .and(SIGN)
            .or(Float.floatToRawIntBits(l1))
            .reinterpretAsFloats()
            .sub(z)
            .blend(0, z.abs().compare(VectorOperators.LE, l1))
            .div(
                root.fma(FloatVector.broadcast(FLOATS, p), FloatVector.broadcast(FLOATS, beta * p))
                    .add(factorL2[i]))
            .intoMemorySegment(rows, at, ORDER, rest);
      }
    } else {
      for (int i = 0; i < count; i++) {
        float xSlope = slope * weights[i];
        float own = -xSlope * weights[i];
        float p = perStep[i];
        for (int f = first; f < length; f++) {
          long at = offset(features[i] * rowBytes, f);
          float v = rows.get(JAVA_FLOAT_UNALIGNED, at);
          float gradient = Math.fma(own, v, xSlope * sums[f]);
          ScalarSteps.ftrlWithL1(rows, at, stateBytes, v, gradient, p, beta * p, l1, factorL2[i]);
        }
      }
    }
  }
}
