package femto.tools.train;

import femto.learn.Example;
import femto.learn.ExampleSource;
import femto.learn.Learner;
import femto.learn.LearnerOptions.Ftrl;
import femto.learn.Loss;
import femto.learn.ModelLearner;
import femto.learn.Optimizer;
import femto.learn.ScoreCalibration;
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

  /**
   * Key of the note that says how probabilities were calibrated, or begins with {@value
   * #NOT_CALIBRATED} and says why they were not.
   */
  public static final String CALIBRATION_NOTE = "calibration";

  /** What the note of calibration begins with where there was nothing to calibrate by. */
  public static final String NOT_CALIBRATED = "none: ";

  private static final String EPOCHS_NOTE = "epochs";

  private static final String NOTHING_TO_GO_BY =
      NOT_CALIBRATED + "no higher scores for positives in the validation part";

  private final DataSet data;
  private final Recipe recipe;
  private final Map<String, String> notes = new TreeMap<>();
  private @Nullable Model start;
  private Training.Listener listener = epoch -> {};
  private int threads = 1;
  private ScoreCalibration.@Nullable Method calibration;

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
    notes.put("recipe", SearchedSteps.options(recipe));
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
   * Calibrates the probabilities on the validation part, by scores of the model that has not
   * learned from it. Where that part has labels of one kind alone, or positives have lower scores
   * there, Platt's method has nothing to go by, and the model stays as it was learned; its note
   * {@value #CALIBRATION_NOTE} says so.
   *
   * @param method how
   * @return this
   * @throws IllegalArgumentException if the recipe sets no validation part aside, or learns no
   *     probability: squared loss, or sampled negatives
   */
  public ModelTrainer calibrate(ScoreCalibration.Method method) {
    if (recipe.task().loss() != Loss.LOGISTIC || recipe.task().isRanking()) {
      throw new IllegalArgumentException(
          "calibration of a model that learns no probability, expected logistic loss without"
              + " sampled negatives");
    }
    if (recipe.validation() == 0) {
      throw new IllegalArgumentException(
          "calibration without a validation part, expected a validation share above 0");
    }
    calibration = method;
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
      return fit(examples, new Found(recipe.epochs(), null));
    }
    return fit(examples, find(Split.cut(examples, recipe.validation(), recipe.seed())));
  }

  /** What a validation part is for. */
  private record Found(int epoch, @Nullable ScoreCalibration calibration) {}

  private Found find(Split cut) {
    TrainingSet set = trainingSet(cut.train());
    try (ModelLearner learner = newLearner(set)) {
      Training training =
          new Training(recipe.epochs(), recipe.epochs(), recipe.patience(), threads);
      ExampleSource validation = source(set, cut.test());
      ExampleSource source = source(set, set.examples());
      int epoch = training.run(learner, source, validation, listener).bestEpoch();
      learner.lowerBias(Math.log(recipe.preparation().positiveWeight()));
      return new Found(epoch, calibration == null ? null : calibrate(set, learner, cut.test()));
    }
  }

  private ScoreCalibration calibrate(TrainingSet set, ModelLearner learner, int[] examples) {
    double[] scores = new double[examples.length];
    boolean[] positive = new boolean[examples.length];
    double[] weights = new double[examples.length];
    Example example = new Example();
    for (int i = 0; i < examples.length; i++) {
      set.read(examples[i], example);
      scores[i] = learner.score(example);
      positive[i] = example.label() > 0;
      weights[i] = data.weight(examples[i]);
    }
    return ScoreCalibration.fit(Objects.requireNonNull(calibration), scores, positive, weights);
  }

  /** Trains on all the examples for some epochs of the recipe's schedule. */
  private Model fit(int[] examples, Found found) {
    TrainingSet set = trainingSet(examples);
    if (set.features().isHashed()) {
      notes.put(COLLISIONS_NOTE, Integer.toString(set.collisions()));
    }
    try (ModelLearner learner = newLearner(set)) {
      Training training = new Training(recipe.epochs(), found.epoch(), recipe.patience(), threads);
      training.run(learner, source(set, set.examples()), null, listener);
      learner.lowerBias(Math.log(recipe.preparation().positiveWeight()));
      notes.put(EPOCHS_NOTE, Integer.toString(found.epoch()));
      ScoreCalibration fitted = found.calibration();
      if (fitted != null) {
        notes.put(CALIBRATION_NOTE, fitted.isRising() ? fitted.toString() : NOTHING_TO_GO_BY);
      }
      Ftrl ftrl = recipe.tuning().ftrl();
      boolean zeros = recipe.optimizer() == Optimizer.FTRL && ftrl.linearL1() + ftrl.factorL1() > 0;
      Model model =
          zeros && learner instanceof Learner one && !set.features().isHashed()
              ? one.toModelWithoutZeros(set.range(), notes)
              : learner.toModel(set.range(), notes);
      if (fitted == null || !fitted.isRising()) {
        return model;
      }
      try (model) {
        return fitted.apply(model);
      }
    }
  }

  private TrainingSet trainingSet(int[] examples) {
    TrainingSet set = TrainingSet.of(data, examples, recipe);
    if (set.examples().length == 0) {
      throw new IllegalArgumentException("there are no examples to learn from");
    }
    return set;
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
