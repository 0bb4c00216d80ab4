package femto.learn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import femto.learn.PairwiseOptions.Loss;
import femto.model.FeatureRows;
import femto.model.FoldedCandidates;
import femto.model.Model;
import femto.score.Scorer;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class PairwiseLearnerTest {
  private static final int K = 5;

  private static PairwiseOptions options(Loss loss, double l2, int negatives, double power) {
    return new PairwiseOptions(
        loss, K, 30, 0.1, 0.01, 0.3, SmallRanking.l2(l2, l2), negatives, power, 11);
  }

  private static double[] weights(PairwiseLearner learner) {
    try (Model model = learner.toModel(Map.of())) {
      return SmallRanking.weights(model);
    }
  }

  /** 1 + 1/2 + ... */
  private static double harmonic(int rank) {
    double sum = 0;
    for (int r = 1; r <= rank; r++) {
      sum += 1.0 / r;
    }
    return sum;
  }

  private static int count(boolean[] flags) {
    int count = 0;
    for (boolean flag : flags) {
      count += flag ? 1 : 0;
    }
    return count;
  }

  private static double penalty(
      double[] weights, double[] start, int[] features, List<LearnerOptions.L2> l2) {
    double[] all = weights.clone();
    for (int w = 0; w < all.length; w++) {
      all[w] -= start[w];
    }
    double sum = 0;
    for (int feature : features) {
      LearnerOptions.L2 of = l2.get(SmallRanking.SPACE.fieldOf(feature));
      int row = feature * (1 + K);
      sum += 0.5 * of.linear() * all[row] * all[row];
      for (int f = 1; f <= K; f++) {
        sum += 0.5 * of.factors() * all[row + f] * all[row + f];
      }
    }
    return sum;
  }

  /** A step is a small one against the numerical gradient of the textbook objective. */
  @ParameterizedTest
  @CsvSource({
    "BPR, true, 1, false, false",
    "BPR, true, 3, true, false",
    "BPR, false, 3, false, false",
    "BPR, true, 3, false, true",
    "WARP, true, 20, true, false",
    "WARP, false, 20, false, false",
    "WARP, true, 20, false, true"
  })
  void shouldStepAgainstTheNumericalGradient(
      Loss loss, boolean implicit, int negatives, boolean started, boolean weighted) {
    SmallRanking world = new SmallRanking(3, implicit);
    PairwiseOptions options = options(loss, 0.1, negatives, 0);
    RankingData data = weighted ? world.weighted() : world.data;
    PairwiseLearner learner = new PairwiseLearner(data, options);
    double[] start = new double[weights(learner).length];
    if (started) {
      PairwiseLearner before = new PairwiseLearner(world.data, options);
      before.learnEpoch(0.1, 0.1);
      try (Model model = before.toModel(Map.of())) {
        learner.startFrom(model, 4);
        start = weights(learner);
        double[] of = SmallRanking.weights(model);
        for (int w = 0; w < start.length; w++) {
          assertThat(start[w]).isCloseTo((w % (1 + K) == 0 ? 4 : 2) * of[w], within(1e-5));
        }
      }
    }
    learner.learnEpoch(0.05, 0.05); // the penalty of a linear weight of 0 is no test
    RelationalData pairs = world.data.pairs();
    int checked = 0;
    for (int user = 0, pair = 0; user < SmallRanking.USERS - 1; user++) {
      for (int i = 0; i < count(world.liked[user]); i++, pair++) {
        double[] before = weights(learner);
        float step = 1e-3f;
        double reported = learner.visit(user, pair, pair + 1, step);
        double[] after = weights(learner);
        int negative = learner.negativeCandidate;
        if (reported == 0) {
          assertThat(after).isEqualTo(before);
          continue;
        }
        int movie = learner.pairCandidate(pair);
        int unseen = SmallRanking.MOVIES - count(world.seen[user]);
        double rank = loss == Loss.WARP ? harmonic(unseen / learner.draws) : 1;
        double weight = world.weight[user][movie];
        int of = user;
        ToDoubleFunction<double[]> value =
            all -> {
              double difference =
                  world.score(all, K, of, movie, true) - world.score(all, K, of, negative, true);
              // the negative is not seen, so the own feature left out is the positive's
              if (implicit) {
                difference += world.score(all, K, of, negative, true);
                difference -= scoreWithout(world, all, of, negative, movie);
              }
              return loss == Loss.WARP
                  ? weight * rank * Math.max(0, 1 - difference)
                  : weight * Math.log1p(Math.exp(-difference));
            };
        assertThat(reported).isCloseTo(value.applyAsDouble(before), within(1e-5));
        for (int w = 0; w < before.length; w++) {
          double[] up = before.clone();
          double[] down = before.clone();
          up[w] += 1e-5;
          down[w] -= 1e-5;
          double gradient = 0;
          for (int sign : new int[] {1, -1}) {
            double[] all = sign > 0 ? up : down;
            int[] context = world.featuresOf(pairs.contexts(), user);
            double sum = value.applyAsDouble(all);
            sum += penalty(all, start, noLinear(all, context), options.l2());
            sum += penalty(all, start, world.featuresOf(pairs.candidates(), movie), options.l2());
            sum +=
                penalty(all, start, world.featuresOf(pairs.candidates(), negative), options.l2());
            gradient += sign * sum / 2e-5;
          }
          assertThat((before[w] - after[w]) / step).isCloseTo(gradient, within(4e-3));
        }
        checked++;
      }
    }
    assertThat(checked).isGreaterThan(3);
  }

  private static int[] noLinear(double[] all, int[] context) {
    for (int feature : context) {
      assertThat(all[feature * (1 + K)]).isBetween(-1e-4, 1e-4); // they rank nothing
    }
    return context;
  }

  /** The score of one movie without the user's feature of another one. */
  private static double scoreWithout(
      SmallRanking world, double[] all, int user, int movie, int other) {
    double[] changed = all.clone();
    int row = SmallRanking.seenFeature(other) * (1 + K);
    Arrays.fill(changed, row, row + 1 + K, 0);
    return world.score(changed, K, user, movie, false);
  }

  /** What a visit keeps back until its end changes nothing but the order of roundings. */
  @ParameterizedTest
  @EnumSource(Loss.class)
  void shouldStepOnSeveralPairsAsOnOneAfterTheOther(Loss loss) {
    SmallRanking world = new SmallRanking(5, true);
    PairwiseOptions options = options(loss, 0, 4, 0);
    PairwiseLearner together = new PairwiseLearner(world.data, options);
    PairwiseLearner apart = new PairwiseLearner(world.data, options);
    double[] start = weights(together);
    int pairs = count(world.liked[0]);
    assertThat(pairs).isGreaterThan(2);
    together.visit(0, 0, pairs, 0.2f);
    for (int pair = 0; pair < pairs; pair++) {
      apart.visit(0, pair, pair + 1, 0.2f);
    }
    double[] one = weights(together);
    double[] other = weights(apart);
    double most = 0;
    for (int w = 0; w < one.length; w++) {
      assertThat(one[w]).isCloseTo(other[w], within(2e-6));
      most = Math.max(most, Math.abs(one[w] - start[w]));
    }
    assertThat(most).isGreaterThan(0.01);
  }

  @ParameterizedTest
  @EnumSource(Loss.class)
  void shouldNeverSetAPairAgainstWhatWasSeen(Loss loss) {
    SmallRanking world = new SmallRanking(7, true);
    PairwiseLearner learner = new PairwiseLearner(world.data, options(loss, 0, 3, 1));
    int against = 0;
    for (int round = 0; round < 50; round++) {
      for (int user = 0, pair = 0; user < SmallRanking.USERS - 1; user++) {
        for (int i = 0; i < count(world.liked[user]); i++, pair++) {
          learner.visit(user, pair, pair + 1, 0.01f);
          assertThat(learner.negativeCandidate).isNotNegative();
          assertThat(world.seen[user][learner.negativeCandidate]).isFalse();
          against++;
        }
      }
    }
    assertThat(against).isGreaterThan(500);
  }

  @Test
  void shouldLearnNothingFromAContextThatHasSeenAll() {
    SmallRanking world = new SmallRanking(7, true);
    int movies = SmallRanking.MOVIES;
    int[] contextOf = new int[movies];
    int[] candidateOf = new int[movies];
    float[] labels = new float[movies];
    Arrays.setAll(candidateOf, movie -> movie);
    Arrays.fill(labels, 1);
    RelationalData old = world.data.pairs();
    RelationalData all =
        new RelationalData(
            old.features(), old.contexts(), old.candidates(), contextOf, candidateOf, labels);
    PairwiseLearner learner =
        new PairwiseLearner(RankingData.of(all), options(Loss.BPR, 0.1, 3, 0));
    double[] before = weights(learner);
    learner.learn(epoch -> {});
    assertThat(weights(learner)).isEqualTo(before);
  }

  /** A pair that comes twice is one, and counts as much as its heavier example. */
  @Test
  void shouldTakeTheLargerWeightOfAPairThatComesTwice() {
    SmallRanking world = new SmallRanking(7, true);
    RelationalData once = world.data.pairs();
    int size = once.size();
    float[] weights = new float[size + 1];
    Arrays.fill(weights, 1);
    int first = 0;
    while (once.labels()[first] == 0) {
      first++;
    }
    weights[size] = 3; // the first pair again
    int[] contextOf = Arrays.copyOf(once.contextOf(), size + 1);
    int[] candidateOf = Arrays.copyOf(once.candidateOf(), size + 1);
    float[] labels = Arrays.copyOf(once.labels(), size + 1);
    contextOf[size] = contextOf[first];
    candidateOf[size] = candidateOf[first];
    labels[size] = 1;
    RelationalData twice =
        new RelationalData(
            once.features(), once.contexts(), once.candidates(), contextOf, candidateOf, labels);
    float[] heavier = new float[size];
    Arrays.fill(heavier, 1);
    heavier[first] = 3;
    int[] own = world.data.ownFeature();
    PairwiseOptions options = options(Loss.BPR, 0.1, 3, 0.5);
    PairwiseLearner repeated = new PairwiseLearner(new RankingData(twice, own, weights), options);
    PairwiseLearner single = new PairwiseLearner(new RankingData(once, own, heavier), options);
    PairwiseLearner alike = new PairwiseLearner(world.data, options);
    repeated.learn(epoch -> {});
    single.learn(epoch -> {});
    alike.learn(epoch -> {});
    assertThat(weights(repeated)).isEqualTo(weights(single)).isNotEqualTo(weights(alike));
  }

  /** All scores are 0, so the first one drawn violates the margin, and the rank is the worst. */
  @Test
  void shouldWeighAViolationByTheRankThatDrawsTell() {
    SmallRanking world = new SmallRanking(9, false);
    PairwiseOptions options =
        new PairwiseOptions(Loss.WARP, K, 1, 0.1, 0.1, 0, SmallRanking.l2(0, 0), 20, 0, 3);
    PairwiseLearner learner = new PairwiseLearner(world.data, options);
    int unseen = SmallRanking.MOVIES - count(world.seen[0]);
    double loss = learner.visit(0, 0, 1, 0.5f);
    int movie = learner.pairCandidate(0);
    assertThat(learner.draws).isEqualTo(1);
    assertThat(loss).isCloseTo(harmonic(unseen), within(1e-9));
    double[] weights = weights(learner);
    double moved = weights[(SmallRanking.MOVIE + movie) * (1 + K)];
    assertThat(moved).isCloseTo(0.5 * harmonic(unseen), within(1e-6));
    // and now that it is ahead of all by more than 1, no draw finds a violation
    assertThat(learner.visit(0, 0, 1, 0.5f)).isZero();
    assertThat(learner.draws).isEqualTo(20);
    assertThat(weights(learner)).isEqualTo(weights);
  }

  @ParameterizedTest
  @CsvSource({"0", "0.5", "1"})
  void shouldDrawByPopularityToAPower(double power) {
    SmallRanking world = new SmallRanking(2, false);
    PairwiseLearner learner = new PairwiseLearner(world.data, options(Loss.BPR, 0, 1, power));
    double[] share = new double[SmallRanking.MOVIES];
    double sum = 0;
    for (int movie = 0; movie < share.length; movie++) {
      int likes = 0;
      for (boolean[] ofUser : world.liked) {
        likes += ofUser[movie] ? 1 : 0;
      }
      share[movie] = Math.pow(likes + 0.5, power);
      sum += share[movie];
    }
    double[] drawn = new double[share.length];
    int draws = 100_000;
    for (int draw = 0; draw < draws; draw++) {
      drawn[learner.draw()]++;
    }
    for (int movie = 0; movie < share.length; movie++) {
      double expected = share[movie] / sum;
      double deviation = Math.sqrt(expected * (1 - expected) / draws);
      assertThat(drawn[movie] / draws).isCloseTo(expected, within(5 * deviation));
    }
  }

  @ParameterizedTest
  @EnumSource(Loss.class)
  void shouldLearnOneModelFromOneSeed(Loss loss) {
    SmallRanking world = new SmallRanking(4, true);
    PairwiseOptions o = options(loss, 0.01, 4, 0.5);
    PairwiseOptions other =
        new PairwiseOptions(loss, K, 30, 0.1, 0.01, 0.3, SmallRanking.l2(0.01, 0.01), 4, 0.5, 12);
    PairwiseLearner one = new PairwiseLearner(world.data, o);
    PairwiseLearner same = new PairwiseLearner(world.data, o);
    PairwiseLearner different = new PairwiseLearner(world.data, other);
    one.learn(epoch -> {});
    same.learn(epoch -> {});
    different.learn(epoch -> {});
    assertThat(weights(same)).isEqualTo(weights(one));
    assertThat(weights(different)).isNotEqualTo(weights(one));
  }

  /** And what was seen comes before what was not, by the folded scores. */
  @ParameterizedTest
  @EnumSource(Loss.class)
  void shouldRankByWhatWasLearned(Loss loss) {
    SmallRanking world = new SmallRanking(4, true);
    PairwiseLearner learner = new PairwiseLearner(world.data, options(loss, 0.001, 5, 0));
    learner.learn(epoch -> {});
    double[] all = weights(learner);
    FeatureRows contexts = world.data.pairs().contexts();
    int ordered = 0;
    int pairs = 0;
    try (Model model = learner.toModel(Map.of());
        FoldedCandidates folded = FoldedCandidates.fold(model, world.data.pairs().candidates())) {
      Scorer scorer = new Scorer(model, folded);
      for (int user = 0; user < SmallRanking.USERS; user++) {
        scorer.fold(contexts, user);
        double first = scorer.score(0) - learner.score(user, 0, -1);
        for (int movie = 0; movie < SmallRanking.MOVIES; movie++) {
          double served = scorer.score(movie) - first;
          assertThat(served).isCloseTo(learner.score(user, movie, -1), within(2e-5));
          assertThat(served).isCloseTo(world.score(all, K, user, movie, false), within(2e-5));
          for (int other = 0; other < SmallRanking.MOVIES; other++) {
            if (world.liked[user][movie] && !world.seen[user][other]) {
              ordered += scorer.score(movie) > scorer.score(other) ? 1 : 0;
              pairs++;
            }
          }
        }
      }
    }
    assertThat(ordered).isGreaterThan(pairs * 9 / 10);
  }

  @Test
  void shouldRefuseWhatCannotBeLearned() {
    SmallRanking world = new SmallRanking(4, true);
    RelationalData old = world.data.pairs();
    RelationalData none =
        new RelationalData(
            old.features(),
            old.contexts(),
            old.candidates(),
            new int[] {0},
            new int[] {0},
            new float[] {0});
    PairwiseOptions options = options(Loss.BPR, 0, 1, 0);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new PairwiseLearner(RankingData.of(none), options))
        .withMessageContaining("no pair of 1 has a label above 0");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new RankingData(old, new int[3]))
        .withMessageContaining("own features of 3 candidates, expected 9");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new RankingData(old, world.data.ownFeature(), new float[2]))
        .withMessage("weights of 2 pairs, expected " + old.size());
    float[] zero = new float[old.size()];
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new RankingData(old, world.data.ownFeature(), zero))
        .withMessage("pair 0 has the weight 0.0, expected a finite number above 0");
    PairwiseOptions short1 =
        new PairwiseOptions(
            Loss.BPR, K, 1, 0.1, 0.1, 0.3, List.of(new LearnerOptions.L2(0, 0)), 1, 0, 1);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new PairwiseLearner(world.data, short1))
        .withMessageContaining("L2 of 1 fields, expected 6");
    PairwiseOptions wild =
        new PairwiseOptions(Loss.BPR, K, 50, 1e6, 1e6, 0.3, SmallRanking.l2(1, 1), 1, 0, 1);
    assertThatThrownBy(() -> new PairwiseLearner(world.data, wild).learn(epoch -> {}))
        .isInstanceOf(DivergedException.class)
        .hasMessageContaining("lower the step size");
  }
}
