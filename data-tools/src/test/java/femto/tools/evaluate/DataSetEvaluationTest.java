package femto.tools.evaluate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import femto.tools.RealData;
import femto.tools.data.DataSet;
import femto.tools.data.MovieLens;
import femto.tools.data.MovieLensGenerator;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DataSetEvaluationTest {
  @TempDir Path folder;

  @Test
  void shouldReachTheBestFiguresWithThePlantedTruthAlone() throws IOException {
    MovieLensGenerator.generate(folder.resolve("raw"), 20_000, 7);
    try (DataSet data = DataSet.openOrImport(folder.resolve("raw"))) {
      Split split = Split.temporalPerUser(data, 0.2);
      double[] constant = new double[split.test().length];
      Arrays.fill(constant, 3.5);

      double bestRmse = RatingEvaluation.bestRmse(data, split).orElseThrow();
      double bestAuc = RatingEvaluation.bestAuc(data, split, 4).orElseThrow();

      assertThat(bestRmse)
          .isPositive()
          .isLessThan(RatingEvaluation.ratings(data, split, constant).rmse());
      assertThat(bestAuc).isBetween(RatingEvaluation.auc(data, split, constant, 4) + 0.05, 1.0);
    }
  }

  /** Figures of an independent implementation of the same protocols. */
  @Test
  void shouldReproduceKnownFiguresOnMovieLens100K() throws IOException {
    MovieLens.importFolder(RealData.movieLens100k(), folder.resolve("ml-100k"));
    try (DataSet data = DataSet.open(folder.resolve("ml-100k"))) {
      Split perUser = Split.byName(data, "temporal-user");
      Split global = Split.byName(data, "temporal-global");
      Popularity popularity = Popularity.of(data, perUser.train(), 4);

      RankingEvaluation evaluation =
          RankingEvaluation.evaluate(data, perUser, () -> popularity, 4, 10);

      assertThat(evaluation.users()).isEqualTo(907);
      assertThat(evaluation.means().ndcg()).isCloseTo(0.103, within(0.0005));
      assertThat(global.testUsers(data)).isEqualTo(301);
      assertThat(global.testUsersSeen(data)).isEqualTo(109);
      assertThat(RatingEvaluation.bestRmse(data, perUser)).isEmpty();
      assertThat(RatingEvaluation.bestAuc(data, perUser, 4)).isEmpty();
    }
  }
}
