package femto.learn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.within;

import femto.learn.ScoreCalibration.Method;
import femto.model.Family;
import femto.model.FeatureSpace;
import femto.model.Link;
import femto.model.Model;
import femto.model.PlainModel;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

class ScoreCalibrationTest {
  private static final FeatureSpace SPACE = PlainModel.space(new Random(1), 2, 2);

  /** Scores, labels that are likelier at greater scores, and weights. */
  private record Examples(double[] scores, boolean[] positive, double[] weights) {
    static Examples draw(Random random, int count, boolean weighted) {
      double[] scores = new double[count];
      boolean[] positive = new boolean[count];
      double[] weights = new double[count];
      for (int i = 0; i < count; i++) {
        scores[i] = random.nextInt(4) == 0 ? random.nextInt(3) : random.nextGaussian(); // some ties
        positive[i] = random.nextDouble() < 1 / (1 + Math.exp(1 - 2 * scores[i]));
        weights[i] = weighted ? (random.nextInt(5) == 0 ? 0 : 3 * random.nextDouble()) : 1;
      }
      weights[0] = 1;
      return new Examples(scores, positive, weights);
    }

    ScoreCalibration fit(Method method) {
      return ScoreCalibration.fit(method, scores, positive, weights);
    }

    /** The mean of the weights that count. */
    double meanWeight() {
      return Arrays.stream(weights).filter(weight -> weight > 0).average().orElseThrow();
    }
  }

  private static double logit(double p) {
    return Math.log(p / (1 - p));
  }

  private static Link linkOf(ScoreCalibration calibration) {
    PlainModel plain = PlainModel.random(new Random(2), Family.LINEAR, SPACE, 0, 0, 1);
    try (Model model = plain.model(Link.SIGMOID);
        Model calibrated = calibration.apply(model)) {
      return calibrated.link();
    }
  }

  @Property(tries = 200)
  void shouldBeWherePlattsLossIsFlat(
      @ForAll @IntRange(min = 2, max = 300) int count,
      @ForAll boolean weighted,
      @ForAll long seed) {
    Examples examples = Examples.draw(new Random(seed), count, weighted);
    examples.positive()[0] = true;
    examples.positive()[1] = false;
    examples.weights()[1] = 1;
    ScoreCalibration calibration = examples.fit(Method.PLATT);
    double positives = 0;
    double negatives = 0;
    double mean = examples.meanWeight();
    for (int i = 0; i < count; i++) {
      double weight = examples.weights()[i] / mean;
      positives += examples.positive()[i] ? weight : 0;
      negatives += examples.positive()[i] ? 0 : weight;
    }
    double byIntercept = 0;
    double bySlope = 0;
    for (int i = 0; i < count; i++) {
      double target =
          examples.positive()[i] ? (positives + 1) / (positives + 2) : 1 / (negatives + 2);
      double weight = examples.weights()[i] / mean;
      double difference = calibration.probability(examples.scores()[i]) - target;
      byIntercept += weight * difference;
      bySlope += weight * difference * examples.scores()[i];
    }
    // The loss is convex, so where it is flat it is least.
    assertThat(byIntercept).isCloseTo(0, within(1e-6));
    assertThat(bySlope).isCloseTo(0, within(1e-6));
  }

  @Test
  void shouldFindTheLineThatLabelsWereDrawnFrom() {
    Random random = new Random(4);
    int count = 100_000;
    double[] scores = random.doubles(count, -3, 3).toArray();
    boolean[] positive = new boolean[count];
    double[] weights = new double[count];
    for (int i = 0; i < count; i++) {
      positive[i] = random.nextDouble() < 1 / (1 + Math.exp(-(0.6 * scores[i] - 1.3)));
      weights[i] = 7;
    }
    ScoreCalibration calibration = ScoreCalibration.fit(Method.PLATT, scores, positive, weights);
    assertThat(logit(calibration.probability(0))).isCloseTo(-1.3, within(0.03));
    assertThat(logit(calibration.probability(1))).isCloseTo(-0.7, within(0.03));
    assertThat(calibration.toString()).startsWith("platt 0.").contains(" * score - 1.");
    ScoreCalibration isotonic = ScoreCalibration.fit(Method.ISOTONIC, scores, positive, weights);
    for (double score = -2.5; score <= 2.5; score += 0.1) {
      double truth = 1 / (1 + Math.exp(-(0.6 * score - 1.3)));
      assertThat(isotonic.probability(score)).isCloseTo(truth, within(0.03));
    }
    assertThat(isotonic.toString()).matches("isotonic of [0-9]+ knots");
  }

