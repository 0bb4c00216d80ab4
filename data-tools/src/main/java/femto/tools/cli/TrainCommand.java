package femto.tools.cli;

import femto.file.DurableFile;
import femto.learn.DivergedException;
import femto.learn.Loss;
import femto.learn.ScoreCalibration;
import femto.learn.Training;
import femto.model.Model;
import femto.model.ModelFile;
import femto.model.PairWeights;
import femto.tools.cli.ModelOptions.ModelKind;
import femto.tools.data.DataSet;
import femto.tools.evaluate.Split;
import femto.tools.online.StreamOptions;
import femto.tools.runs.Run;
import femto.tools.train.BlockRecipe;
import femto.tools.train.BlockTrainer;
import femto.tools.train.ModelTrainer;
import femto.tools.train.RankingRecipe;
import femto.tools.train.RankingTrainer;
import femto.tools.train.Recipe;
import femto.tools.train.RecipeSearch;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "train",
    description = {
      "Train a model on a data set.",
      "",
      "Ratings:   femto train ml.data --split temporal-user --out ratings.femto",
      "Clicks:    femto train ml.data --loss logistic --positive 4 --out clicks.femto",
      "Ranking:   femto train ml.data --loss logistic --negatives 4 --out ranking.femto",
      "           femto train ml.data --optimizer ials --implicit user --out ranking.femto",
      "A stream:  femto train --follow events.csv --publish versions",
      "",
      "Pick squared loss to predict a number, logistic loss to predict whether it is "
          + "good, and logistic loss with negatives to rank a catalogue, or bpr, warp or ials, "
          + "which rank and predict nothing. Without --fields the "
          + "model gets every field; with the two ids alone it is collaborative filtering. "
          + "What is not said comes from recipes that a search has found (--search repeats it). "
          + "What was tried is in runs.jsonl beside the model; 'femto runs' shows it.",
      "",
      BlockRecipeOptions.WHEN,
      "",
      "--follow learns clicks as they happen and publishes what has changed ten times a second; "
          + "of the options without a \"follow:\" it takes --model, --loss, --factors, --optimizer, "
          + "--step, --initial-state, --init, --seed and --l2 of every field (*).",
      ""
    })
final class TrainCommand extends BaseCommand {
  private static final Map<String, Double> DIVERGED = Map.of("training_loss", Double.NaN);

  private void checkCalibration() {
    if (calibration == null) {
      return;
    }
    require(
        options.goal == RecipeOptions.Goal.LOGISTIC,
        "--calibrate goes with --loss logistic, which learns probabilities");
    require(
        options.negatives == 0,
        "--calibrate does not go with --negatives, of which the probabilities are of those drawn");
    require(
        options.optimizer == null || (!options.optimizer.isOverBlocks() && !options.areOfRanking()),
        "--calibrate goes with --optimizer sgd, adagrad and ftrl");
    require(follow.events == null, "--calibrate does not go with --follow");
    require(
        options.validation != null && options.validation > 0,
        "--calibrate needs --valid SHARE: it is fitted on the part that is set aside");
  }

  @Parameters(
      arity = "0..1",
      paramLabel = "DATASET",
      description = "A data-set folder, or a raw MovieLens folder; not with --follow.")
  @Nullable Path dataPath;

  @Mixin ModelOptions family = new ModelOptions();

  @Option(
      names = "--split",
      paramLabel = "NAME",
      description = {
        "Train on the training part of temporal-user, temporal-global, leave-last-out, random, "
            + "random-user, random-item or a predefined fold such as u1 (default: on everything)."
      })
  @Nullable String split;

  @Mixin RecipeOptions options = new RecipeOptions();

  @Option(
      names = "--warm-start",
      paramLabel = "MODEL",
      description = "Start from the weights of this model; new features start at random.")
  @Nullable Path warmStart;

  @Option(
      names = "--search",
      paramLabel = "N",
      description = {
        "Try N random settings around these on parts cut from the training part, print "
            + "them, and train with the best: step size, init and L2, for als init and L2."
      })
  @Nullable Integer search;

  @Option(
      names = "--positive-weight",
      paramLabel = "W",
      defaultValue = "1",
      description =
          "Logistic loss: a positive example counts this often, as where negatives outnumber them;"
              + " the model's probabilities are corrected for it (default: ${DEFAULT-VALUE}).")
  double positiveWeight = 1;

