package femto.tools.evaluate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

class BinaryMetricsTest {
  private static final boolean[] CLASSES = {true, false, true, false, true};

  @Test
  void shouldCountWonPairsAndHalfTheTiedOnes() {
    // Positives 0.9, 0.4, 0.2; negatives 0.4, 0.1. Pairs won: 0.9 beats both (2), 0.4 ties one and
    // beats
    // one (1.5), 0.2 beats one (1): 4.5 of 6.
    double auc = BinaryMetrics.auc(CLASSES, new double[] {0.9, 0.4, 0.4, 0.1, 0.2});

    assertThat(auc).isEqualTo(4.5 / 6);
  }

  @Test
  void shouldReturnTheEndsForPerfectAndReversedScores() {
    assertThat(BinaryMetrics.auc(CLASSES, new double[] {5, 1, 4, 2, 3})).isEqualTo(1);
    assertThat(BinaryMetrics.auc(CLASSES, new double[] {-5, -1, -4, -2, -3})).isEqualTo(0);
    assertThat(BinaryMetrics.auc(CLASSES, new double[5])).isEqualTo(0.5);
  }

  @Test
  void shouldTakeZerosOfBothSignsAsEqualAndOrderInfinities() {
    assertThat(BinaryMetrics.auc(new boolean[] {true, false}, new double[] {-0.0, 0.0}))
        .isEqualTo(0.5);
    assertThat(BinaryMetrics.auc(new boolean[] {true, false}, new double[] {0.0, -0.0}))
        .isEqualTo(0.5);
    assertThat(
            BinaryMetrics.auc(
                new boolean[] {true, false},
                new double[] {Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY}))
        .isEqualTo(1);
  }

  @Test
  void shouldReturnNaNAsAucWhenAClassIsMissing() {
    assertThat(BinaryMetrics.auc(new boolean[] {true, true}, new double[] {1, 2})).isNaN();
    assertThat(BinaryMetrics.auc(new boolean[] {false}, new double[] {1})).isNaN();
    assertThat(BinaryMetrics.auc(new boolean[0], new double[0])).isNaN();
  }

  @Test
  void shouldCountMorePairsThanAnIntHolds() {
    // 50,000 positives and 50,000 negatives, all tied but one positive above all: 2.5e9 pairs, of
    // which
    // 50,000 are won and the others halved.
    boolean[] classes = new boolean[100_000];
    Arrays.fill(classes, 0, 50_000, true);
    double[] scores = new double[100_000];
    scores[0] = 1;

    assertThat(BinaryMetrics.auc(classes, scores))
        .isEqualTo((50_000 + (2.5e9 - 50_000) / 2) / 2.5e9);
  }

  @Test
  void shouldReturnTheMeanNegativeLogLikelihood() {
    // -(ln 0.8 + ln(1 - 0.3)) / 2.
    double loss = BinaryMetrics.logLoss(new boolean[] {true, false}, new double[] {0.8, 0.3});

    assertThat(loss).isCloseTo(-(Math.log(0.8) + Math.log(0.7)) / 2, within(1e-15));
  }

  @Test
  void shouldClipCertainErrors() {
    assertThat(BinaryMetrics.logLoss(new boolean[] {true}, new double[] {0}))
        .isCloseTo(-Math.log(1e-15), within(1e-12));
    // 1 - (1 - 1e-15) is 9.99e-16 in doubles.
    assertThat(BinaryMetrics.logLoss(new boolean[] {false}, new double[] {1}))
        .isCloseTo(-Math.log(1e-15), within(1e-2));
    assertThat(BinaryMetrics.logLoss(new boolean[] {true, false}, new double[] {1, 0}))
        .isBetween(0.0, 2e-15);
  }

  @Test
  void shouldReturnNaNAsLogLossWhenThereIsNoExample() {
    assertThat(BinaryMetrics.logLoss(new boolean[0], new double[0])).isNaN();
  }

