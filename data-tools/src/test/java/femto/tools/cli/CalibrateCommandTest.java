package femto.tools.cli;

import static femto.tools.cli.Cli.femto;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import femto.model.Model;
import femto.model.ModelFile;
import femto.tools.train.SmallWorld;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Calibration and weights of examples, from import to explanation. */
class CalibrateCommandTest {
  private static Path folder;
  private static Path raw;
  private static Path set;

  @BeforeAll
  static void prepare(@TempDir Path directory) throws IOException {
    folder = directory;
    raw = SmallWorld.raw(folder.resolve("raw"), 3000);
    set = folder.resolve("set");
    femto("import", "--format", "movielens", raw, "--out", set).ok();
  }

  private static Cli.Result train(Path data, Path out, String options) {
    List<Object> all = new ArrayList<>(List.of("train", data, "--split", "u1", "--runs", "none"));
    all.addAll(Arrays.asList((Object[]) options.split(" ", -1)));
    all.addAll(List.of("--out", out));
    return femto(all.toArray());
  }

  private static final String LOGISTIC = "--loss logistic --epochs 6 --valid 0.2 ";

  @ParameterizedTest
  @CsvSource({
    "platt, sigmoid, 0.2",
    "isotonic, isotonic, 0.2",
    "ISOTONIC --positive-weight 4 --optimizer adagrad --threads 2, isotonic, 0.2",
    "platt --hash-bits 14 --optimizer ftrl --l1 1 --l2 *=0.01 --l2-factors *=0.01, sigmoid, 0.2",
    "platt --model fwfm, sigmoid, 0.2",
    "isotonic --search 2, isotonic, 0.2"
  })
  void shouldTrainEvaluateRankExplainAndInspect(String method, String link, double most)
      throws IOException {
    Path out = folder.resolve("model.femto");
    JsonNode trained = train(set, out, LOGISTIC + "--json --calibrate " + method).json();
    String name = link.equals("sigmoid") ? "platt " : "isotonic of ";
    assertThat(trained.get("calibration").asText()).startsWith(name);
    JsonNode inspected = femto("inspect", out, "--json").json();
    assertThat(inspected.get("link").asText()).isEqualTo(link);
    assertThat(inspected.has("link_knots")).isEqualTo(link.equals("isotonic"));
    assertThat(inspected.get("notes").get("calibration").asText()).startsWith(name);
    assertThat(femto("inspect", out).ok().out()).contains("link " + link);
    JsonNode figures = femto("evaluate", out, "--data", set, "--runs", "none", "--json").json();
    assertThat(figures.get("calibration_error").asDouble()).isBetween(0.0, most);
    assertThat(figures.get("log_loss").asDouble()).isBetween(0.4, 0.8);
    assertThat(figures.get("auc").asDouble()).isGreaterThan(0.55);
    Path top = folder.resolve("top.csv");
    femto("rank", out, "--data", set, "--top", 3, "--out", top).ok();
    List<String> lines = Files.readAllLines(top);
    assertThat(lines.size()).isGreaterThan(100);
    if (method.contains("hash")) {
      return; // what is hashed cannot be explained value by value
    }
    JsonNode explained =
        femto("explain", out, "--context", "user=1", "--candidate", "movie=1", "--json").json();
    try (Model model = ModelFile.read(out)) {
      double score = explained.get("score").asDouble();
      assertThat(explained.get("prediction").asDouble())
          .isCloseTo(model.predict(score), within(1e-6))
          .isStrictlyBetween(0.0, 1.0);
    }
  }

