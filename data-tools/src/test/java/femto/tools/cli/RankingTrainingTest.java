package femto.tools.cli;

import static femto.tools.cli.Cli.femto;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import femto.tools.train.SmallWorld;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Models that rank and predict nothing, trained and evaluated on a small generated world. */
class RankingTrainingTest {
  private static Path folder;
  private static Path set;

  @BeforeAll
  static void prepare(@TempDir Path directory) throws IOException {
    folder = directory;
    Path raw = SmallWorld.raw(folder.resolve("raw"), 4000);
    set = folder.resolve("set");
    femto("import", "--format", "movielens", raw, "--out", set).ok();
  }

  private static Cli.Result train(Path out, String options) {
    List<Object> arguments = new ArrayList<>(List.of("train", set, "--split", "u1"));
    arguments.addAll(Arrays.asList(options.split(" ", -1)));
    arguments.addAll(List.of("--runs", "none", "--out", out));
    return femto(arguments.toArray());
  }

  private static JsonNode evaluate(Path model) {
    return femto("evaluate", model, "--data", set, "--runs", "none", "--json").ok().json();
  }

  /** What one learns from a table of likes beats a list of the ids, here in the order of files. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "--loss bpr --epochs 20",
        "--loss warp --epochs 20",
        "--loss bpr --implicit user --epochs 20",
        "--optimizer ials --implicit user"
      })
  void shouldTrainWhatEvaluateReads(String options) {
    Path random = folder.resolve("random.femto");
    train(random, "--loss bpr --epochs 1 --step 1e-6 --factors 8").ok();
    Path model = folder.resolve("model.femto");
    String out = train(model, options + " --factors 8").ok().out();
    assertThat(out).contains("Trained", "parameters");
    JsonNode learned = evaluate(model);
    double before = evaluate(random).get("ndcg_at_10").asDouble();
    assertThat(learned.get("ndcg_at_10").asDouble()).isGreaterThan(before + 0.03);
    String text = femto("evaluate", model, "--data", set, "--runs", "none").ok().out();
    assertThat(text).contains("was trained to rank");
  }

  @Test
  void shouldSayTheRunUnderTheNamesOfItsOptions() {
    Path model = folder.resolve("logged.femto");
    Path log = folder.resolve("runs.jsonl");
    femto(
            "train",
            set,
            "--loss",
            "warp",
            "--implicit",
            "user",
            "--factors",
            3,
            "--epochs",
            1,
            "--l2-factors",
            "user.movies=0.25",
            "--runs",
            log,
            "--out",
            model)
        .ok();
    String runs = femto("runs", log, "--json").ok().out();
    assertThat(runs)
        .contains("\"loss\"", "warp", "user.movies", "user.movies=0.25", "\"negatives\"");
    assertThat(femto("inspect", model).ok().out()).contains("user.movies");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "--optimizer ials --loss bpr | --optimizer ials has no --loss but its own",
        "--optimizer adagrad --loss warp | --loss bpr and warp go with --optimizer sgd",
        "--loss bpr --valid 0.1 | --valid does not go with --loss bpr or warp",
        "--optimizer ials --step 0.1 | --step does not go with --optimizer ials",
        "--loss bpr --search 2 | --search and --warm-start do not go with what ranks",
        "--loss warp --model linear | cannot rank for a user",
        "--loss bpr --implicit nobody | implicit \"nobody\"",
        "--loss bpr --l2 nothing=1 | nothing"
      })
  void shouldRefuseWhatDoesNotGoTogether(String options, String problem) {
    Cli.Result result = train(folder.resolve("refused.femto"), options.strip());
    assertThat(result.exit()).isNotZero();
    assertThat(result.err()).contains(problem);
  }

  @Test
  void shouldSayThatCrossvalDoesNotRank() {
    Cli.Result result =
        femto("crossval", "--data", set, "--k", 2, "--loss", "bpr", "--runs", "none");
    assertThat(result.exit()).isEqualTo(2);
    assertThat(result.err()).contains("--loss bpr ranks");
  }
}
