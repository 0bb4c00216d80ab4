package femto.tools.train;

import static org.assertj.core.api.Assertions.assertThat;

import femto.learn.Loss;
import femto.learn.blocks.BlockOptions.Method;
import femto.model.Model;
import femto.model.ModelFile;
import femto.tools.data.DataSet;
import femto.tools.data.MovieLens;
import femto.tools.evaluate.Split;
import femto.tools.train.DerivedFields.Derived;
import femto.tools.train.Recipes.Kind;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is not in the training part cannot change a weight, whatever it says. */
class NoLeakageTest {
  private static Path directory;
  private static DataSet clean;
  private static DataSet poisoned;
  private static DataSet baseOnly;

  @BeforeAll
  static void importThree(@TempDir Path folder) throws IOException {
    directory = folder;
    Path raw = SmallWorld.raw(folder.resolve("clean"), 2500);
    clean = SmallWorld.open(raw);
    MovieLens.importFolder(raw, folder.resolve("base.set"), "u1.base");
    baseOnly = DataSet.open(folder.resolve("base.set"));

    Path copy = SmallWorld.raw(folder.resolve("poisoned"), 2500);
    List<String> lines = new ArrayList<>(Files.readAllLines(copy.resolve("u.data")));
    for (int i = 0; i < lines.size(); i++) {
      if (SmallWorld.isTest(i)) {
        String[] words = lines.get(i).split("\t", -1);
        words[2] = words[2].equals("5") ? "1" : "5";
        words[3] = Long.toString(1 + Long.parseLong(words[3]) / 2);
        lines.set(i, String.join("\t", words));
      }
    }
    poisoned = SmallWorld.open(SmallWorld.withRatings(copy, lines));
  }

  @org.junit.jupiter.api.AfterAll
  static void close() {
    clean.close();
    poisoned.close();
    baseOnly.close();
  }

  @Test
  void shouldNotLetTestRatingsIntoAModelOfRatings() throws IOException {
    requireSame(recipe(Loss.SQUARED, 0, Kind.FM, 0));
  }

  @Test
  void shouldNotLetTestRatingsIntoEarlyStopping() throws IOException {
    requireSame(recipe(Loss.SQUARED, 0, Kind.FM, 0.2));
    requireSame(recipe(Loss.LOGISTIC, 0, Kind.LINEAR, 0.2));
  }

  @Test
  void shouldNotLetTestRatingsIntoSampledNegatives() throws IOException {
    requireSame(recipe(Loss.LOGISTIC, 2, Kind.FM, 0));
    requireSame(recipe(Loss.LOGISTIC, 2, Kind.FM, 0.2));
  }

  @Test
  void shouldNotLetTestRatingsIntoASearch() {
    Recipe start = recipe(Loss.SQUARED, 0, Kind.FM, 0);
    List<RecipeSearch.Trial<Recipe>> expected = search(clean, start);
    assertThat(search(poisoned, start)).isEqualTo(expected);
    BlockRecipe als = als(clean);
    int[] training = Split.predefined(clean, "u1").train();
    assertThat(RecipeSearch.of(poisoned, training, als).run(3, 2, () -> {}))
        .isEqualTo(RecipeSearch.of(clean, training, als).run(3, 1, () -> {}));
  }

  private static BlockRecipe als(DataSet data) {
    return new BlockRecipe(
        Method.ALS,
        Loss.SQUARED,
        4,
        2,
        List.of(),
        List.of(Derived.values()),
        0.1,
        Recipes.overBlocks(Method.ALS, Loss.SQUARED, Kind.FM, data).l2(),
        new BlockRecipe.Chain(1, 0, 3, 1),
        1);
  }

  @Test
  void shouldNotLetTestRatingsIntoDerivedFieldsAndSampling() throws IOException {
    List<Derived> all = List.of(Derived.values());
    for (Method method : Method.values()) {
      BlockRecipe known = Recipes.overBlocks(method, Loss.SQUARED, Kind.FM, clean);
      BlockRecipe recipe =
          new BlockRecipe(
              method,
              Loss.SQUARED,
              4,
              2,
              List.of(),
              all,
              0.1,
              known.l2(),
              new BlockRecipe.Chain(1, 1, 3, 2),
              1);
      byte[] expected = train(clean, Split.predefined(clean, "u1").train(), recipe);
      assertThat(train(poisoned, Split.predefined(poisoned, "u1").train(), recipe))
          .as("other ratings and times in the test part")
          .isEqualTo(expected);
      assertThat(train(baseOnly, SmallWorld.all(baseOnly), recipe))
          .as("no test part at all")
          .isEqualTo(expected);
      assertThat(train(clean, SmallWorld.all(clean), recipe)).isNotEqualTo(expected);
    }
  }

  private static byte[] train(DataSet data, int[] examples, BlockRecipe recipe) throws IOException {
    Path file = directory.resolve("model.femto");
    try (Model model = new BlockTrainer(data, recipe).train(examples)) {
      ModelFile.write(model, file);
    }
    return Files.readAllBytes(file);
  }

  @Test
  void shouldTellTheTwoWorldsApartByTheirTestParts() throws IOException {
    byte[] onEverything = train(clean, SmallWorld.all(clean), recipe(Loss.SQUARED, 0, Kind.FM, 0));
    assertThat(train(poisoned, SmallWorld.all(poisoned), recipe(Loss.SQUARED, 0, Kind.FM, 0)))
        .isNotEqualTo(onEverything);
  }

  private static List<RecipeSearch.Trial<Recipe>> search(DataSet data, Recipe start) {
    int[] training = Split.predefined(data, "u1").train();
    return RecipeSearch.of(data, training, start).run(3, 2, () -> {});
  }

  private static void requireSame(Recipe recipe) throws IOException {
    byte[] expected = train(clean, Split.predefined(clean, "u1").train(), recipe);
    assertThat(train(poisoned, Split.predefined(poisoned, "u1").train(), recipe))
        .as("other ratings and times in the test part")
        .isEqualTo(expected);
    assertThat(train(baseOnly, SmallWorld.all(baseOnly), recipe))
        .as("no test part at all")
        .isEqualTo(expected);
  }

  private static byte[] train(DataSet data, int[] examples, Recipe recipe) throws IOException {
    Path file = directory.resolve("model.femto");
    try (Model model = new ModelTrainer(data, recipe).train(examples)) {
      ModelFile.write(model, file);
    }
    return Files.readAllBytes(file);
  }

  private static Recipe recipe(Loss loss, int negatives, Kind kind, double validation) {
    return TestRecipes.with(Recipes.of(loss, negatives, kind), 4, validation, 2);
  }
}