  /**
   * The literal formula of isotonic regression, {@code max over a <= i of min over b >= i of the
   * mean of a..b} (Barlow, Bartholomew, Bremner and Brunk, 1972), and knots where values are equal.
   */
  private static Map<Double, Double> knots(Examples examples) {
    TreeMap<Double, double[]> byScore = new TreeMap<>();
    double mean = examples.meanWeight();
    for (int i = 0; i < examples.scores().length; i++) {
      double weight = examples.weights()[i] / mean;
      if (weight > 0) {
        double[] sums =
            byScore.computeIfAbsent((double) (float) examples.scores()[i], s -> new double[2]);
        sums[0] += weight;
        sums[1] += examples.positive()[i] ? weight : 0;
      }
    }
    byScore.firstEntry().getValue()[0]++;
    byScore.firstEntry().getValue()[1]++;
    byScore.lastEntry().getValue()[0]++;
    List<Double> scores = new ArrayList<>(byScore.keySet());
    List<double[]> sums = new ArrayList<>(byScore.values());
    TreeMap<Double, Double> knots = new TreeMap<>();
    double last = -1;
    double count = 0;
    double scoreSum = 0;
    for (int i = 0; i < scores.size(); i++) {
      double value = 0;
      for (int a = 0; a <= i; a++) {
        double least = 1;
        for (int b = i; b < scores.size(); b++) {
          double all = sums.subList(a, b + 1).stream().mapToDouble(sum -> sum[0]).sum();
          double hits = sums.subList(a, b + 1).stream().mapToDouble(sum -> sum[1]).sum();
          least = Math.min(least, hits / all);
        }
        value = Math.max(value, least);
      }
      if (Math.abs(value - last) > 1e-9 && count > 0) {
        knots.put(scoreSum / count, last);
        count = 0;
        scoreSum = 0;
      }
      last = value;
      count += sums.get(i)[0];
      scoreSum += sums.get(i)[0] * scores.get(i);
    }
    knots.put(scoreSum / count, last);
    return knots;
  }

  @Property(tries = 200)
  void shouldPoolAsTheFormulaOfIsotonicRegressionSays(
      @ForAll @IntRange(min = 1, max = 25) int count, @ForAll boolean weighted, @ForAll long seed) {
    Examples examples = Examples.draw(new Random(seed), count, weighted);
    Link link = linkOf(examples.fit(Method.ISOTONIC));
    Map<Double, Double> expected = knots(examples);
    assertThat(link.knots()).isEqualTo(expected.size());
    int knot = 0;
    for (var entry : expected.entrySet()) {
      assertThat((double) link.score(knot)).isCloseTo(entry.getKey(), within(1e-5));
      assertThat((double) link.prediction(knot)).isCloseTo(entry.getValue(), within(1e-6));
      knot++;
    }
  }