  @Option(
      names = "--calibrate",
      paramLabel = "METHOD",
      description =
          "Logistic loss with --valid: correct the probabilities by the part that is set aside."
              + " platt fits a line inside the sigmoid, needs some hundred examples there and costs"
              + " nothing to serve; isotonic fits any rising curve, needs some thousand, and a"
              + " server that ranks by expected value takes none (default: as they are learned).")
  ScoreCalibration.@Nullable Method calibration;

  @Option(
      names = "--threads",
      paramLabel = "N",
      defaultValue = "1",
      description =
          "Threads that learn at once. One gives the same model for the same seed, several are"
              + " faster and give about the same loss (default: ${DEFAULT-VALUE}).")
  int threads = 1;

  @Option(
      names = "--out",
      paramLabel = "MODEL",
      description = "File to write; not with --follow, which writes to --publish.")
  @Nullable Path out;

  @Mixin BlockRecipeOptions blockOptions = new BlockRecipeOptions();

  @Mixin RunLogOption runs = new RunLogOption();

  @Mixin FollowOptions follow = new FollowOptions();

  private boolean printedEpochs;

  /** Of the epochs since training began, or began anew. */
  private long nanos;

  private int epochsRun;
  private int lastEpoch;

  /** Of the last epoch, and the least with the epoch that had it. */
  private double trainingLoss = Double.NaN;

  private double validationLoss = Double.NaN;
  private int bestEpoch;

  @Override
  public Integer call() throws IOException {
    family.check(options);
    require(
        warmStart == null || family.kind != ModelKind.POLY2,
        "--warm-start does not go with --model poly2, whose weights of pairs are of one dictionary");
    checkCalibration();
    if (options.areOfRanking()) {
      return rank();
    }
    boolean overBlocks = blockOptions.areMeant(options);
    if (follow.events != null) {
      require(!overBlocks, "--follow learns by steps: --optimizer sgd or adagrad");
      return follow(follow.events);
    }
    require(follow.publish == null && follow.state == null, "--publish and --state need --follow");
    require(dataPath != null, "a DATASET is missing, or --follow EVENTS");
    require(out != null, "--out MODEL is missing");
    require(search == null || search >= 1, "--search must be 1 or more");
    if (overBlocks) {
      requireExamplesAsTheyAre();
      require(
          family.kind == ModelKind.FM
              || family.kind == ModelKind.LINEAR
              || family.kind == ModelKind.MF,
          "--optimizer als and gibbs learn --model fm, linear and mf, and no " + family.kind);
      require(
          search == null || options.optimizer == RecipeOptions.Method.ALS,
          "--search does not go with --optimizer gibbs, which has no numbers to tune: it learns"
              + " how much to regularise");
      require(
          warmStart == null,
          "--warm-start needs --optimizer sgd, adagrad or ftrl: als and gibbs learn all"
              + " weights anew, in few sweeps");
      return trainOverBlocks(Objects.requireNonNull(dataPath), Objects.requireNonNull(out));
    }
    return train(Objects.requireNonNull(dataPath), Objects.requireNonNull(out));
  }

  private int trainOverBlocks(Path dataPath, Path out) throws IOException {
    DurableFile.requireTarget(out);
    long start = System.nanoTime();
    try (DataSet data = DataSet.openOrImport(dataPath)) {
      int[] examples = trainingPart(data);
      BlockRecipe asked = blockOptions.recipe(options, family.kindOfBlocks(), data);
      BlockRecipe recipe =
          search == null
              ? asked
              : search(
                  RecipeSearch.of(data, examples, asked),
                  tried -> RunLogOption.parameters(tried, data),
                  search,
                  data,
                  out);
      BlockTrainer trainer =
          new BlockTrainer(data, recipe)
              .note(ModelTrainer.DATA_NOTE, data.identity())
              .note("split", protocol())
              .listener((sweep, sweeps, error) -> print(recipe, sweep, sweeps, error));
      try (Model model = trainer.train(examples)) {
        ModelFile.write(model, out);
        double seconds = (System.nanoTime() - start) / 1e9;
        Map<String, String> parameters = RunLogOption.parameters(recipe, data);
        String error = isOfNumbers(recipe) ? "training_error" : "hidden_error";
        Map<String, Double> metrics = Map.of(error, trainingLoss);
        runs.append(run(data, protocol(), parameters, metrics, seconds, out));
        sayTrained(model, examples.length, seconds, out);
        String samples = model.notes().get(BlockTrainer.SAMPLES_NOTE);
        if (samples != null) {
          say("It is the mean of " + samples + " sweeps.");
        }
        return done(result(model, examples.length, recipe.chain().sweeps(), seconds, out));
      }
    }
  }

