package femto.tools.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import femto.learn.LearnerOptions.L2;
import femto.learn.PairwiseOptions.Loss;
import femto.model.Model;
import femto.tools.data.DataSet;
import femto.tools.train.DerivedFields.Derived;
import femto.tools.train.RankingRecipe.LeastSquares;
import femto.tools.train.RankingRecipe.Pairs;
import femto.tools.train.RankingRecipe.Refined;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RankingTrainerTest {
  private static final Pairs PAIRS = new Pairs(Loss.BPR, 0.05, 0.005, 2, 0);
  private static DataSet data;

  @BeforeAll
  static void open(@TempDir Path folder) throws IOException {
    data = SmallWorld.open(SmallWorld.raw(folder.resolve("raw"), 2000));
  }

  @AfterAll
  static void close() {
    data.close();
  }

  private static RankingRecipe recipe(RankingRecipe.Method method, double l2) {
    return new RankingRecipe(
        method,
        4,
        List.of("user", "movie", "genre"),
        List.of(Derived.CONTEXT_IMPLICIT),
        4,
        3,
        0.1,
        Map.of(Recipe.ANY_FIELD, new L2(l2, l2)),
        5);
  }

  private static float[] weights(RankingRecipe recipe, int[] examples) {
    try (Model model = new RankingTrainer(data, recipe).train(examples)) {
      float[] all = new float[model.features().size() * model.factors()];
      for (int i = 0; i < all.length; i++) {
        all[i] = model.weights().factor(i / model.factors(), i % model.factors());
      }
      return all;
    }
  }

  /** A movie that nobody in the training part has rated has no feature, nor one of a user. */
  @Test
  void shouldKnowOnlyWhatTheTrainingPartHas() {
    int[] some = IntStream.range(0, 50).toArray();
    try (Model model =
        new RankingTrainer(data, recipe(PAIRS, 0.01)).note("split", "none").train(some)) {
      for (String field : List.of("movie", "user.movies")) {
        int index = model.features().requireField(field);
        for (int movie = 0; movie < data.candidates().rows(); movie++) {
          int candidate = movie;
          boolean there = Arrays.stream(some).anyMatch(e -> data.candidate(e) == candidate);
          assertThat(model.features().find(index, data.candidateId(movie)) >= 0).isEqualTo(there);
        }
      }
      assertThat(RankingTrainer.isOfRanking(model)).isTrue();
    }
  }

  /** The stronger the penalty, the nearer the end to the start; scores are four times as large. */
  @Test
  void shouldRefineAModelNoFurtherThanThePenaltyLets() {
    int[] all = SmallWorld.all(data);
    RankingRecipe start = recipe(new LeastSquares(0.1, 0.5), 0.1);
    float[] from = weights(start, all);
    double near = distance(weights(recipe(new Refined(PAIRS, start, 4), 19), all), from);
    double far = distance(weights(recipe(new Refined(PAIRS, start, 4), 0), all), from);
    assertThat(near).isGreaterThan(0).isLessThan(0.3 * far);
  }

  private static double distance(float[] weights, float[] start) {
    double sum = 0;
    for (int i = 0; i < weights.length; i++) {
      double difference = weights[i] - 2.0 * start[i];
      sum += difference * difference;
    }
    return Math.sqrt(sum);
  }

  @Test
  void shouldRefuseRecipesThatMeanNothing() {
    RankingRecipe refined = recipe(new Refined(PAIRS, recipe(PAIRS, 0.1), 1), 0.1);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new Refined(PAIRS, refined, 1))
        .withMessageContaining("a start that is refined");
    assertThatIllegalArgumentException()
        .isThrownBy(
            () ->
                new RankingRecipe(
                    PAIRS, 4, List.of(), List.of(Derived.DAY), 4, 3, 0.1, Map.of(), 5))
        .withMessageContaining("expected none of a time");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new RankingRecipe(PAIRS, 4, List.of(), List.of(), 4, 3, 0.1, Map.of(), 5))
        .withMessageContaining("L2 without an entry for *");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new RankingTrainer(data, recipe(PAIRS, 0.1)).train(new int[0]))
        .withMessageContaining("there are no examples to learn from");
  }
}
