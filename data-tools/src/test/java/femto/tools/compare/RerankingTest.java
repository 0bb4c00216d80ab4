package femto.tools.compare;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import femto.tools.RealData;
import femto.tools.baseline.BprFactors;
import femto.tools.baseline.Ease;
import femto.tools.baseline.Interactions;
import femto.tools.baseline.Recommender;
import femto.tools.data.DataSet;
import femto.tools.evaluate.Ranker;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class RerankingTest {
  private static DataSet data;
  private static Trial trial;
  private static Recommender ease;
  private static ItemCosines cosines;

  @BeforeAll
  static void fit() throws Exception {
    data = DataSet.openOrImport(RealData.movieLens100k());
    trial = Preset.LECTURE.trial(data, 1);
    ease = Ease.fit(trial.likes(), 300);
    cosines = ItemCosines.of(trial.likes());
  }

  @AfterAll
  static void close() {
    data.close();
  }

  private static double cosine(Interactions likes, int one, int other) {
    long both =
        Arrays.stream(likes.usersOf(one)).filter(user -> likes.contains(user, other)).count();
    double lengths = Math.sqrt((double) likes.usersOf(one).length * likes.usersOf(other).length);
    return lengths == 0 ? 0 : both / lengths;
  }

  @Test
  void shouldHaveTheCosineOfTheUsers() {
    SplittableRandom random = new SplittableRandom(1);
    for (int i = 0; i < 2_000; i++) {
      int[] list = random.ints(5, 0, data.candidates().rows()).distinct().toArray();
      double sum = 0;
      int pairs = 0;
      double toFirst = 0;
      for (int one = 0; one < list.length; one++) {
        toFirst += cosine(trial.likes(), list[0], list[one]);
        for (int other = 0; other < one; other++) {
          sum += cosine(trial.likes(), list[one], list[other]);
          pairs++;
        }
      }
      assertThat(cosines.of(list[0], list[1]))
          .isCloseTo(cosine(trial.likes(), list[0], list[1]), within(1e-6));
      assertThat(cosines.meanAmong(list)).isCloseTo(sum / pairs, within(1e-6));
      assertThat(cosines.meanTo(list[0], list)).isCloseTo(toFirst / list.length, within(1e-6));
    }
    assertThat(cosines.meanAmong(new int[] {3})).isNaN();
    assertThat(cosines.meanTo(3, new int[0])).isZero();
  }

  /**
   * Of many users a sample: right in the mean where items have many, and in full where both have
   * few.
   */
  @Test
  void shouldSampleManyUsersWithoutBias() {
    SplittableRandom random = new SplittableRandom(2);
    int[][] items = new int[40_000][];
    Arrays.setAll(
        items,
        user ->
            IntStream.range(0, 80)
                .filter(
                    item ->
                        item < 60
                            ? random.nextDouble() < (user % 60 < item ? 0.2 : 0.02)
                            : user % 5_000 == 0 && random.nextBoolean())
                .toArray());
    Interactions likes = Interactions.of(items, 80);
    ItemCosines sampled = ItemCosines.of(likes);
    double sum = 0;
    double most = 0;
    int pairs = 0;
    for (int one = 0; one < 80; one++) {
      for (int other = 0; other <= one; other++) {
        double found = sampled.of(one, other);
        double error = found - cosine(likes, one, other);
        assertThat(found).isBetween(0.0, 1 + 1e-9);
        if (one < 60 && other < one) {
          sum += error;
          most = Math.max(most, Math.abs(error));
          pairs++;
        } else if (other >= 60) {
          assertThat(error).isCloseTo(0, within(1e-9)); // few users, or none
        }
      }
    }
    assertThat(sum / pairs).isCloseTo(0, within(0.004));
    assertThat(most).isBetween(0.001, 0.08);
  }

  private static int[] top(Recommender recommender, int user, int k) {
    long[] excluded =
        Arrays.copyOf(trial.excluded()[user].toLongArray(), (data.candidates().rows() + 63) >>> 6);
    int[] items = new int[k];
    try (Ranker ranker = recommender.newRanker()) {
      return Arrays.copyOf(items, ranker.top(user, k, excluded, items, new float[k]));
    }
  }

  /** The definition, with nothing remembered from one step to the next. */
  @Test
  void shouldChooseByMaximalMarginalRelevance() {
    shouldChooseByMaximalMarginalRelevance(ease, cosines::of);
    Recommender bpr =
        BprFactors.fit(trial.likes(), new BprFactors.Settings(9, 3, 0.05, 0.01, 1, 1));
    float[][] factors = Objects.requireNonNull(bpr.itemFactors());
    shouldChooseByMaximalMarginalRelevance(bpr, (one, other) -> cosine(factors, one, other));
  }

  private static double cosine(float[][] factors, int one, int other) {
    double product = 0;
    double first = 0;
    double second = 0;
    for (int i = 0; i < factors[one].length; i++) {
      product += (double) factors[one][i] * factors[other][i];
      first += Math.pow(factors[one][i], 2);
      second += Math.pow(factors[other][i], 2);
    }
    return product / Math.sqrt(first * second);
  }

  private static void shouldChooseByMaximalMarginalRelevance(
      Recommender recommender, Likeness likenessOf) {
    for (double lambda : new double[] {0.3, 0.8, 1}) {
      Recommender changed = new Reranking.Mmr(lambda).of(recommender, cosines, data);
      for (int user = 0; user < 40; user++) {
        int[] pool = top(recommender, user, Reranking.POOL);
        float[] scores = new float[pool.length];
        long[] excluded = new long[(data.candidates().rows() + 63) >>> 6];
        Arrays.fill(excluded, -1);
        Arrays.stream(pool).forEach(item -> excluded[item >>> 6] &= ~(1L << item));
        try (Ranker ranker = recommender.newRanker()) {
          ranker.top(user, pool.length, excluded, pool.clone(), scores);
        }
        double last = scores[scores.length - 1];
        List<Integer> chosen = new ArrayList<>();
        while (chosen.size() < 10) {
          int best = -1;
          double highest = Double.NEGATIVE_INFINITY;
          for (int i = 0; i < pool.length; i++) {
            int item = pool[i];
            double likeness =
                chosen.stream().mapToDouble(other -> likenessOf.of(item, other)).max().orElse(0);
            double value =
                lambda * (scores[i] - last) / (scores[0] - last) - (1 - lambda) * likeness;
            if (!chosen.contains(item) && value > highest) {
              best = item;
              highest = value;
            }
          }
          chosen.add(best);
        }
        assertThat(top(changed, user, 10))
            .containsExactly(chosen.stream().mapToInt(Integer::intValue).toArray());
      }
    }
    assertThat(top(new Reranking.Mmr(1).of(ease, cosines, data), 7, 10))
        .containsExactly(top(ease, 7, 10));
  }

  @Test
  void shouldLetFewItemsShareAValue() {
    int genre = data.features().fieldIndex("genre");
    Recommender changed = Reranking.parse("cap:genre:2").of(ease, cosines, data);
    int full = 0;
    for (int user = 0; user < 200; user++) {
      int[] list = top(changed, user, 10);
      assertThat(list).hasSize(10).doesNotHaveDuplicates();
      assertThat(list[0]).isEqualTo(top(ease, user, 1)[0]);
      Map<Integer, Integer> counts = new HashMap<>();
      for (int item : list) {
        for (long at = data.candidates().offset(item);
            at < data.candidates().offset(item + 1);
            at++) {
          int feature = data.candidates().feature(at);
          if (data.features().fieldOf(feature) == genre) {
            counts.merge(feature, 1, Integer::sum);
          }
        }
      }
      full += counts.values().stream().allMatch(count -> count <= 2) ? 1 : 0;
    }
    assertThat(full).as("lists that need not be filled up").isGreaterThan(150);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Reranking.parse("cap:colour:2").of(ease, cosines, data))
        .withMessageContaining("colour")
        .withMessageContaining("genre");
    assertThatIllegalArgumentException() // a field of users
        .isThrownBy(() -> Reranking.parse("cap:gender:2").check(data))
        .withMessageContaining("gender")
        .withMessageContaining("genre");
  }

  /** What an even weight costs and brings. */
  @Test
  void shouldTradeAccuracyForDiversity() {
    Figures before = Figures.of(trial, ease);
    Figures after = Figures.of(trial, new Reranking.Mmr(0.5).of(ease, cosines, data));
    assertThat(after.mean("diversity")).isGreaterThan(before.mean("diversity") + 0.02);
    assertThat(after.mean("ndcg_at_10"))
        .isLessThan(before.mean("ndcg_at_10"))
        .isGreaterThan(0.8 * before.mean("ndcg_at_10"));
  }

  @Test
  void shouldReadWhatPeopleWrite() {
    for (String text : new String[] {"mmr:0.7", "mmr:1", "cap:genre:3"}) {
      assertThat(Reranking.parse(text)).hasToString(text);
    }
    for (String text : new String[] {"mmr", "mmr:2", "mmr:x", "cap:genre", "cap:genre:0", "no:1"}) {
      assertThatIllegalArgumentException().isThrownBy(() -> Reranking.parse(text));
    }
  }
}
