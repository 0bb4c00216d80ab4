package femto.tools.evaluate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import femto.tools.RealData;
import femto.tools.data.DataSet;
import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.function.ToDoubleFunction;
import org.junit.jupiter.api.Test;

class UserBootstrapTest {
  /** For many independent values it is the normal interval of their mean. */
  @Test
  void shouldBeAsWideAsTheNormalInterval() {
    SplittableRandom random = new SplittableRandom(1);
    double[] values = new double[900];
    Arrays.setAll(values, i -> i % 9 == 0 ? Double.NaN : 5 + 2 * random.nextGaussian());
    double[] ends = UserBootstrap.ofMean(values);
    double mean = Arrays.stream(values).filter(v -> !Double.isNaN(v)).average().orElseThrow();
    assertThat(mean).isBetween(ends[0], ends[1]);
    double expected = 2 * 1.96 * 2 / Math.sqrt(800);
    assertThat(ends[1] - ends[0]).isCloseTo(expected, within(0.15 * expected));
    assertThat(UserBootstrap.ofMean(values)).isEqualTo(ends);
    assertThat(UserBootstrap.ofMean(new double[] {3, 3})).containsExactly(3, 3);
    assertThat(UserBootstrap.ofMean(new double[] {Double.NaN}))
        .containsExactly(Double.NaN, Double.NaN);
  }

  /** Users who rate high rate high again: the mean rating is less sure than 20,000 coins are. */
  @Test
  void shouldDrawUsersAndNotRatings() throws Exception {
    try (DataSet data = DataSet.openOrImport(RealData.movieLens100k())) {
      Split split = Split.temporalPerUser(data, 0.2);
      int[] test = split.test();
      ToDoubleFunction<int[]> meanRating =
          places -> Arrays.stream(places).mapToDouble(i -> data.label(test[i])).average().orElse(0);
      double mean = Arrays.stream(test).mapToDouble(data::label).average().orElseThrow();
      double variance =
          Arrays.stream(test).mapToDouble(i -> Math.pow(data.label(i) - mean, 2)).sum()
              / (test.length - 1);
      double ofCoins = 2 * 1.96 * Math.sqrt(variance / test.length);
      double[] ends = UserBootstrap.ofFigure(data, split, meanRating);
      assertThat(mean).isBetween(ends[0], ends[1]);
      assertThat(ends[1] - ends[0]).isBetween(2 * ofCoins, 8 * ofCoins);
      assertThat(UserBootstrap.ofFigure(data, split, meanRating)).isEqualTo(ends);
      double[] undefined = UserBootstrap.ofFigure(data, split, places -> Double.NaN);
      assertThat(undefined[0]).isNaN();
    }
  }
}
