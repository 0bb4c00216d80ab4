package femto.tools.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import femto.learn.LearnerOptions.Ftrl;
import femto.learn.LearnerOptions.L2;
import femto.learn.Loss;
import femto.learn.Optimizer;
import femto.learn.Training;
import femto.model.FeatureSpace;
import femto.model.Model;
import femto.tools.data.DataSet;
import femto.tools.evaluate.Split;
import femto.tools.train.Recipes.Kind;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ModelTrainerTest {
  private static DataSet data;

  @BeforeAll
  static void open(@TempDir Path folder) throws IOException {
    data = SmallWorld.open(SmallWorld.raw(folder.resolve("world"), 2500));
  }

  @AfterAll
  static void close() {
    data.close();
  }

  @Test
  void shouldNoteWhatItIsToldAndHowManyEpochsItRan() {
    Recipe recipe = TestRecipes.with(Recipes.of(Loss.SQUARED, 0, Kind.FM), 3, 0, 1);
    ModelTrainer trainer = new ModelTrainer(data, recipe).note("split", "u1").note("who", "me");
    try (Model model = trainer.train(Split.predefined(data, "u1").train())) {
      assertThat(model.notes())
          .containsEntry("epochs", "3")
          .containsEntry("split", "u1")
          .containsEntry("who", "me");
    }
  }

  @Test
  void shouldTrainAnewOnAllForTheEpochThatValidatedBest() {
    Recipe recipe = TestRecipes.with(Recipes.of(Loss.SQUARED, 0, Kind.FM), 40, 0.2, 3);
    List<Training.Epoch> epochs = new ArrayList<>();
    int[] training = Split.predefined(data, "u1").train();
    try (Model model = new ModelTrainer(data, recipe).listener(epochs::add).train(training)) {
      List<Training.Epoch> validated =
          epochs.stream().filter(epoch -> !Double.isNaN(epoch.validationLoss())).toList();
      Training.Epoch best =
          validated.stream()
              .min(java.util.Comparator.comparingDouble(Training.Epoch::validationLoss))
              .orElseThrow();
      List<Training.Epoch> anew = epochs.subList(validated.size(), epochs.size());
      assertThat(model.notes()).containsEntry("epochs", Integer.toString(best.epoch()));
      assertThat(anew).hasSize(best.epoch());
      assertThat(validated.size()).isLessThanOrEqualTo(Math.min(40, best.epoch() + 3));
      assertThat(validated).allMatch(epoch -> epoch.examples() == 1600);
      assertThat(anew).allMatch(epoch -> epoch.examples() == 2000);
    }
  }

  @Test
  void shouldClipToTheRangeOfTheTrainingPart() {
    int[] twosAndThrees =
        java.util.Arrays.stream(SmallWorld.all(data))
            .filter(i -> data.label(i) == 2 || data.label(i) == 3)
            .toArray();
    Recipe recipe = TestRecipes.with(Recipes.of(Loss.SQUARED, 0, Kind.LINEAR), 2, 0, 1);
    try (Model model = new ModelTrainer(data, recipe).train(twosAndThrees);
        ModelOnDataSet bound = new ModelOnDataSet(model, data)) {
      assertThat(model.range().lowest()).isEqualTo(2);
      assertThat(model.range().highest()).isEqualTo(3);
      for (double prediction : bound.predictions(SmallWorld.all(data))) {
        assertThat(prediction).isBetween(2.0, 3.0);
      }
    }
  }

  @Test
  void shouldStartFromTheWeightsOfAnotherModel() {
    int[] training = Split.predefined(data, "u1").train();
    Recipe long20 = TestRecipes.with(Recipes.of(Loss.SQUARED, 0, Kind.FM), 20, 0, 1);
    Recipe tiny =
        TestRecipes.with(
            long20.withTuning(new Recipe.Tuning(1e-9, 1, 0.01, long20.tuning().l2())), 1, 0, 1);
    try (Model start = new ModelTrainer(data, long20).train(training);
        Model warm = new ModelTrainer(data, tiny).startFrom(start).train(training);
        Model cold = new ModelTrainer(data, tiny).train(training)) {
      FeatureSpace space = warm.features();
      for (int feature = 0; feature < space.size(); feature++) {
        assertThat(warm.weights().bias(feature))
            .isCloseTo(
                start.weights().bias(feature), org.assertj.core.api.Assertions.within(1e-4f));
      }
      assertThat(warm.bias())
          .isCloseTo(start.bias(), org.assertj.core.api.Assertions.within(1e-4f));
      double warmRmse = CrossValidation.Figures.of(warm, Loss.SQUARED, 4, data, u1()).rmse();
      double coldRmse = CrossValidation.Figures.of(cold, Loss.SQUARED, 4, data, u1()).rmse();
      assertThat(warmRmse).isLessThan(coldRmse - 0.01);
    }
  }

  private static Recipe logistic(Recipe.Tuning tuning, Optimizer optimizer, double positiveWeight) {
    return new Recipe(
            new Recipe.Task(Loss.LOGISTIC, 4, 0, 0), 4, List.of(), optimizer, tuning, 10, 0, 1, 1)
        .withPreparation(new Recipe.Preparation(0, 0, positiveWeight));
  }

  private static Recipe.Tuning tuning(double linearL1, double factorL1) {
    Map<String, L2> l2 = Map.of(Recipe.ANY_FIELD, new L2(0, 0));
    return new Recipe.Tuning(0.1, 1, 0.01, l2, Map.of(), new Ftrl(1, linearL1, factorL1));
  }

  @Test
  void shouldLeaveOutFeaturesWhoseWeightsAreAllZero() {
    int[] training = u1().train();
    double[][] predictions = new double[2][];
    int[] sizes = new int[2];
    for (int i = 0; i < 2; i++) {
      Recipe recipe = logistic(tuning(i * 12, i * 0.1), Optimizer.FTRL, 1);
      try (Model model = new ModelTrainer(data, recipe).train(training);
          ModelOnDataSet bound = new ModelOnDataSet(model, data)) {
        sizes[i] = model.features().size();
        predictions[i] = bound.predictions(training);
        for (int feature = 0; i == 1 && feature < sizes[i]; feature++) {
          assertThat(model.weights().bias(feature)).isNotZero();
        }
      }
    }
    assertThat(sizes[1]).isLessThan(sizes[0] / 2).isPositive();
    assertThat(java.util.Arrays.stream(predictions[1]).distinct().count()).isGreaterThan(10);
  }

  @Test
  void shouldCorrectProbabilitiesWherePositiveExamplesCountMore() {
    int[] training = u1().train();
    double rate =
        java.util.Arrays.stream(training).filter(i -> data.label(i) >= 4).count()
            / (double) training.length;
    for (double weight : new double[] {0.2, 1, 5}) {
      Recipe recipe = logistic(tuning(0, 0), Optimizer.ADAGRAD, weight);
      try (Model model = new ModelTrainer(data, recipe).train(training);
          ModelOnDataSet bound = new ModelOnDataSet(model, data)) {
        double mean = java.util.Arrays.stream(bound.predictions(training)).average().orElseThrow();
        assertThat(mean).isCloseTo(rate, org.assertj.core.api.Assertions.within(0.03));
      }
    }
  }

  @Test
  void shouldLearnAboutTheSameWithTwoThreads() {
    int[] training = u1().train();
    Recipe recipe = logistic(tuning(0, 0), Optimizer.ADAGRAD, 1);
    double[] losses = new double[2];
    for (int threads = 1; threads <= 2; threads++) {
      try (Model model = new ModelTrainer(data, recipe).threads(threads).train(training)) {
        losses[threads - 1] =
            CrossValidation.Figures.of(model, Loss.LOGISTIC, 4, data, u1()).logLoss();
      }
    }
    assertThat(losses[1]).isCloseTo(losses[0], org.assertj.core.api.Assertions.within(0.01));
  }

  private static Split u1() {
    return Split.predefined(data, "u1");
  }

  @Test
  void shouldRefuseAnEmptyTrainingPart() {
    Recipe recipe = Recipes.of(Loss.SQUARED, 0, Kind.FM);
    assertThatThrownBy(() -> new ModelTrainer(data, recipe).train(new int[0]))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("no examples");
  }

  @Test
  void shouldCrossValidateAsTrainingByHandDoesWhateverTheNumberOfThreads() {
    List<Split> splits = Split.kFold(data, 2, 5);
    List<Recipe> recipes =
        List.of(
            TestRecipes.with(Recipes.of(Loss.SQUARED, 0, Kind.FM), 3, 0, 1),
            TestRecipes.with(Recipes.of(Loss.LOGISTIC, 0, Kind.LINEAR), 3, 0, 1));
    List<List<CrossValidation.Figures>> expected = new ArrayList<>();
    for (Split split : splits) {
      List<CrossValidation.Figures> row = new ArrayList<>();
      for (Recipe recipe : recipes) {
        try (Model model = new ModelTrainer(data, recipe).train(split.train())) {
          row.add(CrossValidation.Figures.of(model, recipe.task().loss(), 4, data, split));
        }
      }
      expected.add(row);
    }
    assertThat(CrossValidation.run(data, splits, recipes, 1, () -> {})).isEqualTo(expected);
    assertThat(CrossValidation.run(data, splits, recipes, 3, () -> {})).isEqualTo(expected);
    assertThat(expected.get(0).get(0).rmse()).isBetween(0.5, 1.5);
    assertThat(expected.get(0).get(0).auc()).isNaN();
    assertThat(expected.get(1).get(1).auc()).isBetween(0.5, 1.0);
    assertThat(expected.get(1).get(1).rmse()).isNaN();
  }

  @Test
  void shouldFindTheFirstFieldOfEachSideAsIds() {
    assertThat(CrossValidation.idFields(data)).containsExactly("user", "movie");
  }
}
