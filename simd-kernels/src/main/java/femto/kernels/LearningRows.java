package femto.kernels;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import femto.kernels.impl.KernelSupport;
import femto.kernels.impl.ScalarSteps;
import femto.kernels.impl.StepSupport;
import java.lang.foreign.MemorySegment;

/**
 * Rows of weights with the state of an optimizer beside them, and gradient steps of a factorization
 * machine on them.
 *
 * <pre>
 *   feature j, at byte j * rowBytes
 *   +--------+-----------------+----------------+-------------------------+
 *   | w_j    | v_j0 .. v_j,k-1 | state of w_j   | states of v_j0 ..       | ...
 *   +--------+-----------------+----------------+-------------------------+
 *   0        4                 4(1+k)           8 + 4k
 * </pre>
 *
 * Side by side, since learning is bound by the cache lines that it touches. All kernels give the
 * same bits ({@link StepSupport} has the formulas). Nothing is fetched ahead: the rows of one
 * example are independent of one another, so the processor waits for many of them at once, and
 * touching the rows of the next example first made AdaGrad slower (39 features of 16 factors, AMD
 * EPYC with AVX-512: 880 to 1,200 ns an example on 78 MB of rows, 1,640 to 1,900 on 690 MB).
 *
 * <p>Owns scratch buffers: one owner at a time. Several may work on the same memory at once: what
 * one of them writes, another then sees sooner or later, and of two writes to a weight at once one
 * is lost (Recht, Re, Wright and Niu, "Hogwild!", NIPS 2011).
 */
public final class LearningRows {
  private static final KernelSupport KERNELS = Kernels.SUPPORT;
  private static final StepSupport STEPS = Kernels.STEPS;

  private final MemorySegment memory;
  private final int rows;
  private final int length;
  private final int statesPerWeight;
  private final long rowBytes;
  private final float[] sums;
  private final float[] pairs;
  private float[] scratch = {};

  /**
   * Takes memory for rows.
   *
   * @param memory {@link #bytes} of them, which stay the caller's
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
    this.rows = rows;
    this.length = length;
    this.statesPerWeight = statesPerWeight;
    this.rowBytes = rowBytes(length, statesPerWeight);
    this.sums = new float[length];
    this.pairs = new float[length];
  }

  /**
   * Bytes of a row.
   *
   * @param length factors a feature
   * @param statesPerWeight floats beside each weight
   * @return distance between two rows
   */
  public static long rowBytes(int length, int statesPerWeight) {
    if (statesPerWeight < 0 || statesPerWeight > 2) {
      throw new IllegalArgumentException(
          "statesPerWeight=" + statesPerWeight + ", expected 0 to 2");
    }
    return new RowLayout(length).strideBytes() * (1 + statesPerWeight);
  }

  /**
   * Bytes of all rows.
   *
   * @param rows number of features
   * @param length factors a feature
   * @param statesPerWeight floats beside each weight
   * @return bytes
   */
  public static long bytes(int rows, int length, int statesPerWeight) {
    return rows * rowBytes(length, statesPerWeight);
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
   * Scores an example, and remembers the sums of its factors for the step that follows.
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
    Checks.indexes(features, 0, count, rows);
    return KERNELS.fold(memory, rowBytes, length, bias, features, weights, 0, count, sums, pairs);
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
   */
  public void sgd(
      int[] features,
      float[] weights,
      int count,
      float slope,
      float[] steps,
      float[] linearL2,
      float[] factorL2) {
    check(weights, count, steps, linearL2, factorL2, 0);
    STEPS.sgd(
        memory, rowBytes, length, features, weights, count, sums, slope, steps, linearL2, factorL2);
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
   * @throws IllegalStateException if there is not one state a weight
   */
  public void adaGrad(
      int[] features,
      float[] weights,
      int count,
      float slope,
      float[] steps,
      float[] linearL2,
      float[] factorL2) {
    check(weights, count, steps, linearL2, factorL2, 1);
    STEPS.adaGrad(
        memory, rowBytes, length, features, weights, count, sums, slope, steps, linearL2, factorL2,
        scratch);
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
   * @throws IllegalStateException if there are not {@link FtrlRule#statesPerWeight}
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
    check(weights, count, perStep, linearL2, factorL2, rule.statesPerWeight());
    if (rule.statesPerWeight() == 1) {
      STEPS.ftrl(
          memory,
          rowBytes,
          length,
          features,
          weights,
          count,
          sums,
          slope,
          perStep,
          rule.beta(),
          linearL2,
          factorL2,
          scratch);
    } else {
      STEPS.ftrlWithL1(
          memory,
          rowBytes,
          length,
          features,
          weights,
          count,
          sums,
          slope,
          perStep,
          rule.beta(),
          rule.linearL1(),
          rule.factorL1(),
          linearL2,
          factorL2,
          scratch);
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
   * @throws IndexOutOfBoundsException as there
   * @throws IllegalStateException as there
   */
  public void ftrlLinear(
      int[] features,
      float[] weights,
      int count,
      float slope,
      FtrlRule rule,
      float[] perStep,
      float[] linearL2) {
    check(weights, count, perStep, linearL2, linearL2, 2);
    Checks.indexes(features, 0, count, rows);
    long stateBytes = ScalarSteps.stateBytes(length);
    for (int i = 0; i < count; i++) {
      long row = features[i] * rowBytes;
      float gradient = slope * weights[i];
      ScalarSteps.ftrlWithL1(
          memory,
          row,
          stateBytes,
          memory.get(JAVA_FLOAT, row),
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
    return memory.get(JAVA_FLOAT, feature * rowBytes);
  }

  /** The features were looked at when they were scored, and memory is guarded besides. */
  private void check(
      float[] weights,
      int count,
      float[] steps,
      float[] linearL2,
      float[] factorL2,
      int statesNeeded) {
    if (statesPerWeight != statesNeeded) {
      throw new IllegalStateException(
          statesPerWeight + " states a weight, this step needs " + statesNeeded);
    }
    int room = StepSupport.room(count);
    Checks.length("weights", weights.length, room);
    Checks.length("steps", steps.length, room);
    Checks.length("linearL2", linearL2.length, room);
    Checks.length("factorL2", factorL2.length, room);
    if (scratch.length < 3 * room) {
      scratch = new float[6 * room];
    }
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
   */
  public void startFtrl(int feature, FtrlRule rule, float perStep, float linearL2, float factorL2) {
    long stateBytes = ScalarSteps.stateBytes(length);
    long row = feature * rowBytes;
    for (int number = 0; number <= length; number++) {
      long at = row + (long) number * Float.BYTES;
      boolean linear = number == 0;
      float weight = memory.get(JAVA_FLOAT, at);
      float z =
          rule.start(
              weight,
              perStep,
              linear ? rule.linearL1() : rule.factorL1(),
              linear ? linearL2 : factorL2);
      boolean withL1 = rule.statesPerWeight() == 2;
      memory.set(JAVA_FLOAT, at + stateBytes, withL1 ? z : 0);
      if (withL1) {
        memory.set(JAVA_FLOAT, at + 2 * stateBytes, 0);
      }
    }
  }
}
