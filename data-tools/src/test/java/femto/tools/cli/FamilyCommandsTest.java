package femto.tools.cli;

import static femto.tools.cli.Cli.femto;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import femto.tools.train.SmallWorld;
import java.io.IOException;
import java.nio.file.Files;
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

/** Families other than FM and linear, from training to ranking. */
class FamilyCommandsTest {
  private static Path folder;
  private static Path set;

  @BeforeAll
  static void prepare(@TempDir Path directory) throws IOException {
    folder = directory;
    Path raw = SmallWorld.raw(folder.resolve("raw"), 3000);
    set = folder.resolve("set");
    femto("import", "--format", "movielens", raw, "--out", set).ok();
  }

  private static Cli.Result train(String model, Path out, Object... more) {
    List<Object> all = new ArrayList<>(List.of("train", set, "--split", "u1", "--runs", "none"));
    all.addAll(Arrays.asList((Object[]) ("--model " + model).split(" ", -1)));
    if (!model.contains("--epochs")) {
      all.addAll(List.of("--epochs", 5));
    }
    all.addAll(List.of("--out", out));
    all.addAll(Arrays.asList(more));
    return femto(all.toArray());
  }

  @ParameterizedTest
  @CsvSource({ // the world has fields of users: 4, and of movies: 3
    "mf, fm, 16, 16",
    "fwfm, fwfm, 16, -1",
    "fwfm-low-rank --rank 1, fwfm, 16, 16",
    "FWFM_LOW_RANK --factors 3, fwfm, 3, -1",
    "ffm --factors 2, ffm, 2, -1",
    "poly2 --pair-bits 12, poly2, 0, 0"
  })
  void shouldTrainEvaluateRankAndExplain(String model, String family, int factors, int folded) {
    Path out = folder.resolve("model.femto");
    JsonNode trained = train(model, out, "--json").json();
    assertThat(trained.get("examples").asInt()).isEqualTo(2400);
    JsonNode inspected = femto("inspect", out, "--json").json();
    assertThat(inspected.get("family").asText()).isEqualTo(family);
    assertThat(inspected.get("factors").asInt()).isEqualTo(factors);
    int length = inspected.get("folded_length").asInt();
    assertThat(length).isEqualTo(folded < 0 ? length / factors * factors : folded);
    JsonNode fields = inspected.get("fields");
    assertThat(fields.has("gender")).isEqualTo(!model.equals("mf"));
    JsonNode figures = femto("evaluate", out, "--data", set, "--runs", "none", "--json").json();
    assertThat(figures.get("rmse").asDouble()).isBetween(0.5, 1.2);
    Path top = folder.resolve("top.csv");
    femto("rank", out, "--data", set, "--top", 3, "--out", top).ok();
    assertThat(top).exists();
    JsonNode explained =
        femto("explain", out, "--context", "user=1", "--candidate", "movie=1", "--json").json();
    double sum = explained.get("bias").asDouble();
    for (JsonNode part : explained.get("linear")) {
      sum += part.asDouble();
    }
    for (JsonNode part : explained.get("pairs")) {
      sum += part.asDouble();
    }
    assertThat(explained.get("score").asDouble())
        .isCloseTo(sum, org.assertj.core.api.Assertions.within(1e-6));
  }

  @ParameterizedTest
  @ValueSource(strings = {"fwfm", "fwfm-low-rank --rank 2", "ffm --optimizer adagrad", "poly2"})
  void shouldTrainTheSameBytesWithOneSeedAndStartFromThem(String model) throws IOException {
    Path first = folder.resolve("first.femto");
    Path second = folder.resolve("second.femto");
    train(model, first).ok();
    train(model, second).ok();
    assertThat(second).hasSameBinaryContentAs(first);
    if (model.equals("poly2")) {
      train(model, second, "--warm-start", first).failed(2, "--warm-start", "poly2");
    } else {
      train(model, second, "--warm-start", first).ok();
      assertThat(Files.mismatch(first, second)).isNotEqualTo(-1);
      train("fm", second, "--warm-start", first).failed(1, "start from");
    }
  }

