package femto.kernels.impl;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import java.lang.foreign.MemorySegment;

/** The contract, one operation after the other: the definition, and the fallback. */
public final class ScalarSteps implements StepSupport {
  /** Stateless. */
  public ScalarSteps() {}

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
    for (int i = 0; i < count; i++) {
      long row = features[i] * rowBytes;
      float x = weights[i];
      float xSlope = slope * x;
      float step = steps[i];
      float w = rows.get(JAVA_FLOAT, row);
      rows.set(JAVA_FLOAT, row, Math.fma(-step, Math.fma(linearL2[i], w, xSlope), w));
      float own = Math.fma(-xSlope, x, factorL2[i]);
      for (int f = 0; f < length; f++) {
        long at = row + Float.BYTES * (1L + f);
        float v = rows.get(JAVA_FLOAT, at);
        rows.set(JAVA_FLOAT, at, Math.fma(-step, Math.fma(own, v, xSlope * sums[f]), v));
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
    long stateBytes = stateBytes(length);
    for (int i = 0; i < count; i++) {
      long row = features[i] * rowBytes;
      float x = weights[i];
      float xSlope = slope * x;
      float step = steps[i];
      float w = rows.get(JAVA_FLOAT, row);
      adaGrad(rows, row, stateBytes, w, Math.fma(linearL2[i], w, xSlope), step);
      float own = Math.fma(-xSlope, x, factorL2[i]);
      for (int f = 0; f < length; f++) {
        long at = row + Float.BYTES * (1L + f);
        float v = rows.get(JAVA_FLOAT, at);
        adaGrad(rows, at, stateBytes, v, Math.fma(own, v, xSlope * sums[f]), step);
      }
    }
  }

  /**
   * Bytes between a weight and its state.
   *
   * @param length factors a row
   * @return bytes
   */
  public static long stateBytes(int length) {
    return (1L + length) * Float.BYTES;
  }

  /**
   * The step of one weight.
   *
   * @param rows the table
   * @param at where the weight is
   * @param stateBytes where its state is, from there
   * @param weight the weight
   * @param gradient its gradient
   * @param step the step size
   */
  public static void adaGrad(
      MemorySegment rows, long at, long stateBytes, float weight, float gradient, float step) {
    float state = Math.fma(gradient, gradient, rows.get(JAVA_FLOAT, at + stateBytes));
    rows.set(JAVA_FLOAT, at + stateBytes, state);
    float root = StepSupport.inverseRoot(state);
    rows.set(JAVA_FLOAT, at, Math.fma(-step * gradient, root, weight));
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
    long stateBytes = stateBytes(length);
    for (int i = 0; i < count; i++) {
      long row = features[i] * rowBytes;
      float x = weights[i];
      float xSlope = slope * x;
      float p = perStep[i];
      float w = rows.get(JAVA_FLOAT, row);
      ftrl(rows, row, stateBytes, w, xSlope, p, beta * p, linearL2[i]);
      float own = -xSlope * x;
      for (int f = 0; f < length; f++) {
        long at = row + Float.BYTES * (1L + f);
        float v = rows.get(JAVA_FLOAT, at);
        ftrl(rows, at, stateBytes, v, Math.fma(own, v, xSlope * sums[f]), p, beta * p, factorL2[i]);
      }
    }
  }

  /**
   * The step of one weight.
   *
   * @param rows the table
   * @param at where the weight is
   * @param stateBytes where its state is, from there
   * @param weight the weight
   * @param gradient its gradient
   * @param perStep p
   * @param betaPerStep beta p
   * @param l2 strength of the L2 penalty
   */
  public static void ftrl(
      MemorySegment rows,
      long at,
      long stateBytes,
      float weight,
      float gradient,
      float perStep,
      float betaPerStep,
      float l2) {
    float n = Math.fma(gradient, gradient, rows.get(JAVA_FLOAT, at + stateBytes));
    rows.set(JAVA_FLOAT, at + stateBytes, n);
    float root = n * StepSupport.inverseRoot(n);
    rows.set(JAVA_FLOAT, at, weight - gradient / (Math.fma(root, perStep, betaPerStep) + l2));
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
    long stateBytes = stateBytes(length);
    for (int i = 0; i < count; i++) {
      long row = features[i] * rowBytes;
      float x = weights[i];
      float xSlope = slope * x;
      float p = perStep[i];
      float w = rows.get(JAVA_FLOAT, row);
      ftrlWithL1(rows, row, stateBytes, w, xSlope, p, beta * p, linearL1, linearL2[i]);
      float own = -xSlope * x;
      for (int f = 0; f < length; f++) {
        long at = row + Float.BYTES * (1L + f);
        float v = rows.get(JAVA_FLOAT, at);
        float gradient = Math.fma(own, v, xSlope * sums[f]);
        ftrlWithL1(rows, at, stateBytes, v, gradient, p, beta * p, factorL1, factorL2[i]);
      }
    }
  }

  /**
   * The step of one weight.
   *
   * @param rows the table
   * @param at where the weight is
   * @param stateBytes where its first state is, from there, and the second from that
   * @param weight the weight
   * @param gradient its gradient
   * @param perStep p
   * @param betaPerStep beta p
   * @param l1 strength of the L1 penalty
   * @param l2 strength of the L2 penalty
   */
  public static void ftrlWithL1(
      MemorySegment rows,
      long at,
      long stateBytes,
      float weight,
      float gradient,
      float perStep,
      float betaPerStep,
      float l1,
      float l2) {
    float r = rows.get(JAVA_FLOAT, at + 2 * stateBytes);
    float root = (float) Math.sqrt(Math.fma(gradient, gradient, r * r));
    float z = rows.get(JAVA_FLOAT, at + stateBytes) + (gradient - (root - r) * perStep * weight);
    rows.set(JAVA_FLOAT, at + stateBytes, z);
    rows.set(JAVA_FLOAT, at + 2 * stateBytes, root);
    float shrunk = Math.abs(z) <= l1 ? 0 : (z < 0 ? -l1 : l1) - z;
    rows.set(JAVA_FLOAT, at, shrunk / (Math.fma(root, perStep, betaPerStep) + l2));
  }
}
