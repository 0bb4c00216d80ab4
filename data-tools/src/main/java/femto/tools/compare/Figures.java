package femto.tools.compare;

import femto.tools.baseline.Interactions;
import femto.tools.baseline.Recommender;
import femto.tools.evaluate.Ranker;
import femto.tools.evaluate.RankingMetrics;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * How good the lists of ten are that a recommender makes in a trial, user by user.
 *
 * <p>Besides the metrics of {@link RankingMetrics}, of a list L for a user who liked H in training,
 * where n_i users of U like item i there, cos is the cosine of the users of two items (by {@code
 * ItemCosines}), and item i of all I comes in x_i lists:
 *
 * <pre>
 *   diversity    1 - mean of cos(i, j) over the pairs of L      intra-list distance: Ziegler et al., WWW 2005
 *   novelty      mean of log2(U / max(1, n_i)) over L           self-information: Zhou et al., PNAS 107, 2010
 *   serendipity  sum over i in L of s_i (1 - mean of cos(i, j) over j in H), by 10: how unlike what was
 *                liked before, times how satisfied the user was; s_i is what {@link Feedback} says,
 *                without it 1 for what is relevant and 0 for what is not
 *   coverage     distinct items in all lists, by the catalogue
 *   gini         sum of (2 i - I - 1) x_i / (I sum of x_i), x ascending: 0 if every item comes as often,
 *                near 1 if few come always                      Fleder and Hosanagar, Management Science 55, 2009
 * </pre>
 */
public final class Figures {
  /** Length of the lists. */
  public static final int K = 10;

  /** Lengths that NDCG is also known at: the beginnings of the same lists. */
  static final List<Integer> LENGTHS = List.of(1, 2, 3, 5, K);

  /** Figures of a user; their order is that of the columns below. */
  static final List<String> OF_USERS =
      List.of(
          "ndcg_at_10",
          "precision_at_10",
          "recall_at_10",
          "map_at_10",
          "mrr_at_10",
          "hit_rate_at_10",
          "graded_ndcg_at_10",
          "diversity",
          "serendipity",
          "novelty");

  /** Figures of all lists together. */
  static final List<String> OF_ALL = List.of("coverage", "gini");

  private final int[] users;

  /** A column a figure, a place a user. */
  private final double[][] columns;

  private final double[][] ndcgByLength;
  private final double coverage;
  private final double gini;
  private final int tied;

  private Figures(Trial trial, Lists lists, ItemCosines cosines, @Nullable Feedback feedback) {
    this.users = lists.users();
    this.columns = new double[OF_USERS.size()][users.length];
    this.ndcgByLength = new double[LENGTHS.size()][users.length];
    inParallel(users.length, () -> i -> fill(i, trial, lists.items()[i], cosines, feedback));
    int[] counts = new int[trial.likes().itemCount()];
    for (int[] list : lists.items()) {
      for (int item : list) {
        counts[item]++;
      }
    }
    this.coverage =
        (double) Arrays.stream(counts).filter(count -> count > 0).count() / trial.catalogue();
    this.gini = gini(counts, trial.catalogue());
    this.tied = lists.tied();
  }

  /**
   * What a recommender answers.
   *
   * @param users those who were asked for
   * @param items a list for each, best first
   * @param tied how many have equal scores among the first ten and the next
   */
  record Lists(int[] users, int[][] items, int tied) {
    /** Lists made of others have the ties of those. */
    Lists withTied(int other) {
      return new Lists(users, items, other);
    }
  }

  /** Does the work of one index; owned by one thread. */
  @FunctionalInterface
  private interface Worker extends AutoCloseable {
    void work(int i);

    @Override
    default void close() {}
  }

  private static void inParallel(int count, java.util.function.Supplier<Worker> workers) {
    AtomicInteger next = new AtomicInteger();
    IntStream.range(0, Runtime.getRuntime().availableProcessors())
        .parallel()
        .forEach(
            core -> {
              try (Worker worker = workers.get()) {
                for (int i; (i = next.getAndIncrement()) < count; ) {
                  worker.work(i);
                }
              }
            });
  }

  /**
   * Asks a recommender for everyone's list, on all cores, with the same result on any number.
   *
   * @param trial what is asked
   * @param recommender the recommender, fitted to the trial's likes
   * @return its lists
   */
  static Lists ask(Trial trial, Recommender recommender) {
    int[] users =
        IntStream.range(0, trial.relevant().length)
            .filter(user -> trial.relevant()[user].length > 0)
            .toArray();
    int[][] lists = new int[users.length][];
    AtomicInteger tied = new AtomicInteger();
    inParallel(
        users.length,
        () -> {
          Ranker ranker = recommender.newRanker();
          int[] items = new int[K + 1]; // one more, to see ties at the border
          float[] scores = new float[K + 1];
          return new Worker() {
            @Override
            public void work(int i) {
              long[] excluded = bitmap(trial.excluded()[users[i]], recommender.items());
              int found = ranker.top(users[i], K + 1, excluded, items, scores);
              lists[i] = Arrays.copyOf(items, Math.min(found, K));
              tied.addAndGet(isTied(scores, found) ? 1 : 0);
            }

            @Override
            public void close() {
              ranker.close();
            }
          };
        });
    return new Lists(users, lists, tied.get());
  }

