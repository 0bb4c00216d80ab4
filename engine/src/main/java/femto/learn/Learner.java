package femto.learn;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import femto.file.Dtype;
import femto.file.MalformedFileException;
import femto.file.SafetensorsFile;
import femto.file.SafetensorsWriter;
import femto.kernels.LearningRows;
import femto.kernels.RowLayout;
import femto.memory.Slab;
import femto.model.Family;
import femto.model.FeatureSpace;
import femto.model.Field;
import femto.model.Model;
import femto.model.PredictionRange;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;

/**
 * Learns a linear model or a factorization machine, one example at a time.
 *
 * <p>A feature's weights and their states lie side by side, as {@link LearningRows} shows. A step
 * on an example with slope g (derivative of the loss by the score) and sums {@code q_f = sum_j x_j
 * v_jf} has the gradients {@code g} for the bias, {@code g x_j + lambda w_j} for a linear weight
 * and {@code g x_j (q_f - x_j v_jf) + lambda v_jf} for a factor (Rendle, "Factorization Machines
 * with libFM", TIST 2012, equation 15). One owner at a time; {@link #close} frees the memory.
 */
public final class Learner implements ModelLearner {
  private static final RandomGeneratorFactory<RandomGenerator> RANDOM =
      RandomGeneratorFactory.of("L64X128MixRandom");

  private static final String ROWS = "learner.rows";
  private static final String BIAS = "learner.bias";

  private final FeatureSpace features;
  private final LearnerOptions options;
  private final int factors;
  private final Slab memory;
  private final LearningRows rows;
  private final FieldSettings settings;
  private final Steps steps;

  /**
   * Makes a learner with linear weights of 0 and random factors.
   *
   * @param features the features
   * @param options how to learn; its L2 has one entry for each of the features' fields
   */
  public Learner(FeatureSpace features, LearnerOptions options) {
    if (options.l2().size() != features.fields().size()) {
      throw new IllegalArgumentException(
          "L2 of " + options.l2().size() + " fields, expected " + features.fields().size());
    }
    this.features = features;
    this.options = options;
    this.factors = options.factors();
    this.settings = new FieldSettings(features, options);
    this.memory = Slab.allocate(LearningRows.bytes(features.size(), factors, options.states()));
    this.rows = newRows();
    this.steps = newSteps();
    initialise();
  }

  private LearningRows newRows() {
    return new LearningRows(memory.segment(), features.size(), factors, options.states());
  }

  /** Steps on the same weights, for another thread. */
  Steps newSteps() {
    return new Steps(newRows(), options, settings);
  }

  private void initialise() {
    RandomGenerator random = RANDOM.create(options.seed());
    float[] weights = new float[1 + factors];
    for (int feature = 0; feature < features.size(); feature++) {
      if (features.isBound(feature) || features.isHashed()) {
        start(feature, random, weights);
      }
    }
  }

  /** Begins at random factors, made in an array of all weights of a feature. */
  private void start(int feature, RandomGenerator random, float[] weights) {
    weights[0] = 0;
    for (int f = 1; f <= factors; f++) {
      weights[f] = (float) (random.nextGaussian() * options.initialScale());
    }
    start(feature, weights);
  }

  private void start(int feature, float[] weights) {
    rows.setWeights(feature, MemorySegment.ofArray(weights), 0);
    startStates(feature);
  }

  private void startStates(int feature) {
    switch (options.optimizer()) {
      case SGD -> {}
      case ADAGRAD -> rows.fillStates(feature, (float) options.initialState());
      case FTRL -> steps.startFtrl(feature);
    }
  }

  /**
   * Begins a feature anew, for a value that it has from now on: at random factors that are the same
   * for the same value, whenever and in place of whatever it comes.
   *
   * @param feature its number
   * @param field index of the field
   * @param value the value
   */
  public void bind(int feature, int field, String value) {
    long seed = options.seed() + 31L * field + ((long) value.hashCode() << 32);
    settings.set(feature, field);
    start(feature, RANDOM.create(seed), new float[1 + factors]);
  }

  /**
   * Ends a feature whose value is forgotten: its weights are 0.
   *
   * @param feature its number
   */
  public void unbind(int feature) {
    rows.setWeights(feature, MemorySegment.ofArray(new float[1 + factors]), 0);
    rows.fillStates(feature, 0);
  }

  /**
   * Sets the bias to the score that predicts the mean label: a good start for the rest.
   *
   * @param mean mean label of the training part
   */
  @Override
  public void startFromMean(double mean) {
    steps.bias = (float) options.loss().scoreOfMean(mean);
  }

