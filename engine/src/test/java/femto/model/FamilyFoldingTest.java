package femto.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import femto.kernels.RowPatch;
import femto.kernels.RowTable;
import femto.model.TestModels.Row;
import femto.score.BatchScorer;
import femto.score.Scorer;
import femto.score.Snapshot;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class FamilyFoldingTest {
  @Provide
  Arbitrary<Integer> factors() {
    return Arbitraries.of(1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31);
  }

  private static PlainModel draw(Random random, Family family, int k) {
    FeatureSpace space = PlainModel.space(random, 1 + random.nextInt(4), 1 + random.nextInt(4));
    int rank = random.nextBoolean() ? 0 : 1 + random.nextInt(5);
    return PlainModel.random(random, family, space, k, rank, 0.5);
  }

  private static List<Row> candidates(Random random, FeatureSpace space, int count) {
    List<Row> candidates = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      candidates.add(PlainModel.row(random, space, Side.CANDIDATE));
    }
    return candidates;
  }

  @Property(tries = 800)
  void shouldScoreAsTheTextbookFormulaWithinTheRoundingBound(
      @ForAll long seed, @ForAll Family family, @ForAll("factors") int k) {
    Random random = new Random(seed);
    PlainModel plain = draw(random, family, k);
    FeatureSpace space = plain.space();
    List<Row> candidates = candidates(random, space, 6);
    try (Model model = plain.model();
        FoldedCandidates folded =
            FoldedCandidates.fold(model, TestModels.rows(candidates, space.size()))) {
      Scorer scorer = new Scorer(model, folded);
      for (int c = 0; c < 3; c++) {
        Row context = PlainModel.row(random, space, Side.CONTEXT);
        scorer.fold(TestModels.rows(List.of(context), space.size()), 0);
        for (int i = 0; i < candidates.size(); i++) {
          Row all = context.with(candidates.get(i));
          assertThat((double) scorer.score(i))
              .isCloseTo(plain.score(all), within(plain.bound(all)));
        }
      }
    }
  }

  /** What is found must be what the oracle's scores, each within its bound, allow. */
  private static void assertBest(
      PlainModel plain, Row context, List<Row> candidates, int[] found, float[] scores) {
    double[] truth = new double[candidates.size()];
    double[] bound = new double[candidates.size()];
    for (int i = 0; i < truth.length; i++) {
      Row all = context.with(candidates.get(i));
      truth[i] = plain.score(all);
      bound[i] = plain.bound(all);
    }
    for (int rank = 0; rank < found.length; rank++) {
      int candidate = found[rank];
      assertThat((double) scores[rank]).isCloseTo(truth[candidate], within(bound[candidate]));
      if (rank > 0) {
        assertThat(truth[candidate] - bound[candidate])
            .isLessThanOrEqualTo(truth[found[rank - 1]] + bound[found[rank - 1]]);
      }
    }
    int last = found[found.length - 1];
    for (int i = 0; i < truth.length; i++) {
      int index = i;
      if (IntStream.of(found).noneMatch(candidate -> candidate == index)) {
        assertThat(truth[i] - bound[i]).isLessThanOrEqualTo(truth[last] + bound[last]);
      }
    }
  }

  @Property(tries = 60)
  void shouldFindWhatSortingByTheTextbookFormulaFinds(
      @ForAll long seed, @ForAll Family family, @ForAll("factors") int k) {
    Random random = new Random(seed);
    PlainModel plain = draw(random, family, k);
    FeatureSpace space = plain.space();
    List<Row> candidates = candidates(random, space, 200);
    try (Model model = plain.model();
        FoldedCandidates folded =
            FoldedCandidates.fold(model, TestModels.rows(candidates, space.size()))) {
      List<Row> contexts =
          List.of(
              PlainModel.row(random, space, Side.CONTEXT),
              PlainModel.row(random, space, Side.CONTEXT));
      FeatureRows rows = TestModels.rows(contexts, space.size());
      int[][] batched = new int[2][10];
      float[][] batchedScores = new float[2][10];
      int[] found = new int[2];
      new BatchScorer(model, folded).top(rows, 0, 2, 10, null, batched, batchedScores, found);
      Scorer scorer = new Scorer(model, folded);
      for (int c = 0; c < 2; c++) {
        scorer.fold(rows, c);
        int[] indexes = new int[10];
        float[] scores = new float[10];
        assertThat(scorer.top(10, null, indexes, scores)).isEqualTo(10);
        assertBest(plain, contexts.get(c), candidates, indexes, scores);
        for (int rank = 0; rank < 10; rank++) {
          assertThat(scores[rank]).isEqualTo(scorer.score(indexes[rank]));
        }
        assertThat(found[c]).isEqualTo(10);
        assertThat(batched[c]).isEqualTo(indexes);
        assertThat(batchedScores[c]).isEqualTo(scores);
        assertListed(scorer, indexes);
        long[] without = new long[4];
        without[indexes[0] >> 6] |= 1L << (indexes[0] & 63);
        int[] rest = new int[9];
        assertThat(scorer.top(9, without, rest, new float[9])).isEqualTo(9);
        assertThat(rest).isEqualTo(java.util.Arrays.copyOfRange(indexes, 1, 10));
      }
    }
  }

  /** What only the caller knows of a pair comes on top of what the model has for it. */
  private static void assertListed(Scorer scorer, int[] listed) {
    float[] residuals = {3, 1, 4};
    int[] indexes = new int[3];
    float[] scores = new float[3];
    assertThat(scorer.top(scorer.request(3), listed, 3, residuals, indexes, scores)).isEqualTo(3);
    for (int i = 0; i < 3; i++) {
      int at = indexes[0] == listed[i] ? 0 : indexes[1] == listed[i] ? 1 : 2;
      assertThat(indexes[at]).isEqualTo(listed[i]);
      float expected = scorer.score(listed[i]) + residuals[i];
      assertThat(scores[at]).isCloseTo(expected, within(1e-5f * (10 + Math.abs(expected))));
    }
    assertThat(scores[0]).isGreaterThanOrEqualTo(scores[1]);
    assertThat(scores[1]).isGreaterThanOrEqualTo(scores[2]);
  }

  @ParameterizedTest
  @EnumSource(Family.class)
  void shouldFindTheSameWithAScreenAsByScoringAll(Family family) {
    Random random = new Random(11);
    FeatureSpace space = PlainModel.space(random, 3, 4);
    PlainModel plain = PlainModel.random(random, family, space, 5, 2, 0.5);
    int count = FoldedCandidates.LEAST_SCREENED + 100;
    List<Row> candidates = candidates(random, space, count);
    try (Model model = plain.model();
        FoldedCandidates folded =
            FoldedCandidates.fold(model, TestModels.rows(candidates, space.size()))) {
      Row context = TestModels.row(random, space, Side.CONTEXT);
      Scorer scorer = new Scorer(model, folded);
      scorer.fold(TestModels.rows(List.of(context), space.size()), 0);
      int[] indexes = new int[20];
      float[] scores = new float[20];
      assertThat(scorer.top(20, null, indexes, scores)).isEqualTo(20);
      assertBest(plain, context, candidates, indexes, scores);
    }
  }

  @Property(tries = 100)
  void shouldFoldPatchedWeightsAsIfTheyStoodInTheModel(@ForAll long seed) {
    Random random = new Random(seed);
    Family family = random.nextBoolean() ? Family.FWFM : Family.FFM;
    PlainModel plain = draw(random, family, 3);
    PlainModel other =
        new PlainModel(
            family,
            plain.space(),
            plain.k(),
            plain.bias(),
            plain.linear().clone(),
            plain.rows().clone(),
            plain.matrix(),
            plain.diagonal(),
            plain.scales(),
            plain.vectors(),
            plain.pairs());
    int features = plain.space().size();
    int length = plain.rows()[0].length;
    Row row = PlainModel.row(random, plain.space(), Side.CONTEXT);
    try (Arena arena = Arena.ofConfined();
        Model model = plain.model()) {
      RowTable room = RowTable.over(arena.allocate(4L * (1 + length) * features), features, length);
      RowPatch.Editor editor = RowPatch.none(model.weights(), room).edit();
      for (int j = 0; j < features; j += 2) {
        other.linear()[j] = random.nextFloat();
        other.rows()[j] = new float[length];
        for (int f = 0; f < length; f++) {
          other.rows()[j][f] = random.nextFloat();
        }
        editor.set(j, other.linear()[j], other.rows()[j]);
      }
      try (Model expected = other.model()) {
        FoldedContext fresh = new FoldedContext(expected);
        fresh.fold(row.features(), row.weights(), row.features().length);
        FoldedContext patched = new FoldedContext(model);
        patched.patchedBy(model.bias(), editor.finish());
        patched.fold(row.features(), row.weights(), row.features().length);
        assertThat(patched.constant()).isEqualTo(fresh.constant());
        assertThat(patched.query()).isEqualTo(fresh.query());
      }
    }
  }

  /** One context field of two features, one candidate field of two, all worked out by hand. */
  private static PlainModel byHand(Family family, float[] matrix, float[]... rows) {
    FeatureSpace space =
        TestModels.space(
            List.of(Field.multiHot("a", Side.CONTEXT), Field.multiHot("b", Side.CANDIDATE)), 2, 2);
    float[] none = {};
    return new PlainModel(family, space, 1, 0, new float[4], rows, matrix, none, none, none, none);
  }

  @Test
  void shouldFoldAFieldWeightedModelAsWorkedOutByHand() {
    float[] matrix = {7, 10, 10, 100};
    PlainModel plain = byHand(Family.FWFM, matrix, new float[][] {{2}, {3}, {5}, {11}});
    try (Model model = plain.model()) {
      assertThat(model.foldedLength()).isEqualTo(1);
      assertThat(model.parameters()).isEqualTo(1 + 4 + 4 + 3);
      FoldedContext context = new FoldedContext(model);
      context.fold(new int[] {0, 1}, new float[] {1, 2}, 2);
      assertThat(context.constant()).isEqualTo(7 * 2 * 3 * 2f);
      assertThat(context.query()).containsExactly(10 * (2 + 2 * 3f));
      FoldedContext candidate = new FoldedContext(model, Side.CANDIDATE);
      candidate.fold(new int[] {2, 3}, new float[] {1, 0.5f}, 2);
      assertThat(candidate.constant()).isEqualTo(100 * 5 * 11 * 0.5f);
      assertThat(candidate.query()).containsExactly(5 + 5.5f);
    }
  }

  @Test
  void shouldFoldAFieldAwareModelAsWorkedOutByHand() {
    // Of each feature the factor for field a, then that for field b.
    PlainModel plain =
        byHand(Family.FFM, new float[0], new float[][] {{2, 13}, {3, 17}, {5, 19}, {11, 23}});
    try (Model model = plain.model()) {
      assertThat(model.foldedLength()).isEqualTo(1);
      assertThat(model.rowLength()).isEqualTo(2);
      FoldedContext context = new FoldedContext(model);
      context.fold(new int[] {0, 1}, new float[] {1, 2}, 2);
      assertThat(context.constant()).isEqualTo(2 * 3 * 2f);
      assertThat(context.query()).containsExactly(13 + 2 * 17f);
      FoldedContext candidate = new FoldedContext(model, Side.CANDIDATE);
      candidate.fold(new int[] {2, 3}, new float[] {1, 0.5f}, 2);
      assertThat(candidate.constant()).isEqualTo(19 * 23 * 0.5f);
      assertThat(candidate.query()).containsExactly(5 + 5.5f);
    }
  }

  @Test
  void shouldRefuseChangedRowsOfCandidatesThatDoNotFold() {
    Random random = new Random(1);
    FeatureSpace space = PlainModel.space(random, 2, 2);
    List<Row> candidates = candidates(random, space, 3);
    try (Arena arena = Arena.ofConfined();
        Model model = PlainModel.random(random, Family.POLY2, space, 0, 0, 1).model();
        FoldedCandidates folded =
            FoldedCandidates.fold(model, TestModels.rows(candidates, space.size()))) {
      RowTable room = RowTable.over(arena.allocate(4, 4), 1, 0);
      RowPatch rows = RowPatch.none(folded.table(), room);
      assertThatThrownBy(() -> new Snapshot(model, folded, space, 0, null, rows))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("POLY2");
    }
  }

  @Test
  void shouldFoldToTheLengthThatTheDesignSays() {
    Random random = new Random(1);
    FeatureSpace space = PlainModel.space(random, 5, 3);
    record Case(Family family, int rank, int folded) {}
    List<Case> cases =
        List.of(
            new Case(Family.LINEAR, 0, 0),
            new Case(Family.FM, 0, 4),
            new Case(Family.FWFM, 0, 3 * 4),
            new Case(Family.FWFM, 1, 4),
            new Case(Family.FWFM, 2, 2 * 4),
            new Case(Family.FWFM, 3, 3 * 4),
            new Case(Family.FWFM, 7, 3 * 4),
            new Case(Family.FFM, 0, 5 * 3 * 4),
            new Case(Family.POLY2, 0, 0));
    for (Case one : cases) {
      try (Model model = PlainModel.random(random, one.family(), space, 4, one.rank(), 1).model()) {
        assertThat(model.foldedLength()).as(one.toString()).isEqualTo(one.folded());
      }
    }
  }

  @Test
  void shouldRefuseAFeatureOfTheOtherSideWhereFieldsMatter() {
    for (Family family : new Family[] {Family.FWFM, Family.FFM}) {
      try (Model model = byHand(family, matrixOf(family), rowsOf(family)).model()) {
        FoldedContext context = new FoldedContext(model);
        assertThatThrownBy(() -> context.fold(new int[] {2}, new float[] {1}, 1))
            .isInstanceOf(IllegalArgumentException.class)
            .hasMessageContainingAll("feature 2", "field b", "context");
        assertThatThrownBy(() -> context.fold(new int[] {4}, new float[] {1}, 1))
            .isInstanceOf(IndexOutOfBoundsException.class);
        FeatureRows wrong = TestModels.rows(List.of(new Row(new int[] {0}, new float[] {1})), 4);
        assertThatThrownBy(() -> FoldedCandidates.fold(model, wrong).close())
            .isInstanceOf(IllegalArgumentException.class)
            .hasMessageContainingAll("candidate 0", "feature 0", "field a");
      }
    }
  }

  private static float[] matrixOf(Family family) {
    return family == Family.FWFM ? new float[] {1, 1, 1, 1} : new float[0];
  }

  private static float[][] rowsOf(Family family) {
    return family == Family.FWFM
        ? new float[][] {{1}, {1}, {1}, {1}}
        : new float[][] {{1, 1}, {1, 1}, {1, 1}, {1, 1}};
  }

  @Test
  void shouldRefuseWhatWouldFoldToMoreThanTheKernelsTake() {
    Random random = new Random(1);
    FeatureSpace space = PlainModel.space(random, 30, 30);
    assertThatThrownBy(() -> PlainModel.random(random, Family.FFM, space, 10, 0, 1).model().close())
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContainingAll("FFM", "60 fields", "600", "9000", "8192");
  }

  @Test
  void shouldRefuseInteractionsOfAnotherFamily() {
    Random random = new Random(1);
    FeatureSpace space = PlainModel.space(random, 2, 2);
    float[] none = {};
    for (Family family : Family.values()) {
      PlainModel right = PlainModel.random(random, family, space, 2, 0, 1);
      float[] matrix = family == Family.FWFM ? new float[9] : new float[16];
      PlainModel wrong =
          new PlainModel(
              family,
              space,
              right.k(),
              0,
              right.linear(),
              right.rows(),
              family == Family.FWFM ? none : matrix,
              none,
              none,
              none,
              family == Family.FWFM ? new float[2] : none);
      assertThatThrownBy(() -> wrong.model().close())
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContainingAll(family.name(), "interactions");
    }
    assertThatThrownBy(() -> FieldStrengths.full(2, new float[] {1, 2, 3, 4}))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContainingAll("1 with 0 is 3.0", "0 with 1 is 2.0");
    assertThatThrownBy(() -> FieldStrengths.full(2, new float[3]))
        .hasMessageContaining("3 numbers, expected 4");
    assertThatThrownBy(() -> FieldStrengths.lowRank(2, new float[2], none, none))
        .hasMessageContaining("rank 0");
    assertThatThrownBy(() -> FieldStrengths.lowRank(2, new float[2], new float[1], new float[3]))
        .hasMessageContaining("3 numbers, expected 2");
    assertThatThrownBy(() -> FieldStrengths.full(1, new float[] {Float.NaN}))
        .hasMessageContaining("number 0 is NaN");
    assertThatThrownBy(() -> new PairWeights(new float[3])).hasMessageContaining("power of two");
    assertThatThrownBy(() -> new PairWeights(new float[1])).hasMessageContaining("power of two");
    assertThatThrownBy(() -> new PairWeights(new float[] {0, Float.POSITIVE_INFINITY}))
        .hasMessageContaining("pair weight 1 is Infinity");
  }

  @Test
  void shouldRefuseFamiliesOfFieldsWhereFeaturesAreHashes() {
    FeatureSpace hashed =
        FeatureSpace.hashed(
            List.of(Field.oneHot("a", Side.CONTEXT), Field.oneHot("b", Side.CANDIDATE)), 4);
    Random random = new Random(1);
    for (Family family : new Family[] {Family.FWFM, Family.FFM}) {
      assertThatThrownBy(() -> PlainModel.random(random, family, hashed, 2, 0, 1).model().close())
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContainingAll(family.name(), "hashed");
    }
    PlainModel.random(random, Family.POLY2, hashed, 2, 0, 1).model().close();
  }
}
