package femto.learn.blocks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CutPointsTest {
  private static final float[] LABELS = {1, 1, 2, 2, 2, 4, 4};
  private static final double[] SCORES = {-1, 0.3, -0.5, 0.2, 1.1, 0.4, 2.5};

  /** Means and mean squares of two cut points by adding up their density on a fine grid. */
  private static double[] byGrid(double precision) {
    double[] sums = new double[5];
    for (double low = -8; low < 8; low += 0.01) {
      for (double high = low + 0.005; high < 8; high += 0.01) {
        double density = Math.exp(-0.5 * precision * (low * low + high * high));
        for (int e = 0; e < LABELS.length; e++) {
          double below =
              LABELS[e] == 1 ? 0 : Gaussian.below((LABELS[e] == 2 ? low : high) - SCORES[e]);
          double above =
              LABELS[e] == 4 ? 1 : Gaussian.below((LABELS[e] == 1 ? low : high) - SCORES[e]);
          density *= above - below;
        }
        sums[0] += density;
        sums[1] += density * low;
        sums[2] += density * high;
        sums[3] += density * low * low;
        sums[4] += density * low * high;
      }
    }
    return new double[] {
      sums[1] / sums[0], sums[2] / sums[0], sums[3] / sums[0], sums[4] / sums[0]
    };
  }

  @ParameterizedTest
  @CsvSource({"0", "1", "5"})
  void shouldDrawFromTheirDistributionGivenTheScores(double precision) {
    double[] expected = byGrid(precision);
    CutPoints points = new CutPoints(LABELS, precision);
    Draws draws = new Draws(3);
    int count = 200_000;
    int moved = 0;
    double[] sums = new double[4];
    double[] last = points.cuts();
    for (int draw = 0; draw < count; draw++) {
      points.draw(SCORES, draws);
      double[] cuts = points.cuts();
      assertThat(cuts[1]).isGreaterThan(cuts[0]);
      moved += Arrays.equals(cuts, last) ? 0 : 1;
      last = cuts;
      sums[0] += cuts[0] / count;
      sums[1] += cuts[1] / count;
      sums[2] += cuts[0] * cuts[0] / count;
      sums[3] += cuts[0] * cuts[1] / count;
    }
    assertThat(sums).containsExactly(expected, within(0.02));
    assertThat(moved).isGreaterThan(count / 2);
  }

  /** However far from the peak a chain begins, where the likelihood is a needle. */
  @Test
  void shouldFindThePeakOfManyExamplesAtOnce() {
    int count = 60_000;
    Draws draws = new Draws(5);
    double[] truth = {-1.5, -0.2, 2};
    float[] labels = new float[count];
    double[] scores = new double[count];
    for (int e = 0; e < count; e++) {
      scores[e] = 2 * draws.gaussian();
      double hidden = scores[e] + draws.gaussian();
      labels[e] = 1;
      for (double cut : truth) {
        labels[e] += hidden > cut ? 1 : 0;
      }
    }
    CutPoints points = new CutPoints(labels, 0);
    assertThat(points.cuts()[2]).isLessThan(1.2); // scores are not looked at before the first draw
    points.draw(scores, draws);
    points.draw(scores, draws);
    assertThat(points.cuts()).containsExactly(truth, within(0.05));
    assertThat(points.levels()).containsExactly(1, 2, 3, 4);
    for (int e = 0; e < count; e++) {
      assertThat(points.below(e)).isLessThan(points.above(e));
    }
  }

  /** Two cut points between which so few examples are that they begin as one. */
  @Test
  void shouldMoveCutPointsOfARareLevelAndTakeTheTwoZerosForOne() {
    int count = 3_000_000;
    float[] labels = new float[count];
    double[] scores = new double[count];
    for (int e = 0; e < count; e++) {
      labels[e] = e < count / 2 ? -0.0f : e == count / 2 ? 1 : 2;
    }
    labels[0] = 0.0f;
    CutPoints points = new CutPoints(labels, 0);
    assertThat(points.levels()).containsExactly(0, 1, 2);
    double[] start = points.cuts();
    assertThat(start[1]).isGreaterThan(start[0]);
    Draws draws = new Draws(9);
    for (int draw = 0; draw < 10; draw++) {
      points.draw(scores, draws);
    }
    assertThat(points.cuts()[0]).isNotEqualTo(start[0]).isCloseTo(0, within(0.01));
    assertThat(points.below(0)).isEqualTo(Double.NEGATIVE_INFINITY);
  }

  @Test
  void shouldExpectTheMeanLabel() {
    double[] levels = {1, 2, 4};
    double[] cuts = {-0.5, 1};
    for (double score = -3; score <= 3; score += 0.25) {
      double first = Gaussian.below(cuts[0] - score);
      double third = Gaussian.below(score - cuts[1]);
      double mean = first + 2 * (1 - first - third) + 4 * third;
      assertThat(CutPoints.expected(levels, cuts, score)).isCloseTo(mean, within(1e-12));
    }
  }

  @Test
  void shouldRefuseLabelsThatAreNoLevels() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new CutPoints(new float[] {3, 3, 3}, 0))
        .withMessage("labels of one value, expected 2 to 64 different ones to be levels");
    float[] many = new float[100];
    for (int e = 0; e < many.length; e++) {
      many[e] = e;
    }
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new CutPoints(many, 0))
        .withMessage("labels of more than 64 values, expected 2 to 64 different ones to be levels");
  }
}
