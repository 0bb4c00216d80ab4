package femto.tools.evaluate;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class PopularityTest {
  // Positive counts in rows 0..5 (label >= 4): candidate 1 has 2, candidates 0 and 3 have 1, 2 has
  // none.
  private final Ratings ratings =
      new Ratings(3, 70)
          .add(0, 1, 4, 0)
          .add(1, 1, 5, 0)
          .add(0, 3, 4, 0)
          .add(1, 0, 4, 0)
          .add(2, 2, 3.5f, 0)
          .add(2, 2, 1, 0)
          .add(2, 69, 5, 0);
  private final Popularity popularity = Popularity.of(ratings, new int[] {0, 1, 2, 3, 4, 5}, 4);

  private final int[] candidates = new int[70];
  private final float[] scores = new float[70];

  @Test
  void shouldOrderByPositiveTrainingRatingsAndLowerIndexFirst() {
    assertThat(popularity.top(0, 5, new long[2], candidates, scores)).isEqualTo(5);

    assertThat(candidates).startsWith(1, 0, 3, 2, 4);
    assertThat(scores).startsWith(2, 1, 1, 0, 0);
  }

  @Test
  void shouldLeaveOutTheExcluded() {
    long[] excluded = {1L << 1 | 1L << 3, 1L << (69 - 64)};

    int found = popularity.top(0, 70, excluded, candidates, scores);

    assertThat(found).isEqualTo(67);
    assertThat(candidates).startsWith(0, 2, 4);
    assertThat(candidates[66]).isEqualTo(68);
  }

  @Test
  void shouldFindNothingWhenNothingIsWantedOrLeft() {
    assertThat(popularity.top(0, 0, new long[2], candidates, scores)).isZero();
    assertThat(popularity.top(0, 9, new long[] {-1, -1}, candidates, scores)).isZero();
  }
}
