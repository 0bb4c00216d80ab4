package femto.tools.train;

import femto.learn.Loss;
import femto.learn.blocks.BlockData;
import femto.learn.blocks.BlockLearner;
import femto.learn.blocks.BlockOptions;
import femto.learn.blocks.BlockPredictions;
import femto.learn.blocks.Posterior;
import femto.model.FeatureSpace;
import femto.model.Model;
import femto.model.PredictionRange;
import femto.tools.data.DataSet;
import femto.tools.evaluate.Split;
import femto.tools.train.CrossValidation.Figures;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Trains a model by a block recipe on some examples of a data set. One of weight 0 is passed over
 * as if it were not there. No label or time of another example is read; the values of contexts and
 * candidates that have no example are known, and get what their field's prior says.
 */
public final class BlockTrainer {
  /** Key of the note that says how many samples of how many factors a model is the mean of. */
  public static final String SAMPLES_NOTE = "samples";

  private final DataSet data;
  private final BlockRecipe recipe;
  private final Map<String, String> notes = new TreeMap<>();
  private Listener listener = (sweep, sweeps, error) -> {};

  /** Is told after each sweep. */
  @FunctionalInterface
  public interface Listener {
    /**
     * A sweep has ended.
     *
     * @param sweep its number among those of all chains, from 1
     * @param sweeps how many there will be
     * @param error root mean squared difference of the training part's scores and targets
     */
    void swept(long sweep, long sweeps, double error);
  }

  /**
   * What one split came to.
   *
   * @param averaged of the predictions averaged over all samples, or of the last model of ALS
   * @param saved of the model that {@link #train} returns
   * @param posteriorMean of the model of the mean weights of all samples; for ALS that of {@code
   *     saved}
   * @param seconds how long learning and predicting the test part took, without the two models
   */
  public record Outcome(Figures averaged, Figures saved, Figures posteriorMean, double seconds) {}

  /**
   * Sets up a training.
   *
   * @param data the data set
   * @param recipe how to train
   * @throws IllegalArgumentException if the examples have weights, and the loss is logistic or
   *     ratings are levels
   */
  public BlockTrainer(DataSet data, BlockRecipe recipe) {
    boolean numbers = recipe.loss() == Loss.SQUARED && !recipe.ordinal();
    if (data.isWeighted() && !numbers) {
      throw new IllegalArgumentException(
          "the examples of the data set have weights, which gibbs with %s cannot take: expected a data set without, --loss squared%s, or another --optimizer"
              .formatted(
                  recipe.ordinal() ? "--ordinal" : "logistic loss",
                  recipe.ordinal() ? " alone" : ""));
    }
    this.data = data;
    this.recipe = recipe;
    BlockRecipe.Chain chain = recipe.chain();
    notes.put("loss", recipe.loss().name().toLowerCase(Locale.ROOT));
    notes.put("optimizer", recipe.method().name().toLowerCase(Locale.ROOT));
    notes.put("seed", Long.toString(recipe.seed()));
    notes.put("epochs", Long.toString(chain.sweeps()));
    if (recipe.loss() == Loss.LOGISTIC) {
      notes.put(ModelTrainer.POSITIVE_NOTE, Double.toString(recipe.positive()));
    }
    if (recipe.ordinal()) {
      notes.put("labels", "levels");
    }
    if (!recipe.derived().isEmpty()) {
      notes.put(
          "derived",
          String.join(
              ",", recipe.derived().stream().map(derived -> derived.field(data).name()).toList()));
    }
    if (recipe.method() == BlockOptions.Method.GIBBS) {
      notes.put(
          SAMPLES_NOTE,
          "%d of %d factors, of %d chains of %d after %d"
              .formatted(
                  chain.kept(), recipe.factors(), chain.chains(), chain.samples(), chain.burnIn()));
    }
  }

  /**
   * Adds a note for people to the model.
   *
   * @param key its key
   * @param value its value
   * @return this
   */
  public BlockTrainer note(String key, String value) {
    notes.put(key, value);
    return this;
  }

  /**
   * Is told after each sweep.
   *
   * @param newListener the listener
   * @return this
   */
  public BlockTrainer listener(Listener newListener) {
    listener = newListener;
    return this;
  }

