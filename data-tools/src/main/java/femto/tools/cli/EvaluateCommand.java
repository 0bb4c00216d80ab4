package femto.tools.cli;

import femto.learn.Loss;
import femto.model.Model;
import femto.model.ModelFile;
import femto.tools.data.DataSet;
import femto.tools.evaluate.BinaryMetrics;
import femto.tools.evaluate.Calibration;
import femto.tools.evaluate.Popularity;
import femto.tools.evaluate.RankingEvaluation;
import femto.tools.evaluate.RankingMetrics;
import femto.tools.evaluate.RatingEvaluation;
import femto.tools.evaluate.RatingMetrics;
import femto.tools.evaluate.Split;
import femto.tools.evaluate.UserBootstrap;
import femto.tools.experiment.Interval;
import femto.tools.train.CrossValidation.Figures;
import femto.tools.train.ModelOnDataSet;
import femto.tools.train.ModelTrainer;
import femto.tools.train.RankingTrainer;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
    name = "evaluate",
    description = {
      "Test a model on the test part of a split.",
      "",
      "Measures its predictions, and how well it ranks the catalogue, with popularity "
          + "beside it. The protocol stands above each table.",
      "",
      "  femto train ml.data --split temporal-user --out ml.femto",
      "  femto evaluate ml.femto --data ml.data",
      ""
    })
final class EvaluateCommand extends BaseCommand {
  private static final int BINS = 10;

  /** Ends of the names of the ends of intervals. */
  static final String LOW = "_low";

  static final String HIGH = "_high";

  @Parameters(paramLabel = "MODEL", description = "A model file.")
  Path file = Path.of("");

  @Option(
      names = "--data",
      required = true,
      paramLabel = "DATASET",
      description = "A data-set folder, or a raw MovieLens folder.")
  Path dataPath = Path.of("");

  @Option(
      names = "--split",
      paramLabel = "NAME",
      description = {
        "temporal-user (each user's last fifth by time), temporal-global (the last fifth "
            + "of all), leave-last-out, random, random-user or random-item (a fifth drawn of all, "
            + "of each user's, of each item's), a predefined fold such as u1, or all (everything "
            + "is test). Default: the split that the model was trained on."
      })
  @Nullable String split;

  @Option(
      names = "--top",
      paramLabel = "K",
      defaultValue = "10",
      description = "Length of the ranked lists (default: ${DEFAULT-VALUE}).")
  int top = 10;

  @Option(
      names = "--positive",
      paramLabel = "LABEL",
      description =
          "Lowest label that is positive, and relevant (default: the model's, or the data's).")
  @Nullable Float givenPositive;

  @Option(
      names = "--report",
      paramLabel = "HTML",
      description = "Write a page with tables and plots there.")
  @Nullable Path reportFile;

  @Option(
      names = "--picture",
      split = ",",
      arity = "1",
      paramLabel = "FIELD",
      description = {
        "Two fields whose interaction the report shows, such as age,year (default: the smallest "
            + "field of each side)."
      })
  List<String> picture = List.of();

  @Mixin RunLogOption runs = new RunLogOption();

  private float positive = 4;

  @Override
  public Integer call() throws IOException {
    require(picture.isEmpty() || picture.size() == 2, "--picture takes two fields");
    require(picture.isEmpty() || reportFile != null, "--picture needs --report");
    long start = System.nanoTime();
    try (Model model = ModelFile.read(file);
        DataSet data = DataSet.openOrImport(dataPath)) {
      String modelPositive =
          model.notes().getOrDefault(ModelTrainer.POSITIVE_NOTE, Double.toString(data.positive()));
      positive = givenPositive != null ? givenPositive : Float.parseFloat(modelPositive);
      String trainedOn = model.notes().getOrDefault("split", "none");
      String name = split != null ? split : trainedOn.equals("none") ? "all" : trainedOn;
      Split tested = Split.byName(data, name);
      if (!name.equals(trainedOn)) {
        warn(
            "the model was trained on split \"%s\": it may have learned from the test part of \"%s\""
                .formatted(trainedOn, name));
      } else if (!model.notes().getOrDefault(ModelTrainer.DATA_NOTE, "").equals(data.identity())) {
        warn(
            "the model was trained on other data than this: split \"%s\" there is not the one here"
                .formatted(name));
      }
      Map<String, Object> result = new LinkedHashMap<>();
      result.put("split", name);
      result.put("test_examples", tested.test().length);
      if (RankingTrainer.isOfRanking(model)) {
        say(
            "The model was trained to rank: its scores are no ratings, and RMSE says nothing of it.");
      }
      Predicted predicted = predictions(model, data, tested, result);
      if (data.isCatalogue()) {
        ranking(model, data, tested, result);
      } else {
        sayWrapped(
            "Ranking: none. Several candidates have the same id, so that rows are impressions and no"
                + " catalogue.");
      }
      if (reportFile != null) {
        EvaluationPage.of(file, model, data, tested, predicted, picture, result).write(reportFile);
        say("Wrote " + reportFile);
      }
      log(model, data, name, result, (System.nanoTime() - start) / 1e9);
      return done(result);
    }
  }

