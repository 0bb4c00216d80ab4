package femto.tools.cli;

import static java.util.stream.Collectors.joining;

import femto.learn.Loss;
import femto.learn.blocks.BlockOptions;
import femto.tools.cli.ModelOptions.ModelKind;
import femto.tools.data.DataSet;
import femto.tools.evaluate.Split;
import femto.tools.train.BlockRecipe;
import femto.tools.train.BlockTrainer;
import femto.tools.train.CrossValidation;
import femto.tools.train.CrossValidation.Figures;
import femto.tools.train.DerivedFields;
import femto.tools.train.Recipe;
import femto.tools.train.Recipes;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
    name = "crossval",
    description = {
      "Train and test a fold at a time.",
      "",
      "Sets a factorization machine on all fields, or what --model says, beside a linear model of "
          + "the same fields and a factorization machine on the ids alone. Each has the same settings "
          + "on every fold, and a fold's test part is read once, at the end.",
      "",
      "  femto crossval --data ml-100k --folds u1,u2,u3,u4,u5",
      "  femto crossval --data ml.data --k 5 --loss logistic --positive 4",
      "  femto crossval --data ml-100k --folds u1,u2,u3,u4,u5 --optimizer gibbs "
          + "--implicit user,movie",
      "",
      BlockRecipeOptions.WHEN,
      "",
      "With gibbs, predictions averaged over all samples are what is reported first. The model that "
          + "'femto train' saves (the mean of --samples samples) and the model of the mean weights "
          + "are reported beside them: they are other models.",
      ""
    })
final class CrossvalCommand extends BaseCommand {
  @Option(
      names = "--data",
      required = true,
      paramLabel = "DIR",
      description = "A data-set folder, or a raw MovieLens folder.")
  Path dataPath = Path.of("");

  @ArgGroup(multiplicity = "1")
  Folds folds = new Folds();

  static final class Folds {
    @Option(
        names = "--folds",
        split = ",",
        paramLabel = "NAME",
        description = "Predefined folds, such as u1,u2,u3,u4,u5.")
    @Nullable List<String> predefined;

    @Option(names = "--k", paramLabel = "K", description = "This many random folds.")
    int random;
  }

  @Mixin ModelOptions family = new ModelOptions();

  @Mixin RecipeOptions options = new RecipeOptions();

  @Mixin BlockRecipeOptions blockOptions = new BlockRecipeOptions();

  @Mixin RunLogOption runs = new RunLogOption();

  @Option(
      names = "--threads",
      paramLabel = "N",
      description = "Folds at once (default: all cores).")
  int threads = Runtime.getRuntime().availableProcessors();

  private static final List<String> MODELS = List.of("fm", "linear", "fm ids only");
  private static final List<String> SUFFIXES = List.of("", "_linear", "_ids_only");
  private static final List<Recipes.Kind> KINDS =
      List.of(Recipes.Kind.FM, Recipes.Kind.LINEAR, Recipes.Kind.FM_IDS_ONLY);

  /** Other ways to predict with the samples of a chain than to average its predictions. */
  private static final Map<String, Function<BlockTrainer.Outcome, Figures>> VARIANTS =
      new TreeMap<>(
          Map.of(
              "_saved", BlockTrainer.Outcome::saved,
              "_posterior_mean", BlockTrainer.Outcome::posteriorMean));

  /** How a model of the data is trained and tested on a split. */
  private record Trial(
      String model,
      String suffix,
      Map<String, String> parameters,
      long seed,
      Function<Split, Tested> run) {}

  /**
   * What came of a trial on a split.
   *
   * @param blocks the models behind averaged predictions, null if there is one model
   */
  private record Tested(Figures figures, BlockTrainer.@Nullable Outcome blocks, double seconds) {}

