package femto.tools.baseline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import femto.tools.baseline.ItemNeighbours.Similarity;
import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class BaselineTest {
  private static final int USERS = 60;
  private static final int ITEMS = 25;

  /** Users of two kinds, each with items of its kind, and a few of the other. */
  private static int[][] world(long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    int[][] items = new int[USERS][];
    for (int user = 0; user < USERS; user++) {
      int kind = user % 2;
      items[user] =
          IntStream.range(0, ITEMS)
              .filter(item -> random.nextDouble() < (item % 2 == kind ? 0.6 : 0.1))
              .toArray();
    }
    return items;
  }

  private static double[][] matrix(int[][] items) {
    double[][] x = new double[items.length][ITEMS];
    for (int user = 0; user < items.length; user++) {
      for (int item : items[user]) {
        x[user][item] = 1;
      }
    }
    return x;
  }

  private static float[] scores(ItemScores recommender, int user) {
    float[] scores = new float[recommender.items()];
    Arrays.fill(scores, Float.NaN);
    recommender.score(user, scores);
    return scores;
  }

  @Test
  void shouldKnowWhoLikesWhat() {
    Interactions likes = Interactions.of(new int[][] {{2, 0, 2}, {}, {0, 1}}, 4);
    assertThat(likes.itemsOf(0)).containsExactly(0, 2);
    assertThat(likes.usersOf(0)).containsExactly(0, 2);
    assertThat(likes.usersOf(3)).isEmpty();
    assertThat(likes.contains(2, 1)).isTrue();
    assertThat(likes.contains(1, 1)).isFalse();
    assertThat(likes.ratingsOf(0)).containsExactly(1, 1);
    assertThat(scores(Popular.fit(likes), 1)).containsExactly(2, 1, 1, 0);
    Interactions left = likes.without(new int[][] {{0}, {}, {1}});
    assertThat(left.itemsOf(0)).containsExactly(2);
    assertThat(left.ratingsOf(0)).containsExactly(1);
    assertThat(left.usersOf(0)).containsExactly(2);
    assertThat(left.itemCount()).isEqualTo(4);
  }

  /** Of the dense matrices, by the definition. */
  @ParameterizedTest
  @EnumSource(
      value = Similarity.class,
      names = {"COSINE", "JACCARD"})
  void shouldFindTheNearestNeighbours(Similarity similarity) {
    int[][] items = world(1);
    double[][] x = matrix(items);
    ItemNeighbours all = ItemNeighbours.fit(Interactions.of(items, ITEMS), similarity, ITEMS, 5);
    ItemNeighbours few = ItemNeighbours.fit(Interactions.of(items, ITEMS), similarity, 3, 5);
    for (int i = 0; i < ITEMS; i++) {
      double[] expected = new double[ITEMS];
      for (int j = 0; j < ITEMS; j++) {
        double both = 0;
        double one = 0;
        double other = 0;
        for (double[] user : x) {
          both += user[i] * user[j];
          one += user[i];
          other += user[j];
        }
        double like =
            similarity == Similarity.COSINE
                ? both / Math.sqrt(one * other)
                : both / (one + other - both);
        expected[j] = i == j || both == 0 ? 0 : like * both / (both + 5);
      }
      double[] found = new double[ITEMS];
      for (int n = 0; n < all.neighboursOf(i).length; n++) {
        found[all.neighboursOf(i)[n]] = all.similaritiesOf(i)[n];
      }
      assertThat(found).containsExactly(expected, within(1e-6));
      assertThat(few.neighboursOf(i)).isEqualTo(Arrays.copyOf(all.neighboursOf(i), 3));
      for (int n = 1; n < all.similaritiesOf(i).length; n++) {
        assertThat(all.similaritiesOf(i)[n]).isLessThanOrEqualTo(all.similaritiesOf(i)[n - 1]);
      }
    }
    float[] scores = scores(few, 4);
    for (int j = 0; j < ITEMS; j++) {
      double expected = 0;
      for (int n = 0; n < few.neighboursOf(j).length; n++) {
        int neighbour = few.neighboursOf(j)[n];
        boolean liked = Arrays.binarySearch(items[4], neighbour) >= 0;
        expected += liked ? few.similaritiesOf(j)[n] : 0;
      }
      assertThat((double) scores[j]).isCloseTo(expected, within(1e-5));
    }
  }

  /** By the definition, from a dense matrix of ratings in which NaN is none. */
  @Test
  void shouldTakeRatingsLessTheMeanOfTheUser() {
    SplittableRandom random = new SplittableRandom(6);
    int[][] items = world(6);
    float[][] ratings = new float[USERS][];
    double[][] centred = new double[USERS][ITEMS];
    for (int user = 0; user < USERS; user++) {
      ratings[user] = new float[items[user].length];
      double sum = 0;
      for (int i = 0; i < items[user].length; i++) {
        ratings[user][i] = 1 + random.nextInt(5);
        sum += ratings[user][i];
      }
      Arrays.fill(centred[user], Double.NaN);
      for (int i = 0; i < items[user].length; i++) {
        centred[user][items[user][i]] = ratings[user][i] - sum / items[user].length;
      }
    }
    Interactions likes = Interactions.of(items, ratings, ITEMS);
    ItemNeighbours fitted = ItemNeighbours.fit(likes, Similarity.ADJUSTED_COSINE, ITEMS, 5);
    for (int i = 0; i < ITEMS; i++) {
      double[] expected = new double[ITEMS];
      for (int j = 0; j < ITEMS; j++) {
        double product = 0;
        double one = 0;
        double other = 0;
        int both = 0;
        for (double[] user : centred) {
          if (!Double.isNaN(user[i]) && !Double.isNaN(user[j])) {
            product += user[i] * user[j];
            one += user[i] * user[i];
            other += user[j] * user[j];
            both++;
          }
        }
        double cosine = both == 0 ? 0 : product / Math.sqrt(one * other) * both / (both + 5);
        expected[j] = i == j ? 0 : Math.max(0, cosine);
      }
      double[] found = new double[ITEMS];
      for (int n = 0; n < fitted.neighboursOf(i).length; n++) {
        found[fitted.neighboursOf(i)[n]] = fitted.similaritiesOf(i)[n];
      }
      assertThat(found).containsExactly(expected, within(1e-5));
    }
  }

  /** Each column is a ridge regression of one item on all others: a plain solver of its own. */
  @Test
  void shouldBeARidgeRegressionOfEachItemOnTheOthers() {
    int[][] items = world(2);
    double[][] x = matrix(items);
    double lambda = 7;
    Ease ease = Ease.fit(Interactions.of(items, ITEMS), lambda);
    for (int target = 0; target < ITEMS; target++) {
      int column = target;
      int[] others = IntStream.range(0, ITEMS).filter(i -> i != column).toArray();
      double[][] a = new double[others.length][others.length + 1];
      for (int r = 0; r < others.length; r++) {
        for (double[] user : x) {
          for (int c = 0; c < others.length; c++) {
            a[r][c] += user[others[r]] * user[others[c]];
          }
          a[r][others.length] += user[others[r]] * user[target];
        }
        a[r][r] += lambda;
      }
      double[] solution = solve(a);
      for (int r = 0; r < others.length; r++) {
        assertThat((double) ease.weight(others[r], target)).isCloseTo(solution[r], within(1e-6));
      }
      assertThat(ease.weight(target, target)).isZero();
    }
  }

  /** Gauss and Jordan. */
  private static double[] solve(double[][] a) {
    int n = a.length;
    for (int pivot = 0; pivot < n; pivot++) {
      for (int row = 0; row < n; row++) {
        double factor = row == pivot ? 0 : a[row][pivot] / a[pivot][pivot];
        for (int c = pivot; c <= n && factor != 0; c++) {
          a[row][c] -= factor * a[pivot][c];
        }
      }
    }
    double[] solution = new double[n];
    Arrays.setAll(solution, i -> a[i][n] / a[i][i]);
    return solution;
  }

  @Test
  void shouldLearnPairs() {
    int[][] items = world(3);
    Interactions likes = Interactions.of(items, ITEMS);
    for (int negatives : new int[] {1, 5}) {
      BprFactors.Settings settings = new BprFactors.Settings(4, 60, 0.05, 0.01, negatives, 5);
      BprFactors fitted = BprFactors.fit(likes, settings);
      double right = 0;
      int pairs = 0;
      for (int user = 0; user < USERS; user++) {
        float[] scores = scores(fitted, user);
        for (int liked : items[user]) {
          for (int other = 0; other < ITEMS; other++) {
            if (!likes.contains(user, other)) {
              right += scores[liked] > scores[other] ? 1 : 0;
              pairs++;
            }
          }
        }
      }
      assertThat(right / pairs).as("AUC on what it learned, %d", negatives).isGreaterThan(0.85);
      assertThat(scores(BprFactors.fit(likes, settings), 9)).isEqualTo(scores(fitted, 9));
    }
  }

  /** The whole catalogue sorted, as a plain ranking has it. */
  @Test
  void shouldRankByScoreAndThenByIndex() {
    Interactions likes = Interactions.of(world(4), ITEMS);
    ItemScores popular = Popular.fit(likes);
    float[] scores = scores(popular, 0);
    int[] sorted =
        IntStream.range(0, ITEMS)
            .filter(item -> item % 3 != 0)
            .boxed()
            .sorted(
                (a, b) ->
                    scores[a] != scores[b] ? Float.compare(scores[b], scores[a]) : a.compareTo(b))
            .mapToInt(Integer::intValue)
            .toArray();
    long[] excluded = new long[1];
    for (int item = 0; item < ITEMS; item += 3) {
      excluded[0] |= 1L << item;
    }
    for (int k : new int[] {0, 1, 5, sorted.length, ITEMS}) {
      int[] found = new int[k];
      float[] values = new float[k];
      int count = popular.newRanker().top(0, k, excluded, found, values);
      assertThat(count).isEqualTo(Math.min(k, sorted.length));
      assertThat(Arrays.copyOf(found, count)).isEqualTo(Arrays.copyOf(sorted, count));
      for (int i = 0; i < count; i++) {
        assertThat(values[i]).isEqualTo(scores[found[i]]);
      }
    }
  }

  @Test
  void shouldRefuseWhatCannotBe() {
    Interactions likes = Interactions.of(world(5), ITEMS);
    assertThatIllegalArgumentException().isThrownBy(() -> Ease.fit(likes, 0));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> ItemNeighbours.fit(likes, Similarity.COSINE, 0, 0));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new BprFactors.Settings(0, 1, 1, 0, 1, 1));
  }
}