  /** What was measured of the model, whose notes say how it was made. */
  private void log(
      Model model, DataSet data, String split, Map<String, Object> result, double seconds) {
    Map<String, String> parameters = new LinkedHashMap<>(model.notes());
    parameters.put("tested_positive", Float.toString(positive));
    String noted = model.notes().getOrDefault("seed", "");
    long seed = noted.matches("-?[0-9]{1,18}") ? Long.parseLong(noted) : 0;
    Map<String, Double> metrics = new LinkedHashMap<>();
    result.forEach(
        (name, value) -> {
          if (value instanceof Double figure && !name.endsWith(LOW) && !name.endsWith(HIGH)) {
            metrics.put(name, figure);
          }
        });
    String kind = model.family().name().toLowerCase(Locale.ROOT);
    runs.append(runs.run(data.identity(), split, kind, parameters, seed, metrics, seconds, file));
  }

  private void warn(String warning) {
    err().println("femto: warning: " + warning);
  }

  /**
   * Predictions of the test part.
   *
   * @param calibration null for a model of ratings
   */
  record Predicted(double[] values, @Nullable Calibration calibration) {}

  private Predicted predictions(
      Model model, DataSet data, Split tested, Map<String, Object> result) {
    Loss loss = model.link().isOfProbability() ? Loss.LOGISTIC : Loss.SQUARED;
    double[] predicted;
    Calibration calibration = null;
    try (ModelOnDataSet bound = new ModelOnDataSet(model, data)) {
      predicted = bound.predictions(tested.test());
    }
    Figures figures = Figures.of(predicted, loss, positive, data, tested);
    say("Predictions. Split: " + tested.description() + ";");
    say(
        "%s test ratings by %s users, of whom %s have ratings in training."
            .formatted(
                Report.count(tested.test().length),
                Report.count(tested.testUsers(data)),
                Report.count(tested.testUsersSeen(data))));
    Report.Table table;
    if (loss == Loss.SQUARED) {
      if (model.range().isBounded()) {
        say(
            "Predictions are clipped to the range of ratings seen in training, %s to %s."
                .formatted(model.range().lowest(), model.range().highest()));
      }
      result.put("rmse", figures.rmse());
      String rmse =
          putInterval(
              result,
              "rmse",
              data,
              tested,
              predicted,
              (labels, ratings) -> RatingMetrics.of(labels, ratings).rmse());
      result.put("mae", figures.mae());
      String mae =
          putInterval(
              result,
              "mae",
              data,
              tested,
              predicted,
              (labels, ratings) -> RatingMetrics.of(labels, ratings).mae());
      table = new Report.Table("model", "RMSE", "95 %", "MAE", "95 %");
      table.row(
          file.toString(), Report.number(figures.rmse()), rmse, Report.number(figures.mae()), mae);
      RatingEvaluation.bestRmse(data, tested)
          .ifPresent(
              best -> {
                result.put("rmse_best", best);
                table.row("best possible", Report.number(best), "", "", "");
              });
    } else {
      say("A rating of at least " + positive + " is positive.");
      result.put("auc", figures.auc());
      String auc =
          putInterval(
              result,
              "auc",
              data,
              tested,
              predicted,
              (labels, scores) -> BinaryMetrics.auc(positives(labels), scores));
      result.put("log_loss", figures.logLoss());
      String logLoss =
          putInterval(
              result,
              "log_loss",
              data,
              tested,
              predicted,
              (labels, scores) -> BinaryMetrics.logLoss(positives(labels), scores));
      calibration = RatingEvaluation.calibration(data, tested, predicted, positive, BINS);
      result.put("calibration_error", calibration.expectedError());
      result.put("reliability", calibration.bins().stream().map(EvaluateCommand::bin).toList());
      table = new Report.Table("model", "AUC", "95 %", "log loss", "95 %", "calibration error");
      table.row(
          file.toString(),
          Report.number(figures.auc()),
          auc,
          Report.number(figures.logLoss()),
          logLoss,
          Report.number(calibration.expectedError()));
      RatingEvaluation.bestAuc(data, tested, positive)
          .ifPresent(
              best -> {
                result.put("auc_best", best);
                OptionalDouble bestLoss = RatingEvaluation.bestLogLoss(data, tested, positive);
                bestLoss.ifPresent(least -> result.put("log_loss_best", least));
                String least = bestLoss.isPresent() ? Report.number(bestLoss.getAsDouble()) : "";
                table.row("best possible", Report.number(best), "", least, "", "");
              });
    }
    if (!json) {
      table.print(out());
      say("");
    }
    return new Predicted(predicted, calibration);
  }

