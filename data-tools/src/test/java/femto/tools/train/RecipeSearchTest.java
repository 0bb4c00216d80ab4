package femto.tools.train;

import static org.assertj.core.api.Assertions.assertThat;

import femto.learn.Loss;
import femto.tools.data.DataSet;
import femto.tools.train.Recipes.Kind;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
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
      RecipeSearch search = new RecipeSearch(data, SmallWorld.all(data), start);
      AtomicInteger done = new AtomicInteger();
      List<RecipeSearch.Trial> one = search.run(11, 1, done::incrementAndGet);
      List<RecipeSearch.Trial> three = search.run(11, 3, done::incrementAndGet);

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
      List<RecipeSearch.Trial> tried =
          new RecipeSearch(data, SmallWorld.all(data), start).run(12, 2, () -> {});
      long diverged = tried.stream().filter(trial -> Double.isNaN(trial.figure())).count();
      assertThat(diverged).isPositive();
      assertThat(tried.subList(tried.size() - (int) diverged, tried.size()))
          .allMatch(trial -> Double.isNaN(trial.figure()));
    }
  }
}
