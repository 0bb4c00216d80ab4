package femto.kernels;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT_UNALIGNED;

import femto.kernels.impl.LearningLayout;
import femto.kernels.impl.ScalarSteps;
import femto.kernels.impl.StepSupport;
import java.lang.foreign.MemorySegment;
import java.util.Objects;

/**
 * Weights of a factorization machine with the state of an optimizer beside them, and gradient steps
 * on them.
 *
 * <pre>
 *   factors of feature j                       linear weight of feature j
 *   +-----------------+--------------------+   +--------+-------+
 *   | v_j0 .. v_j,k-1 | their states       |   | w_j    | state |
 *   +-----------------+--------------------+   +--------+-------+
 * </pre>
 *
 * A row of factors with its states side by side, since learning is bound by the cache lines that it
 * touches, and linear weights close to one another: AdaGrad on 39 features of 314,000 with 16
 * factors took 780 ns an example on an AMD EPYC with AVX-512, and 840 with linear weights in the
 * rows, which then began anywhere in a line. Nothing is fetched ahead: the rows of one example are
 * independent of one another, so the processor waits for many of them at once. Touching all of them
 * before they are scored took 860 ns, touching those of the next example was no faster either. All
 * kernels give the same bits ({@link StepSupport} has the formulas).
 *
 * <p>Owns scratch buffers: one owner at a time. Several may work on the same memory at once: what
 * one of them writes, another then sees sooner or later, and of two writes to a weight at once one
 * is lost (Recht, Re, Wright and Niu, "Hogwild!", NIPS 2011).
 */
public final class LearningRows {
  private static final StepSupport STEPS = Kernels.STEPS;

  /**
   * Numbers at the end of an array that stay unused: a cache line of another thread's may follow.
   */
  private static final int APART = 32;

  private final MemorySegment memory;
  private final LearningLayout layout;

  /**
   * What a thread writes at each example shall not share a cache line with what another writes; the
   * collector may lay objects of two threads side by side. Longs come before smaller fields.
   */
  @SuppressWarnings({"unused", "UnusedVariable"})
  private long p0, p1, p2, p3, p4, p5, p6, p7, p8, p9, p10, p11, p12, p13, p14, p15;

  private final float[] sums;
  private final float[] pairs;

  /** Linear weights and states of the example that was scored last. */
  private float[] linear = {};

  private int[] scored = {};
  private int scoredCount = -1;

  /**
   * Takes memory for rows.
   *
   * @param memory {@link #bytes} of them, which stay the caller's; best aligned to a cache line
   * @param rows number of features
   * @param length factors a feature, 0 to {@value RowLayout#MAX_LENGTH}
   * @param statesPerWeight 0 to 2 floats beside each weight
   * @throws IllegalArgumentException if the numbers do not fit together
   */
  public LearningRows(MemorySegment memory, int rows, int length, int statesPerWeight) {
    if (memory.byteSize() != bytes(rows, length, statesPerWeight)) {
      throw new IllegalArgumentException(
          memory.byteSize()
              + " bytes for "
              + rows
              + " rows, expected "
              + bytes(rows, length, statesPerWeight));
    }
    this.memory = memory;
    this.layout = new LearningLayout(rows, length, statesPerWeight);
    this.sums = new float[length + APART];
    this.pairs = new float[length + APART];
  }

  /**
   * Bytes of a feature.
   *
   * @param length factors a feature
   * @param statesPerWeight floats beside each weight
   * @return bytes, those of the linear weight included
   * @throws IllegalArgumentException if there are no such rows
   */
  public static long bytesPerFeature(int length, int statesPerWeight) {
    return bytes(1, length, statesPerWeight);
  }

  /**
   * Bytes of all rows.
   *
   * @param rows number of features
   * @param length factors a feature
   * @param statesPerWeight floats beside each weight
   * @return bytes
   * @throws IllegalArgumentException if there are no such rows
   */
  public static long bytes(int rows, int length, int statesPerWeight) {
    if (statesPerWeight < 0 || statesPerWeight > 2) {
      throw new IllegalArgumentException(
          "statesPerWeight=" + statesPerWeight + ", expected 0 to 2");
    }
    if (length < 0 || length > RowLayout.MAX_LENGTH) {
      throw new IllegalArgumentException(
          "length=" + length + ", expected 0 to " + RowLayout.MAX_LENGTH);
    }
    return new LearningLayout(rows, length, statesPerWeight).bytes();
  }

  /**
   * Numbers that arrays of an example have at least, so that vectors need not end where it ends.
   *
   * @param count features of the example
   * @return count, rounded up to a multiple of 16
   */
  public static int room(int count) {
    return StepSupport.room(count);
  }

