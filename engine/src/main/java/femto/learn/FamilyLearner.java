package femto.learn;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import femto.kernels.RowLayout;
import femto.memory.Slab;
import femto.model.Family;
import femto.model.FeatureSpace;
import femto.model.Interactions;
import femto.model.Model;
import femto.model.PredictionRange;
import java.lang.foreign.MemorySegment;
import java.util.BitSet;
import java.util.Map;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;

/**
 * Learns the families that {@link Learner} does not, one example at a time: field-weighted and
 * field-aware factorization machines, and weights of pairs by hashing.
 *
 * <p>A step on an example with slope g (derivative of the loss by the score) has the gradients g
 * for the bias, {@code g x_j + lambda w_j} for a linear weight, {@code g h + lambda v} for a number
 * v of a feature's row whose derivative of the score is h, and g times the derivative for field
 * strengths, plus {@link FamilyOptions#strengthL2} times their distance from those of an FM; all of
 * the weights as they are before the step. Numbers of a feature lie side by side, and the
 * optimizer's states behind them, as in {@link Learner}. One owner at a time; {@link #close} frees
 * the memory.
 */
public final class FamilyLearner implements ModelLearner {
  private static final RandomGeneratorFactory<RandomGenerator> RANDOM =
      RandomGeneratorFactory.of("L64X128MixRandom");

  private final FeatureSpace features;
  private final FamilyOptions family;
  private final LearnerOptions options;
  private final Stepper stepper;
  private final PairTerms terms;
  private final int length;
  private final long strideBytes;
  private final long stateOffset;
  private final Slab memory;
  private final MemorySegment rows;
  private final int[] fields;
  private final float[] linearL2;
  private final float[] factorL2;
  private final int[] blocks;
  private final float[] direction;

  /** The bias, and its state. */
  private final float[] bias = new float[1];

  private final float[] biasState = new float[1];

  /**
   * Makes a learner with linear weights and weights of pairs of 0, random factors, and field
   * strengths of 1, or near it if they are of low rank.
   *
   * @param features the features
   * @param family FWFM, FFM or POLY2
   * @param options how to learn; its L2 has one entry for each of the features' fields, and it has
   *     no factors for POLY2
   * @throws IllegalArgumentException if these do not fit together, or the model would fold to more
   *     than {@value RowLayout#MAX_LENGTH} numbers
   */
  public FamilyLearner(FeatureSpace features, FamilyOptions family, LearnerOptions options) {
    int fieldCount = features.fields().size();
    requireFit(features, family, options);
    this.features = features;
    this.family = family;
    this.options = options;
    this.stepper = new Stepper(options.optimizer());
    this.terms = newTerms(fieldCount);
    this.length = terms.length;
    this.stateOffset = new RowLayout(length).strideBytes();
    this.strideBytes = stateOffset * (1 + options.states());
    this.biasState[0] = (float) options.initialState();
    this.fields = new int[features.size()];
    this.linearL2 = new float[features.size()];
    this.factorL2 = new float[features.size()];
    this.blocks = new int[terms.mostBlocks()];
    this.direction = new float[terms.factors];
    for (int feature = 0; feature < features.size(); feature++) {
      fields[feature] = features.isHashed() ? 0 : features.fieldOf(feature);
      if (fields[feature] != FeatureSpace.UNKNOWN) {
        LearnerOptions.L2 l2 = options.l2().get(fields[feature]);
        linearL2[feature] = (float) l2.linear();
        factorL2[feature] = (float) l2.factors();
      }
    }
    this.memory = Slab.allocate(strideBytes * features.size());
    this.rows = memory.segment();
    initialise();
  }