  private int[] trainingPart(DataSet data) {
    return split == null
        ? IntStream.range(0, data.examples()).toArray()
        : Split.byName(data, split).train();
  }

  private void sayTrained(Model model, int examples, double seconds, Path file) {
    String collisions = model.notes().get(ModelTrainer.COLLISIONS_NOTE);
    if (collisions != null) {
      say("%s values share the weights of others.".formatted(collisions));
    }
    String calibrated = model.notes().get(ModelTrainer.CALIBRATION_NOTE);
    if (calibrated != null && calibrated.startsWith(ModelTrainer.NOT_CALIBRATED)) {
      err().println("femto: warning: calibration " + calibrated);
    } else if (calibrated != null) {
      say("Calibrated on the part that was set aside: " + calibrated);
    }
    say(
        "Trained %s parameters on %s examples in %.1f seconds: %s"
            .formatted(Report.count(model.parameters()), Report.count(examples), seconds, file));
  }

  private Map<String, Object> result(
      Model model, int examples, long epochs, double seconds, Path file) {
    Map<String, Object> result = new LinkedHashMap<>();
    result.put("model", family.kind.toString());
    result.put("examples", examples);
    result.put("features", model.features().size());
    result.put("parameters", model.parameters());
    result.put("epochs", epochs);
    String collisions = model.notes().get(ModelTrainer.COLLISIONS_NOTE);
    if (collisions != null) {
      result.put("collisions", Integer.parseInt(collisions));
    }
    String calibrated = model.notes().get(ModelTrainer.CALIBRATION_NOTE);
    if (calibrated != null) {
      result.put("calibration", calibrated);
    }
    result.put("seconds", seconds);
    result.put("out", file.toString());
    return result;
  }

  /** A line for each power of two, and for the last. */
  private void print(BlockRecipe recipe, long sweep, long sweeps, double error) {
    trainingLoss = error;
    if (Long.bitCount(sweep) == 1 || sweep == sweeps) {
      String what = isOfNumbers(recipe) ? "training error" : "distance to hidden numbers";
      say(
          "sweep %s of %s: %s %s"
              .formatted(Report.count(sweep), Report.count(sweeps), what, Report.number(error)));
    }
  }

  /** Otherwise errors are of what is drawn between levels or classes, about 1 for any model. */
  private static boolean isOfNumbers(BlockRecipe recipe) {
    return recipe.loss() == Loss.SQUARED && !recipe.ordinal();
  }

  private int follow(Path events) throws IOException {
    require(
        family.kind == ModelKind.FM || family.kind == ModelKind.LINEAR,
        "--follow learns --model fm or linear, and no " + family.kind);
    require(dataPath == null && out == null, "--follow learns no DATASET and has no --out");
    require(
        split == null && search == null && warmStart == null && runs.given == null,
        "--split, --search, --warm-start and --runs do not go with --follow");
    require(follow.publish != null, "--publish DIR is missing: where versions are written");
    require(follow.most >= 1, "--events must be 1 or more");
    require(
        FollowOptions.isOfEveryField(options.linearL2)
            && FollowOptions.isOfEveryField(options.factorL2),
        "--l2 and --l2-factors take * alone with --follow");
    Path publish = Objects.requireNonNull(follow.publish);
    Path state =
        follow.state == null
            ? publish.resolveSibling(publish.getFileName() + ".state")
            : follow.state;
    boolean said = spec.commandLine().getParseResult().hasMatchedOption("--loss");
    StreamOptions stream =
        follow.options(
            options, family.kind == ModelKind.LINEAR, said ? options.loss() : Loss.LOGISTIC);
    return new FollowTraining(this, follow, stream, state).run(events);
  }

