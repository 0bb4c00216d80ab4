package femto.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import femto.kernels.RowTable;
import femto.model.TestModels.Row;
import femto.score.Scorer;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ForkJoinPool;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;

class FoldingTest {
  private static final int BLOCK = 4096;

  @Provide
  Arbitrary<Integer> factors() {
    return Arbitraries.of(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 31, 64);
  }

  private static FeatureSpace drawSpace(Random random) {
    int[] sizes = random.ints(6, 1, 9).toArray();
    return TestModels.space(TestModels.sixFields(), sizes);
  }

  @Property(tries = 400)
  void shouldScoreAsTheTextbookFormulaWithinTheRoundingBound(
      @ForAll long seed, @ForAll("factors") int k) {
    Random random = new Random(seed);
    FeatureSpace space = drawSpace(random);
    PlainFm fm = PlainFm.random(random, space.size(), k, 0.5);
    List<Row> candidates = new ArrayList<>();
    for (int i = 0; i < 5; i++) {
      candidates.add(TestModels.row(random, space, Side.CANDIDATE));
    }
    try (Model model = TestModels.model(space, fm);
        FoldedCandidates folded =
            FoldedCandidates.fold(model, TestModels.rows(candidates, space.size()))) {
      Row context = TestModels.row(random, space, Side.CONTEXT);
      Scorer scorer = new Scorer(model, folded);
      scorer.fold(TestModels.rows(List.of(context), space.size()), 0);
      for (int i = 0; i < candidates.size(); i++) {
        Row all = context.with(candidates.get(i));
        assertThat((double) scorer.score(i))
            .isCloseTo(
                fm.score(all.features(), all.weights()),
                within(fm.bound(all.features(), all.weights())));
      }
    }
  }

  @Property(tries = 300)
  void shouldScoreExactlyTheChainThatTheDocumentationDefines(
      @ForAll long seed, @ForAll("factors") int k) {
    Random random = new Random(seed);
    FeatureSpace space = drawSpace(random);
    PlainFm fm = PlainFm.random(random, space.size(), k, 0.5);
    Row candidate = TestModels.row(random, space, Side.CANDIDATE);
    Row context = TestModels.row(random, space, Side.CONTEXT);
    float[] q = new float[k];
    float[] s = new float[k];
    float constant = restatedFold(fm, fm.bias(), context, q);
    float chain = restatedFold(fm, 0f, candidate, s);
    for (int f = 0; f < k; f++) {
      chain = Math.fma(q[f], s[f], chain);
    }
    try (Model model = TestModels.model(space, fm);
        FoldedCandidates folded =
            FoldedCandidates.fold(model, TestModels.rows(List.of(candidate), space.size()))) {
      Scorer scorer = new Scorer(model, folded);
      scorer.fold(TestModels.rows(List.of(context), space.size()), 0);
      assertThat(Float.floatToRawIntBits(scorer.score(0)))
          .isEqualTo(Float.floatToRawIntBits(constant + chain));
    }
  }

  /** The definition in Folding's Javadoc, restated. */
  private static float restatedFold(PlainFm fm, float start, Row row, float[] vector) {
    float constant = start;
    float[] pairs = new float[vector.length];
    for (int i = 0; i < row.features().length; i++) {
      float x = row.weights()[i];
      constant = Math.fma(fm.linear()[row.features()[i]], x, constant);
      for (int f = 0; f < vector.length; f++) {
        float xv = x * fm.factors()[row.features()[i]][f];
        pairs[f] = Math.fma(xv, vector[f], pairs[f]);
        vector[f] = vector[f] + xv;
      }
    }
    for (float pair : pairs) {
      constant = constant + pair;
    }
    return constant;
  }

  @Test
  void shouldCountPairsInsideTheContextAndInsideTheCandidate() {
    FeatureSpace space = TestModels.space(TestModels.sixFields(), 1, 2, 1, 1, 2, 1);
    float[][] factors = {{2}, {3}, {5}, {7}, {11}, {13}, {17}, {19}};
    PlainFm fm = new PlainFm(0, new float[8], factors);
    try (Model model = TestModels.model(space, fm);
        FoldedCandidates folded =
            FoldedCandidates.fold(
                model,
                TestModels.rows(
                    List.of(
                        new Row(new int[] {4, 5, 6}, new float[] {1, 0.5f, 0.5f}),
                        new Row(new int[] {}, new float[] {})),
                    8))) {
      assertThat(folded.table().bias(0)).isEqualTo(11 * 6.5f + 11 * 8.5f + 6.5f * 8.5f);
      assertThat(folded.table().factor(0, 0)).isEqualTo(11 + 6.5f + 8.5f);
      assertThat(folded.table().bias(1)).isZero();
      FoldedContext context = new FoldedContext(model);
      context.fold(new int[] {0, 1, 2}, new float[] {1, 0.5f, 0.5f}, 3);
      assertThat(context.constant()).isEqualTo(2 * 1.5f + 2 * 2.5f + 1.5f * 2.5f);
      assertThat(context.query()).containsExactly(6f);
    }
  }

