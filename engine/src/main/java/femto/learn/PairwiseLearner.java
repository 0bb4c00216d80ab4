package femto.learn;

import femto.model.FeatureSpace;
import femto.model.Model;
import java.util.Arrays;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.function.IntConsumer;

/**
 * Learns a factorization machine to rank: stochastic gradient steps on pairs of a candidate that a
 * context has seen and one that it has not.
 *
 * <p>Candidates of one context differ by {@code x_i - x_j = b_i - b_j + <q, s_i - s_j>}, with q the
 * sum of the context's {@code x_a v_a}, s_i that of candidate i, and b_i its linear terms and the
 * pairs inside it; what else the score has is the same for both. With {@code g} the negative
 * derivative of the loss by the difference, a step adds, times the step size,
 *
 * <pre>{@code
 * g x_a                              to w_a of candidate i
 * g x_a (q + s_i - x_a v_a)          to v_a of candidate i
 * g x_a (s_i - s_j)                  to v_a of the context
 * }</pre>
 *
 * the first two with the sign turned for j, and {@code -lambda} times the weight to each; the
 * weight of the pair multiplies its loss, and so g, but no penalty. All features of a context move
 * along one vector, so a visit to a context sums its features once, adds up how that vector moves
 * over several pairs, with q moving along exactly, and gives each feature its share at the end,
 * together with the penalty of as many steps: what a pair costs does not depend on how many
 * features the context has (as for the implicit feedback of SVD++ in Chen et al., "SVDFeature: A
 * Toolkit for Feature-based Collaborative Filtering", JMLR 2012).
 *
 * <p>Weights may start from those of a model ({@link #startFrom}); the penalty is then {@code
 * lambda} times the distance from them.
 *
 * <p>One thread at a time; one seed gives one model, bit for bit.
 */
public final class PairwiseLearner {
  /** Pairs of one visit: enough to share its cost, few enough to mix contexts well. */
  private static final int PAIRS_PER_VISIT = 8;

  /** A context that has seen nearly everything gets no negative. */
  private static final int DRAWS_PER_NEGATIVE = 20;

  private final FeatureSpace features;
  private final PairwiseOptions options;
  private final int factors;
  private final PlainRows contexts;
  private final PlainRows candidates;
  private final float[] linear;
  private final float[] vectors;

  /** What the penalty draws the weights to: those that were started from, or 0. */
  private float[] linearStart;

  private float[] vectorsStart;
  private final float[] linearL2;
  private final float[] factorL2;

  /** Positive pairs by context: candidate, and the context's entry that stands for it or -1. */
  private final int[] pairOffsets;

  private final int[] pairCandidates;
  private final int[] pairOwn;
  private final float[] pairWeights;
  private final int[] seenOffsets;
  private final int[] seenCandidates;
  private final double[] cumulative;
  private final double[] rankLoss;
  private final SplittableRandom random;

  private final int[] seenBy;
  private int unseen;
  private final float[] sums;
  private final float[] moved;
  private final float[] query;
  private final float[] positive;
  private final float[] step;
  private float[] negative;
  private float[] drawn;

  /** Of the last pair: what it was set against (-1 for nothing), and after how many draws. */
  int negativeCandidate;

  int draws;
  private float negativeScore;

  /**
   * Makes a learner with linear weights of 0 and random factors; those of features that no positive
   * pair's context and no candidate has are 0.
   *
   * @param data what to learn from
   * @param options how; its L2 has one entry for each of the features' fields
   * @throws IllegalArgumentException if it has not, or there is no positive pair
   */
  public PairwiseLearner(RankingData data, PairwiseOptions options) {
    RelationalData pairs = data.pairs();
    this.features = pairs.features();
    this.options = options;
    this.factors = options.factors();
    this.contexts = PlainRows.of(pairs.contexts());
    this.candidates = PlainRows.of(pairs.candidates());
    this.linear = new float[features.size()];
    this.vectors = new float[Math.multiplyExact(features.size(), factors)];
    this.linearStart = new float[linear.length];
    this.vectorsStart = new float[vectors.length];
    this.linearL2 = new float[features.size()];
    this.factorL2 = new float[features.size()];
    RankingPairs sorted = RankingPairs.of(data, contexts);
    this.pairOffsets = sorted.offsets();
    this.pairCandidates = sorted.candidates();
    this.pairOwn = sorted.own();
    this.pairWeights = sorted.weights();
    this.seenOffsets = sorted.seenOffsets();
    this.seenCandidates = sorted.seenCandidates();
    this.cumulative = cumulativePopularity(pairCandidates, candidates.rows(), options);
    this.rankLoss = new double[candidates.rows() + 1];
    for (int rank = 1; rank < rankLoss.length; rank++) {
      rankLoss[rank] = rankLoss[rank - 1] + 1.0 / rank;
    }
    this.random = new SplittableRandom(options.seed());
    this.seenBy = new int[candidates.rows()];
    Arrays.fill(seenBy, -1);
    this.sums = new float[factors];
    this.moved = new float[factors];
    this.query = new float[factors];
    this.positive = new float[factors];
    this.step = new float[factors];
    this.negative = new float[factors];
    this.drawn = new float[factors];
    RankingWeights.penalties(features, options.l2(), linearL2, factorL2);
    boolean[] used = RankingWeights.used(features.size(), contexts, pairOffsets, candidates);
    for (int feature = 0; feature < used.length; feature++) {
      for (int f = 0; f < factors; f++) {
        float start = (float) (random.nextGaussian() * options.initialScale());
        vectors[feature * factors + f] = used[feature] ? start : 0;
      }
    }
  }

