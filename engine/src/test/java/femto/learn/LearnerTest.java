package femto.learn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import femto.learn.Sources.ListSource;
import femto.learn.Sources.Plain;
import femto.memory.Slab;
import femto.model.Family;
import femto.model.FeatureSpace;
import femto.model.Field;
import femto.model.Link;
import femto.model.Model;
import femto.model.PlainFm;
import femto.model.PredictionRange;
import femto.model.Side;
import femto.model.TestModels;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class LearnerTest {
  private static final FeatureSpace SPACE = Sources.SPACE;

  private static LearnerOptions withSeed(LearnerOptions o, long seed) {
    return new LearnerOptions(
        o.loss(),
        o.optimizer(),
        o.factors(),
        o.stepSize(),
        o.initialState(),
        o.initialScale(),
        o.l2(),
        seed);
  }

  private static Model model(Learner learner) {
    return learner.toModel(PredictionRange.UNBOUNDED, Map.of());
  }

  /** Weights as one vector of doubles: w0, then w_j and v_j of each feature. */
  private static double[] weights(Learner learner) {
    try (Model model = model(learner)) {
      int k = model.factors();
      double[] all = new double[1 + SPACE.size() * (1 + k)];
      all[0] = model.bias();
      for (int j = 0; j < SPACE.size(); j++) {
        all[1 + j * (1 + k)] = model.weights().bias(j);
        for (int f = 0; f < k; f++) {
          all[2 + j * (1 + k) + f] = model.weights().factor(j, f);
        }
      }
      return all;
    }
  }

  private static double score(double[] all, int k, Plain example) {
    double sum = all[0];
    for (int a = 0; a < example.features().length; a++) {
      int rowA = 1 + example.features()[a] * (1 + k);
      sum += all[rowA] * example.x()[a];
      for (int b = a + 1; b < example.features().length; b++) {
        int rowB = 1 + example.features()[b] * (1 + k);
        for (int f = 1; f <= k; f++) {
          sum += all[rowA + f] * all[rowB + f] * example.x()[a] * example.x()[b];
        }
      }
    }
    return sum;
  }

  private static double lossOf(Loss loss, double score, double label) {
    return loss == Loss.SQUARED
        ? 0.5 * (score - label) * (score - label)
        : -label * Math.log(1 / (1 + Math.exp(-score)))
            - (1 - label) * Math.log(1 - 1 / (1 + Math.exp(-score)));
  }

  /** Loss plus half lambda times the square of every weight that the example touches. */
  private static double objective(double[] all, int k, Plain example, LearnerOptions options) {
    double sum = lossOf(options.loss(), score(all, k, example), example.label());
    for (int feature : example.features()) {
      LearnerOptions.L2 l2 = options.l2().get(SPACE.fieldOf(feature));
      int row = 1 + feature * (1 + k);
      sum += 0.5 * l2.linear() * all[row] * all[row];
      for (int f = 1; f <= k; f++) {
        sum += 0.5 * l2.factors() * all[row + f] * all[row + f];
      }
    }
    return sum;
  }

  /** The gradient by central differences of the objective. */
  private static double[] gradient(double[] all, int k, Plain example, LearnerOptions options) {
    double[] gradient = new double[all.length];
    for (int i = 0; i < all.length; i++) {
      double[] up = all.clone();
      double[] down = all.clone();
      up[i] += 1e-5;
      down[i] -= 1e-5;
      gradient[i] =
          (objective(up, k, example, options) - objective(down, k, example, options)) / 2e-5;
    }
    return gradient;
  }

  @ParameterizedTest
  @CsvSource({
    "SQUARED, 0",
    "SQUARED, 1",
    "SQUARED, 5",
    "LOGISTIC, 0",
    "LOGISTIC, 1",
    "LOGISTIC, 5"
  })
  void shouldStepAgainstTheNumericalGradientOfLossAndPenalty(Loss loss, int k) {
    LearnerOptions options = Sources.options(loss, Optimizer.SGD, k, 0.25, 0.1);
    try (Learner learner = new Learner(SPACE, options)) {
      // A few steps first, so that the linear weights are not 0 and their penalty counts.
      Sources.planted(4, 20, loss).forEach(e -> learner.learn(e.toExample(), 0.1));
      for (Plain example : Sources.planted(5, 20, loss)) {
        double[] before = weights(learner);
        double[] gradient = gradient(before, k, example, options);
        double reported = loss.value(learner.learn(example.toExample(), 0.25), example.label());
        double[] after = weights(learner);
        for (int i = 0; i < before.length; i++) {
          assertThat(before[i] - after[i]).isCloseTo(0.25 * gradient[i], within(3e-6));
        }
        assertThat(reported)
            .isCloseTo(lossOf(loss, score(before, k, example), example.label()), within(1e-5));
      }
    }
  }

  @ParameterizedTest
  @CsvSource({
    "SQUARED, SGD, 0",
    "SQUARED, SGD, 4",
    "LOGISTIC, SGD, 4",
    "SQUARED, ADAGRAD, 0",
    "SQUARED, ADAGRAD, 4",
    "LOGISTIC, ADAGRAD, 4",
    "LOGISTIC, ADAGRAD, 19"
  })
  void shouldAgreeWithAReferenceInDoublesAfterHundredsOfExamples(
      Loss loss, Optimizer optimizer, int k) {
    LearnerOptions options = Sources.options(loss, optimizer, k, 0.05, 0.01);
    try (Learner learner = new Learner(SPACE, options)) {
      double[] all = weights(learner);
      double[] state = new double[all.length];
      Arrays.fill(state, options.initialState());
      for (Plain example : Sources.planted(6, 400, loss)) {
        learner.learn(example.toExample(), 0.05);
        double[] gradient = analyticGradient(all, k, example, options);
        double[] squares = squares(gradient, all, k, example, options.loss());
        for (int i = 0; i < all.length; i++) {
          state[i] += squares[i];
          double scale = optimizer == Optimizer.ADAGRAD ? Math.sqrt(state[i]) : 1;
          all[i] -= 0.05 * gradient[i] / scale;
        }
      }
      double[] learned = weights(learner);
      for (int i = 0; i < all.length; i++) {
        assertThat(learned[i]).isCloseTo(all[i], within(2e-4));
      }
    }
  }

  /**
   * The algorithm as it is printed: z, n and a weight for each coordinate, and n as in {@link
   * #squares}.
   */
  @ParameterizedTest
  @CsvSource({
    "SQUARED, 0, 0",
    "SQUARED, 4, 0",
    "LOGISTIC, 4, 0.02",
    "LOGISTIC, 19, 0.02",
    "SQUARED, 16, 1"
  })
  void shouldAgreeWithFtrlInDoubles(Loss loss, int k, double l1) {
    LearnerOptions plain = Sources.options(loss, Optimizer.FTRL, k, 0.1, 0.3);
    LearnerOptions.Ftrl ftrl = new LearnerOptions.Ftrl(0.5, l1, 2 * l1);
    List<Double> scales = List.of(1.0, 2.0, 0.5);
    LearnerOptions options =
        new LearnerOptions(
            loss, Optimizer.FTRL, k, 0.1, 0.1, 0.2, plain.l2(), scales, ftrl, plain.seed());
    try (Learner learner = new Learner(SPACE, options);
        Learner same = new Learner(SPACE, plain)) {
      double[] all = weights(same); // with the factors that have not begun to count
      double[] z = new double[all.length];
      double[] n = new double[all.length];
      for (int i = 1; i < all.length; i++) {
        int field = SPACE.fieldOf((i - 1) / (1 + k));
        boolean linear = (i - 1) % (1 + k) == 0;
        LearnerOptions.L2 l2 = options.l2().get(field);
        double alpha = 0.1 * scales.get(field);
        double ridge = linear ? l2.linear() : l2.factors();
        z[i] = -all[i] * (0.5 / alpha + ridge) - (linear ? l1 : 2 * l1) * Math.signum(all[i]);
      }
      LearnerOptions unpenalised = withoutL2(options);
      for (Plain example : Sources.planted(6, 400, loss)) {
        learner.learn(example.toExample(), 0.1);
        double[] gradient = gradientOfActive(all, k, l1, example, unpenalised);
        double[] squares =
            squares(gradient, active(all, k, l1), k, active(example, all, k, l1), loss);
        for (int i = 0; i < all.length; i++) {
          int field = i == 0 ? 0 : SPACE.fieldOf((i - 1) / (1 + k));
          boolean linear = i == 0 || (i - 1) % (1 + k) == 0;
          double alpha = 0.1 * (i == 0 ? 1 : scales.get(field));
          LearnerOptions.L2 l2 = options.l2().get(field);
          double ridge = i == 0 ? 0 : linear ? l2.linear() : l2.factors();
          double lasso = i == 0 ? 0 : linear ? l1 : 2 * l1;
          if (gradient[i] == 0 && n[i] == 0) {
            continue; // not in any example so far
          }
          double sigma = (Math.sqrt(n[i] + squares[i]) - Math.sqrt(n[i])) / alpha;
          z[i] += gradient[i] - sigma * all[i];
          n[i] += squares[i];
          all[i] =
              Math.abs(z[i]) <= lasso
                  ? 0
                  : -(z[i] - Math.signum(z[i]) * lasso) / ((0.5 + Math.sqrt(n[i])) / alpha + ridge);
        }
      }
      double[] learned = weights(learner);
      zeroInactive(all, k, l1);
      int zeros = 0;
      for (int i = 0; i < all.length; i++) {
        // Each step is known to 7e-4 of itself.
        assertThat(learned[i]).isCloseTo(all[i], within(5e-4));
        zeros += learned[i] == 0 ? 1 : 0;
      }
      if (l1 > 0.1) {
        assertThat(zeros).isPositive();
      }
    }
  }

  /** Under L1, a feature whose linear weight is 0 has no factors. */
  private static void zeroInactive(double[] all, int k, double l1) {
    for (int row = 1; l1 > 0 && row < all.length; row += 1 + k) {
      if (all[row] == 0) {
        Arrays.fill(all, row, row + 1 + k, 0);
      }
    }
  }

  private static double[] active(double[] all, int k, double l1) {
    double[] active = all.clone();
    zeroInactive(active, k, l1);
    return active;
  }

  /** An example without the features that have no factors. */
  private static Plain active(Plain example, double[] all, int k, double l1) {
    int[] kept =
        IntStream.range(0, example.features().length)
            .filter(a -> l1 == 0 || all[1 + example.features()[a] * (1 + k)] != 0)
            .toArray();
    float[] x = new float[kept.length];
    for (int i = 0; i < kept.length; i++) {
      x[i] = example.x()[kept[i]];
    }
    int[] features = IntStream.of(kept).map(a -> example.features()[a]).toArray();
    return new Plain(features, x, example.label());
  }

  private static double[] gradientOfActive(
      double[] all, int k, double l1, Plain example, LearnerOptions options) {
    double[] gradient = analyticGradient(active(all, k, l1), k, example, options);
    for (int row = 1; l1 > 0 && row < all.length; row += 1 + k) {
      if (all[row] == 0) {
        Arrays.fill(gradient, row + 1, row + 1 + k, 0);
      }
    }
    return gradient;
  }

  private static LearnerOptions withoutL2(LearnerOptions o) {
    List<LearnerOptions.L2> none = o.l2().stream().map(l2 -> new LearnerOptions.L2(0, 0)).toList();
    return new LearnerOptions(
        o.loss(),
        o.optimizer(),
        o.factors(),
        o.stepSize(),
        o.initialState(),
        o.initialScale(),
        none,
        o.seed());
  }

  private static double slope(double[] all, int k, Plain example, Loss loss) {
    double s = score(all, k, example);
    return loss == Loss.SQUARED ? s - example.label() : 1 / (1 + Math.exp(-s)) - example.label();
  }

  /** What the state of each weight grows by: that of factors by what all features share. */
  private static double[] squares(
      double[] gradient, double[] all, int k, Plain example, Loss loss) {
    double[] squares = new double[all.length];
    for (int i = 0; i < all.length; i++) {
      squares[i] = gradient[i] * gradient[i];
    }
    int count = example.features().length;
    double mean = 0;
    for (int a = 0; a < count; a++) {
      for (int f = 1; f <= k; f++) {
        mean += Math.pow(others(all, k, example, a, f), 2) / count / k;
      }
    }
    double slope = slope(all, k, example, loss);
    for (int a = 0; a < count; a++) {
      int row = 1 + example.features()[a] * (1 + k);
      Arrays.fill(squares, row + 1, row + 1 + k, Math.pow(slope * example.x()[a], 2) * mean);
    }
    return squares;
  }

  /** The sum of a factor of all other features, each times its x. */
  private static double others(double[] all, int k, Plain example, int a, int f) {
    double others = 0;
    for (int b = 0; b < example.features().length; b++) {
      others += b == a ? 0 : all[1 + example.features()[b] * (1 + k) + f] * example.x()[b];
    }
    return others;
  }

  private static double[] analyticGradient(
      double[] all, int k, Plain example, LearnerOptions options) {
    double[] gradient = new double[all.length];
    double slope = slope(all, k, example, options.loss());
    gradient[0] = slope;
    for (int a = 0; a < example.features().length; a++) {
      LearnerOptions.L2 l2 = options.l2().get(SPACE.fieldOf(example.features()[a]));
      int row = 1 + example.features()[a] * (1 + k);
      gradient[row] = slope * example.x()[a] + l2.linear() * all[row];
      for (int f = 1; f <= k; f++) {
        double others = others(all, k, example, a, f);
        gradient[row + f] = slope * example.x()[a] * others + l2.factors() * all[row + f];
      }
    }
    return gradient;
  }

  private static double[] trained(LearnerOptions options) {
    try (Learner learner = new Learner(SPACE, options)) {
      new Training(3, 3, 3)
          .run(learner, new ListSource(Sources.planted(1, 200, options.loss())), null, e -> {});
      return weights(learner);
    }
  }

  @Test
  void shouldLearnTheSameBitsFromTheSameSeedAndOthersFromAnother() {
    for (Optimizer optimizer : Optimizer.values()) {
      LearnerOptions options = Sources.options(Loss.SQUARED, optimizer, 3, 0.05, 0.01);
      assertThat(trained(options)).isEqualTo(trained(options));
      assertThat(trained(withSeed(options, 8))).isNotEqualTo(trained(options));
    }
  }

  @Test
  void shouldStartWithLinearWeightsOfZeroAndFactorsOfTheAskedScale() {
    LearnerOptions options = Sources.options(Loss.SQUARED, Optimizer.ADAGRAD, 200, 0.05, 0);
    try (Learner learner = new Learner(SPACE, options)) {
      double[] all = weights(learner);
      double sum = 0;
      double squares = 0;
      for (int j = 0; j < SPACE.size(); j++) {
        assertThat(all[1 + j * 201]).isZero();
        for (int f = 1; f <= 200; f++) {
          sum += all[1 + j * 201 + f];
          squares += all[1 + j * 201 + f] * all[1 + j * 201 + f];
        }
      }
      assertThat(sum / 3200).isCloseTo(0, within(0.02));
      assertThat(Math.sqrt(squares / 3200)).isCloseTo(0.2, within(0.015));
      assertThat(all[0]).isZero();
    }
  }

  @Test
  void shouldScoreAsTheModelItBecomes() {
    LearnerOptions options = Sources.options(Loss.SQUARED, Optimizer.SGD, 6, 0.05, 0);
    try (Learner learner = new Learner(SPACE, options)) {
      for (Plain example : Sources.planted(3, 50, Loss.SQUARED)) {
        assertThat(learner.score(example.toExample()))
            .isCloseTo(score(weights(learner), 6, example), within(1e-5));
        learner.learn(example.toExample(), 0.05);
      }
    }
  }

  @ParameterizedTest
  @EnumSource(Optimizer.class)
  void shouldShowTheWeightsThatTheModelGets(Optimizer optimizer) {
    LearnerOptions options = Sources.options(Loss.LOGISTIC, optimizer, 5, 0.05, 0.01);
    try (Learner learner = new Learner(SPACE, options)) {
      for (Plain example : Sources.planted(3, 20, Loss.LOGISTIC)) {
        learner.learn(example.toExample(), 0.05);
      }
      try (Model model = model(learner)) {
        float[] shown = new float[5];
        float[] expected = new float[5];
        assertThat(learner.bias()).isEqualTo(model.bias()).isNotZero();
        for (int feature = 0; feature < SPACE.size(); feature++) {
          learner.copyFactors(feature, shown);
          model.weights().copyFactors(feature, expected);
          assertThat(shown).isEqualTo(expected);
          assertThat(learner.linear(feature)).isEqualTo(model.weights().bias(feature));
        }
        assertThatThrownBy(() -> learner.linear(SPACE.size()))
            .isInstanceOf(IndexOutOfBoundsException.class);
        assertThatThrownBy(() -> learner.copyFactors(-1, shown))
            .isInstanceOf(IndexOutOfBoundsException.class);
      }
    }
  }

  @Test
  void shouldLearnALinearModelWhereThereAreNoFactors() {
    double[] linear = trained(Sources.options(Loss.LOGISTIC, Optimizer.SGD, 0, 0.05, 0));
    LearnerOptions frozen =
        new LearnerOptions(
            Loss.LOGISTIC,
            Optimizer.SGD,
            3,
            0.05,
            0.1,
            0,
            Sources.options(Loss.LOGISTIC, Optimizer.SGD, 0, 0.05, 0).l2(),
            7);
    double[] fm = trained(frozen); // factors of 0 have gradients of 0 and stay there
    for (int j = 0; j < SPACE.size(); j++) {
      assertThat(fm[1 + 4 * j]).isEqualTo(linear[1 + j]);
    }
    assertThat(fm[0]).isEqualTo(linear[0]);
    try (Learner learner =
        new Learner(SPACE, Sources.options(Loss.LOGISTIC, Optimizer.SGD, 0, 0.05, 0))) {
      Map<String, String> notes = Map.of("k", "v");
      try (Model model = learner.toModel(new PredictionRange(0, 1), notes)) {
        assertThat(model.family()).isEqualTo(Family.LINEAR);
        assertThat(model.link()).isEqualTo(femto.model.Link.SIGMOID);
        assertThat(model.range()).isEqualTo(new PredictionRange(0, 1));
        assertThat(model.notes()).isEqualTo(notes);
      }
    }
  }

  @Test
  void shouldKeepWeightsSmallerUnderAPenalty() {
    double[] free = trained(Sources.options(Loss.SQUARED, Optimizer.SGD, 3, 0.05, 0));
    double[] penalised = trained(Sources.options(Loss.SQUARED, Optimizer.SGD, 3, 0.05, 0.5));
    free[0] = 0;
    penalised[0] = 0;
    assertThat(norm(penalised)).isLessThan(0.7 * norm(free));
  }

  private static double norm(double[] values) {
    double sum = 0;
    for (double value : values) {
      sum += value * value;
    }
    return Math.sqrt(sum);
  }

  @ParameterizedTest
  @CsvSource({"SGD", "ADAGRAD", "FTRL"})
  void shouldClearWhatTrainingNeverSees(Optimizer optimizer) {
    try (Learner learner =
        new Learner(SPACE, Sources.options(Loss.SQUARED, optimizer, 3, 0.05, 0))) {
      Sources.planted(1, 100, Loss.SQUARED).forEach(e -> learner.learn(e.toExample(), 0.1));
      double[] before = weights(learner);
      BitSet seen = new BitSet();
      seen.set(0, SPACE.size());
      seen.clear(2);
      seen.clear(SPACE.size() - 1);
      learner.clearUnseen(seen);
      double[] after = weights(learner);
      for (int i = 1; i < after.length; i++) {
        int feature = (i - 1) / 4;
        boolean cleared = feature == 2 || feature == SPACE.size() - 1;
        assertThat(after[i]).isEqualTo(cleared ? 0 : before[i]);
      }
      assertThat(after[0]).isEqualTo(before[0]);
      // The optimiser's state is left, so learning goes on.
      learner.learn(new Plain(new int[] {2}, new float[] {1}, 5).toExample(), 0.1);
      assertThat(weights(learner)[1 + 4 * 2]).isFinite().isNotZero();
    }
  }

  /** Scores of a curve are of another scale; those of any probability are log odds. */
  @Test
  void shouldStartFromAModelOfItsOwnScaleOnly() {
    PlainFm fm = PlainFm.random(new Random(3), SPACE.size(), 3, 1);
    Link curve = Link.curve(new float[] {0, 1}, new float[] {1, 5});
    Link isotonic = Link.isotonic(new float[] {0, 1}, new float[] {0.1f, 0.5f});
    for (Link link : List.of(Link.IDENTITY, Link.SIGMOID, curve, isotonic)) {
      for (Loss loss : Loss.values()) {
        try (Model plain = TestModels.model(SPACE, fm);
            Model model = withLink(plain, link);
            Learner learner =
                new Learner(SPACE, Sources.options(loss, Optimizer.SGD, 3, 0.05, 0))) {
          boolean fits = loss == Loss.SQUARED ? link.equals(Link.IDENTITY) : link.isOfProbability();
          if (fits) {
            assertThat(learner.startFrom(model)).isEqualTo(SPACE.size());
          } else {
            assertThatIllegalArgumentException()
                .isThrownBy(() -> learner.startFrom(model))
                .withMessageContaining("has the link " + link + ", expected " + loss.link());
          }
        }
      }
    }
  }

  private static Model withLink(Model model, Link link) {
    Slab copy = Slab.allocate(model.weights().segment().byteSize());
    copy.segment().copyFrom(model.weights().segment());
    return new Model(
        model.family(),
        link,
        model.range(),
        model.bias(),
        model.features(),
        copy,
        model.factors(),
        model.notes());
  }

  @ParameterizedTest
  @CsvSource({"SGD", "ADAGRAD"})
  void shouldStartFromAModelByFieldAndValue(Optimizer optimizer) {
    List<Field> theirFields =
        List.of(
            Field.multiHot("genres", Side.CANDIDATE),
            Field.oneHot("stranger", Side.CANDIDATE),
            Field.oneHot("user", Side.CONTEXT));
    FeatureSpace theirs = TestModels.space(theirFields, 2, 5, 9);
    PlainFm fm = PlainFm.random(new Random(3), theirs.size(), 3, 1);
    try (Model model = TestModels.model(theirs, fm);
        Learner learner =
            new Learner(SPACE, Sources.options(Loss.SQUARED, optimizer, 3, 0.05, 0))) {
      double[] before = weights(learner);
      assertThat(learner.startFrom(model)).isEqualTo(6 + 2);
      double[] after = weights(learner);
      assertThat(after[0]).isEqualTo(fm.bias());
      for (int j = 0; j < SPACE.size(); j++) {
        int from = j < 6 ? 7 + j : j >= 12 && j < 14 ? j - 12 : -1;
        assertThat(after[1 + 4 * j]).isEqualTo(from < 0 ? before[1 + 4 * j] : fm.linear()[from]);
        for (int f = 0; f < 3; f++) {
          assertThat(after[2 + 4 * j + f])
              .isEqualTo(from < 0 ? before[2 + 4 * j + f] : fm.factors()[from][f]);
        }
      }
      try (Learner other =
          new Learner(SPACE, Sources.options(Loss.SQUARED, optimizer, 4, 0.05, 0))) {
        assertThatIllegalArgumentException()
            .isThrownBy(() -> other.startFrom(model))
            .withMessageContaining("3")
            .withMessageContaining("4");
      }
    }
  }

  @Test
  void shouldStartFromTheScoreThatPredictsTheMean() {
    Example empty = new Example();
    try (Learner squared =
            new Learner(SPACE, Sources.options(Loss.SQUARED, Optimizer.SGD, 2, 0.05, 0));
        Learner logistic =
            new Learner(SPACE, Sources.options(Loss.LOGISTIC, Optimizer.SGD, 2, 0.05, 0))) {
      squared.startFromMean(3.5);
      assertThat(squared.score(empty)).isEqualTo(3.5);
      logistic.startFromMean(0.25);
      assertThat(1 / (1 + Math.exp(-logistic.score(empty)))).isCloseTo(0.25, within(1e-7));
      logistic.startFromMean(0);
      assertThat(logistic.score(empty)).isFinite().isNegative();
      logistic.startFromMean(1);
      assertThat(logistic.score(empty)).isFinite().isPositive();
    }
  }

  @Test
  void shouldRefuseAPenaltyOfAnotherNumberOfFieldsAndUseAfterClose() {
    LearnerOptions o = Sources.options(Loss.SQUARED, Optimizer.SGD, 2, 0.05, 0);
    LearnerOptions fewer =
        new LearnerOptions(o.loss(), o.optimizer(), 2, 0.05, 0.1, 0.1, o.l2().subList(0, 2), 7);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new Learner(SPACE, fewer).close())
        .withMessageContaining("2")
        .withMessageContaining("3");
    Learner learner = new Learner(SPACE, o);
    Example example = new Plain(new int[] {16}, new float[] {1}, 1).toExample();
    assertThatThrownBy(() -> learner.score(example)).isInstanceOf(IndexOutOfBoundsException.class);
    learner.close();
    learner.close();
    Example fine = new Plain(new int[] {1}, new float[] {1}, 1).toExample();
    assertThatThrownBy(() -> learner.score(fine)).isInstanceOf(IllegalStateException.class);
  }

  @Test
  void shouldHoldExamplesOfAnyLength() {
    Example example = new Example();
    for (int round = 0; round < 2; round++) {
      example.reset(round);
      for (int i = 0; i < 100; i++) {
        example.add(i * 2, i * 0.5f);
      }
      assertThat(example.count()).isEqualTo(100);
      assertThat(example.label()).isEqualTo(round);
      for (int i = 0; i < 100; i++) {
        assertThat(example.feature(i)).isEqualTo(i * 2);
        assertThat(example.weight(i)).isEqualTo(i * 0.5f);
      }
    }
  }
}
