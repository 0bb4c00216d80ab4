package femto.tools.cli;

import femto.learn.LearnerOptions.Ftrl;
import femto.learn.LearnerOptions.L2;
import femto.learn.Loss;
import femto.learn.Optimizer;
import femto.learn.blocks.BlockOptions;
import femto.model.Family;
import femto.tools.data.DataSet;
import femto.tools.runs.Run;
import femto.tools.runs.RunLog;
import femto.tools.train.BlockRecipe;
import femto.tools.train.DerivedFields;
import femto.tools.train.RankingRecipe;
import femto.tools.train.Recipe;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.FileSystemException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.ToDoubleFunction;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Where a command writes down what was tried. */
final class RunLogOption {
  static final String FILE_NAME = "runs.jsonl";
  private static final String NONE = "none";

  @Spec(Spec.Target.MIXEE)
  CommandSpec spec;

  @Option(
      names = "--runs",
      paramLabel = "FILE",
      description =
          "Append what was tried and what came of it to this file, for 'femto runs'; none appends"
              + " nowhere (default: "
              + FILE_NAME
              + " beside the model file, or here if there is none).")
  @Nullable Path given;

  @SuppressWarnings("NullAway.Init") // picocli sets the spec before it runs a command
  RunLogOption() {}

  /**
   * A run of this command that ends now.
   *
   * @param file the model file that was written or tested, if there is one
   */
  Run run(
      String data,
      String protocol,
      String model,
      Map<String, String> parameters,
      long seed,
      Map<String, Double> metrics,
      double seconds,
      @Nullable Path file) {
    return new Run(
        Instant.now(),
        spec.name(),
        Femto.VERSION,
        data,
        protocol,
        model,
        parameters,
        seed,
        metrics,
        seconds,
        file);
  }

  /** Appends a run. What was asked for is done by then, so that this fails is a warning. */
  void append(Run run) {
    Path log = given;
    if (log == null) {
      log = run.file() == null ? Path.of(FILE_NAME) : run.file().resolveSibling(FILE_NAME);
    } else if (log.toString().equals(NONE)) {
      return;
    }
    try {
      new RunLog(log).append(run);
    } catch (IOException e) {
      String reason =
          e instanceof FileSystemException failure
              ? failure.getFile() + ": " + Femto.reasonOf(failure)
              : e.getMessage();
      PrintWriter err = spec.commandLine().getErr();
      err.println("femto: warning: the run is not logged: " + reason);
      err.flush();
    }
  }

  /** All that a recipe says, but for the seed, under the names of the options that say it. */
  static Map<String, String> parameters(Recipe recipe) {
    Map<String, String> all = new LinkedHashMap<>();
    Recipe.Task task = recipe.task();
    all.put("loss", task.loss().name().toLowerCase(Locale.ROOT));
    if (task.loss() == Loss.LOGISTIC) {
      all.put("positive", Double.toString(task.positive()));
    }
    if (task.isRanking()) {
      all.put("negatives", Integer.toString(task.negatives()));
      all.put("popularity-power", Double.toString(task.popularityPower()));
    }
    all.put("fields", recipe.fields().isEmpty() ? "all" : String.join(",", recipe.fields()));
    all.put("factors", Integer.toString(recipe.factors()));
    if (recipe.family().rank() > 0) {
      all.put("rank", Integer.toString(recipe.family().rank()));
    }
    if (recipe.family().family() == Family.FWFM) {
      all.put("l2-strengths", Double.toString(recipe.family().strengthL2()));
      all.put("step-strengths", Double.toString(recipe.family().strengthStep()));
    }
    if (recipe.family().hashBits() > 0) {
      all.put("pair-bits", Integer.toString(recipe.family().hashBits()));
    }
    all.put("optimizer", recipe.optimizer().name().toLowerCase(Locale.ROOT));
    all.put("step", Double.toString(recipe.tuning().stepSize()));
    if (recipe.optimizer() == Optimizer.ADAGRAD) {
      all.put("initial-state", Double.toString(recipe.tuning().initialState()));
    } else if (recipe.optimizer() == Optimizer.FTRL) {
      Ftrl ftrl = recipe.tuning().ftrl();
      all.put("beta", Double.toString(ftrl.beta()));
      all.put("l1", Double.toString(ftrl.linearL1()));
      all.put("l1-factors", Double.toString(ftrl.factorL1()));
    }
    recipe
        .tuning()
        .stepScales()
        .forEach(
            (field, scale) -> all.merge("step-scale", field + "=" + scale, (a, b) -> a + "," + b));
    Recipe.Preparation preparation = recipe.preparation();
    if (preparation.minCount() > 1) {
      all.put("min-count", Integer.toString(preparation.minCount()));
    }
    if (preparation.hashBits() > 0) {
      all.put("hash-bits", Integer.toString(preparation.hashBits()));
    }
    if (preparation.positiveWeight() != 1) {
      all.put("positive-weight", Double.toString(preparation.positiveWeight()));
    }
    all.put("l2", penalties(recipe, L2::linear));
    if (recipe.factors() > 0) {
      all.put("init", Double.toString(recipe.tuning().initialScale()));
    }
    if (recipe.isOfPairs()) {
      all.put("l2-factors", penalties(recipe, L2::factors));
    }
    all.put("epochs", Integer.toString(recipe.epochs()));
    if (recipe.validation() > 0) {
      all.put("valid", Double.toString(recipe.validation()));
      all.put("patience", Integer.toString(recipe.patience()));
    }
    return all;
  }

