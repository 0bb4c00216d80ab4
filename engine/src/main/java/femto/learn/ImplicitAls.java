package femto.learn;

import femto.model.FeatureSpace;
import femto.model.Model;
import java.util.Arrays;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.function.IntConsumer;

/**
 * Learns a factorization machine from what was observed and from all that was not: alternating
 * least squares, one weight at a time, on
 *
 * <pre>{@code
 * sum over observed (c, i) of n_ci (1 - x_ci)^2  +  a sum over all c, i of x_ci^2
 *   +  sum over features j of lambda_j |v_j|^2,        x_ci = b_i + <q_c, s_i>
 * }</pre>
 *
 * (Hu, Koren and Volinsky, "Collaborative Filtering for Implicit Feedback Datasets", ICDM 2008, in
 * the form of Rendle, Krichene, Zhang and Koren, "Revisiting the Performance of iALS on Item
 * Recommendation Benchmarks", RecSys 2022, equations 2 to 6, whose frequency-scaled penalty {@code
 * lambda_j = lambda n_j^power} it has). Here n_ci is the weight of a pair, 1 if none is given, q_c
 * is the sum of a context's features, s_i and b_i fold those of a candidate as a factorization
 * machine does, the pairs inside it included; terms of the context alone rank nothing and are left
 * out. The score is linear in each single weight, so the best value of one, the others held, has a
 * closed form; the sum over all pairs needs no more than the k x k matrices of {@code sum q q^T}
 * and {@code sum s s^T} (Bayer, He, Kanagal and Rendle, "A Generic Coordinate Descent Framework for
 * Learning from Implicit Feedback", WWW 2017). What the pairs of a context, or of a candidate, add
 * to the derivatives is kept as a few sums for each, which a change of a weight moves in closed
 * form too; so a sweep costs k times the entries of the rows and the pairs, and k^2 times the rows,
 * however many features a row has.
 *
 * <p>For an observed pair the candidate's own feature is left out of the context ({@link
 * RankingData}); among all pairs it is there.
 *
 * <p>Doubles, one thread; one seed gives one model, bit for bit.
 */
public final class ImplicitAls {
  private final FeatureSpace features;
  private final ImplicitAlsOptions options;
  private final int factors;
  private final double unobserved;
  private final PlainRows contexts;
  private final PlainRows candidates;

  /** By feature: the rows that have it. */
  private final PlainRows contextsOf;

  private final PlainRows candidatesOf;

  /** By entry of {@link #contextsOf}: the pair whose own feature it is, or -1. */
  private final int[] ownPairs;

  private final int activeContexts;
  private final int[] pairOffsets;
  private final int[] pairCandidates;
  private final int[] pairContexts;
  private final int[] pairOwn;
  private final float[] pairWeights;

  /** Pairs by candidate. */
  private final int[] byCandidateOffsets;

  private final int[] byCandidate;

  /** What the pairs of each candidate count together. */
  private final double[] observed;

  private final double[] linear;
  private final double[] linearPenalty;
  private final double[] factorPenalty;

  /** By factor and then feature, context, candidate. */
  private final double[][] vectors;

  private final double[][] q;
  private final double[][] s;

  private final double[] biases;

  /** 1 less the score of each observed pair. */
  private final double[] residuals;

