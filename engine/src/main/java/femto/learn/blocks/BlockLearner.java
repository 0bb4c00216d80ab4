package femto.learn.blocks;

import femto.learn.blocks.BlockOptions.Target;
import femto.model.FeatureSpace;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A factorization machine whose weights are learned one after the other, all others being held, by
 * alternating least squares or Gibbs sampling. For a weight with {@code h} the derivative of an
 * example's score by it and {@code e} the example's score less its target, {@code H = sum h^2} and
 * {@code G = sum h e} over the examples, each counting as much as its weight says, it becomes
 *
 * <pre>{@code
 * ALS:    (weight H - G) / (H + lambda)
 * Gibbs:  a draw from N((lambda mu + alpha (weight H - G)) / (lambda + alpha H), 1 / (lambda + alpha H))
 * }</pre>
 *
 * (Freudenthaler, Schmidt-Thieme and Rendle, "Bayesian factorization machines", 2011, equations 6
 * to 13). In Gibbs sampling alpha, the precision of the noise of an example of weight 1 (of another
 * it is alpha times its weight), and lambda and mu, the precision and the mean of each group of
 * weights, are drawn as well; a group is the linear weights of a field, or its weights of one
 * factor. A feature that no example has gets draws of its group.
 *
 * <p>A sweep takes, in this order: alpha (or hidden targets, and cut points before them); w0 (not
 * beside cut points); lambda and mu of all linear weights by field, and these weights by block and
 * feature; and so for each factor. It costs, for each factor, two passes over the examples a block
 * and three over the entries of the blocks' rows.
 *
 * <p>One owner at a time.
 */
public final class BlockLearner {
  private final FeatureSpace features;
  private final BlockOptions options;
  private final Draws draws;
  private final float[] labels;
  private final float[] counts;
  private final BlockScores scores;
  private final List<BlockState> blocks = new ArrayList<>();
  private final int[] unused;
  private final int[] fieldOf;
  private final int[] fieldSizes;
  private final Weights weights;

  /** What the examples count together. */
  private final double countOfAll;

  /** How many examples count at all. */
  private final int counting;

  /** Score less target of each example. */
  private final double[] errors;

  /** What the errors are measured from, if labels are not numbers. */
  private final double[] targets;

  /** Where levels meet, if labels are such. */
  private final @Nullable CutPoints cutPoints;

  private double alpha = 1;

  /** By field: of the weights being swept. */
  private final double[] lambda;

  private final double[] mu;

  /** By factor (the last is that of the linear weights) and field, the last mean drawn. */
  private final double[][] means;

  /**
   * Takes the examples, and weights to start from: factors at random, all others 0.
   *
   * @param data the examples, at least one
   * @param options how to learn
   * @throws IllegalArgumentException if there are no examples, a feature is of two blocks or of no
   *     field, labels or weights do not fit the target, or there is not a penalty a field for ALS
   */
  public BlockLearner(BlockData data, BlockOptions options) {
    this(data, options, new Draws(options.seed()));
  }

  BlockLearner(BlockData given, BlockOptions options, Draws draws) {
    BlockData data = given.sorted();
    this.features = data.features();
    this.options = options;
    this.draws = draws;
    this.labels = data.labels();
    this.counts = data.weights();
    int fields = features.fields().size();
    requireLearnable(data);
    for (int block = 0; block < data.blocks().size(); block++) {
      blocks.add(new BlockState(data, block, options.factors()));
    }
    this.unused = unused();
    this.fieldOf = new int[features.size()];
    this.fieldSizes = new int[fields];
    for (int feature = 0; feature < fieldOf.length; feature++) {
      fieldOf[feature] = features.fieldOf(feature);
      if (fieldOf[feature] == FeatureSpace.UNKNOWN) {
        throw new IllegalArgumentException(
            "feature " + feature + " has no field, expected a dictionary without free rows");
      }
      fieldSizes[fieldOf[feature]]++;
    }
    this.lambda = new double[fields];
    this.mu = new double[fields];
    this.means = new double[options.factors() + 1][fields];
    this.errors = new double[data.size()];
    this.targets = new double[data.size()];
    this.weights = new Weights(features.size(), options.factors());
    this.scores = new BlockScores(data);
    for (double[] factor : weights.factors) {
      for (int feature = 0; feature < factor.length; feature++) {
        factor[feature] = options.initialScale() * draws.gaussian();
      }
    }
    double sum = 0;
    double count = 0;
    int above = 0;
    for (int example = 0; example < labels.length; example++) {
      above += counts[example] > 0 ? 1 : 0;
      targets[example] = options.target() == Target.NUMBER ? labels[example] : 0;
      sum += counts[example] * targets[example];
      count += counts[example];
    }
    this.countOfAll = count;
    this.counting = above;
    weights.bias = sum / count;
    this.cutPoints =
        options.target() == Target.ORDINAL
            ? new CutPoints(labels, options.priors().biasPrecision())
            : null;
    refresh();
  }