  @Override
  public Integer call() throws IOException {
    require(threads >= 1, "--threads must be 1 or more");
    boolean overBlocks = blockOptions.areMeant(options);
    family.check(options);
    require(
        family.kind != ModelKind.LINEAR && family.kind != ModelKind.MF,
        "--model %s stands beside each other one: expected fm, fwfm, fwfm-low-rank, ffm or poly2"
            .formatted(family.kind));
    require(
        family.kind == ModelKind.FM || !overBlocks,
        "--optimizer als and gibbs learn fm, and no --model " + family.kind);
    require(
        family.kind == ModelKind.FM || options.optimizer != RecipeOptions.Method.FTRL,
        "--optimizer ftrl goes with --model fm");
    long start = System.nanoTime();
    try (DataSet data = DataSet.openOrImport(dataPath)) {
      List<Split> splits = splits(data);
      List<List<Tested>> tested;
      List<Trial> trials = new ArrayList<>();
      LongAdder steps = new LongAdder();
      AtomicReference<@Nullable Progress> shown = new AtomicReference<>();
      Runnable step =
          () -> {
            Progress progress = shown.get();
            if (progress != null) {
              progress.step();
            }
          };
      List<BlockRecipe> blockRecipes = new ArrayList<>();
      for (int place = 0; place < MODELS.size(); place++) {
        if (overBlocks) {
          BlockRecipe recipe = blockOptions.recipe(options, KINDS.get(place), data);
          blockRecipes.add(recipe);
          steps.add(splits.size() * recipe.chain().sweeps());
          trials.add(trial(data, place, recipe, step));
        } else {
          Recipe recipe =
              place == 0 && family.kind != ModelKind.FM
                  ? family.recipe(options, data)
                  : options.recipe(KINDS.get(place), data);
          steps.add(splits.size());
          trials.add(trial(data, place, recipe, step));
        }
      }
      try (Progress progress = Progress.start("training", steps.sum())) {
        shown.set(progress);
        tested = CrossValidation.runEach(splits, trials.stream().map(Trial::run).toList(), threads);
      }
      Map<String, Object> result = result(splits, tested);
      if (overBlocks) {
        BlockRecipe recipe = blockRecipes.getFirst();
        result.put("uses_time", recipe.usesTime());
        if (recipe.method() == BlockOptions.Method.GIBBS) {
          result.put("samples_averaged", recipe.chain().chains() * recipe.chain().samples());
          result.put("samples_saved", recipe.chain().kept());
        }
      }
      double seconds = (System.nanoTime() - start) / 1e9;
      result.put("seconds", seconds);
      log(data, splits, trials, tested, seconds);
      if (!json) {
        print(data, splits, tested, seconds);
        if (overBlocks) {
          printVariants(data, blockRecipes.getFirst(), splits, tested);
        }
      }
      return done(result);
    }
  }

  private Trial trial(DataSet data, int place, Recipe recipe, Runnable step) {
    return new Trial(
        place == 0 ? family.kind.toString() : MODELS.get(place),
        SUFFIXES.get(place),
        RunLogOption.parameters(recipe),
        recipe.seed(),
        split -> {
          long start = System.nanoTime();
          Figures figures = CrossValidation.test(data, recipe, split);
          step.run();
          return new Tested(figures, null, (System.nanoTime() - start) / 1e9);
        });
  }

  private static Trial trial(DataSet data, int place, BlockRecipe recipe, Runnable step) {
    return new Trial(
        MODELS.get(place),
        SUFFIXES.get(place),
        RunLogOption.parameters(recipe, data),
        recipe.seed(),
        split -> {
          BlockTrainer trainer = new BlockTrainer(data, recipe);
          BlockTrainer.Outcome outcome =
              trainer.listener((sweep, sweeps, error) -> step.run()).test(split);
          boolean averaged = recipe.method() == BlockOptions.Method.GIBBS;
          return new Tested(outcome.averaged(), averaged ? outcome : null, outcome.seconds());
        });
  }

