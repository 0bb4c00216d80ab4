package femto.tools.compare;

import femto.tools.baseline.Likes;
import femto.tools.baseline.Recommender;
import femto.tools.evaluate.Ranker;
import femto.tools.evaluate.RankingMetrics;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * How good the lists of ten are that a recommender makes in a trial, user by user.
 *
 * <p>Besides the metrics of {@link RankingMetrics}, of a list L for a user who liked H in training,
 * where n_i users of U like item i there and cos is the cosine of the users of two items:
 *
 * <pre>
 *   diversity    1 - mean of cos(i, j) over the pairs of L      intra-list distance: Ziegler et al., WWW 2005
 *   novelty      mean of log2(U / max(1, n_i)) over L           self-information: Zhou et al., PNAS 107, 2010
 *   serendipity  sum over i in L of r_i (1 - mean of cos(i, j) over j in H), by 10, where r_i is 1
 *                for what is relevant: unlike what was liked before, and liked all the same
 *   coverage     distinct items in all lists, by the catalogue
 * </pre>
 */
public final class Figures {
  /** Length of the lists. */
  public static final int K = 10;

  private static final int RESAMPLES = 1_000;
  private static final double TAIL = 0.025;

  private static final Map<String, ToDoubleFunction<User>> METRICS = metrics();

  private final List<User> users;
  private final double coverage;

  private Figures(List<User> users, double coverage) {
    this.users = users;
    this.coverage = coverage;
  }

  /** One user's list. */
  private record User(
      RankingMetrics metrics,
      double averagePrecision,
      double diversity,
      double novelty,
      double serendipity,
      boolean tied) {}

  private static Map<String, ToDoubleFunction<User>> metrics() {
    Map<String, ToDoubleFunction<User>> all = new LinkedHashMap<>();
    all.put("ndcg_at_10", user -> user.metrics().ndcg());
    all.put("precision_at_10", user -> user.metrics().precision());
    all.put("recall_at_10", user -> user.metrics().recall());
    all.put("map_at_10", User::averagePrecision);
    all.put("mrr_at_10", user -> user.metrics().reciprocalRank());
    all.put("hit_rate_at_10", user -> user.metrics().hitRate());
    all.put("diversity", User::diversity);
    all.put("serendipity", User::serendipity);
    all.put("novelty", User::novelty);
    return all;
  }

  /**
   * Asks a recommender for everyone's list, on all cores; with the same result on any number.
   *
   * @param trial what is asked
   * @param recommender the recommender, fitted to the trial's likes
   * @return how good its answers are
   */
  static Figures of(Trial trial, Recommender recommender) {
    int[] asked =
        IntStream.range(0, trial.relevant().length)
            .filter(user -> trial.relevant()[user].length > 0)
            .toArray();
    @Nullable User[] users = new @Nullable User[asked.length];
    int[][] lists = new int[asked.length][];
    AtomicInteger next = new AtomicInteger();
    IntStream.range(0, Runtime.getRuntime().availableProcessors())
        .parallel()
        .forEach(
            worker -> {
              Ranker ranker = recommender.newRanker();
              for (int i; (i = next.getAndIncrement()) < asked.length; ) {
                int[] items = new int[K + 1]; // one more, to see ties at the border
                float[] scores = new float[K + 1];
                long[] excluded = bitmap(trial.excluded()[asked[i]], recommender.items());
                int found = ranker.top(asked[i], K + 1, excluded, items, scores);
                lists[i] = Arrays.copyOf(items, Math.min(found, K));
                users[i] = user(trial, asked[i], lists[i], isTied(scores, found));
              }
            });
    BitSet recommended = new BitSet();
    List<User> all = new ArrayList<>();
    for (int i = 0; i < asked.length; i++) {
      Arrays.stream(lists[i]).forEach(recommended::set);
      all.add(java.util.Objects.requireNonNull(users[i]));
    }
    return new Figures(all, (double) recommended.cardinality() / trial.catalogue());
  }