  /**
   * Makes a learner with linear weights of 0 and random factors; those of features that no positive
   * pair's context and no candidate has are 0.
   *
   * @param data what to learn from; a pair that is not positive counts as not observed
   * @param options how; its L2 has one entry for each of the features' fields
   * @throws IllegalArgumentException if it has not, or there is no positive pair
   */
  public ImplicitAls(RankingData data, ImplicitAlsOptions options) {
    RelationalData pairs = data.pairs();
    this.features = pairs.features();
    this.options = options;
    this.factors = options.factors();
    this.unobserved = options.unobserved();
    PlainRows allContexts = PlainRows.of(pairs.contexts());
    RankingPairs sorted = RankingPairs.of(data, allContexts);
    this.pairOffsets = sorted.offsets();
    this.pairCandidates = sorted.candidates();
    this.pairWeights = sorted.weights();
    this.contexts = allContexts.where(row -> pairOffsets[row + 1] > pairOffsets[row]);
    this.candidates = PlainRows.of(pairs.candidates());
    this.pairContexts = new int[pairCandidates.length];
    this.pairOwn = new int[pairCandidates.length];
    int active = 0;
    for (int context = 0; context < contexts.rows(); context++) {
      int begin = pairOffsets[context];
      int end = pairOffsets[context + 1];
      active += end > begin ? 1 : 0;
      Arrays.fill(pairContexts, begin, end, context);
      for (int pair = begin; pair < end; pair++) {
        int moved = contexts.offsets[context] - allContexts.offsets[context];
        pairOwn[pair] = sorted.own()[pair] < 0 ? -1 : sorted.own()[pair] + moved;
      }
    }
    this.activeContexts = active;
    int[] entries = new int[contexts.features.length];
    this.contextsOf = contexts.transposed(features.size(), entries);
    this.ownPairs = ownPairs(entries);
    this.candidatesOf = candidates.transposed(features.size(), new int[candidates.features.length]);
    this.byCandidateOffsets = new int[candidates.rows() + 1];
    this.byCandidate = new int[pairCandidates.length];
    this.observed = new double[candidates.rows()];
    sortByCandidate();
    this.linear = new double[features.size()];
    this.linearPenalty = new double[features.size()];
    this.factorPenalty = new double[features.size()];
    setPenalties();
    this.vectors = new double[factors][features.size()];
    this.q = new double[factors][contexts.rows()];
    this.s = new double[factors][candidates.rows()];
    this.biases = new double[candidates.rows()];
    this.residuals = new double[pairCandidates.length];
    start();
  }

  private int[] ownPairs(int[] entries) {
    int[] ofEntry = new int[entries.length];
    Arrays.fill(ofEntry, -1);
    for (int pair = 0; pair < pairOwn.length; pair++) {
      if (pairOwn[pair] >= 0) {
        ofEntry[pairOwn[pair]] = pair;
      }
    }
    int[] own = new int[entries.length];
    Arrays.setAll(own, at -> ofEntry[entries[at]]);
    return own;
  }

  private void sortByCandidate() {
    for (int candidate : pairCandidates) {
      byCandidateOffsets[candidate + 1]++;
    }
    for (int candidate = 0; candidate < candidates.rows(); candidate++) {
      byCandidateOffsets[candidate + 1] += byCandidateOffsets[candidate];
    }
    int[] next = byCandidateOffsets.clone();
    for (int pair = 0; pair < pairCandidates.length; pair++) {
      byCandidate[next[pairCandidates[pair]]++] = pair;
      observed[pairCandidates[pair]] += pairWeights[pair];
    }
  }

  /** The weight of the pairs that a feature is in: its own of each observed, a of each of all. */
  private void setPenalties() {
    RankingWeights.requireFields(features, options.l2().size());
    double[] ofContexts = new double[contexts.rows()];
    for (int pair = 0; pair < pairContexts.length; pair++) {
      ofContexts[pairContexts[pair]] += pairWeights[pair];
    }
    for (int feature = 0; feature < features.size(); feature++) {
      double pairs = 0;
      for (int e = contextsOf.offsets[feature]; e < contextsOf.offsets[feature + 1]; e++) {
        int context = contextsOf.features[e];
        double x = contextsOf.weights[e];
        pairs += x * x * (ofContexts[context] + unobserved * candidates.rows());
      }
      for (int e = candidatesOf.offsets[feature]; e < candidatesOf.offsets[feature + 1]; e++) {
        int candidate = candidatesOf.features[e];
        double x = candidatesOf.weights[e];
        pairs += x * x * (observed[candidate] + unobserved * activeContexts);
      }
      int field = features.isHashed() ? 0 : features.fieldOf(feature);
      if (field != FeatureSpace.UNKNOWN) {
        double scale = Math.pow(pairs, options.frequencyPower());
        linearPenalty[feature] = options.l2().get(field).linear() * scale;
        factorPenalty[feature] = options.l2().get(field).factors() * scale;
      }
    }
  }

