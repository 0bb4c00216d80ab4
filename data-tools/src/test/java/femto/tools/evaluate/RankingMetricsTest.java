package femto.tools.evaluate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import it.unimi.dsi.fastutil.ints.IntArrays;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.stream.IntStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

class RankingMetricsTest {
  @Test
  void shouldReturnTheMetricsOfAHandWorkedList() {
    // Relevant 2, 5, 7; hits at ranks 2 (candidate 5) and 4 (candidate 2); K = 5.
    RankingMetrics metrics = RankingMetrics.of(new int[] {9, 5, 1, 2, 3}, new int[] {2, 5, 7}, 5);

    assertThat(metrics.precision()).isEqualTo(2 / 5.0);
    assertThat(metrics.recall()).isEqualTo(2 / 3.0);
    assertThat(metrics.reciprocalRank()).isEqualTo(1 / 2.0);
    // (1/log2 3 + 1/log2 5) / (1/log2 2 + 1/log2 3 + 1/log2 4)
    //   = (0.630930 + 0.430677) / (1 + 0.630930 + 0.5) = 1.061606 / 2.130930.
    assertThat(metrics.ndcg()).isCloseTo(0.498189, within(1e-6));
    // (1/2 + 2/4) / min(5, 3).
    assertThat(metrics.averagePrecision()).isCloseTo(1 / 3.0, within(1e-15));
    assertThat(metrics.hitRate()).isEqualTo(1);
  }

  @Test
  void shouldDivideByKWhereMoreThanKAreRelevant() {
    // Relevant 0..3, K = 2, one hit at rank 1: recall 1/4; the ideal has min(2, 4) = 2 hits.
    RankingMetrics metrics = RankingMetrics.of(new int[] {3, 8}, new int[] {0, 1, 2, 3}, 2);

    assertThat(metrics.precision()).isEqualTo(1 / 2.0);
    assertThat(metrics.recall()).isEqualTo(1 / 4.0);
    assertThat(metrics.reciprocalRank()).isEqualTo(1);
    // 1 / (1 + 1/log2 3) = 1 / 1.630930.
    assertThat(metrics.ndcg()).isCloseTo(0.613147, within(1e-6));
    assertThat(metrics.averagePrecision()).isEqualTo(1 / 2.0);
  }

  @Test
  void shouldLookAtTheFirstKAlone() {
    assertThat(RankingMetrics.of(new int[] {4, 5, 6}, new int[] {6}, 2))
        .isEqualTo(new RankingMetrics(0, 0, 0, 0, 0, 0));
  }

  @Test
  void shouldCountAShortListAsFilledUpWithMisses() {
    assertThat(RankingMetrics.of(new int[] {6}, new int[] {6, 7}, 4))
        .isEqualTo(RankingMetrics.of(new int[] {6, 1, 2, 3}, new int[] {6, 7}, 4));
    assertThat(RankingMetrics.of(new int[0], new int[] {6}, 4))
        .isEqualTo(new RankingMetrics(0, 0, 0, 0, 0, 0));
  }

  @Test
  void shouldRefuseWhatHasNoMetric() {
    assertThatThrownBy(() -> RankingMetrics.of(new int[] {1}, new int[0], 1))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("nothing is relevant, expected at least one candidate");
    assertThatThrownBy(() -> RankingMetrics.of(new int[] {1}, new int[] {1}, 0))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("k=0, expected 1 or more");
    assertThatThrownBy(() -> RankingMetrics.of(new int[] {1}, new int[] {2, 2}, 1))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("relevant candidate 2 follows 2, expected ascending and distinct ones");
  }

  @Test
  void shouldAverageUsersWithEqualWeight() {
    RankingMetrics mean =
        RankingMetrics.mean(
            List.of(
                new RankingMetrics(1, 0.5, 1, 0.25, 0, 1),
                new RankingMetrics(0, 0.25, 0.5, 0.75, 0, 0)));

    assertThat(mean).isEqualTo(new RankingMetrics(0.5, 0.375, 0.75, 0.5, 0, 0.5));
  }