  private static void requireFit(
      FeatureSpace features, FamilyOptions family, LearnerOptions options) {
    Family which = family.family();
    if (which == Family.LINEAR || which == Family.FM) {
      throw new IllegalArgumentException(
          "family " + which + ", expected FWFM, FFM or POLY2: a Learner learns the others");
    }
    if ((which == Family.POLY2) != (options.factors() == 0)) {
      throw new IllegalArgumentException("family " + which + " with factors=" + options.factors());
    }
    int fieldCount = features.fields().size();
    if (options.l2().size() != fieldCount) {
      throw new IllegalArgumentException(
          "L2 of " + options.l2().size() + " fields, expected " + fieldCount);
    }
    if (features.isHashed() && which != Family.POLY2) {
      throw new IllegalArgumentException(
          "family " + which + " with hashed features, whose fields are not known");
    }
    if (features.isHashed() && options.l2().stream().distinct().count() > 1) {
      throw new IllegalArgumentException(
          "L2 of one field differs from another's, expected the same where features are hashes");
    }
    Model.requireLengths(which, features.fields(), options.factors(), family.rank());
  }

  private PairTerms newTerms(int fieldCount) {
    float initialState = (float) options.initialState();
    int factors = options.factors();
    return switch (family.family()) {
      case FWFM -> new StrengthTerms(fieldCount, factors, family, stepper, initialState);
      case FFM -> new FieldAwareTerms(fieldCount, factors, stepper, initialState);
      case POLY2 -> new HashedTerms(family.hashBits(), stepper, initialState);
      case LINEAR, FM -> throw new AssertionError("refused before");
    };
  }

  private void initialise() {
    RandomGenerator random = RANDOM.create(options.seed());
    for (int feature = 0; feature < features.size(); feature++) {
      if (features.isBound(feature) || features.isHashed()) {
        long row = feature * strideBytes;
        for (int f = 0; f < length; f++) {
          float value = (float) (random.nextGaussian() * options.initialScale());
          rows.set(JAVA_FLOAT, row + RowLayout.FACTORS_OFFSET + 4L * f, value);
        }
        for (long state = row + stateOffset; state < row + strideBytes; state += Float.BYTES) {
          rows.set(JAVA_FLOAT, state, (float) options.initialState());
        }
      }
    }
    terms.initialise(random);
  }

  @Override
  public LearnerOptions options() {
    return options;
  }

  @Override
  public void startFromMean(double mean) {
    bias[0] = (float) options.loss().scoreOfMean(mean);
  }

  @Override
  public void lowerBias(double by) {
    bias[0] -= (float) by;
  }

  /**
   * {@inheritDoc}
   *
   * <p>The model has the same fields in the same order, factors and rank. Weights of pairs, whose
   * places depend on the numbers of features, cannot be taken over.
   */
  @Override
  public int startFrom(Model model) {
    requireSameShape(model);
    options.loss().requireScoresOf(model);
    Interactions interactions = model.interactions();
    for (int i = 0; interactions != null && i < interactions.size(); i++) {
      terms.numbers[i] = interactions.number(i);
    }
    bias[0] = model.bias();
    int taken = 0;
    for (int feature = 0; feature < features.size(); feature++) {
      if (!features.isBound(feature)) {
        continue;
      }
      int theirs = model.features().find(features.fieldOf(feature), features.value(feature));
      if (theirs != FeatureSpace.UNKNOWN) {
        MemorySegment.copy(
            model.weights().segment(),
            model.weights().layout().rowOffset(theirs),
            rows,
            feature * strideBytes,
            stateOffset);
        taken++;
      }
    }
    return taken;
  }

  private void requireSameShape(Model model) {
    if (family.family() == Family.POLY2) {
      throw new IllegalArgumentException(
          "a model of the family POLY2 starts from no other: places of pairs are their own");
    }
    int rank = model.family() == Family.FWFM ? model.fieldStrengths().rank() : 0;
    if (model.family() != family.family()
        || model.factors() != options.factors()
        || rank != family.rank()) {
      throw new IllegalArgumentException(
          "the model to start from is a %s of %d factors and rank %d, expected %s, %d and %d"
              .formatted(
                  model.family(),
                  model.factors(),
                  rank,
                  family.family(),
                  options.factors(),
                  family.rank()));
    }
    if (!model.features().fields().equals(features.fields())) {
      throw new IllegalArgumentException(
          "the model to start from has the fields "
              + femto.model.Field.format(model.features().fields())
              + ", expected "
              + femto.model.Field.format(features.fields()));
    }
  }

  @Override
  public void clearUnseen(BitSet seen) {
    for (int j = seen.nextClearBit(0); j < features.size(); j = seen.nextClearBit(j + 1)) {
      rows.asSlice(j * strideBytes, stateOffset).fill((byte) 0);
    }
  }