  /** A figure of predictions. */
  @FunctionalInterface
  private interface Measure {
    double of(double[] labels, double[] predictions);
  }

  private boolean[] positives(double[] labels) {
    boolean[] positives = new boolean[labels.length];
    for (int i = 0; i < labels.length; i++) {
      positives[i] = labels[i] >= positive;
    }
    return positives;
  }

  /** Puts a figure's interval over users into the result; returns it for people. */
  private static String putInterval(
      Map<String, Object> result,
      String name,
      DataSet data,
      Split tested,
      double[] predicted,
      Measure measure) {
    int[] test = tested.test();
    double[] ends =
        UserBootstrap.ofFigure(
            data,
            tested,
            places -> {
              double[] labels = new double[places.length];
              double[] chosen = new double[places.length];
              for (int i = 0; i < places.length; i++) {
                labels[i] = data.label(test[places[i]]);
                chosen[i] = predicted[places[i]];
              }
              return measure.of(labels, chosen);
            });
    return put(result, name, ends);
  }

  private static String put(Map<String, Object> result, String name, double[] ends) {
    result.put(name + LOW, ends[0]);
    result.put(name + HIGH, ends[1]);
    return Report.number(ends[0]) + " to " + Report.number(ends[1]);
  }

  private static Map<String, Object> bin(Calibration.Bin bin) {
    Map<String, Object> members = new LinkedHashMap<>();
    Interval interval = EvaluationPage.observed(bin);
    members.put("predicted", bin.probability());
    members.put("observed", bin.rate());
    members.put("observed_low", interval.low());
    members.put("observed_high", interval.high());
    members.put("examples", bin.count());
    return members;
  }

  private void ranking(Model model, DataSet data, Split tested, Map<String, Object> result) {
    RankingEvaluation ofModel;
    try (ModelOnDataSet bound = new ModelOnDataSet(model, data)) {
      ofModel = RankingEvaluation.evaluate(data, tested, bound.rankers(), positive, top);
    }
    Popularity popularity = Popularity.of(data, tested.train(), positive);
    RankingEvaluation ofPopularity =
        RankingEvaluation.evaluate(data, tested, () -> popularity, positive, top);
    put(result, "", ofModel);
    put(result, "_popularity", ofPopularity);
    result.put("ranking_users", ofModel.users());
    if (!json) {
      sayWrapped("Ranking. " + ofModel.protocol());
      String at = "@" + top;
      Report.Table table =
          new Report.Table(
              "model",
              "precision" + at,
              "recall" + at,
              "MRR" + at,
              "NDCG" + at,
              "95 %",
              "MAP" + at,
              "coverage");
      row(table, file.toString(), ofModel);
      row(table, "popularity", ofPopularity);
      table.print(out());
    }
  }

  private void put(Map<String, Object> result, String suffix, RankingEvaluation evaluation) {
    RankingMetrics means = evaluation.means();
    String at = "_at_" + top + suffix;
    putMean(result, "precision" + at, means, evaluation, RankingMetrics::precision);
    putMean(result, "recall" + at, means, evaluation, RankingMetrics::recall);
    putMean(result, "mrr" + at, means, evaluation, RankingMetrics::reciprocalRank);
    putMean(result, "ndcg" + at, means, evaluation, RankingMetrics::ndcg);
    putMean(result, "map" + at, means, evaluation, RankingMetrics::averagePrecision);
    result.put("coverage" + at, evaluation.coverage());
  }

  private static void putMean(
      Map<String, Object> result,
      String name,
      RankingMetrics means,
      RankingEvaluation evaluation,
      ToDoubleFunction<RankingMetrics> metric) {
    result.put(name, metric.applyAsDouble(means));
    put(result, name, interval(evaluation, metric));
  }

  private static double[] interval(
      RankingEvaluation evaluation, ToDoubleFunction<RankingMetrics> metric) {
    return UserBootstrap.ofMean(evaluation.ofUsers().stream().mapToDouble(metric).toArray());
  }

  private static void row(Report.Table table, String name, RankingEvaluation evaluation) {
    RankingMetrics means = evaluation.means();
    double[] ndcg = interval(evaluation, RankingMetrics::ndcg);
    table.row(
        name,
        Report.number(means.precision()),
        Report.number(means.recall()),
        Report.number(means.reciprocalRank()),
        Report.number(means.ndcg()),
        Report.number(ndcg[0]) + " to " + Report.number(ndcg[1]),
        Report.number(means.averagePrecision()),
        Report.number(evaluation.coverage()));
  }
}
