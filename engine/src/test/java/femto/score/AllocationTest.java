package femto.score;

import static org.assertj.core.api.Assertions.assertThat;

import femto.memory.AllocatedBytes;
import femto.model.Family;
import femto.model.FeatureSpace;
import femto.model.FoldedCandidates;
import femto.model.Model;
import femto.model.PlainModel;
import femto.model.Side;
import femto.model.TestModels;
import femto.model.TestModels.Row;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AllocationTest {
  private static final int OPERATIONS = 20_000;
  private static final int MOST_ROUNDS = 15;

  @ParameterizedTest
  @CsvSource({"FM, 0", "FWFM, 0", "FWFM, 1", "FFM, 0", "POLY2, 0"})
  void shouldAllocateNothingPerRequestInSteadyState(Family family, int rank) throws Exception {
    Random random = new Random(1);
    FeatureSpace space = TestModels.space(TestModels.sixFields(), 20, 6, 4, 300, 6, 9);
    List<Row> candidates = new ArrayList<>();
    for (int i = 0; i < 300; i++) {
      candidates.add(TestModels.row(random, space, Side.CANDIDATE));
    }
    try (Model model = PlainModel.random(random, family, space, 8, rank, 0.5).model();
        FoldedCandidates folded =
            FoldedCandidates.fold(model, TestModels.rows(candidates, space.size()))) {
      Scorer scorer = new Scorer(model, folded);
      int[] indexes = new int[20];
      float[] scores = new float[20];
      long[] excluded = {5, 1};
      CharSequence unicode = "käse-日本-😀";
      long idle = AllocatedBytes.ofThisThread();
      long idleBytes = AllocatedBytes.ofThisThread() - idle;
      // Vectors are objects until the compiler has come to the kernels, again after it has thrown
      // code away; in the steady state nothing is allocated, so there must be a round without.
      long bytes = Long.MAX_VALUE;
      for (int round = 0; round < MOST_ROUNDS && bytes >= OPERATIONS / 4; round++) {
        long before = AllocatedBytes.ofThisThread();
        serve(scorer, indexes, scores, excluded, unicode);
        bytes = AllocatedBytes.ofThisThread() - before - idleBytes;
      }
      // What the measurement and a compilation that ends meanwhile cost: far below a byte an
      // operation.
      assertThat(bytes).isLessThan(OPERATIONS / 4);
    }
  }

  private static void serve(
      Scorer scorer, int[] indexes, float[] scores, long[] excluded, CharSequence unicode) {
    for (int i = 0; i < OPERATIONS; i++) {
      scorer.context().clear();
      scorer.context().put("user", "v7").put("tags", unicode).put("tags", "v1").put("tags", "v4");
      scorer.context().put("age", i % 23);
      scorer.fold();
      scorer.top(20, excluded, indexes, scores);
      scorer.score(indexes, 20, scores);
    }
  }
}
