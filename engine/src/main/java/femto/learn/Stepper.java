package femto.learn;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import java.lang.foreign.MemorySegment;

/** Applies an {@link Optimizer} to one weight after the other. */
final class Stepper {
  private final boolean adaptive;

  /** The step size now. */
  float size;

  Stepper(Optimizer optimizer) {
    if (optimizer != Optimizer.SGD && optimizer != Optimizer.ADAGRAD) {
      throw new IllegalArgumentException("optimizer " + optimizer + ", expected SGD or ADAGRAD");
    }
    this.adaptive = optimizer == Optimizer.ADAGRAD;
  }

  /**
   * Steps a weight in memory.
   *
   * @param at where it is
   * @param state how many bytes behind it its state is
   */
  void step(MemorySegment memory, long at, long state, float gradient) {
    float weight = memory.get(JAVA_FLOAT, at);
    if (adaptive) {
      float sum = memory.get(JAVA_FLOAT, at + state) + gradient * gradient;
      memory.set(JAVA_FLOAT, at + state, sum);
      memory.set(JAVA_FLOAT, at, weight - size * gradient / (float) Math.sqrt(sum));
    } else {
      memory.set(JAVA_FLOAT, at, weight - size * gradient);
    }
  }

  /** Steps a weight in an array, whose state has the same place in another. */
  void step(float[] weights, float[] states, int at, float gradient) {
    if (adaptive) {
      states[at] += gradient * gradient;
      weights[at] -= size * gradient / (float) Math.sqrt(states[at]);
    } else {
      weights[at] -= size * gradient;
    }
  }

  /** How many states a weight in an array needs: one, or none. */
  int states(int weights) {
    return adaptive ? weights : 0;
  }
}
