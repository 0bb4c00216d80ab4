package femto.tools.cli;

import static femto.tools.cli.Cli.femto;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Clicks from generating to evaluating. */
class ClickCommandsTest {
  @TempDir Path folder = Path.of("");

  @Test
  void shouldLearnAndTestGeneratedClicks() {
    Path data = folder.resolve("clicks.data");
    Cli.Result generated =
        femto("generate", "--shape", "ads", "--rows", 30_000, "--values", 0.05, "--out", data).ok();
    assertThat(generated.out()).contains("30,000 impressions", "Next: femto train");
    Path model = folder.resolve("clicks.femto");
    // Without --positive: the data say that a click is.
    femto(
            "train",
            data,
            "--split",
            "test",
            "--loss",
            "logistic",
            "--optimizer",
            "adagrad",
            "--step",
            0.02,
            "--l2",
            "*=0",
            "--l2-factors",
            "*=0",
            "--epochs",
            1,
            "--runs",
            "none",
            "--out",
            model)
        .ok();
    JsonNode tested =
        femto("evaluate", model, "--data", data, "--runs", "none", "--json").ok().json();
    assertThat(tested.get("test_examples").asInt()).isEqualTo(5000);
    double best = tested.get("log_loss_best").asDouble();
    double reached = tested.get("log_loss").asDouble();
    assertThat(reached).isBetween(best, best + 0.1);
    assertThat(tested.get("auc").asDouble()).isBetween(0.62, tested.get("auc_best").asDouble());
    // Impressions are no catalogue.
    assertThat(tested.has("ndcg_at_10")).isFalse();
    assertThat(femto("evaluate", model, "--data", data, "--runs", "none").ok().out())
        .contains("A rating of at least 1.0 is positive", "best possible", "Ranking: none");
  }

  @Test
  void shouldHaveAnotherTruthWhereItIsFieldWeighted() throws IOException {
    Path plain = folder.resolve("plain");
    Path weighted = folder.resolve("weighted");
    JsonNode one =
        femto("generate", "--shape", "ads", "--rows", 600, "--out", plain, "--json").ok().json();
    JsonNode two =
        femto(
                "generate",
                "--shape",
                "ads",
                "--rows",
                600,
                "--field-weighted",
                "--out",
                weighted,
                "--json")
            .ok()
            .json();
    assertThat(one.get("rows").asInt()).isEqualTo(600);
    assertThat(one.get("features")).isEqualTo(two.get("features"));
    assertThat(plain.resolve("features.safetensors"))
        .hasSameBinaryContentAs(weighted.resolve("features.safetensors"));
    assertThat(plain.resolve("examples.safetensors").toFile().length())
        .isEqualTo(weighted.resolve("examples.safetensors").toFile().length());
    assertThat(
            Files.mismatch(
                plain.resolve("examples.safetensors"), weighted.resolve("examples.safetensors")))
        .isNotNegative();
  }
}
