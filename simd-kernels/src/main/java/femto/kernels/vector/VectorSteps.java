package femto.kernels.vector;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import femto.kernels.impl.KernelChoice;
import femto.kernels.impl.ScalarSteps;
import femto.kernels.impl.StepSupport;
import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorSpecies;

/**
 * The contract on vectors of one width, the same as those of {@link VectorKernels}. Factors that do
 * not fill a vector go in a masked one where masks cost nothing, which is where vectors have 512
 * bits, and one by one elsewhere.
 *
 * <p>Loads and stores are written out where they are needed; {@link VectorKernels} says why.
 */
public final class VectorSteps implements StepSupport {
  private static final int BITS =
      KernelChoice.ASKED.bits(Math.min(512, VectorShape.preferredShape().vectorBitSize()));
  private static final VectorSpecies<Float> FLOATS =
      VectorSpecies.of(float.class, VectorShape.forBitSize(BITS));
  private static final ByteOrder ORDER = ByteOrder.nativeOrder();
  private static final int LANES = FLOATS.length();
  private static final boolean MASKS = BITS == 512;

  /** Stateless. */
  public VectorSteps() {}

  private static long offset(long row, int factor) {
    return row + Float.BYTES * (1L + factor);
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
      float x = weights[i];
      float xSlope = slope * x;
      float step = steps[i];
      float w = rows.get(JAVA_FLOAT, row);
      rows.set(JAVA_FLOAT, row, Math.fma(-step, Math.fma(linearL2[i], w, xSlope), w));
      float own = Math.fma(-xSlope, x, factorL2[i]);
      for (int f = 0; f < whole; f += LANES) {
        FloatVector v = FloatVector.fromMemorySegment(FLOATS, rows, offset(row, f), ORDER);
        v.fma(
                FloatVector.broadcast(FLOATS, own),
                FloatVector.fromArray(FLOATS, sums, f).mul(xSlope))
            .fma(FloatVector.broadcast(FLOATS, -step), v)
            .intoMemorySegment(rows, offset(row, f), ORDER);
      }
      if (whole < length) {
        sgdRest(rows, row, whole, length, sums, xSlope, own, step);
      }
    }
  }

  private static void sgdRest(
      MemorySegment rows,
      long row,
      int first,
      int length,
      float[] sums,
      float xSlope,
      float own,
      float step) {
    if (MASKS) {
      VectorMask<Float> rest = FLOATS.indexInRange(first, length);
      long at = offset(row, first);
      FloatVector v = FloatVector.fromMemorySegment(FLOATS, rows, at, ORDER, rest);
      v.fma(
              FloatVector.broadcast(FLOATS, own),
              FloatVector.fromArray(FLOATS, sums, first, rest).mul(xSlope))
          .fma(FloatVector.broadcast(FLOATS, -step), v)
          .intoMemorySegment(rows, at, ORDER, rest);
    } else {
      for (int f = first; f < length; f++) {
        float v = rows.get(JAVA_FLOAT, offset(row, f));
        float gradient = Math.fma(own, v, xSlope * sums[f]);
        rows.set(JAVA_FLOAT, offset(row, f), Math.fma(-step, gradient, v));
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
      float[] factorL2) {
    long stateBytes = ScalarSteps.stateBytes(length);
    int whole = length - length % LANES;
    for (int i = 0; i < count; i++) {
      long row = features[i] * rowBytes;
      float x = weights[i];
      float xSlope = slope * x;
      float step = steps[i];
      float w = rows.get(JAVA_FLOAT, row);
      ScalarSteps.adaGrad(rows, row, stateBytes, w, Math.fma(linearL2[i], w, xSlope), step);
      float own = Math.fma(-xSlope, x, factorL2[i]);
      for (int f = 0; f < whole; f += LANES) {
        long at = offset(row, f);
        FloatVector v = FloatVector.fromMemorySegment(FLOATS, rows, at, ORDER);
        FloatVector gradient =
            v.fma(
                FloatVector.broadcast(FLOATS, own),
                FloatVector.fromArray(FLOATS, sums, f).mul(xSlope));
        FloatVector state =
            gradient.fma(
                gradient, FloatVector.fromMemorySegment(FLOATS, rows, at + stateBytes, ORDER));
        state.intoMemorySegment(rows, at + stateBytes, ORDER);
        v.sub(gradient.mul(step).div(state.lanewise(VectorOperators.SQRT)))
            .intoMemorySegment(rows, at, ORDER);
      }
      if (whole < length) {
        adaGradRest(rows, row, stateBytes, whole, length, sums, xSlope, own, step);
      }
    }
  }

  private static void adaGradRest(
      MemorySegment rows,
      long row,
      long stateBytes,
      int first,
      int length,
      float[] sums,
      float xSlope,
      float own,
      float step) {
    if (MASKS) {
      VectorMask<Float> rest = FLOATS.indexInRange(first, length);
      long at = offset(row, first);
      FloatVector v = FloatVector.fromMemorySegment(FLOATS, rows, at, ORDER, rest);
      FloatVector gradient =
          v.fma(
              FloatVector.broadcast(FLOATS, own),
              FloatVector.fromArray(FLOATS, sums, first, rest).mul(xSlope));
      FloatVector state =
          gradient.fma(
              gradient, FloatVector.fromMemorySegment(FLOATS, rows, at + stateBytes, ORDER, rest));
      state.intoMemorySegment(rows, at + stateBytes, ORDER, rest);
      v.sub(gradient.mul(step).div(state.lanewise(VectorOperators.SQRT)))
          .intoMemorySegment(rows, at, ORDER, rest);
    } else {
      for (int f = first; f < length; f++) {
        long at = offset(row, f);
        float v = rows.get(JAVA_FLOAT, at);
        float gradient = Math.fma(own, v, xSlope * sums[f]);
        ScalarSteps.adaGrad(rows, at, stateBytes, v, gradient, step);
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
      float linearL1,
      float factorL1,
      float[] linearL2,
      float[] factorL2) {
    long stateBytes = ScalarSteps.stateBytes(length);
    int whole = length - length % LANES;
    for (int i = 0; i < count; i++) {
      long row = features[i] * rowBytes;
      float x = weights[i];
      float xSlope = slope * x;
      float p = perStep[i];
      float w = rows.get(JAVA_FLOAT, row);
      ScalarSteps.ftrl(rows, row, stateBytes, w, xSlope, p, beta * p, linearL1, linearL2[i]);
      float own = -xSlope * x;
      for (int f = 0; f < whole; f += LANES) {
        long at = offset(row, f);
        FloatVector v = FloatVector.fromMemorySegment(FLOATS, rows, at, ORDER);
        FloatVector gradient =
            v.fma(
                FloatVector.broadcast(FLOATS, own),
                FloatVector.fromArray(FLOATS, sums, f).mul(xSlope));
        FloatVector r = FloatVector.fromMemorySegment(FLOATS, rows, at + 2 * stateBytes, ORDER);
        FloatVector root = gradient.fma(gradient, r.mul(r)).lanewise(VectorOperators.SQRT);
        FloatVector z =
            FloatVector.fromMemorySegment(FLOATS, rows, at + stateBytes, ORDER)
                .add(gradient.sub(root.sub(r).mul(p).mul(v)));
        z.intoMemorySegment(rows, at + stateBytes, ORDER);
        root.intoMemorySegment(rows, at + 2 * stateBytes, ORDER);
        FloatVector edge =
            FloatVector.broadcast(FLOATS, factorL1)
                .blend(-factorL1, z.compare(VectorOperators.LT, 0));
        edge.sub(z)
            .blend(0, z.abs().compare(VectorOperators.LE, factorL1))
            .div(
                root.fma(FloatVector.broadcast(FLOATS, p), FloatVector.broadcast(FLOATS, beta * p))
                    .add(factorL2[i]))
            .intoMemorySegment(rows, at, ORDER);
      }
      if (whole < length) {
        ftrlRest(
            rows,
            row,
            stateBytes,
            whole,
            length,
            sums,
            xSlope,
            p,
            beta * p,
            factorL1,
            own,
            factorL2[i]);
      }
    }
  }

  private static void ftrlRest(
      MemorySegment rows,
      long row,
      long stateBytes,
      int first,
      int length,
      float[] sums,
      float xSlope,
      float perStep,
      float betaPerStep,
      float l1,
      float own,
      float l2) {
    if (MASKS) {
      VectorMask<Float> rest = FLOATS.indexInRange(first, length);
      long at = offset(row, first);
      FloatVector v = FloatVector.fromMemorySegment(FLOATS, rows, at, ORDER, rest);
      FloatVector gradient =
          v.fma(
              FloatVector.broadcast(FLOATS, own),
              FloatVector.fromArray(FLOATS, sums, first, rest).mul(xSlope));
      FloatVector r = FloatVector.fromMemorySegment(FLOATS, rows, at + 2 * stateBytes, ORDER, rest);
      FloatVector root = gradient.fma(gradient, r.mul(r)).lanewise(VectorOperators.SQRT);
      FloatVector z =
          FloatVector.fromMemorySegment(FLOATS, rows, at + stateBytes, ORDER, rest)
              .add(gradient.sub(root.sub(r).mul(perStep).mul(v)));
      z.intoMemorySegment(rows, at + stateBytes, ORDER, rest);
      root.intoMemorySegment(rows, at + 2 * stateBytes, ORDER, rest);
      FloatVector edge =
          FloatVector.broadcast(FLOATS, l1).blend(-l1, z.compare(VectorOperators.LT, 0));
      edge.sub(z)
          .blend(0, z.abs().compare(VectorOperators.LE, l1))
          .div(
              root.fma(
                      FloatVector.broadcast(FLOATS, perStep),
                      FloatVector.broadcast(FLOATS, betaPerStep))
                  .add(l2))
          .intoMemorySegment(rows, at, ORDER, rest);
    } else {
      for (int f = first; f < length; f++) {
        long at = offset(row, f);
        float v = rows.get(JAVA_FLOAT, at);
        float gradient = Math.fma(own, v, xSlope * sums[f]);
        ScalarSteps.ftrl(rows, at, stateBytes, v, gradient, perStep, betaPerStep, l1, l2);
      }
    }
  }
}
