package femto.bench.learn;

import femto.kernels.LearningRows;
import femto.learn.DivergedException;
import femto.learn.Learner;
import femto.learn.LearnerOptions;
import femto.learn.LearnerOptions.Ftrl;
import femto.learn.LearnerOptions.L2;
import femto.learn.Loss;
import femto.learn.Optimizer;
import femto.learn.Training;
import java.util.Collections;
import java.util.List;
import java.util.Locale;

/** Femto, on one thread. */
final class FemtoEngine implements Engine {
  /** Deviation of factors at the start, of libFM's, too. */
  static final double SGD_SCALE = 0.003;

  /** The same where steps adapt themselves, which need not begin as far from 0. */
  static final double ADAPTIVE_SCALE = 0.0005;

  private final Optimizer optimizer;
  private final double l1;

  /** Under an L1 penalty, FTRL has another state a weight. */
  FemtoEngine(Optimizer optimizer, double l1) {
    this.optimizer = optimizer;
    this.l1 = l1;
  }

  /** Such as {@code ftrl-l1}, for a row. */
  String rule() {
    return optimizer.name().toLowerCase(Locale.ROOT) + (l1 > 0 ? "-l1" : "");
  }

  private int states() {
    return optimizer == Optimizer.SGD ? 0 : l1 > 0 ? 2 : 1;
  }

  /** Weights and states of a feature. */
  long bytesPerFeature() {
    return LearningRows.bytesPerFeature(Clicks.FACTORS, states());
  }

  /** Those of its linear weight, and the state of its factors. */
  long linearBytes() {
    return LearningRows.bytesPerFeature(0, states());
  }

  /** Those of its factors, which stand apart. */
  long factorBytes() {
    return bytesPerFeature() - linearBytes();
  }

  @Override
  public String name() {
    return "Femto " + rule();
  }

  @Override
  public Optimizer optimizer() {
    return optimizer;
  }

  @Override
  public List<Setting> settings() {
    return switch (optimizer) {
      case SGD -> Setting.ofSgd();
      case ADAGRAD ->
          List.of(
              new Setting(0.02, 1, 0),
              new Setting(0.03, 1, 0),
              new Setting(0.03, 3, 0),
              new Setting(0.03, 10, 0),
              new Setting(0.03, 3, 0.01),
              new Setting(0.03, 10, 0.003),
              new Setting(0.03, 10, 0.01),
              new Setting(0.05, 10, 0.01));
      case FTRL -> Setting.ofFtrl();
    };
  }

  Learner newLearner(Clicks clicks, Setting setting) {
    return new Learner(
        clicks.space(),
        new LearnerOptions(
            Loss.LOGISTIC,
            optimizer,
            Clicks.FACTORS,
            setting.stepSize(),
            setting.damping(),
            optimizer == Optimizer.SGD ? SGD_SCALE : ADAPTIVE_SCALE,
            Collections.nCopies(clicks.space().fields().size(), new L2(setting.l2(), setting.l2())),
            List.of(),
            new Ftrl(setting.damping(), l1, l1),
            1));
  }

  @Override
  public Learned learn(Clicks clicks, Setting setting, int passes) {
    try (Learner learner = newLearner(clicks, setting)) {
      learner.startFromMean(clicks.meanLabel());
      Training.Outcome outcome =
          new Training(passes, passes, passes).run(learner, clicks.shuffled(), null, epoch -> {});
      double seconds = outcome.history().stream().mapToLong(Training.Epoch::nanos).sum() / 1e9;
      return new Learned(seconds, Training.meanLoss(learner, clicks.testing()));
    } catch (DivergedException e) {
      return new Learned(Double.NaN, Double.POSITIVE_INFINITY); // the step size is too large
    }
  }
}
