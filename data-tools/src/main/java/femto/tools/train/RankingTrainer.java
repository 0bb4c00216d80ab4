package femto.tools.train;

import femto.learn.ImplicitAls;
import femto.learn.PairwiseLearner;
import femto.learn.RankingData;
import femto.model.FeatureSpace;
import femto.model.Field;
import femto.model.Model;
import femto.tools.data.DataSet;
import it.unimi.dsi.fastutil.ints.IntArrays;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.IntConsumer;
import java.util.stream.IntStream;

/**
 * Trains a model by a ranking recipe on some examples of a data set. One of weight 0 is passed over
 * as if it were not there. No other example is read; values that none of the examples has are not
 * known to the model.
 */
public final class RankingTrainer {
  private static final String RANKS_NOTE = "ranks";

  private final DataSet data;
  private final RankingRecipe recipe;
  private final Map<String, String> notes = new TreeMap<>();
  private IntConsumer listener = epoch -> {};

  /**
   * Sets up a training.
   *
   * @param data the data set
   * @param recipe how to train
   */
  public RankingTrainer(DataSet data, RankingRecipe recipe) {
    this.data = data;
    this.recipe = recipe;
    notes.put(RANKS_NOTE, "candidates of one context; its scores are no predictions");
    notes.put("seed", Long.toString(recipe.seed()));
    notes.put("epochs", Integer.toString(recipe.epochs()));
    notes.put(ModelTrainer.POSITIVE_NOTE, Double.toString(recipe.positive()));
    if (recipe.recency() > 1) {
      notes.put("recency", Double.toString(recipe.recency()));
    }
    describe(recipe.method());
    if (!recipe.derived().isEmpty()) {
      List<String> names =
          recipe.derived().stream().map(derived -> derived.field(data).name()).toList();
      notes.put("derived", String.join(",", names));
    }
  }

  private void describe(RankingRecipe.Method method) {
    switch (method) {
      case RankingRecipe.Pairs pairs -> {
        notes.put("loss", pairs.loss().name().toLowerCase(Locale.ROOT));
        notes.put("optimizer", "sgd");
        notes.put("negatives", pairs.negatives() + " by popularity^" + pairs.popularityPower());
      }
      case RankingRecipe.LeastSquares squares -> {
        notes.put("loss", "squared, of all pairs");
        notes.put("optimizer", "ials");
        notes.put("unobserved", Double.toString(squares.unobserved()));
      }
      case RankingRecipe.Refined refined -> {
        describe(refined.start().method());
        String start = notes.get("optimizer");
        describe(refined.pairs());
        notes.put("start", start + ", scores times " + refined.scale());
      }
    }
  }

  /**
   * Whether a model was trained by a ranking recipe, by its notes.
   *
   * @param model a model
   * @return true if its scores rank and predict nothing
   */
  public static boolean isOfRanking(Model model) {
    return model.notes().containsKey(RANKS_NOTE);
  }

  /**
   * Adds a note for people to the model.
   *
   * @param key its key
   * @param value its value
   * @return this
   */
  public RankingTrainer note(String key, String value) {
    notes.put(key, value);
    return this;
  }

  /**
   * Is told the number of each epoch that has ended, from 1.
   *
   * @param newListener the listener
   * @return this
   */
  public RankingTrainer listener(IntConsumer newListener) {
    listener = newListener;
    return this;
  }

  /**
   * Trains.
   *
   * @param examples the training part
   * @return the model, of which the caller is the owner
   * @throws IllegalArgumentException if there is nothing to learn from
   * @throws femto.learn.DivergedException if the step size is too large
   */
  public Model train(int[] examples) {
    int[] counting = TrainingSet.counting(data, examples);
    return learn(derive(counting), counting);
  }

  /**
   * Trains, and puts the model to work on the data set.
   *
   * @param known the training part: what values, and derived fields, are known of
   * @param seen those of its examples that are ranked and not drawn as negatives
   * @return model and data set, which the caller closes
   * @throws IllegalArgumentException as {@link #train}
   * @throws femto.learn.DivergedException as {@link #train}
   */
  public Trained train(int[] known, int[] seen) {
    DerivedFields derived = derive(TrainingSet.counting(data, known));
    return new Trained(learn(derived, TrainingSet.counting(data, seen)), data, derived);
  }

  /** A model at work on the data set that it was trained on. Safe to share until closed. */
  public static final class Trained implements AutoCloseable {
    private final Model model;
    private final ModelOnDataSet bound;