  private static long[] bitmap(BitSet set, int items) {
    return Arrays.copyOf(set.toLongArray(), (items + 63) >>> 6);
  }

  private static boolean isTied(float[] scores, int found) {
    return IntStream.range(1, found).anyMatch(i -> scores[i] == scores[i - 1]);
  }

  /**
   * Measures lists, on all cores, with the same result on any number.
   *
   * @param trial what was asked
   * @param lists what was answered
   * @param cosines of the trial's likes
   * @param feedback how satisfied users were, where that is known
   * @return how good it is
   */
  static Figures of(Trial trial, Lists lists, ItemCosines cosines, @Nullable Feedback feedback) {
    return new Figures(trial, lists, cosines, feedback);
  }

  /** Mean NDCG@10 of lists alone. */
  static double meanNdcg(Trial trial, Lists lists) {
    return IntStream.range(0, lists.users().length)
        .mapToDouble(
            i -> RankingMetrics.of(lists.items()[i], trial.relevant()[lists.users()[i]], K).ndcg())
        .average()
        .orElse(Double.NaN);
  }

  /** Asks and measures. */
  static Figures of(Trial trial, Recommender recommender) {
    return of(trial, ask(trial, recommender), ItemCosines.of(trial.likes()), null);
  }

  private void fill(
      int i, Trial trial, int[] list, ItemCosines cosines, @Nullable Feedback feedback) {
    int user = users[i];
    int[] relevant = trial.relevant()[user];
    RankingMetrics metrics = RankingMetrics.of(list, relevant, K);
    double precisions = metrics.averagePrecision() * Math.min(K, relevant.length);
    double[] row = {
      metrics.ndcg(),
      metrics.precision(),
      metrics.recall(),
      trial.allRelevant() ? precisions / relevant.length : metrics.averagePrecision(),
      metrics.reciprocalRank(),
      metrics.hitRate(),
      RankingMetrics.gradedNdcg(
          list, trial.tested().itemsOf(user), trial.tested().ratingsOf(user), K),
      1 - cosines.meanAmong(list),
      serendipity(trial, user, list, cosines, feedback),
      novelty(trial.likes(), list)
    };
    for (int column = 0; column < row.length; column++) {
      columns[column][i] = row[column];
    }
    for (int length = 0; length < LENGTHS.size(); length++) {
      ndcgByLength[length][i] = RankingMetrics.of(list, relevant, LENGTHS.get(length)).ndcg();
    }
  }

  private static double novelty(Interactions likes, int[] list) {
    double sum = 0;
    for (int item : list) {
      int known = Math.max(1, likes.usersOf(item).length);
      sum += Math.log((double) likes.userCount() / known) / Math.log(2);
    }
    return list.length == 0 ? 0 : sum / list.length;
  }

  private static double serendipity(
      Trial trial, int user, int[] list, ItemCosines cosines, @Nullable Feedback feedback) {
    int[] before = trial.likes().itemsOf(user);
    double sum = 0;
    for (int item : list) {
      double satisfied =
          feedback != null
              ? feedback.satisfaction(user, item)
              : Arrays.binarySearch(trial.relevant()[user], item) >= 0 ? 1 : 0;
      if (satisfied > 0) {
        sum += satisfied * (1 - cosines.meanTo(item, before));
      }
    }
    return sum / K;
  }

  private static double gini(int[] counts, int catalogue) {
    int[] ascending = counts.clone();
    Arrays.sort(ascending);
    double weighted = 0;
    double sum = 0;
    for (int i = 0; i < catalogue; i++) { // what lies outside the catalogue is in no list
      double count = ascending[ascending.length - catalogue + i];
      weighted += (2.0 * (i + 1) - catalogue - 1) * count;
      sum += count;
    }
    return sum == 0 ? Double.NaN : weighted / (catalogue * sum);
  }

  // ---- Means and intervals ----

  /**
   * The figures there are.
   *
   * @return their names
   */
  static List<String> names() {
    return java.util.stream.Stream.concat(OF_USERS.stream(), OF_ALL.stream()).toList();
  }

  /**
   * Mean over the users, or the figure of all.
   *
   * @param name of the figure
   * @return its value
   */
  double mean(String name) {
    return switch (name) {
      case "coverage" -> coverage;
      case "gini" -> gini;
      default -> mean(values(name));
    };
  }

  /** Over the users who have a value: a list of one item has no diversity. */
  private static double mean(double[] values) {
    return Arrays.stream(values).filter(value -> !Double.isNaN(value)).average().orElse(Double.NaN);
  }

  /** A figure of each user, in the order of {@link #users}. */
  double[] values(String name) {
    return columns[OF_USERS.indexOf(name)];
  }

  /** NDCG of each user at one of the {@link #LENGTHS}. */
  double[] ndcgAt(int length) {
    return ndcgByLength[LENGTHS.indexOf(length)];
  }

  /** Who there are lists for. */
  int[] users() {
    return users;
  }

  /** Users for whom the rule for ties may have decided a figure. */
  int tied() {
    return tied;
  }
}
