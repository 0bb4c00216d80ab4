package femto.tools.cli;

import static femto.tools.cli.Cli.femto;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import femto.tools.train.SmallWorld;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The usual way on a small generated world, a command at a time. */
class WorkflowTest {
  private static Path folder;
  private static Path raw;
  private static Path set;
  private static Path ratings;
  private static Path likes;

  @BeforeAll
  static void prepare(@TempDir Path directory) throws IOException {
    folder = directory;
    raw = SmallWorld.raw(folder.resolve("raw"), 3000);
    set = folder.resolve("set");
    femto("import", "--format", "movielens", raw, "--out", set).ok();
    ratings = folder.resolve("ratings.femto");
    femto("train", set, "--split", "u1", "--epochs", 5, "--out", ratings).ok();
    likes = folder.resolve("likes.femto");
    femto("train", set, "--loss", "logistic", "--epochs", 3, "--out", likes).ok();
  }

  @Test
  void shouldGenerateTheSameBytesForOneSeedAndSayWhatComesNext() throws IOException {
    Path one = folder.resolve("one");
    Path two = folder.resolve("two");
    Cli.Result text = femto("generate", "--rows", 500, "--seed", 3, "--out", one).ok();
    assertThat(text.out()).contains("Generated 500 ratings", "femto import --format movielens");
    JsonNode json = femto("generate", "--rows", 500, "--seed", 3, "--out", two, "--json").json();
    assertThat(json.get("rows").asInt()).isEqualTo(500);
    assertThat(json.get("seed").asInt()).isEqualTo(3);
    assertThat(json.get("out").asText()).isEqualTo(two.toString());
    assertThat(two.resolve("u.data")).hasSameBinaryContentAs(one.resolve("u.data"));
    femto("generate", "--rows", 500, "--seed", 4, "--out", two).ok();
    assertThat(Files.readAllBytes(two.resolve("u.data")))
        .isNotEqualTo(Files.readAllBytes(one.resolve("u.data")));
  }

  @Test
  void shouldImportAllOrOneRatingsFile() {
    Path out = folder.resolve("imported");
    JsonNode all = femto("import", "--format", "movielens", raw, "--out", out, "--json").json();
    assertThat(all.get("examples").asInt()).isEqualTo(3000);
    assertThat(all.get("folds").toString()).isEqualTo("[\"u1\"]");
    assertThat(Cli.keys(all)).contains("contexts", "candidates", "features", "out");
    JsonNode part =
        femto("import", "--format", "movielens", raw, "--part", "u1.base", "--out", out, "--json")
            .json();
    assertThat(part.get("examples").asInt()).isEqualTo(2400);
    assertThat(part.get("folds")).isEmpty();
  }

