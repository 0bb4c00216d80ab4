package femto.tools.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import femto.learn.Example;
import femto.learn.ExampleSource;
import femto.learn.LearnerOptions.L2;
import femto.learn.Loss;
import femto.learn.Optimizer;
import femto.learn.Training;
import femto.learn.blocks.BlockOptions.Method;
import femto.model.Family;
import femto.model.Model;
import femto.tools.data.DataSet;
import femto.tools.data.MovieLens;
import femto.tools.evaluate.Split;
import femto.tools.train.DerivedFields.Derived;
import femto.tools.train.RankingRecipes.Fields;
import femto.tools.train.Recipes.Kind;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.IntFunction;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What the weights of examples do to training. */
class SampleWeightsTest {
  private static final int ROWS = 1500;
  private static Path directory;
  private static Path raw;

  @BeforeAll
  static void generate(@TempDir Path folder) throws IOException {
    directory = folder;
    raw = SmallWorld.raw(folder.resolve("raw"), ROWS);
  }

  private static DataSet weighted(IntFunction<String> weight) throws IOException {
    List<String> lines = new ArrayList<>();
    for (int i = 0; i < ROWS; i++) {
      lines.add(weight.apply(i));
    }
    Path file = Files.write(directory.resolve("weights.txt"), lines);
    Path set = Files.createTempDirectory(directory, "set").resolve("set");
    MovieLens.importFolder(raw, set, null, file);
    return DataSet.open(set);
  }

  private static Recipe recipe(Loss loss, Optimizer optimizer, double stepSize, double validation) {
    Map<String, L2> none = Map.of(Recipe.ANY_FIELD, new L2(0, 0));
    Recipe.Tuning tuning = new Recipe.Tuning(stepSize, 1, 0.1, none);
    return new Recipe(
        new Recipe.Task(loss, 4, 0, 0), 4, List.of(), optimizer, tuning, 3, validation, 3, 1);
  }

  private static Model train(DataSet data, Recipe recipe) {
    return new ModelTrainer(data, recipe).train(Split.predefined(data, "u1").train());
  }

  private static void assertSameWeights(Model one, Model other) {
    assertThat(one.bias()).isEqualTo(other.bias());
    assertThat(one.features().size()).isEqualTo(other.features().size());
    assertThat(one.weights().segment().mismatch(other.weights().segment())).isEqualTo(-1);
  }

  @Test
  void shouldStepTwiceAsFarOnExamplesOfWeightTwo() throws IOException {
    try (DataSet once = SmallWorld.open(raw);
        DataSet twice = weighted(i -> "2")) {
      for (Loss loss : Loss.values()) {
        // A weight multiplies the gradient, and without penalties SGD multiplies that by its step.
        try (Model far = train(once, recipe(loss, Optimizer.SGD, 0.02, 0));
            Model heavy = train(twice, recipe(loss, Optimizer.SGD, 0.01, 0));
            Model near = train(once, recipe(loss, Optimizer.SGD, 0.01, 0))) {
          assertSameWeights(heavy, far);
          assertThat(near.weights().segment().mismatch(far.weights().segment())).isNotEqualTo(-1);
        }
      }
    }
  }

