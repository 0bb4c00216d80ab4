package femto.tools.cli;

import static femto.tools.cli.Cli.femto;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Estimates from logs that {@code femto simulate --log} wrote. */
class OffPolicyCommandTest {
  @TempDir private Path folder;
  private Path log = Path.of("");

  @BeforeEach
  void prepare() {
    log = folder.resolve("log.csv");
  }

  private void simulate(String policies, int rounds) {
    femto(
            "simulate",
            "--arms",
            "0.2,0.5,0.7",
            "--policy",
            policies,
            "--rounds",
            rounds,
            "--repetitions",
            1,
            "--log",
            log)
        .ok();
  }

  @Test
  void shouldJudgeFixedAndLearningPolicies() {
    simulate("uniform", 9_000);
    JsonNode json =
        femto("offpolicy", log, "--policy", "arm:2,mix:0.2:0.3:0.5,uniform,thompson", "--json")
            .ok()
            .json();
    assertThat(json.get("decisions").asInt()).isEqualTo(9_000);
    assertThat(json.get("arms").asInt()).isEqualTo(3);
    assertThat(json.get("unsupported")).isEmpty();
    double[] truth = {0.7, 0.7, 0.7, 0.54, 0.54, 0.54, 1.4 / 3, 1.4 / 3, 1.4 / 3};
    String[] methods = {"ips", "snips", "dr"};
    JsonNode estimates = json.get("estimates");
    assertThat(estimates).hasSize(10);
    for (int i = 0; i < truth.length; i++) {
      JsonNode estimate = estimates.get(i);
      assertThat(estimate.get("method").asText()).isEqualTo(methods[i % 3]);
      double half = estimate.get("high").asDouble() - estimate.get("value").asDouble();
      assertThat(half).isBetween(0.001, 0.04);
      assertThat(estimate.get("value").asDouble()).isCloseTo(truth[i], within(2 * half));
      assertThat(estimate.get("mean_weight").asDouble()).isCloseTo(1, within(0.06));
      assertThat(estimate.get("clipped").asInt()).isZero();
    }
    assertThat(estimates.get(0).get("effective_size").asDouble()).isBetween(2_800.0, 3_200.0);
    JsonNode replay = estimates.get(9);
    assertThat(replay.get("method").asText()).isEqualTo("replay");
    assertThat(replay.get("matched").asInt()).isBetween(2_800, 3_200);
    assertThat(replay.get("value").asDouble()).isBetween(0.65, 0.72);
    JsonNode early =
        femto("offpolicy", log, "--policy", "thompson", "--rounds", 50, "--json").ok().json();
    assertThat(early.get("estimates").get(0).get("matched").asInt()).isEqualTo(50);
  }

  @Test
  void shouldPrintATable() {
    simulate("uniform", 600);
    String out = femto("offpolicy", log, "--policy", "arm:1,ucb1", "--clip", 2).ok().out();
    assertThat(out)
        .contains("policy", "mean reward", "95 %", "decisions", "mean weight", "clipped")
        .contains("IPS", "SNIPS", "DR", "replay")
        .containsPattern("The log: 600 decisions among 3 arms, mean reward 0\\.[45]");
    JsonNode json = femto("offpolicy", log, "--policy", "arm:1", "--clip", 2, "--json").ok().json();
    JsonNode ips = json.get("estimates").get(0);
    assertThat(ips.get("clipped").asInt()).isEqualTo(json.get("logged_counts").get(1).asInt());
    assertThat(ips.get("mean_weight").asDouble()).isCloseTo(2 / 3.0, within(0.1));
    assertThat(json.get("clip").asDouble()).isEqualTo(2);
  }

  @Test
  void shouldNameTheArmsThatTheLogDoesNotKnow() throws IOException {
    Files.writeString(
        log, "arm,propensity,reward\n" + "0,0.9,1\n0,0.9,0\n".repeat(50) + "1,0.1,1\n".repeat(3));
    Cli.Result result =
        femto("offpolicy", log, "--policy", "arm:0,mix:0:0.5:0.5", "--arms", 3, "--json");
    assertThat(result.err())
        .isEqualToNormalizingNewlines(
            "femto: warning: mix:0:0.5:0.5 may choose arm 1, which the log chose 3 times only\n"
                + "femto: warning: mix:0:0.5:0.5 may choose arm 2, which the log never chose:"
                + " nothing is known of it\n");
    JsonNode unsupported = result.json().get("unsupported");
    assertThat(unsupported).hasSize(2);
    assertThat(unsupported.get(1).get("arm").asInt()).isEqualTo(2);
    assertThat(unsupported.get(1).get("logged").asInt()).isZero();
    femto("offpolicy", log, "--policy", "arm:2").failed(2, "arm:2", "2 arms, 0 to 1", "--arms");
    femto("offpolicy", log, "--policy", "mix:0.5:0.25:0.25").failed(2, "the log has 2 arms");
    JsonNode none = femto("offpolicy", log, "--policy", "arm:2", "--arms", 3, "--json").json();
    assertThat(none.get("estimates").get(1).get("value").isNull()).isTrue();
    assertThat(none.get("estimates").get(1).get("effective_size").asDouble()).isZero();
  }

  @Test
  void shouldTakeOneLoggedPolicyOfSeveral() {
    simulate("uniform,epsilon-greedy:0.3", 500);
    femto("offpolicy", log, "--policy", "arm:1")
        .failed(1, "log.csv: column policy", "[uniform, epsilon-greedy:0.3]");
    femto("offpolicy", log, "--policy", "arm:1", "--logged", "ucb1").failed(1, "no \"ucb1\"");
    JsonNode json =
        femto("offpolicy", log, "--policy", "ucb1", "--logged", "uniform", "--json").ok().json();
    assertThat(json.get("decisions").asInt()).isEqualTo(500);
    femto("offpolicy", log, "--policy", "ucb1", "--logged", "epsilon-greedy:0.3")
        .failed(1, "cannot judge ucb1", "propensity", "each of 3 arms alike");
  }

  @Test
  void shouldSayWhatIsWrongWithALog() throws IOException {
    Files.writeString(log, "arm,propensity,reward\n0,1,1\n0,2,1\n");
    femto("offpolicy", log, "--policy", "arm:0").failed(1, "log.csv:3: propensity \"2\"");
    femto("offpolicy", folder.resolve("none.csv"), "--policy", "arm:0").failed(1, "no such file");
  }
}