  private void requireLearnable(BlockData data) {
    if (data.size() == 0) {
      throw new IllegalArgumentException("there are no examples to learn from");
    }
    int fields = features.fields().size();
    if (isGibbs() ? !options.l2().isEmpty() : options.l2().size() != fields) {
      throw new IllegalArgumentException(
          "penalties of %d fields, expected %d"
              .formatted(options.l2().size(), isGibbs() ? 0 : fields));
    }
    if (options.target() != Target.NUMBER && data.isWeighted()) {
      throw new IllegalArgumentException(
          "examples have weights, expected none with target " + options.target());
    }
    if (options.target() == Target.PROBIT) {
      for (float label : labels) {
        if (label != 0 && label != 1) {
          throw new IllegalArgumentException("label " + label + ", expected 0 or 1");
        }
      }
    }
  }

  private boolean isGibbs() {
    return options.method() == BlockOptions.Method.GIBBS;
  }

  private int[] unused() {
    int[] block = new int[features.size()];
    for (int i = 0; i < blocks.size(); i++) {
      for (int feature : blocks.get(i).features) {
        if (block[feature] != 0) {
          throw new IllegalArgumentException(
              "feature %d is of block %d and of block %d, expected one"
                  .formatted(feature, block[feature] - 1, i));
        }
        block[feature] = i + 1;
      }
    }
    return java.util.stream.IntStream.range(0, block.length)
        .filter(feature -> block[feature] == 0)
        .toArray();
  }

  /** Computes everything that follows from the weights. */
  private void refresh() {
    for (int factor = 0; factor < options.factors(); factor++) {
      for (BlockState block : blocks) {
        block.fold(factor, weights.factors[factor]);
      }
    }
    scores.score(weights, errors);
    for (int example = 0; example < errors.length; example++) {
      errors[example] -= targets[example];
    }
  }

  /** Gives every weight its next value. */
  public void sweep() {
    if (isGibbs()) {
      drawNoise();
    }
    if (cutPoints == null) {
      sweepBias();
    }
    takePenalties(options.factors(), weights.linear);
    for (BlockState block : blocks) {
      block.startLinear(errors);
      for (int i = 0; i < block.features.length; i++) {
        int feature = block.features[i];
        double old = weights.linear[feature];
        block.sumLinear(i);
        double next = next(feature, old, block.squares, block.products);
        weights.linear[feature] = next;
        block.addLinear(i, next - old);
      }
      block.endLinear(errors);
    }
    sweepUnused(weights.linear);
    for (int factor = 0; factor < options.factors(); factor++) {
      sweepFactor(factor);
    }
  }

  private void sweepFactor(int factor) {
    double[] values = weights.factors[factor];
    takePenalties(factor, values);
    for (BlockState block : blocks) {
      List<double[]> others = new ArrayList<>();
      for (BlockState other : blocks) {
        if (other != block) {
          others.add(other.sums(factor));
        }
      }
      block.start(factor, others, errors);
      for (int i = 0; i < block.features.length; i++) {
        int feature = block.features[i];
        double old = values[feature];
        block.sum(i, old);
        double next = next(feature, old, block.squares, block.products);
        values[feature] = next;
        block.add(i, old, next - old);
      }
      block.end(factor, errors);
    }
    sweepUnused(values);
  }

  private void sweepUnused(double[] values) {
    for (int feature : unused) {
      values[feature] = next(feature, values[feature], 0, 0);
    }
  }

  private double next(int feature, double old, double squares, double products) {
    int field = fieldOf[feature];
    if (!isGibbs()) {
      double curvature = squares + lambda[field];
      return curvature > 0 ? (old * squares - products) / curvature : 0;
    }
    double precision = lambda[field] + alpha * squares;
    double mean = (lambda[field] * mu[field] + alpha * (old * squares - products)) / precision;
    return mean + draws.gaussian() / Math.sqrt(precision);
  }

