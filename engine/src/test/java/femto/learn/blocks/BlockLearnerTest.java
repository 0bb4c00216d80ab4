package femto.learn.blocks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import femto.learn.LearnerOptions.L2;
import femto.learn.blocks.BlockOptions.Method;
import femto.learn.blocks.BlockOptions.Priors;
import femto.learn.blocks.BlockOptions.Target;
import femto.model.FeatureRows;
import femto.model.FeatureSpace;
import femto.model.Field;
import femto.model.PredictionRange;
import femto.model.Side;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;
import net.jqwik.api.Assume;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class BlockLearnerTest {
  private static final Priors PRIORS = new Priors(3, 2, 1.5, 0.5);

  private static BlockOptions options(Method method, Target target, int k, int fields, long seed) {
    List<L2> l2 = new ArrayList<>();
    for (int field = 0; field < fields && method == Method.ALS; field++) {
      l2.add(new L2(0.3 + field, 0.5 + 0.2 * field));
    }
    return new BlockOptions(method, target, k, 0.5, l2, PRIORS, seed);
  }

  @Property(tries = 150)
  void shouldTakeTheStepsThatTheWholeMatrixTakes(
      @ForAll long seed,
      @ForAll Method method,
      @ForAll Target target,
      @ForAll boolean weighted,
      @ForAll @IntRange(min = 1, max = 3) int blocks,
      @ForAll @IntRange(min = 0, max = 3) int factors,
      @ForAll @IntRange(min = 1, max = 15) int examples) {
    Random random = new Random(seed);
    Assume.that(target == Target.NUMBER || method == Method.GIBBS);
    Assume.that(target != Target.ORDINAL || examples > 1);
    BlockData drawn = Problems.draw(random, blocks, examples, target);
    boolean numbers = target == Target.NUMBER;
    BlockData data = weighted && numbers ? Problems.weigh(drawn, random) : drawn;
    BlockOptions options =
        options(method, target, factors, data.features().fields().size(), seed ^ 1);
    BlockLearner learner = new BlockLearner(data, options);
    DenseFm dense = new DenseFm(data, options);
    dense.sortedByFirstBlock =
        IntStream.range(0, examples)
            .boxed()
            .sorted(Comparator.comparingInt(e -> data.blocks().getFirst().rowOf()[e]))
            .mapToInt(e -> e)
            .toArray();

    for (int sweep = 0; sweep < 3; sweep++) {
      learner.sweep();
      dense.sweep();
    }

    Weights weights = learner.weights();
    assertThat(weights.bias).isCloseTo(dense.bias, within(1e-8 * (1 + Math.abs(dense.bias))));
    assertClose(weights.linear, dense.w);
    for (int f = 0; f < factors; f++) {
      assertClose(weights.factors[f], dense.v[f]);
    }
    double[] scores = new double[examples];
    new BlockScores(data).score(weights, scores);
    double squares = 0;
    for (int e = 0; e < examples; e++) {
      double score = dense.score(e);
      assertThat(scores[e]).isCloseTo(score, within(1e-7 * (1 + Math.abs(score))));
      squares += data.weights()[e] * Math.pow(score - data.labels()[e], 2);
    }
    if (numbers) {
      double error = Math.sqrt(squares / dense.count());
      assertThat(learner.error()).isCloseTo(error, within(1e-7 * (1 + error)));
    }
  }

  private static void assertClose(double[] found, double[] expected) {
    for (int j = 0; j < expected.length; j++) {
      assertThat(found[j]).isCloseTo(expected[j], within(1e-8 * (1 + Math.abs(expected[j]))));
    }
  }

  @Property(tries = 50)
  void shouldNeverRaiseWhatAlsMakesSmall(
      @ForAll long seed,
      @ForAll boolean weighted,
      @ForAll @IntRange(min = 0, max = 2) int factors) {
    Random random = new Random(seed);
    BlockData drawn = Problems.draw(random, 2, 20, Target.NUMBER);
    BlockData data = weighted ? Problems.weigh(drawn, random) : drawn;
    BlockOptions options =
        options(Method.ALS, Target.NUMBER, factors, data.features().fields().size(), seed);
    BlockLearner learner = new BlockLearner(data, options);
    double before = objective(learner, data, options);
    for (int sweep = 0; sweep < 5; sweep++) {
      learner.sweep();
      double after = objective(learner, data, options);
      assertThat(after).isLessThanOrEqualTo(before * (1 + 1e-12));
      before = after;
    }
  }

  private static double objective(BlockLearner learner, BlockData data, BlockOptions options) {
    Weights weights = learner.weights();
    double count = IntStream.range(0, data.size()).mapToDouble(e -> data.weights()[e]).sum();
    double sum = Math.pow(learner.error(), 2) * count;
    for (int j = 0; j < weights.linear.length; j++) {
      L2 l2 = options.l2().get(data.features().fieldOf(j));
      sum += l2.linear() * Math.pow(weights.linear[j], 2);
      for (double[] factor : weights.factors) {
        sum += l2.factors() * Math.pow(factor[j], 2);
      }
    }
    return sum;
  }

  /**
   * Geweke, "Getting it right" (JASA 2004): drawing parameters from their prior and labels from the
   * parameters gives the same joint distribution as drawing labels and sweeping in turn, if the
   * sweep keeps the posterior. Every function of the state must have the same mean.
   */
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void shouldSampleFromThePosterior(boolean weighted) {
    BlockData drawn = Problems.draw(new Random(11), 2, 6, Target.NUMBER);
    BlockData data = weighted ? drawn.weighted(new float[] {0.5f, 3, 1, 0, 1, 2}) : drawn;
    Priors priors = new Priors(8, 8, 2, 2);
    BlockOptions options =
        new BlockOptions(Method.GIBBS, Target.NUMBER, 1, 0.5, List.of(), priors, 3);
    List<ToDoubleFunction<State>> functions =
        List.of(
            state -> Math.log(state.alpha),
            state -> state.bias,
            state -> Math.tanh(state.linear[0]),
            state -> Math.tanh(Math.pow(state.linear[0], 2)),
            state -> Math.tanh(Math.pow(state.linear[0] - state.linear[1], 2)),
            state -> Math.tanh(Math.pow(state.factor[0], 2)),
            state -> Math.tanh(state.factor[0] * state.factor[1]),
            state -> Math.tanh(state.factor[0] * state.factor[state.factor.length - 1]),
            state -> Math.tanh(state.labels[0]),
            state -> Math.tanh(Math.pow(state.labels[0], 2)),
            state -> Math.tanh(state.labels[0] * state.labels[1]));
    int draws = 60_000;
    double[][] fromPrior = new double[functions.size()][draws];
    double[][] fromChain = new double[functions.size()][draws];
    Draws random = new Draws(5);
    BlockLearner learner = new BlockLearner(data, options, new Draws(7));
    float[] zeros = new float[data.size()];
    BlockData sorted =
        new BlockData(data.features(), data.blocks(), zeros, data.weights()).sorted();
    BlockScores scores = new BlockScores(sorted);
    for (int draw = 0; draw < draws; draw++) {
      State prior = State.draw(sorted, scores, priors, random);
      learner.sweep();
      Weights weights = learner.weights();
      State chained = State.withLabels(scores, sorted, learner.alpha(), weights, random);
      learner.setTargets(chained.labels);
      for (int i = 0; i < functions.size(); i++) {
        fromPrior[i][draw] = functions.get(i).applyAsDouble(prior);
        fromChain[i][draw] = functions.get(i).applyAsDouble(chained);
      }
    }
    assertSameMeans(fromPrior, fromChain);
  }

  /** The same of levels, whose cut points take the place of w0 and of the noise's precision. */
  @Test
  void shouldSampleLevelsFromThePosterior() {
    BlockData drawn = Problems.draw(new Random(11), 2, 6, Target.NUMBER);
    BlockData data =
        new BlockData(drawn.features(), drawn.blocks(), new float[] {1, 2, 3, 1, 2, 3});
    Priors priors = new Priors(8, 8, 2, 2);
    BlockOptions options =
        new BlockOptions(Method.GIBBS, Target.ORDINAL, 1, 0.5, List.of(), priors, 3);
    List<ToDoubleFunction<Leveled>> functions =
        List.of(
            state -> state.cuts[0],
            state -> state.cuts[1],
            state -> state.cuts[0] * state.cuts[1],
            state -> Math.tanh(state.of.linear[0]),
            state -> Math.tanh(Math.pow(state.of.linear[0] - state.of.linear[1], 2)),
            state -> Math.tanh(Math.pow(state.of.factor[0], 2)),
            state -> Math.tanh(state.of.factor[0] * state.of.factor[state.of.factor.length - 1]),
            state -> state.levels[0],
            state -> state.levels[0] * state.levels[1] / 4.0,
            state -> state.levels[0] * state.cuts[0],
            state -> state.levels[3] * Math.tanh(state.of.linear[0]));
    int draws = 60_000;
    double[][] fromPrior = new double[functions.size()][draws];
    double[][] fromChain = new double[functions.size()][draws];
    Draws random = new Draws(5);
    BlockLearner learner = new BlockLearner(data, options, new Draws(7));
    BlockData sorted = data.sorted();
    BlockScores scores = new BlockScores(sorted);
    for (int draw = 0; draw < draws; draw++) {
      State prior = State.draw(sorted, scores, priors, random);
      double[] cuts = new double[2];
      for (int cut = 0; cut < cuts.length; cut++) {
        cuts[cut] = random.gaussian() / Math.sqrt(priors.biasPrecision());
      }
      Arrays.sort(cuts);
      Weights ofPrior = new Weights(data.features().size(), 1);
      System.arraycopy(prior.linear, 0, ofPrior.linear, 0, prior.linear.length);
      System.arraycopy(prior.factor, 0, ofPrior.factors[0], 0, prior.factor.length);
      Leveled one = Leveled.draw(scores, sorted, cuts, ofPrior, random);
      learner.sweep();
      Weights weights = learner.weights();
      double[] cutsNow = learner.requireCutPoints().cuts();
      Leveled chained = Leveled.draw(scores, sorted, cutsNow, weights, random);
      learner.requireCutPoints().setLevels(chained.levels);
      for (int i = 0; i < functions.size(); i++) {
        fromPrior[i][draw] = functions.get(i).applyAsDouble(one);
        fromChain[i][draw] = functions.get(i).applyAsDouble(chained);
      }
    }
    assertSameMeans(fromPrior, fromChain);
  }

  /** Weights and cut points, and levels drawn from them. */
  private record Leveled(State of, double[] cuts, int[] levels) {
    static Leveled draw(
        BlockScores scores, BlockData data, double[] cuts, Weights weights, Draws random) {
      State hidden = State.withLabels(scores, data, 1, weights, random);
      int[] levels = new int[data.size()];
      for (int e = 0; e < levels.length; e++) {
        for (double cut : cuts) {
          levels[e] += hidden.labels[e] > cut ? 1 : 0;
        }
      }
      return new Leveled(hidden, cuts, levels);
    }
  }

  private record State(
      double alpha, double bias, double[] linear, double[] factor, double[] labels) {
    static State draw(BlockData data, BlockScores scores, Priors priors, Draws random) {
      Weights weights = new Weights(data.features().size(), 1);
      double alpha = random.gamma(priors.shape() / 2) / (priors.rate() / 2);
      weights.bias = random.gaussian() / Math.sqrt(priors.biasPrecision());
      for (double[] group : List.of(weights.linear, weights.factors[0])) {
        for (int field = 0; field < data.features().fields().size(); field++) {
          double lambda = random.gamma(priors.shape() / 2) / (priors.rate() / 2);
          double mu = random.gaussian() / Math.sqrt(priors.meanPrecision() * lambda);
          for (int j = 0; j < group.length; j++) {
            if (data.features().fieldOf(j) == field) {
              group[j] = mu + random.gaussian() / Math.sqrt(lambda);
            }
          }
        }
      }
      return withLabels(scores, data, alpha, weights, random);
    }

    static State withLabels(
        BlockScores scores, BlockData data, double alpha, Weights weights, Draws random) {
      double[] labels = new double[data.size()];
      scores.score(weights, labels);
      for (int e = 0; e < labels.length; e++) {
        if (data.weights()[e] > 0) { // of the others nothing is known
          labels[e] += random.gaussian() / Math.sqrt(alpha * data.weights()[e]);
        }
      }
      return new State(
          alpha, weights.bias, weights.linear.clone(), weights.factors[0].clone(), labels);
    }
  }

  private static void assertSameMeans(double[][] fromPrior, double[][] fromChain) {
    for (int i = 0; i < fromPrior.length; i++) {
      double difference = mean(fromPrior[i]) - mean(fromChain[i]);
      double error = Math.hypot(standardError(fromPrior[i]), standardError(fromChain[i]));
      assertThat(Math.abs(difference) / error).as("function %d", i).isLessThan(4);
      assertThat(error).as("function %d can tell", i).isLessThan(0.03);
    }
  }

  private static double mean(double[] values) {
    return Arrays.stream(values).average().orElseThrow();
  }

  /** By means of 100 batches, which correlation inside a batch does not matter to. */
  private static double standardError(double[] values) {
    int batches = 100;
    int size = values.length / batches;
    double mean = mean(values);
    double sum = 0;
    for (int batch = 0; batch < batches; batch++) {
      double ofBatch = mean(Arrays.copyOfRange(values, batch * size, (batch + 1) * size));
      sum += (ofBatch - mean) * (ofBatch - mean);
    }
    return Math.sqrt(sum / (batches - 1) / batches);
  }

  @Test
  void shouldFindTheBestPenalisedMeansOfALinearModel() {
    // Two values of one field, labels 1 1 and 4; penalty 2: with w0 known, w = sum of rests / (n +
    // 2).
    FeatureSpace.Builder builder =
        new FeatureSpace.Builder(List.of(Field.oneHot("user", Side.CONTEXT)));
    builder.add(0, "a");
    builder.add(0, "b");
    FeatureSpace space = builder.build();
    FeatureRows rows =
        FeatureRows.copyOf(new long[] {0, 1, 2}, new int[] {0, 1}, new float[] {1, 1}, 2);
    BlockData data =
        new BlockData(space, List.of(new Block(rows, new int[] {0, 0, 1})), new float[] {1, 1, 4});
    BlockOptions options =
        new BlockOptions(Method.ALS, Target.NUMBER, 0, 0, List.of(new L2(2, 0)), Priors.LIBFM, 1);
    BlockLearner learner = new BlockLearner(data, options);
    for (int sweep = 0; sweep < 200; sweep++) {
      learner.sweep();
    }
    Weights weights = learner.weights();
    assertThat(weights.linear[0]).isCloseTo((2 - 2 * weights.bias) / 4, within(1e-12));
    assertThat(weights.linear[1]).isCloseTo((4 - weights.bias) / 3, within(1e-12));
    assertThat(weights.bias)
        .isCloseTo((6 - 2 * weights.linear[0] - weights.linear[1]) / 3, within(1e-12));
  }

  @Test
  void shouldLearnFromAnExampleOfWeightTwoAsFromTwo() {
    Random random = new Random(5);
    BlockData once = Problems.draw(random, 2, 12, Target.NUMBER);
    int[] twice = IntStream.concat(IntStream.range(0, 12), IntStream.of(3, 7)).toArray();
    List<Block> blocks = new ArrayList<>();
    for (Block block : once.blocks()) {
      int[] rowOf = IntStream.of(twice).map(e -> block.rowOf()[e]).toArray();
      blocks.add(new Block(block.rows(), rowOf));
    }
    float[] labels = new float[twice.length];
    for (int e = 0; e < labels.length; e++) {
      labels[e] = once.labels()[twice[e]];
    }
    float[] weights = new float[12];
    Arrays.fill(weights, 1);
    weights[3] = 2;
    weights[7] = 2;
    BlockOptions als = options(Method.ALS, Target.NUMBER, 2, 4, 3);
    BlockLearner repeated = new BlockLearner(new BlockData(once.features(), blocks, labels), als);
    BlockLearner weighted = new BlockLearner(once.weighted(weights), als);
    for (int sweep = 0; sweep < 5; sweep++) {
      repeated.sweep();
      weighted.sweep();
    }
    assertThat(weighted.error()).isCloseTo(repeated.error(), within(1e-9));
    assertClose(weighted.weights().linear, repeated.weights().linear);
    assertClose(weighted.weights().factors[1], repeated.weights().factors[1]);
    BlockLearner alike = new BlockLearner(once, als);
    alike.sweep();
    assertThat(alike.error()).isNotCloseTo(weighted.error(), within(1e-3));
  }

  @Test
  void shouldAverageClippedPredictions() {
    BlockData data = Problems.draw(new Random(4), 2, 12, Target.NUMBER);
    BlockOptions options = options(Method.GIBBS, Target.NUMBER, 2, 0, 9);
    BlockLearner learner = new BlockLearner(data, options);
    PredictionRange range = new PredictionRange(2.5f, 3.5f);
    BlockPredictions predictions = new BlockPredictions(data, range);
    double[] expected = new double[data.size()];
    double[] scores = new double[data.size()];
    for (int sample = 0; sample < 5; sample++) {
      learner.sweep();
      predictions.add(learner);
      new BlockScores(data).score(learner.weights(), scores);
      for (int e = 0; e < scores.length; e++) {
        expected[e] += Math.min(3.5, Math.max(2.5, scores[e])) / 5;
      }
    }
    assertThat(predictions.mean()).containsExactly(expected, within(1e-12));
    assertThat(Arrays.stream(scores).anyMatch(score -> score < 2.5 || score > 3.5)).isTrue();
  }

  @Test
  void shouldGiveOneChainForASeed() {
    BlockData data = Problems.draw(new Random(4), 3, 12, Target.NUMBER);
    double[][] chains = new double[3][];
    for (int chain = 0; chain < 3; chain++) {
      BlockLearner learner =
          new BlockLearner(data, options(Method.GIBBS, Target.NUMBER, 2, 0, chain / 2));
      learner.sweep();
      chains[chain] = learner.weights().factors[1];
    }
    assertThat(chains[1]).isEqualTo(chains[0]).isNotEqualTo(chains[2]);
  }

  @Test
  void shouldRefuseWhatItCannotLearn() {
    BlockData data = Problems.draw(new Random(4), 2, 3, Target.NUMBER);
    Block block = data.blocks().getFirst();
    BlockOptions gibbs = options(Method.GIBBS, Target.NUMBER, 1, 0, 1);
    assertThatIllegalArgumentException()
        .isThrownBy(
            () ->
                new BlockLearner(
                    new BlockData(data.features(), List.of(block, block), data.labels()), gibbs))
        .withMessageMatching("feature \\d+ is of block 0 and of block 1, expected one");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new BlockLearner(data, options(Method.GIBBS, Target.PROBIT, 1, 0, 1)))
        .withMessageMatching("label .*, expected 0 or 1");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new BlockLearner(data, options(Method.ALS, Target.NUMBER, 1, 1, 1)))
        .withMessage("penalties of 1 fields, expected 4");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new Block(block.rows(), new int[] {0, block.rows().rows()}))
        .withMessageContaining("example 1 has row");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new BlockData(data.features(), data.blocks(), new float[] {1, 2}))
        .withMessage("block 0 has 3 examples, expected 2, as there are labels");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> data.weighted(new float[] {1, 2}))
        .withMessage("weights of 2 examples, expected 3");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> data.weighted(new float[] {1, Float.NaN, 1}))
        .withMessage("example 1 has the weight NaN, expected a finite number, 0 or more");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> data.weighted(new float[3]))
        .withMessage("all weights are 0, expected one above");
    BlockData binary = Problems.draw(new Random(4), 2, 3, Target.PROBIT);
    assertThatIllegalArgumentException()
        .isThrownBy(
            () ->
                new BlockLearner(
                    binary.weighted(new float[] {1, 2, 1}),
                    options(Method.GIBBS, Target.PROBIT, 1, 0, 1)))
        .withMessage("examples have weights, expected none with target PROBIT");
  }
}
