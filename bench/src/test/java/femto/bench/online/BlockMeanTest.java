package femto.bench.online;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class BlockMeanTest {
  /** By hand: deviation sqrt(2.5), the quantile of 4 degrees of freedom 2.776445. */
  @Test
  void shouldBeTheIntervalOfStudent() {
    BlockMean mean = BlockMean.of(new double[] {1, 2, 3, 4, 5}, 0.95);
    double half = 2.7764451 * Math.sqrt(2.5 / 5);
    assertThat(mean.mean()).isCloseTo(3, within(1e-12));
    assertThat(mean.low()).isCloseTo(3 - half, within(1e-6));
    assertThat(mean.high()).isCloseTo(3 + half, within(1e-6));
  }

  @Test
  void shouldHoldTheMeanAsOftenAsItSays() {
    SplittableRandom random = new SplittableRandom(1);
    int held = 0;
    for (int i = 0; i < 2000; i++) {
      double[] blocks = random.doubles(10, -1, 1).toArray();
      BlockMean mean = BlockMean.of(blocks, 0.95);
      held += mean.low() <= 0 && 0 <= mean.high() ? 1 : 0;
    }
    assertThat(held).isBetween(1860, 1940);
  }

  @Test
  void shouldKnowNoIntervalOfOneBlock() {
    BlockMean mean = BlockMean.of(new double[] {7}, 0.95);
    assertThat(mean.mean()).isEqualTo(7);
    assertThat(mean.low()).isNaN();
    assertThat(mean.high()).isNaN();
  }
}
