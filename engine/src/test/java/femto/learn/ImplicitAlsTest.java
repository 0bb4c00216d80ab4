package femto.learn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import femto.model.FeatureRows;
import femto.model.Model;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ImplicitAlsTest {
  private static final int K = 3;
  private static final double UNOBSERVED = 0.15;
  private static final List<LearnerOptions.L2> L2 = SmallRanking.l2(0.3, 0.05);

  private static ImplicitAlsOptions options(int sweeps, double power, long seed) {
    return new ImplicitAlsOptions(K, sweeps, UNOBSERVED, L2, power, 0.2, seed);
  }

  private static double[] weights(ImplicitAls learner) {
    try (Model model = learner.toModel(Map.of())) {
      return SmallRanking.weights(model);
    }
  }

  /** Users who have liked something; nobody else is learned from. */
  private static List<Integer> active(SmallRanking world) {
    List<Integer> users = new ArrayList<>();
    for (int user = 0; user < SmallRanking.USERS; user++) {
      for (boolean likes : world.liked[user]) {
        if (likes) {
          users.add(user);
          break;
        }
      }
    }
    return users;
  }

  /** The weight of all pairs that a feature is in: each pair of the table is looked at. */
  private static double[] frequencies(SmallRanking world) {
    double[] sums = new double[SmallRanking.SPACE.size()];
    RelationalData pairs = world.data.pairs();
    for (int user : active(world)) {
      for (int movie = 0; movie < SmallRanking.MOVIES; movie++) {
        double weight = UNOBSERVED + (world.liked[user][movie] ? world.weight[user][movie] : 0);
        add(sums, pairs.contexts(), user, weight);
        add(sums, pairs.candidates(), movie, weight);
      }
    }
    return sums;
  }

  private static void add(double[] sums, FeatureRows rows, int row, double weight) {
    for (long e = rows.offset(row); e < rows.offset(row + 1); e++) {
      sums[rows.feature(e)] += weight * rows.weight(e) * rows.weight(e);
    }
  }

  /** The objective over the whole table, in doubles, by textbook scores. */
  private static double objective(SmallRanking world, double[] all, double power) {
    double sum = 0;
    for (int user : active(world)) {
      for (int movie = 0; movie < SmallRanking.MOVIES; movie++) {
        double score = world.score(all, K, user, movie, false);
        sum += UNOBSERVED * score * score;
        if (world.liked[user][movie]) {
          double residual = 1 - world.score(all, K, user, movie, true);
          sum += world.weight[user][movie] * residual * residual;
        }
      }
    }
    double[] frequencies = frequencies(world);
    for (int feature = 0; feature < frequencies.length; feature++) {
      LearnerOptions.L2 l2 = L2.get(SmallRanking.SPACE.fieldOf(feature));
      double scale = Math.pow(frequencies[feature], power);
      int row = feature * (1 + K);
      sum += l2.linear() * scale * all[row] * all[row];
      for (int f = 1; f <= K; f++) {
        sum += l2.factors() * scale * all[row + f] * all[row + f];
      }
    }
    return sum;
  }

  @ParameterizedTest
  @CsvSource({
    "true, false, 0.5, 1",
    "true, false, 1, 2",
    "false, false, 0.5, 3",
    "true, false, 0, 4",
    "true, true, 0.5, 1",
    "false, true, 1, 5"
  })
  void shouldNeverRaiseTheObjectiveAndEndWhereItsGradientIsZero(
      boolean implicit, boolean weighted, double power, long seed) {
    SmallRanking world = new SmallRanking(seed, implicit);
    RankingData data = weighted ? world.weighted() : world.data;
    ImplicitAls learner = new ImplicitAls(data, options(1, power, seed));
    double first = objective(world, weights(learner), power);
    double last = first;
    for (int sweep = 0; sweep < 3000; sweep++) {
      learner.sweep();
      if (sweep < 50) {
        double now = objective(world, weights(learner), power);
        assertThat(now).isLessThan(last + 1e-5); // the weights are rounded to floats
        last = now;
      }
    }
    double[] all = weights(learner);
    assertThat(objective(world, all, power)).isLessThan(0.7 * first);
    for (int w = 0; w < all.length; w++) {
      double[] up = all.clone();
      double[] down = all.clone();
      up[w] += 1e-4;
      down[w] -= 1e-4;
      double gradient = (objective(world, up, power) - objective(world, down, power)) / 2e-4;
      assertThat(gradient).isCloseTo(0, within(2e-4));
    }
  }

  @Test
  void shouldLearnOneModelFromOneSeed() {
    SmallRanking world = new SmallRanking(8, true);
    ImplicitAls one = new ImplicitAls(world.data, options(5, 0.5, 1));
    ImplicitAls same = new ImplicitAls(world.data, options(5, 0.5, 1));
    ImplicitAls other = new ImplicitAls(world.data, options(5, 0.5, 2));
    List<Integer> sweeps = new ArrayList<>();
    one.learn(sweeps::add);
    same.learn(sweep -> {});
    other.learn(sweep -> {});
    assertThat(sweeps).containsExactly(1, 2, 3, 4, 5);
    assertThat(weights(same)).isEqualTo(weights(one));
    assertThat(weights(other)).isNotEqualTo(weights(one));
  }

  @Test
  void shouldRefuseNumbersOutOfRange() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new ImplicitAlsOptions(K, 1, 0, L2, 1, 0.1, 1))
        .withMessageContaining("unobserved=0.0, expected above 0");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new ImplicitAlsOptions(K, 1, 0.1, SmallRanking.l2(0, 1), 1, 0.1, 1))
        .withMessageContaining("an L2 of 0");
    SmallRanking world = new SmallRanking(8, true);
    assertThatIllegalArgumentException()
        .isThrownBy(
            () ->
                new ImplicitAls(
                    world.data, new ImplicitAlsOptions(K, 1, 0.1, L2.subList(0, 2), 1, 0.1, 1)))
        .withMessageContaining("L2 of 2 fields, expected 6");
  }
}
