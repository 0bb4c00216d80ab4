package femto.tools.live;

import femto.learn.Example;
import femto.learn.Learner;
import femto.model.FeatureRows;
import femto.model.FeatureSpace;
import femto.model.Model;
import femto.model.PredictionRange;
import femto.swap.Delta;
import femto.tools.data.DataSet;
import femto.tools.train.Recipe;
import java.util.BitSet;
import java.util.Map;

/**
 * Learns one example after another and knows which weights that has changed. One owner at a time.
 */
final class LiveTrainer implements AutoCloseable {
  /**
   * Part of the recipe's first step size: steps go on for ever and the weights are good already.
   */
  private static final double STEP_PART = 0.25;

  private final DataSet data;
  private final double positive;
  private final Learner learner;
  private final double stepSize;
  private final Example example = new Example();
  private final BitSet changed = new BitSet();
  private final float[] factors;
  private final Delta delta = new Delta();

  /**
   * Starts from a model.
   *
   * @param data where the examples are; it must stay open
   * @param features those of the data
   * @param recipe how the model was trained, by logistic loss
   * @param start the model; features that it lacks start as in training
   */
  LiveTrainer(DataSet data, FeatureSpace features, Recipe recipe, Model start) {
    this.data = data;
    this.positive = recipe.task().positive();
    this.learner = new Learner(features, recipe.learnerOptions(features.fields()));
    this.stepSize = STEP_PART * recipe.tuning().stepSize();
    this.factors = new float[recipe.factors()];
    learner.startFrom(start);
  }

  boolean isPositive(int index) {
    return data.label(index) >= positive;
  }

  /** Learns from an example of the data. */
  void learn(int index) {
    example.reset(isPositive(index) ? 1 : 0);
    add(data.contexts(), data.context(index));
    add(data.candidates(), data.candidate(index));
    learner.learn(example, stepSize);
  }

  private void add(FeatureRows rows, int row) {
    long end = rows.offset(row + 1);
    for (long entry = rows.offset(row); entry < end; entry++) {
      example.add(rows.feature(entry), rows.weight(entry));
      changed.set(rows.feature(entry));
    }
  }

  /** What has changed since the last delta or model; the same object each time. */
  Delta delta() {
    delta.clear().bias(learner.bias());
    for (int j = changed.nextSetBit(0); j >= 0; j = changed.nextSetBit(j + 1)) {
      learner.copyFactors(j, factors);
      delta.weights(j, learner.linear(j), factors);
    }
    changed.clear();
    return delta;
  }

  /** All weights as they are now, as a model of the caller's. */
  Model model() {
    changed.clear();
    return learner.toModel(PredictionRange.UNBOUNDED, Map.of());
  }

  @Override
  public void close() {
    learner.close();
  }
}
