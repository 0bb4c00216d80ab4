package femto.kernels;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import femto.kernels.impl.ScalarSteps;
import femto.kernels.impl.StepSupport;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class LearningRowsTest {
  private static final int ROWS = 23;
  private static final FtrlRule RULE = new FtrlRule(0.5f, 0.03f, 0.05f);
  private static final FtrlRule WITHOUT_L1 = new FtrlRule(0.5f, 0, 0);

  /** The steps, and how many states a weight each takes. */
  private enum Rule {
    SGD(0),
    ADAGRAD(1),
    FTRL(1),
    FTRL_WITH_L1(2);

    final int states;

    Rule(int states) {
      this.states = states;
    }
  }

  static IntStream lengths() {
    return IntStream.concat(IntStream.rangeClosed(0, 35), IntStream.of(47, 64, 65, 200));
  }

  /** An example, and steps and penalties for each of its features. */
  private record Case(
      int[] features, float[] x, float slope, float[] steps, float[] linearL2, float[] factorL2) {
    static Case random(SplittableRandom random) {
      int count = random.nextInt(20);
      int[] features = IntStream.range(0, ROWS).toArray();
      for (int i = ROWS - 1; i > 0; i--) {
        int j = random.nextInt(i + 1);
        int swapped = features[i];
        features[i] = features[j];
        features[j] = swapped;
      }
      return new Case(
          Arrays.copyOf(features, count),
          numbers(random, count, -1.5, 2),
          (float) random.nextDouble(-2, 2),
          numbers(random, count, 0.01, 0.5),
          numbers(random, count, 0, 0.3),
          numbers(random, count, 0, 0.3));
    }

    /** What stands past the count must not matter. */
    private static float[] numbers(SplittableRandom random, int count, double low, double high) {
      float[] numbers = new float[LearningRows.room(count)];
      Arrays.fill(numbers, Float.NaN);
      for (int i = 0; i < count; i++) {
        numbers[i] = (float) random.nextDouble(low, high);
      }
      return numbers;
    }

    void step(LearningRows rows, Rule rule) {
      int count = features.length;
      rows.score(0.5f, features, x, count);
      switch (rule) {
        case SGD -> rows.sgd(features, x, count, slope, steps, linearL2, factorL2);
        case ADAGRAD -> rows.adaGrad(features, x, count, slope, steps, linearL2, factorL2);
        case FTRL -> rows.ftrl(features, x, count, slope, WITHOUT_L1, steps, linearL2, factorL2);
        case FTRL_WITH_L1 -> rows.ftrl(features, x, count, slope, RULE, steps, linearL2, factorL2);
      }
    }
  }

  private static MemorySegment memory(SplittableRandom random, int length, int states) {
    MemorySegment memory = Arena.ofAuto().allocate(LearningRows.bytes(ROWS, length, states), 4);
    for (long number = 0; number < memory.byteSize() / 4; number++) {
      boolean weight = number % ((1L + states) * (1 + length)) <= length;
      double value = weight ? random.nextDouble(-1, 1) : random.nextDouble(0.05, 2);
      memory.setAtIndex(JAVA_FLOAT, number, (float) value);
    }
    return memory;
  }

  private static float[] sums(MemorySegment memory, int length, int states, Case step) {
    float[] sums = new float[length];
    long rowNumbers = (1L + states) * (1 + length);
    for (int i = 0; i < step.features.length; i++) {
      for (int f = 0; f < length; f++) {
        long at = step.features[i] * rowNumbers + 1 + f;
        sums[f] += step.x[i] * memory.getAtIndex(JAVA_FLOAT, at);
      }
    }
    return sums;
  }

  @ParameterizedTest
  @MethodSource("lengths")
  void shouldStepAsTheScalarDefinitionBitForBit(int length) {
    SplittableRandom random = new SplittableRandom(length);
    for (Rule rule : Rule.values()) {
      int states = rule.states;
      MemorySegment memory = memory(random, length, states);
      MemorySegment expected = Arena.ofAuto().allocate(memory.byteSize(), 4).copyFrom(memory);
      LearningRows rows = new LearningRows(memory, ROWS, length, states);
      long rowBytes = LearningRows.rowBytes(length, states);
      for (int round = 0; round < 40; round++) {
        Case c = Case.random(random);
        float[] sums = sums(expected, length, states, c);
        c.step(rows, rule);
        scalar(rule, expected, rowBytes, length, c, sums);
        assertThat(memory.mismatch(expected)).as("%s round %d", rule, round).isEqualTo(-1);
      }
    }
  }

  private static void scalar(
      Rule rule, MemorySegment rows, long rowBytes, int length, Case c, float[] sums) {
    ScalarSteps scalar = new ScalarSteps();
    int n = c.features.length;
    float[] none = {};
    switch (rule) {
      case SGD ->
          scalar.sgd(
              rows,
              rowBytes,
              length,
              c.features,
              c.x,
              n,
              sums,
              c.slope,
              c.steps,
              c.linearL2,
              c.factorL2);
      case ADAGRAD ->
          scalar.adaGrad(
              rows,
              rowBytes,
              length,
              c.features,
              c.x,
              n,
              sums,
              c.slope,
              c.steps,
              c.linearL2,
              c.factorL2,
              none);
      case FTRL ->
          scalar.ftrl(
              rows,
              rowBytes,
              length,
              c.features,
              c.x,
              n,
              sums,
              c.slope,
              c.steps,
              RULE.beta(),
              c.linearL2,
              c.factorL2,
              none);
      case FTRL_WITH_L1 ->
          scalar.ftrlWithL1(
              rows,
              rowBytes,
              length,
              c.features,
              c.x,
              n,
              sums,
              c.slope,
              c.steps,
              RULE.beta(),
              RULE.linearL1(),
              RULE.factorL1(),
              c.linearL2,
              c.factorL2,
              none);
    }
  }

  /** The steps as they are printed, in doubles, from the same numbers. */
  @ParameterizedTest
  @MethodSource("lengths")
  void shouldStepByTheTextbook(int length) {
    SplittableRandom random = new SplittableRandom(1000 + length);
    for (Rule rule : Rule.values()) {
      for (int round = 0; round < 20; round++) {
        MemorySegment memory = memory(random, length, rule.states);
        float[] before = memory.toArray(JAVA_FLOAT);
        Case c = Case.random(random);
        c.step(new LearningRows(memory, ROWS, length, rule.states), rule);
        float[] after = memory.toArray(JAVA_FLOAT);
        double[] expected = textbook(before, length, rule, c);
        for (int i = 0; i < after.length; i++) {
          if (!(Math.abs(after[i] - expected[i]) <= 3e-5 * (1 + Math.abs(expected[i])))) {
            assertThat((double) after[i])
                .as("%s number %d", rule, i)
                .isCloseTo(expected[i], within(3e-5 * (1 + Math.abs(expected[i]))));
          }
        }
      }
    }
  }

  private static double[] textbook(float[] before, int length, Rule rule, Case c) {
    double[] after = new double[before.length];
    Arrays.setAll(after, i -> before[i]);
    int stride = (1 + rule.states) * (1 + length);
    for (int i = 0; i < c.features.length; i++) {
      for (int number = 0; number <= length; number++) {
        int at = c.features[i] * stride + number;
        double others = 0;
        for (int j = 0; j < c.features.length; j++) {
          others += j == i ? 0 : (double) c.x[j] * before[c.features[j] * stride + number];
        }
        double gradient = c.slope * (double) c.x[i] * (number == 0 ? 1 : others);
        double l2 = number == 0 ? c.linearL2[i] : c.factorL2[i];
        double l1 = number == 0 ? RULE.linearL1() : RULE.factorL1();
        double p = c.steps[i];
        double weight = before[at];
        double penalised = gradient + l2 * weight;
        int state = at + 1 + length;
        switch (rule) {
          case SGD -> after[at] = weight - c.steps[i] * penalised;
          case ADAGRAD -> {
            after[state] = before[state] + penalised * penalised;
            after[at] = weight - c.steps[i] * penalised / Math.sqrt(after[state]);
          }
          case FTRL -> {
            // z as it must be for the closed form to give the weight that is there.
            double n = before[state];
            double z = -weight * ((RULE.beta() + Math.sqrt(n)) * p + l2);
            double sigma = (Math.sqrt(n + gradient * gradient) - Math.sqrt(n)) * p;
            z += gradient - sigma * weight;
            after[state] = n + gradient * gradient;
            after[at] = -z / ((RULE.beta() + Math.sqrt(after[state])) * p + l2);
          }
          case FTRL_WITH_L1 -> {
            int root = state + 1 + length;
            double newRoot = Math.sqrt((double) before[root] * before[root] + gradient * gradient);
            double z = before[state] + gradient - (newRoot - before[root]) * p * weight;
            after[root] = newRoot;
            after[state] = z;
            after[at] =
                Math.abs(z) <= l1
                    ? 0
                    : -(z - Math.signum(z) * l1) / ((RULE.beta() + newRoot) * p + l2);
          }
        }
      }
    }
    return after;
  }

  @Test
  void shouldKnowInverseRootsAsWellAsItSays() {
    SplittableRandom random = new SplittableRandom(3);
    for (int i = 0; i < 200_000; i++) {
      float square = (float) Math.exp(random.nextDouble(-80, 80));
      double exact = 1 / Math.sqrt(square);
      assertThat(Math.abs(StepSupport.inverseRoot(square) - exact) / exact).isLessThan(5e-6);
    }
    assertThat(StepSupport.inverseRoot(0)).isFinite().isPositive();
  }

  @ParameterizedTest
  @MethodSource("lengths")
  void shouldScoreWithStatesBesideTheWeightsAsWithout(int length) {
    SplittableRandom random = new SplittableRandom(2000 + length);
    for (int states = 0; states <= 2; states++) {
      MemorySegment memory = memory(random, length, states);
      RowTable table =
          RowTable.over(
              Arena.ofAuto().allocate(new RowLayout(length).tableBytes(ROWS), 4), ROWS, length);
      long rowBytes = LearningRows.rowBytes(length, states);
      for (int row = 0; row < ROWS; row++) {
        float[] factors = new float[length];
        MemorySegment.copy(memory, JAVA_FLOAT, row * rowBytes + 4, factors, 0, length);
        table.setRow(row, memory.get(JAVA_FLOAT, row * rowBytes), factors);
      }
      LearningRows rows = new LearningRows(memory, ROWS, length, states);
      SparseRows sparse = new SparseRows(table);
      for (int round = 0; round < 30; round++) {
        Case c = Case.random(random);
        int n = c.features.length;
        float score = rows.score(0.25f, c.features, c.x, n);
        float expected = sparse.fold(0.25f, c.features, c.x, 0, n, new float[length]);
        Bits.assertSame(score, expected, "length " + length, round);
      }
    }
  }

  private static float[] padded(float... numbers) {
    return Arrays.copyOf(numbers, LearningRows.room(numbers.length));
  }

  @Test
  void shouldBeginFtrlAtTheWeightsThatAreThere() {
    SplittableRandom random = new SplittableRandom(5);
    MemorySegment memory = memory(random, 18, 2);
    memory.set(JAVA_FLOAT, 0, 0); // a weight of 0 stays one until it earns more
    float[] before = memory.toArray(JAVA_FLOAT);
    LearningRows rows = new LearningRows(memory, ROWS, 18, 2);
    float[] perStep = padded(10, 10);
    float[] l2 = padded(0.1f, 0.1f);
    float[] ones = padded(1, 1);
    int[] features = {0, 7};
    for (int feature : features) {
      rows.startFtrl(feature, RULE, 10, 0.1f, 0.1f);
    }
    rows.score(0, features, ones, 2);
    rows.ftrl(features, ones, 2, 0, RULE, perStep, l2, l2);
    for (int feature : features) {
      for (int number = 0; number <= 18; number++) {
        float weight = before[feature * 57 + number];
        assertThat(memory.getAtIndex(JAVA_FLOAT, feature * 57L + number))
            .isCloseTo(weight, within(1e-6f));
      }
    }
    assertThat(memory.get(JAVA_FLOAT, 0)).isZero();
  }

  @Test
  void shouldRefuseWhatDoesNotFit() {
    MemorySegment memory = Arena.ofAuto().allocate(LearningRows.bytes(3, 4, 1), 4);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new LearningRows(memory, 3, 4, 2))
        .withMessageContaining("expected 180");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> LearningRows.rowBytes(4, 3))
        .withMessageContaining("statesPerWeight=3");
    LearningRows rows = new LearningRows(memory, 3, 4, 1);
    float[] two = padded(1, 1);
    int[] features = {0, 2};
    assertThatThrownBy(() -> rows.sgd(features, two, 2, 1, two, two, two))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("1 states a weight, this step needs 0");
    assertThatThrownBy(() -> rows.ftrl(features, two, 2, 1, RULE, two, two, two))
        .isInstanceOf(IllegalStateException.class);
    assertThatThrownBy(() -> rows.adaGrad(new int[] {0, 3}, two, 2, 1, two, two, two))
        .isInstanceOf(IndexOutOfBoundsException.class);
    assertThatThrownBy(() -> rows.score(0, new int[] {0, 3}, two, 2))
        .isInstanceOf(IndexOutOfBoundsException.class)
        .hasMessageContaining("3");
    assertThatThrownBy(() -> rows.score(0, new int[] {-1}, two, 1))
        .isInstanceOf(IndexOutOfBoundsException.class);
    float[] one = {1};
    assertThatThrownBy(() -> rows.adaGrad(features, one, 2, 1, two, two, two))
        .hasMessageContaining("weights");
    assertThatThrownBy(() -> rows.adaGrad(features, two, 2, 1, one, two, two))
        .hasMessageContaining("steps");
    assertThatThrownBy(() -> rows.adaGrad(features, two, 2, 1, two, one, two))
        .hasMessageContaining("linearL2");
    assertThatThrownBy(() -> rows.adaGrad(features, two, 2, 1, two, two, one))
        .hasMessageContaining("factorL2");
    for (float[] bad : new float[][] {{-1, 0, 0}, {0, -1, 0}, {0, 0, Float.NaN}}) {
      assertThatIllegalArgumentException().isThrownBy(() -> new FtrlRule(bad[0], bad[1], bad[2]));
    }
  }
}
