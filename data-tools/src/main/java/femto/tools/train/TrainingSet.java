package femto.tools.train;

import femto.learn.Example;
import femto.learn.ExampleSource;
import femto.learn.Loss;
import femto.model.FeatureRows;
import femto.model.FeatureSpace;
import femto.model.PredictionRange;
import femto.tools.data.DataSet;
import femto.tools.evaluate.CandidatesByContext;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;

/**
 * The training part of a data set, as a model sees it: some of the fields, and only values that the
 * training part has. Nothing here reads any other example.
 */
final class TrainingSet {
  private static final int MAX_DRAWS = 1000;

  private final DataSet data;
  private final int[] examples;
  private final Loss loss;
  private final double positive;
  private final FeatureSpace features;
  private final FeatureRows contexts;
  private final FeatureRows candidates;

  private TrainingSet(
      DataSet data, int[] examples, Loss loss, double positive, FeatureSpace features) {
    this.data = data;
    this.examples = examples;
    this.loss = loss;
    this.positive = positive;
    this.features = features;
    Projection projection = new Projection(data.features(), features);
    this.contexts = projection.apply(data.contexts());
    this.candidates = projection.apply(data.candidates());
  }

  /**
   * Views some examples of a data set.
   *
   * @param fields names of the fields that the model gets
   * @param positive for logistic loss: the lowest label that counts as 1
   */
  static TrainingSet of(
      DataSet data, int[] examples, List<String> fields, Loss loss, double positive) {
    BitSet used = featuresOf(data, data.contexts(), data.candidates(), examples);
    FeatureSpace features = data.features().subset(fields, used::get);
    return new TrainingSet(data, examples, loss, positive, features);
  }

  private static BitSet featuresOf(
      DataSet data, FeatureRows contexts, FeatureRows candidates, int[] examples) {
    BitSet seenContexts = new BitSet();
    BitSet seenCandidates = new BitSet();
    for (int example : examples) {
      seenContexts.set(data.context(example));
      seenCandidates.set(data.candidate(example));
    }
    BitSet features = new BitSet();
    addFeatures(features, contexts, seenContexts);
    addFeatures(features, candidates, seenCandidates);
    return features;
  }

  private static void addFeatures(BitSet into, FeatureRows rows, BitSet which) {
    for (int row = which.nextSetBit(0); row >= 0; row = which.nextSetBit(row + 1)) {
      for (long entry = rows.offset(row); entry < rows.offset(row + 1); entry++) {
        into.set(rows.feature(entry));
      }
    }
  }

  FeatureSpace features() {
    return features;
  }

  int[] examples() {
    return examples;
  }

  /**
   * What learning from sampled negatives touches: the features of contexts with a positive example,
   * and those of every candidate, since each is drawn sooner or later.
   */
  BitSet featuresOfPositivesAndCandidates() {
    BitSet seen = new BitSet();
    BitSet positiveContexts = new BitSet();
    for (int example : positives(examples)) {
      positiveContexts.set(data.context(example));
    }
    addFeatures(seen, contexts, positiveContexts);
    BitSet all = new BitSet();
    all.set(0, candidates.rows());
    addFeatures(seen, candidates, all);
    return seen;
  }

  double meanLabel() {
    double sum = 0;
    for (int example : examples) {
      sum += label(example);
    }
    return sum / examples.length;
  }

  /** For squared loss the smallest and the largest label, otherwise no clipping. */
  PredictionRange range() {
    if (loss != Loss.SQUARED || examples.length == 0) {
      return PredictionRange.UNBOUNDED;
    }
    float lowest = Float.POSITIVE_INFINITY;
    float highest = Float.NEGATIVE_INFINITY;
    for (int example : examples) {
      lowest = Math.min(lowest, data.label(example));
      highest = Math.max(highest, data.label(example));
    }
    return new PredictionRange(lowest, highest);
  }

  private float label(int example) {
    float label = data.label(example);
    return loss == Loss.LOGISTIC ? (label >= positive ? 1 : 0) : label;
  }

