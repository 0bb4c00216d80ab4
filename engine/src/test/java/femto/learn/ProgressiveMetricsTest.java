package femto.learn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

class ProgressiveMetricsTest {
  private record Scored(double score, double label) {}

  /** Scores of few different values, so that many are equal. */
  private static List<Scored> random(long seed, int count) {
    Random random = new Random(seed);
    return IntStream.range(0, count)
        .mapToObj(i -> new Scored(random.nextInt(9) / 2.0 - 2, random.nextInt(3) == 0 ? 1 : 0))
        .toList();
  }

  private static double logLoss(double score, double label) {
    double p = 1 / (1 + Math.exp(-score));
    return label == 1 ? -Math.log(p) : -Math.log(1 - p);
  }

  @Property(tries = 200)
  void shouldSayOfTheLastExamplesWhatAPlainLoopSays(
      @ForAll long seed,
      @ForAll @IntRange(min = 1, max = 300) int count,
      @ForAll @IntRange(min = 1, max = 200) int size) {
    List<Scored> all = random(seed, count);
    ProgressiveMetrics metrics = new ProgressiveMetrics(Loss.LOGISTIC, size);
    all.forEach(scored -> metrics.add(scored.score, scored.label));
    List<Scored> last = all.subList(Math.max(0, count - size), count);
    ProgressiveMetrics.Window window = metrics.window();
    assertThat(metrics.examples()).isEqualTo(count);
    assertThat(metrics.loss())
        .isCloseTo(
            all.stream().mapToDouble(s -> logLoss(s.score, s.label)).average().orElseThrow(),
            within(1e-9));
    assertThat(window.examples()).isEqualTo(last.size());
    assertThat(window.loss())
        .isCloseTo(
            last.stream().mapToDouble(s -> logLoss(s.score, s.label)).average().orElseThrow(),
            within(1e-9));
    assertThat(window.lossOfZero()).isCloseTo(Math.log(2), within(1e-12));
    double mean = last.stream().mapToDouble(Scored::label).average().orElseThrow();
    assertThat(window.meanLabel()).isCloseTo(mean, within(1e-12));
    double entropy =
        mean == 0 || mean == 1 ? 0 : -mean * Math.log(mean) - (1 - mean) * Math.log(1 - mean);
    assertThat(window.lossOfMean()).isCloseTo(entropy, within(2e-5));
    double predicted =
        last.stream().mapToDouble(s -> 1 / (1 + Math.exp(-s.score))).average().orElseThrow();
    assertThat(window.meanPrediction()).isCloseTo(predicted, within(1e-6));
    assertThat(window.calibration()).isEqualTo(window.meanPrediction() / window.meanLabel());
    double right = 0;
    long pairs = 0;
    for (Scored one : last) {
      for (Scored other : last) {
        if (one.label == 1 && other.label == 0) {
          pairs++;
          right += one.score > other.score ? 1 : one.score == other.score ? 0.5 : 0;
        }
      }
    }
    if (pairs == 0) {
      assertThat(window.auc()).isNaN();
    } else {
      assertThat(window.auc()).isCloseTo(right / pairs, within(1e-12));
    }
  }

  @Test
  void shouldKnowTheVarianceOfLabelsOnAScale() {
    ProgressiveMetrics metrics = new ProgressiveMetrics(Loss.SQUARED, 10);
    metrics.add(2, 1);
    metrics.add(2, 5);
    ProgressiveMetrics.Window window = metrics.window();
    assertThat(window.loss()).isCloseTo((0.5 * 1 + 0.5 * 9) / 2, within(1e-12));
    assertThat(window.lossOfMean()).isCloseTo(0.5 * 4, within(1e-12));
    assertThat(window.lossOfZero()).isCloseTo((0.5 * 1 + 0.5 * 25) / 2, within(1e-12));
    assertThat(window.auc()).isNaN();
  }

  @Test
  void shouldKnowNothingAtFirst() {
    ProgressiveMetrics metrics = new ProgressiveMetrics(Loss.LOGISTIC, 10);
    assertThat(metrics.loss()).isNaN();
    assertThat(metrics.window().examples()).isZero();
    assertThat(metrics.window().loss()).isNaN();
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new ProgressiveMetrics(Loss.LOGISTIC, 0))
        .withMessageContaining("window=0");
  }
}