  @Test
  void shouldMeasureBothAtOnce() {
    double[] probabilities = {0.9, 0.4, 0.4, 0.1, 0.2};

    assertThat(BinaryMetrics.of(CLASSES, probabilities))
        .isEqualTo(
            new BinaryMetrics(
                BinaryMetrics.auc(CLASSES, probabilities),
                BinaryMetrics.logLoss(CLASSES, probabilities)));
  }

  @Test
  void shouldRefuseWhatCannotBeMeasured() {
    assertThatThrownBy(() -> BinaryMetrics.auc(new boolean[1], new double[2]))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("1 labels and 2 predictions, expected as many of each");
    assertThatThrownBy(() -> BinaryMetrics.auc(new boolean[1], new double[] {Double.NaN}))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("score 0 is NaN, expected a number");
    for (double bad : new double[] {-1e-9, 1.5, Double.NaN}) {
      assertThatThrownBy(() -> BinaryMetrics.logLoss(new boolean[1], new double[] {bad}))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("probability 0 is " + bad + ", expected 0 to 1");
    }
  }

  @Property(tries = 2000)
  void shouldEqualThePairCountOfTheDefinition(
      @ForAll long seed,
      @ForAll @IntRange(min = 2, max = 60) int size,
      @ForAll @IntRange(min = 1, max = 20) int distinctScores) {
    Random random = new Random(seed);
    boolean[] classes = randomClasses(random, size);
    double[] scores = random.ints(size, 0, distinctScores).mapToDouble(s -> s / 7.0).toArray();

    double won = 0;
    double pairs = 0;
    for (int i = 0; i < size; i++) {
      for (int j = 0; j < size; j++) {
        if (classes[i] && !classes[j]) {
          pairs++;
          won += scores[i] > scores[j] ? 1 : scores[i] == scores[j] ? 0.5 : 0;
        }
      }
    }
    assertThat(BinaryMetrics.auc(classes, scores)).isEqualTo(won / pairs).isBetween(0.0, 1.0);
  }

  @Property
  void shouldNotDependOnTheScaleOrTheOrderOfTheScores(
      @ForAll long seed, @ForAll @IntRange(min = 2, max = 60) int size) {
    Random random = new Random(seed);
    boolean[] classes = randomClasses(random, size);
    double[] scores = random.ints(size, -10, 10).asDoubleStream().toArray();
    double[] rising = Arrays.stream(scores).map(s -> Math.exp(s / 3) - 100).toArray();
    double[] falling = Arrays.stream(scores).map(s -> -s).toArray();
    boolean[] reversedClasses = new boolean[size];
    double[] reversedScores = new double[size];
    for (int i = 0; i < size; i++) {
      reversedClasses[i] = classes[size - 1 - i];
      reversedScores[i] = scores[size - 1 - i];
    }

    double auc = BinaryMetrics.auc(classes, scores);

    assertThat(BinaryMetrics.auc(classes, rising)).isEqualTo(auc);
    assertThat(BinaryMetrics.auc(reversedClasses, reversedScores)).isEqualTo(auc);
    assertThat(BinaryMetrics.auc(classes, falling)).isCloseTo(1 - auc, within(1e-15));
  }

  @Property
  void shouldHaveALogLossOfAtLeastZeroAndAtMostThatOfTheClip(
      @ForAll long seed, @ForAll @IntRange(min = 2, max = 60) int size) {
    Random random = new Random(seed);
    double[] probabilities = random.doubles(size).map(p -> p < 0.1 ? 0 : p).toArray();

    assertThat(BinaryMetrics.logLoss(randomClasses(random, size), probabilities))
        .isBetween(0.0, 34.6);
  }

  /** Both classes are there: the first two differ. */
  private static boolean[] randomClasses(Random random, int size) {
    boolean[] classes = new boolean[size];
    for (int i = 0; i < size; i++) {
      classes[i] = i < 2 ? i == 0 : random.nextBoolean();
    }
    return classes;
  }
}