  private static double[] cumulativePopularity(
      int[] pairCandidates, int count, PairwiseOptions options) {
    double[] weights = new double[count];
    Arrays.fill(weights, 0.5);
    for (int candidate : pairCandidates) {
      weights[candidate]++;
    }
    double sum = 0;
    for (int candidate = 0; candidate < count; candidate++) {
      sum += Math.pow(weights[candidate], options.popularityPower());
      weights[candidate] = sum;
    }
    return weights;
  }

  /**
   * Starts from the weights of a model of the same features instead of random ones, and has the
   * penalty draw to them instead of to 0: what is learned is a change of that model, no larger than
   * the pairs ask for.
   *
   * @param model a model of these features and as many factors
   * @param scale what scores are multiplied by, above 0
   * @throws IllegalArgumentException if the model has others
   */
  public void startFrom(Model model, double scale) {
    if (model.features().checksum() != features.checksum() || model.factors() != factors) {
      throw new IllegalArgumentException(
          "a model of %d features and %d factors to start from, expected the same %d and %d"
              .formatted(model.features().size(), model.factors(), features.size(), factors));
    }
    float root = (float) Math.sqrt(scale);
    for (int feature = 0; feature < features.size(); feature++) {
      linear[feature] = (float) scale * model.weights().bias(feature);
      for (int f = 0; f < factors; f++) {
        vectors[feature * factors + f] = root * model.weights().factor(feature, f);
      }
    }
    linearStart = linear.clone();
    vectorsStart = vectors.clone();
  }

  /**
   * Learns for all epochs.
   *
   * @param ended is told the number of each epoch that has ended, from 1
   * @throws DivergedException if a weight is no longer finite
   */
  public void learn(IntConsumer ended) {
    for (int epoch = 0; epoch < options.epochs(); epoch++) {
      double first = stepSize((double) epoch / options.epochs());
      double last = stepSize((epoch + 1.0) / options.epochs());
      learnEpoch(first, last);
      if (!RankingWeights.isFinite(vectors) || !RankingWeights.isFinite(linear)) {
        throw new DivergedException(epoch + 1, options.stepSize());
      }
      ended.accept(epoch + 1);
    }
  }

  private double stepSize(double done) {
    return options.stepSize() + (options.lastStepSize() - options.stepSize()) * done;
  }

  /**
   * Learns from every positive pair once, in an order drawn anew.
   *
   * @param firstStep step size at its start
   * @param lastStep step size at its end
   * @return mean loss of the pairs of candidates, each before its step and as much as it counts; 0
   *     for one that WARP found no violation for
   */
  public double learnEpoch(double firstStep, double lastStep) {
    int[] visits = shuffledVisits();
    double loss = 0;
    double count = 0;
    for (int visit = 0; visit < visits.length; visit += 2) {
      double done = (double) visit / visits.length;
      float stepSize = (float) (firstStep + (lastStep - firstStep) * done);
      int from = visits[visit + 1];
      int end = Math.min(from + PAIRS_PER_VISIT, pairOffsets[visits[visit] + 1]);
      loss += visit(visits[visit], from, end, stepSize);
      for (int pair = from; pair < end; pair++) {
        count += pairWeights[pair];
      }
    }
    return loss / count;
  }

  /** Context and first pair of each visit; the pairs of each context are shuffled before. */
  private int[] shuffledVisits() {
    int count = 0;
    for (int context = 0; context < contexts.rows(); context++) {
      int size = pairOffsets[context + 1] - pairOffsets[context];
      count += (size + PAIRS_PER_VISIT - 1) / PAIRS_PER_VISIT;
    }
    int[] visits = new int[2 * count];
    int at = 0;
    for (int context = 0; context < contexts.rows(); context++) {
      shufflePairs(pairOffsets[context], pairOffsets[context + 1]);
      for (int p = pairOffsets[context]; p < pairOffsets[context + 1]; p += PAIRS_PER_VISIT) {
        visits[at++] = context;
        visits[at++] = p;
      }
    }
    for (int i = count - 1; i > 0; i--) {
      int j = random.nextInt(i + 1);
      swap(visits, 2 * i, 2 * j);
      swap(visits, 2 * i + 1, 2 * j + 1);
    }
    return visits;
  }