  @Test
  void shouldLearnAsIfExamplesOfWeightZeroWereNotThere() throws IOException {
    try (DataSet plain = SmallWorld.open(raw);
        DataSet some = weighted(i -> i % 3 == 0 ? "0" : "1")) {
      int[] all = Split.predefined(plain, "u1").train();
      int[] left = Arrays.stream(all).filter(i -> i % 3 != 0).toArray();
      for (Loss loss : Loss.values()) {
        Recipe recipe = recipe(loss, Optimizer.ADAGRAD, 0.05, 0);
        try (Model expected = new ModelTrainer(plain, recipe).train(left);
            Model model = new ModelTrainer(some, recipe).train(all)) {
          assertSameWeights(model, expected);
          assertThat(model.range()).isEqualTo(expected.range());
        }
      }
      Recipe known = Recipes.of(Loss.LOGISTIC, 2, Kind.FM);
      Recipe ranking = TestRecipes.with(known, 2, 0, 1);
      try (Model expected = new ModelTrainer(plain, ranking).train(left);
          Model model = new ModelTrainer(some, ranking).train(all)) {
        assertThat(model.features().size()).isEqualTo(expected.features().size());
      }
    }
    try (DataSet none = weighted(i -> "0")) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> train(none, recipe(Loss.SQUARED, Optimizer.SGD, 0.01, 0)).close())
          .withMessageContaining("no examples");
    }
  }

  private static double weight(int example) {
    return 0.25 * (1 + example % 7);
  }

  /** Mean loss of the weighted mean, of examples by their weights. */
  private static double loss(DataSet data, int[] of, int[] started) {
    double sum = 0;
    double count = 0;
    for (int i : started) {
      sum += weight(i) * (data.label(i) >= 4 ? 1 : 0);
      count += weight(i);
    }
    double mean = sum / count;
    double loss = 0;
    double weights = 0;
    for (int i : of) {
      loss -= weight(i) * Math.log(data.label(i) >= 4 ? mean : 1 - mean);
      weights += weight(i);
    }
    return loss / weights;
  }

  @Test
  void shouldWeighTheLossOfTrainingAndOfValidationAndTheMeanThatLearningStartsFrom()
      throws IOException {
    try (DataSet data = weighted(i -> Double.toString(weight(i)))) {
      int[] training = Split.predefined(data, "u1").train();
      Recipe.Tuning still =
          new Recipe.Tuning(1e-12, 1, 1e-9, Map.of(Recipe.ANY_FIELD, new L2(0, 0)));
      Recipe recipe = recipe(Loss.LOGISTIC, Optimizer.SGD, 1, 0.2).withTuning(still);
      List<Training.Epoch> epochs = new ArrayList<>();
      new ModelTrainer(data, recipe).listener(epochs::add).train(training).close();
      Split cut = Split.cut(training, 0.2, recipe.seed());
      Training.Epoch first = epochs.getFirst();
      assertThat(first.trainingLoss())
          .isCloseTo(loss(data, cut.train(), cut.train()), within(1e-6));
      assertThat(first.validationLoss())
          .isCloseTo(loss(data, cut.test(), cut.train()), within(1e-6));
      assertThat(epochs.getLast().trainingLoss())
          .isCloseTo(loss(data, training, training), within(1e-6));
    }
  }

  @Test
  void shouldGiveEachExampleItsOwnWeightTimesThatOfPositives() throws IOException {
    try (DataSet data = weighted(i -> Double.toString(weight(i)))) {
      Recipe known =
          recipe(Loss.LOGISTIC, Optimizer.SGD, 1, 0)
              .withPreparation(new Recipe.Preparation(0, 0, 3));
      int[] training = Split.predefined(data, "u1").train();
      TrainingSet set = TrainingSet.of(data, training, known);
      Example example = new Example();
      for (int i : training) {
        set.read(i, example);
        assertThat(example.importance())
            .isEqualTo((float) (weight(i) * (data.label(i) >= 4 ? 3 : 1)));
      }
      // A pass gives each weight as often as the training part has it, in whatever order.
      double sum = 0;
      ExampleSource source = set.source(training);
      source.start(4);
      while (source.next(example)) {
        sum += example.importance();
      }
      double expected =
          Arrays.stream(training).mapToDouble(i -> weight(i) * (data.label(i) >= 4 ? 3 : 1)).sum();
      assertThat(sum).isCloseTo(expected, within(1e-3));
      // Sampled negatives count as much as the positive example that they were drawn for.
      ExampleSource ranking = set.sourceWithNegatives(training, 2, 0.5);
      ranking.start(4);
      float last = 0;
      while (ranking.next(example)) {
        if (example.label() == 1) {
          last = example.importance() / 3;
        }
        assertThat(example.importance()).isEqualTo(example.label() == 1 ? 3 * last : last);
      }
    }
  }

  @Test
  void shouldNotReadAWeightOfTheTestPart() throws IOException {
    IntFunction<String> clean = i -> Double.toString(weight(i));
    try (DataSet data = weighted(clean);
        DataSet poisoned = weighted(i -> SmallWorld.isTest(i) ? "1000" : clean.apply(i))) {
      Recipe recipe = recipe(Loss.LOGISTIC, Optimizer.ADAGRAD, 0.05, 0.2);
      try (Model expected = train(data, recipe);
          Model model = train(poisoned, recipe)) {
        assertSameWeights(model, expected);
      }
      Split split = Split.predefined(data, "u1");
      Split other = Split.predefined(poisoned, "u1");
      try (Model model = train(data, recipe)) {
        // Figures of a test part count each example once, whatever its weight.
        assertThat(CrossValidation.Figures.of(model, Loss.LOGISTIC, 4, data, split))
            .isEqualTo(CrossValidation.Figures.of(model, Loss.LOGISTIC, 4, poisoned, other));
      }
    }
  }

  private static BlockRecipe overBlocks(Method method, Loss loss, DataSet data) {
    BlockRecipe known = Recipes.overBlocks(method, loss, Kind.FM, data);
    return new BlockRecipe(
        method,
        loss,
        known.positive(),
        3,
        known.fields(),
        List.of(Derived.CONTEXT_IMPLICIT, Derived.CANDIDATE_IMPLICIT, Derived.DAY),
        known.initialScale(),
        known.l2(),
        method == Method.ALS ? known.chain() : new BlockRecipe.Chain(1, 2, 4, 4),
        known.seed());
  }

  @ParameterizedTest
  @EnumSource(Method.class)
  void shouldLearnOverBlocksAsIfExamplesOfWeightZeroWereNotThere(Method method) throws IOException {
    try (DataSet plain = SmallWorld.open(raw);
        DataSet some = weighted(i -> i % 3 == 0 ? "0" : "1");
        DataSet more = weighted(i -> i % 3 == 0 ? "0" : i % 3 == 1 ? "4" : "0.5")) {
      int[] all = Split.predefined(plain, "u1").train();
      int[] left = Arrays.stream(all).filter(i -> i % 3 != 0).toArray();
      BlockRecipe recipe = overBlocks(method, Loss.SQUARED, plain);
      try (Model expected = new BlockTrainer(plain, recipe).train(left);
          Model model = new BlockTrainer(some, recipe).note("split", "u1").train(all);
          Model other = new BlockTrainer(more, recipe).train(all)) {
        assertSameWeights(model, expected);
        assertThat(model.range()).isEqualTo(expected.range());
        assertThat(other.weights().segment().mismatch(model.weights().segment())).isNotEqualTo(-1);
        // Implicit values of a served model are those that it was trained with.
        Split split = Split.predefined(some, "u1");
        assertThat(CrossValidation.Figures.of(model, Loss.SQUARED, 4, some, split))
            .isEqualTo(new BlockTrainer(some, recipe).test(split).saved());
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"bpr", "warp", "ials", "refined"})
  void shouldRankAsIfExamplesOfWeightZeroWereNotThere(String name) throws IOException {
    try (DataSet plain = SmallWorld.open(raw);
        DataSet some = weighted(i -> i % 3 == 0 ? "0" : "1");
        DataSet more = weighted(i -> i % 3 == 0 ? "0" : i % 3 == 1 ? "4" : "0.5")) {
      int[] all = Split.predefined(plain, "u1").train();
      int[] left = Arrays.stream(all).filter(i -> i % 3 != 0).toArray();
      RankingRecipe recipe =
          switch (name) {
            case "bpr" -> RankingRecipes.bpr(plain, Fields.ALL_AND_IMPLICIT);
            case "warp" -> RankingRecipes.warp(plain, Fields.ALL_AND_IMPLICIT);
            case "ials" -> RankingRecipes.leastSquares(plain, Fields.ALL_AND_IMPLICIT);
            default -> RankingRecipes.refined(plain, 0.01);
          };
      try (Model expected = new RankingTrainer(plain, recipe).train(left);
          Model model = new RankingTrainer(some, recipe).train(all);
          Model other = new RankingTrainer(more, recipe).train(all)) {
        assertSameWeights(model, expected);
        assertThat(other.weights().segment().mismatch(model.weights().segment())).isNotEqualTo(-1);
      }
    }
  }

  /** What is recent counts more, as if the data set had weights by when things happened. */
  @Test
  void shouldWeighByRecencyAsWeightsOfTheDataSetWould() throws IOException {
    try (DataSet plain = SmallWorld.open(raw)) {
      int[] training = Split.predefined(plain, "u1").train();
      double[] weights = new double[ROWS];
      Arrays.fill(weights, 1);
      double sum = 0;
      for (int example : training) {
        int before = 0;
        int count = 0;
        for (int other : training) {
          if (plain.context(other) == plain.context(example)) {
            count++;
            boolean earlier =
                plain.time(other) < plain.time(example)
                    || (plain.time(other) == plain.time(example) && other < example);
            before += earlier ? 1 : 0;
          }
        }
        weights[example] = Math.pow(20, count == 1 ? 1 : before / (count - 1.0));
        sum += weights[example];
      }
      for (int example : training) {
        weights[example] *= training.length / sum;
      }
      RankingRecipe recipe = RankingRecipes.leastSquares(plain, Fields.ALL_AND_IMPLICIT);
      try (DataSet weighted = weighted(i -> Double.toString(weights[i]));
          Model expected = new RankingTrainer(weighted, recipe).train(training);
          Model model = new RankingTrainer(plain, recipe.withRecency(20)).train(training);
          Model without = new RankingTrainer(plain, recipe).train(training)) {
        double most = 0;
        for (int j = 0; j < model.features().size(); j++) {
          for (int f = 0; f < model.factors(); f++) {
            float factor = expected.weights().factor(j, f);
            assertThat(model.weights().factor(j, f)).isCloseTo(factor, within(1e-3f));
            most = Math.max(most, Math.abs(without.weights().factor(j, f) - factor));
          }
        }
        assertThat(most).isGreaterThan(0.05);
        assertThat(model.notes()).containsEntry("recency", "20.0");
      }
    }
  }

  @Test
  void shouldRefuseWeightsWhereTheyHaveNoMeaning() throws IOException {
    try (DataSet data = weighted(i -> "2")) {
      BlockRecipe recipe = overBlocks(Method.GIBBS, Loss.LOGISTIC, data);
      assertThatIllegalArgumentException()
          .isThrownBy(() -> new BlockTrainer(data, recipe))
          .withMessageContaining("weights, which gibbs with logistic loss cannot take: expected a");
      BlockRecipe levels = overBlocks(Method.GIBBS, Loss.SQUARED, data).ofLevels();
      assertThatIllegalArgumentException()
          .isThrownBy(() -> new BlockTrainer(data, levels))
          .withMessageContaining("weights, which gibbs with --ordinal cannot take: expected a");
    }
  }

  @Test
  void shouldLearnFromWeightsWithEachFamily() throws IOException {
    try (DataSet data = weighted(i -> i % 2 == 0 ? "3" : "0.5");
        DataSet once = SmallWorld.open(raw)) {
      for (Family family : List.of(Family.FWFM, Family.FFM, Family.POLY2)) {
        Recipe known = recipe(Loss.LOGISTIC, Optimizer.ADAGRAD, 0.05, 0);
        femto.learn.FamilyOptions options =
            family == Family.POLY2
                ? femto.learn.FamilyOptions.poly2(10)
                : femto.learn.FamilyOptions.of(family);
        Recipe recipe = known.withFamily(options, family == Family.POLY2 ? 0 : 4);
        try (Model model = train(data, recipe);
            Model other = train(once, recipe)) {
          assertThat(model.weights().segment().mismatch(other.weights().segment()))
              .isNotEqualTo(-1);
        }
      }
    }
  }
}
