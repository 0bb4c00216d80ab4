package femto.tools.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import femto.learn.LearnerOptions.L2;
import femto.learn.Loss;
import femto.learn.blocks.BlockOptions;
import femto.tools.data.DataSet;
import femto.tools.train.Recipes.Kind;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RecipeSearchTest {
  @ParameterizedTest
  @CsvSource({"SQUARED,0,rmse", "LOGISTIC,0,log loss", "LOGISTIC,2,ndcg@10"})
  void shouldFindTheSameTrialsBestFirstWhateverTheNumberOfThreads(
      Loss loss, int negatives, String figure, @TempDir Path directory) throws IOException {
    try (DataSet data = SmallWorld.open(SmallWorld.raw(directory.resolve("world"), 1200))) {
      Recipe start = TestRecipes.with(Recipes.of(loss, negatives, Kind.FM), 2, 0, 1);
      RecipeSearch<Recipe> search = RecipeSearch.of(data, SmallWorld.all(data), start);
      AtomicInteger done = new AtomicInteger();
      List<RecipeSearch.Trial<Recipe>> one = search.run(11, 1, done::incrementAndGet);
      List<RecipeSearch.Trial<Recipe>> three = search.run(11, 3, done::incrementAndGet);

      assertThat(three).isEqualTo(one);
      assertThat(done).hasValue(22);
      assertThat(search.figure()).isEqualTo(figure);
      assertThat(one.stream().map(RecipeSearch.Trial::number))
          .containsExactlyInAnyOrder(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11);
      List<Double> figures = one.stream().map(RecipeSearch.Trial::figure).toList();
      assertThat(figures)
          .isSortedAccordingTo(
              negatives > 0
                  ? java.util.Comparator.<Double>reverseOrder()
                  : java.util.Comparator.<Double>naturalOrder());
      assertThat(
              one.stream().filter(trial -> trial.number() == 1).findFirst().orElseThrow().recipe())
          .isEqualTo(start);
      assertThat(one.stream().map(RecipeSearch.Trial::recipe).distinct()).hasSize(11);
    }
  }

  @Test
  void shouldPutRecipesThatDivergeLast(@TempDir Path directory) throws IOException {
    try (DataSet data = SmallWorld.open(SmallWorld.raw(directory.resolve("world"), 1200))) {
      Recipe known = Recipes.of(Loss.SQUARED, 0, Kind.FM);
      // A step size at the edge: some of the trials around it diverge.
      Recipe start =
          TestRecipes.with(
              known.withTuning(new Recipe.Tuning(0.9, 1, 0.5, known.tuning().l2())), 3, 0, 1);
      List<RecipeSearch.Trial<Recipe>> tried =
          RecipeSearch.of(data, SmallWorld.all(data), start).run(12, 2, () -> {});
      long diverged = tried.stream().filter(trial -> Double.isNaN(trial.figure())).count();
      assertThat(diverged).isPositive();
      assertThat(tried.subList(tried.size() - (int) diverged, tried.size()))
          .allMatch(trial -> Double.isNaN(trial.figure()));
    }
  }

  @Test
  void shouldFindPenaltiesOfAlsThatAreBetterThanOnesFarOff(@TempDir Path directory)
      throws IOException {
    try (DataSet data = SmallWorld.open(SmallWorld.raw(directory.resolve("world"), 1200))) {
      BlockRecipe known =
          Recipes.overBlocks(BlockOptions.Method.ALS, Loss.SQUARED, Kind.FM_IDS_ONLY, data);
      // With next to no penalty it learns the examples by heart.
      BlockRecipe start = known.withPenalties(0.1, Map.of("*", new L2(0.05, 0.05)));
      RecipeSearch<BlockRecipe> search = RecipeSearch.of(data, SmallWorld.all(data), start);
      List<RecipeSearch.Trial<BlockRecipe>> one = search.run(10, 1, () -> {});
      assertThat(search.run(10, 2, () -> {})).isEqualTo(one);
      assertThat(one.stream().map(RecipeSearch.Trial::figure).toList()).isSorted();
      BlockRecipe best = one.getFirst().recipe();
      double first =
          one.stream().filter(trial -> trial.number() == 1).findFirst().orElseThrow().figure();
      assertThat(one.getFirst().figure()).isLessThan(first);
      assertThat(best.chain()).isEqualTo(start.chain());
      assertThat(search.describe(start)).isEqualTo("--l2 *=0.05 --init 0.1 --l2-factors *=0.05");
      assertThat(search.describe(start.linear())).isEqualTo("--l2 *=0.05");
      BlockRecipe gibbs =
          Recipes.overBlocks(BlockOptions.Method.GIBBS, Loss.SQUARED, Kind.FM, data);
      assertThatIllegalArgumentException()
          .isThrownBy(() -> RecipeSearch.of(data, SmallWorld.all(data), gibbs))
          .withMessageContaining("GIBBS, expected ALS");
    }
  }
}
