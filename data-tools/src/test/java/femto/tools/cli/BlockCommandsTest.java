package femto.tools.cli;

import static femto.tools.cli.Cli.femto;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import femto.tools.train.SmallWorld;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Gibbs sampling and ALS from the command line, on a small generated world. */
class BlockCommandsTest {
  private static final List<Object> GIBBS =
      List.of(
          "--optimizer",
          "gibbs",
          "--implicit",
          "user,movie",
          "--factors",
          3,
          "--chains",
          2,
          "--burn-in",
          2,
          "--epochs",
          6,
          "--samples",
          4);

  private static Path folder;
  private static Path set;

  @BeforeAll
  static void prepare(@TempDir Path directory) throws IOException {
    folder = directory;
    set = folder.resolve("set");
    Path raw = SmallWorld.raw(folder.resolve("raw"), 2500);
    femto("import", "--format", "movielens", raw, "--out", set).ok();
  }

  private static Cli.Result run(List<Object> options, Object... words) {
    List<Object> all = new ArrayList<>(List.of(words));
    all.addAll(options);
    return femto(all.toArray());
  }

  @Test
  void shouldReportAveragedSavedAndMeanWeightsApart() {
    JsonNode result =
        run(GIBBS, "crossval", "--data", set, "--folds", "u1", "--runs", "none", "--json")
            .ok()
            .json();
    JsonNode fold = result.get("folds").get(0);
    assertThat(Cli.keys(fold))
        .contains(
            "fold",
            "rmse",
            "rmse_linear",
            "rmse_ids_only",
            "rmse_saved",
            "rmse_posterior_mean",
            "mae",
            "seconds",
            "seconds_linear",
            "seconds_ids_only");
    assertThat(result.get("mean_rmse").asDouble()).isEqualTo(fold.get("rmse").asDouble());
    assertThat(result.get("mean_rmse_saved").asDouble())
        .isEqualTo(fold.get("rmse_saved").asDouble())
        .isNotEqualTo(result.get("mean_rmse").asDouble());
    assertThat(result.get("samples_averaged").asInt()).isEqualTo(12);
    assertThat(result.get("samples_saved").asInt()).isEqualTo(4);
    assertThat(result.get("uses_time").asBoolean()).isFalse();
  }

  @Test
  void shouldSayWhichModelsUseTheTimeOfARating() {
    Cli.Result timed =
        run(
                GIBBS,
                "crossval",
                "--data",
                set,
                "--folds",
                "u1",
                "--runs",
                "none",
                "--fields",
                "user,movie,user-day")
            .ok();
    assertThat(timed.out())
        .contains("user, movie, user.movies, movie.users, user-day")
        .contains("use the time of each rating");
    Cli.Result without =
        femto(
                "crossval",
                "--data",
                set,
                "--folds",
                "u1",
                "--optimizer",
                "als",
                "--epochs",
                2,
                "--runs",
                "none")
            .ok();
    assertThat(without.out()).contains("None uses the time of a rating.").doesNotContain("saved");
  }

  @Test
  void shouldTrainAModelThatEveryCommandReads() throws IOException {
    Path file = folder.resolve("gibbs.femto");
    JsonNode trained =
        run(GIBBS, "train", set, "--split", "u1", "--out", file, "--json").ok().json();
    assertThat(trained.get("epochs").asInt()).isEqualTo(16);
    JsonNode folds =
        run(GIBBS, "crossval", "--data", set, "--folds", "u1", "--runs", "none", "--json")
            .ok()
            .json();
    JsonNode tested = femto("evaluate", file, "--data", set, "--json").ok().json();
    assertThat(tested.get("rmse").asDouble())
        .isCloseTo(folds.get("mean_rmse_saved").asDouble(), within(1e-9));

    assertThat(femto("inspect", file).ok().out())
        .contains("4 of 3 factors, of 2 chains of 6 after 2", "user.movies", "movie.users");
    Path top = folder.resolve("top.csv");
    femto("rank", file, "--data", set, "--top", 3, "--out", top).ok();
    assertThat(Files.readAllLines(top).size()).isGreaterThan(3);
    JsonNode bare =
        femto("explain", file, "--context", "user=1", "--candidate", "movie=1", "--json")
            .ok()
            .json();
    JsonNode known =
        femto(
                "explain",
                file,
                "--context",
                "user=1,user.movies=1|2",
                "--candidate",
                "movie=1",
                "--json")
            .ok()
            .json();
    assertThat(known.get("score").asDouble()).isNotEqualTo(bare.get("score").asDouble());
  }

