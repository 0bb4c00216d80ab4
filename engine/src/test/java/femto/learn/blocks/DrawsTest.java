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

  /** The series of Marsaglia, "Evaluating the normal distribution" (2004). */
  private static double bySeries(double x) {
    double term = x;
    double sum = x;
    for (int i = 1; i < 200; i++) {
      term *= x * x / (2 * i + 1);
      sum += term;
    }
    return 0.5 + Math.exp(-0.5 * x * x) / Math.sqrt(2 * Math.PI) * sum;
  }

  @Test
  void shouldBeOneFunctionInAllItsParts() {
    double last = 0;
    for (double x = -6; x <= 6; x += 0.001) {
      double below = Gaussian.below(x);
      assertThat(below).isCloseTo(bySeries(x), within(1e-14)).isGreaterThan(last);
      assertThat(Gaussian.below(-x)).isCloseTo(1 - below, within(1e-15));
      last = below;
    }
    assertThat(Gaussian.below(Double.NEGATIVE_INFINITY)).isZero();
    assertThat(Gaussian.below(Double.POSITIVE_INFINITY)).isEqualTo(1);
    assertThat(Gaussian.below(40)).isEqualTo(1);
    assertThat(Gaussian.between(8, 9)).isCloseTo(6.219831985865938e-16, within(1e-25));
    assertThat(Gaussian.between(-9, -8)).isCloseTo(6.219831985865938e-16, within(1e-25));
    assertThat(Gaussian.between(Double.NEGATIVE_INFINITY, 1)).isEqualTo(Gaussian.below(1));
  }

  @ParameterizedTest
  @CsvSource({
    "-1, 1",
    "-5, 0.1",
    "-0.2, 6",
    "0, 0.3",
    "0.4, 0.5",
    "0.4, 9",
    "2, 2.2",
    "2, 3",
    "5, 5.1",
    "-3, -1",
    "-1.1, -1",
    "0.05, 6",
    "1e-3, 20",
    "-Infinity, -1",
    "-Infinity, 2",
    "1.5, Infinity"
  })
  void shouldDrawGaussiansBetweenBounds(double low, double high) {
    Draws draws = new Draws(2);
    double[] found =
        meanAndVariance(
            () -> {
              double x = draws.gaussianBetween(low, high);
              assertThat(x).isBetween(low, high);
              return x;
            });
    double part = Gaussian.between(low, high);
    double atLow = Gaussian.density(low);
    double atHigh = Gaussian.density(high);
    double mean = (atLow - atHigh) / part;
    double first = Double.isInfinite(low) ? 0 : low * atLow;
    double second = Double.isInfinite(high) ? 0 : high * atHigh;
    double variance = 1 + (first - second) / part - mean * mean;
    assertThat(found[0]).isCloseTo(mean, within(4 * Math.sqrt(variance / COUNT)));
    assertThat(found[1]).isCloseTo(variance, within(0.03 * variance));
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
