package femto.score;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import femto.kernels.Bids;
import femto.kernels.RowScores;
import femto.kernels.Selection;
import femto.kernels.Sigmoid;
import femto.kernels.TopRequest;
import femto.kernels.WarmUp;
import femto.model.FeatureSpace;
import femto.model.FoldedCandidates;
import femto.model.FoldedContext;
import femto.model.Link;
import femto.model.Model;
import femto.model.PlainFm;
import femto.model.PredictionRange;
import femto.model.Side;
import femto.model.TestModels;
import femto.model.TestModels.Row;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.stream.IntStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class ScorerTest {
  private static final FeatureSpace SPACE =
      TestModels.space(TestModels.sixFields(), 5, 4, 4, 6, 3, 3);

  private static List<Row> draw(Random random, int count, Side side) {
    List<Row> rows = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      rows.add(TestModels.row(random, SPACE, side));
    }
    return rows;
  }

  private static boolean isExcluded(long @Nullable [] excluded, int i) {
    return excluded != null && i / 64 < excluded.length && (excluded[i / 64] >>> (i % 64) & 1) == 1;
  }

  @Property(tries = 300)
  void shouldRankAsAFullSortOfTheChainWithTiesToTheLowerIndex(
      @ForAll long seed,
      @ForAll @IntRange(max = 150) int size,
      @ForAll @IntRange(max = 200) int k,
      @ForAll @IntRange(max = 4) int words) {
    Random random = new Random(seed);
    // Few distinct rows, so that many candidates tie; a huge bias, so that K merges distinct
    // chains.
    PlainFm drawn = PlainFm.random(random, SPACE.size(), 3, 0.5);
    PlainFm fm = new PlainFm(random.nextBoolean() ? 1e6f : 0f, drawn.linear(), drawn.factors());
    List<Row> candidates = draw(random, size, Side.CANDIDATE);
    long @Nullable [] excluded = words == 4 ? null : random.longs(words).toArray();
    try (Model model = TestModels.model(SPACE, fm);
        FoldedCandidates folded =
            FoldedCandidates.fold(model, TestModels.rows(candidates, SPACE.size()))) {
      Row context = TestModels.row(random, SPACE, Side.CONTEXT);
      FoldedContext foldedContext = new FoldedContext(model);
      foldedContext.fold(context.features(), context.weights(), context.features().length);
      float[] chain = new float[size];
      for (int i = 0; i < size; i++) {
        chain[i] = RowScores.score(folded.table(), foldedContext.query(), i);
      }
      int[] expected =
          IntStream.range(0, size)
              .filter(i -> !isExcluded(excluded, i))
              .boxed()
              .sorted(
                  Comparator.<Integer>comparingDouble(i -> -(double) chain[i])
                      .thenComparingInt(i -> i))
              .limit(k)
              .mapToInt(Integer::intValue)
              .toArray();
      Scorer scorer = new Scorer(model, folded);
      scorer.fold(TestModels.rows(List.of(context), SPACE.size()), 0);
      int[] indexes = new int[k];
      float[] scores = new float[k];
      int found = scorer.top(k, excluded, indexes, scores);
      assertThat(found).isEqualTo(expected.length);
      for (int rank = 0; rank < found; rank++) {
        assertThat(indexes[rank]).isEqualTo(expected[rank]);
        assertThat(scores[rank]).isEqualTo(foldedContext.constant() + chain[expected[rank]]);
        assertThat(scores[rank]).isEqualTo(scorer.score(indexes[rank]));
      }
    }
  }

  @Test
  void shouldOrderByTheChainEvenWhereTheConstantMergesScores() {
    float[] linear = new float[SPACE.size()];
    linear[13] = 0.001f;
    linear[14] = 0.002f;
    PlainFm fm = new PlainFm(1e6f, linear, new float[SPACE.size()][1]);
    try (Model model = TestModels.model(SPACE, fm);
        FoldedCandidates folded =
            FoldedCandidates.fold(
                model,
                TestModels.rows(
                    List.of(
                        new Row(new int[] {13}, new float[] {1}),
                        new Row(new int[] {14}, new float[] {1})),
                    SPACE.size()))) {
      int[] indexes = new int[2];
      float[] scores = new float[2];
      new Scorer(model, folded).top(2, null, indexes, scores);
      assertThat(indexes).containsExactly(1, 0);
      assertThat(scores).containsExactly(1e6f, 1e6f);
    }
  }

  @Test
  void shouldScoreListsAsSingleCandidatesAndEncodersAsRows() {
    Random random = new Random(8);
    PlainFm fm = PlainFm.random(random, SPACE.size(), 9, 0.5);
    try (Model model = TestModels.model(SPACE, fm);
        FoldedCandidates folded =
            FoldedCandidates.fold(
                model, TestModels.rows(draw(random, 50, Side.CANDIDATE), SPACE.size()))) {
      Scorer byEncoder = new Scorer(model, folded);
      byEncoder
          .context()
          .clear()
          .put("tags", "v3")
          .put("age", 7)
          .put("user", "v2")
          .put("tags", "v0");
      byEncoder.fold();
      Scorer byRows = new Scorer(model, folded);
      Row row = new Row(new int[] {2, 5, 8, 10}, new float[] {1, 0.5f, 0.5f, 1});
      byRows.fold(
          TestModels.rows(List.of(new Row(new int[0], new float[0]), row), SPACE.size()), 1);
      int[] ids = random.ints(30, 0, 50).toArray();
      float[] scores = new float[31];
      scores[30] = 42;
      byEncoder.score(ids, 30, scores);
      for (int i = 0; i < ids.length; i++) {
        assertThat(scores[i]).isEqualTo(byEncoder.score(ids[i]));
        assertThat(scores[i]).isEqualTo(byRows.score(ids[i]));
      }
      assertThat(scores[30]).isEqualTo(42);
      assertThat(byEncoder.model()).isSameAs(model);
    }
  }

  @Test
  void shouldScoreWithTheBiasAloneBeforeAnyFold() {
    PlainFm fm = PlainFm.random(new Random(2), SPACE.size(), 4, 0.5);
    try (Model model = TestModels.model(SPACE, fm);
        FoldedCandidates folded =
            FoldedCandidates.fold(
                model,
                TestModels.rows(List.of(new Row(new int[] {13}, new float[] {1})), SPACE.size()))) {
      assertThat(new Scorer(model, folded).score(0)).isEqualTo(fm.bias() + fm.linear()[13]);
    }
  }

  @Test
  void shouldAddNothingForUnknownValues() {
    PlainFm fm = PlainFm.random(new Random(2), SPACE.size(), 4, 0.5);
    try (Model model = TestModels.model(SPACE, fm);
        FoldedCandidates folded =
            FoldedCandidates.fold(
                model, TestModels.rows(draw(new Random(3), 3, Side.CANDIDATE), SPACE.size()))) {
      Scorer scorer = new Scorer(model, folded);
      float empty = scorer.score(1);
      scorer.context().clear().put("user", "nobody").put("age", 4711);
      scorer.fold();
      assertThat(scorer.score(1)).isEqualTo(empty);
    }
  }

  @Test
  void shouldRefuseWhatDoesNotFit() {
    PlainFm four = PlainFm.random(new Random(2), SPACE.size(), 4, 0.5);
    PlainFm five = PlainFm.random(new Random(2), SPACE.size(), 5, 0.5);
    try (Model model = TestModels.model(SPACE, four);
        Model other = TestModels.model(SPACE, five);
        FoldedCandidates folded =
            FoldedCandidates.fold(
                model, TestModels.rows(draw(new Random(3), 3, Side.CANDIDATE), SPACE.size()))) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> new Scorer(other, folded))
          .withMessageContaining("4")
          .withMessageContaining("5");
      Scorer scorer = new Scorer(model, folded);
      assertThatThrownBy(() -> scorer.score(3)).isInstanceOf(IndexOutOfBoundsException.class);
      assertThatThrownBy(() -> scorer.score(-1)).isInstanceOf(IndexOutOfBoundsException.class);
      assertThatThrownBy(() -> scorer.top(3, null, new int[2], new float[3]))
          .isInstanceOf(IndexOutOfBoundsException.class);
      assertThatIllegalArgumentException()
          .isThrownBy(() -> scorer.top(-1, null, new int[2], new float[2]));
    }
  }

  @Test
  void shouldThrowAfterTheCandidatesOrTheModelAreClosed() {
    PlainFm fm = PlainFm.random(new Random(2), SPACE.size(), 4, 0.5);
    Model model = TestModels.model(SPACE, fm);
    FoldedCandidates folded =
        FoldedCandidates.fold(
            model, TestModels.rows(draw(new Random(3), 9, Side.CANDIDATE), SPACE.size()));
    Scorer scorer = new Scorer(model, folded);
    scorer.context().clear().put("user", "v1");
    model.close();
    model.close();
    assertThatThrownBy(scorer::fold).isInstanceOf(IllegalStateException.class);
    assertThatThrownBy(() -> model.weights().bias(0)).isInstanceOf(IllegalStateException.class);
    folded.close();
    folded.close();
    assertThatThrownBy(() -> scorer.score(0)).isInstanceOf(IllegalStateException.class);
    assertThatThrownBy(() -> scorer.top(1, null, new int[1], new float[1]))
        .isInstanceOf(IllegalStateException.class);
  }

  /** A catalogue that is large enough for a screen, and what its chains are in one context. */
  private static final class LargeCatalogue implements AutoCloseable {
    static final int SIZE = 20_000;
    final Model model;
    final FoldedCandidates folded;
    final Scorer scorer;
    final float[] chains = new float[SIZE];

    LargeCatalogue(Link link) {
      Random random = new Random(7);
      FeatureSpace space = TestModels.space(TestModels.sixFields(), 50, 40, 40, 400, 30, 30);
      PlainFm fm = PlainFm.random(random, space.size(), 6, 0.5);
      this.model = TestModels.model(space, fm, link, PredictionRange.UNBOUNDED, Map.of());
      List<Row> candidates = new ArrayList<>();
      for (int i = 0; i < SIZE; i++) {
        candidates.add(TestModels.row(random, space, Side.CANDIDATE));
      }
      this.folded = FoldedCandidates.fold(model, TestModels.rows(candidates, space.size()));
      this.scorer = new Scorer(model, folded);
      Row context = TestModels.row(random, space, Side.CONTEXT);
      scorer.fold(TestModels.rows(List.of(context), space.size()), 0);
      FoldedContext foldedContext = new FoldedContext(model);
      foldedContext.fold(context.features(), context.weights(), context.features().length);
      for (int i = 0; i < SIZE; i++) {
        chains[i] = RowScores.score(folded.table(), foldedContext.query(), i);
      }
    }

    /** The best of some candidates by their values, the lower index first among equals. */
    static int[] best(int k, IntStream candidates, float[] values) {
      return candidates
          .boxed()
          .sorted(
              Comparator.<Integer>comparingDouble(i -> -(double) values[i])
                  .thenComparingInt(i -> i))
          .limit(k)
          .mapToInt(Integer::intValue)
          .toArray();
    }

    @Override
    public void close() {
      folded.close();
      model.close();
    }
  }

  @Test
  void shouldFindThroughAScreenWhatSortingFinds() {
    try (LargeCatalogue large = new LargeCatalogue(Link.IDENTITY)) {
      assertThat(large.folded.screen()).isNotNull();
      int[] indexes = new int[50];
      float[] scores = new float[50];
      int[] expected =
          LargeCatalogue.best(50, IntStream.range(0, LargeCatalogue.SIZE), large.chains);
      assertThat(large.scorer.top(50, null, indexes, scores)).isEqualTo(50);
      assertThat(large.scorer.search().usedScreen()).isTrue();
      assertThat(indexes).isEqualTo(expected);
      for (int rank = 0; rank < 50; rank++) {
        assertThat(scores[rank]).isEqualTo(large.scorer.score(indexes[rank]));
      }

      long[] odd = new long[LargeCatalogue.SIZE / 64 + 1];
      Arrays.fill(odd, 0xAAAAAAAAAAAAAAAAL);
      TopRequest request = large.scorer.request(50).among(Selection.copyOf(odd));
      large.scorer.top(request, indexes, scores);
      assertThat(indexes)
          .isEqualTo(
              LargeCatalogue.best(
                  50,
                  IntStream.range(0, LargeCatalogue.SIZE).filter(i -> i % 2 == 1),
                  large.chains));
    }
  }

  @Test
  void shouldOrderByExpectedValue() {
    try (LargeCatalogue large = new LargeCatalogue(Link.SIGMOID)) {
      Random random = new Random(8);
      float[] bids = new float[LargeCatalogue.SIZE];
      float[] values = new float[LargeCatalogue.SIZE];
      for (int i = 0; i < bids.length; i++) {
        bids[i] = (float) Math.exp(random.nextGaussian());
        // score() is K plus the chain, which is the logit.
        values[i] = bids[i] * Sigmoid.of(large.scorer.score(i));
      }
      int[] expected = LargeCatalogue.best(30, IntStream.range(0, bids.length), values);
      int[] indexes = new int[30];
      float[] found = new float[30];
      for (Bids all :
          List.of(
              Bids.copyOf(bids),
              Bids.copyOf(bids, Objects.requireNonNull(large.folded.screen())))) {
        TopRequest request = large.scorer.requestByExpectedValue(30, all);
        assertThat(large.scorer.top(request, indexes, found)).isEqualTo(30);
        assertThat(indexes).isEqualTo(expected);
        for (int rank = 0; rank < 30; rank++) {
          assertThat(found[rank]).isEqualTo(values[expected[rank]]);
        }
      }
    }
  }

  @Test
  void shouldRefuseExpectedValuesOfScoresThatAreNoLogits() {
    try (LargeCatalogue large = new LargeCatalogue(Link.IDENTITY)) {
      Bids bids = Bids.copyOf(new float[] {1, 2});
      assertThatThrownBy(() -> large.scorer.requestByExpectedValue(3, bids))
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("expected sigmoid");
    }
  }

  @Test
  void shouldRankListedCandidatesWithWhatOnlyThePairKnows() {
    try (LargeCatalogue large = new LargeCatalogue(Link.IDENTITY)) {
      int[] listed = new Random(9).ints(0, LargeCatalogue.SIZE).distinct().limit(3000).toArray();
      float[] residuals = new float[listed.length];
      float[] values = large.chains.clone();
      for (int i = 0; i < listed.length; i += 7) {
        residuals[i] = i % 2 == 0 ? 3 : -3;
        values[listed[i]] += residuals[i];
      }
      int[] indexes = new int[20];
      float[] scores = new float[20];
      TopRequest request = large.scorer.request(20);
      assertThat(large.scorer.top(request, listed, listed.length, residuals, indexes, scores))
          .isEqualTo(20);
      assertThat(indexes).isEqualTo(LargeCatalogue.best(20, Arrays.stream(listed), values));
    }
  }

  @Test
  void shouldWarmUpAndLeaveTheContextAsItIs() {
    try (LargeCatalogue large = new LargeCatalogue(Link.IDENTITY)) {
      float before = large.scorer.score(5);
      WarmUp warm = large.scorer.warmUp(Duration.ofMillis(50));
      assertThat(warm.searches()).isPositive();
      assertThat(warm.nanosPerRow()).isPositive();
      assertThat(large.scorer.score(5)).isEqualTo(before);
    }
  }
}
