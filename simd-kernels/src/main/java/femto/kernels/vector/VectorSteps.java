package femto.kernels.vector;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT_UNALIGNED;

import femto.kernels.impl.InverseRoot;
import femto.kernels.impl.KernelChoice;
import femto.kernels.impl.LearningLayout;
import femto.kernels.impl.StepColumns;
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
 * <p>Loads and stores are written out where they are needed; {@link VectorKernels} says why. What
 * goes over rows is long enough for the compiler to keep it a method of its own: together with the
 * vectors of single numbers in one compiled method, accesses to memory are no longer inlined, and
 * AdaGrad took a quarter longer (engine/docs/learning.md).
 */
public final class VectorSteps implements StepSupport {
  private static final int BITS =
      KernelChoice.ASKED.bits(Math.min(512, VectorShape.preferredShape().vectorBitSize()));
  private static final VectorShape SHAPE = VectorShape.forBitSize(BITS);
  private static final VectorSpecies<Float> FLOATS = VectorSpecies.of(float.class, SHAPE);
  private static final ByteOrder ORDER = ByteOrder.nativeOrder();
  private static final int LANES = FLOATS.length();

  /** The sign of a number. */
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
      float[] pairs,
      StepColumns c) {
    float[] ws = c.weights();
    float[] firsts = c.first();
    float[] seconds = c.second();
    float[] thirds = c.third();
    int states = layout.states();
    int length = layout.length();
    long linearAt = layout.linearAt();
    long linearBytes = layout.linearBytes();
    float sum = start;
    if (length == 0) {
      for (int i = 0; i < count; i++) {
        c.read(rows, layout, features[i], i);
        sum = Math.fma(ws[i], weights[i], sum);
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
          c.read(rows, layout, features[i], i);
          sum = Math.fma(ws[i], x, sum);
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
        if (first == 0) { // written out: most rows are one vector
          long linear = linearAt + features[i] * linearBytes;
          float w = rows.get(JAVA_FLOAT_UNALIGNED, linear);
          sum = Math.fma(w, x, sum);
          ws[i] = w;
          if (states > 0) {
            firsts[i] = rows.get(JAVA_FLOAT_UNALIGNED, linear + Float.BYTES);
            seconds[i] = rows.get(JAVA_FLOAT_UNALIGNED, linear + 2 * Float.BYTES);
          }
          if (states > 1) {
            thirds[i] = rows.get(JAVA_FLOAT_UNALIGNED, linear + 3 * Float.BYTES);
          }
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

  /** {@link InverseRoot#of}. */
  private static FloatVector inverseRoot(FloatVector square) {
    FloatVector y =
        square
            .reinterpretAsInts()
            .lanewise(VectorOperators.ASHR, 1)
            .neg()
            .add(InverseRoot.GUESS)
            .reinterpretAsFloats();
    return y.mul(square.mul(y).fma(y, FloatVector.broadcast(FLOATS, -InverseRoot.SHIFT)));
  }

  @Override
  public void sgd(Rates rates, int count, float slope, StepColumns c) {
    for (int i = 0; i < count; i += LANES) {
      FloatVector x = FloatVector.fromArray(FLOATS, rates.x(), i);
      FloatVector xs = x.mul(slope);
      xs.intoArray(c.slopes(), i);
      xs.neg().fma(x, FloatVector.fromArray(FLOATS, rates.factorL2(), i)).intoArray(c.owns(), i);
      FloatVector step = FloatVector.fromArray(FLOATS, rates.steps(), i).neg();
      FloatVector w = FloatVector.fromArray(FLOATS, c.weights(), i);
      FloatVector gradient = w.fma(FloatVector.fromArray(FLOATS, rates.linearL2(), i), xs);
      step.fma(gradient, w).intoArray(c.weights(), i);
      step.intoArray(c.steps(), i);
    }
  }

  @Override
  public void adaGrad(Rates rates, int count, float slope, float square, StepColumns c) {
    for (int i = 0; i < count; i += LANES) {
      FloatVector x = FloatVector.fromArray(FLOATS, rates.x(), i);
      FloatVector xs = x.mul(slope);
      xs.intoArray(c.slopes(), i);
      xs.neg().fma(x, FloatVector.fromArray(FLOATS, rates.factorL2(), i)).intoArray(c.owns(), i);
      FloatVector step = FloatVector.fromArray(FLOATS, rates.steps(), i).mul(InverseRoot.FACTOR);
      FloatVector w = FloatVector.fromArray(FLOATS, c.weights(), i);
      FloatVector gradient = w.fma(FloatVector.fromArray(FLOATS, rates.linearL2(), i), xs);
      FloatVector sum = gradient.fma(gradient, FloatVector.fromArray(FLOATS, c.first(), i));
      FloatVector factorSum = xs.mul(square).fma(xs, FloatVector.fromArray(FLOATS, c.second(), i));
      sum.intoArray(c.first(), i);
      factorSum.intoArray(c.second(), i);
      step.mul(inverseRoot(sum)).fma(gradient, w).intoArray(c.weights(), i);
      step.mul(inverseRoot(factorSum)).intoArray(c.steps(), i);
    }
  }

  @Override
  public void ftrl(Rates rates, int count, float slope, float square, float beta, StepColumns c) {
    for (int i = 0; i < count; i += LANES) {
      FloatVector x = FloatVector.fromArray(FLOATS, rates.x(), i);
      FloatVector xs = x.mul(slope);
      xs.intoArray(c.slopes(), i);
      xs.neg().fma(x, FloatVector.zero(FLOATS)).intoArray(c.owns(), i);
      FloatVector perStep = FloatVector.fromArray(FLOATS, rates.steps(), i);
      FloatVector p = perStep.mul(-InverseRoot.FACTOR);
      FloatVector betaPerStep = perStep.mul(beta);
      FloatVector n = xs.fma(xs, FloatVector.fromArray(FLOATS, c.first(), i));
      FloatVector factorN = xs.mul(square).fma(xs, FloatVector.fromArray(FLOATS, c.second(), i));
      n.intoArray(c.first(), i);
      factorN.intoArray(c.second(), i);
      FloatVector root = n.mul(inverseRoot(n)).fma(p, betaPerStep);
      FloatVector factorRoot = factorN.mul(inverseRoot(factorN)).fma(p, betaPerStep);
      FloatVector.fromArray(FLOATS, c.weights(), i)
          .sub(xs.div(root.add(FloatVector.fromArray(FLOATS, rates.linearL2(), i))))
          .intoArray(c.weights(), i);
      FloatVector.broadcast(FLOATS, -1)
          .div(factorRoot.add(FloatVector.fromArray(FLOATS, rates.factorL2(), i)))
          .intoArray(c.steps(), i);
    }
  }

  @Override
  public void shrinkLinear(
      Rates rates, int count, float slope, float beta, float l1, StepColumns c) {
    for (int i = 0; i < count; i += LANES) {
      FloatVector xs = FloatVector.fromArray(FLOATS, rates.x(), i).mul(slope);
      FloatVector perStep = FloatVector.fromArray(FLOATS, rates.steps(), i);
      FloatVector old = FloatVector.fromArray(FLOATS, c.second(), i);
      FloatVector root = old.fma(old, xs.mul(xs)).sqrt();
      FloatVector z =
          old.sub(root)
              .mul(perStep)
              .fma(FloatVector.fromArray(FLOATS, c.weights(), i), xs)
              .add(FloatVector.fromArray(FLOATS, c.first(), i));
      z.intoArray(c.first(), i);
      root.intoArray(c.second(), i);
      FloatVector divisor =
          root.fma(perStep, perStep.mul(beta))
              .add(FloatVector.fromArray(FLOATS, rates.linearL2(), i));
      shrunk(z, l1).mul(FloatVector.broadcast(FLOATS, 1).div(divisor)).intoArray(c.weights(), i);
    }
  }

  /** {@link StepSupport#shrunk}: with the sign of z, the bits of l1 are l1 with that sign. */
  private static FloatVector shrunk(FloatVector z, float l1) {
    return z.reinterpretAsInts()
        .and(SIGN)
        .or(Float.floatToRawIntBits(l1))
        .reinterpretAsFloats()
        .sub(z)
        .blend(0, z.abs().compare(VectorOperators.LE, l1));
  }

  @Override
  public void roots(Rates rates, int count, float slope, float square, float beta, StepColumns c) {
    for (int i = 0; i < count; i += LANES) {
      FloatVector x = FloatVector.fromArray(FLOATS, rates.x(), i);
      FloatVector xs = x.mul(slope);
      xs.intoArray(c.slopes(), i);
      xs.neg().fma(x, FloatVector.zero(FLOATS)).intoArray(c.owns(), i);
      FloatVector perStep = FloatVector.fromArray(FLOATS, rates.steps(), i);
      FloatVector old = FloatVector.fromArray(FLOATS, c.third(), i);
      FloatVector root = old.fma(old, xs.mul(square).mul(xs)).sqrt();
      root.intoArray(c.third(), i);
      old.sub(root).mul(perStep).intoArray(c.shifts(), i);
      FloatVector divisor =
          root.fma(perStep, perStep.mul(beta))
              .add(FloatVector.fromArray(FLOATS, rates.factorL2(), i));
      FloatVector.broadcast(FLOATS, 1).div(divisor).intoArray(c.steps(), i);
    }
  }

  @Override
  public void step(
      MemorySegment rows,
      LearningLayout layout,
      int[] features,
      int count,
      float[] sums,
      StepColumns c) {
    float[] weights = c.weights();
    float[] first = c.first();
    float[] second = c.second();
    float[] slopes = c.slopes();
    float[] owns = c.owns();
    float[] steps = c.steps();
    int length = layout.length();
    long rowBytes = layout.rowBytes();
    long linearAt = layout.linearAt();
    long linearBytes = layout.linearBytes();
    boolean hasStates = layout.states() > 0;
    FloatVector firstSums = FloatVector.fromArray(FLOATS, sums, 0);
    for (int i = 0; i < count; i++) {
      long at = linearAt + features[i] * linearBytes;
      rows.set(JAVA_FLOAT_UNALIGNED, at, weights[i]);
      if (hasStates) {
        rows.set(JAVA_FLOAT_UNALIGNED, at + Float.BYTES, first[i]);
        rows.set(JAVA_FLOAT_UNALIGNED, at + 2 * Float.BYTES, second[i]);
      }
      long row = features[i] * rowBytes;
      FloatVector own = FloatVector.broadcast(FLOATS, owns[i]);
      FloatVector step = FloatVector.broadcast(FLOATS, steps[i]);
      FloatVector v = FloatVector.fromMemorySegment(FLOATS, rows, row, ORDER);
      v.fma(own, firstSums.mul(slopes[i])).fma(step, v).intoMemorySegment(rows, row, ORDER);
      for (int f = LANES; f < length; f += LANES) {
        v = FloatVector.fromMemorySegment(FLOATS, rows, row + offset(f), ORDER);
        v.fma(own, FloatVector.fromArray(FLOATS, sums, f).mul(slopes[i]))
            .fma(step, v)
            .intoMemorySegment(rows, row + offset(f), ORDER);
      }
    }
  }

  @Override
  public void shrink(
      MemorySegment rows,
      LearningLayout layout,
      int[] features,
      int count,
      float[] sums,
      float l1,
      StepColumns c) {
    float[] weights = c.weights();
    float[] first = c.first();
    float[] second = c.second();
    float[] third = c.third();
    float[] slopes = c.slopes();
    float[] owns = c.owns();
    float[] shifts = c.shifts();
    float[] steps = c.steps();
    int length = layout.length();
    long rowBytes = layout.rowBytes();
    long partBytes = layout.partBytes();
    long linearAt = layout.linearAt();
    long linearBytes = layout.linearBytes();
    for (int i = 0; i < count; i++) {
      long linear = linearAt + features[i] * linearBytes;
      rows.set(JAVA_FLOAT_UNALIGNED, linear, weights[i]);
      rows.set(JAVA_FLOAT_UNALIGNED, linear + Float.BYTES, first[i]);
      rows.set(JAVA_FLOAT_UNALIGNED, linear + 2 * Float.BYTES, second[i]);
      rows.set(JAVA_FLOAT_UNALIGNED, linear + 3 * Float.BYTES, third[i]);
      long row = features[i] * rowBytes;
      FloatVector own = FloatVector.broadcast(FLOATS, owns[i]);
      FloatVector shift = FloatVector.broadcast(FLOATS, shifts[i]);
      FloatVector step = FloatVector.broadcast(FLOATS, steps[i]);
      int f = 0;
      do { // the first time is often the last, which is not what a loop of known length is made for
        long at = row + offset(f);
        FloatVector v = FloatVector.fromMemorySegment(FLOATS, rows, at, ORDER);
        FloatVector z =
            v.fma(shift, v.fma(own, FloatVector.fromArray(FLOATS, sums, f).mul(slopes[i])))
                .add(FloatVector.fromMemorySegment(FLOATS, rows, at + partBytes, ORDER));
        z.intoMemorySegment(rows, at + partBytes, ORDER);
        shrunk(z, l1).mul(step).intoMemorySegment(rows, at, ORDER);
        f += LANES;
      } while (f < length);
    }
  }
}