  private void start() {
    SplittableRandom random = new SplittableRandom(options.seed());
    for (int feature = 0; feature < features.size(); feature++) {
      boolean used =
          contextsOf.offsets[feature + 1] > contextsOf.offsets[feature]
              || candidatesOf.offsets[feature + 1] > candidatesOf.offsets[feature];
      for (int f = 0; f < factors; f++) {
        double start = random.nextGaussian() * options.initialScale();
        vectors[f][feature] = used ? start : 0;
      }
    }
    for (int f = 0; f < factors; f++) {
      for (int context = 0; context < contexts.rows(); context++) {
        for (int e = contexts.offsets[context]; e < contexts.offsets[context + 1]; e++) {
          q[f][context] += contexts.weights[e] * vectors[f][contexts.features[e]];
        }
      }
      for (int candidate = 0; candidate < candidates.rows(); candidate++) {
        for (int e = candidates.offsets[candidate]; e < candidates.offsets[candidate + 1]; e++) {
          double xv = candidates.weights[e] * vectors[f][candidates.features[e]];
          biases[candidate] += s[f][candidate] * xv;
          s[f][candidate] += xv;
        }
      }
    }
    for (int pair = 0; pair < residuals.length; pair++) {
      residuals[pair] = 1 - biases[pairCandidates[pair]];
    }
    for (int f = 0; f < factors; f++) {
      for (int pair = 0; pair < residuals.length; pair++) {
        residuals[pair] -= queryOf(pair, f) * s[f][pairCandidates[pair]];
      }
    }
  }

  /** Factor f of the context of a pair without the candidate's own feature. */
  private double queryOf(int pair, int f) {
    double all = q[f][pairContexts[pair]];
    int own = pairOwn[pair];
    return own < 0 ? all : all - contexts.weights[own] * vectors[f][contexts.features[own]];
  }

  /**
   * Learns for all sweeps.
   *
   * @param ended is told the number of each sweep that has ended, from 1
   */
  public void learn(IntConsumer ended) {
    for (int sweep = 1; sweep <= options.sweeps(); sweep++) {
      sweep();
      ended.accept(sweep);
    }
  }

  /** Solves once for each weight. */
  void sweep() {
    sweepContexts();
    sweepCandidates();
  }

  private void sweepContexts() {
    double[][] gram = gram(s, candidates.rows());
    double[] weighted = new double[factors];
    for (int f = 0; f < factors; f++) {
      for (int candidate = 0; candidate < candidates.rows(); candidate++) {
        weighted[f] += biases[candidate] * s[f][candidate];
      }
    }
    int count = contexts.rows();
    double[] slope = new double[count];
    double[] curve = new double[count];
    double[] ofAll = new double[count];
    double[] moved = new double[count];
    double[] ownMoved = new double[residuals.length];
    for (int f = 0; f < factors; f++) {
      double[] sf = s[f];
      for (int context = 0; context < count; context++) {
        double sum = 0;
        double squares = 0;
        for (int pair = pairOffsets[context]; pair < pairOffsets[context + 1]; pair++) {
          double value = sf[pairCandidates[pair]];
          double counted = pairWeights[pair] * value;
          sum += residuals[pair] * counted;
          squares += counted * value;
        }
        slope[context] = sum;
        curve[context] = squares;
      }
      Arrays.fill(ofAll, weighted[f]);
      for (int g = 0; g < factors; g++) {
        addTo(ofAll, q[g], gram[f][g]);
      }
      Arrays.fill(moved, 0);
      Arrays.fill(ownMoved, 0);
      for (int feature = 0; feature < features.size(); feature++) {
        solveContextFeature(feature, f, gram[f][f], slope, curve, ofAll, moved, ownMoved);
      }
      for (int pair = 0; pair < residuals.length; pair++) {
        double change = moved[pairContexts[pair]] - ownMoved[pair];
        residuals[pair] -= change * sf[pairCandidates[pair]];
      }
    }
  }

