package femto.tools.train;

import static org.assertj.core.api.Assertions.assertThat;

import femto.learn.Loss;
import femto.tools.RealData;
import femto.tools.data.DataSet;
import femto.tools.evaluate.Split;
import femto.tools.train.Recipes.Kind;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The known recipes on one fold of the real data: what the README says must stay so. */
class MovieLens100kAccuracyTest {
  @Test
  void shouldPredictRatingsOfFoldU1BetterThanTheLinearModel() throws IOException {
    Path raw = RealData.movieLens100k();
    try (DataSet data = DataSet.openOrImport(raw)) {
      List<Recipe> recipes =
          List.of(
              Recipes.of(Loss.SQUARED, 0, Kind.FM, data),
              Recipes.of(Loss.SQUARED, 0, Kind.LINEAR, data));
      List<CrossValidation.Figures> figures =
          CrossValidation.run(data, List.of(Split.predefined(data, "u1")), recipes, 2, () -> {})
              .get(0);
      assertThat(figures.get(0).rmse()).isLessThanOrEqualTo(0.925);
      assertThat(figures.get(0).rmse()).isLessThanOrEqualTo(figures.get(1).rmse() - 0.015);
    }
  }
}