  private void shufflePairs(int from, int end) {
    for (int i = end - 1; i > from; i--) {
      int j = from + random.nextInt(i + 1 - from);
      swap(pairCandidates, i, j);
      swap(pairOwn, i, j);
      float weight = pairWeights[i];
      pairWeights[i] = pairWeights[j];
      pairWeights[j] = weight;
    }
  }

  private static void swap(int[] numbers, int i, int j) {
    int moved = numbers[i];
    numbers[i] = numbers[j];
    numbers[j] = moved;
  }

  /** Steps on some positive pairs of a context; returns the sum of their losses by weight. */
  double visit(int context, int from, int end, float stepSize) {
    begin(context);
    Arrays.fill(sums, 0);
    Arrays.fill(moved, 0);
    float squares = addContext(context);
    double loss = 0;
    int steps = 0;
    for (int pair = from; pair < end; pair++) {
      int own = pairOwn[pair];
      query(own);
      int candidate = pairCandidates[pair];
      float score = fold(candidate, positive) + dot(query, positive);
      double slope = drawNegative(context, score);
      if (negativeCandidate < 0) {
        continue;
      }
      loss += pairWeights[pair] * lossOf(score);
      if (slope == 0) {
        continue;
      }
      steps++;
      float g = pairWeights[pair] * (float) slope;
      for (int f = 0; f < factors; f++) {
        step[f] = stepSize * g * (positive[f] - negative[f]);
      }
      stepCandidate(candidate, g, stepSize, positive);
      stepCandidate(negativeCandidate, -g, stepSize, negative);
      float alongQuery = squares;
      if (own >= 0) { // it was not in the context, so it does not move
        float x = contexts.weights[own];
        alongQuery -= x * x;
        int row = contexts.features[own] * factors;
        for (int f = 0; f < factors; f++) {
          vectors[row + f] -= x * step[f];
        }
      }
      for (int f = 0; f < factors; f++) {
        moved[f] += step[f];
        sums[f] += alongQuery * step[f];
      }
    }
    end(context, stepSize, steps);
    return loss;
  }

  /** What ranks a candidate for a context, the candidate's own feature left out if there is one. */
  float score(int context, int candidate, int own) {
    Arrays.fill(sums, 0);
    Arrays.fill(moved, 0);
    addContext(context);
    query(own);
    return fold(candidate, drawn) + dot(query, drawn);
  }

  /** The candidate of a positive pair. */
  int pairCandidate(int pair) {
    return pairCandidates[pair];
  }

  /** Adds up the features of a context; returns the sum of their squared weights. */
  private float addContext(int context) {
    float squares = 0;
    for (int e = contexts.offsets[context]; e < contexts.offsets[context + 1]; e++) {
      float x = contexts.weights[e];
      squares += x * x;
      addTo(sums, contexts.features[e] * factors, x);
    }
    return squares;
  }

  private void begin(int context) {
    for (int p = seenOffsets[context]; p < seenOffsets[context + 1]; p++) {
      seenBy[seenCandidates[p]] = context;
    }
    unseen = candidates.rows() - (seenOffsets[context + 1] - seenOffsets[context]);
  }

  private void query(int own) {
    System.arraycopy(sums, 0, query, 0, factors);
    if (own >= 0) {
      float x = contexts.weights[own];
      int row = contexts.features[own] * factors;
      for (int f = 0; f < factors; f++) {
        query[f] -= x * (vectors[row + f] + x * moved[f]);
      }
    }
  }

  private void end(int context, float stepSize, int steps) {
    for (int e = contexts.offsets[context]; e < contexts.offsets[context + 1]; e++) {
      float x = contexts.weights[e];
      int feature = contexts.features[e];
      float far = 1; // the part of the distance from the start that as many steps leave
      for (int i = 0; i < steps; i++) {
        far *= 1 - stepSize * factorL2[feature];
      }
      int row = feature * factors;
      for (int f = 0; f < factors; f++) {
        float v = vectors[row + f] + x * moved[f];
        vectors[row + f] = far * v + (1 - far) * vectorsStart[row + f];
      }
    }
  }

  private void addTo(float[] into, int row, float x) {
    for (int f = 0; f < factors; f++) {
      into[f] += x * vectors[row + f];
    }
  }