  private void solveContextFeature(
      int feature,
      int f,
      double gram,
      double[] slope,
      double[] curve,
      double[] ofAll,
      double[] moved,
      double[] ownMoved) {
    int begin = contextsOf.offsets[feature];
    int end = contextsOf.offsets[feature + 1];
    if (begin == end) {
      return;
    }
    double penalty = factorPenalty[feature];
    double up = -penalty * vectors[f][feature];
    double bend = penalty;
    for (int e = begin; e < end; e++) {
      int context = contextsOf.features[e];
      double x = contextsOf.weights[e];
      up += x * (slope[context] - unobserved * ofAll[context]);
      bend += x * x * (curve[context] + unobserved * gram);
      int own = ownPairs[e];
      if (own >= 0) {
        double value = s[f][pairCandidates[own]];
        double counted = pairWeights[own] * value;
        up -= x * counted * (residuals[own] - value * moved[context]);
        bend -= x * x * counted * value;
      }
    }
    double change = up / bend;
    vectors[f][feature] += change;
    for (int e = begin; e < end; e++) {
      int context = contextsOf.features[e];
      double along = contextsOf.weights[e] * change;
      int own = ownPairs[e];
      double value = own < 0 ? 0 : s[f][pairCandidates[own]];
      double square = own < 0 ? 0 : pairWeights[own] * value * value;
      q[f][context] += along;
      moved[context] += along;
      slope[context] -= along * (curve[context] - square);
      ofAll[context] += along * gram;
      if (own >= 0) {
        ownMoved[own] = along;
      }
    }
  }

  /** Sums over the observed pairs of each candidate, and over all contexts, as weights move. */
  private final class CandidateSums {
    final double[] residual = new double[candidates.rows()];
    final double[] slope = new double[candidates.rows()];
    final double[] queries = new double[candidates.rows()];
    final double[] squares = new double[candidates.rows()];

    /** Sum over all contexts of the score, and of the score times factor f of the context. */
    final double[] scores = new double[candidates.rows()];

    final double[] ofAll = new double[candidates.rows()];
    final double[] moved = new double[candidates.rows()];
    final double[] movedBias = new double[candidates.rows()];
  }

  private void sweepCandidates() {
    double[][] gram = gram(q, contexts.rows());
    double[] total = new double[factors];
    for (int f = 0; f < factors; f++) {
      total[f] = Arrays.stream(q[f]).sum();
    }
    CandidateSums sums = new CandidateSums();
    addTo(sums.scores, biases, activeContexts);
    for (int g = 0; g < factors; g++) {
      addTo(sums.scores, s[g], total[g]);
    }
    solveLinear(sums);
    double[] query = new double[residuals.length];
    for (int f = 0; f < factors; f++) {
      for (int candidate = 0; candidate < candidates.rows(); candidate++) {
        double slope = 0;
        double residual = 0;
        double queries = 0;
        double squares = 0;
        int end = byCandidateOffsets[candidate + 1];
        for (int at = byCandidateOffsets[candidate]; at < end; at++) {
          int pair = byCandidate[at];
          double value = queryOf(pair, f);
          query[pair] = value;
          double weight = pairWeights[pair];
          slope += weight * residuals[pair] * value;
          residual += weight * residuals[pair];
          queries += weight * value;
          squares += weight * value * value;
        }
        sums.slope[candidate] = slope;
        sums.residual[candidate] = residual;
        sums.queries[candidate] = queries;
        sums.squares[candidate] = squares;
      }
      Arrays.fill(sums.ofAll, 0);
      addTo(sums.ofAll, biases, total[f]);
      for (int g = 0; g < factors; g++) {
        addTo(sums.ofAll, s[g], gram[f][g]);
      }
      Arrays.fill(sums.moved, 0);
      Arrays.fill(sums.movedBias, 0);
      for (int feature = 0; feature < features.size(); feature++) {
        solveCandidateFeature(feature, f, gram[f][f], total[f], sums);
      }
      for (int pair = 0; pair < residuals.length; pair++) {
        int candidate = pairCandidates[pair];
        residuals[pair] -= sums.moved[candidate] * query[pair] + sums.movedBias[candidate];
      }
    }
  }

