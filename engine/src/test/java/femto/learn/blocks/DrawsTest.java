package femto.learn.blocks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.function.DoubleSupplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class DrawsTest {
  private static final int COUNT = 200_000;

  private static double[] meanAndVariance(DoubleSupplier next) {
    double sum = 0;
    double squares = 0;
    for (int i = 0; i < COUNT; i++) {
      double x = next.getAsDouble();
      sum += x;
      squares += x * x;
    }
    double mean = sum / COUNT;
    return new double[] {mean, squares / COUNT - mean * mean};
  }

  @ParameterizedTest
  @ValueSource(doubles = {0.5, 1, 2.5, 40_000})
  void shouldDrawGammas(double shape) {
    Draws draws = new Draws(1);
    double[] found = meanAndVariance(() -> draws.gamma(shape));
    double error = 4 * Math.sqrt(shape / COUNT);
    assertThat(found[0]).isCloseTo(shape, within(error));
    // The fourth central moment of a Gamma is 3 shape^2 + 6 shape.
    double spread = 4 * Math.sqrt((2 * shape * shape + 6 * shape) / COUNT);
    assertThat(found[1]).isCloseTo(shape, within(spread));
  }

  @ParameterizedTest
  @ValueSource(doubles = {-3, -0.5, 0, 0.4, 0.6, 2, 6})
  void shouldDrawGaussiansAboveABound(double bound) {
    Draws draws = new Draws(2);
    double[] found =
        meanAndVariance(
            () -> {
              double x = draws.gaussianAbove(bound);
              assertThat(x).isGreaterThan(bound);
              return x;
            });
    double density = Math.exp(-0.5 * bound * bound) / Math.sqrt(2 * Math.PI);
    double mean = density / Gaussian.below(-bound);
    double variance = 1 + bound * mean - mean * mean;
    assertThat(found[0]).isCloseTo(mean, within(4 * Math.sqrt(variance / COUNT)));
    assertThat(found[1]).isCloseTo(variance, within(0.02 * variance));
  }

  @ParameterizedTest
  @CsvSource({
    "0, 0.5",
    "1, 0.8413447460685429",
    "-1.959963984540054, 0.025",
    "-4.9, 4.791832765903198e-7",
    "-5.1, 1.6982674071475963e-7",
    "-10, 7.619853024160527e-24",
    "6, 0.9999999990134123"
  })
  void shouldKnowTheGaussianDistribution(double x, double expected) {
    assertThat(Gaussian.below(x)).isCloseTo(expected, within(1e-9 * expected));
  }

  @Test
  void shouldGiveTheSameNumbersForASeed() {
    Draws one = new Draws(3);
    Draws two = new Draws(3);
    for (int i = 0; i < 10; i++) {
      assertThat(one.gamma(1.5)).isEqualTo(two.gamma(1.5));
    }
  }
}