  /** Writes s of a candidate, and returns b. */
  private float fold(int candidate, float[] into) {
    int from = candidates.offsets[candidate];
    int end = candidates.offsets[candidate + 1];
    float bias = 0;
    Arrays.fill(into, 0);
    for (int e = from; e < end; e++) {
      float x = candidates.weights[e];
      int feature = candidates.features[e];
      bias += x * linear[feature];
      if (e > from) {
        bias += x * dot(into, feature * factors);
      }
      addTo(into, feature * factors, x);
    }
    return bias;
  }

  private float dot(float[] a, int row) {
    float s0 = 0;
    float s1 = 0;
    float s2 = 0;
    float s3 = 0;
    int f = 0;
    for (; f + 3 < factors; f += 4) {
      s0 += a[f] * vectors[row + f];
      s1 += a[f + 1] * vectors[row + f + 1];
      s2 += a[f + 2] * vectors[row + f + 2];
      s3 += a[f + 3] * vectors[row + f + 3];
    }
    for (; f < factors; f++) {
      s0 += a[f] * vectors[row + f];
    }
    return s0 + s1 + (s2 + s3);
  }

  /** In lanes, whose sums do not wait for one another. */
  private static float dot(float[] a, float[] b) {
    float s0 = 0;
    float s1 = 0;
    float s2 = 0;
    float s3 = 0;
    int f = 0;
    for (; f + 3 < a.length; f += 4) {
      s0 += a[f] * b[f];
      s1 += a[f + 1] * b[f + 1];
      s2 += a[f + 2] * b[f + 2];
      s3 += a[f + 3] * b[f + 3];
    }
    for (; f < a.length; f++) {
      s0 += a[f] * b[f];
    }
    return s0 + s1 + (s2 + s3);
  }

  /** Finds the negative, or -1; returns the negative derivative of the loss by the difference. */
  private double drawNegative(int context, float score) {
    negativeCandidate = -1;
    boolean warp = options.loss() == PairwiseOptions.Loss.WARP;
    draws = 0;
    while (draws < options.negatives()) {
      int candidate = drawUnseen(context);
      if (candidate < 0) {
        break;
      }
      draws++;
      float other = fold(candidate, drawn) + dot(query, drawn);
      if (negativeCandidate < 0 || other > negativeScore) {
        negativeCandidate = candidate;
        negativeScore = other;
        float[] swapped = negative;
        negative = drawn;
        drawn = swapped;
      }
      if (warp && other > score - 1) {
        return rankLoss[unseen / draws];
      }
    }
    return warp ? 0 : 1 / (1 + Math.exp((double) score - negativeScore));
  }

  private double lossOf(float score) {
    double difference = (double) score - negativeScore;
    return options.loss() == PairwiseOptions.Loss.WARP
        ? rankLoss[unseen / draws] * Math.max(0, 1 - difference)
        : Math.log1p(Math.exp(-Math.abs(difference))) + Math.max(0, -difference);
  }

  /** A candidate that the context has not seen, or -1 where there is (nearly) none. */
  private int drawUnseen(int context) {
    for (int draw = 0; draw < DRAWS_PER_NEGATIVE; draw++) {
      int candidate = draw();
      if (seenBy[candidate] != context) {
        return candidate;
      }
    }
    return -1;
  }

  /** A candidate, seen or not. */
  int draw() {
    if (options.popularityPower() == 0) {
      return random.nextInt(cumulative.length);
    }
    double at = random.nextDouble() * cumulative[cumulative.length - 1];
    int found = Arrays.binarySearch(cumulative, at);
    return Math.min(found < 0 ? -found - 1 : found + 1, cumulative.length - 1);
  }

  private void stepCandidate(int candidate, float g, float stepSize, float[] s) {
    for (int e = candidates.offsets[candidate]; e < candidates.offsets[candidate + 1]; e++) {
      float x = candidates.weights[e];
      int feature = candidates.features[e];
      float far = linear[feature] - linearStart[feature];
      linear[feature] += stepSize * (g * x - linearL2[feature] * far);
      float along = stepSize * g * x;
      float drawn = stepSize * factorL2[feature];
      float kept = 1 - drawn - along * x;
      int row = feature * factors;
      for (int f = 0; f < factors; f++) {
        vectors[row + f] =
            kept * vectors[row + f] + along * (query[f] + s[f]) + drawn * vectorsStart[row + f];
      }
    }
  }

  /**
   * The weights as a model of their own. Its scores rank candidates of one context; what separates
   * contexts was not learned.
   *
   * @param notes how it came to be, for people
   * @return the model, of which the caller is the owner
   */
  public Model toModel(Map<String, String> notes) {
    return RankingWeights.toModel(features, linear, vectors, factors, notes);
  }
}
