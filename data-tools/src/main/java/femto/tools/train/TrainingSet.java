package femto.tools.train;

import femto.learn.Example;
import femto.learn.ExampleSource;
import femto.learn.Loss;
import femto.model.FeatureRows;
import femto.model.FeatureSpace;
import femto.model.Field;
import femto.model.PredictionRange;
import femto.tools.data.DataSet;
import femto.tools.evaluate.CandidatesByContext;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import java.util.stream.IntStream;

/**
 * The training part of a data set, as a model sees it: some of the fields, and only values that the
 * training part has. Nothing here reads any other example. One of weight 0 is passed over wherever
 * it comes, as if it were not there.
 */
final class TrainingSet {
  private static final int MAX_DRAWS = 1000;

  /** Examples that are shuffled among one another. */
  private static final int BLOCK = 1 << 20;

  private final DataSet data;
  private final int[] examples;
  private final Loss loss;
  private final double positive;
  private final float positiveWeight;
  private final FeatureSpace features;
  private final ProjectedRows contexts;
  private final ProjectedRows candidates;

  private TrainingSet(
      DataSet data, int[] examples, Recipe recipe, FeatureSpace features, long mostCopied) {
    this.data = data;
    this.examples = examples;
    this.loss = recipe.task().loss();
    this.positive = recipe.task().positive();
    this.positiveWeight = (float) recipe.preparation().positiveWeight();
    this.features = features;
    Projection projection = new Projection(data.features(), features);
    this.contexts = ProjectedRows.of(data.contexts(), projection, mostCopied);
    this.candidates = ProjectedRows.of(data.candidates(), projection, mostCopied);
  }

  /** Views some examples of a data set, as a recipe wants them. */
  static TrainingSet of(DataSet data, int[] given, Recipe recipe) {
    return of(data, given, recipe, ProjectedRows.MOST_COPIED);
  }

  /** The same, where rows of more entries than that are not copied. */
  static TrainingSet of(DataSet data, int[] given, Recipe recipe, long mostCopied) {
    int[] examples = counting(data, given);
    FeatureSpace all = data.features();
    List<String> fields =
        recipe.fields().isEmpty()
            ? all.fields().stream().map(field -> field.name()).toList()
            : recipe.fields();
    int hashBits = recipe.preparation().hashBits();
    FeatureSpace features;
    if (hashBits > 0) {
      List<Field> kept = fields.stream().map(name -> field(all, name)).toList();
      features = FeatureSpace.hashed(kept, hashBits);
    } else {
      BitSet used = featuresOf(data, examples, Math.max(1, recipe.preparation().minCount()));
      boolean everything = recipe.fields().isEmpty() && used.cardinality() == all.size();
      features = everything ? all.copy() : all.subset(fields, used::get);
    }
    return new TrainingSet(data, examples, recipe, features, mostCopied);
  }

  /** Those of a weight above 0. */
  static int[] counting(DataSet data, int[] examples) {
    return data.isWeighted()
        ? Arrays.stream(examples).filter(example -> data.weight(example) > 0).toArray()
        : examples;
  }

  private static Field field(FeatureSpace features, String name) {
    return features.fields().get(features.requireField(name));
  }

  /** The features that at least so many of the examples have. */
  private static BitSet featuresOf(DataSet data, int[] examples, int least) {
    int[] ofContext = new int[data.contexts().rows()];
    int[] ofCandidate = new int[data.candidates().rows()];
    for (int example : examples) {
      ofContext[data.context(example)]++;
      ofCandidate[data.candidate(example)]++;
    }
    int[] counts = new int[data.features().size()];
    addCounts(counts, data.contexts(), ofContext);
    addCounts(counts, data.candidates(), ofCandidate);
    BitSet features = new BitSet();
    for (int feature = 0; feature < counts.length; feature++) {
      if (counts[feature] >= least) {
        features.set(feature);
      }
    }
    return features;
  }

  private static void addCounts(int[] into, FeatureRows rows, int[] times) {
    for (int row = 0; row < times.length; row++) {
      for (long entry = rows.offset(row); entry < rows.offset(row + 1); entry++) {
        into[rows.feature(entry)] += times[row]; // at most the number of examples
      }
    }
  }