  @Test
  void shouldMergeBlocksIntoAsManyKnotsAsALinkHas() {
    int distinct = 5000;
    double[] scores = new double[2 * distinct];
    boolean[] positive = new boolean[2 * distinct];
    double[] weights = new double[2 * distinct];
    for (int i = 0; i < 2 * distinct; i++) {
      int pair = i / 2;
      scores[i] = pair;
      positive[i] = i % 2 == 0;
      double rate = (pair + 1.0) / (distinct + 2);
      weights[i] = positive[i] ? rate : 1 - rate;
    }
    ScoreCalibration calibration = ScoreCalibration.fit(Method.ISOTONIC, scores, positive, weights);
    assertThat(linkOf(calibration).knots()).isBetween(Link.MAX_KNOTS / 2, Link.MAX_KNOTS);
    // At the ends the example more than there are pools the nearest hundred or so.
    for (int score = 200; score < distinct - 200; score++) {
      double rate = (score + 1.0) / (distinct + 2);
      assertThat(calibration.probability(score)).isCloseTo(rate, within(0.002));
    }
  }

  @Test
  void shouldStayFiniteWhereScoresPartTheLabels() {
    double[] scores = {-3, -2, 1, 4};
    boolean[] positive = {false, false, true, true};
    for (Method method : Method.values()) {
      ScoreCalibration calibration =
          ScoreCalibration.fit(method, scores, positive, new double[] {1, 1, 1, 1});
      assertThat(calibration.isRising()).isTrue();
      assertThat(calibration.probability(-100)).isGreaterThanOrEqualTo(0).isLessThan(0.5);
      assertThat(calibration.probability(4)).isStrictlyBetween(0.5, 1.0);
      assertThat(calibration.probability(-3)).isStrictlyBetween(0.0, 0.5);
    }
  }

  @Test
  void shouldNotRiseWithoutBothLabelsOrAgainstTheScores() {
    double[] scores = {-3, -2, 1, 4};
    boolean[] all = {true, true, true, true};
    boolean[] wrongWay = {true, true, false, false};
    double[] weights = {1, 1, 1, 1};
    for (boolean[] labels : List.of(all, wrongWay)) {
      ScoreCalibration platt = ScoreCalibration.fit(Method.PLATT, scores, labels, weights);
      assertThat(platt.isRising()).isFalse();
      PlainModel plain = PlainModel.random(new Random(2), Family.LINEAR, SPACE, 0, 0, 1);
      try (Model model = plain.model(Link.SIGMOID)) {
        assertThatIllegalStateException()
            .isThrownBy(() -> platt.apply(model).close())
            .withMessageContaining("above 0");
      }
      ScoreCalibration isotonic = ScoreCalibration.fit(Method.ISOTONIC, scores, labels, weights);
      assertThat(linkOf(isotonic).knots()).isEqualTo(1);
      double rate = labels[2] ? 5.0 / 6 : 0.5;
      assertThat(isotonic.probability(0)).isCloseTo(rate, within(1e-6));
    }
  }

  @Test
  void shouldRefuseWhatItCannotBeFittedOn() {
    boolean[] one = {true};
    refused(new double[] {1, 2}, one, new double[] {1}, "2 scores, 1 labels and 1 weights");
    refused(new double[] {Double.NaN}, one, new double[] {1}, "score 0 is NaN");
    refused(new double[] {1e39}, one, new double[] {1}, "score 0 is 1.0E39");
    refused(new double[] {1}, one, new double[] {-1}, "weight 0 is -1.0");
    refused(new double[] {1}, one, new double[] {Double.NaN}, "weight 0 is NaN");
    refused(new double[] {1}, one, new double[] {0}, "no examples");
    refused(new double[0], new boolean[0], new double[0], "no examples");
    PlainModel plain = PlainModel.random(new Random(2), Family.LINEAR, SPACE, 0, 0, 1);
    ScoreCalibration calibration =
        ScoreCalibration.fit(Method.ISOTONIC, new double[] {1}, one, new double[] {1});
    try (Model ratings = plain.model(Link.IDENTITY)) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> calibration.apply(ratings).close())
          .withMessageContainingAll("identity", "expected sigmoid");
    }
  }

  private static void refused(
      double[] scores, boolean[] positive, double[] weights, String message) {
    for (Method method : Method.values()) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> ScoreCalibration.fit(method, scores, positive, weights))
          .withMessageContaining(message);
    }
  }
}
