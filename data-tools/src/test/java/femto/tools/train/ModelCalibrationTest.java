package femto.tools.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import femto.learn.FamilyOptions;
import femto.learn.LearnerOptions.Ftrl;
import femto.learn.LearnerOptions.L2;
import femto.learn.Loss;
import femto.learn.Optimizer;
import femto.learn.ScoreCalibration.Method;
import femto.model.Family;
import femto.model.Link;
import femto.model.Model;
import femto.tools.data.DataSet;
import femto.tools.evaluate.RatingEvaluation;
import femto.tools.evaluate.Split;
import femto.tools.train.Recipes.Kind;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Models that are trained and calibrated at once. */
class ModelCalibrationTest {
  private static DataSet data;

  @BeforeAll
  static void open(@TempDir Path folder) throws IOException {
    data = SmallWorld.open(SmallWorld.raw(folder.resolve("world"), 4000));
  }

  @AfterAll
  static void close() {
    data.close();
  }

  private static Split u1() {
    return Split.predefined(data, "u1");
  }

  private static Recipe recipe(Optimizer optimizer, double scale, Recipe.Preparation preparation) {
    Map<String, L2> none = Map.of(Recipe.ANY_FIELD, new L2(0, 0));
    Ftrl ftrl = new Ftrl(1, optimizer == Optimizer.FTRL ? 2 : 0, 0);
    Recipe.Tuning tuning = new Recipe.Tuning(0.1, 1, scale, none, Map.of(), ftrl);
    return new Recipe(
            new Recipe.Task(Loss.LOGISTIC, 4, 0, 0), 4, List.of(), optimizer, tuning, 10, 0.2, 2, 1)
        .withPreparation(preparation);
  }

  /** Random factors this large make scores of noise, and probabilities that are far too sure. */
  private static Recipe tooSure() {
    return recipe(Optimizer.ADAGRAD, 0.7, Recipe.Preparation.NONE);
  }

  private static Model train(Recipe recipe, Method method) {
    return new ModelTrainer(data, recipe).calibrate(method).train(u1().train());
  }

  private static double error(Model model) {
    try (ModelOnDataSet bound = new ModelOnDataSet(model, data)) {
      double[] predicted = bound.predictions(u1().test());
      return RatingEvaluation.calibration(data, u1(), predicted, 4, 10).expectedError();
    }
  }

  private static double logLoss(Model model) {
    return CrossValidation.Figures.of(model, Loss.LOGISTIC, 4, data, u1()).logLoss();
  }

  @Test
  void shouldMakeProbabilitiesHoldThatWereTooSure() {
    try (Model sure = new ModelTrainer(data, tooSure()).train(u1().train())) {
      assertThat(error(sure)).isGreaterThan(0.08);
      for (Method method : Method.values()) {
        try (Model model = train(tooSure(), method)) {
          assertThat(error(model)).isLessThan(0.6 * error(sure));
          assertThat(logLoss(model)).isLessThan(logLoss(sure) - 0.02);
          assertThat(model.notes().get(ModelTrainer.CALIBRATION_NOTE))
              .startsWith(method == Method.PLATT ? "platt 0." : "isotonic of ");
          assertThat(model.link().equals(Link.SIGMOID)).isEqualTo(method == Method.PLATT);
        }
      }
    }
  }

  @Test
  void shouldKeepTheOrderOfScores() {
    int[] movies = java.util.stream.IntStream.range(0, data.candidates().rows()).toArray();
    try (Model plain = new ModelTrainer(data, tooSure()).train(u1().train());
        ModelOnDataSet bound = new ModelOnDataSet(plain, data)) {
      double[] expected = bound.predictions(3, movies);
      for (Method method : Method.values()) {
        try (Model model = train(tooSure(), method);
            ModelOnDataSet calibrated = new ModelOnDataSet(model, data)) {
          double[] found = calibrated.predictions(3, movies);
          Integer[] order = new Integer[movies.length];
          Arrays.setAll(order, i -> i);
          Arrays.sort(order, java.util.Comparator.comparingDouble(i -> expected[i]));
          for (int i = 1; i < order.length; i++) {
            assertThat(found[order[i]]).isGreaterThanOrEqualTo(found[order[i - 1]] - 1e-5);
          }
        }
      }
    }
  }