  /**
   * Scores an example, and remembers what the step that follows needs.
   *
   * @param bias what the sum starts at
   * @param features row indexes
   * @param weights their weights x
   * @param count how many there are
   * @return the score, as of {@link SparseRows#fold(float, int[], float[], int, int, float[])}
   * @throws IndexOutOfBoundsException if there is no such row, or an array is too short
   */
  public float score(float bias, int[] features, float[] weights, int count) {
    Checks.length("weights", weights.length, count);
    Checks.indexes(features, 0, count, layout.rows());
    int room = StepSupport.room(count);
    if (linear.length < 3 * room) {
      linear = new float[6 * room + APART];
    }
    if (isAnother(features)) { // a reference written at each example is one to the collector, too
      scored = features;
    }
    scoredCount = count;
    return STEPS.score(memory, layout, bias, features, weights, count, sums, pairs, linear);
  }

  /**
   * A step of plain stochastic gradient descent on the example that was scored last. Each array of
   * floats has {@link #room} for the example; what stands past the count means nothing.
   *
   * @param features as it was scored
   * @param weights as it was scored
   * @param count as it was scored
   * @param slope derivative of the loss by the score
   * @param steps step size of each feature
   * @param linearL2 strength of the L2 penalty on each feature's linear weight
   * @param factorL2 strength of the penalty on its factors
   * @throws IndexOutOfBoundsException if an array is too short
   * @throws IllegalStateException if another example was scored last
   */
  public void sgd(
      int[] features,
      float[] weights,
      int count,
      float slope,
      float[] steps,
      float[] linearL2,
      float[] factorL2) {
    check(features, weights, count, steps, linearL2, factorL2, 0);
    STEPS.sgd(
        memory, layout, features, weights, count, sums, linear, slope, steps, linearL2, factorL2);
  }

  /**
   * A step of AdaGrad: the state is the sum of squared gradients.
   *
   * @param features as for {@link #sgd}
   * @param weights as there
   * @param count as there
   * @param slope as there
   * @param steps as there
   * @param linearL2 as there
   * @param factorL2 as there
   * @throws IndexOutOfBoundsException as there
   * @throws IllegalStateException as there, or if there is not one state a weight
   */
  public void adaGrad(
      int[] features,
      float[] weights,
      int count,
      float slope,
      float[] steps,
      float[] linearL2,
      float[] factorL2) {
    check(features, weights, count, steps, linearL2, factorL2, 1);
    STEPS.adaGrad(
        memory, layout, features, weights, count, sums, linear, slope, steps, linearL2, factorL2);
  }

  /**
   * A step of FTRL-Proximal. Without L1 the state is the sum of squared gradients; with it, the
   * states are z and the root of that sum.
   *
   * @param features as for {@link #sgd}
   * @param weights as there
   * @param count as there
   * @param slope as there
   * @param rule beta and L1
   * @param perStep 1 / step size of each feature
   * @param linearL2 as there
   * @param factorL2 as there
   * @throws IndexOutOfBoundsException as there
   * @throws IllegalStateException as there, or if there are not {@link FtrlRule#statesPerWeight}
   */
  public void ftrl(
      int[] features,
      float[] weights,
      int count,
      float slope,
      FtrlRule rule,
      float[] perStep,
      float[] linearL2,
      float[] factorL2) {
    check(features, weights, count, perStep, linearL2, factorL2, rule.statesPerWeight());
    if (rule.statesPerWeight() == 1) {
      STEPS.ftrl(
          memory,
          layout,
          features,
          weights,
          count,
          sums,
          linear,
          slope,
          perStep,
          rule.beta(),
          linearL2,
          factorL2);
    } else {
      STEPS.ftrlWithL1(
          memory,
          layout,
          features,
          weights,
          count,
          sums,
          linear,
          slope,
          perStep,
          rule.beta(),
          rule.linearL1(),
          rule.factorL1(),
          linearL2,
          factorL2);
    }
  }

  /**
   * The same for linear weights alone, whose features have taken no part in the score.
   *
   * @param features as for {@link #ftrl}
   * @param weights as there
   * @param count as there
   * @param slope as there
   * @param rule as there
   * @param perStep as there
   * @param linearL2 as there
   * @throws IndexOutOfBoundsException as there, or if there is no such row
   * @throws IllegalStateException if there are not two states a weight
   */
  public void ftrlLinear(
      int[] features,
      float[] weights,
      int count,
      float slope,
      FtrlRule rule,
      float[] perStep,
      float[] linearL2) {
    checkArrays(weights, count, perStep, linearL2, linearL2, 2);
    Checks.indexes(features, 0, count, layout.rows());
    for (int i = 0; i < count; i++) {
      long at = layout.linear(features[i]);
      float gradient = slope * weights[i];
      ScalarSteps.ftrlWithL1(
          memory,
          at,
          Float.BYTES,
          memory.get(JAVA_FLOAT, at),
          gradient,
          perStep[i],
          rule.beta() * perStep[i],
          rule.linearL1(),
          linearL2[i]);
    }
  }

  /**
   * A linear weight.
   *
   * @param feature the row
   * @return w
   * @throws IndexOutOfBoundsException if there is no such row
   */
  public float linear(int feature) {
    Objects.checkIndex(feature, layout.rows());
    return memory.get(JAVA_FLOAT, layout.linear(feature));
  }

