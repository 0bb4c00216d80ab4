package femto.kernels;

import femto.kernels.impl.LearningLayout;
import femto.kernels.impl.StepColumns;
import femto.kernels.impl.StepSupport;
import femto.kernels.impl.StepSupport.Rates;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Objects;

/**
 * Weights of a factorization machine with the state of an optimizer beside them, and gradient steps
 * on them.
 *
 * <pre>
 *   factors of feature j      and the rest of it
 *   +-----------------+       +--------+--------------+-----------------------+
 *   | v_j0 .. v_j,k-1 |       | w_j    | state of w_j | state of all factors  |
 *   +-----------------+       +--------+--------------+-----------------------+
 * </pre>
 *
 * <p>Learning is bound by the cache lines that it touches. Rows of factors are whole lines, the
 * other numbers lie close to one another, and the factors of a feature share one adaptive step, as
 * rows of embeddings do in recommendation models (Naumov et al., "Deep Learning Recommendation
 * Model for Personalization and Recommendation Systems", 2019, whose trainers call it row-wise
 * AdaGrad): with a state for each factor AdaGrad touched twice as many lines. The arithmetic is in
 * {@link StepSupport}, of which all implementations give the same bits.
 *
 * <p>Scoring an example reads its linear weights and their states; the step that follows goes on
 * from there. Arrays of what belongs to the features of an example have {@link #room} for whole
 * vectors; what stands past the features is not looked at.
 *
 * <p>Owns scratch buffers: one owner at a time. Several may work on the same memory at once: what
 * one of them writes, another then sees sooner or later, and of two writes to a weight at once one
 * is lost (Recht, Re, Wright and Niu, "Hogwild!", NIPS 2011).
 */
public final class LearningRows {
  private static final StepSupport STEPS = Kernels.STEPS;

  /** Asking whether a number is aligned takes time at each. */
  private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT_UNALIGNED;

  /**
   * Numbers at the end of an array that stay unused: a cache line of another thread's may follow.
   */
  private static final int APART = 32;

  /** No example has been scored since a weight was set. */
  private static final int NOTHING = -1;

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

  private StepColumns columns = StepColumns.of(0);

  /** The last arrays given: a new record for each example might be one to the collector, too. */
  private Rates rates = new Rates(new float[0], new float[0], new float[0], new float[0]);

  private Rates linearRates = rates;
  private int[] scored = {};
  private int scoredCount = NOTHING;

  /**
   * Takes memory for rows.
   *
   * @param memory {@link #bytes} of them, which stay the caller's; best aligned to a cache line
   * @param rows number of features
   * @param length factors a feature, 0 to {@value RowLayout#MAX_LENGTH}
   * @param states what the steps need: 0 for {@link #sgd}, 1 for {@link #adaGrad}, {@link
   *     FtrlRule#states} for {@link #ftrl}
   * @throws IllegalArgumentException if the numbers do not fit together
   */
  public LearningRows(MemorySegment memory, int rows, int length, int states) {
    if (memory.byteSize() != bytes(rows, length, states)) {
      throw new IllegalArgumentException(
          memory.byteSize()
              + " bytes for "
              + rows
              + " rows, expected "
              + bytes(rows, length, states));
    }
    this.memory = memory;
    this.layout = new LearningLayout(rows, length, states);
    this.sums = new float[StepSupport.room(length) + APART];
    this.pairs = new float[StepSupport.room(length) + APART];
  }

  /**
   * Bytes of a feature.
   *
   * @param length factors a feature
   * @param states 0 to 2, as for the constructor
   * @return bytes, those of the linear weight included
   * @throws IllegalArgumentException if there are no such rows
   */
  public static long bytesPerFeature(int length, int states) {
    return bytes(1, length, states);
  }

  /**
   * Bytes of all rows.
   *
   * @param rows number of features
   * @param length factors a feature
   * @param states 0 to 2, as for the constructor
   * @return bytes
   * @throws IllegalArgumentException if there are no such rows
   */
  public static long bytes(int rows, int length, int states) {
    if (states < 0 || states > 2) {
      throw new IllegalArgumentException("states=" + states + ", expected 0 to 2");
    }
    if (length < 0 || length > RowLayout.MAX_LENGTH) {
      throw new IllegalArgumentException(
          "length=" + length + ", expected 0 to " + RowLayout.MAX_LENGTH);
    }
    return new LearningLayout(rows, length, states).bytes();
  }