  /** A line for each model, with its means over the folds; the seconds are of all models. */
  private void log(
      DataSet data,
      List<Split> splits,
      List<Trial> trials,
      List<List<Tested>> tested,
      double seconds) {
    String protocol = "mean of " + splits.stream().map(Split::name).collect(joining(", "));
    List<Figures> means = means(tested);
    for (int place = 0; place < means.size(); place++) {
      Figures mean = means.get(place);
      Trial trial = trials.get(place);
      Map<String, Double> metrics = new LinkedHashMap<>();
      figuresOfLoss().forEach((name, figure) -> metrics.put(name, figure.applyAsDouble(mean)));
      runs.append(
          runs.run(
              data.identity(),
              protocol,
              trial.model(),
              trial.parameters(),
              trial.seed(),
              metrics,
              seconds,
              null));
    }
  }

  private List<Split> splits(DataSet data) {
    List<String> names = folds.predefined;
    if (names == null) {
      return Split.kFold(data, folds.random, options.seed);
    }
    return names.stream().map(name -> Split.predefined(data, name)).toList();
  }

  private Map<String, ToDoubleFunction<Figures>> figuresOfLoss() {
    Map<String, ToDoubleFunction<Figures>> figures = new LinkedHashMap<>();
    if (options.loss() == Loss.SQUARED) {
      figures.put("rmse", Figures::rmse);
      figures.put("mae", Figures::mae);
    } else {
      figures.put("auc", Figures::auc);
      figures.put("log_loss", Figures::logLoss);
    }
    return figures;
  }

  private Map<String, Object> result(List<Split> splits, List<List<Tested>> tested) {
    Map<String, Object> result = new LinkedHashMap<>();
    List<Figures> means = means(tested);
    figuresOfLoss().forEach((name, figure) -> putAll(result, "mean_" + name, means, figure));
    VARIANTS.forEach(
        (suffix, variant) ->
            ofVariant(tested, variant)
                .ifPresent(
                    figures ->
                        figuresOfLoss()
                            .forEach(
                                (name, figure) ->
                                    result.put(
                                        "mean_" + name + suffix,
                                        figure.applyAsDouble(Figures.mean(figures))))));
    List<Map<String, Object>> folds = new ArrayList<>();
    for (int i = 0; i < splits.size(); i++) {
      Map<String, Object> fold = new LinkedHashMap<>();
      int place = i;
      List<Tested> ofFold = tested.get(i);
      List<Figures> figures = ofFold.stream().map(Tested::figures).toList();
      fold.put("fold", splits.get(i).name());
      figuresOfLoss().forEach((name, figure) -> putAll(fold, name, figures, figure));
      VARIANTS.forEach(
          (suffix, variant) ->
              ofVariant(tested, variant)
                  .ifPresent(
                      of ->
                          figuresOfLoss()
                              .forEach(
                                  (name, figure) ->
                                      fold.put(
                                          name + suffix, figure.applyAsDouble(of.get(place))))));
      for (int model = 0; model < ofFold.size(); model++) {
        fold.put("seconds" + SUFFIXES.get(model), ofFold.get(model).seconds());
      }
      folds.add(fold);
    }
    result.put("folds", folds);
    return result;
  }

  /**
   * The figures by fold of another way to predict with the first model's samples, if it has any.
   */
  private static Optional<List<Figures>> ofVariant(
      List<List<Tested>> tested, Function<BlockTrainer.Outcome, Figures> variant) {
    List<Figures> figures = new ArrayList<>();
    for (List<Tested> ofFold : tested) {
      BlockTrainer.Outcome outcome = ofFold.getFirst().blocks();
      if (outcome == null) {
        return Optional.empty();
      }
      figures.add(variant.apply(outcome));
    }
    return Optional.of(figures);
  }

  private static void putAll(
      Map<String, Object> into,
      String name,
      List<Figures> figures,
      ToDoubleFunction<Figures> figure) {
    for (int model = 0; model < figures.size(); model++) {
      into.put(name + SUFFIXES.get(model), figure.applyAsDouble(figures.get(model)));
    }
  }

