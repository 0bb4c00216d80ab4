package femto.tools.evaluate;

import femto.tools.data.DataSet;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * How well a ranker puts the test ratings of users first.
 *
 * <p>Relevant to a user are the candidates whose test rating reaches the threshold. Ranked is the
 * whole catalogue but the candidates that the user rated in training, whatever the rating; a
 * candidate rated in both parts cannot be recommended and so is not relevant. Means are unweighted
 * over the test users with something relevant, whether training has seen them or not.
 *
 * @param means mean metrics over the users
 * @param ofUsers the metrics of each of them
 * @param coverage catalogue coverage: distinct candidates in all lists of K / size of the catalogue
 * @param users how many users the means are over
 * @param usersLeftOut test users left out because nothing is relevant to them
 * @param usersUnseen test users, with something relevant or not, who have no training rating
 * @param usersTied users of the means with two equal scores among their first K + 1: for them the
 *     rule for ties (the lower index first) may have decided a figure
 * @param protocol everything above in words, to be printed with the figures
 */
public record RankingEvaluation(
    RankingMetrics means,
    List<RankingMetrics> ofUsers,
    double coverage,
    int users,
    int usersLeftOut,
    int usersUnseen,
    int usersTied,
    String protocol) {
  /**
   * Evaluates a ranker, on all cores. The result does not depend on their number.
   *
   * @param data the data set
   * @param split a split of it
   * @param rankers makes a ranker for each worker thread, which closes it; never called by two
   *     threads at once
   * @param threshold a test rating of at least this is relevant
   * @param k length of the lists, 1 or more
   * @return means and counts
   * @throws IllegalArgumentException if k is below 1
   * @throws IllegalStateException if a ranker answers with a candidate that is excluded, comes
   *     twice or does not exist, or with scores that do not descend
   */
  public static RankingEvaluation evaluate(
      DataSet data, Split split, Supplier<? extends Ranker> rankers, float threshold, int k) {
    return evaluate(Examples.of(data), split, rankers, threshold, k);
  }

  static RankingEvaluation evaluate(
      Examples examples, Split split, Supplier<? extends Ranker> rankers, float threshold, int k) {
    if (k < 1) {
      throw new IllegalArgumentException("k=" + k + ", expected 1 or more");
    }
    Task task = new Task(examples, split, threshold, k);
    BitSet seen = Split.usersOf(examples, split.train());
    int[] testUsers = Split.usersOf(examples, split.test()).stream().toArray();
    @Nullable Outcome[] outcomes = new @Nullable Outcome[testUsers.length];
    AtomicInteger next = new AtomicInteger();
    int workers = Math.min(Runtime.getRuntime().availableProcessors(), testUsers.length);
    IntStream.range(0, workers)
        .parallel()
        .forEach(
            worker -> {
              try (Ranker ranker = newRanker(rankers)) {
                Buffers buffers = new Buffers(examples.candidates(), k);
                for (int i; (i = next.getAndIncrement()) < testUsers.length; ) {
                  outcomes[i] = task.rank(testUsers[i], ranker, buffers);
                }
              }
            });

    List<RankingMetrics> metrics = new ArrayList<>();
    BitSet recommended = new BitSet(examples.candidates());
    int tied = 0;
    for (Outcome outcome : outcomes) {
      if (outcome != null) {
        metrics.add(outcome.metrics);
        Arrays.stream(outcome.list).forEach(recommended::set);
        tied += outcome.tied ? 1 : 0;
      }
    }
    return new RankingEvaluation(
        RankingMetrics.mean(metrics),
        List.copyOf(metrics),
        (double) recommended.cardinality() / examples.candidates(),
        metrics.size(),
        testUsers.length - metrics.size(),
        (int) Arrays.stream(testUsers).filter(user -> !seen.get(user)).count(),
        tied,
        protocol(examples, split, threshold, k));
  }

  private static Ranker newRanker(Supplier<? extends Ranker> rankers) {
    synchronized (rankers) {
      return rankers.get();
    }
  }

  private static String protocol(Examples examples, Split split, float threshold, int k) {
    return "Split "
        + split.name()
        + ": "
        + split.description()
        + ". Relevant: test rating >= "
        + threshold
        + ". Candidates: the catalogue of "
        + examples.candidates()
        + " minus what the user rated in training (any rating). K = "
        + k
        + ": precision = hits/K, recall = hits/relevant, NDCG binary with 1/log2(rank+1),"
        + " MAP divided by min(K, relevant). Unweighted mean over the test users with something"
        + " relevant, seen in training or not.";
  }

  /** One user's result. */
  private static final class Outcome {
    final RankingMetrics metrics;
    final int[] list;
    final boolean tied;

    Outcome(RankingMetrics metrics, int[] list, boolean tied) {
      this.metrics = metrics;
      this.list = list;
      this.tied = tied;
    }
  }

  /**
   * What a worker reuses from user to user. One candidate more than K, to see ties at the border.
   */
  private static final class Buffers {
    final long[] excluded;
    final int[] candidates;
    final float[] scores;

    Buffers(int catalogue, int k) {
      this.excluded = new long[(catalogue + 63) >>> 6];
      this.candidates = new int[Math.min(k, catalogue - 1) + 1];
      this.scores = new float[candidates.length];
    }
  }

  /** What is the same for every user. */
  private static final class Task {
    private final int catalogue;
    private final CandidatesByContext trained;
    private final CandidatesByContext relevant;
    private final int k;

    Task(Examples examples, Split split, float threshold, int k) {
      this.catalogue = examples.candidates();
      this.trained = CandidatesByContext.of(examples, split.train());
      this.relevant =
          CandidatesByContext.of(
              examples,
              Arrays.stream(split.test())
                  .filter(example -> examples.label(example) >= threshold)
                  .toArray());
      this.k = k;
    }

    /** Null if nothing is relevant to the user. */
    @Nullable Outcome rank(int user, Ranker ranker, Buffers buffers) {
      long[] excluded = buffers.excluded;
      trained.fill(user, excluded);
      int[] wanted =
          relevant
              .of(user)
              .filter(candidate -> !contains(excluded, candidate))
              .distinct()
              .toArray();
      if (wanted.length == 0) {
        return null;
      }
      int asked = buffers.candidates.length;
      int found = ranker.top(user, asked, excluded, buffers.candidates, buffers.scores);
      if (found < 0 || found > asked) {
        throw new IllegalStateException(
            "ranker found " + found + " candidates, expected 0 to " + asked);
      }
      boolean tied = checkAnswer(user, found, buffers);
      int[] list = Arrays.copyOf(buffers.candidates, Math.min(found, k));
      return new Outcome(RankingMetrics.of(list, wanted, k), list, tied);
    }

    /**
     * Whether two scores are equal. Marks what was found as excluded, so a second time is noticed.
     */
    private boolean checkAnswer(int user, int found, Buffers buffers) {
      boolean tied = false;
      for (int i = 0; i < found; i++) {
        int candidate = buffers.candidates[i];
        float score = buffers.scores[i];
        if (candidate < 0 || candidate >= catalogue || contains(buffers.excluded, candidate)) {
          throw new IllegalStateException(
              "ranker put candidate "
                  + candidate
                  + " at rank "
                  + (i + 1)
                  + " for context "
                  + user
                  + ", expected one of 0 to "
                  + (catalogue - 1)
                  + " that is not excluded and comes once");
        }
        buffers.excluded[candidate >>> 6] |= 1L << candidate;
        if (i > 0 && !(score <= buffers.scores[i - 1])) {
          throw new IllegalStateException(
              "ranker put the score "
                  + score
                  + " after "
                  + buffers.scores[i - 1]
                  + " for context "
                  + user
                  + ", expected descending scores");
        }
        tied |= i > 0 && score == buffers.scores[i - 1];
      }
      return tied;
    }

    private static boolean contains(long[] bitmap, int candidate) {
      return (bitmap[candidate >>> 6] & (1L << candidate)) != 0;
    }
  }
}
