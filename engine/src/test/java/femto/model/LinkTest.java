package femto.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import java.util.Random;
import java.util.TreeSet;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

class LinkTest {
  private static float[] rising(Random random, int count, double from, double to) {
    TreeSet<Float> drawn = new TreeSet<>();
    while (drawn.size() < count) {
      drawn.add((float) (from + (to - from) * random.nextDouble()));
    }
    float[] numbers = new float[count];
    int i = 0;
    for (float number : drawn) {
      numbers[i++] = number;
    }
    return numbers;
  }

  /** Looks at each pair of knots in turn. */
  private static double plain(float[] scores, float[] probabilities, double score) {
    double found = score <= scores[0] ? probabilities[0] : probabilities[scores.length - 1];
    for (int i = 0; i + 1 < scores.length; i++) {
      double low = scores[i];
      double high = scores[i + 1];
      if (score > low && score < high) {
        double left = (high - score) / (high - low);
        found = left * probabilities[i] + (1 - left) * probabilities[i + 1];
      }
    }
    return found;
  }

  @Property(tries = 200)
  void shouldGoStraightFromKnotToKnotAndNeverFall(
      @ForAll @IntRange(min = 1, max = 40) int knots, @ForAll long seed) {
    Random random = new Random(seed);
    float[] scores = rising(random, knots, -5, 5);
    float[] probabilities = rising(random, knots, 1e-6, 1 - 1e-6);
    Link link = Link.isotonic(scores, probabilities);
    double last = 0;
    for (double score = -6; score <= 6; score += 0.01 * random.nextDouble()) {
      double probability = link.apply(score);
      assertThat(probability).isCloseTo(plain(scores, probabilities, score), within(1e-12));
      assertThat(probability).isGreaterThanOrEqualTo(last).isStrictlyBetween(0.0, 1.0);
      last = probability;
    }
    for (int i = 0; i < knots; i++) {
      assertThat(link.apply(scores[i])).isEqualTo(probabilities[i]);
      assertThat(link.score(i)).isEqualTo(scores[i]);
      assertThat(link.prediction(i)).isEqualTo(probabilities[i]);
    }
    assertThat(link.knots()).isEqualTo(knots);
    assertThat(link.apply(Double.NEGATIVE_INFINITY)).isEqualTo(probabilities[0]);
    assertThat(link.apply(Double.POSITIVE_INFINITY)).isEqualTo(probabilities[knots - 1]);
    assertThat(link.apply(Double.NaN)).isNaN();
  }

  @Test
  void shouldBeTheSameOfTheSameKnotsAlone() {
    float[] scores = {-1, 2};
    float[] probabilities = {0.25f, 0.5f};
    Link link = Link.isotonic(scores, probabilities);
    assertThat(link).isEqualTo(Link.isotonic(scores, probabilities)).hasToString("isotonic");
    assertThat(link).hasSameHashCodeAs(Link.isotonic(scores, probabilities));
    probabilities[1] = 0.75f;
    assertThat(link.apply(2)).isEqualTo(0.5);
    assertThat(link).isNotEqualTo(Link.isotonic(scores, probabilities)).isNotEqualTo(Link.SIGMOID);
    assertThat(Link.SIGMOID).isNotEqualTo(Link.IDENTITY).hasToString("sigmoid");
    assertThat(Link.IDENTITY.isOfProbability()).isFalse();
    assertThat(Link.SIGMOID.isOfProbability() && link.isOfProbability()).isTrue();
  }

  @Property(tries = 100)
  void shouldMapScoresToNumbersOfAnyRange(
      @ForAll @IntRange(min = 1, max = 40) int knots, @ForAll long seed) {
    Random random = new Random(seed);
    float[] scores = rising(random, knots, -5, 5);
    float[] predictions = rising(random, knots, -100, 100);
    Link link = Link.curve(scores, predictions);
    for (double score = -6; score <= 6; score += 0.05) {
      assertThat(link.apply(score)).isCloseTo(plain(scores, predictions, score), within(1e-9));
    }
    for (int i = 0; i < knots; i++) {
      assertThat(link.apply(scores[i])).isEqualTo(predictions[i]);
      assertThat(link.prediction(i)).isEqualTo(predictions[i]);
    }
    assertThat(link.isOfProbability()).isFalse();
    assertThat(link).hasToString("curve").isEqualTo(Link.curve(scores, predictions));
    assertThat(link).isNotEqualTo(Link.IDENTITY);
  }

  @Test
  void shouldRefuseACurveThatFallsOrIsNotFinite() {
    for (float second : new float[] {0.9f, Float.NaN, Float.POSITIVE_INFINITY}) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> Link.curve(new float[] {1, 2}, new float[] {1, second}))
          .withMessage(
              "curve link: prediction 1 is %s after 1.0, expected a finite number, no less"
                  .formatted(second));
    }
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Link.curve(new float[] {1, 1}, new float[] {1, 2}))
        .withMessageContaining("curve link: score 1 is 1.0 after 1.0");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Link.curve(new float[] {1}, new float[] {}))
        .withMessageContaining("curve link of 1 scores and 0 predictions");
  }

  @Test
  void shouldRefuseKnotsThatFallOrReachCertainty() {
    refused(new float[] {}, new float[] {}, "0 scores", "1 to 1024");
    refused(new float[] {1}, new float[] {0.5f, 0.6f}, "1 scores and 2 probabilities");
    refused(new float[1025], new float[1025], "1025 scores");
    refused(new float[] {1, 1}, new float[] {0.5f, 0.6f}, "score 1 is 1.0 after 1.0");
    refused(new float[] {1, 0}, new float[] {0.5f, 0.6f}, "score 1 is 0.0");
    refused(new float[] {Float.NaN}, new float[] {0.5f}, "score 0 is NaN");
    refused(new float[] {Float.POSITIVE_INFINITY}, new float[] {0.5f}, "Infinity");
    refused(new float[] {0, 1}, new float[] {0.5f, 0.4f}, "probability 1 is 0.4 after 0.5");
    for (float probability : new float[] {0, 1, -0.1f, 1.5f, Float.NaN}) {
      refused(new float[] {0}, new float[] {probability}, "probability 0 is " + probability);
    }
  }

  private static void refused(float[] scores, float[] probabilities, String... said) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Link.isotonic(scores, probabilities))
        .withMessageContainingAll(said);
  }
}
