package femto.tools.experiment;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class CupedTest {
  /** The variance falls by the squared correlation, here 0.8, and the mean stays. */
  @Test
  void shouldTakeAwayWhatWasToBeExpected() {
    SplittableRandom random = new SplittableRandom(5);
    int users = 50_000;
    double[] before = new double[users];
    double[] during = new double[users];
    for (int i = 0; i < users; i++) {
      before[i] = 10 + 2 * random.nextGaussian();
      during[i] = 3 * before[i] + 3 * random.nextGaussian();
    }
    double[] adjusted = Cuped.fit(before, during).adjust(before, during);
    Sample plain = Sample.of(during);
    Sample less = Sample.of(adjusted);
    assertThat(less.mean()).isCloseTo(plain.mean(), within(1e-9));
    assertThat(less.variance() / plain.variance()).isCloseTo(0.2, within(0.01));
  }

  /** By hand: x = 1, 2, 3 and y = 2, 4, 9: theta = 3.5, so y' = 2 + 3.5, 4, 9 - 3.5. */
  @Test
  void shouldBeItsFormula() {
    double[] x = {1, 2, 3};
    double[] y = {2, 4, 9};
    assertThat(Cuped.fit(x, y).adjust(x, y))
        .containsExactly(new double[] {5.5, 4, 5.5}, within(1e-12));
  }

  @Test
  void shouldChangeNothingWhereThereIsNothingToBeExpected() {
    double[] same = {1, 1, 1, 1};
    double[] y = {3, 1, 4, 1};
    assertThat(Cuped.fit(same, y).adjust(same, y)).containsExactly(y);
    assertThatIllegalArgumentException().isThrownBy(() -> Cuped.fit(same, new double[3]));
  }

  @Test
  void shouldFindNoDifferenceWhereThereIsNone() {
    SplittableRandom random = new SplittableRandom(6);
    int runs = 10_000;
    int found = 0;
    for (int run = 0; run < runs; run++) {
      double[] x = random.doubles(200).toArray();
      double[] y = Arrays.stream(x).map(v -> v + 0.3 * random.nextDouble()).toArray();
      Cuped cuped = Cuped.fit(x, y);
      double[] adjusted = cuped.adjust(x, y);
      found +=
          AbTest.ofMeans(
                          Sample.of(Arrays.copyOfRange(adjusted, 0, 100)),
                          Sample.of(Arrays.copyOfRange(adjusted, 100, 200)),
                          0.95)
                      .pValue()
                  < 0.05
              ? 1
              : 0;
    }
    assertThat(found / (double) runs).isBetween(0.045, 0.055);
  }
}