  @Test
  void shouldCalibrateEachOptimizerPreparationAndFamily() {
    double rate = rate();
    Recipe.Preparation weighted = new Recipe.Preparation(0, 0, 5);
    Recipe.Preparation hashed = new Recipe.Preparation(0, 12, 1);
    Recipe fm = recipe(Optimizer.ADAGRAD, 0.1, Recipe.Preparation.NONE);
    List<Recipe> recipes =
        List.of(
            recipe(Optimizer.SGD, 0.1, Recipe.Preparation.NONE),
            recipe(Optimizer.FTRL, 0.1, Recipe.Preparation.NONE),
            recipe(Optimizer.ADAGRAD, 0.1, weighted),
            recipe(Optimizer.ADAGRAD, 0.1, hashed),
            recipe(Optimizer.FTRL, 0.1, hashed),
            fm.withFamily(FamilyOptions.of(Family.LINEAR), 0),
            fm.withFamily(FamilyOptions.of(Family.FWFM), 4),
            fm.withFamily(FamilyOptions.lowRank(2), 4),
            fm.withFamily(FamilyOptions.of(Family.FFM), 2),
            fm.withFamily(FamilyOptions.poly2(12), 0));
    for (Recipe recipe : recipes) {
      for (Method method : Method.values()) {
        try (Model model = train(recipe, method);
            ModelOnDataSet bound = new ModelOnDataSet(model, data)) {
          assertThat(model.notes().get(ModelTrainer.CALIBRATION_NOTE))
              .as("%s", recipe)
              .startsWith(method == Method.PLATT ? "platt " : "isotonic ");
          double mean = Arrays.stream(bound.predictions(u1().test())).average().orElseThrow();
          assertThat(mean).as("%s %s", recipe, method).isCloseTo(rate, within(0.06));
          assertThat(error(model)).as("%s %s", recipe, method).isLessThan(0.08);
        }
      }
    }
  }

  private static double rate() {
    int[] training = u1().train();
    return Arrays.stream(training).filter(i -> data.label(i) >= 4).count()
        / (double) training.length;
  }

  @Test
  void shouldGiveTheSameModelForTheSameSeed() {
    for (Method method : Method.values()) {
      try (Model first = train(tooSure(), method);
          Model second = train(tooSure(), method)) {
        assertThat(second.bias()).isEqualTo(first.bias());
        assertThat(second.link()).isEqualTo(first.link());
        assertThat(second.weights().segment().mismatch(first.weights().segment())).isEqualTo(-1);
      }
    }
  }

  @Test
  void shouldStartFromTheWeightsOfACalibratedModel() {
    Recipe still = tooSure().withTuning(TestTunings.still());
    try (Model start = train(tooSure(), Method.ISOTONIC);
        Model warm = new ModelTrainer(data, still).startFrom(start).train(u1().train())) {
      assertThat(warm.link()).isEqualTo(Link.SIGMOID);
      assertThat(warm.weights().bias(0)).isCloseTo(start.weights().bias(0), within(1e-5f));
      assertThat(warm.weights().factor(1, 1))
          .isCloseTo(start.weights().factor(1, 1), within(1e-5f));
    }
  }

  /** Numbers that move nothing. */
  private static final class TestTunings {
    static Recipe.Tuning still() {
      return new Recipe.Tuning(1e-9, 1, 0.1, Map.of(Recipe.ANY_FIELD, new L2(0, 0)));
    }
  }

  @Test
  void shouldStayAsLearnedWithoutPositivesAndSaySo() {
    int[] negatives =
        Arrays.stream(u1().train()).filter(i -> data.label(i) < 4).limit(200).toArray();
    try (Model model = new ModelTrainer(data, tooSure()).calibrate(Method.PLATT).train(negatives)) {
      assertThat(model.notes().get(ModelTrainer.CALIBRATION_NOTE))
          .startsWith(ModelTrainer.NOT_CALIBRATED);
      assertThat(model.link()).isEqualTo(Link.SIGMOID);
    }
  }

  @Test
  void shouldRefuseWhatLearnsNoProbabilityOrSetsNothingAside() {
    Recipe squared = TestRecipes.with(Recipes.of(Loss.SQUARED, 0, Kind.FM), 2, 0.1, 1);
    Recipe ranking = TestRecipes.with(Recipes.of(Loss.LOGISTIC, 4, Kind.FM), 2, 0.1, 1);
    Recipe whole = TestRecipes.with(Recipes.of(Loss.LOGISTIC, 0, Kind.FM), 2, 0, 1);
    for (Recipe recipe : List.of(squared, ranking)) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> new ModelTrainer(data, recipe).calibrate(Method.PLATT))
          .withMessageContaining("learns no probability");
    }
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new ModelTrainer(data, whole).calibrate(Method.ISOTONIC))
        .withMessageContaining("without a validation part");
  }
}