  /** Learns a model that ranks and predicts nothing. */
  private int rank() throws IOException {
    require(follow.events == null, "--follow learns clicks: --loss logistic");
    require(follow.publish == null && follow.state == null, "--publish and --state need --follow");
    require(dataPath != null, "a DATASET is missing");
    require(this.out != null, "--out MODEL is missing");
    require(family.kind == ModelKind.FM, "--model linear cannot rank for a user: use fm");
    require(
        search == null && warmStart == null,
        "--search and --warm-start do not go with what ranks (--loss bpr or warp, ials)");
    requireExamplesAsTheyAre();
    RankingOptions.check(this, options, blockOptions);
    Path out = Objects.requireNonNull(this.out);
    DurableFile.requireTarget(out);
    long start = System.nanoTime();
    try (DataSet data = DataSet.openOrImport(Objects.requireNonNull(dataPath))) {
      int[] examples = trainingPart(data);
      RankingRecipe recipe = RankingOptions.recipe(options, blockOptions, data);
      RankingTrainer trainer =
          new RankingTrainer(data, recipe)
              .note(ModelTrainer.DATA_NOTE, data.identity())
              .note("split", protocol())
              .listener(epoch -> print(epoch, recipe.epochs()));
      Map<String, String> parameters = RunLogOption.parameters(recipe, data);
      Map<String, Double> metrics = Map.of();
      try (Model model = trainer.train(examples)) {
        ModelFile.write(model, out);
        double seconds = (System.nanoTime() - start) / 1e9;
        runs.append(run(data, protocol(), parameters, metrics, seconds, out));
        sayTrained(model, examples.length, seconds, out);
        return done(result(model, examples.length, recipe.epochs(), seconds, out));
      }
    }
  }

  /** A line for each power of two, and for the last. */
  private void print(int epoch, int epochs) {
    if (Integer.bitCount(epoch) == 1 || epoch == epochs) {
      say("epoch %3d of %d".formatted(epoch, epochs));
    }
  }

  private int train(Path dataPath, Path out) throws IOException {
    require(threads >= 1, "--threads must be 1 or more");
    boolean byKernels =
        family.kind == ModelKind.FM
            || family.kind == ModelKind.LINEAR
            || family.kind == ModelKind.MF;
    require(threads == 1 || byKernels, "--threads goes with --model fm, linear and mf");
    require(
        options.optimizer != RecipeOptions.Method.FTRL || byKernels,
        "--optimizer ftrl goes with --model fm, linear and mf");
    require(
        positiveWeight == 1 || options.loss() == Loss.LOGISTIC,
        "--positive-weight goes with --loss logistic");
    DurableFile.requireTarget(out);
    long start = System.nanoTime();
    try (DataSet data = DataSet.openOrImport(dataPath)) {
      int[] examples = trainingPart(data);
      Recipe recipe = family.recipe(options, data).withPreparation(preparation());
      if (search != null) {
        recipe =
            search(
                RecipeSearch.of(data, examples, recipe),
                RunLogOption::parameters,
                search,
                data,
                out);
      }
      ModelTrainer trainer = trainer(data, recipe);
      try (Model model = train(trainer, examples)) {
        ModelFile.write(model, out);
        double seconds = (System.nanoTime() - start) / 1e9;
        log(data, recipe, losses(), seconds, out);
        sayTrained(model, examples.length, seconds, out);
        Map<String, Object> result =
            result(model, examples.length, ModelTrainer.epochs(model), seconds, out);
        if (model.interactions() instanceof PairWeights pairs) {
          PairCollisions collisions = PairCollisions.of(pairs);
          say(collisions.toString());
          result.put("pairs_in_use", collisions.used());
          result.put("pairs_sharing", collisions.share());
        }
        return done(result);
      } catch (DivergedException e) {
        log(data, recipe, DIVERGED, (System.nanoTime() - start) / 1e9, out); // it was tried too
        throw e;
      }
    }
  }

  /** Refuses what goes with steps on single examples alone. */
  private void requireExamplesAsTheyAre() {
    Recipe.Preparation preparation = preparation();
    boolean asTheyAre = preparation.minCount() <= 1 && preparation.hashBits() == 0;
    require(
        asTheyAre && positiveWeight == 1 && threads == 1,
        "--positive-weight, --threads, --min-count and --hash-bits go with squared and logistic loss"
            + " and --optimizer sgd, adagrad or ftrl");
  }

  private Recipe.Preparation preparation() {
    boolean counted = spec.commandLine().getParseResult().hasMatchedOption("--min-count");
    return new Recipe.Preparation(
        counted ? follow.minimumCount : 1, follow.hashBits, positiveWeight);
  }

  /** What was reached on the training part and, if one was set aside, on its validation part. */
  private Map<String, Double> losses() {
    Map<String, Double> losses = new LinkedHashMap<>();
    losses.put("training_loss", trainingLoss);
    if (bestEpoch > 0) {
      losses.put("validation_loss", validationLoss);
      losses.put("best_epoch", (double) bestEpoch);
    }
    return losses;
  }