  @Test
  void shouldTrainFromARawFolderAsFromItsDataSet() throws IOException {
    Path fromRaw = folder.resolve("from-raw.femto");
    femto("train", raw, "--split", "u1", "--epochs", 5, "--out", fromRaw).ok();
    assertThat(fromRaw).hasSameBinaryContentAs(ratings);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "--model fm",
        "--model linear --optimizer adagrad --step 0.1",
        "--loss logistic --negatives 2",
        "--loss bpr --implicit user --factors 4",
        "--loss warp --negatives 5 --popularity-power 0.5 --factors 4",
        "--optimizer ials --implicit user --factors 4",
        "--fields user,movie --valid 0.2 --patience 1"
      })
  void shouldTrainTheSameBytesWithOneSeedAndOthersWithAnother(String options) throws IOException {
    byte[] first = train(options + " --seed 11");
    assertThat(train(options + " --seed 11")).isEqualTo(first);
    assertThat(train(options + " --seed 12")).isNotEqualTo(first);
  }

  private static byte[] train(String options) throws IOException {
    Path out = folder.resolve("again.femto");
    Object[] given = (options + " --split u1 --epochs 3 --out " + out).split(" ", -1);
    Object[] arguments = new Object[given.length + 2];
    arguments[0] = "train";
    arguments[1] = set;
    System.arraycopy(given, 0, arguments, 2, given.length);
    femto(arguments).ok();
    return Files.readAllBytes(out);
  }

  @Test
  void shouldSayWhatTrainingDid() {
    Path out = folder.resolve("said.femto");
    Cli.Result text =
        femto("train", set, "--split", "u1", "--epochs", 4, "--valid", 0.2, "--out", out).ok();
    assertThat(text.out())
        .contains("epoch   1 of 4: training loss", "validation loss", "on 2,400 examples", "said");
    JsonNode json =
        femto("train", set, "--split", "u1", "--epochs", 4, "--out", out, "--json").json();
    assertThat(json.get("examples").asInt()).isEqualTo(2400);
    assertThat(json.get("epochs").asInt()).isEqualTo(4);
    assertThat(json.get("parameters").asLong()).isEqualTo(1 + 17 * json.get("features").asLong());
    assertThat(Cli.keys(json)).contains("seconds", "out");
  }

  @Test
  void shouldWriteNumbersAsNumbersNotAsText() {
    Path out = folder.resolve("numbers.femto");
    JsonNode json = femto("train", set, "--epochs", 1, "--out", out, "--json").json();
    assertThat(json.get("epochs").isNumber()).isTrue();
  }

  @Test
  void shouldTrainALinearModelAsAModelWithoutFactors() {
    Path out = folder.resolve("linear.femto");
    femto("train", set, "--model", "linear", "--epochs", 2, "--out", out).ok();
    JsonNode json = femto("inspect", out, "--json").json();
    assertThat(json.get("family").asText()).isEqualTo("linear");
    assertThat(json.get("factors").asInt()).isZero();
    assertThat(json.get("folded_length").asInt()).isZero();
  }

  @Test
  void shouldStartWarmFromAModelAndRefuseOneOfAnotherSize() {
    Path out = folder.resolve("warm.femto");
    double cold = firstLoss(femto("train", set, "--epochs", 1, "--out", out).ok());
    double warm =
        firstLoss(femto("train", set, "--epochs", 1, "--warm-start", ratings, "--out", out).ok());
    assertThat(warm).isLessThan(cold);
    femto(
            "train",
            set,
            "--epochs",
            1,
            "--factors",
            3,
            "--warm-start",
            ratings,
            "--out",
            folder.resolve("no.femto"))
        .failed(1, "16 factors", "expected 3");
    assertThat(folder.resolve("no.femto")).doesNotExist();
  }

  private static double firstLoss(Cli.Result result) {
    return Double.parseDouble(
        result.out().replaceFirst("(?s).*?epoch +1 of 1: training loss ([0-9.]+),.*", "$1"));
  }

  /** The weights of a model of ratings mean nothing to a model of probabilities. */
  @Test
  void shouldRefuseToStartWarmFromAModelOfAnotherLink() {
    Path out = folder.resolve("crossed.femto");
    femto("train", set, "--loss", "logistic", "--epochs", 1, "--warm-start", ratings, "--out", out)
        .failed(1, "identity", "sigmoid");
  }

  @Test
  void shouldSearchPrintTheTrialsAndTrainWithTheBest() {
    Path out = folder.resolve("searched.femto");
    Cli.Result text =
        femto("train", set, "--split", "u1", "--epochs", 2, "--search", 3, "--out", out).ok();
    assertThat(text.out()).contains("Searching: rmse", "recipe", "--step ", "--l2 ", "Trained ");
    List<String> trials =
        text.out().lines().filter(line -> line.matches("\\s*[123] +[0-9.]+ +--step .*")).toList();
    assertThat(trials).hasSize(3);
    assertThat(femto("inspect", out).ok().out()).contains("u1");
    assertThat(
            femto("train", set, "--epochs", 1, "--search", 2, "--out", out, "--json")
                .json()
                .get("examples")
                .asInt())
        .isEqualTo(3000);
  }

  @Test
  void shouldEvaluateRatingsOnTheSplitThatTheModelWasTrainedOn() {
    Cli.Result text = femto("evaluate", ratings, "--data", set).ok();
    assertThat(text.out())
        .contains("u1", "600 test ratings", "clipped to the range", "RMSE", "MAE", "NDCG@10")
        .contains("popularity", "best possible", "coverage");
    JsonNode json = femto("evaluate", ratings, "--data", set, "--json").json();
    assertThat(json.get("split").asText()).isEqualTo("u1");
    assertThat(json.get("test_examples").asInt()).isEqualTo(600);
    assertThat(json.get("rmse").asDouble())
        .isGreaterThan(json.get("mae").asDouble())
        .isGreaterThan(json.get("rmse_best").asDouble());
    for (String figure : List.of("rmse", "mae", "ndcg_at_10", "precision_at_10_popularity")) {
      assertThat(json.get(figure).asDouble())
          .as(figure)
          .isBetween(json.get(figure + "_low").asDouble(), json.get(figure + "_high").asDouble());
    }
    assertThat(Cli.keys(json))
        .contains("precision_at_10", "recall_at_10", "mrr_at_10", "ndcg_at_10", "map_at_10")
        .contains("coverage_at_10", "ndcg_at_10_popularity", "precision_at_10_popularity");
  }

  @Test
  void shouldWriteAPageOfEachKindOfModel() throws IOException {
    Path page = folder.resolve("evaluation.html");
    femto("evaluate", ratings, "--data", set, "--report", page).ok();
    assertThat(Files.readString(page))
        .contains("RMSE", "Mean prediction of each rating", "age", "year", "With factors: curved");
    femto(
        "evaluate", likes, "--data", set, "--report", page, "--picture", "gender,genre", "--json");
    assertThat(Files.readString(page))
        .contains("AUC", "Whether probabilities are what they say", "gender F", "Comedy");
    femto("evaluate", ratings, "--data", set, "--report", page, "--picture", "age,colour")
        .failed(1, "colour", "year");
    femto("evaluate", ratings, "--data", set, "--picture", "age").failed(2, "two fields");
    femto("evaluate", ratings, "--data", set, "--picture", "age,year").failed(2, "--report");
  }

  @Test
  void shouldEvaluateProbabilitiesByAucAndLogLoss() {
    Cli.Result result = femto("evaluate", likes, "--data", set, "--top", 5, "--json");
    JsonNode json = result.json();
    assertThat(json.get("split").asText()).isEqualTo("all");
    assertThat(json.get("auc").asDouble()).isBetween(0.6, 1.0);
    assertThat(json.get("log_loss").asDouble()).isBetween(0.2, 0.7);
    assertThat(json.get("auc").asDouble())
        .isBetween(json.get("auc_low").asDouble(), json.get("auc_high").asDouble());
    assertThat(Cli.keys(json)).contains("auc_best", "ndcg_at_5").doesNotContain("rmse");
    assertThat(json.get("calibration_error").asDouble()).isBetween(0.0, 0.2);
    int binned = 0;
    for (JsonNode bin : json.get("reliability")) {
      binned += bin.get("examples").asInt();
      assertThat(bin.get("observed_low").asDouble())
          .isLessThanOrEqualTo(bin.get("observed").asDouble());
    }
    assertThat(binned).isEqualTo(json.get("test_examples").asInt());
    assertThat(result.err()).contains("warning", "\"none\"", "\"all\"");
  }

  @Test
  void shouldWarnAboutASplitThatTheModelWasNotTrainedOn() {
    Cli.Result foreign =
        femto("evaluate", ratings, "--data", set, "--split", "temporal-user", "--json");
    assertThat(foreign.err())
        .contains("warning", "trained on split \"u1\"", "test part of \"temporal-user\"");
    assertThat(foreign.json().get("split").asText()).isEqualTo("temporal-user");
    assertThat(femto("evaluate", ratings, "--data", set, "--split", "u1").ok().err()).isEmpty();
  }

  /** The note of the data that a model was trained on is there: another one's fold is foreign. */
  @Test
  void shouldWarnAboutOtherDataUnderTheNameOfTheSameSplit() throws IOException {
    Path other = SmallWorld.raw(folder.resolve("other"), 2000);
    Cli.Result result = femto("evaluate", ratings, "--data", other, "--json");
    assertThat(result.err()).contains("warning").contains("data");
  }

  @ParameterizedTest
  @ValueSource(strings = {"--folds u1", "--k 2"})
  void shouldCrossValidateRatings(String folds) {
    String line = "crossval --data " + set + " " + folds + " --loss squared --epochs 3";
    JsonNode json = femto((Object[]) (line + " --json").split(" ", -1)).json();
    assertThat(Cli.keys(json))
        .contains("mean_rmse", "mean_rmse_linear", "mean_rmse_ids_only", "folds", "seconds")
        .doesNotContain("mean_auc");
    double sum = 0;
    for (JsonNode fold : json.get("folds")) {
      assertThat(Cli.keys(fold)).contains("fold", "rmse", "rmse_linear", "rmse_ids_only");
      sum += fold.get("rmse").asDouble();
    }
    assertThat(json.get("folds")).hasSize(folds.endsWith("2") ? 2 : 1);
    assertThat(json.get("mean_rmse").asDouble())
        .isCloseTo(sum / json.get("folds").size(), within(1e-12));
  }

  @Test
  void shouldCrossValidateProbabilities() {
    String line = "crossval --data " + raw + " --folds u1 --loss logistic --positive 4 --epochs 3";
    JsonNode json = femto((Object[]) (line + " --json").split(" ", -1)).json();
    assertThat(Cli.keys(json))
        .contains("mean_auc", "mean_auc_linear", "mean_log_loss", "mean_log_loss_linear", "folds")
        .doesNotContain("mean_rmse");
    JsonNode fold = json.get("folds").get(0);
    assertThat(fold.get("fold").asText()).isEqualTo("u1");
    assertThat(fold.get("auc").asDouble()).isBetween(0.5, 1.0);
    assertThat(Cli.keys(fold)).contains("auc_linear", "log_loss", "log_loss_linear");
    String text = femto((Object[]) line.split(" ", -1)).ok().out();
    assertThat(text).contains("A rating of at least 4.0 is positive", "auc", "log loss", "mean");
    assertThat(text).contains("FM, ids only", "linear", "u1");
  }

  @Test
  void shouldAddUpWhatItExplains() throws IOException {
    String[] known = Files.readAllLines(raw.resolve("u1.base")).get(0).split("\t", -1);
    JsonNode json =
        femto(
                "explain",
                ratings,
                "--context",
                "user=" + known[0] + ",gender=M,age=24",
                "--candidate",
                "movie=" + known[1] + ",genre=Action|Opera,year=1066",
                "--json")
            .json();
    double sum = json.get("bias").asDouble();
    for (JsonNode part : json.get("linear")) {
      sum += part.asDouble();
    }
    for (JsonNode part : json.get("pairs")) {
      sum += part.asDouble();
    }
    assertThat(json.get("score").asDouble()).isCloseTo(sum, within(1e-9));
    assertThat(json.get("prediction").asDouble())
        .isEqualTo(Math.min(5, Math.max(1, json.get("score").asDouble())));
    assertThat(Cli.keys(json.get("linear")))
        .containsExactly("user", "age", "gender", "occupation", "movie", "year", "genre");
    // The year is unknown and the occupation missing; the other five fields give ten pairs.
    assertThat(json.get("pairs")).hasSize(10);
    assertThat(json.get("unknown").toString()).contains("year=1066", "Opera");
  }

  @Test
  void shouldNameTheUnknownToPeople() {
    Cli.Result text =
        femto("explain", likes, "--context", "user=99999", "--candidate", "movie=1").ok();
    assertThat(text.out())
        .contains("Unknown to the model, adds nothing: user=99999", "bias", "score")
        .contains("Prediction (sigmoid)");
  }

  @Test
  void shouldInspectFieldsAndTheParametersThatFactorsSave() {
    JsonNode json = femto("inspect", ratings, "--json").json();
    JsonNode fields = json.get("fields");
    long free = 0;
    long before = 0;
    for (JsonNode size : fields) {
      free += before * size.asLong();
      before += size.asLong();
    }
    assertThat(before).isEqualTo(json.get("features").asLong());
    assertThat(json.get("pairwise_parameters_free").asLong()).isEqualTo(free);
    assertThat(json.get("parameters_factors").asLong()).isEqualTo(16 * before);
    assertThat(json.get("parameters").asLong()).isEqualTo(1 + 17 * before);
    assertThat(json.get("notes").get("split").asText()).isEqualTo("u1");
    assertThat(json.get("notes").get("epochs").asText()).isEqualTo("5");
    String text = femto("inspect", ratings).ok().out();
    assertThat(text)
        .contains("fm, link identity, 16 factors", "clipped to 1.0 to 5.0", "bucket of 5")
        .contains(Report.count(free), Report.count(16 * before));
  }
}