  @SuppressWarnings("ReferenceEquality") // the very array, which is filled anew for each example
  private boolean isAnother(int[] features) {
    return features != scored;
  }

  /** The features were looked at when they were scored, and memory is guarded besides. */
  private void check(
      int[] features,
      float[] weights,
      int count,
      float[] steps,
      float[] linearL2,
      float[] factorL2,
      int statesNeeded) {
    if (isAnother(features) || count != scoredCount) {
      throw new IllegalStateException("another example was scored last");
    }
    checkArrays(weights, count, steps, linearL2, factorL2, statesNeeded);
  }

  private void checkArrays(
      float[] weights,
      int count,
      float[] steps,
      float[] linearL2,
      float[] factorL2,
      int statesNeeded) {
    if (layout.states() != statesNeeded) {
      throw new IllegalStateException(
          layout.states() + " states a weight, this step needs " + statesNeeded);
    }
    int room = StepSupport.room(count);
    Checks.length("weights", weights.length, room);
    Checks.length("steps", steps.length, room);
    Checks.length("linearL2", linearL2.length, room);
    Checks.length("factorL2", factorL2.length, room);
  }

  /**
   * What the states of FTRL begin at: no gradient so far, and with L1 the z of which its closed
   * form gives the weight that is there already.
   *
   * @param feature the row; its weights are set
   * @param rule beta and L1
   * @param perStep 1 / step size
   * @param linearL2 strength of the L2 penalty on its linear weight
   * @param factorL2 strength of the penalty on its factors
   * @throws IndexOutOfBoundsException if there is no such row
   */
  public void startFtrl(int feature, FtrlRule rule, float perStep, float linearL2, float factorL2) {
    Objects.checkIndex(feature, layout.rows());
    boolean withL1 = rule.statesPerWeight() == 2;
    for (int number = 0; number <= layout.length(); number++) {
      boolean isLinear = number == 0;
      long at =
          isLinear ? layout.linear(feature) : layout.row(feature) + (number - 1L) * Float.BYTES;
      long stateBytes = isLinear ? Float.BYTES : layout.stateBytes();
      float weight = memory.get(JAVA_FLOAT, at);
      float z =
          rule.start(
              weight,
              perStep,
              isLinear ? rule.linearL1() : rule.factorL1(),
              isLinear ? linearL2 : factorL2);
      memory.set(JAVA_FLOAT, at + stateBytes, withL1 ? z : 0);
      if (withL1) {
        memory.set(JAVA_FLOAT, at + 2 * stateBytes, 0);
      }
    }
  }

  /**
   * Sets every state of a feature.
   *
   * @param feature the row
   * @param value what to
   * @throws IndexOutOfBoundsException if there is no such row
   */
  public void fillStates(int feature, float value) {
    Objects.checkIndex(feature, layout.rows());
    long row = layout.row(feature);
    for (long at = layout.stateBytes();
        at < layout.stateBytes() * (1 + layout.states());
        at += Float.BYTES) {
      memory.set(JAVA_FLOAT, row + at, value);
    }
    for (int state = 1; state <= layout.states(); state++) {
      memory.set(JAVA_FLOAT, layout.linear(feature) + (long) state * Float.BYTES, value);
    }
  }

  /**
   * Sets the weights of a feature.
   *
   * @param feature the row
   * @param from a row of a {@link RowTable} with as many factors
   * @param at where that row begins
   * @throws IndexOutOfBoundsException if there is no such row, or it ends outside of the segment
   */
  public void setWeights(int feature, MemorySegment from, long at) {
    Objects.checkIndex(feature, layout.rows());
    memory.set(JAVA_FLOAT, layout.linear(feature), from.get(JAVA_FLOAT_UNALIGNED, at));
    MemorySegment.copy(
        from, at + RowLayout.FACTORS_OFFSET, memory, layout.row(feature), layout.stateBytes());
  }

  /**
   * Copies the weights of a feature.
   *
   * @param feature the row
   * @param into receives a row of a {@link RowTable} with as many factors
   * @param at where that row begins
   * @throws IndexOutOfBoundsException if there is no such row, or it ends outside of the segment
   */
  public void copyWeights(int feature, MemorySegment into, long at) {
    into.set(JAVA_FLOAT_UNALIGNED, at, linear(feature));
    MemorySegment.copy(
        memory, layout.row(feature), into, at + RowLayout.FACTORS_OFFSET, layout.stateBytes());
  }

  /**
   * Whether the weights of a feature are all 0.
   *
   * @param feature the row
   * @return true if they are
   * @throws IndexOutOfBoundsException if there is no such row
   */
  public boolean isZero(int feature) {
    boolean zero = linear(feature) == 0;
    long row = layout.row(feature);
    for (long at = row; at < row + layout.stateBytes() && zero; at += Float.BYTES) {
      zero = memory.get(JAVA_FLOAT, at) == 0;
    }
    return zero;
  }
}
