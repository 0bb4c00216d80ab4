package femto.tools.evaluate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntUnaryOperator;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

class RankingEvaluationTest {
  // Fold u1 tests the even rows. User 0: trained 0, relevant 1 (3 is rated below 4). User 1:
  // trained 1,
  // relevant 0. User 2: trained 2, nothing relevant. User 3: not trained, relevant 4.
  private final Ratings ratings =
      new Ratings(4, 5)
          .add(0, 1, 4, 0)
          .add(0, 0, 1, 0)
          .add(0, 3, 3, 0)
          .add(1, 1, 5, 0)
          .add(1, 0, 5, 0)
          .add(2, 2, 5, 0)
          .add(2, 1, 2, 0)
          .add(0, 0, 1, 0)
          .add(3, 4, 4, 0);
  private final Split split = Split.predefined(ratings, "u1");

  @Test
  void shouldReturnTheMeansOfAHandWorkedCase() {
    // By index: user 0 gets 1, 2 (hit at rank 1), user 1 gets 0, 2 (hit at rank 1), user 3 gets 0,
    // 1 (no
    // hit); each has one relevant. So precision 2/3 * 1/2, all others 2/3, coverage {0, 1, 2} of 5.
    RankingEvaluation evaluation =
        RankingEvaluation.evaluate(ratings, split, () -> byScore(c -> -c), 4, 2);

    assertThat(evaluation.means().precision()).isCloseTo(1 / 3.0, within(1e-15));
    assertThat(evaluation.means().recall()).isEqualTo(2 / 3.0);
    assertThat(evaluation.means().reciprocalRank()).isEqualTo(2 / 3.0);
    assertThat(evaluation.means().ndcg()).isEqualTo(2 / 3.0);
    assertThat(evaluation.means().averagePrecision()).isEqualTo(2 / 3.0);
    assertThat(evaluation.means().hitRate()).isEqualTo(2 / 3.0);
    assertThat(evaluation.coverage()).isEqualTo(3 / 5.0);
    assertThat(evaluation.users()).isEqualTo(3);
    assertThat(evaluation.usersLeftOut()).isEqualTo(1);
    assertThat(evaluation.usersUnseen()).isEqualTo(1);
    assertThat(evaluation.usersTied()).isZero();
  }

  @Test
  void shouldSayItsProtocol() {
    assertThat(RankingEvaluation.evaluate(ratings, split, () -> byScore(c -> -c), 4, 2).protocol())
        .startsWith(
            "Split u1: the fold \"u1\" that came with the data. Relevant: test rating >= 4.0.")
        .contains("the catalogue of 5 minus what the user rated in training (any rating)")
        .contains("K = 2", "min(K, relevant)", "Unweighted mean over the test users");
  }

  @Test
  void shouldCountUsersForWhomATieMayHaveDecided() {
    // Candidates 3 and 4 tie. By index from the top, user 0 sees 4, 3 and 2, user 1 the same, user
    // 3 too.
    assertThat(
            RankingEvaluation.evaluate(ratings, split, () -> byScore(c -> Math.min(c, 3)), 4, 1)
                .usersTied())
        .isEqualTo(3);
    // Candidates 0 and 1 tie at places 4 and 5, seen by K + 1 = 5; only user 3 has both.
    assertThat(
            RankingEvaluation.evaluate(ratings, split, () -> byScore(c -> Math.max(c, 1)), 4, 4)
                .usersTied())
        .isEqualTo(1);
    assertThat(
            RankingEvaluation.evaluate(ratings, split, () -> byScore(c -> Math.max(c, 1)), 4, 3)
                .usersTied())
        .isZero();
  }

  @Test
  void shouldNotCountACandidateRatedInBothPartsAsRelevant() {
    Ratings twice = new Ratings(1, 3).add(0, 0, 5, 0).add(0, 0, 5, 0).add(0, 1, 5, 0);

    RankingEvaluation evaluation =
        RankingEvaluation.evaluate(
            twice, Split.predefined(twice, "u1"), () -> byScore(c -> -c), 4, 1);

    // Candidate 0 is masked and candidate 1 the only relevant one, put first.
    assertThat(evaluation.means().recall()).isEqualTo(1);
  }

  @Test
  void shouldTakeAListLongerThanTheCatalogue() {
    RankingEvaluation evaluation =
        RankingEvaluation.evaluate(ratings, split, () -> byScore(c -> -c), 4, Integer.MAX_VALUE);

    assertThat(evaluation.means().recall()).isEqualTo(1);
    assertThat(evaluation.coverage()).isEqualTo(1);
  }

  @Test
  void shouldReturnNaNMeansWhenNobodyHasSomethingRelevant() {
    RankingEvaluation evaluation =
        RankingEvaluation.evaluate(ratings, split, () -> byScore(c -> -c), 6, 2);

    assertThat(evaluation.means().ndcg()).isNaN();
    assertThat(evaluation.users()).isZero();
    assertThat(evaluation.usersLeftOut()).isEqualTo(4);
    assertThat(evaluation.coverage()).isZero();
  }

