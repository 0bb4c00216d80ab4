package femto.score;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.within;

import femto.model.Family;
import femto.model.FeatureRows;
import femto.model.FeatureSpace;
import femto.model.FoldedCandidates;
import femto.model.Interactions;
import femto.model.Link;
import femto.model.Model;
import femto.model.PlainModel;
import femto.model.Side;
import femto.model.TestModels;
import femto.model.TestModels.Row;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;

/** Scores of models whose weights have taken up a calibration. */
class CalibratedModelTest {
  private static final int CANDIDATES = 6;

  @Property(tries = 300)
  void shouldScoreSlopeTimesTheOldScorePlusIntercept(
      @ForAll Family family, @ForAll boolean lowRank, @ForAll long seed) {
    Random random = new Random(seed);
    FeatureSpace space = PlainModel.space(random, 3, 2);
    int rank = family == Family.FWFM && lowRank ? 1 + random.nextInt(3) : 0;
    PlainModel plain = PlainModel.random(random, family, space, 1 + random.nextInt(9), rank, 0.7);
    double slope = Math.exp(2 * random.nextGaussian());
    double intercept = 3 * random.nextGaussian();
    Row context = PlainModel.row(random, space, Side.CONTEXT);
    List<Row> candidates = new ArrayList<>();
    for (int i = 0; i < CANDIDATES; i++) {
      candidates.add(PlainModel.row(random, space, Side.CANDIDATE));
    }
    FeatureRows contextRows = TestModels.rows(List.of(context), space.size());
    Model old = plain.model(Link.SIGMOID);
    Model model = old.calibrated(slope, intercept, Link.SIGMOID);
    old.close(); // the new one has weights of its own
    try (model;
        FoldedCandidates folded =
            FoldedCandidates.fold(model, TestModels.rows(candidates, space.size()))) {
      Scorer scorer = new Scorer(model, folded);
      scorer.fold(contextRows, 0);
      for (int i = 0; i < CANDIDATES; i++) {
        Row both = context.with(candidates.get(i));
        double expected = slope * plain.score(both) + intercept;
        // Each weight is rounded once more than the bound counts, and the intercept as all else.
        double bound = 2 * (slope * plain.bound(both) + Math.abs(intercept) * 1e-5);
        assertThat((double) scorer.score(i)).isCloseTo(expected, within(bound));
      }
    }
  }

  @Test
  void shouldKeepEveryBitOfTheWeightsUnderAnotherLink() {
    Random random = new Random(3);
    FeatureSpace space = PlainModel.space(random, 2, 2);
    Link link = Link.isotonic(new float[] {-1, 0, 2}, new float[] {0.1f, 0.2f, 0.9f});
    for (Family family : Family.values()) {
      PlainModel plain = PlainModel.random(random, family, space, 3, 0, 1);
      try (Model old = plain.model(Link.SIGMOID);
          Model model = old.calibrated(1, 0, link)) {
        assertThat(model.link()).isEqualTo(link);
        assertThat(model.bias()).isEqualTo(old.bias());
        long bytes = Model.weightBytes(space.size(), old.rowLength());
        assertThat(model.weights().segment().asSlice(0, bytes).mismatch(old.weights().segment()))
            .isEqualTo(-1);
        Interactions kept = model.interactions();
        Interactions interactions = old.interactions();
        assertThat(kept == null).isEqualTo(interactions == null);
        for (int i = 0; kept != null && interactions != null && i < kept.size(); i++) {
          assertThat(kept.number(i)).isEqualTo(interactions.number(i));
        }
        assertThat(model.predict(1)).isCloseTo(0.55, within(1e-7));
        assertThatIllegalStateException()
            .isThrownBy(() -> expectedValue(model))
            .withMessageContainingAll("isotonic", "expected sigmoid");
      }
    }
  }

  private static void expectedValue(Model model) {
    List<Row> none = List.of(new Row(new int[0], new float[0]));
    FeatureRows rows = TestModels.rows(none, model.features().size());
    try (FoldedCandidates folded = FoldedCandidates.fold(model, rows)) {
      Scorer scorer = new Scorer(model, folded);
      scorer.fold(rows, 0);
      scorer.requestByExpectedValue(1, femto.kernels.Bids.copyOf(new float[] {1}));
    }
  }

  @Test
  void shouldRefuseASlopeThatTurnsTheOrderAndWeightsThatGrowTooLarge() {
    Random random = new Random(5);
    FeatureSpace space = PlainModel.space(random, 2, 2);
    PlainModel plain = PlainModel.random(random, Family.FM, space, 2, 0, 1);
    try (Model model = plain.model(Link.SIGMOID)) {
      double[][] wrong = {
        {0, 0}, {-1, 0}, {Double.NaN, 0}, {Double.POSITIVE_INFINITY, 0}, {1, 1 / 0.0}
      };
      for (double[] numbers : wrong) {
        assertThatIllegalArgumentException()
            .as(Arrays.toString(numbers))
            .isThrownBy(() -> model.calibrated(numbers[0], numbers[1], Link.SIGMOID).close())
            .withMessageContainingAll("slope", "intercept");
      }
      assertThatIllegalArgumentException()
          .isThrownBy(() -> model.calibrated(1e30, 0, Link.SIGMOID).close());
    }
  }
}
