package femto.tools.cli;

import static femto.tools.cli.Cli.femto;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import femto.tools.runs.Run;
import femto.tools.runs.RunLog;
import femto.tools.runs.RunLog.Entry;
import femto.tools.train.SmallWorld;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RunsCommandTest {
  @TempDir private Path folder;
  private Path raw = Path.of("");
  private Path model = Path.of("");
  private Path log = Path.of("");

  @BeforeEach
  void generate() throws IOException {
    raw = SmallWorld.raw(folder.resolve("raw"), 600);
    model = folder.resolve("m.femto");
    log = folder.resolve("runs.jsonl");
  }

  private void train(Object... more) {
    List<Object> line = new ArrayList<>(List.of("train", raw, "--split", "u1", "--out", model));
    line.addAll(List.of(more));
    femto(line.toArray()).ok();
  }

  private List<Run> runs() throws IOException {
    RunLog.Content content = new RunLog(log).read();
    assertThat(content.malformed()).isEmpty();
    return content.entries().stream().map(Entry::run).toList();
  }

  private static int[] numbers(JsonNode json) {
    List<Integer> numbers = new ArrayList<>();
    json.get("runs").forEach(run -> numbers.add(run.get("run").asInt()));
    return numbers.stream().mapToInt(Integer::intValue).toArray();
  }

  @Test
  void shouldLogWhatTrainingReachedBesideTheModel() throws IOException {
    train("--epochs", 3, "--valid", 0.2, "--seed", 5);
    train("--epochs", 2, "--loss", "logistic", "--model", "linear");
    assertThat(runs()).hasSize(2);
    Run first = runs().get(0);
    assertThat(first.command()).isEqualTo("train");
    assertThat("femto " + first.version() + "\n").isEqualTo(femto("--version").ok().out());
    assertThat(first.protocol()).isEqualTo("u1");
    assertThat(first.seed()).isEqualTo(5);
    assertThat(first.file()).isEqualTo(model);
    assertThat(first.parameters())
        .containsEntry("loss", "squared")
        .containsEntry("factors", "16")
        .containsEntry("epochs", "3")
        .containsEntry("valid", "0.2");
    assertThat(first.metrics()).containsOnlyKeys("training_loss", "validation_loss", "best_epoch");
    assertThat(first.metrics().get("best_epoch")).isBetween(1.0, 3.0);
    Run second = runs().get(1);
    assertThat(second.model()).isEqualTo("linear");
    assertThat(second.data()).isEqualTo(first.data()).contains("crc32c:");
    assertThat(second.parameters()).containsEntry("positive", "4.0").doesNotContainKey("valid");
    assertThat(second.metrics()).containsOnlyKeys("training_loss");
  }

  /** The figures of the log are those that were printed. */
  @Test
  void shouldLogTheFiguresThatArePrinted() throws IOException {
    train("--epochs", 2);
    JsonNode printed = femto("evaluate", model, "--data", raw, "--json").ok().json();
    Path other = folder.resolve("other.jsonl");
    JsonNode crossval =
        femto("crossval", "--data", raw, "--k", 2, "--epochs", 2, "--runs", other, "--json")
            .ok()
            .json();
    Run tested = runs().get(1);
    assertThat(tested.command()).isEqualTo("evaluate");
    assertThat(tested.metrics().get("rmse")).isEqualTo(printed.get("rmse").asDouble());
    assertThat(tested.metrics().get("ndcg_at_10")).isEqualTo(printed.get("ndcg_at_10").asDouble());
    assertThat(tested.metrics()).doesNotContainKeys("test_examples", "ranking_users");
    assertThat(tested.parameters()).containsEntry("optimizer", "sgd").containsKey("recipe");
    assertThat(tested.seed()).isEqualTo(1);
    log = other;
    assertThat(runs()).extracting(Run::model).containsExactly("fm", "linear", "fm ids only");
    assertThat(runs().get(1).metrics().get("rmse"))
        .isEqualTo(crossval.get("mean_rmse_linear").asDouble());
    assertThat(runs().get(1).protocol()).startsWith("mean of ");
  }

  @Test
  void shouldLogEachTrialOfASearchAndATrainingThatDiverged() throws IOException {
    train("--epochs", 2, "--search", 3);
    assertThat(runs()).hasSize(4);
    for (Run trial : runs().subList(0, 3)) {
      assertThat(trial.metrics()).containsOnlyKeys("search_rmse");
      assertThat(trial.protocol()).startsWith("u1, cut: rmse, mean of 3 parts");
    }
    assertThat(runs().subList(0, 3))
        .extracting(run -> run.parameters().get("trial"))
        .containsExactlyInAnyOrder("1", "2", "3");
    String best = runs().get(0).parameters().get("step");
    assertThat(runs().get(3).parameters()).containsEntry("step", best).doesNotContainKey("trial");
    femto("train", raw, "--step", 1e9, "--out", model).failed(1, "epoch 1");
    assertThat(runs().get(4).metrics()).isEqualTo(Map.of("training_loss", Double.NaN));
  }

  @Test
  void shouldLogNothingIfToldSoAndWarnIfItCannot() throws IOException {
    train("--epochs", 1, "--runs", "none");
    assertThat(log).doesNotExist();
    assertThat(Path.of("runs.jsonl")).doesNotExist();
    Files.createDirectory(log); // for the superuser, too, no file to append to
    Cli.Result result = femto("train", raw, "--epochs", 1, "--out", model);
    assertThat(result.exit()).isZero();
    assertThat(result.err())
        .startsWith("femto: warning: the run is not logged: " + log)
        .hasLineCount(1);
    assertThat(model).exists();
  }

  @Test
  void shouldShowTheBestFirst() throws IOException {
    train("--epochs", 1, "--valid", 0.2);
    train("--epochs", 1, "--valid", 0.2, "--step", 1e-9);
    train("--epochs", 1);
    train("--epochs", 4, "--valid", 0.2);
    JsonNode json = femto("runs", log, "--json").ok().json();
    assertThat(json.get("by").asText()).isEqualTo("validation_loss");
    assertThat(json.get("best").asText()).isEqualTo("lowest");
    assertThat(numbers(json)).endsWith(2, 3).hasSize(4);
    double before = 0;
    for (JsonNode run : json.get("runs")) {
      JsonNode loss = run.get("metrics").get("validation_loss");
      if (loss != null) {
        assertThat(loss.asDouble()).isGreaterThanOrEqualTo(before);
        before = loss.asDouble();
      }
    }
    JsonNode high = femto("runs", log, "--by", "best_epoch", "--limit", 1, "--json").ok().json();
    assertThat(numbers(high)).containsExactly(4);
    assertThat(high.get("found").asInt()).isEqualTo(4);
    assertThat(numbers(femto("runs", log, "--command", "evaluate", "--json").ok().json()))
        .isEmpty();
    assertThat(numbers(femto("runs", log, "--data", "crc32c", "--json").ok().json())).hasSize(4);
    String text = femto("runs", log).ok().out();
    assertThat(text)
        .contains("By validation_loss, lowest first; 4 of 4 runs.", "step=1.0E-9", "epochs=4")
        .doesNotContain("factors=", "do not compare");
    femto("evaluate", model, "--data", raw).ok();
    JsonNode tested = femto("runs", log, "--json").ok().json();
    assertThat(tested.get("by").asText()).isEqualTo("ndcg_at_10");
    assertThat(numbers(tested)[0]).isEqualTo(5);
    femto("runs", log, "--by", "accuracy").failed(1, "\"accuracy\"", "training_loss", "rmse");
    assertThat(femto("runs", log, "--by", "seconds").ok().out()).contains("By seconds, lowest");
  }

  @Test
  void shouldShowWhatDiffersAndNothingElse() throws IOException {
    train("--epochs", 1);
    train("--epochs", 1, "--step", 0.001, "--seed", 2);
    train("--epochs", 1);
    Files.writeString(log, "{half", StandardOpenOption.APPEND);
    train("--epochs", 1, "--valid", 0.3);
    Cli.Result result = femto("runs", log, "--diff", 1, 2, "--json");
    assertThat(result.err()).contains("runs.jsonl:4: is no JSON", "1 line is no run");
    JsonNode json = result.json();
    assertThat(Cli.keys(json.get("about"))).containsExactly("seed");
    assertThat(Cli.keys(json.get("parameters"))).containsExactly("step");
    assertThat(json.get("parameters").get("step").get("second").asText()).isEqualTo("0.001");
    assertThat(Cli.keys(json.get("metrics"))).containsExactly("training_loss");
    assertThat(femto("runs", "--diff", 1, 3, log).out())
        .contains("They differ in nothing but when they ran");
    String text = femto("runs", log, "--diff", 3, 5).out();
    assertThat(text)
        .contains("run 3", "run 5", "valid", "0.3", "validation_loss", "-")
        .doesNotContain("optimizer", "seed", "data");
    assertThat(femto("runs", log, "--diff", 1, 4).exit()).isEqualTo(1);
    assertThat(femto("runs", log, "--diff", 1, 4).err())
        .contains("runs.jsonl has no run 4, expected a number that 'femto runs' shows");
  }

  @Test
  void shouldSayThatThereIsNoLog() {
    femto("runs", folder.resolve("none.jsonl")).failed(1, "none.jsonl: no such file");
  }
}
