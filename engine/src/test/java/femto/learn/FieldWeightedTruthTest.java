package femto.learn;

import static org.assertj.core.api.Assertions.assertThat;

import femto.learn.Sources.ListSource;
import femto.learn.Sources.Plain;
import femto.model.Family;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * Whether the families that know fields are worth it where the truth is of fields. Step size,
 * factors and penalty of each are those with the least validation loss of a small grid, which
 * {@code engine/docs/families.md} has; the epoch is found by early stopping. {@code -Dfemto.rows}
 * makes it larger.
 */
class FieldWeightedTruthTest {
  private static final int ROWS = Integer.getInteger("femto.rows", 60_000);

  private static final System.Logger LOG = System.getLogger(FieldWeightedTruthTest.class.getName());

  private record Contender(FamilyOptions family, int factors, double stepSize, double l2) {}

  private final FieldWeightedWorld world =
      new FieldWeightedWorld(
          1,
          Integer.getInteger("femto.context", 8),
          Integer.getInteger("femto.candidate", 4),
          10,
          Integer.getInteger("femto.values", 100));
  private final double[] best = {0};
  private final List<Plain> training = world.draw(ROWS, new double[1]);
  private final List<Plain> validation = world.draw(ROWS / 6, new double[1]);
  private final List<Plain> test = world.draw(ROWS / 3, best);

  private double testLoss(Contender contender) {
    List<LearnerOptions.L2> l2 =
        Collections.nCopies(
            world.space.fields().size(),
            new LearnerOptions.L2(contender.l2() / 10, contender.l2()));
    LearnerOptions options =
        new LearnerOptions(
            Loss.LOGISTIC,
            Optimizer.ADAGRAD,
            contender.factors(),
            contender.stepSize(),
            1,
            0.1,
            l2,
            1);
    try (ModelLearner learner = contender.family().newLearner(world.space, options)) {
      learner.startFromMean(0.25);
      Training.Outcome outcome =
          new Training(12, 12, 2)
              .run(learner, new ListSource(training), new ListSource(validation), e -> {});
      double loss = Training.meanLoss(learner, new ListSource(test));
      Training.Epoch epoch = outcome.best();
      LOG.log(
          System.Logger.Level.INFO,
          "%s, %d factors: test log loss %.4f after %d epochs, %,.0f examples a second"
              .formatted(
                  contender.family(),
                  contender.factors(),
                  loss,
                  epoch.epoch(),
                  epoch.examples() / (epoch.nanos() / 1e9)));
      return loss;
    }
  }

  @Test
  void shouldBeatAFactorizationMachineWhereFieldsDecideHowFactorsCount() {
    double bestPossible = best[0] / test.size();
    LOG.log(System.Logger.Level.INFO, "best possible: test log loss %.4f".formatted(bestPossible));
    double linear = testLoss(new Contender(FamilyOptions.of(Family.LINEAR), 0, 0.15, 1e-3));
    double fm = testLoss(new Contender(FamilyOptions.of(Family.FM), 16, 0.05, 1e-2));
    double fwfm = testLoss(new Contender(FamilyOptions.of(Family.FWFM), 4, 0.15, 1e-2));
    double lowRank = testLoss(new Contender(FamilyOptions.lowRank(3), 4, 0.15, 1e-2));
    double ffm = testLoss(new Contender(FamilyOptions.of(Family.FFM), 4, 0.15, 1e-2));
    assertThat(fm).isBetween(bestPossible, linear - 0.02);
    // Of what the factorization machine loses above the best possible, at most so much is left.
    double excess = fm - bestPossible;
    assertThat((fwfm - bestPossible) / excess).isBetween(0.0, 0.6);
    assertThat((lowRank - bestPossible) / excess).isBetween(0.0, 0.9);
    assertThat((ffm - bestPossible) / excess).isBetween(0.0, 0.9);
  }
}