  private void sweepBias() {
    double count = countOfAll;
    double products = 0;
    for (int example = 0; example < errors.length; example++) {
      products += counts[example] * errors[example];
    }
    double old = weights.bias;
    double next = (old * count - products) / count;
    if (isGibbs()) {
      double precision = options.priors().biasPrecision() + alpha * count;
      next = alpha * (old * count - products) / precision + draws.gaussian() / Math.sqrt(precision);
    }
    weights.bias = next;
    for (int example = 0; example < errors.length; example++) {
      errors[example] += next - old;
    }
  }

  /** Sets lambda and mu of each field for linear weights or a factor. */
  private void takePenalties(int factor, double[] values) {
    boolean linear = factor == options.factors();
    if (!isGibbs()) {
      for (int field = 0; field < lambda.length; field++) {
        lambda[field] =
            linear ? options.l2().get(field).linear() : options.l2().get(field).factors();
      }
      return;
    }
    double[] sums = new double[lambda.length];
    double[] squares = new double[lambda.length];
    double[] mean = means[factor];
    for (int feature = 0; feature < values.length; feature++) {
      int field = fieldOf[feature];
      double off = values[feature] - mean[field];
      sums[field] += values[feature];
      squares[field] += off * off;
    }
    BlockOptions.Priors priors = options.priors();
    for (int field = 0; field < lambda.length; field++) {
      double shape = priors.shape() + fieldSizes[field] + 1;
      double rate =
          priors.rate() + squares[field] + priors.meanPrecision() * mean[field] * mean[field];
      lambda[field] = 2 * draws.gamma(shape / 2) / rate;
      double weight = fieldSizes[field] + priors.meanPrecision();
      mean[field] = sums[field] / weight + draws.gaussian() / Math.sqrt(weight * lambda[field]);
      mu[field] = mean[field];
    }
  }

  /** Draws alpha or the hidden targets. */
  private void drawNoise() {
    if (options.target() != Target.NUMBER) {
      drawTargets();
      return;
    }
    BlockOptions.Priors priors = options.priors();
    double rate = priors.rate() + squaredErrors();
    alpha = 2 * draws.gamma((priors.shape() + counting) / 2) / rate;
  }

  private void drawTargets() {
    double[] scores = errors;
    for (int example = 0; example < scores.length; example++) {
      scores[example] += targets[example];
    }
    if (cutPoints != null) {
      cutPoints.draw(scores, draws);
    }
    for (int example = 0; example < errors.length; example++) {
      double score = scores[example];
      targets[example] = score + drawBeyondScore(example, score);
      errors[example] = score - targets[example];
    }
  }

  private double drawBeyondScore(int example, double score) {
    if (cutPoints != null) {
      return draws.gaussianBetween(
          cutPoints.below(example) - score, cutPoints.above(example) - score);
    }
    return labels[example] > 0 ? draws.gaussianAbove(-score) : -draws.gaussianAbove(score);
  }

  /** What a score predicts: the mean label. */
  double prediction(double score) {
    return switch (options.target()) {
      case NUMBER -> score;
      case PROBIT -> Gaussian.below(score);
      case ORDINAL -> requireCutPoints().expected(score);
    };
  }

  /** The cut points of {@code ORDINAL}. */
  CutPoints requireCutPoints() {
    if (cutPoints == null) {
      throw new IllegalStateException("target " + options.target() + " has no cut points");
    }
    return cutPoints;
  }

  /**
   * Root of the mean squared difference of scores and labels, of the weights as they are, in which
   * each example counts as much as its weight says.
   *
   * @return 0 or more; where labels are no numbers, of scores and hidden targets
   */
  public double error() {
    return Math.sqrt(squaredErrors() / countOfAll);
  }

  private double squaredErrors() {
    double sum = 0;
    for (int example = 0; example < errors.length; example++) {
      sum += counts[example] * errors[example] * errors[example];
    }
    return sum;
  }

  /**
   * The features that are learned.
   *
   * @return the features of the examples
   */
  public FeatureSpace features() {
    return features;
  }

  /**
   * How it learns.
   *
   * @return the options
   */
  public BlockOptions options() {
    return options;
  }

  /** Has errors measured from other numbers from now on; the examples are sorted. */
  void setTargets(double[] others) {
    for (int example = 0; example < targets.length; example++) {
      errors[example] += targets[example] - others[example];
      targets[example] = others[example];
    }
  }

  Weights weights() {
    return weights;
  }

  double alpha() {
    return alpha;
  }
}