  private void log(
      DataSet data, Recipe recipe, Map<String, Double> metrics, double seconds, Path out) {
    Map<String, String> parameters = RunLogOption.parameters(recipe);
    if (warmStart != null) {
      parameters.put("warm-start", warmStart.toString());
    }
    if (calibration != null) {
      parameters.put("calibrate", calibration.name().toLowerCase(Locale.ROOT));
    }
    runs.append(run(data, protocol(), parameters, metrics, seconds, out));
  }

  private Run run(
      DataSet data,
      String protocol,
      Map<String, String> parameters,
      Map<String, Double> metrics,
      double seconds,
      Path out) {
    return runs.run(
        data.identity(),
        protocol,
        family.kind.toString(),
        parameters,
        options.seed,
        metrics,
        seconds,
        out);
  }

  private String protocol() {
    return split == null ? "none" : split;
  }

  private ModelTrainer trainer(DataSet data, Recipe recipe) {
    ModelTrainer trainer =
        new ModelTrainer(data, recipe)
            .note(ModelTrainer.DATA_NOTE, data.identity())
            .note("split", protocol())
            .threads(threads)
            .listener(this::print);
    return calibration == null ? trainer : trainer.calibrate(calibration);
  }

  private Model train(ModelTrainer trainer, int[] examples) throws IOException {
    if (warmStart == null) {
      return trainer.train(examples);
    }
    try (Model start = ModelFile.read(warmStart)) {
      return trainer.startFrom(start).train(examples);
    }
  }

  private void print(Training.Epoch epoch) {
    if (epoch.epoch() == 1 && printedEpochs) {
      say("Training anew on all of the training part.");
      nanos = 0;
      epochsRun = 0;
      lastEpoch = bestEpoch;
    } else if (epoch.epoch() == 1) {
      lastEpoch = epoch.epochs();
    }
    printedEpochs = true;
    trainingLoss = epoch.trainingLoss();
    if (!(epoch.validationLoss() >= validationLoss) && !Double.isNaN(epoch.validationLoss())) {
      validationLoss = epoch.validationLoss();
      bestEpoch = epoch.epoch();
    }
    String validation =
        Double.isNaN(epoch.validationLoss())
            ? ""
            : ", validation loss " + Report.number(epoch.validationLoss());
    if (!Double.isNaN(epoch.validationAuc())) {
      validation += ", AUC " + Report.number(epoch.validationAuc());
    }
    nanos += epoch.nanos();
    epochsRun++;
    long left = Math.round((double) nanos / epochsRun * (lastEpoch - epoch.epoch()) / 1e9);
    double rate = epoch.examples() / (epoch.nanos() / 1e9);
    say(
        String.format(
            Locale.ROOT,
            "epoch %3d of %d: training loss %s%s, %,.0f examples a second, %,d s left",
            epoch.epoch(),
            epoch.epochs(),
            Report.number(epoch.trainingLoss()),
            validation,
            rate,
            left));
  }

  private <R> R search(
      RecipeSearch<R> searched,
      Function<R, Map<String, String>> parametersOf,
      int trials,
      DataSet data,
      Path out) {
    say("Searching: " + searched.protocol());
    String protocol = protocol() + ", cut: " + searched.protocol();
    String metric = "search_" + searched.figure().replace("@", "_at_").replace(' ', '_');
    long start = System.nanoTime();
    List<RecipeSearch.Trial<R>> tried;
    try (Progress progress = Progress.start("searching", trials)) {
      int threads = Runtime.getRuntime().availableProcessors();
      tried = searched.run(trials, threads, progress::step);
    }
    double seconds = (System.nanoTime() - start) / 1e9 / trials;
    Report.Table table = new Report.Table("trial", searched.figure(), "recipe");
    for (RecipeSearch.Trial<R> trial : tried) {
      Map<String, String> parameters = parametersOf.apply(trial.recipe());
      parameters.put("trial", Integer.toString(trial.number()));
      Map<String, Double> metrics = Map.of(metric, trial.figure());
      runs.append(run(data, protocol, parameters, metrics, seconds, out));
      table.row(
          Integer.toString(trial.number()),
          Report.number(trial.figure()),
          searched.describe(trial.recipe()));
    }
    if (!json) {
      table.print(out());
    }
    return tried.getFirst().recipe();
  }
}
