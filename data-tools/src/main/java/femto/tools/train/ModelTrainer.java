package femto.tools.train;

import femto.learn.ExampleSource;
import femto.learn.Learner;
import femto.learn.LearnerOptions.Ftrl;
import femto.learn.Loss;
import femto.learn.ModelLearner;
import femto.learn.Optimizer;
import femto.learn.Training;
import femto.model.FeatureSpace;
import femto.model.Model;
import femto.tools.data.DataSet;
import femto.tools.evaluate.Split;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Trains a model by a recipe on some examples of a data set, and reads no others. */
public final class ModelTrainer {
  /** Key of the note that says which data set a model was trained on ({@link DataSet#identity}). */
  public static final String DATA_NOTE = "data";

  /** Key of the note that says from which label on a logistic model takes one as positive. */
  public static final String POSITIVE_NOTE = "positive";

  /**
   * Key of the note that says how many values share the weights of others, where they are hashes.
   */
  public static final String COLLISIONS_NOTE = "collisions";

  private static final String EPOCHS_NOTE = "epochs";

  private final DataSet data;
  private final Recipe recipe;
  private final Map<String, String> notes = new TreeMap<>();
  private @Nullable Model start;
  private Training.Listener listener = epoch -> {};
  private int threads = 1;

  /**
   * Sets up a training.
   *
   * @param data the data set
   * @param recipe how to train
   */
  public ModelTrainer(DataSet data, Recipe recipe) {
    this.data = data;
    this.recipe = recipe;
    notes.put("loss", recipe.task().loss().name().toLowerCase(Locale.ROOT));
    notes.put("optimizer", recipe.optimizer().name().toLowerCase(Locale.ROOT));
    notes.put("recipe", RecipeSearch.describe(recipe));
    notes.put("seed", Long.toString(recipe.seed()));
    if (recipe.task().loss() == Loss.LOGISTIC) {
      notes.put(POSITIVE_NOTE, Double.toString(recipe.task().positive()));
    }
    Recipe.Preparation preparation = recipe.preparation();
    if (preparation.minCount() > 1) {
      notes.put("min-count", Integer.toString(preparation.minCount()));
    }
    if (preparation.positiveWeight() != 1) {
      notes.put("positive-weight", Double.toString(preparation.positiveWeight()));
    }
    if (recipe.task().isRanking()) {
      notes.put(
          "negatives",
          recipe.task().negatives() + " by popularity^" + recipe.task().popularityPower());
    }
  }

  /**
   * Starts from the weights of another model instead of random ones.
   *
   * @param model the model; it must stay open until {@link #train} returns
   * @return this
   */
  public ModelTrainer startFrom(Model model) {
    start = model;
    return this;
  }

  /**
   * Adds a note for people to the model.
   *
   * @param key its key
   * @param value its value
   * @return this
   */
  public ModelTrainer note(String key, String value) {
    notes.put(key, value);
    return this;
  }

  /**
   * Learns with several threads at once: faster, and not the same weights each time.
   *
   * @param count how many, 1 or more
   * @return this
   */
  public ModelTrainer threads(int count) {
    threads = count;
    return this;
  }

  /**
   * Is told after each epoch.
   *
   * @param newListener the listener
   * @return this
   */
  public ModelTrainer listener(Training.Listener newListener) {
    listener = newListener;
    return this;
  }

  /**
   * How many epochs a model was trained for, by its notes.
   *
   * @param model a model that {@link #train} returned
   * @return the number of epochs
   */
  public static int epochs(Model model) {
    return Integer.parseInt(Objects.requireNonNull(model.notes().get(EPOCHS_NOTE)));
  }

  /**
   * Trains. With a validation share, a part of the examples is set aside to find the best number of
   * epochs; the model that is returned is then trained anew on all of them for that many.
   *
   * @param examples the training part
   * @return the model, of which the caller is the owner
   * @throws IllegalArgumentException if there is nothing to learn from
   * @throws femto.learn.DivergedException if the step size is too large
   */
  public Model train(int[] examples) {
    if (recipe.validation() == 0) {
      return fit(examples, recipe.epochs());
    }
    Split cut = Split.cut(examples, recipe.validation(), recipe.seed());
    return fit(examples, bestEpoch(cut));
  }

  private int bestEpoch(Split cut) {
    TrainingSet set = trainingSet(cut.train());
    try (ModelLearner learner = newLearner(set)) {
      Training training =
          new Training(recipe.epochs(), recipe.epochs(), recipe.patience(), threads);
      ExampleSource validation = source(set, cut.test());
      return training.run(learner, source(set, set.examples()), validation, listener).bestEpoch();
    }
  }

  /** Trains on all the examples for some epochs of the recipe's schedule. */
  private Model fit(int[] examples, int stopAfter) {
    TrainingSet set = trainingSet(examples);
    if (set.features().isHashed()) {
      notes.put(COLLISIONS_NOTE, Integer.toString(set.collisions()));
    }
    try (ModelLearner learner = newLearner(set)) {
      Training training = new Training(recipe.epochs(), stopAfter, recipe.patience(), threads);
      training.run(learner, source(set, set.examples()), null, listener);
      learner.lowerBias(Math.log(recipe.preparation().positiveWeight()));
      notes.put(EPOCHS_NOTE, Integer.toString(stopAfter));
      Ftrl ftrl = recipe.tuning().ftrl();
      boolean zeros = recipe.optimizer() == Optimizer.FTRL && ftrl.linearL1() + ftrl.factorL1() > 0;
      return zeros && learner instanceof Learner one && !set.features().isHashed()
          ? one.toModelWithoutZeros(set.range(), notes)
          : learner.toModel(set.range(), notes);
    }
  }

  private TrainingSet trainingSet(int[] examples) {
    if (examples.length == 0) {
      throw new IllegalArgumentException("there are no examples to learn from");
    }
    return TrainingSet.of(data, examples, recipe);
  }

  private ExampleSource source(TrainingSet set, int[] examples) {
    Recipe.Task task = recipe.task();
    return task.isRanking()
        ? set.sourceWithNegatives(examples, task.negatives(), task.popularityPower())
        : set.source(examples);
  }

  private ModelLearner newLearner(TrainingSet set) {
    FeatureSpace features = set.features();
    ModelLearner learner =
        recipe.family().newLearner(features, recipe.learnerOptions(features.fields()));
    if (recipe.task().isRanking()) {
      learner.startFromMean(1.0 / (1 + recipe.task().negatives()));
      learner.clearUnseen(set.featuresOfPositivesAndCandidates());
    } else {
      learner.startFromMean(set.meanLabel());
      if (features.isHashed()) {
        learner.clearUnseen(set.featuresOfExamples());
      }
    }
    if (start != null) {
      learner.startFrom(start);
    }
    return learner;
  }
}