  private static List<Figures> means(List<List<Tested>> tested) {
    List<Figures> means = new ArrayList<>();
    for (int model = 0; model < MODELS.size(); model++) {
      int column = model;
      means.add(Figures.mean(tested.stream().map(fold -> fold.get(column).figures()).toList()));
    }
    return means;
  }

  private void print(DataSet data, List<Split> splits, List<List<Tested>> tested, double seconds) {
    say("Trained on the training part of each fold with the same settings, tested once on its");
    say(
        options.loss() == Loss.SQUARED
            ? "test part. Predictions are clipped to the range of ratings seen in training."
            : "test part. A rating of at least " + options.positive(data) + " is positive.");
    List<Figures> means = means(tested);
    figuresOfLoss()
        .forEach(
            (name, figure) -> {
              Report.Table table =
                  new Report.Table(name.replace('_', ' '), title(), "linear", "FM, ids only");
              for (int i = 0; i < splits.size(); i++) {
                List<Figures> figures = tested.get(i).stream().map(Tested::figures).toList();
                row(table, splits.get(i).name(), figures, figure);
              }
              row(table, "mean", means, figure);
              say("");
              table.print(out());
            });
    say("");
    say("%.1f seconds".formatted(seconds));
  }

  /** What the first column is of. */
  private String title() {
    return family.kind == ModelKind.FM ? "FM" : family.kind.toString();
  }

  /** What the first model knows, and what came of its samples in other ways. */
  private void printVariants(
      DataSet data, BlockRecipe recipe, List<Split> splits, List<List<Tested>> tested) {
    List<String> fields = new ArrayList<>(DerivedFields.ownFields(data, recipe.fields()));
    recipe.derived().forEach(derived -> fields.add(derived.field(data).name()));
    say("FM and linear know " + String.join(", ", fields) + ".");
    sayWrapped(
        recipe.usesTime()
            ? "FM and linear use the time of each rating, training and test: what a user rates in one"
                + " sitting is alike, and a random fold shares sittings between its parts. FM of ids"
                + " alone does not."
            : "None uses the time of a rating.");
    if (recipe.method() == BlockOptions.Method.ALS) {
      return;
    }
    BlockRecipe.Chain chain = recipe.chain();
    say("");
    sayWrapped(
        "FM is %d factors, predictions averaged over %s of %d samples after %d. Saved is the mean of"
                .formatted(
                    recipe.factors(),
                    chain.chains() == 1 ? "a chain" : chain.chains() + " chains",
                    chain.samples(),
                    chain.burnIn())
            + " %d of these, one model of %d factors; mean weights is one model of %d factors."
                .formatted(chain.kept(), chain.kept() * recipe.factors(), recipe.factors()));
    figuresOfLoss()
        .forEach(
            (name, figure) -> {
              Report.Table table =
                  new Report.Table(
                      "FM, " + name.replace('_', ' '),
                      "averaged",
                      "saved",
                      "mean weights",
                      "seconds a fold");
              for (int i = 0; i < splits.size(); i++) {
                Tested fm = tested.get(i).getFirst();
                BlockTrainer.Outcome outcome = fm.blocks();
                if (outcome != null) {
                  table.row(
                      splits.get(i).name(),
                      Report.number(figure.applyAsDouble(outcome.averaged())),
                      Report.number(figure.applyAsDouble(outcome.saved())),
                      Report.number(figure.applyAsDouble(outcome.posteriorMean())),
                      "%.1f".formatted(fm.seconds()));
                }
              }
              say("");
              table.print(out());
            });
  }

  private static void row(
      Report.Table table, String name, List<Figures> figures, ToDoubleFunction<Figures> figure) {
    table.row(
        name,
        Report.number(figure.applyAsDouble(figures.get(0))),
        Report.number(figure.applyAsDouble(figures.get(1))),
        Report.number(figure.applyAsDouble(figures.get(2))));
  }
}