    private Trained(Model model, DataSet data, DerivedFields derived) {
      this.model = model;
      this.bound = new ModelOnDataSet(model, data, derived);
    }

    /**
     * The model.
     *
     * @return it; closed with this
     */
    public Model model() {
      return model;
    }

    /**
     * The model put to work.
     *
     * @return what ranks; closed with this
     */
    public ModelOnDataSet onDataSet() {
      return bound;
    }

    @Override
    public void close() {
      bound.close();
      model.close();
    }
  }

  private DerivedFields derive(int[] examples) {
    if (examples.length == 0) {
      throw new IllegalArgumentException("there are no examples to learn from");
    }
    BitSet used =
        TrainingSet.featuresOf(
            data, ProjectedRows.of(data.contexts()), ProjectedRows.of(data.candidates()), examples);
    List<String> fields = DerivedFields.ownFields(data, recipe.fields());
    FeatureSpace features =
        DerivedFields.featuresOf(data, examples, fields, used::get, recipe.derived());
    return new DerivedFields(data, examples, features);
  }

  private RankingData rankingData(DerivedFields derived, int[] examples) {
    float[] labels = new float[examples.length];
    float[] weights = recencies(examples);
    for (int i = 0; i < labels.length; i++) {
      labels[i] = data.label(examples[i]) >= recipe.positive() ? 1 : 0;
      weights[i] *= data.weight(examples[i]);
    }
    return new RankingData(
        derived.relational(examples, labels), ownFeatures(derived.features()), weights);
  }

  /** What each example counts by its place among those of its context; 1 in the mean. */
  private float[] recencies(int[] examples) {
    float[] weights = new float[examples.length];
    if (recipe.recency() == 1) {
      Arrays.fill(weights, 1);
      return weights;
    }
    int[] order = IntStream.range(0, examples.length).toArray();
    IntArrays.quickSort(order, (a, b) -> byContextAndTime(examples[a], examples[b]));
    double sum = 0;
    for (int from = 0, end; from < order.length; from = end) {
      int context = data.context(examples[order[from]]);
      end = from;
      while (end < order.length && data.context(examples[order[end]]) == context) {
        end++;
      }
      for (int at = from; at < end; at++) {
        double place = end - from == 1 ? 1 : (at - from) / (end - from - 1.0);
        double weight = Math.pow(recipe.recency(), place);
        weights[order[at]] = (float) weight;
        sum += weight;
      }
    }
    float scale = (float) (examples.length / sum);
    for (int i = 0; i < weights.length; i++) {
      weights[i] *= scale;
    }
    return weights;
  }

  private int byContextAndTime(int one, int other) {
    int first = Integer.compare(data.context(one), data.context(other));
    int second = first != 0 ? first : Long.compare(data.time(one), data.time(other));
    return second != 0 ? second : Integer.compare(one, other);
  }

  /** The feature of each candidate among those of the contexts that have it. */
  private int[] ownFeatures(FeatureSpace features) {
    int[] own = new int[data.candidates().rows()];
    Arrays.fill(own, FeatureSpace.UNKNOWN);
    if (recipe.derived().contains(DerivedFields.Derived.CONTEXT_IMPLICIT)) {
      String name = DerivedFields.Derived.CONTEXT_IMPLICIT.field(data).name();
      int field = features.requireField(name);
      Arrays.setAll(own, candidate -> features.find(field, data.candidateId(candidate)));
    }
    return own;
  }

  private Model learn(DerivedFields derived, int[] seen) {
    return learn(recipe, rankingData(derived, seen), listener);
  }

  private Model learn(RankingRecipe by, RankingData training, IntConsumer told) {
    List<Field> fields = training.pairs().features().fields();
    return switch (by.method()) {
      case RankingRecipe.Pairs pairs -> {
        PairwiseLearner learner = new PairwiseLearner(training, by.options(pairs, fields));
        learner.learn(told);
        yield learner.toModel(notes);
      }
      case RankingRecipe.LeastSquares squares -> {
        ImplicitAls learner = new ImplicitAls(training, by.options(squares, fields));
        learner.learn(told);
        yield learner.toModel(notes);
      }
      case RankingRecipe.Refined refined -> {
        PairwiseLearner learner =
            new PairwiseLearner(training, by.options(refined.pairs(), fields));
        try (Model start = learn(refined.start(), training, epoch -> {})) {
          learner.startFrom(start, refined.scale());
        }
        learner.learn(told);
        yield learner.toModel(notes);
      }
    };
  }
}