  private int[] positives(int[] some) {
    return Arrays.stream(some).filter(example -> label(example) > 0).toArray();
  }

  private void fill(Example into, int context, int candidate, float label) {
    into.reset(label);
    add(into, contexts, context);
    add(into, candidates, candidate);
  }

  private static void add(Example into, FeatureRows rows, int row) {
    long end = rows.offset(row + 1);
    for (long entry = rows.offset(row); entry < end; entry++) {
      into.add(rows.feature(entry), rows.weight(entry));
    }
  }

  private static RandomGenerator random(long seed) {
    return RandomGeneratorFactory.of("L64X128MixRandom").create(seed);
  }

  private static int[] shuffled(int[] from, RandomGenerator random) {
    int[] order = from.clone();
    for (int i = order.length - 1; i > 0; i--) {
      int j = random.nextInt(i + 1);
      int swapped = order[i];
      order[i] = order[j];
      order[j] = swapped;
    }
    return order;
  }

  /** Examples with their own labels, in an order drawn anew each pass. */
  ExampleSource source(int[] some) {
    return new ExampleSource() {
      private int[] order = some;
      private int next = some.length;

      @Override
      public long size() {
        return some.length;
      }

      @Override
      public void start(long seed) {
        order = shuffled(some, random(seed));
        next = 0;
      }

      @Override
      public boolean next(Example into) {
        if (next == order.length) {
          return false;
        }
        int example = order[next++];
        fill(into, data.context(example), data.candidate(example), label(example));
        return true;
      }
    };
  }

  /**
   * The positive examples, each followed by sampled negatives: candidates that the context has no
   * training example with, drawn anew each pass. A context that has seen (nearly) every candidate
   * gets fewer.
   *
   * @param popularityPower see {@link Recipe.Task#popularityPower}
   */
  ExampleSource sourceWithNegatives(int[] some, int negatives, double popularityPower) {
    int[] positives = positives(some);
    CandidatesByContext seen = CandidatesByContext.of(data, examples);
    double[] cumulative = cumulativePopularity(popularityPower);
    return new ExampleSource() {
      private RandomGenerator random = random(0);
      private int[] order = positives;
      private int next = positives.length;
      private int context;
      private int negativesLeft;

      @Override
      public long size() {
        return (long) positives.length * (1 + negatives);
      }

      @Override
      public void start(long seed) {
        random = random(seed);
        order = shuffled(positives, random);
        next = 0;
        negativesLeft = 0;
      }

      @Override
      public boolean next(Example into) {
        while (negativesLeft > 0) {
          negativesLeft--;
          int candidate = drawUnseen();
          if (candidate >= 0) {
            fill(into, context, candidate, 0);
            return true;
          }
        }
        if (next == order.length) {
          return false;
        }
        int example = order[next++];
        context = data.context(example);
        negativesLeft = negatives;
        fill(into, context, data.candidate(example), 1);
        return true;
      }

      private int drawUnseen() {
        for (int draw = 0; draw < MAX_DRAWS; draw++) {
          int candidate = draw(cumulative, random);
          if (!seen.contains(context, candidate)) {
            return candidate;
          }
        }
        return -1;
      }
    };
  }

  /** Entry c is the share of the draws that go to candidates 0 to c. */
  private double[] cumulativePopularity(double power) {
    double[] weights = new double[data.candidates().rows()];
    Arrays.fill(weights, 0.5);
    for (int example : positives(examples)) {
      weights[data.candidate(example)]++;
    }
    double sum = 0;
    for (int candidate = 0; candidate < weights.length; candidate++) {
      sum += Math.pow(weights[candidate], power);
      weights[candidate] = sum;
    }
    for (int candidate = 0; candidate < weights.length; candidate++) {
      weights[candidate] /= sum;
    }
    return weights;
  }

  private static int draw(double[] cumulative, RandomGenerator random) {
    int found = Arrays.binarySearch(cumulative, random.nextDouble());
    return Math.min(found < 0 ? -found - 1 : found + 1, cumulative.length - 1);
  }
}