  /**
   * How many features of the data set share a row with another.
   *
   * @return 0 unless features are hashes
   */
  int collisions() {
    if (!features.isHashed()) {
      return 0;
    }
    FeatureSpace all = data.features();
    BitSet used = featuresOf(data, examples, 1);
    int[] values = new int[features.size()];
    for (int j = used.nextSetBit(0); j >= 0; j = used.nextSetBit(j + 1)) {
      int field = features.fieldIndex(all.fields().get(all.fieldOf(j)).name());
      if (field != FeatureSpace.UNKNOWN) {
        values[features.find(field, all.value(j))]++;
      }
    }
    return Arrays.stream(values).filter(count -> count > 1).sum();
  }

  /** The features that some example has. */
  BitSet featuresOfExamples() {
    return featuresOf(data, contexts, candidates, examples);
  }

  /** The features that some examples have. */
  static BitSet featuresOf(
      DataSet data, ProjectedRows contexts, ProjectedRows candidates, int[] examples) {
    BitSet seenContexts = new BitSet();
    BitSet seenCandidates = new BitSet();
    for (int example : examples) {
      seenContexts.set(data.context(example));
      seenCandidates.set(data.candidate(example));
    }
    BitSet seen = new BitSet();
    contexts.addTo(seen, seenContexts);
    candidates.addTo(seen, seenCandidates);
    return seen;
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
    contexts.addTo(seen, positiveContexts);
    BitSet all = new BitSet();
    all.set(0, candidates.rows());
    candidates.addTo(seen, all);
    return seen;
  }

  /** Each label as much as it counts. */
  double meanLabel() {
    double sum = 0;
    double counts = 0;
    for (int example : examples) {
      double count = (double) data.weight(example) * count(label(example));
      sum += count * label(example);
      counts += count;
    }
    return sum / counts;
  }

  private float count(float label) {
    return loss == Loss.LOGISTIC && label > 0 ? positiveWeight : 1;
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
    return Arrays.stream(counting(data, some)).filter(example -> label(example) > 0).toArray();
  }

  /** Reads an example of the data set, of the training part or not. */
  void read(int example, Example into) {
    float weight = data.weight(example);
    fill(into, data.context(example), data.candidate(example), label(example), weight);
  }

  private void fill(Example into, int context, int candidate, float label, float weight) {
    into.reset(label);
    into.weigh(weight * count(label));
    contexts.addTo(into, context);
    candidates.addTo(into, candidate);
  }

  /**
   * Fetches the next examples from memory before they are read. In a random order every line of
   * them is missing from the caches, and a step is so long that no processor looks beyond it for
   * the next miss: 600,000 rows of 39 entries in a mapped file took 1,100 ns a row one by one.
   */
  private final class Ahead {
    private static final int ROWS = 32;

    private final boolean isWorthwhile = contexts.areMany() || candidates.areMany();
    private final int[] rows = new int[ROWS];
    private final long[] offsets = new long[ROWS];
    private int end;

    /** Written and never read: it keeps the reading from being optimized away. */
    @SuppressWarnings("UnusedVariable")
    private int touched;

    void start(int from) {
      end = from;
    }

    /** Before an example of an order is read that ends somewhere. */
    void read(int[] order, int at, int last) {
      if (at < end || !isWorthwhile) {
        return;
      }
      end = Math.min(last, at + ROWS);
      int count = end - at;
      float labels = 0;
      for (int i = 0; i < count; i++) {
        rows[i] = data.context(order[at + i]);
        labels += data.label(order[at + i]) + data.weight(order[at + i]);
      }
      int sum = contexts.touch(rows, count, offsets);
      for (int i = 0; i < count; i++) {
        rows[i] = data.candidate(order[at + i]);
      }
      touched = sum + candidates.touch(rows, count, offsets) + (int) labels;
    }
  }

  private static RandomGenerator random(long seed) {
    return RandomGeneratorFactory.of("L64X128MixRandom").create(seed);
  }

  /**
   * In blocks that follow one another in a random order, each shuffled: all examples alike where
   * they fit in one block, and where there are more, so that those read one after the other lie
   * near each other in a file that memory may not hold.
   */
  private static int[] shuffled(int[] from, RandomGenerator random) {
    int[] order = from;
    if (from.length > BLOCK) {
      int blocks = (from.length + BLOCK - 1) / BLOCK;
      int[] blockOrder = IntStream.range(0, blocks).toArray();
      shuffle(blockOrder, 0, blocks, random);
      order = new int[from.length];
      int end = 0;
      for (int block : blockOrder) {
        int begin = block * BLOCK;
        int length = Math.min(BLOCK, from.length - begin);
        System.arraycopy(from, begin, order, end, length);
        end += length;
      }
    } else {
      order = from.clone();
    }
    for (int begin = 0; begin < order.length; begin += BLOCK) {
      shuffle(order, begin, Math.min(order.length, begin + BLOCK), random);
    }
    return order;
  }