  @Test
  void shouldCloseEveryRankerItAskedFor() {
    AtomicInteger opened = new AtomicInteger();
    AtomicInteger closed = new AtomicInteger();

    RankingEvaluation.evaluate(
        ratings,
        split,
        () -> {
          opened.incrementAndGet();
          Ranker ranker = byScore(c -> -c);
          return new Ranker() {
            @Override
            public int top(int context, int k, long[] excluded, int[] into, float[] scores) {
              return ranker.top(context, k, excluded, into, scores);
            }

            @Override
            public void close() {
              closed.incrementAndGet();
            }
          };
        },
        4,
        2);

    assertThat(opened.get()).isPositive();
    assertThat(closed.get()).isEqualTo(opened.get());
  }

  @Test
  void shouldRefuseAnswersThatAreNoRanking() {
    assertRefused("candidate 0 at rank 1 for context 0", 0, 1);
    assertRefused("candidate 5 at rank 2", 2, 5);
    assertRefused("candidate -1 at rank 1", -1, 2);
    assertRefused("candidate 2 at rank 2", 2, 2);
    Ranker rising =
        (context, k, excluded, into, scores) -> {
          into[0] = 2;
          into[1] = 3;
          scores[1] = 1;
          return 2;
        };
    assertThatThrownBy(() -> RankingEvaluation.evaluate(ratings, split, () -> rising, 4, 2))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("ranker put the score 1.0 after 0.0");
    Ranker tooMany = (context, k, excluded, into, scores) -> k + 1;
    assertThatThrownBy(() -> RankingEvaluation.evaluate(ratings, split, () -> tooMany, 4, 2))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("ranker found 4 candidates, expected 0 to 3");
    assertThatThrownBy(() -> RankingEvaluation.evaluate(ratings, split, () -> tooMany, 4, 0))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("k=0, expected 1 or more");
  }

  private void assertRefused(String message, int first, int second) {
    Ranker wrong =
        (context, k, excluded, into, scores) -> {
          into[0] = context == 0 ? first : 2;
          into[1] = context == 0 ? second : 3;
          return 2;
        };
    assertThatThrownBy(() -> RankingEvaluation.evaluate(ratings, split, () -> wrong, 4, 2))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining(message);
  }

  @Property(tries = 300)
  void shouldEqualASecondLiteralEvaluation(
      @ForAll long seed,
      @ForAll @IntRange(min = 1, max = 12) int k,
      @ForAll @IntRange(min = 2, max = 400) int size) {
    Ratings random = Ratings.random(new Random(seed), 15, 80, size);
    Split halves = Split.predefined(random, "u1");
    Popularity popularity = Popularity.of(random, halves.train(), 4);

    RankingEvaluation evaluation =
        RankingEvaluation.evaluate(random, halves, () -> popularity, 4, k);

    Set<Integer> recommended = new HashSet<>();
    List<RankingMetrics> users = new ArrayList<>();
    int leftOut = 0;
    int unseen = 0;
    for (int user = 0; user < 15; user++) {
      Set<Integer> trained = new HashSet<>();
      Set<Integer> relevant = new TreeSet<>();
      boolean tested = false;
      for (int example = 0; example < size; example++) {
        if (random.context(example) != user) {
          continue;
        }
        if (example % 2 != 0) {
          trained.add(random.candidate(example));
        } else {
          tested = true;
          if (random.label(example) >= 4) {
            relevant.add(random.candidate(example));
          }
        }
      }
      relevant.removeAll(trained);
      unseen += tested && trained.isEmpty() ? 1 : 0;
      if (relevant.isEmpty()) {
        leftOut += tested ? 1 : 0;
        continue;
      }
      List<Integer> list = mostPopular(random, trained, k);
      recommended.addAll(list);
      users.add(RankingMetrics.of(ints(list), ints(relevant), k));
    }
    assertThat(evaluation.means()).isEqualTo(RankingMetrics.mean(users));
    assertThat(evaluation.users()).isEqualTo(users.size());
    assertThat(evaluation.usersLeftOut()).isEqualTo(leftOut);
    assertThat(evaluation.usersUnseen()).isEqualTo(unseen);
    assertThat(evaluation.coverage()).isEqualTo(recommended.size() / 80.0);
  }

  private static List<Integer> mostPopular(Ratings ratings, Set<Integer> excluded, int k) {
    int[] counts = new int[ratings.candidates()];
    for (int example = 1; example < ratings.size(); example += 2) {
      if (ratings.label(example) >= 4) {
        counts[ratings.candidate(example)]++;
      }
    }
    List<Integer> candidates = new ArrayList<>();
    for (int candidate = 0; candidate < counts.length; candidate++) {
      if (!excluded.contains(candidate)) {
        candidates.add(candidate);
      }
    }
    candidates.sort((a, b) -> Integer.compare(counts[b], counts[a])); // stable: lower index first
    return candidates.subList(0, Math.min(k, candidates.size()));
  }

  private static int[] ints(java.util.Collection<Integer> integers) {
    return integers.stream().mapToInt(Integer::intValue).toArray();
  }

  /** Ranks five candidates by a score of their index, for every user alike. */
  private static Ranker byScore(IntUnaryOperator score) {
    return (context, k, excluded, into, scores) -> {
      List<Integer> left = new ArrayList<>();
      for (int candidate = 0; candidate < 5; candidate++) {
        if ((excluded[0] & 1L << candidate) == 0) {
          left.add(candidate);
        }
      }
      left.sort((a, b) -> Integer.compare(score.applyAsInt(b), score.applyAsInt(a)));
      int found = Math.min(k, left.size());
      for (int i = 0; i < found; i++) {
        into[i] = left.get(i);
        scores[i] = score.applyAsInt(left.get(i));
      }
      return found;
    };
  }
}