  private static long[] bitmap(BitSet set, int items) {
    return Arrays.copyOf(set.toLongArray(), (items + 63) >>> 6);
  }

  private static boolean isTied(float[] scores, int found) {
    return IntStream.range(1, found).anyMatch(i -> scores[i] == scores[i - 1]);
  }

  private static User user(Trial trial, int user, int[] list, boolean tied) {
    int[] relevant = trial.relevant()[user];
    RankingMetrics metrics = RankingMetrics.of(list, relevant, K);
    double precisions = metrics.averagePrecision() * Math.min(K, relevant.length);
    return new User(
        metrics,
        trial.allRelevant() ? precisions / relevant.length : metrics.averagePrecision(),
        diversity(trial.likes(), list),
        novelty(trial.likes(), list),
        serendipity(trial, user, list),
        tied);
  }

  private static double diversity(Likes likes, int[] list) {
    double sum = 0;
    int pairs = 0;
    for (int i = 0; i < list.length; i++) {
      for (int j = 0; j < i; j++) {
        sum += likes.cosine(list[i], list[j]);
        pairs++;
      }
    }
    return pairs == 0 ? 0 : 1 - sum / pairs;
  }

  private static double novelty(Likes likes, int[] list) {
    double sum = 0;
    for (int item : list) {
      int known = Math.max(1, likes.usersOf(item).length);
      sum += Math.log((double) likes.userCount() / known) / Math.log(2);
    }
    return list.length == 0 ? 0 : sum / list.length;
  }

  private static double serendipity(Trial trial, int user, int[] list) {
    int[] before = trial.likes().itemsOf(user);
    double sum = 0;
    for (int item : list) {
      if (Arrays.binarySearch(trial.relevant()[user], item) >= 0) {
        sum +=
            1
                - Arrays.stream(before)
                    .mapToDouble(liked -> trial.likes().cosine(item, liked))
                    .average()
                    .orElse(0);
      }
    }
    return sum / K;
  }

  // ---- Means and intervals ----

  /**
   * The figures there are.
   *
   * @return their names; coverage is one more
   */
  static List<String> names() {
    List<String> names = new ArrayList<>(METRICS.keySet());
    names.add("coverage");
    return names;
  }

  /**
   * Mean over the users, or the coverage.
   *
   * @param name of the figure
   * @return its value
   */
  double mean(String name) {
    return name.equals("coverage")
        ? coverage
        : Arrays.stream(values(name)).average().orElse(Double.NaN);
  }

  private double[] values(String name) {
    ToDoubleFunction<User> metric = java.util.Objects.requireNonNull(METRICS.get(name));
    return users.stream().mapToDouble(metric).toArray();
  }

  /**
   * The 95 % interval of a mean over users, by the percentiles of 1,000 bootstrap samples of them
   * (Efron, Annals of Statistics 7, 1979). Of the coverage there is none.
   *
   * @param name of the figure
   * @return its ends; NaN for the coverage
   */
  double[] bootstrap(String name) {
    if (name.equals("coverage") || users.isEmpty()) {
      return new double[] {Double.NaN, Double.NaN};
    }
    double[] values = values(name);
    double[] means = new double[RESAMPLES];
    SplittableRandom random = new SplittableRandom(1);
    for (int sample = 0; sample < RESAMPLES; sample++) {
      double sum = 0;
      for (int i = 0; i < values.length; i++) {
        sum += values[random.nextInt(values.length)];
      }
      means[sample] = sum / values.length;
    }
    Arrays.sort(means);
    int low = (int) (TAIL * RESAMPLES);
    return new double[] {means[low], means[RESAMPLES - 1 - low]};
  }

  /** How many users there are lists for. */
  int users() {
    return users.size();
  }

  /** Users for whom the rule for ties may have decided a figure. */
  long tied() {
    return users.stream().filter(User::tied).count();
  }
}
