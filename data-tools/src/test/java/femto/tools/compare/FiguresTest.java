package femto.tools.compare;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import femto.tools.baseline.Interactions;
import femto.tools.baseline.Popular;
import java.util.BitSet;
import org.junit.jupiter.api.Test;

class FiguresTest {
  private static BitSet set(int... items) {
    BitSet set = new BitSet();
    for (int item : items) {
      set.set(item);
    }
    return set;
  }

  /**
   * Three users and four items. Liked by: item 0 by all, 1 by users 0 and 1, 2 by user 1, 3 by
   * nobody. User 0 is asked for item 2, and may get 2 and 3, in that order.
   */
  @Test
  void shouldBeWhatComesOutByHand() {
    Interactions likes = Interactions.of(new int[][] {{0, 1}, {0, 1, 2}, {0}}, 4);
    Trial trial =
        new Trial(
            new int[0],
            likes,
            likes,
            Interactions.of(new int[][] {{2}, {}, {}}, 4),
            new int[][] {{2}, {}, {}},
            new BitSet[] {set(0, 1), set(0, 1, 2), set(0)},
            4,
            true);
    Figures figures = Figures.of(trial, Popular.fit(likes));
    assertThat(figures.users()).hasSize(1);
    assertThat(figures.mean("ndcg_at_10")).isOne();
    assertThat(figures.mean("precision_at_10")).isEqualTo(0.1);
    assertThat(figures.mean("recall_at_10")).isOne();
    assertThat(figures.mean("map_at_10")).isOne();
    assertThat(figures.mean("mrr_at_10")).isOne();
    assertThat(figures.mean("hit_rate_at_10")).isOne();
    assertThat(figures.mean("coverage")).isEqualTo(0.5);
    assertThat(figures.mean("diversity")).isOne(); // nobody likes 3
    assertThat(figures.mean("graded_ndcg_at_10")).isOne();
    assertThat(figures.mean("gini")).isEqualTo(0.5); // 0, 0, 1, 1
    // log2(3 / 1) for each: one likes 2, and nobody counts as one
    assertThat(figures.mean("novelty")).isCloseTo(Math.log(3) / Math.log(2), within(1e-6));
    // cos(2, 0) = 1 / sqrt(3), cos(2, 1) = 1 / sqrt(2)
    assertThat(figures.mean("serendipity"))
        .isCloseTo((1 - (1 / Math.sqrt(3) + 1 / Math.sqrt(2)) / 2) / 10, within(1e-6));
    assertThat(figures.tied()).isZero();
  }

  /** Of twelve that are relevant ten are found: a list cannot hold more. */
  @Test
  void shouldDivideAveragePrecisionAsTheProtocolSays() {
    int[][] everybody = new int[2][12];
    for (int item = 0; item < 12; item++) {
      everybody[0][item] = item;
      everybody[1][item] = item;
    }
    Interactions likes = Interactions.of(new int[][] {{}, everybody[1]}, 12);
    for (boolean allRelevant : new boolean[] {true, false}) {
      Trial trial =
          new Trial(
              new int[0],
              likes,
              likes,
              Interactions.of(new int[][] {everybody[0], {}}, 12),
              new int[][] {everybody[0], {}},
              new BitSet[] {set(), set()},
              12,
              allRelevant);
      Figures figures = Figures.of(trial, Popular.fit(likes));
      assertThat(figures.mean("map_at_10")).isCloseTo(allRelevant ? 10 / 12.0 : 1, within(1e-6));
      assertThat(figures.tied()).isOne();
      assertThat(figures.mean("diversity")).isCloseTo(0, within(1e-6));
    }
  }
}
