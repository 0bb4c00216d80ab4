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

class ExperimentCommandsTest {
  @Test
  void shouldLetPoliciesCompete() {
    Object[] line = {
      "simulate",
      "--arms",
      "0.03,0.04,0.05",
      "--policy",
      "epsilon-greedy,thompson,ucb1,ab",
      "--rounds",
      2_000,
      "--repetitions",
      50,
      "--seed",
      1,
      "--json"
    };
    JsonNode json = femto(line).ok().json();
    assertThat(json.get("policies")).hasSize(4);
    assertThat(json.get("regret_of_an_even_split").asDouble()).isCloseTo(20, within(1e-9));
    for (JsonNode row : json.get("policies")) {
      assertThat(row.get("policy").asText()).isNotEmpty();
      double regret = row.get("regret").asDouble();
      assertThat(regret).isBetween(5.0, 22.0);
      assertThat(row.get("regret_low").asDouble()).isLessThan(regret);
      assertThat(row.get("regret_high").asDouble()).isGreaterThan(regret);
      assertThat(row.get("best_arm_share").asDouble()).isBetween(0.3, 1.0);
      assertThat(row.get("arm_shares")).hasSize(3);
      assertThat(row.get("curve_regret")).hasSize(100);
      assertThat(row.get("curve_rounds").get(99).asInt()).isEqualTo(2_000);
    }
    JsonNode again = femto(line).ok().json();
    assertThat(again.get("policies")).isEqualTo(json.get("policies"));
  }

  /** The situation of the lecture: which of the recommenders shall serve? */
  @Test
  void shouldLetRecommendersBeTheArms(@TempDir Path folder) throws IOException {
    Path report = folder.resolve("bandits.html");
    JsonNode json =
        femto(
                "simulate",
                "--data",
                RealData.movieLens100k(),
                "--arms",
                "popularity,item-cf,bpr",
                "--policy",
                "thompson,uniform",
                "--rounds",
                3_000,
                "--repetitions",
                40,
                "--report",
                report,
                "--json")
            .ok()
            .json();
    assertThat(json.get("recommenders")).hasSize(3);
    double popularity = json.get("arms").get(0).asDouble();
    double itemCf = json.get("arms").get(1).asDouble();
    double bpr = json.get("arms").get(2).asDouble();
    assertThat(popularity).isBetween(0.05, 0.08);
    assertThat(itemCf).isBetween(popularity + 0.002, 0.09);
    assertThat(bpr).isBetween(popularity + 0.002, 0.09);
    JsonNode thompson = json.get("policies").get(0);
    JsonNode uniform = json.get("policies").get(1);
    assertThat(thompson.get("regret_high").asDouble())
        .isLessThan(uniform.get("regret_low").asDouble());
    assertThat(Files.readString(report))
        .contains("item-cf", "Rates of the arms as thompson met them", "clicks lost");
  }

  @Test
  void shouldSayWhatIsNoArm() {
    femto("simulate", "--arms", "0.1,bpr").failed(2, "\"bpr\"", "--data");
    femto("simulate", "--data", RealData.movieLens100k(), "--arms", "bpr,0.1")
        .failed(2, "popularity", "'0.1'");
    femto("simulate", "--data", RealData.movieLens100k(), "--arms", "bpr,fm", "--attention", 0)
        .failed(2, "--attention");
    femto("simulate", "--data", RealData.movieLens100k(), "--arms", "bpr").failed(2, "two");
    femto("simulate", "--arms", "0.1,0.2", "--attention", 0.5).failed(2, "--data");
    femto("simulate", "--data", "none", "--arms", "bpr,fm", "--policy", "x").failed(2, "\"x\"");
  }

  @Test
  void shouldLogEachDecisionWithItsPropensity(@TempDir Path folder) throws IOException {
    Path log = folder.resolve("log.csv");
    femto(
            "simulate",
            "--arms",
            "0.1,0.2",
            "--rounds",
            200,
            "--repetitions",
            2,
            "--policy",
            "thompson,epsilon-greedy:0.2",
            "--log",
            log)
        .ok();
    List<String> lines = Files.readAllLines(log);
    assertThat(lines).hasSize(401).first().isEqualTo("policy,round,arm,propensity,reward");
    assertThat(lines.get(1))
        .matches("thompson,0,[01],0\\.5\\d*,[01]|thompson,0,[01],0\\.49\\d*,[01]");
    double inverse = 0;
    for (String line : lines.subList(201, 401)) {
      String[] cells = line.split(",", -1);
      assertThat(cells[0]).isEqualTo("epsilon-greedy:0.2");
      assertThat(Double.parseDouble(cells[3])).isIn(0.1, 0.5, 0.9);
      inverse += cells[2].equals("0") ? 1 / Double.parseDouble(cells[3]) : 0;
    }
    assertThat(inverse).as("sum of inverse propensities of an arm").isBetween(100.0, 300.0);
    femto("simulate", "--arms", "0.1,0.2", "--log", folder).failed(1, "is a directory");
  }

  @Test
  void shouldPrintATableOfPolicies() {
    String out =
        femto("simulate", "--arms", "0.1,0.2", "--rounds", 100, "--repetitions", 5).ok().out();
    assertThat(out)
        .contains("policy", "clicks lost", "thompson", "ucb1", "epsilon-greedy", "ab")
        .contains("An even split for ever loses 5.0.");
  }

  @Test
  void shouldPlanATest() {
    String out = femto("abtest", "--rate", 0.5, "--lift", 0.5, "--power", 0.9).ok().out();
    assertThat(out).contains("77 users of each variant tell 0.5000 from 0.7500");
    JsonNode json = femto("abtest", "--rate", 0.04, "--lift", 0.05, "--json").ok().json();
    assertThat(json.get("users_of_each").asInt()).isBetween(150_000, 160_000);
  }

  @Test
  void shouldSayWhatCameOfATest() {
    Cli.Result result = femto("abtest", "--control", "48/80", "--variant", "56/70").ok();
    assertThat(result.out()).contains("60.000 %", "80.000 %", "20.000 %", "p = 0.0080");
    assertThat(result.err()).isEmpty();
    JsonNode json =
        femto("abtest", "--control", "48/80", "--variant", "56/70", "--json").ok().json();
    assertThat(json.get("difference_low").asDouble()).isCloseTo(0.0524, within(5e-5));
    assertThat(json.get("difference_high").asDouble()).isCloseTo(0.3339, within(5e-5));
    assertThat(json.get("sequential_p_value").asDouble())
        .isGreaterThan(json.get("p_value").asDouble());
    assertThat(json.get("sample_ratio_mismatch").asBoolean()).isFalse();
  }

  @Test
  void shouldRaiseTheAlarmWhereUsersAreNotSplitAsMeant() {
    Cli.Result result = femto("abtest", "--control", "50000/821588", "--variant", "50000/815482");
    assertThat(result.exit()).isZero();
    assertThat(result.err()).contains("warning: the users are not split as meant (p = 1.8e-06)");
    assertThat(
            femto("abtest", "--control", "90/900", "--variant", "10/100", "--share", 0.1)
                .ok()
                .err())
        .isEmpty();
  }
}