  @Test
  void shouldForgetTheContextBefore() {
    FeatureSpace space = TestModels.space(TestModels.sixFields(), 3, 3, 3, 3, 3, 3);
    PlainFm fm = PlainFm.random(new Random(1), space.size(), 8, 1);
    try (Model model = TestModels.model(space, fm)) {
      FoldedContext context = new FoldedContext(model);
      context.fold(new int[] {0, 3}, new float[] {1, 1}, 2);
      context.fold(new int[] {}, new float[] {}, 0);
      assertThat(context.constant()).isEqualTo(model.bias());
      assertThat(context.query()).containsOnly(0f);
    }
  }

  @Test
  void shouldFoldEveryRowOfManyBlocksWhateverTheParallelism() throws Exception {
    Random random = new Random(3);
    FeatureSpace space = TestModels.space(TestModels.sixFields(), 2, 2, 2, 50, 6, 9);
    PlainFm fm = PlainFm.random(random, space.size(), 5, 0.5);
    for (int count : new int[] {0, 1, BLOCK - 1, BLOCK, BLOCK + 1, 3 * BLOCK + 17}) {
      List<Row> candidates = new ArrayList<>();
      for (int i = 0; i < count; i++) {
        candidates.add(TestModels.row(random, space, Side.CANDIDATE));
      }
      FeatureRows rows = TestModels.rows(candidates, space.size());
      try (Model model = TestModels.model(space, fm);
          FoldedCandidates here = FoldedCandidates.fold(model, rows);
          FoldedCandidates alone = foldIn(1, model, rows);
          FoldedCandidates many = foldIn(7, model, rows)) {
        assertThat(here.size()).isEqualTo(count);
        assertThat(here.table().segment().mismatch(alone.table().segment())).isEqualTo(-1);
        assertThat(here.table().segment().mismatch(many.table().segment())).isEqualTo(-1);
        for (int i = 0; i < count; i++) {
          float[] s = new float[5];
          float b = restatedFold(fm, 0f, candidates.get(i), s);
          assertThat(here.table().bias(i)).isEqualTo(b);
          assertThat(here.table().factor(i, 4)).isEqualTo(s[4]);
        }
      }
    }
  }

  private static FoldedCandidates foldIn(int threads, Model model, FeatureRows rows)
      throws Exception {
    ForkJoinPool pool = new ForkJoinPool(threads);
    try {
      return pool.submit(() -> FoldedCandidates.fold(model, rows)).get();
    } finally {
      pool.shutdown();
    }
  }

  @Test
  void shouldNameTheCandidateWhoseFoldedNumbersAreTooLarge() {
    FeatureSpace space = TestModels.space(TestModels.sixFields(), 1, 1, 1, 2, 1, 1);
    float[][] factors = new float[7][1];
    factors[4][0] = 9e14f;
    factors[5][0] = 9e14f;
    PlainFm fm = new PlainFm(0, new float[7], factors);
    List<Row> candidates = new ArrayList<>();
    for (int i = 0; i < 5000; i++) {
      candidates.add(new Row(new int[] {3}, new float[] {1}));
    }
    candidates.set(4711, new Row(new int[] {4, 5}, new float[] {1, 1}));
    try (Model model = TestModels.model(space, fm)) {
      assertThatThrownBy(() -> FoldedCandidates.fold(model, TestModels.rows(candidates, 7)).close())
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("candidate 4711")
          .hasMessageContaining("1.0E15");
    }
  }

  @Test
  void shouldRefuseAContextWhoseFoldedNumbersAreTooLarge() {
    FeatureSpace space = TestModels.space(TestModels.sixFields(), 1, 2, 1, 1, 1, 1);
    float[][] factors = new float[7][1];
    factors[0][0] = RowTable.MAX_MAGNITUDE;
    factors[1][0] = RowTable.MAX_MAGNITUDE;
    try (Model model = TestModels.model(space, new PlainFm(0, new float[7], factors))) {
      FoldedContext context = new FoldedContext(model);
      assertThatThrownBy(() -> context.fold(new int[] {0, 1}, new float[] {1, 1}, 2))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("bias=");
      assertThatThrownBy(() -> context.fold(new int[] {7}, new float[] {1}, 1))
          .isInstanceOf(IndexOutOfBoundsException.class);
      assertThatThrownBy(() -> context.fold(new int[] {-1}, new float[] {1}, 1))
          .isInstanceOf(IndexOutOfBoundsException.class);
    }
  }
}
