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
      float[] pairs) {
    float sum = start;
    for (int i = 0; i < count; i++) {
      sum = Math.fma(rows.get(JAVA_FLOAT, layout.linear(features[i])), weights[i], sum);
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

  @Override
  public void step(
      MemorySegment rows, long row, int length, float[] sums, float xSlope, float own, float step) {
    for (int f = 0; f < length; f++) {
      float v = rows.get(JAVA_FLOAT, row + offset(f));
      float gradient = Math.fma(own, v, xSlope * sums[f]);
      rows.set(JAVA_FLOAT, row + offset(f), Math.fma(step, gradient, v));
    }
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
    for (int f = 0; f < length; f++) {
      float v = rows.get(JAVA_FLOAT, row + offset(f));
      float gradient = Math.fma(own, v, xSlope * sums[f]);
      float z = Math.fma(shift, v, gradient) + rows.get(JAVA_FLOAT, zs + offset(f));
      rows.set(JAVA_FLOAT, zs + offset(f), z);
      rows.set(JAVA_FLOAT, row + offset(f), StepSupport.shrunk(z, l1) * step);
    }
  }
}
