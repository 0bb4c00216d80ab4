package femto.tools.cli;

import static java.util.stream.Collectors.joining;

import femto.learn.Loss;
import femto.tools.data.DataSet;
import femto.tools.evaluate.Split;
import femto.tools.train.CrossValidation;
import femto.tools.train.CrossValidation.Figures;
import femto.tools.train.Recipe;
import femto.tools.train.Recipes;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
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
      "Sets a factorization machine on all fields beside a linear model of the same "
          + "fields and a factorization machine on the ids alone. Each has the same settings "
          + "on every fold, and a fold's test part is read once, at the end.",
      "",
      "  femto crossval --data ml-100k --folds u1,u2,u3,u4,u5",
      "  femto crossval --data ml.data --k 5 --loss logistic --positive 4",
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

  @Mixin RecipeOptions options = new RecipeOptions();

  @Mixin RunLogOption runs = new RunLogOption();

  @Option(
      names = "--threads",
      paramLabel = "N",
      description = "Folds at once (default: all cores).")
  int threads = Runtime.getRuntime().availableProcessors();

  private static final List<String> MODELS = List.of("fm", "linear", "fm ids only");
  private static final List<String> SUFFIXES = List.of("", "_linear", "_ids_only");

  @Override
  public Integer call() throws IOException {
    require(threads >= 1, "--threads must be 1 or more");
    long start = System.nanoTime();
    try (DataSet data = DataSet.openOrImport(dataPath)) {
      List<Split> splits = splits(data);
      List<Recipe> recipes =
          List.of(
              options.recipe(Recipes.Kind.FM, data),
              options.recipe(Recipes.Kind.LINEAR, data),
              options.recipe(Recipes.Kind.FM_IDS_ONLY, data));
      List<List<Figures>> figures;
      try (Progress progress = Progress.start("training", (long) splits.size() * recipes.size())) {
        figures = CrossValidation.run(data, splits, recipes, threads, progress::step);
      }
      Map<String, Object> result = result(splits, figures);
      double seconds = (System.nanoTime() - start) / 1e9;
      result.put("seconds", seconds);
      log(data, splits, recipes, means(figures), seconds);
      if (!json) {
        print(splits, figures, seconds);
      }
      return done(result);
    }
  }

  /** A line for each model, with its means over the folds; the seconds are of all models. */
  private void log(
      DataSet data, List<Split> splits, List<Recipe> recipes, List<Figures> means, double seconds) {
    String protocol = "mean of " + splits.stream().map(Split::name).collect(joining(", "));
    for (int model = 0; model < means.size(); model++) {
      Figures mean = means.get(model);
      Map<String, Double> metrics = new LinkedHashMap<>();
      figuresOfLoss().forEach((name, figure) -> metrics.put(name, figure.applyAsDouble(mean)));
      Recipe recipe = recipes.get(model);
      runs.append(
          runs.run(
              data.identity(),
              protocol,
              MODELS.get(model),
              RunLogOption.parameters(recipe),
              recipe.seed(),
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
    if (options.loss == Loss.SQUARED) {
      figures.put("rmse", Figures::rmse);
      figures.put("mae", Figures::mae);
    } else {
      figures.put("auc", Figures::auc);
      figures.put("log_loss", Figures::logLoss);
    }
    return figures;
  }

  private Map<String, Object> result(List<Split> splits, List<List<Figures>> figures) {
    Map<String, Object> result = new LinkedHashMap<>();
    List<Figures> means = means(figures);
    figuresOfLoss().forEach((name, figure) -> putAll(result, "mean_" + name, means, figure));
    List<Map<String, Object>> folds = new ArrayList<>();
    for (int i = 0; i < splits.size(); i++) {
      Map<String, Object> fold = new LinkedHashMap<>();
      List<Figures> ofFold = figures.get(i);
      fold.put("fold", splits.get(i).name());
      figuresOfLoss().forEach((name, figure) -> putAll(fold, name, ofFold, figure));
      folds.add(fold);
    }
    result.put("folds", folds);
    return result;
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

  private static List<Figures> means(List<List<Figures>> figures) {
    List<Figures> means = new ArrayList<>();
    for (int model = 0; model < SUFFIXES.size(); model++) {
      int column = model;
      means.add(Figures.mean(figures.stream().map(fold -> fold.get(column)).toList()));
    }
    return means;
  }

  private void print(List<Split> splits, List<List<Figures>> figures, double seconds) {
    say("Trained on the training part of each fold with the same settings, tested once on its");
    say(
        options.loss == Loss.SQUARED
            ? "test part. Predictions are clipped to the range of ratings seen in training."
            : "test part. A rating of at least " + options.positive + " is positive.");
    List<Figures> means = means(figures);
    figuresOfLoss()
        .forEach(
            (name, figure) -> {
              Report.Table table =
                  new Report.Table(name.replace('_', ' '), "FM", "linear", "FM, ids only");
              for (int i = 0; i < splits.size(); i++) {
                row(table, splits.get(i).name(), figures.get(i), figure);
              }
              row(table, "mean", means, figure);
              say("");
              table.print(out());
            });
    say("");
    say("%.1f seconds".formatted(seconds));
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