  /** All that a recipe over blocks says, but for the seed, under the names of the options. */
  static Map<String, String> parameters(BlockRecipe recipe, DataSet data) {
    Map<String, String> all = new LinkedHashMap<>();
    all.put("loss", recipe.loss().name().toLowerCase(Locale.ROOT));
    if (recipe.loss() == Loss.LOGISTIC) {
      all.put("positive", Double.toString(recipe.positive()));
    }
    all.put("fields", recipe.fields().isEmpty() ? "all" : String.join(",", recipe.fields()));
    if (!recipe.derived().isEmpty()) {
      all.put("derived", derived(recipe.derived(), data));
    }
    if (recipe.ordinal()) {
      all.put("ordinal", "true");
    }
    all.put("factors", Integer.toString(recipe.factors()));
    all.put("optimizer", recipe.method().name().toLowerCase(Locale.ROOT));
    all.put("init", Double.toString(recipe.initialScale()));
    BlockRecipe.Chain chain = recipe.chain();
    all.put("epochs", Integer.toString(chain.samples()));
    if (recipe.method() == BlockOptions.Method.ALS) {
      all.put("l2", penalties(recipe.l2(), L2::linear));
      all.put("l2-factors", penalties(recipe.l2(), L2::factors));
    } else {
      all.put("chains", Integer.toString(chain.chains()));
      all.put("burn-in", Integer.toString(chain.burnIn()));
      all.put("samples", Integer.toString(chain.kept()));
    }
    return all;
  }

  /** All that a ranking recipe says, but for the seed, under the names of the options. */
  static Map<String, String> parameters(RankingRecipe recipe, DataSet data) {
    Map<String, String> all = new LinkedHashMap<>();
    all.put("positive", Double.toString(recipe.positive()));
    all.put("fields", recipe.fields().isEmpty() ? "all" : String.join(",", recipe.fields()));
    all.put("derived", derived(recipe.derived(), data));
    all.put("factors", Integer.toString(recipe.factors()));
    all.put("init", Double.toString(recipe.initialScale()));
    all.put("epochs", Integer.toString(recipe.epochs()));
    all.put("l2", penalties(recipe.l2(), L2::linear));
    all.put("l2-factors", penalties(recipe.l2(), L2::factors));
    if (recipe.recency() > 1) {
      all.put("recency", Double.toString(recipe.recency()));
    }
    put(all, recipe.method());
    return all;
  }

  private static void put(Map<String, String> all, RankingRecipe.Method method) {
    switch (method) {
      case RankingRecipe.Pairs pairs -> {
        all.put("loss", pairs.loss().name().toLowerCase(Locale.ROOT));
        all.put("step", Double.toString(pairs.stepSize()));
        all.put("negatives", Integer.toString(pairs.negatives()));
        all.put("popularity-power", Double.toString(pairs.popularityPower()));
      }
      case RankingRecipe.LeastSquares squares -> {
        all.put("optimizer", "ials");
        all.put("unobserved", Double.toString(squares.unobserved()));
        all.put("frequency-power", Double.toString(squares.frequencyPower()));
      }
      case RankingRecipe.Refined refined -> put(all, refined.pairs());
    }
  }

  private static String derived(List<DerivedFields.Derived> derived, DataSet data) {
    return derived.stream().map(one -> one.field(data).name()).collect(Collectors.joining(","));
  }

  private static String penalties(Recipe recipe, ToDoubleFunction<L2> of) {
    return penalties(recipe.tuning().l2(), of);
  }

  private static String penalties(Map<String, L2> l2, ToDoubleFunction<L2> of) {
    return l2.entrySet().stream()
        .map(entry -> entry.getKey() + "=" + of.applyAsDouble(entry.getValue()))
        .collect(Collectors.joining(","));
  }
}
