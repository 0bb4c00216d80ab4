package femto.bench.learn;

import femto.bench.learn.Engine.Setting;
import femto.learn.Example;
import femto.learn.ExampleSource;
import femto.learn.Learner;
import femto.learn.LearnerOptions;
import femto.learn.LearnerOptions.L2;
import femto.learn.Loss;
import femto.learn.Optimizer;
import femto.learn.Training;
import femto.model.FeatureSpace;
import femto.tools.ads.PlantedClicks;
import java.util.Collections;

/** One pass over many rows, those that are tested left out. */
final class MoreRows {
  private MoreRows() {}

  static double logLoss(
      PlantedClicks table, int testFrom, int testRows, int many, Setting setting) {
    FeatureSpace space = table.space(table.rows());
    int known = space.size();
    LearnerOptions options =
        new LearnerOptions(
            Loss.LOGISTIC,
            Optimizer.ADAGRAD,
            Clicks.FACTORS,
            setting.stepSize(),
            setting.damping(),
            FemtoEngine.ADAPTIVE_SCALE,
            Collections.nCopies(PlantedClicks.FIELDS, new L2(setting.l2(), setting.l2())),
            1);
    try (Learner learner = new Learner(space, options)) {
      ExampleSource training =
          new Two(
              table.source(0, testFrom, known),
              table.source(testFrom + testRows, many + testRows, known));
      new Training(1, 1, 1).run(learner, training, null, epoch -> {});
      return Training.meanLoss(learner, table.source(testFrom, testFrom + testRows, known));
    }
  }

  /** The one after the other. */
  private record Two(ExampleSource first, ExampleSource second) implements ExampleSource {
    @Override
    public long size() {
      return first.size() + second.size();
    }

    @Override
    public void start(long seed) {
      first.start(seed);
      second.start(seed);
    }

    @Override
    public boolean next(Example into) {
      return first.next(into) || second.next(into);
    }
  }
}