  @Override
  public double score(Example example) {
    float score = bias[0];
    terms.clear();
    for (int i = 0; i < example.count(); i++) {
      int feature = example.feature(i);
      long row = feature * strideBytes;
      score = Math.fma(rows.get(JAVA_FLOAT, row), example.weight(i), score);
      int at = terms.add(feature, fields[feature], example.weight(i));
      MemorySegment.copy(
          rows, JAVA_FLOAT, row + RowLayout.FACTORS_OFFSET, terms.scaled, at, length);
    }
    return score + terms.score();
  }

  @Override
  public double learn(Example example, double stepSize) {
    double score = score(example);
    float slope = (float) options.loss().slope(score, example.label()) * example.importance();
    stepper.size = (float) stepSize;
    stepper.step(bias, biasState, 0, slope);
    for (int i = 0; i < example.count(); i++) {
      int feature = example.feature(i);
      long row = feature * strideBytes;
      float linear = rows.get(JAVA_FLOAT, row);
      float gradient = slope * example.weight(i) + linearL2[feature] * linear;
      stepper.step(rows, row, stateOffset, gradient);
      int count = terms.blocks(i, blocks);
      for (int block = 0; block < count; block++) {
        stepBlock(i, blocks[block], row, slope, factorL2[feature]);
      }
    }
    terms.stepNumbers(stepper, slope, factorL2);
    return score;
  }

  private void stepBlock(int i, int block, long row, float slope, float l2) {
    terms.direction(i, block, direction);
    long at = row + RowLayout.FACTORS_OFFSET + (long) block * Float.BYTES;
    for (int f = 0; f < direction.length; f++, at += Float.BYTES) {
      float gradient = slope * direction[f] + l2 * rows.get(JAVA_FLOAT, at);
      stepper.step(rows, at, stateOffset, gradient);
    }
  }

  boolean isFinite() {
    boolean finite = Float.isFinite(bias[0]);
    for (long at = 0; finite && at < rows.byteSize(); at += Float.BYTES) {
      finite = Float.isFinite(rows.get(JAVA_FLOAT, at));
    }
    for (int i = 0; finite && i < terms.numbers.length; i++) {
      finite = Float.isFinite(terms.numbers[i]);
    }
    return finite;
  }

  /** Weights and optimiser state as they were, to come back to. */
  static final class Snapshot implements AutoCloseable {
    private final Slab memory;
    private float bias;
    private float biasState;
    private float[] numbers = {};
    private float[] states = {};

    Snapshot(Slab memory) {
      this.memory = memory;
    }

    @Override
    public void close() {
      memory.close();
    }
  }

  Snapshot newSnapshot() {
    Snapshot snapshot = new Snapshot(Slab.allocate(rows.byteSize()));
    save(snapshot);
    return snapshot;
  }

  void save(Snapshot into) {
    into.memory.segment().copyFrom(rows);
    into.bias = bias[0];
    into.biasState = biasState[0];
    into.numbers = terms.numbers.clone();
    into.states = terms.states.clone();
  }

  void restore(Snapshot from) {
    rows.copyFrom(from.memory.segment());
    bias[0] = from.bias;
    biasState[0] = from.biasState;
    System.arraycopy(from.numbers, 0, terms.numbers, 0, from.numbers.length);
    System.arraycopy(from.states, 0, terms.states, 0, from.states.length);
  }

  @Override
  public Model toModel(PredictionRange range, Map<String, String> notes) {
    Slab copy = Slab.allocate(Model.weightBytes(features.size(), length));
    try {
      for (int feature = 0; feature < features.size(); feature++) {
        MemorySegment.copy(
            rows, feature * strideBytes, copy.segment(), feature * stateOffset, stateOffset);
      }
      return new Model(
          family.family(),
          options.loss().link(),
          range,
          bias[0],
          features,
          copy,
          options.factors(),
          terms.interactions(),
          notes);
    } catch (Throwable failure) {
      copy.close();
      throw failure;
    }
  }

  @Override
  public void close() {
    memory.close();
  }
}
