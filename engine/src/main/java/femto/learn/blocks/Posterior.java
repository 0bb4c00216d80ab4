package femto.learn.blocks;

import femto.kernels.RowLayout;
import femto.learn.blocks.BlockOptions.Target;
import femto.model.FeatureSpace;
import femto.model.Link;
import femto.model.Model;
import femto.model.PredictionRange;
import java.util.Arrays;
import java.util.Map;

/**
 * What is kept of a chain to be served: some of its models, evenly spaced, and the mean of all.
 *
 * <p>The mean of the scores of M models of k factors is itself the score of one factorization
 * machine of M k factors: its w0 and linear weights are the means, its factors those of all M one
 * after the other, each divided by sqrt(M), since an inner product of such rows is the mean of the
 * M inner products. So it is folded, ranked and swapped like any other.
 *
 * <p>The model of the mean weights is another matter: factors of different samples may differ by a
 * rotation that leaves their scores the same, and then their mean is of no use.
 *
 * <p>Of a {@code PROBIT} chain, scores are multiplied by {@value #LOGITS_A_PROBIT} and go through a
 * sigmoid, which is within 0.0095 of the Gaussian distribution function of them. Those of an {@code
 * ORDINAL} chain go through a curve, the mean label at a score for the mean cut points of the same
 * samples.
 *
 * <p>One owner at a time.
 */
public final class Posterior {
  /** Where a sigmoid is closest to a Gaussian distribution function (Haley, 1952). */
  static final double LOGITS_A_PROBIT = 1.702;

  private static final int KNOTS = 512;

  /** How far beyond the outermost cut points the curve goes; 0.00003 of a level is left. */
  private static final double BEYOND = 4;

  private final FeatureSpace features;
  private final int factors;
  private final int samples;
  private final int kept;
  private final Weights all;
  private final Weights mean;
  private int added;
  private int taken;
  private Target target = Target.NUMBER;
  private double[] levels = {};

  /** Means of cut points, as the weights of both models are means. */
  private double[] keptCuts = {};

  private double[] meanCuts = {};

  /**
   * Starts with no model.
   *
   * @param features the features of the models
   * @param factors their number of factors, k
   * @param samples how many models will be added, 1 or more
   * @param kept how many of them are kept, M, 1 to {@code samples}
   * @throws IllegalArgumentException if a number is out of range, or M k is more than rows can have
   */
  public Posterior(FeatureSpace features, int factors, int samples, int kept) {
    if (kept < 1 || kept > samples) {
      throw new IllegalArgumentException(
          "%d samples are to be kept of %d, expected 1 to %d".formatted(kept, samples, samples));
    }
    if ((long) kept * factors > RowLayout.MAX_LENGTH) {
      throw new IllegalArgumentException(
          ("%d samples of %d factors make a model of %d factors, expected at most %d: keep %d"
                  + " samples or fewer")
              .formatted(
                  kept,
                  factors,
                  (long) kept * factors,
                  RowLayout.MAX_LENGTH,
                  RowLayout.MAX_LENGTH / factors));
    }
    this.features = features;
    this.factors = factors;
    this.samples = samples;
    this.kept = kept;
    this.all = new Weights(features.size(), kept * factors);
    this.mean = new Weights(features.size(), factors);
  }

  /**
   * Adds the weights that a learner has now.
   *
   * @param learner the learner, of the same features and number of factors
   * @throws IllegalStateException if all samples were added already
   */
  public void add(BlockLearner learner) {
    if (added == samples) {
      throw new IllegalStateException("all " + samples + " samples were added already");
    }
    added++;
    target = learner.options().target();
    if (target == Target.ORDINAL) {
      levels = learner.requireCutPoints().levels();
      meanCuts = plus(meanCuts, learner, samples);
    }
    double scale = target == Target.PROBIT ? LOGITS_A_PROBIT : 1;
    double root = Math.sqrt(scale);
    mean.add(scale / samples, learner.weights(), root / samples, 0);
    if ((long) added * kept / samples > taken) {
      all.add(scale / kept, learner.weights(), root / Math.sqrt(kept), taken * factors);
      if (target == Target.ORDINAL) {
        keptCuts = plus(keptCuts, learner, kept);
      }
      taken++;
    }
  }

  private static double[] plus(double[] sums, BlockLearner learner, int parts) {
    double[] cuts = learner.requireCutPoints().cuts();
    for (int cut = 0; cut < cuts.length; cut++) {
      cuts[cut] = (sums.length == 0 ? 0 : sums[cut]) + cuts[cut] / parts;
    }
    return cuts;
  }

  /**
   * One model whose scores are the means of those of the samples that are kept.
   *
   * @param range what its predictions are clipped to
   * @param notes how it came to be, for people
   * @return the model of M k factors, of which the caller is the owner
   * @throws IllegalStateException if samples are missing
   */
  public Model toModel(PredictionRange range, Map<String, String> notes) {
    requireAll();
    return all.toModel(features, link(keptCuts), range, notes);
  }

  /**
   * The model of the mean weights of all samples.
   *
   * @param range what its predictions are clipped to
   * @param notes how it came to be, for people
   * @return the model of k factors, of which the caller is the owner
   * @throws IllegalStateException if samples are missing
   */
  public Model toMeanModel(PredictionRange range, Map<String, String> notes) {
    requireAll();
    return mean.toModel(features, link(meanCuts), range, notes);
  }

  private Link link(double[] cuts) {
    return switch (target) {
      case NUMBER -> Link.IDENTITY;
      case PROBIT -> Link.SIGMOID;
      case ORDINAL -> curve(cuts);
    };
  }

  private Link curve(double[] cuts) {
    float[] scores = new float[KNOTS];
    float[] predictions = new float[KNOTS];
    double from = cuts[0] - BEYOND;
    double width = cuts[cuts.length - 1] + BEYOND - from;
    int knots = 0;
    for (int step = 0; step < KNOTS; step++) {
      float score = (float) (from + width * step / (KNOTS - 1));
      if (knots > 0 && !(score > scores[knots - 1])) {
        continue; // so far out that floats are no finer
      }
      float expected = (float) CutPoints.expected(levels, cuts, score);
      scores[knots] = score;
      predictions[knots] = knots == 0 ? expected : Math.max(expected, predictions[knots - 1]);
      knots++;
    }
    return Link.curve(Arrays.copyOf(scores, knots), Arrays.copyOf(predictions, knots));
  }

  private void requireAll() {
    if (added < samples) {
      throw new IllegalStateException(added + " samples were added, expected " + samples);
    }
  }
}
