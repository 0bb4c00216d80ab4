package femto.learn;

import femto.kernels.FtrlRule;
import femto.kernels.LearningRows;
import java.util.Arrays;

/**
 * Steps of one thread on rows that others may be working on, too, with a bias of its own: all
 * threads would write to one at every example.
 */
final class Steps extends Apart {
  private final LearningRows rows;
  private final LearnerOptions options;
  private final Loss loss;
  private final FieldSettings settings;
  private final FtrlRule ftrl;
  private float[] scales = {};
  private float[] linearL2 = {};
  private float[] factorL2 = {};
  private float[] stepSizes = {};

  /** What {@link #stepSizes} were made of, where they are the same for all features. */
  private double stepSizeNow = Double.NaN;

  /** Where L1 may make linear weights 0: the features of an example that have factors now. */
  private final boolean partsActive;

  private int[] active = {};
  private float[] activeX = {};
  private int[] inactive = {};
  private float[] inactiveX = {};
  private int activeCount;
  private int inactiveCount;

  float bias;
  float biasState;

  Steps(LearningRows rows, LearnerOptions options, FieldSettings settings) {
    this.rows = rows;
    this.options = options;
    this.loss = options.loss();
    this.settings = settings;
    this.ftrl = options.ftrl().rule();
    this.partsActive = options.hasFactorsOfSome();
    this.biasState = options.optimizer() == Optimizer.ADAGRAD ? (float) options.initialState() : 0;
  }

  double score(Example example) {
    if (partsActive) {
      part(example);
      return rows.score(bias, active, activeX, activeCount);
    }
    return rows.score(bias, example.features(), example.weights(), example.count());
  }

  /** Parts the features of an example by whether they have factors. */
  private void part(Example example) {
    int count = example.count();
    if (active.length < LearningRows.room(count)) {
      int room = LearningRows.room(2 * count);
      active = new int[room];
      activeX = new float[room];
      inactive = new int[room];
      inactiveX = new float[room];
    }
    activeCount = 0;
    inactiveCount = 0;
    for (int i = 0; i < count; i++) {
      int feature = example.feature(i);
      if (rows.linear(feature) != 0) {
        active[activeCount] = feature;
        activeX[activeCount++] = example.weight(i);
      } else {
        inactive[inactiveCount] = feature;
        inactiveX[inactiveCount++] = example.weight(i);
      }
    }
  }

  double learn(Example example, double stepSize) {
    double score = score(example);
    float slope = (float) loss.slope(score, example.label()) * example.importance();
    stepBias(slope, (float) stepSize);
    int[] features = partsActive ? active : example.features();
    float[] x = partsActive ? activeX : example.weights();
    int count = partsActive ? activeCount : example.count();
    prepare(features, count, stepSize);
    switch (options.optimizer()) {
      case SGD -> rows.sgd(features, x, count, slope, stepSizes, linearL2, factorL2);
      case ADAGRAD -> rows.adaGrad(features, x, count, slope, stepSizes, linearL2, factorL2);
      case FTRL -> rows.ftrl(features, x, count, slope, ftrl, stepSizes, linearL2, factorL2);
    }
    if (partsActive && inactiveCount > 0) {
      prepare(inactive, inactiveCount, stepSize);
      rows.ftrlLinear(inactive, inactiveX, inactiveCount, slope, ftrl, stepSizes, linearL2);
    }
    return score;
  }

  /** Of FTRL-Proximal without a penalty, this is what its closed form comes to. */
  private void stepBias(float gradient, float step) {
    switch (options.optimizer()) {
      case SGD -> bias -= step * gradient;
      case ADAGRAD -> {
        biasState += gradient * gradient;
        bias -= step * gradient / (float) Math.sqrt(biasState);
      }
      case FTRL -> {
        biasState += gradient * gradient;
        bias -= step * gradient / (ftrl.beta() + (float) Math.sqrt(biasState));
      }
    }
  }

  /** Step size (its inverse for FTRL) and penalties of each of some features. */
  private void prepare(int[] features, int count, double stepSize) {
    if (stepSizes.length == 0 || stepSizes.length < LearningRows.room(count)) {
      int room = Math.max(LearningRows.room(2 * count), 64);
      scales = new float[room];
      linearL2 = new float[room];
      factorL2 = new float[room];
      stepSizes = new float[room];
      settings.fill(scales, linearL2, factorL2);
      stepSizeNow = Double.NaN;
    }
    if (!settings.areSame()) {
      settings.look(features, count, scales, linearL2, factorL2);
      for (int i = 0; i < count; i++) {
        stepSizes[i] = stepOf(scales[i], stepSize);
      }
    } else if (stepSizeNow != stepSize) {
      Arrays.fill(stepSizes, stepOf(scales[0], stepSize));
      stepSizeNow = stepSize;
    }
  }

  private float stepOf(float scale, double stepSize) {
    float step = (float) stepSize * scale;
    return options.optimizer() == Optimizer.FTRL ? 1 / step : step;
  }

  void startFtrl(int feature) {
    float[] scale = {1};
    float[] linear = {0};
    float[] factors = {0};
    if (settings.areSame()) {
      settings.fill(scale, linear, factors);
    } else {
      settings.look(new int[] {feature}, 1, scale, linear, factors);
    }
    float perStep = stepOf(scale[0], options.stepSize());
    rows.startFtrl(feature, ftrl, perStep, linear[0], factors[0]);
  }

  /** Steps of one of several threads, and those whose bias they add to. */
  static final class Shared {
    private final Steps own;
    private final Steps common;
    private float bias;
    private float biasState;

    Shared(Steps own, Steps common) {
      this.own = own;
      this.common = common;
      synchronized (common) {
        take();
      }
    }

    Steps own() {
      return own;
    }

    /** Adds what the bias has moved, and takes what the others have added. */
    void exchangeBias() {
      synchronized (common) {
        common.bias += own.bias - bias;
        common.biasState += own.biasState - biasState;
        take();
      }
    }

    private void take() {
      own.bias = common.bias;
      own.biasState = common.biasState;
      bias = own.bias;
      biasState = own.biasState;
    }
  }
}
