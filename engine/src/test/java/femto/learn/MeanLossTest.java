package femto.learn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.SplittableRandom;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class MeanLossTest {
  @ParameterizedTest
  @EnumSource(Loss.class)
  void shouldBeTheMeanOfTheLosses(Loss loss) {
    SplittableRandom random = new SplittableRandom(1);
    MeanLoss all = new MeanLoss(loss);
    MeanLoss first = new MeanLoss(loss);
    MeanLoss second = new MeanLoss(loss);
    assertThat(all.get()).isZero();
    double sum = 0;
    double count = 0;
    for (int i = 0; i < 20_000; i++) { // enough for the product to become too large several times
      double score = random.nextDouble(-3, 3) * (random.nextInt(50) == 0 ? 300 : 1);
      double label = random.nextInt(10) == 0 ? random.nextDouble() : random.nextInt(2);
      double importance = random.nextInt(5) == 0 ? random.nextDouble(0, 3) : 1;
      sum += importance * loss.value(score, label);
      count += importance;
      all.add(score, label, importance);
      (i % 3 == 0 ? first : second).add(score, label, importance);
    }
    assertThat(all.get()).isCloseTo(sum / count, within(1e-12 * sum / count));
    first.add(second);
    assertThat(first.get()).isCloseTo(sum / count, within(1e-12 * sum / count));
  }

  @ParameterizedTest
  @EnumSource(Loss.class)
  void shouldNotHideWhatIsNoNumber(Loss loss) {
    MeanLoss mean = new MeanLoss(loss);
    mean.add(0, 1, 1);
    mean.add(Double.NaN, 1, 1);
    mean.add(0, 0, 1);
    assertThat(mean.get()).isNaN();
  }
}
