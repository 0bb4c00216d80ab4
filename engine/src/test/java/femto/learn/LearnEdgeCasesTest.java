package femto.learn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import femto.learn.Sources.ListSource;
import femto.learn.Sources.Plain;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Values and settings at the edge, which earlier versions got wrong. */
class LearnEdgeCasesTest {
  @Test
  void shouldNotCancelTheLogisticLossOfAConfidentRightAnswer() {
    // The comment in Loss promises it; (log1p(e^-40) + 40) - 40 is 0.
    double expected = Math.log1p(Math.exp(-40));
    assertThat(Loss.LOGISTIC.value(40, 1)).isCloseTo(expected, within(1e-12 * expected));
  }

  @Test
  void shouldRefuseAnInitialStateThatIsZeroAsAFloat() {
    // AdaGrad then divides 0 by sqrt(0) where the gradient is 0: the weights become NaN.
    LearnerOptions o = Sources.options(Loss.SQUARED, Optimizer.ADAGRAD, 1, 0.1, 0);
    assertThatIllegalArgumentException()
        .isThrownBy(
            () -> new LearnerOptions(o.loss(), o.optimizer(), 1, 0.1, 1e-60, 0.1, o.l2(), 7));
  }

  @Test
  void shouldSayThatLearningDivergedWhenTheVeryLastStepOverflows() {
    // "the loss or a weight is no longer a finite number", says DivergedException.
    LearnerOptions options = Sources.options(Loss.SQUARED, Optimizer.SGD, 1, 1e38, 0);
    try (Learner learner = new Learner(Sources.SPACE, options)) {
      ListSource one = new ListSource(List.of(new Plain(new int[] {0}, new float[] {1}, 100)));
      assertThatThrownBy(() -> new Training(1, 1, 1).run(learner, one, null, e -> {}))
          .isInstanceOf(DivergedException.class);
    }
  }
}
