package femto.bench;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import femto.bench.learn.LearnSize;
import femto.bench.online.OnlineSize;
import femto.bench.report.BenchmarkSet;
import femto.bench.report.Claim;
import femto.bench.report.RunSize;
import femto.bench.report.SetReport;
import femto.bench.report.WrongAnswerException;
import femto.bench.swap.SwapSize;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;

class FemtoBenchTest {
  /** Just enough to go through everything. */
  private static final FemtoBench.Sizes TINY =
      new FemtoBench.Sizes(
          new RunSize("quick", 20_000, 0, 1, 10, 1, 1),
          new SwapSize(
              "quick",
              20_000,
              0.04,
              2,
              1,
              Duration.ofMillis(200),
              3,
              1,
              9,
              2,
              Duration.ofMillis(100),
              Duration.ofMillis(50)),
          new OnlineSize(
              "quick",
              3_000,
              1,
              Duration.ofMillis(100),
              Duration.ofMillis(200),
              5_000,
              3,
              1_000,
              10_000,
              1,
              Duration.ofMillis(500),
              1),
          new LearnSize("quick", 4_000, 1_000, 1, 2, 2_000, 2));

  private record Result(int exit, String out, String err) {}

  private static Result run(String... arguments) {
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    CommandLine command = FemtoBench.commandLine(TINY);
    command.setOut(new PrintWriter(out));
    command.setErr(new PrintWriter(err));
    return new Result(command.execute(arguments), out.toString(), err.toString());
  }

  @Test
  void shouldPrintOneObjectWithEveryClaim() throws Exception {
    Result result = run("kernels", "--quick", "--json");
    assertThat(result.err).isEmpty();
    assertThat(result.exit).isZero();
    JsonNode json =
        new ObjectMapper()
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .readTree(result.out);
    assertThat(json.path("set").asText()).isEqualTo("kernels");
    assertThat(json.path("machine").path("processor").asText()).isNotBlank();
    assertThat(json.path("machine").path("kernels").asText()).isNotBlank();
    assertThat(json.path("rows")).hasSameSizeAs(KernelClaims.set().claims());
    for (JsonNode row : json.path("rows")) {
      assertThat(row.path("id").asText()).isNotBlank();
      assertThat(row.path("value").isNumber()).as("%s", row).isTrue();
      assertThat(row.path("limit").isNumber()).as("%s", row).isTrue();
      // What is held against a peer alone has nothing to be held against where that is missing.
      assertThat(row.path("ratio").isNumber() || !row.path("missing").isEmpty())
          .as("%s", row)
          .isTrue();
      assertThat(row.path("aim").isNumber()).as("%s", row).isTrue();
      assertThat(row.path("reached").isBoolean()).as("%s", row).isTrue();
      assertThat(row.path("test").asText()).isNotBlank();
      assertThat(row.path("allocated").path("bytes_per_call").isNumber()).as("%s", row).isTrue();
      assertThat(row.path("allocated").has("reached"))
          .as("%s", row)
          .isEqualTo(!row.path("allocated").has("allocates"));
      assertThat(row.path("checked").path("scores").asInt()).as("%s", row).isPositive();
      String id = row.path("id").asText();
      boolean hasScreen = id.startsWith("top-") || id.startsWith("rank-");
      assertThat(row.path("survived").path("scanned").isNumber())
          .as("%s", row)
          .isEqualTo(hasScreen);
      assertThat(row.path("survived").path("scored").isNumber()).as("%s", row).isEqualTo(hasScreen);
      assertThat(row.path("checked").path("searches").asInt() > 0)
          .as("%s", row)
          .isEqualTo(hasScreen || id.equals("scan-two-threads"));
      row.path("missing").forEach(reason -> assertThat(reason.asText()).isNotBlank());
    }
    JsonNode first = json.path("rows").get(0);
    assertThat(first.path("peers").size() + first.path("missing").size()).isEqualTo(5);
    assertThat(first.path("peers").has("Lucene dotProduct")).isTrue();
  }

  @Test
  void shouldPrintARowForEveryClaimAboutTheSwap() throws Exception {
    Result result = run("swap", "--quick", "--json");
    assertThat(result.err).isEmpty();
    assertThat(result.exit).isZero();
    JsonNode json =
        new ObjectMapper()
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .readTree(result.out);
    assertThat(json.path("set").asText()).isEqualTo("swap");
    assertThat(json.path("rows").findValuesAsText("id"))
        .containsExactly(
            "lease",
            "requests-100-publishes-a-second",
            "requests-10-publishes-a-second",
            "requests-1-publish-a-second",
            "delta",
            "footprint-at-rest",
            "footprint-full-publish",
            "scan-under-overlay",
            "top-under-overlay",
            "torn-reads");
    for (JsonNode row : json.path("rows")) {
      assertThat(row.path("value").isNumber()).as("%s", row).isTrue();
      assertThat(row.path("ratio").isNumber()).as("%s", row).isTrue();
      assertThat(row.path("aim").isNumber()).as("%s", row).isTrue();
      assertThat(row.path("reached").isBoolean()).as("%s", row).isTrue();
      assertThat(row.path("test").asText()).isNotBlank();
      if (row.path("id").asText().startsWith("requests-")) {
        assertThat(row.path("peers")).as("%s", row).hasSize(3);
        assertThat(row.path("identical_rounds")).hasSize(2);
        assertThat(row.path("longest_lease_us").isNumber()).isTrue();
      }
    }
    assertThat(json.at("/rows/0/allocated/bytes_per_call").isNumber()).isTrue();
  }

