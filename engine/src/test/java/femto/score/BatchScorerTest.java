package femto.score;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import femto.model.FeatureRows;
import femto.model.FeatureSpace;
import femto.model.FoldedCandidates;
import femto.model.Model;
import femto.model.PlainFm;
import femto.model.Side;
import femto.model.TestModels;
import femto.model.TestModels.Row;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class BatchScorerTest {
  private static final FeatureSpace SPACE =
      TestModels.space(TestModels.sixFields(), 50, 4, 4, 60, 3, 3);

  private static FeatureRows draw(Random random, int count, Side side) {
    List<Row> rows = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      rows.add(TestModels.row(random, SPACE, side));
    }
    return TestModels.rows(rows, SPACE.size());
  }

  @ParameterizedTest
  @ValueSource(ints = {5, 300, 9000})
  void shouldAnswerAsAScorerDoesContextByContext(int candidates) {
    Random random = new Random(candidates);
    FeatureRows contexts = draw(random, 40, Side.CONTEXT);
    try (Model model = TestModels.model(SPACE, PlainFm.random(random, SPACE.size(), 5, 0.5));
        FoldedCandidates folded =
            FoldedCandidates.fold(model, draw(random, candidates, Side.CANDIDATE))) {
      BatchScorer batch = new BatchScorer(model, folded);
      Scorer single = new Scorer(model, folded);
      for (int count : new int[] {3, 40, 20, 0}) {
        for (boolean excluding : new boolean[] {false, true}) {
          long[][] excluded = new long[count][candidates / 64 + 1];
          for (long[] bitmap : excluded) {
            for (int word = 0; word < bitmap.length; word++) {
              bitmap[word] = random.nextLong();
            }
          }
          int k = 10;
          int[][] indexes = new int[count][k];
          float[][] scores = new float[count][k];
          int[] found = new int[count];
          int first = 40 - count;
          batch.top(contexts, first, count, k, excluding ? excluded : null, indexes, scores, found);
          for (int i = 0; i < count; i++) {
            int[] expectedIndexes = new int[k];
            float[] expected = new float[k];
            single.fold(contexts, first + i);
            int expectedFound =
                single.top(k, excluding ? excluded[i] : null, expectedIndexes, expected);
            assertThat(found[i]).isEqualTo(expectedFound);
            assertThat(Arrays.copyOf(indexes[i], found[i]))
                .isEqualTo(Arrays.copyOf(expectedIndexes, found[i]));
            assertThat(Arrays.copyOf(scores[i], found[i]))
                .isEqualTo(Arrays.copyOf(expected, found[i]));
          }
        }
      }
    }
  }

  @Test
  void shouldRefuseCandidatesOfAnotherLength() {
    Random random = new Random(1);
    try (Model model = TestModels.model(SPACE, PlainFm.random(random, SPACE.size(), 5, 0.5));
        Model other = TestModels.model(SPACE, PlainFm.random(random, SPACE.size(), 4, 0.5));
        FoldedCandidates folded = FoldedCandidates.fold(other, draw(random, 3, Side.CANDIDATE))) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> new BatchScorer(model, folded))
          .withMessageContaining("folded length 4, expected 5");
    }
  }
}
