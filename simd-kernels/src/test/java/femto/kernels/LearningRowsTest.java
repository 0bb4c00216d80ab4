package femto.kernels;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import femto.kernels.impl.InverseRoot;
import femto.kernels.impl.LearningLayout;
import femto.kernels.impl.ScalarSteps;
import femto.kernels.impl.StepColumns;
import femto.kernels.impl.StepSupport;
import femto.kernels.impl.StepSupport.Rates;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.BitSet;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class LearningRowsTest {
  private static final int ROWS = 43;
  private static final FtrlRule RULE = new FtrlRule(0.5f, 0.03f, 0.05f);
  private static final FtrlRule WITHOUT_L1 = new FtrlRule(0.5f, 0, 0);

  /** The steps, and what states each takes. */
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

  /** An example, and steps and penalties for each of its features, with room for vectors. */
  private record Case(
      int[] features, float[] x, float slope, float[] steps, float[] linearL2, float[] factorL2) {
    static Case random(SplittableRandom random) {
      int count = random.nextInt(ROWS + 1);
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

    private static float[] numbers(SplittableRandom random, int count, double low, double high) {
      float[] numbers = new float[StepSupport.room(count)];
      Arrays.fill(numbers, Float.NaN);
      for (int i = 0; i < count; i++) {
        numbers[i] = (float) random.nextDouble(low, high);
      }
      return numbers;
    }

    float step(LearningRows rows, Rule rule) {
      int count = features.length;
      float score = rows.score(0.5f, features, x, count);
      switch (rule) {
        case SGD -> rows.sgd(features, x, count, slope, steps, linearL2, factorL2);
        case ADAGRAD -> rows.adaGrad(features, x, count, slope, steps, linearL2, factorL2);
        case FTRL -> rows.ftrl(features, x, count, slope, WITHOUT_L1, steps, linearL2, factorL2);
        case FTRL_WITH_L1 -> rows.ftrl(features, x, count, slope, RULE, steps, linearL2, factorL2);
      }
      return score;
    }
  }

  /** Where a number of a feature stands: 0 is the linear weight, f + 1 factor f. */
  private static long at(LearningLayout layout, int feature, int number, int state) {
    return number == 0
        ? layout.linear(feature) + 4L * state
        : layout.row(feature) + 4L * (number - 1) + layout.partBytes() * state;
  }

  /** States of a weight of its own. */
  private static int states(LearningLayout layout, int number) {
    return number == 0 ? layout.states() : layout.states() == 2 ? 1 : 0;
  }

  /** Where the state stands that all factors of a feature share. */
  private static long common(LearningLayout layout, int feature) {
    return layout.linear(feature) + 4L * (1 + layout.states());
  }

  /** What is between the rows is left at 0. */
  private static MemorySegment memory(SplittableRandom random, LearningLayout layout) {
    MemorySegment memory = Arena.ofAuto().allocate(layout.bytes(), 64);
    for (int row = 0; row < ROWS; row++) {
      for (int number = 0; number <= layout.length(); number++) {
        for (int state = 0; state <= states(layout, number); state++) {
          double value = state == 0 ? random.nextDouble(-1, 1) : random.nextDouble(0.05, 2);
          memory.set(JAVA_FLOAT, at(layout, row, number, state), (float) value);
        }
      }
      if (layout.states() > 0) {
        memory.set(JAVA_FLOAT, common(layout, row), (float) random.nextDouble(0.05, 2));
      }
    }
    return memory;
  }

  @ParameterizedTest
  @MethodSource("lengths")
  void shouldStepAsTheScalarDefinitionBitForBit(int length) {
    SplittableRandom random = new SplittableRandom(length);
    for (Rule rule : Rule.values()) {
      LearningLayout layout = new LearningLayout(ROWS, length, rule.states);
      MemorySegment memory = memory(random, layout);
      MemorySegment expected = Arena.ofAuto().allocate(memory.byteSize(), 64).copyFrom(memory);
      for (int round = 0; round < 50; round++) {
        Case c = Case.random(random);
        float square = random.nextInt(4) == 0 ? 0 : (float) random.nextDouble(0, 2);
        float l1 = random.nextInt(4) == 0 ? 0 : (float) random.nextDouble(0, 0.5);
        Kernel one = new Kernel(Kernels.STEPS, layout, memory, c);
        Kernel other = new Kernel(new ScalarSteps(), layout, expected, c);
        Bits.assertSame(one.score(), other.score(), "length " + length, round);
        one.step(rule, square, l1);
        other.step(rule, square, l1);
        one.assertSame(other);
        assertThat(memory.mismatch(expected)).as("%s, round %d", rule, round).isEqualTo(-1);
      }
    }
  }

  /** An implementation at work on an example; what is behind its features is of no account. */
  private static final class Kernel {
    final StepSupport steps;
    final LearningLayout layout;
    final MemorySegment memory;
    final Case c;
    final int count;
    final float[] sums;
    final float[] pairs;
    final StepColumns columns;

    Kernel(StepSupport steps, LearningLayout layout, MemorySegment memory, Case c) {
      this.steps = steps;
      this.layout = layout;
      this.memory = memory;
      this.c = c;
      this.count = c.features.length;
      this.sums = new float[StepSupport.room(layout.length())];
      this.pairs = new float[StepSupport.room(layout.length())];
      this.columns = StepColumns.of(StepSupport.room(count));
    }

    float score() {
      return steps.score(memory, layout, 0.5f, c.features, c.x, count, sums, pairs, columns);
    }

    void step(Rule rule, float square, float l1) {
      Rates rates = new Rates(c.x, c.steps, c.linearL2, c.factorL2);
      float beta = RULE.beta();
      switch (rule) {
        case SGD -> steps.sgd(rates, count, c.slope, columns);
        case ADAGRAD -> steps.adaGrad(rates, count, c.slope, square, columns);
        case FTRL -> steps.ftrl(rates, count, c.slope, square, beta, columns);
        case FTRL_WITH_L1 -> {
          steps.shrinkLinear(rates, count, c.slope, beta, l1, columns);
          steps.roots(rates, count, c.slope, square, beta, columns);
        }
      }
      if (layout.length() > 0 && rule == Rule.FTRL_WITH_L1) {
        steps.shrink(memory, layout, c.features, count, sums, l1, columns);
      } else if (layout.length() > 0) {
        steps.step(memory, layout, c.features, count, sums, columns);
      }
    }

    void assertSame(Kernel other) {
      Bits.assertSame(sums, other.sums, sums.length, "sums");
      Bits.assertSame(pairs, other.pairs, pairs.length, "pairs");
      StepColumns own = columns;
      StepColumns others = other.columns;
      Bits.assertSame(own.weights(), others.weights(), count, "weights");
      Bits.assertSame(own.first(), others.first(), count, "first");
      Bits.assertSame(own.second(), others.second(), count, "second");
      Bits.assertSame(own.third(), others.third(), count, "third");
      Bits.assertSame(own.slopes(), others.slopes(), count, "slopes");
      Bits.assertSame(own.owns(), others.owns(), count, "owns");
      Bits.assertSame(own.shifts(), others.shifts(), count, "shifts");
      Bits.assertSame(own.steps(), others.steps(), count, "steps");
    }
  }

  /** The steps as they are printed, in doubles, from the same numbers. */
  @ParameterizedTest
  @MethodSource("lengths")
  void shouldStepByTheTextbook(int length) {
    SplittableRandom random = new SplittableRandom(1000 + length);
    for (Rule rule : Rule.values()) {
      for (int round = 0; round < 20; round++) {
        LearningLayout layout = new LearningLayout(ROWS, length, rule.states);
        MemorySegment memory = memory(random, layout);
        float[] before = memory.toArray(JAVA_FLOAT);
        Case c = Case.random(random);
        c.step(new LearningRows(memory, ROWS, length, rule.states), rule);
        float[] after = memory.toArray(JAVA_FLOAT);
        double[] expected = textbook(before, layout, rule, c);
        for (int i = 0; i < after.length; i++) {
          // A step is known to the inverse root's 7e-4.
          double moved = Math.abs(expected[i] - before[i]);
          double bound = 3e-5 * (1 + Math.abs(expected[i])) + 8e-4 * moved;
          if (!(Math.abs(after[i] - expected[i]) <= bound)) {
            assertThat((double) after[i])
                .as("%s number %d", rule, i)
                .isCloseTo(expected[i], within(bound));
          }
        }
      }
    }
  }

  private static double[] textbook(float[] before, LearningLayout layout, Rule rule, Case c) {
    double[] after = new double[before.length];
    Arrays.setAll(after, i -> before[i]);
    double square = meanSquare(before, layout, c);
    for (int i = 0; i < c.features.length; i++) {
      double xs = c.slope * (double) c.x[i];
      int common = (int) (common(layout, c.features[i]) / 4);
      for (int number = 0; number <= layout.length(); number++) {
        int at = number(layout, c.features[i], number, 0);
        double gradient = xs * (number == 0 ? 1 : others(before, layout, c, i, number));
        double l2 = number == 0 ? c.linearL2[i] : c.factorL2[i];
        double l1 = number == 0 ? RULE.linearL1() : RULE.factorL1();
        double p = c.steps[i];
        double weight = before[at];
        double penalised = gradient + l2 * weight;
        int state = number == 0 ? at + (rule == Rule.FTRL_WITH_L1 ? 2 : 1) : common;
        double grows = number == 0 ? gradient * gradient : xs * xs * square;
        switch (rule) {
          case SGD -> after[at] = weight - c.steps[i] * penalised;
          case ADAGRAD -> {
            after[state] = before[state] + (number == 0 ? penalised * penalised : grows);
            after[at] = weight - c.steps[i] * penalised / Math.sqrt(after[state]);
          }
          case FTRL -> {
            // z as it must be for the closed form to give the weight that is there.
            double n = before[state];
            double z = -weight * ((RULE.beta() + Math.sqrt(n)) * p + l2);
            double sigma = (Math.sqrt(n + grows) - Math.sqrt(n)) * p;
            z += gradient - sigma * weight;
            after[state] = n + grows;
            after[at] = -z / ((RULE.beta() + Math.sqrt(after[state])) * p + l2);
          }
          case FTRL_WITH_L1 -> {
            double newRoot = Math.sqrt((double) before[state] * before[state] + grows);
            int zAt = number(layout, c.features[i], number, 1);
            double z = before[zAt] + gradient - (newRoot - before[state]) * p * weight;
            after[state] = newRoot;
            after[zAt] = z;
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

  /** The sum of x v over all other features, v being a number of theirs. */
  private static double others(float[] before, LearningLayout layout, Case c, int one, int number) {
    double others = 0;
    for (int j = 0; j < c.features.length; j++) {
      others += j == one ? 0 : (double) c.x[j] * before[number(layout, c.features[j], number, 0)];
    }
    return others;
  }

  /** The mean over features and factors of the square of what a slope times x is multiplied by. */
  private static double meanSquare(float[] before, LearningLayout layout, Case c) {
    double sum = 0;
    for (int i = 0; i < c.features.length; i++) {
      for (int number = 1; number <= layout.length(); number++) {
        sum += Math.pow(others(before, layout, c, i, number), 2);
      }
    }
    return c.features.length == 0 ? 0 : sum / c.features.length / Math.max(1, layout.length());
  }

  private static int number(LearningLayout layout, int feature, int number, int state) {
    return (int) (at(layout, feature, number, state) / Float.BYTES);
  }

  @Test
  void shouldKnowInverseRootsAsWellAsItSays() {
    SplittableRandom random = new SplittableRandom(3);
    for (int i = 0; i < 200_000; i++) {
      float square = (float) Math.exp(random.nextDouble(-80, 80));
      double exact = 1 / Math.sqrt(square);
      double root = -InverseRoot.FACTOR * (double) InverseRoot.of(square);
      assertThat(Math.abs(root - exact) / exact).isLessThan(7e-4);
    }
    assertThat(InverseRoot.of(0)).isFinite().isNegative();
  }

  @ParameterizedTest
  @MethodSource("lengths")
  void shouldScoreWithStatesBesideTheWeightsAsWithout(int length) {
    SplittableRandom random = new SplittableRandom(2000 + length);
    for (int states = 0; states <= 2; states++) {
      MemorySegment memory = memory(random, new LearningLayout(ROWS, length, states));
      MemorySegment weights = Arena.ofAuto().allocate(new RowLayout(length).tableBytes(ROWS), 4);
      RowTable table = RowTable.over(weights, ROWS, length);
      LearningRows owner = new LearningRows(memory, ROWS, length, states);
      for (int row = 0; row < ROWS; row++) {
        owner.copyWeights(row, weights, table.layout().rowOffset(row));
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

  /** For an example of few features. */
  private static float[] filled(float value) {
    float[] numbers = new float[LearningRows.room(2)];
    Arrays.fill(numbers, value);
    return numbers;
  }

  @Test
  void shouldBeginFtrlAtTheWeightsThatAreThere() {
    SplittableRandom random = new SplittableRandom(5);
    LearningLayout layout = new LearningLayout(ROWS, 18, 2);
    MemorySegment memory = memory(random, layout);
    memory.set(JAVA_FLOAT, layout.linear(0), 0); // a weight of 0 stays one until it earns more
    float[] before = memory.toArray(JAVA_FLOAT);
    LearningRows rows = new LearningRows(memory, ROWS, 18, 2);
    float[] perStep = filled(10);
    float[] l2 = filled(0.1f);
    float[] ones = filled(1);
    int[] features = {0, 7};
    for (int feature : features) {
      rows.startFtrl(feature, RULE, 10, 0.1f, 0.1f);
    }
    rows.score(0, features, ones, 2);
    rows.ftrl(features, ones, 2, 0, RULE, perStep, l2, l2);
    for (int feature : features) {
      for (int number = 0; number <= 18; number++) {
        float weight = before[number(layout, feature, number, 0)];
        assertThat(memory.get(JAVA_FLOAT, at(layout, feature, number, 0)))
            .isCloseTo(weight, within(1e-6f));
      }
    }
    assertThat(rows.linear(0)).isZero();
  }

  @Test
  void shouldGiveEachNumberAPlaceOfItsOwn() {
    for (int length : lengths().toArray()) {
      for (int states = 0; states <= 2; states++) {
        LearningLayout layout = new LearningLayout(ROWS, length, states);
        BitSet taken = new BitSet();
        for (int row = 0; row < ROWS; row++) {
          for (int number = 0; number <= length; number++) {
            for (int state = 0; state <= states(layout, number); state++) {
              int at = number(layout, row, number, state);
              assertThat(taken.get(at)).isFalse();
              taken.set(at);
            }
          }
          if (states > 0) {
            int at = (int) (common(layout, row) / 4);
            assertThat(taken.get(at)).isFalse();
            taken.set(at);
          }
        }
        assertThat(taken.length() * 4L).isLessThanOrEqualTo(layout.bytes());
        assertThat(layout.bytes()).isEqualTo(LearningRows.bytes(ROWS, length, states));
      }
    }
  }

  @Test
  void shouldCrossAsFewCacheLinesAsTheNumbersNeed() {
    for (int length : lengths().toArray()) {
      for (int states = 0; states <= 2; states++) {
        LearningLayout layout = new LearningLayout(ROWS, length, states);
        for (int row = 0; row < ROWS; row++) {
          assertThat(layout.row(row) % 64).isZero();
          long last = layout.linear(row) + layout.linearBytes() - 1;
          assertThat(layout.linear(row) / 64).isEqualTo(last / 64);
        }
        assertThat(layout.partBytes()).isEqualTo((4L * length + 63) / 64 * 64);
      }
    }
    assertThat(LearningRows.bytesPerFeature(16, 1)).isEqualTo(80);
  }

  @Test
  void shouldKeepWhatItIsGiven() {
    SplittableRandom random = new SplittableRandom(7);
    LearningLayout layout = new LearningLayout(ROWS, 5, 2);
    MemorySegment memory = memory(random, layout);
    LearningRows rows = new LearningRows(memory, ROWS, 5, 2);
    float[] before = memory.toArray(JAVA_FLOAT);
    float[] given = {1, 2, 3, 4, 5, 6};
    rows.setWeights(3, MemorySegment.ofArray(given), 0);
    rows.fillStates(3, 0.75f);
    float[] back = new float[8];
    rows.copyWeights(3, MemorySegment.ofArray(back), 4);
    assertThat(back).containsExactly(0, 1, 2, 3, 4, 5, 6, 0);
    assertThat(rows.isZero(3)).isFalse();
    rows.setWeights(3, MemorySegment.ofArray(new float[6]), 0);
    assertThat(rows.isZero(3)).isTrue();
    for (int row = 0; row < ROWS; row++) {
      for (int number = 0; number <= 5; number++) {
        for (int state = 0; state <= states(layout, number); state++) {
          float expected = before[number(layout, row, number, state)];
          if (row == 3) {
            expected = state == 0 ? 0 : 0.75f;
          }
          assertThat(memory.get(JAVA_FLOAT, at(layout, row, number, state))).isEqualTo(expected);
        }
      }
    }
    for (int bad : new int[] {-1, ROWS}) {
      assertThatThrownBy(() -> rows.setWeights(bad, MemorySegment.ofArray(given), 0))
          .isInstanceOf(IndexOutOfBoundsException.class);
      assertThatThrownBy(() -> rows.copyWeights(bad, MemorySegment.ofArray(given), 0))
          .isInstanceOf(IndexOutOfBoundsException.class);
      assertThatThrownBy(() -> rows.fillStates(bad, 0))
          .isInstanceOf(IndexOutOfBoundsException.class);
      assertThatThrownBy(() -> rows.startFtrl(bad, RULE, 10, 0, 0))
          .isInstanceOf(IndexOutOfBoundsException.class);
      assertThatThrownBy(() -> rows.linear(bad)).isInstanceOf(IndexOutOfBoundsException.class);
    }
  }

  @Test
  void shouldRefuseWhatDoesNotFit() {
    MemorySegment memory = Arena.ofAuto().allocate(LearningRows.bytes(3, 4, 1), 4);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new LearningRows(memory, 3, 4, 2))
        .withMessageContaining("expected 432");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> LearningRows.bytesPerFeature(4, 3))
        .withMessageContaining("states=3");
    LearningRows rows = new LearningRows(memory, 3, 4, 1);
    float[] two = filled(1);
    int[] features = {0, 2};
    assertThatThrownBy(() -> rows.adaGrad(features, two, 2, 1, two, two, two))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("another example");
    rows.score(0, features, two, 2);
    assertThatThrownBy(() -> rows.adaGrad(features, two, 1, 1, two, two, two))
        .isInstanceOf(IllegalStateException.class);
    assertThatThrownBy(() -> rows.sgd(features, two, 2, 1, two, two, two))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("rows of states=1, this step needs 0");
    assertThatThrownBy(() -> rows.ftrl(features, two, 2, 1, RULE, two, two, two))
        .isInstanceOf(IllegalStateException.class);
    assertThatThrownBy(() -> rows.adaGrad(new int[] {0, 2}, two, 2, 1, two, two, two))
        .isInstanceOf(IllegalStateException.class);
    rows.fillStates(0, 2);
    assertThatThrownBy(() -> rows.adaGrad(features, two, 2, 1, two, two, two))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("a weight was set");
    rows.score(0, features, two, 2);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> LearningRows.bytes(3, -1, 0))
        .withMessageContaining("length=-1");
    assertThatThrownBy(() -> rows.score(0, new int[] {0, 3}, two, 2))
        .isInstanceOf(IndexOutOfBoundsException.class)
        .hasMessageContaining("3");
    assertThatThrownBy(() -> rows.score(0, new int[] {-1}, two, 1))
        .isInstanceOf(IndexOutOfBoundsException.class);
    float[] one = new float[LearningRows.room(2) - 1];
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