  @Test
  void shouldReturnNaNAsMeanOfNoUser() {
    assertThat(RankingMetrics.mean(List.of()).ndcg()).isNaN();
  }

  @Property(tries = 10_000)
  void shouldEqualTheLiteralDefinitions(
      @ForAll long seed,
      @ForAll @IntRange(min = 1, max = 30) int catalogue,
      @ForAll @IntRange(min = 1, max = 35) int k) {
    Random random = new Random(seed);
    int[] ranked = shuffled(random, catalogue);
    int[] relevant = relevant(random, catalogue);

    RankingMetrics metrics = RankingMetrics.of(ranked, relevant, k);

    Set<Integer> wanted = new HashSet<>(Arrays.stream(relevant).boxed().toList());
    assertThat(metrics.precision()).isCloseTo(hits(ranked, wanted, k) / k, within(1e-12));
    assertThat(metrics.recall()).isCloseTo(hits(ranked, wanted, k) / wanted.size(), within(1e-12));
    assertThat(metrics.reciprocalRank())
        .isCloseTo(literalReciprocalRank(ranked, wanted, k), within(1e-12));
    assertThat(metrics.ndcg()).isCloseTo(literalNdcg(ranked, wanted, k), within(1e-12));
    assertThat(metrics.averagePrecision())
        .isCloseTo(literalAveragePrecision(ranked, wanted, k), within(1e-12));
    assertThat(metrics.hitRate()).isEqualTo(hits(ranked, wanted, k) > 0 ? 1 : 0);
    values(metrics).forEach(value -> assertThat(value).isBetween(0.0, 1.0));
  }

  /** The best of all orders is found by trying what stands where, not by sorting gains. */
  @Property(tries = 10_000)
  void shouldGradeByTheLiteralDefinition(
      @ForAll long seed,
      @ForAll @IntRange(min = 1, max = 30) int catalogue,
      @ForAll @IntRange(min = 1, max = 35) int k) {
    Random random = new Random(seed);
    int[] ranked = shuffled(random, catalogue);
    int[] rated = relevant(random, catalogue);
    float[] ratings = new float[rated.length];
    Map<Integer, Double> gain = new HashMap<>();
    for (int i = 0; i < rated.length; i++) {
      ratings[i] = random.nextInt(6);
      gain.put(rated[i], Math.pow(2, ratings[i]) - 1);
    }
    double sum = 0;
    for (int rank = 1; rank <= k && rank <= catalogue; rank++) {
      sum += gain.getOrDefault(ranked[rank - 1], 0.0) / (Math.log(rank + 1) / Math.log(2));
    }
    double ideal = 0;
    List<Double> left = new ArrayList<>(gain.values());
    for (int rank = 1; rank <= k && !left.isEmpty(); rank++) {
      Double best = Collections.max(left);
      left.remove(best);
      ideal += best / (Math.log(rank + 1) / Math.log(2));
    }
    double found = RankingMetrics.gradedNdcg(ranked, rated, ratings, k);
    if (ideal == 0) {
      assertThat(found).isNaN();
    } else {
      assertThat(found).isCloseTo(sum / ideal, within(1e-12));
    }
  }