  @Test
  void shouldSayHowItCalibratedAndWhatHelpThereIs() {
    Path out = folder.resolve("said.femto");
    String said = train(set, out, LOGISTIC + "--calibrate platt").ok().out();
    assertThat(said).contains("Calibrated on the part that was set aside: platt ", " * score ");
    assertThat(femto("train", "--help").out()).contains("--calibrate", "isotonic", "--valid");
    // All ratings are positive, so there is nothing to tell them apart by.
    Cli.Result none = train(set, out, LOGISTIC + "--calibrate platt --positive 1");
    assertThat(none.exit()).isZero();
    assertThat(none.err()).startsWith("femto: warning: calibration none: ");
    assertThat(none.out()).doesNotContain("Calibrated");
  }

  @Test
  void shouldSayWhatCalibrationDoesNotGoWith() {
    Path out = folder.resolve("never.femto");
    train(set, out, "--calibrate platt --valid 0.1").failed(2, "--calibrate", "--loss logistic");
    train(set, out, "--loss bpr --calibrate platt --valid 0.1")
        .failed(2, "--calibrate", "--loss logistic");
    train(set, out, "--loss logistic --calibrate platt").failed(2, "--calibrate", "--valid");
    train(set, out, "--loss logistic --negatives 4 --calibrate platt --valid 0.1")
        .failed(2, "--calibrate", "--negatives");
    train(set, out, "--loss logistic --optimizer gibbs --calibrate platt --valid 0.1")
        .failed(2, "--calibrate", "--optimizer sgd");
    train(set, out, "--loss logistic --optimizer ials --calibrate platt --valid 0.1")
        .failed(2, "--calibrate");
    train(set, out, "--loss logistic --calibrate beta --valid 0.1")
        .failed(2, "--calibrate", "beta", "PLATT", "ISOTONIC");
    femto("train", "--follow", "e.csv", "--publish", folder, "--loss", "logistic")
        .failed(1, "e.csv");
    femto(
            "train",
            "--follow",
            "e.csv",
            "--publish",
            folder,
            "--loss",
            "logistic",
            "--valid",
            "0.1",
            "--calibrate",
            "platt")
        .failed(2, "--calibrate", "--follow");
    assertThat(out).doesNotExist();
  }

  @Test
  void shouldImportWeightsAndTrainByThem() throws IOException {
    Path file = folder.resolve("weights.txt");
    List<String> weights = new ArrayList<>(Collections.nCopies(3000, "1"));
    for (int i = 0; i < 1500; i++) {
      weights.set(i, "0.25");
    }
    Files.write(file, weights);
    Path weighted = folder.resolve("weighted");
    JsonNode imported =
        femto(
                "import",
                "--format",
                "movielens",
                raw,
                "--weights",
                file,
                "--json",
                "--out",
                weighted)
            .json();
    assertThat(imported.get("weighted").asBoolean()).isTrue();
    Path out = folder.resolve("weighted.femto");
    train(weighted, out, "--epochs 2").ok();
    Path plain = folder.resolve("plain.femto");
    train(set, plain, "--epochs 2").ok();
    assertThat(Files.mismatch(out, plain)).isNotEqualTo(-1);
    train(weighted, out, LOGISTIC + "--calibrate isotonic").ok();
    for (String method :
        List.of(
            "--optimizer gibbs",
            "--optimizer als",
            "--loss bpr",
            "--loss warp",
            "--optimizer ials")) {
      train(weighted, out, method + " --epochs 2").ok();
      train(set, plain, method + " --epochs 2").ok();
      assertThat(Files.mismatch(out, plain)).as(method).isNotEqualTo(-1);
    }
    for (String refusing :
        List.of("--optimizer gibbs --loss logistic", "--optimizer gibbs --ordinal")) {
      train(weighted, out, refusing + " --epochs 2").failed(1, "weights");
    }
    Files.write(file, weights.subList(1, 3000));
    femto("import", "--format", "movielens", raw, "--weights", file, "--out", weighted)
        .failed(1, "weights.txt", "has 2999 weights, expected 3000");
    femto("import", "--format", "movielens", raw, "--weights", "none.txt", "--out", weighted)
        .failed(1, "none.txt", "there is no such file");
  }
}