  @Test
  void shouldLearnRatingsAsLevels() {
    List<Object> levels = new ArrayList<>(GIBBS);
    levels.add("--ordinal");
    Path file = folder.resolve("levels.femto");
    run(levels, "train", set, "--split", "u1", "--out", file).ok();
    assertThat(femto("inspect", file).ok().out()).contains("curve (512 knots", "labels", "levels");
    JsonNode folds =
        run(levels, "crossval", "--data", set, "--folds", "u1", "--runs", "none", "--json")
            .ok()
            .json();
    JsonNode tested = femto("evaluate", file, "--data", set, "--json").ok().json();
    assertThat(tested.get("rmse").asDouble())
        .isCloseTo(folds.get("mean_rmse_saved").asDouble(), within(1e-9));
    JsonNode numbers =
        run(GIBBS, "crossval", "--data", set, "--folds", "u1", "--runs", "none", "--json")
            .ok()
            .json();
    assertThat(folds.get("mean_rmse").asDouble())
        .isCloseTo(numbers.get("mean_rmse").asDouble(), within(0.1))
        .isNotEqualTo(numbers.get("mean_rmse").asDouble());
    JsonNode explained =
        femto("explain", file, "--context", "user=1", "--candidate", "movie=1", "--json")
            .ok()
            .json();
    assertThat(explained.get("prediction").asDouble()).isBetween(1.0, 5.0);
  }

  @Test
  void shouldSearchPenaltiesOfAlsAndTrainWithTheBest() {
    Path out = folder.resolve("searched.femto");
    List<Object> als = List.of("--optimizer", "als", "--epochs", 3, "--implicit", "user");
    Cli.Result text = run(als, "train", set, "--split", "u1", "--search", 3, "--out", out).ok();
    assertThat(text.out()).contains("Searching: rmse, mean of 3 parts", "Trained ");
    List<String> trials =
        text.out()
            .lines()
            .filter(line -> line.matches("\\s*[123] +[0-9.]+ +--l2 .* --init .* --l2-factors .*"))
            .toList();
    assertThat(trials).hasSize(3);
    assertThat(trials)
        .anyMatch(line -> line.endsWith(" --init 0.1 --l2-factors *=450,movie=28,user=6"));
    String runs = femto("runs", folder.resolve("runs.jsonl")).ok().out();
    assertThat(runs).contains("search_rmse", "u1, cut: rmse", "4 of 4 runs");
    run(als, "train", set, "--search", 0, "--out", out).failed(2, "--search must be 1 or more");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "--optimizer gibbs --l2 *=1; --l2 does not go with --optimizer gibbs",
        "--optimizer gibbs --step 0.1; --step does not go with --optimizer gibbs",
        "--optimizer gibbs --loss logistic --negatives 4; --negatives does not go with",
        "--optimizer als --chains 2; --chains does not go with --optimizer als",
        "--implicit user; --implicit does not go with --optimizer sgd",
        "--optimizer als --ordinal; --ordinal does not go with --optimizer als",
        "--ordinal; --ordinal does not go with --optimizer sgd",
        "--optimizer gibbs --loss logistic --ordinal; expected --loss squared",
        "--optimizer gibbs --search 3; --search does not go with --optimizer gibbs",
        "--optimizer als --warm-start old.femto; --warm-start needs --optimizer",
        "--optimizer als --positive-weight 2; --positive-weight, --threads",
        "--optimizer gibbs --threads 2; --positive-weight, --threads",
        "--optimizer gibbs --min-count 3; --positive-weight, --threads",
        "--loss bpr --hash-bits 10; --positive-weight, --threads",
        "--optimizer ials --threads 2; --positive-weight, --threads",
        "--optimizer ials --ordinal; --ordinal does not go with --optimizer ials",
        "--loss bpr --ordinal; --ordinal does not go with --loss bpr or warp",
        "--optimizer gibbs --recency 3; --recency does not go with --optimizer gibbs",
        "--recency 3; --recency does not go with --optimizer sgd"
      })
  void shouldRefuseOptionsThatDoNotGoTogether(String options, String problem) {
    List<Object> words = new ArrayList<>(List.of((Object[]) options.split(" ", -1)));
    run(words, "train", set, "--out", folder.resolve("none.femto")).failed(2, problem);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "--optimizer gibbs --implicit genre; expected user or movie",
        "--optimizer gibbs --fields user-day; expected a field of the data too",
        "--optimizer gibbs --fields user,planet; planet",
        "--optimizer als --loss logistic; expected --optimizer gibbs",
        "--optimizer ials --recency 0.5; recency=0.5, expected 1 to 1000000",
        "--optimizer gibbs --samples 9 --epochs 1 --chains 1; expected 1 to 1"
      })
  void shouldSayWhatIsWrongWithARecipe(String options, String problem) {
    List<Object> words = new ArrayList<>(List.of((Object[]) options.split(" ", -1)));
    run(words, "train", set, "--out", folder.resolve("none.femto")).failed(1, problem);
  }
}