  @Test
  void shouldReportHowManyPairsShareAWeight() {
    Path out = folder.resolve("pairs.femto");
    Cli.Result text = train("poly2 --pair-bits 8", out).ok();
    assertThat(text.out()).contains("2^8 weights for pairs, 256 in use: about 100.0 %");
    JsonNode few = train("poly2 --pair-bits 24", out, "--json").json();
    assertThat(few.get("pairs_sharing").asDouble()).isBetween(1e-5, 0.02);
    assertThat(femto("inspect", out).ok().out()).contains("2^24 weights for pairs");
  }

  private static Cli.Result crossval(String options) {
    String line = "crossval --data " + set + " --folds u1 --epochs 3 " + options;
    return femto((Object[]) line.split(" ", -1));
  }

  @ParameterizedTest
  @ValueSource(strings = {"fwfm", "fwfm-low-rank --rank 2", "ffm --factors 2", "poly2"})
  void shouldCrossValidateAFamilyAsItIsTrainedBesideTheOthers(String model) {
    JsonNode json = crossval("--json --model " + model).json();
    double rmse = json.get("mean_rmse").asDouble();
    Path out = folder.resolve("crossed.femto");
    train(model + " --epochs 3", out).ok();
    JsonNode tested = femto("evaluate", out, "--data", set, "--runs", "none", "--json").json();
    assertThat(rmse)
        .isCloseTo(tested.get("rmse").asDouble(), org.assertj.core.api.Assertions.within(1e-9));
    JsonNode fm = crossval("--json").json();
    assertThat(rmse).isNotEqualTo(fm.get("mean_rmse").asDouble());
    assertThat(json.get("mean_rmse_linear")).isEqualTo(fm.get("mean_rmse_linear"));
    if (!model.contains("--factors")) { // which the FM of the ids alone has too
      assertThat(json.get("mean_rmse_ids_only")).isEqualTo(fm.get("mean_rmse_ids_only"));
    }
    assertThat(crossval("--model " + model).ok().out()).contains(model.split(" ", -1)[0] + " ");
  }

  @Test
  void shouldSayWhichFamiliesCannotBeCrossValidatedOrLearnedOverBlocks() {
    crossval("--model linear").failed(2, "--model linear", "poly2");
    crossval("--model mf").failed(2, "--model mf", "poly2");
    crossval("--model ffm --optimizer gibbs").failed(2, "als and gibbs", "ffm");
    crossval("--model ffm --optimizer ftrl").failed(2, "ftrl", "--model fm");
    crossval("--model fm --rank 2").failed(2, "--rank goes with");
    Path out = folder.resolve("blocks.femto");
    train("fwfm --optimizer als", out).failed(2, "als and gibbs", "fwfm");
    train("fm --optimizer als", out, "--warm-start", set).failed(2, "--warm-start", "als");
    assertThat(out).doesNotExist();
    train("mf --optimizer als", out).ok();
    assertThat(Cli.keys(femto("inspect", out, "--json").json().get("fields")))
        .containsExactly("user", "movie");
  }

  @Test
  void shouldSayWhichOptionsDoNotGoTogether() {
    Path out = folder.resolve("never.femto");
    train("mf", out, "--fields", "user,movie").failed(2, "--model mf", "--fields");
    train("poly2", out, "--factors", 3).failed(2, "--model poly2 has no factors");
    train("ffm", out, "--factors", 0).failed(2, "--model ffm has factors");
    train("fm", out, "--rank", 3).failed(2, "--rank goes with --model fwfm-low-rank");
    train("fwfm-low-rank", out, "--rank", 0).failed(2, "--rank must be 1 or more");
    train("ffm", out, "--l2-strengths", 3).failed(2, "--l2-strengths goes with");
    train("fwfm", out, "--l2-strengths", -3).failed(2, "--l2-strengths must be 0 or more");
    train("ffm", out, "--step-strengths", 3).failed(2, "--step-strengths goes with");
    train("fwfm", out, "--step-strengths", 0).failed(2, "--step-strengths must be above 0");
    train("fm", out, "--pair-bits", 3).failed(2, "--pair-bits goes with --model poly2");
    train("poly2", out, "--pair-bits", 29).failed(2, "--pair-bits must be 1 to 28");
    train("svd", out).failed(2, "svd", "fwfm-low-rank");
    femto("train", "--model", "ffm", "--follow", "events.csv", "--publish", folder)
        .failed(2, "--follow", "ffm");
    assertThat(out).doesNotExist();
  }
}
