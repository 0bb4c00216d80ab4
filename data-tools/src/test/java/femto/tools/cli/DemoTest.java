package femto.tools.cli;

import static femto.tools.cli.Cli.femto;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import femto.tools.train.SmallWorld;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DemoTest {
  private static final List<String> FIGURES =
      List.of(
          "rmse",
          "rmse_linear",
          "rmse_ids_only",
          "auc",
          "auc_linear",
          "ndcg_at_10",
          "precision_at_10",
          "ndcg_at_10_popularity");

  /** The main job: the whole generated world, as large as MovieLens 100K. */
  @Test
  void shouldShowTheArgumentForFactorizationMachinesOnTheGeneratedWorld() {
    JsonNode json = femto("demo", "--serve-seconds", 2, "--json").ok().json();
    for (String figure : FIGURES) {
      assertThat(json.get(figure).isNumber()).as(figure).isTrue();
      assertThat(json.get("global_" + figure).isNumber()).as("global_" + figure).isTrue();
    }
    assertThat(json.get("ranked_users").asInt()).isEqualTo(943);
    assertThat(json.get("seconds").asDouble()).isPositive();

    double rmse = json.get("rmse").asDouble();
    assertThat(rmse).isLessThan(json.get("rmse_linear").asDouble() - 0.005);
    assertThat(rmse).isLessThan(json.get("rmse_ids_only").asDouble());
    assertThat(rmse).isGreaterThan(json.get("rmse_best").asDouble());
    double auc = json.get("auc").asDouble();
    assertThat(auc).isGreaterThan(json.get("auc_linear").asDouble());
    assertThat(auc).isLessThan(json.get("auc_best").asDouble());
    assertThat(json.get("ndcg_at_10").asDouble())
        .isGreaterThan(json.get("ndcg_at_10_popularity").asDouble());
    assertThat(json.get("pairwise_parameters_free").asLong())
        .isGreaterThan(20 * json.get("parameters_factors").asLong());

    JsonNode swap = json.get("hot_swap");
    assertThat(swap.get("torn_reads").asLong()).isZero();
    assertThat(swap.get("answers_checked").asLong()).isPositive();
    assertThat(swap.get("publishes_refused").asLong()).isZero();
    assertThat(swap.get("versions_seen").asInt()).isGreaterThan(1);
    assertThat(swap.get("versions_delta").asInt()).isGreaterThan(1);
    for (String times : List.of("p50_us", "p99_us", "p999_us")) {
      assertThat(swap.get(times).asDouble()).as(times).isPositive();
      assertThat(swap.get(times + "_without_publishing").asDouble()).as(times).isPositive();
    }
    assertThat(swap.get("log_loss").asDouble())
        .isLessThan(swap.get("log_loss_of_first_version").asDouble());
    assertThat(swap.get("log_loss_by_fifths")).hasSize(5);
  }

  @Test
  void shouldKeepEverythingAndEndWithATableOnGivenData(@TempDir Path folder) throws IOException {
    Path raw = SmallWorld.raw(folder.resolve("raw"), 1500);
    Path out = folder.resolve("kept");
    Cli.Result text = femto("demo", "--data", raw, "--out", out, "--serve-seconds", 1).ok();
    assertThat(text.out())
        .contains("Imported 1,500 ratings", "Training 14 models", "temporal-user")
        .contains("popularity", "linear model", "FM, user and movie only", "FM, all fields")
        .contains("RMSE", "NDCG@10", "best possible", "Why user", "femto explain")
        .contains("learning, publishing nothing", "p99.9", "Log loss", "Torn reads: 0 of ");
    for (String kept : List.of("ratings", "ratings-linear", "ratings-ids-only", "ranking")) {
      femto("inspect", out.resolve(kept + ".femto"), "--json").ok();
    }
    assertThat(Files.readAllLines(out.resolve("ranking.csv")).get(0))
        .isEqualTo("context,rank,candidate,prediction");
    // What it kept is what evaluate takes, and it comes to the figures that demo printed.
    double rmse =
        femto("evaluate", out.resolve("ratings.femto"), "--data", out.resolve("dataset"), "--json")
            .ok()
            .json()
            .get("rmse")
            .asDouble();
    assertThat(text.out()).contains(Report.number(rmse));
  }

  /** Both counts must be of the same features, or the two numbers can't stand side by side. */
  @Test
  void shouldCountFreeWeightsOfTheFeaturesWhoseFactorsItCounts(@TempDir Path folder)
      throws IOException {
    Path raw = SmallWorld.raw(folder.resolve("raw"), 600);
    Path out = folder.resolve("kept");
    JsonNode demo =
        femto("demo", "--data", raw, "--out", out, "--serve-seconds", 0, "--json").ok().json();
    assertThat(demo.has("hot_swap")).isFalse();
    JsonNode model = femto("inspect", out.resolve("ratings.femto"), "--json").ok().json();
    for (String count : List.of("parameters_factors", "pairwise_parameters_free")) {
      assertThat(demo.get(count).asLong()).as(count).isEqualTo(model.get(count).asLong());
    }
  }
}