  @Override
  public void lowerBias(double by) {
    steps.bias -= (float) by;
  }

  /**
   * Starts from the weights of a model: features are matched by field and value, those that the
   * model lacks keep their random start.
   *
   * @param model a model of the same number of factors
   * @return how many features were taken over
   * @throws IllegalArgumentException if the model has another number of factors or another link
   */
  @Override
  public int startFrom(Model model) {
    if (model.family() != Family.LINEAR && model.family() != Family.FM) {
      throw new IllegalArgumentException(
          "the model to start from is of the family " + model.family() + ", expected LINEAR or FM");
    }
    if (model.factors() != factors) {
      throw new IllegalArgumentException(
          "the model to start from has " + model.factors() + " factors, expected " + factors);
    }
    options.loss().requireScoresOf(model);
    if (features.isHashed() || model.features().isHashed()) {
      throw new IllegalArgumentException(
          "features that are hashes cannot be matched by their values");
    }
    steps.bias = model.bias();
    int taken = 0;
    for (int feature = 0; feature < features.size(); feature++) {
      if (!features.isBound(feature)) {
        continue;
      }
      String field = features.fields().get(features.fieldOf(feature)).name();
      int theirField = model.features().fieldIndex(field);
      int theirs =
          theirField == FeatureSpace.UNKNOWN
              ? FeatureSpace.UNKNOWN
              : model.features().find(theirField, features.value(feature));
      if (theirs != FeatureSpace.UNKNOWN) {
        rows.setWeights(
            feature, model.weights().segment(), model.weights().layout().rowOffset(theirs));
        startStates(feature);
        taken++;
      }
    }
    return taken;
  }

  /**
   * Sets all weights of the features that training never sees to 0. Left at their random start they
   * would be noise in every score of a new value.
   *
   * @param seen the features of the training part
   */
  @Override
  public void clearUnseen(BitSet seen) {
    for (int j = seen.nextClearBit(0); j < features.size(); j = seen.nextClearBit(j + 1)) {
      start(j, new float[1 + factors]);
    }
  }

  /**
   * The score of an example under the weights as they are now.
   *
   * @param example its features
   * @return the score, before the link
   */
  @Override
  public double score(Example example) {
    return steps.score(example);
  }

  /**
   * Learns from one example.
   *
   * @param example features and label
   * @param stepSize the step size now; with {@link Optimizer#FTRL} the same at every call
   * @return the score before the step
   */
  @Override
  public double learn(Example example, double stepSize) {
    return steps.learn(example, stepSize);
  }

  /**
   * What it learns weights of.
   *
   * @return the features, as they were when this was made
   */
  public FeatureSpace features() {
    return features;
  }

  /**
   * How this learner learns.
   *
   * @return the options it was made with
   */
  @Override
  public LearnerOptions options() {
    return options;
  }

  /**
   * The global bias as it is now.
   *
   * @return w0
   */
  public float bias() {
    return steps.bias;
  }

  /**
   * The linear weight of a feature as it is now.
   *
   * @param feature its number
   * @return w
   * @throws IndexOutOfBoundsException if there is no such feature
   */
  public float linear(int feature) {
    return rows.linear(feature);
  }

  /**
   * Copies the factors of a feature as they are now.
   *
   * @param feature its number
   * @param into receives as many as the options say
   * @throws IndexOutOfBoundsException if there is no such feature or the array is too short
   */
  public void copyFactors(int feature, float[] into) {
    if (hasNoFactors(feature)) {
      Arrays.fill(into, 0, factors, 0);
      return;
    }
    float[] weights = new float[1 + factors];
    rows.copyWeights(feature, MemorySegment.ofArray(weights), 0);
    System.arraycopy(weights, 1, into, 0, factors);
  }

  Steps steps() {
    return steps;
  }

  boolean isFinite() {
    boolean finite = Float.isFinite(steps.bias);
    MemorySegment numbers = memory.segment();
    for (long at = 0; finite && at < numbers.byteSize(); at += Float.BYTES) {
      finite = Float.isFinite(numbers.get(JAVA_FLOAT, at));
    }
    return finite;
  }

  /** Weights and optimiser state as they were, to come back to. */
  static final class Snapshot implements AutoCloseable {
    private final Slab memory;
    private float bias;
    private float biasState;

    Snapshot(Slab memory) {
      this.memory = memory;
    }

    @Override
    public void close() {
      memory.close();
    }
  }

