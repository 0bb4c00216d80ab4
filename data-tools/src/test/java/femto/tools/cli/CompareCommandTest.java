package femto.tools.cli;

import static femto.tools.cli.Cli.femto;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import femto.tools.RealData;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CompareCommandTest {
  /**
   * Figures of another program, in another language, over five splits: two of its deviations off
   * and somewhat more, since settings are chosen here for each.
   */
  @ParameterizedTest
  @CsvSource({
    "lecture, 0.172, 0.190, 0.190, 0.202, 0.172, 0.188",
    "ms-recommenders, 0.420, 0.448, 0.470, 0.495, 0.428, 0.482"
  })
  void shouldReachWhatTheFieldReaches(
      String preset,
      double cf,
      double cfMost,
      double ease,
      double easeMost,
      double bpr,
      double bprMost) {
    JsonNode json =
        femto(
                "compare",
                "--data",
                RealData.movieLens100k(),
                "--preset",
                preset,
                "--models",
                "item-cf,ease,bpr",
                "--json")
            .ok()
            .json();
    assertThat(json.get("preset").asText()).isEqualTo(preset);
    JsonNode rows = json.get("rows");
    assertThat(rows).hasSize(3);
    for (JsonNode row : rows) {
      double ndcg = row.get("ndcg_at_10").asDouble();
      String model = row.get("model").asText();
      switch (model) {
        case "item-cf" -> assertThat(ndcg).as(model).isBetween(cf, cfMost);
        case "ease" -> assertThat(ndcg).as(model).isBetween(ease, easeMost);
        default -> assertThat(ndcg).as(model).isBetween(bpr, bprMost);
      }
      assertThat(row.get("ndcg_at_10_low").asDouble()).isLessThan(ndcg);
      assertThat(row.get("ndcg_at_10_high").asDouble()).isGreaterThan(ndcg);
      for (String figure :
          new String[] {
            "precision_at_10",
            "recall_at_10",
            "map_at_10",
            "mrr_at_10",
            "coverage",
            "diversity",
            "serendipity"
          }) {
        assertThat(row.get(figure).asDouble()).as(figure).isBetween(0.01, 0.99);
      }
      assertThat(row.get("novelty").asDouble()).isBetween(0.5, 10.0);
      assertThat(row.get("settings").asText()).isNotEmpty();
    }
  }

  @Test
  void shouldPrintProtocolTableAndPublishedFigures() {
    String out =
        femto(
                "compare",
                "--data",
                RealData.movieLens100k(),
                "--preset",
                "ms-recommenders",
                "--models",
                "popularity",
                "--seeds",
                2)
            .ok()
            .out();
    assertThat(out)
        .contains("Protocol ms-recommenders:", "rounded half to even", "popularity")
        .contains("(published) BiVAE", "0.4687", "943 users, 2 seeds");
  }

  @Test
  void shouldSayWhatIsNotThere(@TempDir Path folder) {
    femto("compare", "--data", folder.resolve("none")).failed(1, "none");
  }
}
