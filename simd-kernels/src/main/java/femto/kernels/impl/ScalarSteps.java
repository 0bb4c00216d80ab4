package femto.kernels.impl;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import java.lang.foreign.MemorySegment;

/** The contract, one operation after the other: the definition, and the fallback. */
public final class ScalarSteps implements StepSupport {
  /** Stateless. */
  public ScalarSteps() {}

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
    int room = StepSupport.room(count);
    float sum = start;
    for (int i = 0; i < count; i++) {
      long at = layout.linear(features[i]);
      for (int number = 0; number <= layout.states(); number++) {
        linear[number * room + i] = rows.get(JAVA_FLOAT, at + number * (long) Float.BYTES);
      }
      sum = Math.fma(linear[i], weights[i], sum);
    }
    scoreFactors(rows, layout, 0, features, weights, count, sums, pairs);
    for (int f = 0; f < layout.length(); f++) {
      sum += pairs[f];
    }
    return sum;
  }

  /**
   * The part of the factors from one on.
   *
   * @param rows as for {@link #score}
   * @param layout as there
   * @param first the first factor
   * @param features as there
   * @param weights as there
   * @param count as there
   * @param sums receives the sums from that factor on
   * @param pairs receives what each factor from that one on adds to the score
   */
  public static void scoreFactors(
      MemorySegment rows,
      LearningLayout layout,
      int first,
      int[] features,
      float[] weights,
      int count,
      float[] sums,
      float[] pairs) {
    for (int f = first; f < layout.length(); f++) {
      float vector = 0;
      float pair = 0;
      for (int i = 0; i < count; i++) {
        long at = layout.row(features[i]) + (long) f * Float.BYTES;
        float xv = weights[i] * rows.get(JAVA_FLOAT, at);
        pair = Math.fma(xv, vector, pair);
        vector += xv;
      }
      sums[f] = vector;
      pairs[f] = pair;
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
    for (int i = 0; i < count; i++) {
      float x = weights[i];
      float xSlope = slope * x;
      float step = steps[i];
      float w = linear[i];
      rows.set(
          JAVA_FLOAT,
          layout.linear(features[i]),
          Math.fma(-step, Math.fma(linearL2[i], w, xSlope), w));
      sgdFactors(rows, layout, 0, features[i], x, sums, xSlope, step, factorL2[i]);
    }
  }

  /**
   * The step of the factors of one feature, from one on.
   *
   * @param rows as for {@link #sgd}
   * @param layout as there
   * @param first the first factor
   * @param feature the feature
   * @param x its weight
   * @param sums as there
   * @param xSlope slope times x
   * @param step its step size
   * @param l2 strength of the L2 penalty
   */
  public static void sgdFactors(
      MemorySegment rows,
      LearningLayout layout,
      int first,
      int feature,
      float x,
      float[] sums,
      float xSlope,
      float step,
      float l2) {
    float own = Math.fma(-xSlope, x, l2);
    for (int f = first; f < layout.length(); f++) {
      long at = layout.row(feature) + (long) f * Float.BYTES;
      float v = rows.get(JAVA_FLOAT, at);
      rows.set(JAVA_FLOAT, at, Math.fma(-step, Math.fma(own, v, xSlope * sums[f]), v));
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
    int room = StepSupport.room(count);
    for (int i = 0; i < count; i++) {
      float x = weights[i];
      float xSlope = slope * x;
      float w = linear[i];
      float gradient = Math.fma(linearL2[i], w, xSlope);
      adaGrad(
          rows,
          layout.linear(features[i]),
          Float.BYTES,
          w,
          linear[room + i],
          gradient,
          steps[i] * INVERSE_ROOT_FACTOR);
      adaGradFactors(rows, layout, 0, features[i], x, sums, xSlope, steps[i], factorL2[i]);
    }
  }

  /**
   * The step of the factors of one feature, from one on.
   *
   * @param rows as for {@link #adaGrad}
   * @param layout as there
   * @param first the first factor
   * @param feature the feature
   * @param x its weight
   * @param sums as there
   * @param xSlope slope times x
   * @param step its step size
   * @param l2 strength of the L2 penalty
   */
  public static void adaGradFactors(
      MemorySegment rows,
      LearningLayout layout,
      int first,
      int feature,
      float x,
      float[] sums,
      float xSlope,
      float step,
      float l2) {
    float own = Math.fma(-xSlope, x, l2);
    long stateBytes = layout.stateBytes();
    for (int f = first; f < layout.length(); f++) {
      long at = layout.row(feature) + (long) f * Float.BYTES;
      float v = rows.get(JAVA_FLOAT, at);
      float state = rows.get(JAVA_FLOAT, at + stateBytes);
      float gradient = Math.fma(own, v, xSlope * sums[f]);
      adaGrad(rows, at, stateBytes, v, state, gradient, step * INVERSE_ROOT_FACTOR);
    }
  }

  private static void adaGrad(
      MemorySegment rows,
      long at,
      long stateBytes,
      float weight,
      float oldState,
      float gradient,
      float step) {
    float state = Math.fma(gradient, gradient, oldState);
    rows.set(JAVA_FLOAT, at + stateBytes, state);
    rows.set(JAVA_FLOAT, at, Math.fma(gradient * step, StepSupport.inverseRoot(state), weight));
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
    int room = StepSupport.room(count);
    for (int i = 0; i < count; i++) {
      float x = weights[i];
      float xSlope = slope * x;
      float p = perStep[i];
      ftrl(
          rows,
          layout.linear(features[i]),
          Float.BYTES,
          linear[i],
          linear[room + i],
          xSlope,
          p,
          beta * p,
          linearL2[i]);
      ftrlFactors(rows, layout, 0, features[i], x, sums, xSlope, p, beta * p, factorL2[i]);
    }
  }

  /**
   * The step of the factors of one feature, from one on.
   *
   * @param rows as for {@link #ftrl}
   * @param layout as there
   * @param first the first factor
   * @param feature the feature
   * @param x its weight
   * @param sums as there
   * @param xSlope slope times x
   * @param perStep p
   * @param betaPerStep beta p
   * @param l2 strength of the L2 penalty
   */
  public static void ftrlFactors(
      MemorySegment rows,
      LearningLayout layout,
      int first,
      int feature,
      float x,
      float[] sums,
      float xSlope,
      float perStep,
      float betaPerStep,
      float l2) {
    float own = -xSlope * x;
    long stateBytes = layout.stateBytes();
    for (int f = first; f < layout.length(); f++) {
      long at = layout.row(feature) + (long) f * Float.BYTES;
      float v = rows.get(JAVA_FLOAT, at);
      float n = rows.get(JAVA_FLOAT, at + stateBytes);
      float gradient = Math.fma(own, v, xSlope * sums[f]);
      ftrl(rows, at, stateBytes, v, n, gradient, perStep, betaPerStep, l2);
    }
  }

  private static void ftrl(
      MemorySegment rows,
      long at,
      long stateBytes,
      float weight,
      float oldN,
      float gradient,
      float perStep,
      float betaPerStep,
      float l2) {
    float n = Math.fma(gradient, gradient, oldN);
    rows.set(JAVA_FLOAT, at + stateBytes, n);
    float root = n * StepSupport.inverseRoot(n);
    float divisor = Math.fma(root, -INVERSE_ROOT_FACTOR * perStep, betaPerStep) + l2;
    rows.set(JAVA_FLOAT, at, weight - gradient / divisor);
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
    for (int i = 0; i < count; i++) {
      float x = weights[i];
      float xSlope = slope * x;
      float p = perStep[i];
      long at = layout.linear(features[i]);
      ftrlWithL1(rows, at, Float.BYTES, linear[i], xSlope, p, beta * p, linearL1, linearL2[i]);
      ftrlWithL1Factors(
          rows, layout, 0, features[i], x, sums, xSlope, p, beta * p, factorL1, factorL2[i]);
    }
  }

  /**
   * The step of the factors of one feature, from one on.
   *
   * @param rows as for {@link #ftrlWithL1}
   * @param layout as there
   * @param first the first factor
   * @param feature the feature
   * @param x its weight
   * @param sums as there
   * @param xSlope slope times x
   * @param perStep p
   * @param betaPerStep beta p
   * @param l1 strength of the L1 penalty
   * @param l2 strength of the L2 penalty
   */
  public static void ftrlWithL1Factors(
      MemorySegment rows,
      LearningLayout layout,
      int first,
      int feature,
      float x,
      float[] sums,
      float xSlope,
      float perStep,
      float betaPerStep,
      float l1,
      float l2) {
    float own = -xSlope * x;
    for (int f = first; f < layout.length(); f++) {
      long at = layout.row(feature) + (long) f * Float.BYTES;
      float v = rows.get(JAVA_FLOAT, at);
      float gradient = Math.fma(own, v, xSlope * sums[f]);
      ftrlWithL1(rows, at, layout.stateBytes(), v, gradient, perStep, betaPerStep, l1, l2);
    }
  }

  /**
   * The step of one weight.
   *
   * @param rows the weights
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