  private static void shuffle(int[] order, int begin, int end, RandomGenerator random) {
    for (int i = end - 1; i > begin; i--) {
      int j = begin + random.nextInt(i - begin + 1);
      int swapped = order[i];
      order[i] = order[j];
      order[j] = swapped;
    }
  }

  /** Examples with their own labels, in an order drawn anew each pass. */
  ExampleSource source(int[] some) {
    return new OwnLabels(counting(data, some), 0, 1);
  }

  private final class OwnLabels implements ExampleSource {
    private final int[] some;
    private final int part;
    private final int parts;
    private final Ahead ahead = new Ahead();
    private int[] order = {};
    private int next;
    private int end;

    OwnLabels(int[] some, int part, int parts) {
      this.some = some;
      this.part = part;
      this.parts = parts;
    }

    private int cut(int at) {
      return (int) ((long) some.length * at / parts);
    }

    @Override
    public long size() {
      return (long) cut(part + 1) - cut(part);
    }

    @Override
    public void start(long seed) {
      order = shuffled(some, random(seed));
      next = cut(part);
      end = cut(part + 1);
      ahead.start(next);
    }

    @Override
    public boolean next(Example into) {
      if (next == end) {
        return false;
      }
      ahead.read(order, next, end);
      int example = order[next++];
      read(example, into);
      return true;
    }

    @Override
    public List<ExampleSource> split(int count) {
      List<ExampleSource> sources = new ArrayList<>();
      for (int i = 0; i < count; i++) {
        sources.add(new OwnLabels(some, i, count));
      }
      return sources;
    }
  }

  /**
   * The positive examples, each followed by sampled negatives: candidates that the context has no
   * training example with, drawn anew each pass. A context that has seen (nearly) every candidate
   * gets fewer.
   *
   * @param popularityPower see {@link Recipe.Task#popularityPower}
   */
  ExampleSource sourceWithNegatives(int[] some, int negatives, double popularityPower) {
    return new WithNegatives(
        positives(some),
        CandidatesByContext.of(data, examples),
        cumulativePopularity(popularityPower),
        negatives,
        0,
        1);
  }

  private final class WithNegatives implements ExampleSource {
    private final int[] positives;
    private final CandidatesByContext seen;
    private final double[] cumulative;
    private final int negatives;
    private final int part;
    private final int parts;
    private RandomGenerator random = random(0);
    private int[] order = {};
    private int next;
    private int end;
    private int context;
    private float weight;
    private int negativesLeft;

    WithNegatives(
        int[] positives,
        CandidatesByContext seen,
        double[] cumulative,
        int negatives,
        int part,
        int parts) {
      this.positives = positives;
      this.seen = seen;
      this.cumulative = cumulative;
      this.negatives = negatives;
      this.part = part;
      this.parts = parts;
    }

    private int cut(int at) {
      return (int) ((long) positives.length * at / parts);
    }

    @Override
    public long size() {
      return ((long) cut(part + 1) - cut(part)) * (1 + negatives);
    }

    @Override
    public void start(long seed) {
      random = random(seed);
      order = shuffled(positives, random);
      if (part > 0) {
        random = random(seed + ((long) part << 32)); // other negatives than the first part's
      }
      next = cut(part);
      end = cut(part + 1);
      negativesLeft = 0;
    }

    @Override
    public boolean next(Example into) {
      while (negativesLeft > 0) {
        negativesLeft--;
        int candidate = drawUnseen();
        if (candidate >= 0) {
          fill(into, context, candidate, 0, weight);
          return true;
        }
      }
      if (next == end) {
        return false;
      }
      int example = order[next++];
      context = data.context(example);
      weight = data.weight(example); // its negatives count as much as it does
      negativesLeft = negatives;
      fill(into, context, data.candidate(example), 1, weight);
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

    @Override
    public List<ExampleSource> split(int count) {
      List<ExampleSource> sources = new ArrayList<>();
      for (int i = 0; i < count; i++) {
        sources.add(new WithNegatives(positives, seen, cumulative, negatives, i, count));
      }
      return sources;
    }
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