  Snapshot newSnapshot() {
    Snapshot snapshot = new Snapshot(Slab.allocate(memory.segment().byteSize()));
    save(snapshot);
    return snapshot;
  }

  void save(Snapshot into) {
    into.memory.segment().copyFrom(memory.segment());
    into.bias = steps.bias;
    into.biasState = steps.biasState;
  }

  void restore(Snapshot from) {
    memory.segment().copyFrom(from.memory.segment());
    steps.bias = from.bias;
    steps.biasState = from.biasState;
  }

  /**
   * The weights as a model of their own.
   *
   * @param range what its predictions are clipped to
   * @param notes how it came to be, for people
   * @return the model, of which the caller is the owner
   */
  @Override
  public Model toModel(PredictionRange range, Map<String, String> notes) {
    return toModel(features, range, notes);
  }

  /**
   * The weights as a model of their own.
   *
   * @param named which value each feature is now
   * @param range what its predictions are clipped to
   * @param notes how it came to be, for people
   * @return the model, of which the caller is the owner
   * @throws IllegalArgumentException if there are more or fewer features
   */
  public Model toModel(FeatureSpace named, PredictionRange range, Map<String, String> notes) {
    requireSize(named.size());
    BitSet all = new BitSet();
    all.set(0, features.size());
    return toModel(named, all, range, notes);
  }

  private Model toModel(
      FeatureSpace named, BitSet kept, PredictionRange range, Map<String, String> notes) {
    Slab copy = Slab.allocate(Model.weightBytes(named.size(), factors));
    try {
      long to = 0;
      long stride = new RowLayout(factors).strideBytes();
      for (int j = kept.nextSetBit(0); j >= 0; j = kept.nextSetBit(j + 1)) {
        if (!hasNoFactors(j)) { // fresh memory is 0
          rows.copyWeights(j, copy.segment(), to);
        }
        to += stride;
      }
      Family family = factors == 0 ? Family.LINEAR : Family.FM;
      return new Model(
          family, options.loss().link(), range, steps.bias, named, copy, factors, notes);
    } catch (Throwable failure) {
      copy.close();
      throw failure;
    }
  }

  /**
   * The weights as a model without the features whose weights are all 0, as an L1 penalty makes
   * them: to a model, a value without a feature is worth as much.
   *
   * @param range what its predictions are clipped to
   * @param notes how it came to be, for people
   * @return the model, of which the caller is the owner
   * @throws IllegalArgumentException if features are hashes
   */
  public Model toModelWithoutZeros(PredictionRange range, Map<String, String> notes) {
    BitSet kept = new BitSet();
    for (int feature = 0; feature < features.size(); feature++) {
      kept.set(feature, !rows.isZero(feature) && !hasNoFactors(feature));
    }
    List<String> names = features.fields().stream().map(Field::name).toList();
    return toModel(features.subset(names, kept::get), kept, range, notes);
  }

  /** Where L1 has made a linear weight 0, the feature takes no part. */
  private boolean hasNoFactors(int feature) {
    return options.hasFactorsOfSome() && rows.linear(feature) == 0;
  }

  private void requireSize(int size) {
    if (size != features.size()) {
      throw new IllegalArgumentException(size + " features, expected " + features.size());
    }
  }

  /**
   * Adds weights and optimiser state to a file, to go on from with {@link #restore}.
   *
   * @param writer the file being made; written before this learns again
   */
  public void writeTo(SafetensorsWriter writer) {
    float[] both = {steps.bias, steps.biasState};
    writer.tensor(BIAS, Dtype.F32, MemorySegment.ofArray(both), both.length);
    long numbers = memory.segment().byteSize() / Float.BYTES;
    writer.tensor(ROWS, Dtype.F32, memory.segment(), numbers);
  }

  /**
   * Goes on from weights and optimiser state that {@link #writeTo} wrote for a learner of as many
   * features and the same options.
   *
   * @param file the file
   * @throws MalformedFileException if it is that of a learner of another shape
   */
  public void restore(SafetensorsFile file) throws MalformedFileException {
    MemorySegment both = file.require(BIAS, Dtype.F32, 2);
    MemorySegment numbers = memory.segment();
    numbers.copyFrom(file.require(ROWS, Dtype.F32, numbers.byteSize() / Float.BYTES));
    steps.bias = both.getAtIndex(JAVA_FLOAT, 0);
    steps.biasState = both.getAtIndex(JAVA_FLOAT, 1);
  }

  /** Frees the weights. A second call does nothing. */
  @Override
  public void close() {
    memory.close();
  }
}
