package femto.learn.blocks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.within;

import femto.learn.blocks.BlockOptions.Method;
import femto.learn.blocks.BlockOptions.Priors;
import femto.learn.blocks.BlockOptions.Target;
import femto.model.FeatureRows;
import femto.model.FoldedCandidates;
import femto.model.Link;
import femto.model.Model;
import femto.model.PredictionRange;
import femto.score.Scorer;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class PosteriorTest {
  private static BlockLearner learner(BlockData data, Target target, int k) {
    return new BlockLearner(
        data, new BlockOptions(Method.GIBBS, target, k, 0.3, List.of(), Priors.LIBFM, 6));
  }

  @ParameterizedTest
  @EnumSource(Target.class)
  void shouldScoreTheMeanOfTheSamplesKept(Target target) {
    BlockData data = Problems.draw(new Random(8), 2, 30, target);
    BlockLearner learner = learner(data, target, 3);
    Posterior posterior = new Posterior(data.features(), 3, 10, 4);
    double[] expected = new double[data.size()];
    double[] cuts = new double[3];
    double[] scores = new double[data.size()];
    for (int sample = 1; sample <= 10; sample++) {
      learner.sweep();
      posterior.add(learner);
      if (sample == 3 || sample == 5 || sample == 8 || sample == 10) { // where 4 of 10 is passed
        new BlockScores(data).score(learner.weights(), scores);
        for (int e = 0; e < scores.length; e++) {
          expected[e] += scores[e] / 4;
        }
        for (int cut = 0; cut < cuts.length && target == Target.ORDINAL; cut++) {
          cuts[cut] += learner.requireCutPoints().cuts()[cut] / 4;
        }
      }
    }
    double scale = target == Target.PROBIT ? Posterior.LOGITS_A_PROBIT : 1;
    FeatureRows contexts = data.blocks().get(0).rows();
    try (Model model = posterior.toModel(PredictionRange.UNBOUNDED, Map.of());
        FoldedCandidates folded = FoldedCandidates.fold(model, data.blocks().get(1).rows())) {
      assertThat(model.factors()).isEqualTo(12);
      switch (target) {
        case NUMBER -> assertThat(model.link()).isEqualTo(Link.IDENTITY);
        case PROBIT -> assertThat(model.link()).isEqualTo(Link.SIGMOID);
        case ORDINAL -> {
          for (double score = -8; score <= 8; score += 0.01) {
            double mean = CutPoints.expected(new double[] {1, 2, 3, 4}, cuts, score);
            assertThat(model.predict(score)).isCloseTo(mean, within(2e-4));
          }
        }
      }
      Scorer scorer = new Scorer(model, folded);
      for (int e = 0; e < data.size(); e++) {
        scorer.fold(contexts, data.blocks().get(0).rowOf()[e]);
        double score = scorer.score(data.blocks().get(1).rowOf()[e]);
        assertThat(score).isCloseTo(scale * expected[e], within(1e-4 * (1 + Math.abs(score))));
      }
    }
  }

  @Test
  void shouldHaveTheMeanWeightsOfAllSamples() {
    BlockData data = Problems.draw(new Random(8), 2, 30, Target.NUMBER);
    BlockLearner learner = learner(data, Target.NUMBER, 2);
    Posterior posterior = new Posterior(data.features(), 2, 3, 1);
    double linear = 0;
    double factor = 0;
    for (int sample = 0; sample < 3; sample++) {
      learner.sweep();
      posterior.add(learner);
      linear += learner.weights().linear[1] / 3;
      factor += learner.weights().factors[1][2] / 3;
    }
    try (Model model = posterior.toMeanModel(PredictionRange.UNBOUNDED, Map.of())) {
      assertThat(model.factors()).isEqualTo(2);
      assertThat((double) model.weights().bias(1)).isCloseTo(linear, within(1e-6));
      assertThat((double) model.weights().factor(2, 1)).isCloseTo(factor, within(1e-6));
    }
  }

  @Test
  void shouldRefuseMoreFactorsThanRowsCanHave() {
    BlockData data = Problems.draw(new Random(8), 2, 3, Target.NUMBER);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new Posterior(data.features(), 100, 200, 82))
        .withMessage(
            "82 samples of 100 factors make a model of 8200 factors, expected at most 8192: keep"
                + " 81 samples or fewer");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new Posterior(data.features(), 1, 2, 3))
        .withMessage("3 samples are to be kept of 2, expected 1 to 2");
    Posterior posterior = new Posterior(data.features(), 1, 2, 1);
    posterior.add(learner(data, Target.NUMBER, 1));
    assertThatIllegalStateException()
        .isThrownBy(() -> posterior.toModel(PredictionRange.UNBOUNDED, Map.of()))
        .withMessage("1 samples were added, expected 2");
  }
}
