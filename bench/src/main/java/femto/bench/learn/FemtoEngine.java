package femto.bench.learn;

import femto.learn.Learner;
import femto.learn.LearnerOptions;
import femto.learn.LearnerOptions.L2;
import femto.learn.Loss;
import femto.learn.Optimizer;
import femto.learn.Training;
import java.util.Collections;

/** Femto, with one thread or several. */
final class FemtoEngine implements Engine {
  private static final double INITIAL_SCALE = 0.02;

  private final Optimizer optimizer;
  private final int threads;

  FemtoEngine(Optimizer optimizer, int threads) {
    this.optimizer = optimizer;
    this.threads = threads;
  }

  @Override
  public String name() {
    return "Femto " + optimizer.toString().toLowerCase(java.util.Locale.ROOT);
  }

  @Override
  public Optimizer optimizer() {
    return optimizer;
  }

  @Override
  public double[] stepSizes() {
    return switch (optimizer) {
      case SGD -> new double[] {0.005, 0.01, 0.02, 0.05};
      case ADAGRAD -> new double[] {0.005, 0.01, 0.02, 0.05};
      case FTRL -> new double[] {0.01, 0.02, 0.05, 0.1};
    };
  }

  Learner newLearner(Clicks clicks, double stepSize) {
    return new Learner(
        clicks.space(),
        new LearnerOptions(
            Loss.LOGISTIC,
            optimizer,
            Clicks.FACTORS,
            stepSize,
            1,
            INITIAL_SCALE,
            Collections.nCopies(clicks.space().fields().size(), new L2(0, 0)),
            1));
  }

  @Override
  public Learned learn(Clicks clicks, double stepSize, int passes) {
    try (Learner learner = newLearner(clicks, stepSize)) {
      learner.startFromMean(clicks.meanLabel());
      Training.Outcome outcome =
          new Training(passes, passes, passes, threads)
              .run(learner, clicks.training(), null, epoch -> {});
      double seconds =
          outcome.history().stream().mapToLong(Training.Epoch::nanos).sum() / 1e9;
      return new Learned(seconds, Training.meanLoss(learner, clicks.testing()));
    }
  }
}
