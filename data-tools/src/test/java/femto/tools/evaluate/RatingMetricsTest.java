package femto.tools.evaluate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

class RatingMetricsTest {
  @Test
  void shouldReturnBothErrors() {
    // Errors 1, -2, 0, 4: squares 1 + 4 + 0 + 16 = 21, absolutes 1 + 2 + 0 + 4 = 7.
    RatingMetrics metrics = RatingMetrics.of(new double[] {4, 1, 3, 5}, new double[] {3, 3, 3, 1});

    assertThat(metrics.rmse()).isCloseTo(Math.sqrt(21 / 4.0), within(1e-15));
    assertThat(metrics.mae()).isEqualTo(7 / 4.0);
  }

  @Test
  void shouldReturnNaNWhenThereIsNothingToMeasure() {
    RatingMetrics metrics = RatingMetrics.of(new double[0], new double[0]);

    assertThat(metrics.rmse()).isNaN();
    assertThat(metrics.mae()).isNaN();
  }

  @Test
  void shouldRefuseWhatCannotBeMeasured() {
    assertThatThrownBy(() -> RatingMetrics.of(new double[2], new double[3]))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("2 labels and 3 predictions, expected as many of each");
    assertThatThrownBy(() -> RatingMetrics.of(new double[2], new double[] {0, Double.NaN}))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("label 0.0 and prediction NaN at 1, expected finite numbers");
    assertThatThrownBy(
            () -> RatingMetrics.of(new double[1], new double[] {Double.NEGATIVE_INFINITY}))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Property
  void shouldNeverHaveAMeanAbsoluteErrorAboveTheRoot(
      @ForAll @Size(min = 1, max = 20) List<@DoubleRange(min = -5, max = 5) Double> predictions) {
    double[] predicted = predictions.stream().mapToDouble(Double::doubleValue).toArray();

    RatingMetrics metrics = RatingMetrics.of(new double[predicted.length], predicted);

    assertThat(metrics.mae()).isBetween(0.0, metrics.rmse() + 1e-12);
  }
}