  /**
   * Numbers that an array must have which belongs to the features of an example.
   *
   * @param count features
   * @return count or more
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
    if (isAnother(features)) { // a reference written at each example is one to the collector, too
      scored = features;
    }
    scoredCount = count;
    return STEPS.score(memory, layout, bias, features, weights, count, sums, pairs, columns(count));
  }

  /**
   * A step of plain stochastic gradient descent on the example that was scored last.
   *
   * @param features as it was scored
   * @param weights as it was scored, with {@link #room}, as all arrays that follow
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
    StepColumns c = columns;
    STEPS.sgd(rates, count, slope, c);
    step(features, count, c);
  }

  /**
   * A step of AdaGrad. The state of a linear weight is the sum of its squared gradients; that of
   * the factors of a feature grows by the square of slope times x, times the mean of {@code (q_f -
   * x v_f)^2} over all factors and features of the example, q being the sum of all {@code x v}: by
   * the mean square of their gradients, but that all features share the second part.
   *
   * @param features as for {@link #sgd}
   * @param weights as there
   * @param count as there
   * @param slope as there
   * @param steps as there
   * @param linearL2 as there
   * @param factorL2 as there
   * @throws IndexOutOfBoundsException as there
   * @throws IllegalStateException as there, or if the rows are not of one state
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
    StepColumns c = columns;
    STEPS.adaGrad(rates, count, slope, square(count), c);
    step(features, count, c);
  }

  /**
   * A step of FTRL-Proximal. Without L1 the states are sums of squared gradients as for {@link
   * #adaGrad}; with it, roots of such sums, and a z beside each weight.
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
   * @throws IllegalStateException as there, or if the rows are not of {@link FtrlRule#states}
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
    check(features, weights, count, perStep, linearL2, factorL2, rule.states());
    StepColumns c = columns;
    float square = square(count);
    if (rule.states() == 1) {
      STEPS.ftrl(rates, count, slope, square, rule.beta(), c);
      step(features, count, c);
    } else {
      STEPS.shrinkLinear(rates, count, slope, rule.beta(), rule.linearL1(), c);
      STEPS.roots(rates, count, slope, square, rule.beta(), c);
      if (layout.length() > 0) {
        STEPS.shrink(memory, layout, features, count, sums, rule.factorL1(), c);
      } else {
        write(features, count, c);
      }
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
   * @throws IllegalStateException if the rows are not of two states
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
    if (!linearRates.areOf(weights, perStep, linearL2, linearL2)) {
      linearRates = new Rates(weights, perStep, linearL2, linearL2);
    }
    Checks.indexes(features, 0, count, layout.rows());
    scoredCount = NOTHING;
    StepColumns c = columns(count);
    for (int i = 0; i < count; i++) {
      c.read(memory, layout, features[i], i);
    }
    STEPS.shrinkLinear(linearRates, count, slope, rule.beta(), rule.linearL1(), c);
    write(features, count, c);
  }

  private StepColumns columns(int count) {
    int room = StepSupport.room(count) + APART;
    if (columns.weights().length < room) {
      columns = StepColumns.of(2 * room);
    }
    return columns;
  }

  private void step(int[] features, int count, StepColumns c) {
    if (layout.length() > 0) {
      STEPS.step(memory, layout, features, count, sums, c);
    } else {
      write(features, count, c);
    }
  }

  private void write(int[] features, int count, StepColumns c) {
    for (int i = 0; i < count; i++) {
      c.write(memory, layout, features[i], i);
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
    return memory.get(FLOAT, layout.linear(feature));
  }

  /**
   * The mean of {@code (q_f - x v_f)^2} over the factors and features of the example. Summed over n
   * features that is {@code (n - 2) q_f^2 + s_f}, where {@code s_f}, the sum of {@code (x v_f)^2},
   * is {@code q_f^2} less twice what the factor adds to the score.
   */
  private float square(int count) {
    float squares = 0;
    float products = 0;
    for (int f = 0; f < layout.length(); f++) {
      squares = Math.fma(sums[f], sums[f], squares);
      products += pairs[f];
    }
    float sum = (count - 1) * squares - 2 * products;
    return sum > 0 ? sum / ((float) count * layout.length()) : 0;
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
      throw new IllegalStateException("another example was scored last, or a weight was set since");
    }
    checkArrays(weights, count, steps, linearL2, factorL2, statesNeeded);
    if (!rates.areOf(weights, steps, linearL2, factorL2)) {
      rates = new Rates(weights, steps, linearL2, factorL2);
    }
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
          "rows of states=" + layout.states() + ", this step needs " + statesNeeded);
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
    scoredCount = NOTHING;
    fillStates(feature, 0);
    if (rule.states() == 2) {
      long linear = layout.linear(feature);
      float w = memory.get(FLOAT, linear);
      memory.set(FLOAT, linear + Float.BYTES, rule.start(w, perStep, rule.linearL1(), linearL2));
      long row = layout.row(feature);
      for (long at = row; at < row + factorBytes(); at += Float.BYTES) {
        float v = memory.get(FLOAT, at);
        float z = rule.start(v, perStep, rule.factorL1(), factorL2);
        memory.set(FLOAT, at + layout.partBytes(), z);
      }
    }
  }

  private long factorBytes() {
    return (long) layout.length() * Float.BYTES;
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
    scoredCount = NOTHING;
    int numbers = layout.states() == 0 ? 0 : 1 + layout.states();
    for (int number = 1; number <= numbers; number++) {
      memory.set(FLOAT, layout.linear(feature) + (long) number * Float.BYTES, value);
    }
    if (layout.states() == 2) {
      long states = layout.row(feature) + layout.partBytes();
      for (long at = states; at < states + factorBytes(); at += Float.BYTES) {
        memory.set(FLOAT, at, value);
      }
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
    scoredCount = NOTHING;
    memory.set(FLOAT, layout.linear(feature), from.get(FLOAT, at));
    MemorySegment.copy(
        from, at + RowLayout.FACTORS_OFFSET, memory, layout.row(feature), factorBytes());
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
    into.set(FLOAT, at, linear(feature));
    MemorySegment.copy(
        memory, layout.row(feature), into, at + RowLayout.FACTORS_OFFSET, factorBytes());
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
    for (long at = row; at < row + factorBytes() && zero; at += Float.BYTES) {
      zero = memory.get(FLOAT, at) == 0;
    }
    return zero;
  }
}
