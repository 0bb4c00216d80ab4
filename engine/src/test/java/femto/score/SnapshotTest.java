package femto.score;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import femto.kernels.RowLayout;
import femto.kernels.RowPatch;
import femto.kernels.RowTable;
import femto.kernels.Screen;
import femto.kernels.ScreenLayout;
import femto.kernels.TopRequest;
import femto.memory.Slab;
import femto.memory.SlabPool;
import femto.model.FeatureSpace;
import femto.model.FoldedCandidates;
import femto.model.FoldedContext;
import femto.model.Model;
import femto.model.PlainFm;
import femto.model.Side;
import femto.model.TestModels;
import femto.model.TestModels.Row;
import java.lang.foreign.Arena;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SnapshotTest {
  private static final FeatureSpace SPACE =
      TestModels.space(TestModels.sixFields(), 5, 4, 4, 6, 3, 3);
  private static final int K = 3;

  private static List<Row> draw(Random random, int count, Side side) {
    List<Row> rows = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      rows.add(TestModels.row(random, SPACE, side));
    }
    return rows;
  }

  private static RowTable slots(int count) {
    return RowTable.over(Arena.ofAuto().allocate(new RowLayout(K).tableBytes(count), 4), count, K);
  }

  private static PlainFm changed(PlainFm fm, Random random) {
    PlainFm other = PlainFm.random(random, SPACE.size(), K, 0.5);
    float[] linear = fm.linear().clone();
    float[][] factors = fm.factors().clone();
    for (int feature = 0; feature < linear.length; feature++) {
      if (random.nextInt(3) == 0) {
        linear[feature] = other.linear()[feature];
        factors[feature] = other.factors()[feature];
      }
    }
    return new PlainFm(other.bias(), linear, factors);
  }

  /** What has changed in the weights, and in the rows that are folded from them. */
  private static Snapshot patched(
      Model model, FoldedCandidates folded, List<Row> candidates, PlainFm from, PlainFm to) {
    RowPatch.Editor weights = RowPatch.none(model.weights(), slots(SPACE.size())).edit();
    for (int feature = 0; feature < SPACE.size(); feature++) {
      if (from.linear()[feature] != to.linear()[feature]
          || !Arrays.equals(from.factors()[feature], to.factors()[feature])) {
        weights.set(feature, to.linear()[feature], to.factors()[feature]);
      }
    }
    RowPatch weightsPatch = weights.finish();
    FoldedContext folding = new FoldedContext(model);
    folding.patchedBy(0, weightsPatch);
    RowPatch.Editor rows = RowPatch.none(folded.table(), slots(candidates.size())).edit();
    for (int i = 0; i < candidates.size(); i++) {
      Row row = candidates.get(i);
      folding.fold(row.features(), row.weights(), row.features().length);
      rows.set(i, folding.constant(), folding.query());
    }
    return new Snapshot(model, folded, SPACE, to.bias(), weightsPatch, rows.finish());
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 40, 9000})
  void shouldScoreAndRankAsIfEverythingHadBeenFoldedAfresh(int size) {
    Random random = new Random(size);
    PlainFm from = PlainFm.random(random, SPACE.size(), K, 0.5);
    PlainFm to = changed(from, random);
    List<Row> candidates = draw(random, size, Side.CANDIDATE);
    try (Model model = TestModels.model(SPACE, from);
        Model fresh = TestModels.model(SPACE, to);
        FoldedCandidates folded =
            FoldedCandidates.fold(model, TestModels.rows(candidates, SPACE.size()));
        FoldedCandidates freshFolded =
            FoldedCandidates.fold(fresh, TestModels.rows(candidates, SPACE.size()))) {
      Scorer scorer = new Scorer(model, folded);
      Scorer expected = new Scorer(fresh, freshFolded);
      scorer.use(patched(model, folded, candidates, from, to));
      int[] all = new int[size];
      for (int i = 0; i < size; i++) {
        all[i] = i;
      }
      for (Row context : draw(random, 20, Side.CONTEXT)) {
        scorer.fold(TestModels.rows(List.of(context), SPACE.size()), 0);
        expected.fold(TestModels.rows(List.of(context), SPACE.size()), 0);
        float[] scores = new float[size];
        float[] freshScores = new float[size];
        scorer.score(all, size, scores);
        expected.score(all, size, freshScores);
        assertThat(scores).isEqualTo(freshScores);
        assertThat(scorer.score(size - 1)).isEqualTo(freshScores[size - 1]);
        int[] indexes = new int[25];
        int[] freshIndexes = new int[25];
        float[] best = new float[25];
        float[] freshBest = new float[25];
        int found = scorer.top(25, null, indexes, best);
        assertThat(found).isEqualTo(expected.top(25, null, freshIndexes, freshBest));
        assertThat(indexes).isEqualTo(freshIndexes);
        assertThat(best).isEqualTo(freshBest);
      }
    }
  }

  @Test
  void shouldScoreTheSameWhenThePatchHasBeenMergedIntoRowsOfItsOwn() {
    Random random = new Random(3);
    PlainFm from = PlainFm.random(random, SPACE.size(), K, 0.5);
    PlainFm to = changed(from, random);
    List<Row> candidates = draw(random, 9000, Side.CANDIDATE);
    try (SlabPool pool = new SlabPool();
        Model model = TestModels.model(SPACE, from);
        FoldedCandidates folded =
            FoldedCandidates.fold(model, TestModels.rows(candidates, SPACE.size()), pool::take)) {
      Snapshot patched = patched(model, folded, candidates, from, to);
      RowPatch rows = Objects.requireNonNull(patched.rows());
      try (FoldedCandidates merged = merged(rows, pool)) {
        Scorer scorer = new Scorer(patched);
        Scorer ofMerged =
            new Scorer(new Snapshot(model, merged, SPACE, to.bias(), patched.weights(), null));
        for (Row context : draw(random, 10, Side.CONTEXT)) {
          scorer.fold(TestModels.rows(List.of(context), SPACE.size()), 0);
          ofMerged.fold(TestModels.rows(List.of(context), SPACE.size()), 0);
          int[] indexes = new int[25];
          int[] mergedIndexes = new int[25];
          float[] scores = new float[25];
          float[] mergedScores = new float[25];
          scorer.top(25, null, indexes, scores);
          ofMerged.top(25, null, mergedIndexes, mergedScores);
          assertThat(indexes).isEqualTo(mergedIndexes);
          assertThat(scores).isEqualTo(mergedScores);
        }
      }
    }
  }

  private static FoldedCandidates merged(RowPatch rows, SlabPool pool) {
    Slab memory = pool.take(new RowLayout(K).tableBytes(rows.size()));
    RowTable table = RowTable.over(memory.segment(), rows.size(), K);
    rows.copyTo(table);
    Slab screenMemory = pool.take(new ScreenLayout(table.rows(), K).bytes());
    Screen screen = Screen.build(table, screenMemory.segment());
    return FoldedCandidates.over(table, memory, screen, screenMemory);
  }

  @Test
  void shouldMixNothingOfTheFormerSnapshotIntoTheNext() {
    Random random = new Random(5);
    PlainFm from = PlainFm.random(random, SPACE.size(), K, 0.5);
    PlainFm to = changed(from, random);
    List<Row> candidates = draw(random, 300, Side.CANDIDATE);
    Row context = draw(random, 1, Side.CONTEXT).get(0);
    try (Model model = TestModels.model(SPACE, from);
        Model fresh = TestModels.model(SPACE, to);
        FoldedCandidates folded =
            FoldedCandidates.fold(model, TestModels.rows(candidates, SPACE.size()));
        FoldedCandidates freshFolded =
            FoldedCandidates.fold(fresh, TestModels.rows(candidates, SPACE.size()))) {
      Scorer scorer = new Scorer(model, folded);
      Scorer expected = new Scorer(fresh, freshFolded);
      scorer.fold(TestModels.rows(List.of(context), SPACE.size()), 0);
      TopRequest before = scorer.request(20);
      scorer.use(patched(model, folded, candidates, from, to));
      // Neither the context that was folded before nor the rows that the request was made for.
      int[] indexes = new int[20];
      int[] freshIndexes = new int[20];
      float[] scores = new float[20];
      float[] freshScores = new float[20];
      scorer.top(before, indexes, scores);
      expected.top(expected.request(20), freshIndexes, freshScores);
      assertThat(indexes).isEqualTo(freshIndexes);
      assertThat(scores).isEqualTo(freshScores);
      assertThat(scorer.score(3)).isEqualTo(expected.score(3));
    }
  }

  @Test
  void shouldRefuseUseWithoutASnapshotAndSnapshotsOfAnotherModel() {
    Random random = new Random(4);
    PlainFm fm = PlainFm.random(random, SPACE.size(), K, 0.5);
    List<Row> candidates = draw(random, 5, Side.CANDIDATE);
    try (Model model = TestModels.model(SPACE, fm);
        Model other = TestModels.model(SPACE, fm);
        FoldedCandidates folded =
            FoldedCandidates.fold(model, TestModels.rows(candidates, SPACE.size()))) {
      Scorer scorer = new Scorer(model, folded);
      assertThat(scorer.serves(Snapshot.of(other, folded))).isFalse();
      assertThatIllegalArgumentException().isThrownBy(() -> scorer.use(Snapshot.of(other, folded)));
      scorer.use(null);
      assertThatIllegalStateException().isThrownBy(scorer::fold);
      assertThatIllegalStateException().isThrownBy(() -> scorer.score(0));
      assertThatIllegalStateException()
          .isThrownBy(() -> scorer.top(scorer.request(1), new int[1], new float[1]));
      assertThatIllegalStateException().isThrownBy(() -> scorer.warmUp(Duration.ZERO));
      scorer.use(Snapshot.of(model, folded));
      scorer.fold();
      assertThat(scorer.score(0)).isFinite();
      RowPatch.Editor editor = RowPatch.none(folded.table(), slots(2)).edit();
      editor.remove(2);
      Snapshot without =
          new Snapshot(model, folded, model.features(), fm.bias(), null, editor.finish());
      assertThat(without.size()).isEqualTo(5);
      assertThat(without.contains(2)).isFalse();
      assertThat(without.contains(5)).isFalse();
      assertThat(Snapshot.of(model, folded).contains(2)).isTrue();
      scorer.use(without);
      int[] indexes = new int[5];
      int found = scorer.top(5, null, indexes, new float[5]);
      assertThat(Arrays.copyOf(indexes, found)).containsExactlyInAnyOrder(0, 1, 3, 4);
    }
  }
}
