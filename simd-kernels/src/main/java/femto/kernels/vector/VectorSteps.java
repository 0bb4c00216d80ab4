package femto.kernels.vector;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;

import femto.kernels.impl.KernelChoice;
import femto.kernels.impl.LearningLayout;
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
 * <p>Linear weights are brought together when they are scored, stepped as vectors of weights of
 * several features, and written back: one by one they took longer than 16 factors. Factors that do
 * not fill a vector go in a masked one where masks cost nothing, which is where vectors have 512
 * bits, and one by one elsewhere. No alignment is asked for where one number is read, since asking
 * takes time at each.
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
  private static final boolean LITTLE = ORDER == ByteOrder.LITTLE_ENDIAN;
  private static final int LANES = FLOATS.length();
  private static final boolean MASKS = BITS == 512;

  private static final FloatVector SHIFT = FloatVector.broadcast(FLOATS, -INVERSE_ROOT_SHIFT);

  /** The sign of a number: with the bits of l1 it is l1 with that sign. */
  private static final int SIGN = 1 << 31;

  /** Stateless. */
  public VectorSteps() {}

  /** Factors that fill vectors. */
  private static int whole(int length) {
    return length - length % LANES;
  }

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
      float[] pairs,
      float[] linear) {
    int length = layout.length();
    collect(rows, layout, features, count, linear);
    float sum = start;
    if (length < LANES) {
      for (int i = 0; i < count; i++) {
        sum = Math.fma(linear[i], weights[i], sum);
      }
    }
    long rowBytes = layout.rowBytes();
    int whole = whole(length);
    int first = 0;
    for (; first + LANES < whole; first += 2 * LANES) { // two at once: the second costs less
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
          sum = Math.fma(linear[i], x, sum);
        }
      }
      vector.intoArray(sums, first);
      pair.intoArray(pairs, first);
      nextVector.intoArray(sums, first + LANES);
      nextPair.intoArray(pairs, first + LANES);
    }
    if (first < whole) {
      FloatVector vector = FloatVector.zero(FLOATS);
      FloatVector pair = FloatVector.zero(FLOATS);
      for (int i = 0; i < count; i++) {
        long at = features[i] * rowBytes + offset(first);
        float x = weights[i];
        FloatVector xv = FloatVector.fromMemorySegment(FLOATS, rows, at, ORDER).mul(x);
        pair = xv.fma(vector, pair);
        vector = vector.add(xv);
        if (first == 0) {
          sum = Math.fma(linear[i], x, sum);
        }
      }
      vector.intoArray(sums, first);
      pair.intoArray(pairs, first);
    }
    if (whole < length) {
      scoreRest(rows, layout, whole, features, weights, count, sums, pairs);
    }
    for (int f = 0; f < length; f++) {
      sum += pairs[f];
    }
    return sum;
  }

  /** Brings linear weights and their states together. */
  private static void collect(
      MemorySegment rows, LearningLayout layout, int[] features, int count, float[] linear) {
    int room = StepSupport.room(count);
    if (layout.states() == 1) { // a pair at once
      long begin = layout.linearAt();
      for (int i = 0; i < count; i++) {
        long pair = rows.get(JAVA_LONG_UNALIGNED, begin + features[i] * (long) Long.BYTES);
        linear[i] = Float.intBitsToFloat((int) (LITTLE ? pair : pair >>> Integer.SIZE));
        linear[room + i] = Float.intBitsToFloat((int) (LITTLE ? pair >>> Integer.SIZE : pair));
      }
      return;
    }
    for (int i = 0; i < count; i++) {
      long at = layout.linear(features[i]);
      linear[i] = rows.get(JAVA_FLOAT_UNALIGNED, at);
      if (layout.states() == 2) {
        linear[room + i] = rows.get(JAVA_FLOAT_UNALIGNED, at + Float.BYTES);
        linear[2 * room + i] = rows.get(JAVA_FLOAT_UNALIGNED, at + 2 * Float.BYTES);
      }
    }
  }

  /** Writes linear weights and their states back. */
  private static void scatter(
      MemorySegment rows, LearningLayout layout, int[] features, int count, float[] linear) {
    int room = StepSupport.room(count);
    if (layout.states() == 1) {
      long begin = layout.linearAt();
      for (int i = 0; i < count; i++) {
        long first = Float.floatToRawIntBits(linear[LITTLE ? i : room + i]);
        long second = Float.floatToRawIntBits(linear[LITTLE ? room + i : i]);
        rows.set(
            JAVA_LONG_UNALIGNED,
            begin + features[i] * (long) Long.BYTES,
            (first & 0xffff_ffffL) | second << Integer.SIZE);
      }
      return;
    }
    for (int i = 0; i < count; i++) {
      long at = layout.linear(features[i]);
      rows.set(JAVA_FLOAT_UNALIGNED, at, linear[i]);
      if (layout.states() == 2) {
        rows.set(JAVA_FLOAT_UNALIGNED, at + Float.BYTES, linear[room + i]);
        rows.set(JAVA_FLOAT_UNALIGNED, at + 2 * Float.BYTES, linear[2 * room + i]);
      }
    }
  }

  private static void scoreRest(
      MemorySegment rows,
      LearningLayout layout,
      int first,
      int[] features,
      float[] weights,
      int count,
      float[] sums,
      float[] pairs) {
    if (MASKS) {
      VectorMask<Float> rest = FLOATS.indexInRange(first, layout.length());
      long rowBytes = layout.rowBytes();
      FloatVector vector = FloatVector.zero(FLOATS);
      FloatVector pair = FloatVector.zero(FLOATS);
      for (int i = 0; i < count; i++) {
        long at = features[i] * rowBytes + offset(first);
        FloatVector xv =
            FloatVector.fromMemorySegment(FLOATS, rows, at, ORDER, rest).mul(weights[i]);
        pair = xv.fma(vector, pair);
        vector = vector.add(xv);
      }
      vector.intoArray(sums, first, rest);
      pair.intoArray(pairs, first, rest);
    } else {
      ScalarSteps.scoreFactors(rows, layout, first, features, weights, count, sums, pairs);
    }
  }

  @Override
  public void sgd(
      MemorySegment rows,
      LearningLayout layout,
      int[] features,
      float[] weights,
      int count,
      float[] sums,
      float[] linear,
      float slope,
      float[] steps,
      float[] linearL2,
      float[] factorL2) {
    for (int i = 0; i < count; i += LANES) {
      FloatVector w = FloatVector.fromArray(FLOATS, linear, i);
      FloatVector gradient =
          FloatVector.fromArray(FLOATS, linearL2, i)
              .fma(w, FloatVector.fromArray(FLOATS, weights, i).mul(slope));
      FloatVector.fromArray(FLOATS, steps, i).neg().fma(gradient, w).intoArray(linear, i);
    }
    scatter(rows, layout, features, count, linear);
    int length = layout.length();
    long rowBytes = layout.rowBytes();
    int whole = whole(length);
    for (int f = 0; f < whole; f += LANES) {
      FloatVector sum = FloatVector.fromArray(FLOATS, sums, f);
      for (int i = 0; i < count; i++) {
        long at = features[i] * rowBytes + offset(f);
        float xSlope = slope * weights[i];
        float own = Math.fma(-xSlope, weights[i], factorL2[i]);
        FloatVector v = FloatVector.fromMemorySegment(FLOATS, rows, at, ORDER);
        v.fma(FloatVector.broadcast(FLOATS, own), sum.mul(xSlope))
            .fma(FloatVector.broadcast(FLOATS, -steps[i]), v)
            .intoMemorySegment(rows, at, ORDER);
      }
    }
    if (whole < length) {
      sgdRest(rows, layout, whole, features, weights, count, sums, slope, steps, factorL2);
    }
  }

  private static void sgdRest(
      MemorySegment rows,
      LearningLayout layout,
      int first,
      int[] features,
      float[] weights,
      int count,
      float[] sums,
      float slope,
      float[] steps,
      float[] factorL2) {
    if (MASKS) {
      VectorMask<Float> rest = FLOATS.indexInRange(first, layout.length());
      long rowBytes = layout.rowBytes();
      FloatVector sum = FloatVector.fromArray(FLOATS, sums, first, rest);
      for (int i = 0; i < count; i++) {
        long at = features[i] * rowBytes + offset(first);
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
        ScalarSteps.sgdFactors(
            rows, layout, first, features[i], weights[i], sums, xSlope, steps[i], factorL2[i]);
      }
    }
  }

  @Override
  public void adaGrad(
      MemorySegment rows,
      LearningLayout layout,
      int[] features,
      float[] weights,
      int count,
      float[] sums,
      float[] linear,
      float slope,
      float[] steps,
      float[] linearL2,
      float[] factorL2) {
    int states = StepSupport.room(count);
    for (int i = 0; i < count; i += LANES) {
      FloatVector w = FloatVector.fromArray(FLOATS, linear, i);
      FloatVector gradient =
          FloatVector.fromArray(FLOATS, linearL2, i)
              .fma(w, FloatVector.fromArray(FLOATS, weights, i).mul(slope));
      FloatVector state = gradient.fma(gradient, FloatVector.fromArray(FLOATS, linear, states + i));
      state.intoArray(linear, states + i);
      FloatVector y =
          IntVector.broadcast(INTS, INVERSE_ROOT_GUESS)
              .sub(state.reinterpretAsInts().lanewise(VectorOperators.ASHR, 1))
              .reinterpretAsFloats();
      y = y.mul(state.mul(y).fma(y, SHIFT));
      gradient
          .mul(FloatVector.fromArray(FLOATS, steps, i).mul(INVERSE_ROOT_FACTOR))
          .fma(y, w)
          .intoArray(linear, i);
    }
    scatter(rows, layout, features, count, linear);
    int length = layout.length();
    long rowBytes = layout.rowBytes();
    long stateBytes = layout.stateBytes();
    int whole = whole(length);
    for (int f = 0; f < whole; f += LANES) {
      FloatVector sum = FloatVector.fromArray(FLOATS, sums, f);
      for (int i = 0; i < count; i++) {
        long at = features[i] * rowBytes + offset(f);
        float xSlope = slope * weights[i];
        float own = Math.fma(-xSlope, weights[i], factorL2[i]);
        FloatVector v = FloatVector.fromMemorySegment(FLOATS, rows, at, ORDER);
        FloatVector gradient = v.fma(FloatVector.broadcast(FLOATS, own), sum.mul(xSlope));
        FloatVector state =
            gradient.fma(
                gradient, FloatVector.fromMemorySegment(FLOATS, rows, at + stateBytes, ORDER));
        state.intoMemorySegment(rows, at + stateBytes, ORDER);
        FloatVector y =
            IntVector.broadcast(INTS, INVERSE_ROOT_GUESS)
                .sub(state.reinterpretAsInts().lanewise(VectorOperators.ASHR, 1))
                .reinterpretAsFloats();
        y = y.mul(state.mul(y).fma(y, SHIFT));
        gradient.mul(steps[i] * INVERSE_ROOT_FACTOR).fma(y, v).intoMemorySegment(rows, at, ORDER);
      }
    }
    if (whole < length) {
      adaGradRest(rows, layout, whole, features, weights, count, sums, slope, steps, factorL2);
    }
  }

  private static void adaGradRest(
      MemorySegment rows,
      LearningLayout layout,
      int first,
      int[] features,
      float[] weights,
      int count,
      float[] sums,
      float slope,
      float[] steps,
      float[] factorL2) {
    if (MASKS) {
      VectorMask<Float> rest = FLOATS.indexInRange(first, layout.length());
      long rowBytes = layout.rowBytes();
      long stateBytes = layout.stateBytes();
      FloatVector sum = FloatVector.fromArray(FLOATS, sums, first, rest);
      for (int i = 0; i < count; i++) {
        long at = features[i] * rowBytes + offset(first);
        float xSlope = slope * weights[i];
        float own = Math.fma(-xSlope, weights[i], factorL2[i]);
        FloatVector v = FloatVector.fromMemorySegment(FLOATS, rows, at, ORDER, rest);
        FloatVector gradient = v.fma(FloatVector.broadcast(FLOATS, own), sum.mul(xSlope));
        FloatVector state =
            gradient.fma(
                gradient,
                FloatVector.fromMemorySegment(FLOATS, rows, at + stateBytes, ORDER, rest));
        state.intoMemorySegment(rows, at + stateBytes, ORDER, rest);
        FloatVector y =
            IntVector.broadcast(INTS, INVERSE_ROOT_GUESS)
                .sub(state.reinterpretAsInts().lanewise(VectorOperators.ASHR, 1))
                .reinterpretAsFloats();
        y = y.mul(state.mul(y).fma(y, SHIFT));
        gradient
            .mul(steps[i] * INVERSE_ROOT_FACTOR)
            .fma(y, v)
            .intoMemorySegment(rows, at, ORDER, rest);
      }
    } else {
      for (int i = 0; i < count; i++) {
        float xSlope = slope * weights[i];
        ScalarSteps.adaGradFactors(
            rows, layout, first, features[i], weights[i], sums, xSlope, steps[i], factorL2[i]);
      }
    }
  }

  @Override
  public void ftrl(
      MemorySegment rows,
      LearningLayout layout,
      int[] features,
      float[] weights,
      int count,
      float[] sums,
      float[] linear,
      float slope,
      float[] perStep,
      float beta,
      float[] linearL2,
      float[] factorL2) {
    int states = StepSupport.room(count);
    for (int i = 0; i < count; i += LANES) {
      FloatVector gradient = FloatVector.fromArray(FLOATS, weights, i).mul(slope);
      FloatVector n = gradient.fma(gradient, FloatVector.fromArray(FLOATS, linear, states + i));
      n.intoArray(linear, states + i);
      FloatVector y =
          IntVector.broadcast(INTS, INVERSE_ROOT_GUESS)
              .sub(n.reinterpretAsInts().lanewise(VectorOperators.ASHR, 1))
              .reinterpretAsFloats();
      y = y.mul(n.mul(y).fma(y, SHIFT));
      FloatVector p = FloatVector.fromArray(FLOATS, perStep, i);
      FloatVector divisor =
          n.mul(y)
              .fma(p.mul(-INVERSE_ROOT_FACTOR), p.mul(beta))
              .add(FloatVector.fromArray(FLOATS, linearL2, i));
      FloatVector.fromArray(FLOATS, linear, i).sub(gradient.div(divisor)).intoArray(linear, i);
    }
    scatter(rows, layout, features, count, linear);
    int length = layout.length();
    long rowBytes = layout.rowBytes();
    long stateBytes = layout.stateBytes();
    int whole = whole(length);
    for (int f = 0; f < whole; f += LANES) {
      FloatVector sum = FloatVector.fromArray(FLOATS, sums, f);
      for (int i = 0; i < count; i++) {
        long at = features[i] * rowBytes + offset(f);
        float xSlope = slope * weights[i];
        float own = -xSlope * weights[i];
        float p = perStep[i];
        FloatVector v = FloatVector.fromMemorySegment(FLOATS, rows, at, ORDER);
        FloatVector gradient = v.fma(FloatVector.broadcast(FLOATS, own), sum.mul(xSlope));
        FloatVector n =
            gradient.fma(
                gradient, FloatVector.fromMemorySegment(FLOATS, rows, at + stateBytes, ORDER));
        n.intoMemorySegment(rows, at + stateBytes, ORDER);
        FloatVector y =
            IntVector.broadcast(INTS, INVERSE_ROOT_GUESS)
                .sub(n.reinterpretAsInts().lanewise(VectorOperators.ASHR, 1))
                .reinterpretAsFloats();
        y = y.mul(n.mul(y).fma(y, SHIFT));
        FloatVector divisor =
            n.mul(y)
                .fma(
                    FloatVector.broadcast(FLOATS, -INVERSE_ROOT_FACTOR * p),
                    FloatVector.broadcast(FLOATS, beta * p))
                .add(factorL2[i]);
        v.sub(gradient.div(divisor)).intoMemorySegment(rows, at, ORDER);
      }
    }
    if (whole < length) {
      ftrlRest(rows, layout, whole, features, weights, count, sums, slope, perStep, beta, factorL2);
    }
  }

  private static void ftrlRest(
      MemorySegment rows,
      LearningLayout layout,
      int first,
      int[] features,
      float[] weights,
      int count,
      float[] sums,
      float slope,
      float[] perStep,
      float beta,
      float[] factorL2) {
    if (MASKS) {
      VectorMask<Float> rest = FLOATS.indexInRange(first, layout.length());
      long rowBytes = layout.rowBytes();
      long stateBytes = layout.stateBytes();
      FloatVector sum = FloatVector.fromArray(FLOATS, sums, first, rest);
      for (int i = 0; i < count; i++) {
        long at = features[i] * rowBytes + offset(first);
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
        FloatVector y =
            IntVector.broadcast(INTS, INVERSE_ROOT_GUESS)
                .sub(n.reinterpretAsInts().lanewise(VectorOperators.ASHR, 1))
                .reinterpretAsFloats();
        y = y.mul(n.mul(y).fma(y, SHIFT));
        FloatVector divisor =
            n.mul(y)
                .fma(
                    FloatVector.broadcast(FLOATS, -INVERSE_ROOT_FACTOR * p),
                    FloatVector.broadcast(FLOATS, beta * p))
                .add(factorL2[i]);
        v.sub(gradient.div(divisor)).intoMemorySegment(rows, at, ORDER, rest);
      }
    } else {
      for (int i = 0; i < count; i++) {
        float xSlope = slope * weights[i];
        float p = perStep[i];
        ScalarSteps.ftrlFactors(
            rows, layout, first, features[i], weights[i], sums, xSlope, p, beta * p, factorL2[i]);
      }
    }
  }

  @Override
  public void ftrlWithL1(
      MemorySegment rows,
      LearningLayout layout,
      int[] features,
      float[] weights,
      int count,
      float[] sums,
      float[] linear,
      float slope,
      float[] perStep,
      float beta,
      float linearL1,
      float factorL1,
      float[] linearL2,
      float[] factorL2) {
    int zs = StepSupport.room(count);
    int roots = 2 * zs;
    int linearEdge = Float.floatToRawIntBits(linearL1);
    for (int i = 0; i < count; i += LANES) {
      FloatVector gradient = FloatVector.fromArray(FLOATS, weights, i).mul(slope);
      FloatVector r = FloatVector.fromArray(FLOATS, linear, roots + i);
      FloatVector root = gradient.fma(gradient, r.mul(r)).lanewise(VectorOperators.SQRT);
      FloatVector p = FloatVector.fromArray(FLOATS, perStep, i);
      FloatVector z =
          FloatVector.fromArray(FLOATS, linear, zs + i)
              .add(gradient.sub(root.sub(r).mul(p).mul(FloatVector.fromArray(FLOATS, linear, i))));
      z.intoArray(linear, zs + i);
      root.intoArray(linear, roots + i);
      z.reinterpretAsInts()
          .and(SIGN)
          .or(linearEdge)
          .reinterpretAsFloats()
          .sub(z)
          .blend(0, z.abs().compare(VectorOperators.LE, linearL1))
          .div(root.fma(p, p.mul(beta)).add(FloatVector.fromArray(FLOATS, linearL2, i)))
          .intoArray(linear, i);
    }
    scatter(rows, layout, features, count, linear);
    int length = layout.length();
    long rowBytes = layout.rowBytes();
    long stateBytes = layout.stateBytes();
    int edge = Float.floatToRawIntBits(factorL1);
    int whole = whole(length);
    for (int f = 0; f < whole; f += LANES) {
      FloatVector sum = FloatVector.fromArray(FLOATS, sums, f);
      for (int i = 0; i < count; i++) {
        long at = features[i] * rowBytes + offset(f);
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
            .or(edge)
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
          rows, layout, whole, features, weights, count, sums, slope, perStep, beta, factorL1,
          factorL2);
    }
  }

  private static void ftrlWithL1Rest(
      MemorySegment rows,
      LearningLayout layout,
      int first,
      int[] features,
      float[] weights,
      int count,
      float[] sums,
      float slope,
      float[] perStep,
      float beta,
      float factorL1,
      float[] factorL2) {
    if (MASKS) {
      VectorMask<Float> rest = FLOATS.indexInRange(first, layout.length());
      long rowBytes = layout.rowBytes();
      long stateBytes = layout.stateBytes();
      int edge = Float.floatToRawIntBits(factorL1);
      FloatVector sum = FloatVector.fromArray(FLOATS, sums, first, rest);
      for (int i = 0; i < count; i++) {
        long at = features[i] * rowBytes + offset(first);
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
            .or(edge)
            .reinterpretAsFloats()
            .sub(z)
            .blend(0, z.abs().compare(VectorOperators.LE, factorL1))
            .div(
                root.fma(FloatVector.broadcast(FLOATS, p), FloatVector.broadcast(FLOATS, beta * p))
                    .add(factorL2[i]))
            .intoMemorySegment(rows, at, ORDER, rest);
      }
    } else {
      for (int i = 0; i < count; i++) {
        float p = perStep[i];
        ScalarSteps.ftrlWithL1Factors(
            rows,
            layout,
            first,
            features[i],
            weights[i],
            sums,
            slope * weights[i],
            p,
            beta * p,
            factorL1,
            factorL2[i]);
      }
    }
  }
}
