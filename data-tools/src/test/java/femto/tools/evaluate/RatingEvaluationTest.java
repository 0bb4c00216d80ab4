package femto.tools.evaluate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class RatingEvaluationTest {
  // Fold u1 tests rows 0, 2 and 4, with the labels 5, 4 and 1.
  private final Ratings ratings =
      new Ratings(1, 5)
          .add(0, 0, 5, 0)
          .add(0, 1, 2, 0)
          .add(0, 2, 4, 0)
          .add(0, 3, 2, 0)
          .add(0, 4, 1, 0);
  private final Split split = Split.predefined(ratings, "u1");

  @Test
  void shouldMeasureTheTestPartInItsOrder() {
    // Errors 5 - 4 = 1, 4 - 4 = 0, 1 - 3 = -2.
    RatingMetrics metrics = RatingEvaluation.ratings(ratings, split, new double[] {4, 4, 3});

    assertThat(metrics.rmse()).isCloseTo(Math.sqrt(5 / 3.0), within(1e-15));
    assertThat(metrics.mae()).isEqualTo(1);
  }

  @Test
  void shouldTakeALabelOfTheThresholdAsPositive() {
    // Positives 0.9 and 0.3, negative 0.6: one of two pairs is won.
    double[] probabilities = {0.9, 0.3, 0.6};

    BinaryMetrics metrics = RatingEvaluation.binary(ratings, split, probabilities, 4);

    assertThat(metrics.auc()).isEqualTo(0.5);
    assertThat(metrics.logLoss())
        .isCloseTo(-(Math.log(0.9) + Math.log(0.3) + Math.log(0.4)) / 3, within(1e-15));
    assertThat(RatingEvaluation.auc(ratings, split, new double[] {9, 3, 6}, 4)).isEqualTo(0.5);
  }

  @Test
  void shouldMeasureTheTruthItself() {
    // Means by row 4, -, 4, -, 2: errors 1, 0, -1. Probabilities 0.8, -, 0.2, -, 0.2: one pair won,
    // one
    // tied.
    float[] means = {4, 0, 4, 0, 2};
    float[] positive = {0.8f, 0, 0.2f, 0, 0.2f};

    assertThat(RatingEvaluation.bestRmse(ratings, split, example -> means[example]))
        .isCloseTo(Math.sqrt(2 / 3.0), within(1e-15));
    assertThat(RatingEvaluation.bestAuc(ratings, split, example -> positive[example], 4))
        .isEqualTo(0.75);
  }

  @Test
  void shouldRefuseAnotherNumberOfPredictions() {
    assertThatThrownBy(() -> RatingEvaluation.ratings(ratings, split, new double[5]))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("3 labels and 5 predictions, expected as many of each");
  }
}