  /** What a chain left behind. */
  private record Chains(PredictionRange range, Posterior posterior) {}

  /**
   * Trains.
   *
   * @param examples the training part
   * @return the model, of which the caller is the owner: for Gibbs sampling the mean of the scores
   *     of the samples kept, as one model of as many times the factors
   * @throws IllegalArgumentException if there is nothing to learn from, or the samples kept have
   *     too many factors together
   */
  public Model train(int[] examples) {
    int[] counting = TrainingSet.counting(data, examples);
    return model(run(derive(counting), counting, null));
  }

  /**
   * Trains on the training part of a split and tests on its test part.
   *
   * @param split the split
   * @return what came of it
   */
  public Outcome test(Split split) {
    long start = System.nanoTime();
    int[] counting = TrainingSet.counting(data, split.train());
    DerivedFields derived = derive(counting);
    BlockData test = derived.blocks(split.test(), new float[split.test().length]);
    BlockPredictions predictions = new BlockPredictions(test, range(counting));
    Chains chains = run(derived, counting, predictions);
    Figures averaged = figures(predictions.mean(), split);
    double seconds = (System.nanoTime() - start) / 1e9;
    try (Model saved = model(chains);
        Model mean = chains.posterior.toMeanModel(chains.range, notes)) {
      return new Outcome(
          averaged, figures(saved, derived, split), figures(mean, derived, split), seconds);
    }
  }

  private Figures figures(Model model, DerivedFields derived, Split split) {
    try (ModelOnDataSet bound = new ModelOnDataSet(model, data, derived)) {
      return figures(bound.predictions(split.test()), split);
    }
  }

  private Figures figures(double[] predictions, Split split) {
    return Figures.of(predictions, recipe.loss(), recipe.positive(), data, split);
  }

  private Model model(Chains chains) {
    return chains.posterior.toModel(chains.range, notes);
  }

  private DerivedFields derive(int[] examples) {
    List<String> fields = DerivedFields.ownFields(data, recipe.fields());
    FeatureSpace features =
        DerivedFields.featuresOf(data, examples, fields, feature -> true, recipe.derived());
    return new DerivedFields(data, examples, features);
  }

  /** Runs the chains; predictions of the test part are taken on the way. */
  private Chains run(DerivedFields derived, int[] examples, @Nullable BlockPredictions test) {
    BlockRecipe.Chain chain = recipe.chain();
    boolean gibbs = recipe.method() == BlockOptions.Method.GIBBS;
    FeatureSpace features = derived.features();
    BlockData training = derived.blocks(examples, labels(examples));
    if (data.isWeighted() && examples.length > 0) {
      training = training.weighted(weights(examples));
    }
    Posterior posterior =
        gibbs
            ? new Posterior(
                features, recipe.factors(), chain.chains() * chain.samples(), chain.kept())
            : new Posterior(features, recipe.factors(), 1, 1);
    long swept = 0;
    for (int number = 0; number < chain.chains(); number++) {
      BlockLearner learner = new BlockLearner(training, recipe.options(features.fields(), number));
      for (int sweep = 1; sweep <= chain.burnIn() + chain.samples(); sweep++) {
        learner.sweep();
        listener.swept(++swept, chain.sweeps(), learner.error());
        boolean used = gibbs ? sweep > chain.burnIn() : sweep == chain.burnIn() + chain.samples();
        if (used) {
          posterior.add(learner);
          if (test != null) {
            test.add(learner);
          }
        }
      }
    }
    return new Chains(range(examples), posterior);
  }

  private float[] weights(int[] examples) {
    float[] weights = new float[examples.length];
    for (int i = 0; i < weights.length; i++) {
      weights[i] = data.weight(examples[i]);
    }
    return weights;
  }

  private float[] labels(int[] examples) {
    float[] labels = new float[examples.length];
    for (int i = 0; i < labels.length; i++) {
      float label = data.label(examples[i]);
      labels[i] = recipe.loss() == Loss.SQUARED ? label : label >= recipe.positive() ? 1 : 0;
    }
    return labels;
  }

  /** For ratings the smallest and the largest label of the training part. */
  private PredictionRange range(int[] examples) {
    if (recipe.loss() != Loss.SQUARED || examples.length == 0) {
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
}
