package femto.learn.blocks;

import femto.learn.LearnerOptions.L2;
import femto.model.FeatureRows;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * The same learning on the matrix that blocks save: a row of every feature for each example, scores
 * by the double sum over pairs, every error computed anew for every step.
 */
final class DenseFm {
  final double[][] x;
  final double[] labels;
  final double[] counts;
  final int[] fieldOf;
  final BlockOptions options;
  final Draws draws;
  double bias;
  final double[] w;
  final double[][] v;
  double alpha = 1;
  private final double[] targets;
  private @org.jspecify.annotations.Nullable CutPoints cutPoints;
  private final double[][] mu;
  private final List<Integer> order = new ArrayList<>();

  DenseFm(BlockData data, BlockOptions options) {
    this.options = options;
    this.draws = new Draws(options.seed());
    int p = data.features().size();
    x = new double[data.size()][p];
    labels = new double[data.size()];
    counts = new double[data.size()];
    targets = new double[data.size()];
    Set<Integer> used = new LinkedHashSet<>();
    for (Block block : data.blocks()) {
      Set<Integer> ofBlock = new java.util.TreeSet<>();
      for (int e = 0; e < data.size(); e++) {
        FeatureRows rows = block.rows();
        int row = block.rowOf()[e];
        for (long entry = rows.offset(row); entry < rows.offset(row + 1); entry++) {
          x[e][rows.feature(entry)] = rows.weight(entry);
          ofBlock.add(rows.feature(entry));
        }
      }
      used.addAll(ofBlock);
    }
    order.addAll(used);
    fieldOf = new int[p];
    for (int j = 0; j < p; j++) {
      fieldOf[j] = data.features().fieldOf(j);
      if (!used.contains(j)) {
        order.add(j);
      }
    }
    w = new double[p];
    v = new double[options.factors()][p];
    mu = new double[options.factors() + 1][data.features().fields().size()];
    for (double[] factor : v) {
      for (int j = 0; j < p; j++) {
        factor[j] = options.initialScale() * draws.gaussian();
      }
    }
    for (int e = 0; e < labels.length; e++) {
      labels[e] = data.labels()[e];
      counts[e] = data.weights()[e];
      targets[e] = options.target() == BlockOptions.Target.NUMBER ? labels[e] : 0;
    }
    for (int e = 0; e < labels.length; e++) {
      bias += counts[e] * targets[e] / count();
    }
  }

  double count() {
    return Arrays.stream(counts).sum();
  }

  double score(int e) {
    double score = bias;
    for (int j = 0; j < w.length; j++) {
      score += w[j] * x[e][j];
      for (int l = j + 1; l < w.length; l++) {
        for (double[] factor : v) {
          score += factor[j] * factor[l] * x[e][j] * x[e][l];
        }
      }
    }
    return score;
  }

  private double derivative(double @org.jspecify.annotations.Nullable [] factor, int e, int j) {
    if (factor == null) {
      return x[e][j];
    }
    double sum = 0;
    for (int l = 0; l < w.length; l++) {
      sum += l == j ? 0 : factor[l] * x[e][l];
    }
    return x[e][j] * sum;
  }

  void sweep() {
    boolean gibbs = options.method() == BlockOptions.Method.GIBBS;
    BlockOptions.Priors priors = options.priors();
    int n = labels.length;
    if (options.target() == BlockOptions.Target.ORDINAL) {
      drawLevels();
    } else if (gibbs && options.target() == BlockOptions.Target.PROBIT) {
      for (int i : sortedByFirstBlock) {
        double score = score(i);
        targets[i] =
            labels[i] > 0
                ? score + draws.gaussianAbove(-score)
                : score - draws.gaussianAbove(score);
      }
    } else if (gibbs) {
      double sum = 0;
      for (int e = 0; e < n; e++) {
        sum += counts[e] * Math.pow(score(e) - targets[e], 2);
      }
      double counting = Arrays.stream(counts).filter(count -> count > 0).count();
      alpha = draws.gamma((priors.shape() + counting) / 2) / ((priors.rate() + sum) / 2);
    }
    if (options.target() != BlockOptions.Target.ORDINAL) {
      sweepBias(gibbs, priors);
    }
    sweep(null, w, options.factors());
    for (int f = 0; f < v.length; f++) {
      sweep(v[f], v[f], f);
    }
  }

  private void drawLevels() {
    int n = labels.length;
    double[] scores = new double[n];
    float[] levels = new float[n];
    for (int i = 0; i < n; i++) {
      scores[i] = score(sortedByFirstBlock[i]);
      levels[i] = (float) labels[sortedByFirstBlock[i]];
    }
    if (cutPoints == null) {
      cutPoints = new CutPoints(levels, options.priors().biasPrecision());
    }
    cutPoints.draw(scores, draws);
    for (int i = 0; i < n; i++) {
      double low = cutPoints.below(i) - scores[i];
      double high = cutPoints.above(i) - scores[i];
      targets[sortedByFirstBlock[i]] = scores[i] + draws.gaussianBetween(low, high);
    }
  }

  private void sweepBias(boolean gibbs, BlockOptions.Priors priors) {
    int n = labels.length;
    double residual = 0;
    for (int e = 0; e < n; e++) {
      residual += counts[e] * (targets[e] - (score(e) - bias));
    }
    bias =
        gibbs
            ? alpha * residual / (priors.biasPrecision() + alpha * count())
                + draws.gaussian() / Math.sqrt(priors.biasPrecision() + alpha * count())
            : residual / count();
  }

  /** Examples in the order in which hidden targets are drawn. */
  int[] sortedByFirstBlock = {};

  private void sweep(
      double @org.jspecify.annotations.Nullable [] factor, double[] weights, int group) {
    boolean gibbs = options.method() == BlockOptions.Method.GIBBS;
    int fields = mu[group].length;
    double[] lambda = new double[fields];
    for (int field = 0; field < fields; field++) {
      if (!gibbs) {
        L2 l2 = options.l2().get(field);
        lambda[field] = factor == null ? l2.linear() : l2.factors();
        continue;
      }
      BlockOptions.Priors priors = options.priors();
      double count = 0;
      double sum = 0;
      double squares = 0;
      for (int j = 0; j < weights.length; j++) {
        if (fieldOf[j] == field) {
          count++;
          sum += weights[j];
          squares += Math.pow(weights[j] - mu[group][field], 2);
        }
      }
      double rate =
          priors.rate() + squares + priors.meanPrecision() * Math.pow(mu[group][field], 2);
      lambda[field] = draws.gamma((priors.shape() + count + 1) / 2) / (rate / 2);
      double precision = (count + priors.meanPrecision()) * lambda[field];
      mu[group][field] = lambda[field] * sum / precision + draws.gaussian() / Math.sqrt(precision);
    }
    for (int j : order) {
      double hh = 0;
      double hr = 0;
      for (int e = 0; e < labels.length; e++) {
        double h = derivative(factor, e, j);
        hh += counts[e] * h * h;
        hr += counts[e] * h * (targets[e] - (score(e) - weights[j] * h));
      }
      int field = fieldOf[j];
      if (gibbs) {
        double precision = lambda[field] + alpha * hh;
        weights[j] =
            (lambda[field] * mu[group][field] + alpha * hr) / precision
                + draws.gaussian() / Math.sqrt(precision);
      } else {
        weights[j] = hr / (hh + lambda[field]);
      }
    }
  }
}
