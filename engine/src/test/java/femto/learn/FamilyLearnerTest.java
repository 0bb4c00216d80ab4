package femto.learn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import femto.learn.Sources.ListSource;
import femto.learn.Sources.Plain;
import femto.model.Family;
import femto.model.FeatureSpace;
import femto.model.Field;
import femto.model.Interactions;
import femto.model.Link;
import femto.model.Model;
import femto.model.PairWeights;
import femto.model.PredictionRange;
import femto.model.Side;
import femto.model.TestModels;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class FamilyLearnerTest {
  private static final FeatureSpace SPACE = Sources.SPACE;
  private static final int FIELDS = SPACE.fields().size();
  private static final FamilyOptions FWFM =
      FamilyOptions.of(Family.FWFM).withStrengthL2(0.2).withStrengthStep(3);
  private static final FamilyOptions LOW_RANK =
      FamilyOptions.lowRank(2).withStrengthL2(0.2).withStrengthStep(3);
  private static final FamilyOptions FFM = FamilyOptions.of(Family.FFM);

  /** Few bits, so that pairs share places. */
  private static final FamilyOptions POLY2 = FamilyOptions.poly2(5);

  static final List<FamilyOptions> FAMILIES = List.of(FWFM, LOW_RANK, FFM, POLY2);

  static Stream<Arguments> cases() {
    return FAMILIES.stream()
        .flatMap(family -> Arrays.stream(Loss.values()).map(loss -> Arguments.of(family, loss)));
  }

  static Stream<Arguments> optimizers() {
    return FAMILIES.stream()
        .flatMap(
            family ->
                Stream.of(Optimizer.SGD, Optimizer.ADAGRAD).map(o -> Arguments.of(family, o)));
  }

  private static LearnerOptions options(
      FamilyOptions family, Loss loss, Optimizer optimizer, double step, double l2) {
    return Sources.options(loss, optimizer, family.equals(POLY2) ? 0 : 3, step, l2);
  }

  /** One-hot and multi-hot fields in any order, values of any sign; some fields are empty. */
  private static List<Plain> examples(long seed, int count, Loss loss) {
    Random random = new Random(seed);
    List<Plain> examples = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      List<Integer> features = new ArrayList<>();
      for (int j = 0; j < SPACE.size(); j++) {
        if (random.nextInt(4) == 0) {
          features.add(j);
        }
      }
      java.util.Collections.shuffle(features, random);
      float[] x = new float[features.size()];
      for (int j = 0; j < x.length; j++) {
        x[j] = random.nextFloat() * 2 - 0.7f;
      }
      float label = loss == Loss.SQUARED ? random.nextFloat() * 4 : random.nextInt(2);
      examples.add(new Plain(features.stream().mapToInt(Integer::intValue).toArray(), x, label));
    }
    return examples;
  }

  /** All numbers of a model in doubles: w0, linear weights, rows, interactions. */
  private record Numbers(FamilyOptions family, int k, double[] all) {
    static Numbers of(FamilyOptions family, ModelLearner learner) {
      try (Model model = learner.toModel(PredictionRange.UNBOUNDED, Map.of())) {
        int length = model.rowLength();
        Interactions interactions = model.interactions();
        int size = interactions == null ? 0 : interactions.size();
        double[] all = new double[1 + SPACE.size() * (1 + length) + size];
        all[0] = model.bias();
        for (int j = 0; j < SPACE.size(); j++) {
          all[1 + j] = model.weights().bias(j);
          for (int f = 0; f < length; f++) {
            all[1 + SPACE.size() + j * length + f] = model.weights().factor(j, f);
          }
        }
        for (int i = 0; interactions != null && i < size; i++) {
          all[all.length - size + i] = interactions.number(i);
        }
        return new Numbers(family, model.factors(), all);
      }
    }

    private int length() {
      return family.equals(FFM) ? FIELDS * k : k;
    }

    private int row(int feature) {
      return 1 + SPACE.size() + feature * length();
    }

    private int interactions() {
      return 1 + SPACE.size() * (1 + length());
    }

    /** Where the weights are that the penalty of a pair's table is on. */
    private int pair(int j, int l) {
      return interactions() + PairWeights.place(j, l, 5);
    }

    /** The literal double sum of each family's formula. */
    double score(Plain example) {
      double sum = all[0];
      for (int i = 0; i < example.features().length; i++) {
        int j = example.features()[i];
        sum += all[1 + j] * example.x()[i];
        for (int h = 0; h < i; h++) {
          int l = example.features()[h];
          sum += pairOf(j, l) * example.x()[i] * example.x()[h];
        }
      }
      return sum;
    }

    private double pairOf(int j, int l) {
      int a = SPACE.fieldOf(j);
      int b = SPACE.fieldOf(l);
      if (family.equals(POLY2)) {
        return all[pair(j, l)];
      }
      double dot = 0;
      for (int f = 0; f < k; f++) {
        dot +=
            family.equals(FFM)
                ? all[row(j) + b * k + f] * all[row(l) + a * k + f]
                : all[row(j) + f] * all[row(l) + f];
      }
      int at = interactions();
      if (family.equals(FWFM)) {
        int low = Math.max(a, b); // the one half of the matrix alone, so that it is one number
        int high = Math.min(a, b);
        return dot * all[at + low * FIELDS + high];
      }
      if (family.equals(LOW_RANK)) {
        double strength = a == b ? all[at + a] : 0;
        for (int p = 0; p < 2; p++) {
          int vector = at + FIELDS + 2 + p * FIELDS;
          strength += all[at + FIELDS + p] * all[vector + a] * all[vector + b];
        }
        return dot * strength;
      }
      return dot;
    }

    /** Loss and half lambda times the square of what the example touches. */
    double objective(Plain example, LearnerOptions options) {
      double score = score(example);
      double sum =
          options.loss() == Loss.SQUARED
              ? 0.5 * (score - example.label()) * (score - example.label())
              : Math.log1p(Math.exp(-(2 * example.label() - 1) * score));
      for (int i = 0; i < example.features().length; i++) {
        int j = example.features()[i];
        LearnerOptions.L2 l2 = options.l2().get(SPACE.fieldOf(j));
        sum += 0.5 * l2.linear() * all[1 + j] * all[1 + j];
        for (int f = 0; f < length(); f++) {
          if (!family.equals(FFM) || meets(example, i, f / k)) {
            sum += 0.5 * l2.factors() * all[row(j) + f] * all[row(j) + f];
          }
        }
        for (int h = 0; family.equals(POLY2) && h < i; h++) {
          LearnerOptions.L2 other = options.l2().get(SPACE.fieldOf(example.features()[h]));
          double weight = all[pair(j, example.features()[h])];
          sum += 0.25 * (l2.factors() + other.factors()) * weight * weight;
        }
      }
      return sum + 0.5 * family.strengthL2() * distanceFromFm(example);
    }

    /** Of the strengths that an example touches: the squares of what an FM does not have. */
    private double distanceFromFm(Plain example) {
      int[] counts = new int[FIELDS];
      for (int feature : example.features()) {
        counts[SPACE.fieldOf(feature)]++;
      }
      int at = interactions();
      double sum = 0;
      for (int a = 0; family.strengthL2() > 0 && a < FIELDS; a++) {
        if (counts[a] == 0) {
          continue;
        }
        for (int b = 0; family.rank() == 0 && b <= a; b++) {
          if (a == b ? counts[a] > 1 : counts[b] > 0) {
            sum += Math.pow(all[at + a * FIELDS + b] - 1, 2);
          }
        }
        if (family.rank() == 2) {
          sum += counts[a] > 1 ? Math.pow(all[at + a], 2) : 0;
          sum += Math.pow(all[at + FIELDS + 2 + a] - 1, 2);
          sum += Math.pow(all[at + FIELDS + 2 + FIELDS + a], 2);
        }
      }
      if (family.rank() == 2) { // touched by every example
        sum += Math.pow(all[at + FIELDS] - 1, 2) + Math.pow(all[at + FIELDS + 1] + 1, 2);
      }
      return sum;
    }

    /** Whether a feature meets one of a field in an example. */
    private static boolean meets(Plain example, int feature, int field) {
      for (int h = 0; h < example.features().length; h++) {
        if (h != feature && SPACE.fieldOf(example.features()[h]) == field) {
          return true;
        }
      }
      return false;
    }

    /** How many times the step size a number has. */
    double stepOf(int i) {
      return i >= interactions() ? family.strengthStep() : 1;
    }

    Numbers moved(int i, double by) {
      double[] moved = all.clone();
      moved[i] += by;
      return new Numbers(family, k, moved);
    }
  }

  /** Whether the numbers at an index of a full matrix are the mirror image of others. */
  private static boolean isMirrored(Numbers numbers, int i) {
    int at = i - numbers.interactions();
    return numbers.family().equals(FWFM) && at >= 0 && at / FIELDS < at % FIELDS;
  }

  @ParameterizedTest
  @MethodSource("cases")
  void shouldStepAgainstTheNumericalGradientOfLossAndPenalty(FamilyOptions family, Loss loss) {
    // A place that two pairs of an example share is penalized as it is after the first one's step.
    double l2 = family.equals(POLY2) ? 0.01 : 0.1;
    LearnerOptions options = options(family, loss, Optimizer.SGD, 0.05, l2);
    try (FamilyLearner learner = new FamilyLearner(SPACE, family, options)) {
      // A few steps first, so that nothing is where it began.
      examples(4, 60, loss).forEach(e -> learner.learn(e.toExample(), 0.02));
      for (Plain example : examples(5, 40, loss)) {
        Numbers before = Numbers.of(family, learner);
        double step = 0.01;
        double reported = learner.learn(example.toExample(), step);
        assertThat(reported).isCloseTo(before.score(example), within(2e-5));
        double[] after = Numbers.of(family, learner).all();
        for (int i = 0; i < after.length; i++) {
          if (isMirrored(before, i)) {
            continue; // held to be symmetric by the model
          }
          double gradient =
              (before.moved(i, 1e-5).objective(example, options)
                      - before.moved(i, -1e-5).objective(example, options))
                  / 2e-5;
          assertThat((before.all()[i] - after[i]) / (step * before.stepOf(i)))
              .as("number %d of %s", i, family)
              .isCloseTo(gradient, within(3e-4 * (1 + Math.abs(gradient))));
        }
      }
    }
  }

  @ParameterizedTest
  @MethodSource("optimizers")
  void shouldAgreeWithAReferenceInDoublesAfterManyExamples(
      FamilyOptions family, Optimizer optimizer) {
    // One pair an example, or none: then no place of a table is stepped twice.
    LearnerOptions options = options(family, Loss.SQUARED, optimizer, 0.02, 0.01);
    try (FamilyLearner learner = new FamilyLearner(SPACE, family, options)) {
      Numbers numbers = Numbers.of(family, learner);
      double[] state = new double[numbers.all().length];
      Arrays.fill(state, options.initialState());
      for (Plain example : examples(6, 60, Loss.SQUARED)) {
        Plain shorter = family.equals(POLY2) ? first(example, 2) : example;
        learner.learn(shorter.toExample(), 0.02);
        double[] next = numbers.all().clone();
        for (int i = 0; i < next.length; i++) {
          double gradient =
              (numbers.moved(i, 1e-5).objective(shorter, options)
                      - numbers.moved(i, -1e-5).objective(shorter, options))
                  / 2e-5;
          state[i] += gradient * gradient;
          double stepSize = 0.02 * numbers.stepOf(i);
          next[i] -=
              stepSize * gradient / (optimizer == Optimizer.ADAGRAD ? Math.sqrt(state[i]) : 1);
        }
        numbers = new Numbers(family, numbers.k(), next);
      }
      double[] learned = Numbers.of(family, learner).all();
      for (int i = 0; i < learned.length; i++) {
        if (!isMirrored(numbers, i)) {
          assertThat(learned[i]).as("number %d", i).isCloseTo(numbers.all()[i], within(2e-4));
        }
      }
    }
  }

  private static Plain first(Plain example, int most) {
    int count = Math.min(most, example.features().length);
    return new Plain(
        Arrays.copyOf(example.features(), count),
        Arrays.copyOf(example.x(), count),
        example.label());
  }

  private static double[] trained(FamilyOptions family, LearnerOptions options) {
    try (FamilyLearner learner = new FamilyLearner(SPACE, family, options)) {
      ListSource source = new ListSource(Sources.planted(1, 200, options.loss()));
      new Training(3, 3, 3).run(learner, source, null, e -> {});
      return Numbers.of(family, learner).all();
    }
  }

  @ParameterizedTest
  @MethodSource("optimizers")
  void shouldLearnTheSameBitsFromTheSameSeed(FamilyOptions family, Optimizer optimizer) {
    LearnerOptions options = options(family, Loss.LOGISTIC, optimizer, 0.05, 0.01);
    assertThat(trained(family, options)).isEqualTo(trained(family, options));
  }

  @ParameterizedTest
  @MethodSource("cases")
  void shouldLearnAndStopEarlyAtTheBestEpoch(FamilyOptions family, Loss loss) {
    LearnerOptions options = options(family, loss, Optimizer.ADAGRAD, 0.1, 0.001);
    List<Plain> valid = Sources.planted(2, 200, loss);
    try (FamilyLearner learner = new FamilyLearner(SPACE, family, options)) {
      double untrained = Training.meanLoss(learner, new ListSource(valid));
      Training.Outcome outcome =
          new Training(30, 30, 30)
              .run(
                  learner,
                  new ListSource(Sources.planted(1, 600, loss)),
                  new ListSource(valid),
                  e -> {});
      double best = outcome.best().validationLoss();
      assertThat(best).isLessThan((loss == Loss.SQUARED ? 0.4 : 0.9) * untrained);
      assertThat(Training.meanLoss(learner, new ListSource(valid))).isEqualTo(best);
      assertThat(outcome.history()).allMatch(epoch -> epoch.validationLoss() >= best);
    }
  }

  @Test
  void shouldSayThatLearningDiverged() {
    for (FamilyOptions family : FAMILIES) {
      LearnerOptions options = options(family, Loss.SQUARED, Optimizer.SGD, 1e8, 0);
      try (FamilyLearner learner = new FamilyLearner(SPACE, family, options)) {
        ListSource source = new ListSource(Sources.planted(1, 100, Loss.SQUARED));
        org.assertj.core.api.Assertions.assertThatThrownBy(
                () -> new Training(5, 5, 5).run(learner, source, null, e -> {}))
            .isInstanceOf(DivergedException.class);
      }
    }
  }

  @Test
  void shouldBeginAsAFactorizationMachineWhereStrengthsAreOne() {
    LearnerOptions options = options(FWFM, Loss.SQUARED, Optimizer.SGD, 0.05, 0);
    try (FamilyLearner learner = new FamilyLearner(SPACE, FWFM, options);
        Model model = learner.toModel(PredictionRange.UNBOUNDED, Map.of())) {
      assertThat(model.family()).isEqualTo(Family.FWFM);
      assertThat(model.link()).isEqualTo(Link.IDENTITY);
      for (int i = 0; i < model.fieldStrengths().size(); i++) {
        assertThat(model.fieldStrengths().number(i)).isEqualTo(1);
      }
      assertThat(model.bias()).isZero();
    }
    try (FamilyLearner learner = new FamilyLearner(SPACE, LOW_RANK, options);
        Model model = learner.toModel(PredictionRange.UNBOUNDED, Map.of())) {
      assertThat(model.fieldStrengths().rank()).isEqualTo(2);
      assertThat(model.fieldStrengths().of(0, 1)).isCloseTo(1, within(1.0));
    }
  }

  @Test
  void shouldClearWhatIsNeverSeenAndStartFromTheMean() {
    BitSet seen = new BitSet();
    seen.set(0, 3);
    LearnerOptions options = options(FFM, Loss.LOGISTIC, Optimizer.SGD, 0.05, 0);
    try (FamilyLearner learner = new FamilyLearner(SPACE, FFM, options)) {
      learner.startFromMean(0.25);
      learner.clearUnseen(seen);
      try (Model model = learner.toModel(PredictionRange.UNBOUNDED, Map.of())) {
        assertThat(model.bias()).isCloseTo((float) Math.log(1.0 / 3), within(1e-6f));
        float[] row = new float[model.rowLength()];
        for (int j = 0; j < SPACE.size(); j++) {
          model.weights().copyFactors(j, row);
          boolean zero = java.util.stream.IntStream.range(0, row.length).allMatch(f -> row[f] == 0);
          assertThat(zero).isEqualTo(!seen.get(j));
        }
      }
    }
  }

  @Test
  void shouldStartFromAModelOfTheSameShapeOnly() {
    for (FamilyOptions family : List.of(FWFM, LOW_RANK, FFM)) {
      LearnerOptions options = options(family, Loss.SQUARED, Optimizer.ADAGRAD, 0.05, 0);
      try (FamilyLearner first = new FamilyLearner(SPACE, family, options);
          FamilyLearner second = new FamilyLearner(SPACE, family, options)) {
        examples(3, 50, Loss.SQUARED).forEach(e -> first.learn(e.toExample(), 0.05));
        try (Model model = first.toModel(PredictionRange.UNBOUNDED, Map.of())) {
          assertThat(second.startFrom(model)).isEqualTo(SPACE.size());
          assertThat(Numbers.of(family, second).all()).isEqualTo(Numbers.of(family, first).all());
          for (FamilyOptions other : FAMILIES) {
            if (!other.equals(family)) {
              LearnerOptions others = options(other, Loss.SQUARED, Optimizer.SGD, 0.05, 0);
              try (FamilyLearner wrong = new FamilyLearner(SPACE, other, others)) {
                assertThatIllegalArgumentException().isThrownBy(() -> wrong.startFrom(model));
              }
            }
          }
          LearnerOptions ofFm = Sources.options(Loss.SQUARED, Optimizer.SGD, 3, 0.05, 0);
          try (Learner wrong = new Learner(SPACE, ofFm)) {
            assertThatIllegalArgumentException()
                .isThrownBy(() -> wrong.startFrom(model))
                .withMessageContaining(family.family().name());
          }
          LearnerOptions logistic = options(family, Loss.LOGISTIC, Optimizer.SGD, 0.05, 0);
          try (FamilyLearner wrong = new FamilyLearner(SPACE, family, logistic)) {
            assertThatIllegalArgumentException()
                .isThrownBy(() -> wrong.startFrom(model))
                .withMessageContaining("link");
          }
        }
      }
    }
  }

  @ParameterizedTest
  @CsvSource({"LINEAR, 0, 0, 2", "FM, 2, 0, 0"})
  void shouldLeaveLinearModelsAndFactorizationMachinesToTheirLearner(
      Family family, int factors, int rank, int wrongFactors) {
    FamilyOptions options = new FamilyOptions(family, rank, 0, 0, 1);
    LearnerOptions right = Sources.options(Loss.SQUARED, Optimizer.SGD, factors, 0.05, 0);
    try (ModelLearner learner = options.newLearner(SPACE, right)) {
      assertThat(learner).isInstanceOf(Learner.class);
    }
    LearnerOptions wrong = Sources.options(Loss.SQUARED, Optimizer.SGD, wrongFactors, 0.05, 0);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> options.newLearner(SPACE, wrong).close())
        .withMessageContaining(family.name());
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new FamilyLearner(SPACE, options, right).close())
        .withMessageContaining("FWFM, FFM or POLY2");
  }

  @Test
  void shouldRefuseWhatDoesNotFit() {
    LearnerOptions three = Sources.options(Loss.SQUARED, Optimizer.SGD, 3, 0.05, 0);
    LearnerOptions none = Sources.options(Loss.SQUARED, Optimizer.SGD, 0, 0.05, 0);
    assertThatIllegalArgumentException().isThrownBy(() -> FFM.newLearner(SPACE, none).close());
    assertThatIllegalArgumentException().isThrownBy(() -> POLY2.newLearner(SPACE, three).close());
    assertThatIllegalArgumentException().isThrownBy(() -> FamilyOptions.of(Family.POLY2));
    assertThatIllegalArgumentException().isThrownBy(() -> FamilyOptions.poly2(29));
    assertThatIllegalArgumentException().isThrownBy(() -> FamilyOptions.lowRank(0));
    assertThatIllegalArgumentException().isThrownBy(() -> new FamilyOptions(Family.FM, 1, 0, 0, 1));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new FamilyOptions(Family.FFM, 0, 3, 0, 1));
    assertThatIllegalArgumentException().isThrownBy(() -> FFM.withStrengthL2(0.1));
    assertThatIllegalArgumentException().isThrownBy(() -> FWFM.withStrengthL2(-1));
    assertThatIllegalArgumentException().isThrownBy(() -> FFM.withStrengthStep(2));
    for (double bad : new double[] {0, -1, Double.NaN, Double.POSITIVE_INFINITY}) {
      assertThatIllegalArgumentException().isThrownBy(() -> FWFM.withStrengthStep(bad));
    }
    FeatureSpace other =
        TestModels.space(
            List.of(Field.oneHot("a", Side.CONTEXT), Field.oneHot("b", Side.CANDIDATE)), 2, 2);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> FFM.newLearner(other, three).close())
        .withMessageContaining("L2 of 3 fields, expected 2");
    LearnerOptions large = Sources.options(Loss.SQUARED, Optimizer.SGD, 4000, 0.05, 0);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> FFM.newLearner(SPACE, large).close())
        .withMessageContaining("12000");
    FeatureSpace hashed = FeatureSpace.hashed(SPACE.fields(), 4);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> FWFM.newLearner(hashed, three).close())
        .withMessageContaining("hashed");
    POLY2.newLearner(hashed, none).close();
  }
}