  @Test
  void shouldPrintARowForEveryClaimAboutLearningOnline() throws Exception {
    Result result = run("online", "--quick", "--json");
    assertThat(result.err).isEmpty();
    assertThat(result.exit).isZero();
    JsonNode json =
        new ObjectMapper()
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .readTree(result.out);
    assertThat(json.path("set").asText()).isEqualTo("online");
    assertThat(json.path("rows").findValuesAsText("id"))
        .containsExactly(
            "learn.events",
            "follow.events",
            "fresh.p50.10",
            "fresh.p99.10",
            "fresh.p50.100",
            "fresh.p99.100",
            "drift.gain",
            "drift.gap",
            "dictionary.insert",
            "dictionary.find",
            "dictionary.bytes",
            "followers",
            "kill");
    for (JsonNode row : json.path("rows")) {
      assertThat(row.path("value").isNumber()).as("%s", row).isTrue();
      assertThat(row.path("reached").isBoolean()).as("%s", row).isTrue();
      assertThat(row.path("test").asText()).isNotBlank();
    }
    assertThat(json.at("/rows/0/aim").asDouble()).isEqualTo(0.8);
    assertThat(json.at("/rows/6/interval")).hasSize(2);
    assertThat(json.at("/rows/11/reached").asBoolean()).isTrue();
    assertThat(json.at("/rows/12/reached").asBoolean()).isTrue();
  }

  @Test
  void shouldMeasureLearningAndNameThePeersThatAreMissing() throws Exception {
    Result result = run("learn", "--quick", "--json");
    assertThat(result.err).isEmpty();
    assertThat(result.exit).isZero();
    JsonNode json = new ObjectMapper().readTree(result.out);
    assertThat(json.path("set").asText()).isEqualTo("learn");
    assertThat(json.path("rows").findValuesAsText("id"))
        .contains(
            "learn.adagrad",
            "learn.adagrad.xlearn",
            "learn.sgd.libfm",
            "learn.adagrad.threads",
            "learn.ftrl",
            "learn.ftrl-l1",
            "loss.adagrad",
            "loss.data",
            "learn.folder",
            "growth.rows.time",
            "growth.k.memory",
            "size.data",
            "size.features",
            "size.memory",
            "size.rate");
    for (JsonNode row : json.path("rows")) {
      assertThat(row.path("value").isNumber()).as("%s", row).isTrue();
      assertThat(row.path("reached").isBoolean()).as("%s", row).isTrue();
      assertThat(row.path("test").asText()).isNotBlank();
      row.path("missing").forEach(reason -> assertThat(reason.asText()).contains("build it"));
      boolean beside = row.path("id").asText().matches(".*(xlearn|libfm)");
      if (beside && !row.path("missing").isEmpty()) {
        assertThat(row.path("reached").asBoolean()).isFalse();
      }
    }
  }

  @Test
  void shouldPrintTablesForPeople() {
    Result result = run("KERNELS", "--quick");
    assertThat(result.exit).isZero();
    assertThat(result.err).isEmpty();
    assertThat(result.out)
        .contains(
            "processor: ",
            "best peer",
            "reached",
            "rows scanned",
            "0 bytes",
            "JVector dotProduct",
            "KernelBenchmarksTest",
            "searches against scoring every row")
        .doesNotContain("# JMH", "NaN");
  }

  @Test
  void shouldTeachItsUse() {
    assertThat(run("--help").out).contains("SET", "--quick", "--json", "libfaiss-dev", "Examples:");
    Result wrong = run("kernel");
    assertThat(wrong.exit).isEqualTo(2);
    assertThat(wrong.err).startsWith("femto-bench: ").contains("kernel", "--help");
    assertThat(run().exit).isEqualTo(2);
  }

  @Test
  void shouldFailWhenAnAnswerIsWrong() throws Exception {
    StringWriter err = new StringWriter();
    CommandLine command = FemtoBench.commandLine(TINY);
    command.setErr(new PrintWriter(err));
    int exit =
        command
            .getExecutionExceptionHandler()
            .handleExecutionException(
                new WrongAnswerException("row 3"), command, command.parseArgs("kernels"));
    assertThat(exit).isEqualTo(1);
    assertThat(err.toString())
        .isEqualToNormalizingNewlines("femto-bench: wrong answer, nothing is reported: row 3\n");
  }

  @Test
  void shouldMeasureInAJvmOfItsOwn() {
    BenchmarkSet set = KernelClaims.set();
    Claim list = set.claims().get(set.claims().size() - 1);
    BenchmarkSet one = new BenchmarkSet("kernels", List.of(list), set.machine());
    RunSize forked = new RunSize("full", 20_000, 1, 1, 10, 1, 1);
    JsonNode row = new ObjectMapper().valueToTree(SetReport.measure(one, forked).json());
    assertThat(row.at("/rows/0/value").asDouble()).as("%s", row).isPositive();
    assertThat(row.at("/rows/0/survived/scanned").isNumber()).as("%s", row).isTrue();
    assertThat(row.at("/rows/0/allocated/bytes_per_call").isNumber()).as("%s", row).isTrue();
    assertThat(row.at("/rows/0/checked/searches").asInt()).as("%s", row).isPositive();
  }
}
