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
      StepColumns c) {
    float sum = start;
    for (int i = 0; i < count; i++) {
      c.read(rows, layout, features[i], i);
      sum = Math.fma(c.weights()[i], weights[i], sum);
    }
    for (int f = 0; f < layout.length(); f++) {
      float vector = 0;
      float pair = 0;
      for (int i = 0; i < count; i++) {
        float xv = weights[i] * rows.get(JAVA_FLOAT, factor(layout, features[i], f));
        pair = Math.fma(xv, vector, pair);
        vector += xv;
      }
      sums[f] = vector;
      pairs[f] = pair;
    }
    for (int f = 0; f < layout.length(); f++) {
      sum += pairs[f];
    }
    return sum;
  }

  private static long factor(LearningLayout layout, int feature, int f) {
    return layout.row(feature) + offset(f);
  }

  private static long offset(int factor) {
    return (long) factor * Float.BYTES;
  }

  /** The gradient short of its penalty, and how much of it comes from the factor itself. */
  private static float slope(Rates rates, int i, float slope, float l2, StepColumns c) {
    float x = rates.x()[i];
    float xs = slope * x;
    c.slopes()[i] = xs;
    c.owns()[i] = Math.fma(-xs, x, l2);
    return xs;
  }

  @Override
  public void sgd(Rates rates, int count, float slope, StepColumns c) {
    for (int i = 0; i < count; i++) {
      float xs = slope(rates, i, slope, rates.factorL2()[i], c);
      float w = c.weights()[i];
      c.weights()[i] = Math.fma(-rates.steps()[i], Math.fma(rates.linearL2()[i], w, xs), w);
      c.steps()[i] = -rates.steps()[i];
    }
  }

  @Override
  public void adaGrad(Rates rates, int count, float slope, float square, StepColumns c) {
    for (int i = 0; i < count; i++) {
      float xs = slope(rates, i, slope, rates.factorL2()[i], c);
      float step = rates.steps()[i] * InverseRoot.FACTOR;
      float w = c.weights()[i];
      float gradient = Math.fma(rates.linearL2()[i], w, xs);
      c.first()[i] = Math.fma(gradient, gradient, c.first()[i]);
      c.second()[i] = Math.fma(xs * square, xs, c.second()[i]);
      c.weights()[i] = Math.fma(step * InverseRoot.of(c.first()[i]), gradient, w);
      c.steps()[i] = step * InverseRoot.of(c.second()[i]);
    }
  }

  @Override
  public void ftrl(Rates rates, int count, float slope, float square, float beta, StepColumns c) {
    for (int i = 0; i < count; i++) {
      float xs = slope(rates, i, slope, 0, c);
      float p = rates.steps()[i] * -InverseRoot.FACTOR;
      float betaPerStep = beta * rates.steps()[i];
      float n = Math.fma(xs, xs, c.first()[i]);
      float factorN = Math.fma(xs * square, xs, c.second()[i]);
      c.first()[i] = n;
      c.second()[i] = factorN;
      float root = Math.fma(n * InverseRoot.of(n), p, betaPerStep);
      float factorRoot = Math.fma(factorN * InverseRoot.of(factorN), p, betaPerStep);
      c.weights()[i] -= xs / (root + rates.linearL2()[i]);
      c.steps()[i] = -1 / (factorRoot + rates.factorL2()[i]);
    }
  }

  @Override
  public void shrinkLinear(
      Rates rates, int count, float slope, float beta, float l1, StepColumns c) {
    for (int i = 0; i < count; i++) {
      float xs = slope * rates.x()[i];
      float perStep = rates.steps()[i];
      float old = c.second()[i];
      float root = (float) Math.sqrt(Math.fma(old, old, xs * xs));
      float z = Math.fma((old - root) * perStep, c.weights()[i], xs) + c.first()[i];
      float step = 1 / (Math.fma(root, perStep, beta * perStep) + rates.linearL2()[i]);
      c.weights()[i] = StepSupport.shrunk(z, l1) * step;
      c.first()[i] = z;
      c.second()[i] = root;
    }
  }

  @Override
  public void roots(Rates rates, int count, float slope, float square, float beta, StepColumns c) {
    for (int i = 0; i < count; i++) {
      float xs = slope(rates, i, slope, 0, c);
      float perStep = rates.steps()[i];
      float old = c.third()[i];
      float root = (float) Math.sqrt(Math.fma(old, old, xs * square * xs));
      c.third()[i] = root;
      c.shifts()[i] = (old - root) * perStep;
      c.steps()[i] = 1 / (Math.fma(root, perStep, beta * perStep) + rates.factorL2()[i]);
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
    for (int i = 0; i < count; i++) {
      c.write(rows, layout, features[i], i);
      for (int f = 0; f < layout.length(); f++) {
        long at = factor(layout, features[i], f);
        float v = rows.get(JAVA_FLOAT, at);
        float gradient = Math.fma(c.owns()[i], v, c.slopes()[i] * sums[f]);
        rows.set(JAVA_FLOAT, at, Math.fma(c.steps()[i], gradient, v));
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
    long partBytes = layout.partBytes();
    for (int i = 0; i < count; i++) {
      c.write(rows, layout, features[i], i);
      for (int f = 0; f < layout.length(); f++) {
        long at = factor(layout, features[i], f);
        float v = rows.get(JAVA_FLOAT, at);
        float gradient = Math.fma(c.owns()[i], v, c.slopes()[i] * sums[f]);
        float z = Math.fma(c.shifts()[i], v, gradient) + rows.get(JAVA_FLOAT, at + partBytes);
        rows.set(JAVA_FLOAT, at + partBytes, z);
        rows.set(JAVA_FLOAT, at, StepSupport.shrunk(z, l1) * c.steps()[i]);
      }
    }
  }
}