  @Test
  void shouldBeTheNdcgOfOneGainWhereRatingsAreEqual() {
    int[] ranked = {5, 1, 3, 2};
    int[] relevant = {1, 2, 9};
    double graded = RankingMetrics.gradedNdcg(ranked, relevant, new float[] {4, 4, 4}, 3);
    assertThat(graded).isCloseTo(RankingMetrics.of(ranked, relevant, 3).ndcg(), within(1e-12));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> RankingMetrics.gradedNdcg(ranked, relevant, new float[2], 3));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> RankingMetrics.gradedNdcg(ranked, relevant, new float[3], 0));
  }

  @Property
  void shouldReachOneWhenTheRelevantStandFirst(
      @ForAll long seed,
      @ForAll @IntRange(min = 1, max = 30) int catalogue,
      @ForAll @IntRange(min = 1, max = 35) int k) {
    int[] relevant = relevant(new Random(seed), catalogue);
    int[] ideal =
        IntStream.concat(
                Arrays.stream(relevant),
                IntStream.range(0, catalogue).filter(c -> Arrays.binarySearch(relevant, c) < 0))
            .toArray();

    RankingMetrics metrics = RankingMetrics.of(ideal, relevant, k);

    assertThat(metrics.ndcg()).isEqualTo(1);
    assertThat(metrics.averagePrecision()).isEqualTo(1);
    assertThat(metrics.reciprocalRank()).isEqualTo(1);
    assertThat(metrics.hitRate()).isEqualTo(1);
  }

  @Property(tries = 2000)
  void shouldNeverFallWhenAHitMovesUp(
      @ForAll long seed,
      @ForAll @IntRange(min = 2, max = 30) int catalogue,
      @ForAll @IntRange(min = 1, max = 35) int k) {
    Random random = new Random(seed);
    int[] ranked = shuffled(random, catalogue);
    int[] relevant = relevant(random, catalogue);
    int lower = 1 + random.nextInt(catalogue - 1);
    int upper = random.nextInt(lower);
    if (Arrays.binarySearch(relevant, ranked[lower]) < 0
        || Arrays.binarySearch(relevant, ranked[upper]) >= 0) {
      return;
    }
    int[] moved = ranked.clone();
    moved[upper] = ranked[lower];
    moved[lower] = ranked[upper];

    List<Double> before = values(RankingMetrics.of(ranked, relevant, k));
    List<Double> after = values(RankingMetrics.of(moved, relevant, k));

    for (int i = 0; i < before.size(); i++) {
      assertThat(after.get(i)).isGreaterThanOrEqualTo(before.get(i) - 1e-12);
    }
  }

  private static double hits(int[] ranked, Set<Integer> relevant, int k) {
    return Arrays.stream(ranked).limit(k).filter(relevant::contains).count();
  }

  private static double literalReciprocalRank(int[] ranked, Set<Integer> relevant, int k) {
    for (int rank = 1; rank <= k && rank <= ranked.length; rank++) {
      if (relevant.contains(ranked[rank - 1])) {
        return 1.0 / rank;
      }
    }
    return 0;
  }

  private static double literalNdcg(int[] ranked, Set<Integer> relevant, int k) {
    int n = ranked.length;
    int[] gains = new int[n];
    for (int i = 0; i < n; i++) {
      gains[i] = relevant.contains(ranked[i]) ? 1 : 0;
    }
    int[] ideal = new int[n];
    Arrays.fill(ideal, 0, relevant.size(), 1);
    return dcg(gains, k) / dcg(ideal, k);
  }

  private static double dcg(int[] gains, int k) {
    double sum = 0;
    for (int rank = 1; rank <= k && rank <= gains.length; rank++) {
      sum += gains[rank - 1] / (Math.log(rank + 1) / Math.log(2));
    }
    return sum;
  }

  private static double literalAveragePrecision(int[] ranked, Set<Integer> relevant, int k) {
    double sum = 0;
    for (int rank = 1; rank <= k && rank <= ranked.length; rank++) {
      if (relevant.contains(ranked[rank - 1])) {
        sum += hits(ranked, relevant, rank) / rank;
      }
    }
    return sum / Math.min(k, relevant.size());
  }

  private static int[] shuffled(Random random, int catalogue) {
    return IntArrays.shuffle(IntStream.range(0, catalogue).toArray(), random);
  }

  private static int[] relevant(Random random, int catalogue) {
    return Arrays.stream(shuffled(random, catalogue))
        .limit(1 + random.nextInt(catalogue))
        .sorted()
        .toArray();
  }

  private static List<Double> values(RankingMetrics metrics) {
    return List.of(
        metrics.precision(),
        metrics.recall(),
        metrics.reciprocalRank(),
        metrics.ndcg(),
        metrics.averagePrecision(),
        metrics.hitRate());
  }
}
