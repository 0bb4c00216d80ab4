package femto.policy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.MathContext;
import java.util.Arrays;
import java.util.SplittableRandom;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Scale;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class BetaDistributionTest {
  private static double cumulative(double a, double b, double x) {
    return BetaDistribution.cumulative(a, b, BetaDistribution.logBeta(a, b), x);
  }

  /**
   * For whole a and b the chance of a successes or more in a + b - 1 trials (DLMF 8.17.5), in exact
   * arithmetic but for the last step.
   */
  private static double ofBinomial(int a, int b, double x) {
    BigDecimal p = new BigDecimal(x);
    BigDecimal q = BigDecimal.ONE.subtract(p);
    int n = a + b - 1;
    BigInteger choose = BigInteger.ONE;
    BigDecimal sum = BigDecimal.ZERO;
    MathContext digits = new MathContext(60);
    for (int j = 0; j <= n; j++) {
      if (j >= a) {
        sum =
            sum.add(
                new BigDecimal(choose)
                    .multiply(p.pow(j, digits), digits)
                    .multiply(q.pow(n - j, digits), digits),
                digits);
      }
      choose = choose.multiply(BigInteger.valueOf(n - j)).divide(BigInteger.valueOf(j + 1));
    }
    return sum.doubleValue();
  }

  @Property(tries = 300)
  void shouldBeTheTailOfABinomial(
      @ForAll @IntRange(min = 1, max = 60) int a,
      @ForAll @IntRange(min = 1, max = 60) int b,
      @ForAll @Scale(6) @DoubleRange(min = 0.0001, max = 0.9999) double x) {
    assertThat(cumulative(a, b, x)).isCloseTo(ofBinomial(a, b, x), within(1e-12));
  }

  @Property(tries = 300)
  void shouldBeSymmetricAndTheInverseOfItsQuantile(
      @ForAll @DoubleRange(min = 0.3, max = 3000) double a,
      @ForAll @DoubleRange(min = 0.3, max = 3000) double b,
      @ForAll @Scale(6) @DoubleRange(min = 0.001, max = 0.999) double x) {
    assertThat(cumulative(a, b, x)).isCloseTo(1 - cumulative(b, a, 1 - x), within(1e-10));
    double quantile = BetaDistribution.quantile(a, b, BetaDistribution.logBeta(a, b), x);
    double density = BetaDistribution.density(a, b, BetaDistribution.logBeta(a, b), quantile);
    assertThat(cumulative(a, b, quantile)).isCloseTo(x, within(1e-9 + 1e-13 * density));
  }

  /** The cumulative's slope is the density, also where there are millions of trials. */
  @ParameterizedTest
  @CsvSource({"1, 1", "0.5, 0.5", "3, 97", "400, 9600", "50000, 950000", "2, 5000000"})
  void shouldIntegrateItsDensity(double a, double b) {
    double logBeta = BetaDistribution.logBeta(a, b);
    double from = BetaDistribution.quantile(a, b, logBeta, 0.2);
    double to = BetaDistribution.quantile(a, b, logBeta, 0.7);
    int steps = 2000; // Simpson
    double sum = 0;
    for (int i = 0; i <= steps; i++) {
      double x = from + (to - from) * i / steps;
      sum +=
          BetaDistribution.density(a, b, logBeta, x) * (i == 0 || i == steps ? 1 : 2 + i % 2 * 2);
    }
    assertThat(sum * (to - from) / steps / 3).isCloseTo(0.5, within(1e-7));
  }

  @Test
  void shouldBeZeroBelowAndOneAboveItsRange() {
    assertThat(cumulative(2, 3, 0)).isZero();
    assertThat(cumulative(2, 3, -1)).isZero();
    assertThat(cumulative(2, 3, 1)).isOne();
    assertThat(cumulative(2, 3, 2)).isOne();
  }

  @ParameterizedTest
  @CsvSource({"1, -0.0", "0.5, 0.5723649429247001", "10, 12.801827480081469"})
  void shouldKnowTheGammaFunction(double x, double expected) {
    assertThat(BetaDistribution.logGamma(x)).isCloseTo(expected, within(1e-12));
    // Gamma(x + 1) = x Gamma(x)
    assertThat(BetaDistribution.logGamma(x + 1))
        .isCloseTo(BetaDistribution.logGamma(x) + Math.log(x), within(1e-11));
  }

  /** Kolmogorov and Smirnov: at 200,000 draws 0.0044 is passed by chance once in 2,000 times. */
  @ParameterizedTest
  @CsvSource({"1, 1", "0.5, 0.5", "0.1, 3", "3, 97", "41, 961", "50000, 950000"})
  void shouldDrawAsItIsDistributed(double a, double b) {
    SplittableRandom random = new SplittableRandom(17);
    double[] draws = new double[200_000];
    Arrays.setAll(draws, i -> BetaDistribution.draw(a, b, random));
    Arrays.sort(draws);
    double largest = 0;
    for (int i = 0; i < draws.length; i++) {
      double expected = cumulative(a, b, draws[i]);
      largest = Math.max(largest, Math.abs(expected - (i + 0.5) / draws.length));
    }
    assertThat(largest).isLessThan(0.0044);
  }
}
