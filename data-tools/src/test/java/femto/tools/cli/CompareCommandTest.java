package femto.tools.cli;

import static femto.tools.cli.Cli.femto;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import femto.tools.RealData;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
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
    "lecture, 0.172, 0.190, 0.190, 0.202, 0.178, 0.193",
    "ms-recommenders, 0.420, 0.448, 0.470, 0.495, 0.465, 0.490"
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
                "--seeds",
                1,
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

  /** With one split; the figures of five are in the documentation. */
  @ParameterizedTest
  @CsvSource({
    "cornac, bpr-published, 0.138, 0.158",
    "cornac-positive, fm-ials, 0.370, 0.390",
    "lecture, fm-warp, 0.190, 0.210"
  })
  void shouldReachWhatLearnersOfRankingsReach(
      String preset, String model, double least, double most) {
    JsonNode rows =
        femto(
                "compare",
                "--data",
                RealData.movieLens100k(),
                "--preset",
                preset,
                "--models",
                model,
                "--seeds",
                1,
                "--json")
            .ok()
            .json()
            .get("rows");
    assertThat(rows).hasSize(1);
    assertThat(rows.get(0).get("ndcg_at_10").asDouble()).isBetween(least, most);
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
        .contains("(published) BiVAE", "0.4687", "943 users, 0 left out", "2 seeds");
  }

  /** All models of the protocol that is most published, with what is written beside the table. */
  @Test
  void shouldSetAllModelsSideBySide(@TempDir Path folder) throws IOException {
    Path report = folder.resolve("report.html");
    Path users = folder.resolve("users.csv");
    Path feedback = folder.resolve("feedback.csv");
    Files.writeString(feedback, "satisfaction,item,user\n1,50,1\n0.5,181,2\n1,50,nobody\n");
    Cli.Result result =
        femto(
            "compare",
            "--data",
            RealData.movieLens100k(),
            "--preset",
            "ms-recommenders",
            "--models",
            "popularity,popularity-fading,linear,fm",
            "--rerank",
            "cap:genre:3",
            "--seeds",
            1,
            "--feedback",
            feedback,
            "--users",
            users,
            "--report",
            report,
            "--json");
    assertThat(result.err()).contains("1 rows", "feedback.csv").hasLineCount(1);
    JsonNode json = result.json();
    JsonNode rows = json.get("rows");
    assertThat(rows)
        .extracting(row -> row.get("model").asText())
        .containsExactly(
            "popularity",
            "popularity cap:genre:3",
            "popularity-fading",
            "popularity-fading cap:genre:3",
            "linear",
            "linear cap:genre:3",
            "fm",
            "fm cap:genre:3");
    assertThat(rows.get(6).get("ndcg_at_10").asDouble()).isBetween(0.465, 0.495);
    assertThat(rows.get(4).get("ndcg_at_10").asDouble()).isBetween(0.24, 0.27);
    assertThat(rows.get(2).get("ndcg_at_10").asDouble()).isBetween(0.2, 0.3);
    assertThat(rows.get(6).get("tried")).hasSize(FM_CANDIDATES);
    for (JsonNode row : rows) {
      assertThat(row.get("serendipity").asDouble())
          .isBetween(0.0, 0.001); // two users said something
      assertThat(row.get("gini").asDouble()).isBetween(0.8, 1.0);
      assertThat(row.get("graded_ndcg_at_10").asDouble()).isBetween(0.1, 0.5);
    }
    assertThat(json.get("pairs")).hasSize(8 * 7 / 2);
    assertThat(json.get("published")).hasSize(3);
    List<String> lines = Files.readAllLines(users);
    assertThat(lines).hasSize(1 + 943 * (8 + 5 * 4)); // the report looks at five more lists of each
    assertThat(lines.get(0)).startsWith("model,user,ndcg_at_10,precision_at_10");
    double mean =
        lines.stream()
            .map(line -> line.split(",", -1))
            .filter(cells -> cells[0].equals("fm"))
            .mapToDouble(cells -> Double.parseDouble(cells[2]))
            .average()
            .orElseThrow();
    assertThat(mean).isCloseTo(rows.get(6).get("ndcg_at_10").asDouble(), within(1e-12));
    assertThat(Files.readString(report))
        .contains(
            "Accuracy against diversity",
            "fm over popularity",
            "BiVAE (published)",
            "fm cap:genre:3");
  }

  private static final int FM_CANDIDATES = 3;

  @Test
  void shouldSayWhatIsWrongWithFeedback(@TempDir Path folder) throws IOException {
    Path feedback = folder.resolve("feedback.csv");
    Object[] line = {
      "compare",
      "--data",
      RealData.movieLens100k(),
      "--models",
      "popularity",
      "--seeds",
      1,
      "--feedback",
      feedback
    };
    Files.writeString(feedback, "user,item,satisfaction\n1,50,1\n1,51,2\n");
    femto(line).failed(1, "feedback.csv:3", "\"2\"", "0 to 1");
    Files.writeString(feedback, "user,movie,satisfaction\n1,50,1\n");
    femto(line).failed(1, "feedback.csv:2", "column item");
    femto("compare", "--data", RealData.movieLens100k(), "--rerank", "mmr:7")
        .failed(2, "lambda=7", "0 to 1");
    femto("compare", "--data", RealData.movieLens100k(), "--rerank", "cap:gender:1")
        .failed(1, "gender", "genre");
  }

  @Test
  void shouldSayWhatIsNotThere(@TempDir Path folder) {
    femto("compare", "--data", folder.resolve("none")).failed(1, "none");
  }
}
