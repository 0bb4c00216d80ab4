package femto.tools.evaluate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.SplittableRandom;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

class CalibrationTest {
  @Test
  void shouldBeWhatComesOutByHand() {
    boolean[] positive = {true, false, false, true, true, true};
    double[] probabilities = {0.1, 0.15, 0.5, 0.55, 0.9, 1};
    Calibration calibration = Calibration.of(positive, probabilities, 5);
    assertThat(calibration.bins())
        .extracting(Calibration.Bin::count, Calibration.Bin::positives)
        .containsExactly(
            org.assertj.core.groups.Tuple.tuple(2, 1),
            org.assertj.core.groups.Tuple.tuple(2, 1),
            org.assertj.core.groups.Tuple.tuple(2, 2));
    assertThat(calibration.bins().get(0).probability()).isCloseTo(0.125, within(1e-12));
    assertThat(calibration.bins().get(0).rate()).isEqualTo(0.5);
    // 2/6 |0.5 - 0.125| + 2/6 |0.5 - 0.525| + 2/6 |1 - 0.95|
    assertThat(calibration.expectedError()).isCloseTo(0.15, within(1e-12));
  }

  /** One example at a time, looked up among the others. */
  @Property(tries = 1_000)
  void shouldEqualTheLiteralDefinition(
      @ForAll long seed,
      @ForAll @IntRange(min = 1, max = 60) int n,
      @ForAll @IntRange(min = 1, max = 12) int bins) {
    SplittableRandom random = new SplittableRandom(seed);
    boolean[] positive = new boolean[n];
    double[] probabilities = new double[n];
    for (int i = 0; i < n; i++) {
      positive[i] = random.nextBoolean();
      probabilities[i] = random.nextInt(11) / 10.0;
    }
    double sum = 0;
    for (int i = 0; i < n; i++) {
      double rate = 0;
      double mean = 0;
      int same = 0;
      for (int j = 0; j < n; j++) {
        if (bin(probabilities[j], bins) == bin(probabilities[i], bins)) {
          rate += positive[j] ? 1 : 0;
          mean += probabilities[j];
          same++;
        }
      }
      sum += Math.abs(rate - mean) / same;
    }
    Calibration found = Calibration.of(positive, probabilities, bins);
    assertThat(found.expectedError()).isCloseTo(sum / n, within(1e-9));
    assertThat(found.bins().stream().mapToInt(Calibration.Bin::count).sum()).isEqualTo(n);
  }

  private static int bin(double probability, int bins) {
    return probability == 1 ? bins - 1 : (int) Math.floor(probability * bins);
  }

  @Test
  void shouldBeNearNothingForProbabilitiesThatAreTrue() {
    SplittableRandom random = new SplittableRandom(3);
    double[] probabilities = random.doubles(200_000).toArray();
    boolean[] positive = new boolean[probabilities.length];
    for (int i = 0; i < positive.length; i++) {
      positive[i] = random.nextDouble() < probabilities[i];
    }
    assertThat(Calibration.of(positive, probabilities, 10).expectedError()).isLessThan(0.006);
    double[] sure =
        Arrays.stream(probabilities).map(p -> p < 0.5 ? p / 2 : 1 - (1 - p) / 2).toArray();
    assertThat(Calibration.of(positive, sure, 10).expectedError()).isBetween(0.1, 0.15);
  }

  @Test
  void shouldRefuseWhatIsNoProbability() {
    assertThat(Calibration.of(new boolean[0], new double[0], 10).expectedError()).isNaN();
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Calibration.of(new boolean[1], new double[] {1.5}, 10))
        .withMessageContaining("1.5");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Calibration.of(new boolean[1], new double[2], 10));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Calibration.of(new boolean[0], new double[0], 0));
  }
}
