package femto.score;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import femto.kernels.RowLayout;
import femto.kernels.RowPatch;
import femto.kernels.RowTable;
import femto.model.FeatureRows;
import femto.model.FeatureSpace;
import femto.model.FoldedCandidates;
import femto.model.Model;
import femto.model.PlainFm;
import femto.model.Side;
import femto.model.TestModels;
import femto.model.TestModels.Row;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;
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
            single.fold(contexts, first + i);
            assertFoundBy(single, excluding ? excluded[i] : null, indexes[i], scores[i], found[i]);
          }
        }
      }
    }
  }

  private static void assertFoundBy(
      Scorer single, long @Nullable [] excluded, int[] indexes, float[] scores, int found) {
    int[] expectedIndexes = new int[indexes.length];
    float[] expected = new float[indexes.length];
    int expectedFound = single.top(indexes.length, excluded, expectedIndexes, expected);
    assertThat(found).isEqualTo(expectedFound);
    assertThat(Arrays.copyOf(indexes, found)).isEqualTo(Arrays.copyOf(expectedIndexes, found));
    assertThat(Arrays.copyOf(scores, found)).isEqualTo(Arrays.copyOf(expected, found));
  }

  private static RowTable slots(int count, int length) {
    return RowTable.over(
        Arena.ofAuto().allocate(new RowLayout(length).tableBytes(count), 4), count, length);
  }

  /** Other weights for half of the features; rows of their own for some, none for others. */
  private static Snapshot patched(Random random, Model model, FoldedCandidates folded) {
    int length = folded.table().length();
    PlainFm news = PlainFm.random(random, SPACE.size(), length, 0.5);
    RowPatch.Editor weights = RowPatch.none(model.weights(), slots(SPACE.size(), length)).edit();
    for (int feature = 0; feature < SPACE.size(); feature += 2) {
      weights.set(feature, news.linear()[feature], news.factors()[feature]);
    }
    int size = folded.size();
    RowPatch.Editor rows = RowPatch.none(folded.table(), slots(size + 50, length)).edit();
    for (int i = 0; i < size + 50; i++) {
      int chance = random.nextInt(5);
      if (chance == 0 && i < size) {
        rows.remove(i);
      } else if (chance == 1 || i >= size) {
        rows.set(i, random.nextFloat(), news.factors()[random.nextInt(SPACE.size())]);
      }
    }
    return new Snapshot(model, folded, SPACE, news.bias(), weights.finish(), rows.finish());
  }

  @ParameterizedTest
  @ValueSource(ints = {5, 300, 9000})
  void shouldRankOnASnapshotAsAScorerDoesContextByContext(int candidates) {
    Random random = new Random(candidates);
    FeatureRows contexts = draw(random, 40, Side.CONTEXT);
    try (Model model = TestModels.model(SPACE, PlainFm.random(random, SPACE.size(), 5, 0.5));
        FoldedCandidates folded =
            FoldedCandidates.fold(model, draw(random, candidates, Side.CANDIDATE))) {
      Snapshot first = patched(random, model, folded);
      BatchScorer batch = new BatchScorer(first);
      Scorer single = new Scorer(first);
      for (Snapshot next :
          List.of(first, patched(random, model, folded), Snapshot.of(model, folded))) {
        assertThat(batch.serves(next)).isTrue();
        batch.use(next);
        single.use(next);
        // Few enough to be searched one after the other, and enough to be searched together.
        for (int count : new int[] {3, 40}) {
          int[][] indexes = new int[count][30];
          float[][] scores = new float[count][30];
          int[] found = new int[count];
          long[][] excluded = new long[count][candidates / 64 + 1];
          excluded[1][0] = random.nextLong();
          batch.top(contexts, 0, count, 30, excluded, indexes, scores, found);
          for (int i = 0; i < count; i++) {
            single.fold(contexts, i);
            assertFoundBy(single, excluded[i], indexes[i], scores[i], found[i]);
          }
        }
      }
    }
  }

  @Test
  void shouldRefuseUseWithoutASnapshotAndSnapshotsOfAnotherModel() {
    Random random = new Random(4);
    FeatureRows contexts = draw(random, 1, Side.CONTEXT);
    PlainFm fm = PlainFm.random(random, SPACE.size(), 5, 0.5);
    try (Model model = TestModels.model(SPACE, fm);
        Model other = TestModels.model(SPACE, fm);
        FoldedCandidates folded = FoldedCandidates.fold(model, draw(random, 3, Side.CANDIDATE))) {
      BatchScorer batch = new BatchScorer(model, folded);
      assertThat(batch.serves(Snapshot.of(other, folded))).isFalse();
      assertThatIllegalArgumentException().isThrownBy(() -> batch.use(Snapshot.of(other, folded)));
      batch.use(null);
      int[] found = new int[1];
      assertThatIllegalStateException()
          .isThrownBy(
              () -> batch.top(contexts, 0, 1, 2, null, new int[1][2], new float[1][2], found))
          .withMessageContaining("outside a lease");
      batch.use(Snapshot.of(model, folded));
      batch.top(contexts, 0, 1, 2, null, new int[1][2], new float[1][2], found);
      assertThat(found).containsExactly(2);
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