  private void solveLinear(CandidateSums sums) {
    for (int pair = 0; pair < residuals.length; pair++) {
      sums.residual[pairCandidates[pair]] += pairWeights[pair] * residuals[pair];
    }
    for (int feature = 0; feature < features.size(); feature++) {
      int begin = candidatesOf.offsets[feature];
      int end = candidatesOf.offsets[feature + 1];
      if (begin == end) {
        continue;
      }
      double up = -linearPenalty[feature] * linear[feature];
      double bend = linearPenalty[feature];
      for (int e = begin; e < end; e++) {
        int candidate = candidatesOf.features[e];
        double x = candidatesOf.weights[e];
        up += x * (sums.residual[candidate] - unobserved * sums.scores[candidate]);
        bend += x * x * (observed[candidate] + unobserved * activeContexts);
      }
      double change = up / bend;
      linear[feature] += change;
      for (int e = begin; e < end; e++) {
        int candidate = candidatesOf.features[e];
        double along = candidatesOf.weights[e] * change;
        biases[candidate] += along;
        sums.movedBias[candidate] += along;
        sums.residual[candidate] -= along * observed[candidate];
        sums.scores[candidate] += along * activeContexts;
      }
    }
    for (int pair = 0; pair < residuals.length; pair++) {
      residuals[pair] -= sums.movedBias[pairCandidates[pair]];
    }
  }

  private void solveCandidateFeature(
      int feature, int f, double gram, double total, CandidateSums sums) {
    int begin = candidatesOf.offsets[feature];
    int end = candidatesOf.offsets[feature + 1];
    if (begin == end) {
      return;
    }
    double penalty = factorPenalty[feature];
    double old = vectors[f][feature];
    double up = -penalty * old;
    double bend = penalty;
    for (int e = begin; e < end; e++) {
      int candidate = candidatesOf.features[e];
      double x = candidatesOf.weights[e];
      double rest = s[f][candidate] - x * old;
      up +=
          x
              * (sums.slope[candidate]
                  + rest * sums.residual[candidate]
                  - unobserved * (sums.ofAll[candidate] + rest * sums.scores[candidate]));
      bend +=
          x
              * x
              * (sums.squares[candidate]
                  + rest * (2 * sums.queries[candidate] + rest * observed[candidate])
                  + unobserved * (gram + rest * (2 * total + rest * activeContexts)));
    }
    double change = up / bend;
    vectors[f][feature] = old + change;
    for (int e = begin; e < end; e++) {
      int candidate = candidatesOf.features[e];
      double x = candidatesOf.weights[e];
      double rest = s[f][candidate] - x * old;
      double along = x * change;
      s[f][candidate] += along;
      biases[candidate] += along * rest;
      sums.moved[candidate] += along;
      sums.movedBias[candidate] += along * rest;
      sums.slope[candidate] -= along * (sums.squares[candidate] + rest * sums.queries[candidate]);
      sums.residual[candidate] -= along * (sums.queries[candidate] + rest * observed[candidate]);
      sums.ofAll[candidate] += along * (gram + rest * total);
      sums.scores[candidate] += along * (total + rest * activeContexts);
    }
  }

  private static void addTo(double[] into, double[] what, double times) {
    for (int i = 0; i < into.length; i++) {
      into[i] += times * what[i];
    }
  }

  private static double[][] gram(double[][] columns, int rows) {
    int k = columns.length;
    double[][] gram = new double[k][k];
    for (int f = 0; f < k; f++) {
      for (int g = 0; g <= f; g++) {
        double s0 = 0;
        double s1 = 0;
        double s2 = 0;
        double s3 = 0;
        int row = 0;
        for (; row + 3 < rows; row += 4) {
          s0 += columns[f][row] * columns[g][row];
          s1 += columns[f][row + 1] * columns[g][row + 1];
          s2 += columns[f][row + 2] * columns[g][row + 2];
          s3 += columns[f][row + 3] * columns[g][row + 3];
        }
        for (; row < rows; row++) {
          s0 += columns[f][row] * columns[g][row];
        }
        gram[f][g] = s0 + s1 + (s2 + s3);
        gram[g][f] = gram[f][g];
      }
    }
    return gram;
  }

  /**
   * The weights as a model of their own. Its scores rank candidates of one context; what separates
   * contexts was not learned.
   *
   * @param notes how it came to be, for people
   * @return the model, of which the caller is the owner
   */
  public Model toModel(Map<String, String> notes) {
    float[] ofLinear = new float[linear.length];
    float[] rows = new float[Math.multiplyExact(linear.length, factors)];
    for (int feature = 0; feature < linear.length; feature++) {
      ofLinear[feature] = (float) linear[feature];
      for (int f = 0; f < factors; f++) {
        rows[feature * factors + f] = (float) vectors[f][feature];
      }
    }
    return RankingWeights.toModel(features, ofLinear, rows, factors, notes);
  }
}
