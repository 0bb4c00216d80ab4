package femto.tools.cli;

import static femto.tools.cli.Cli.femto;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;
import org.junit.jupiter.params.provider.ValueSource;

class HelpAndUsageTest {
  static final List<String> COMMANDS =
      List.of(
          "demo",
          "generate",
          "import",
          "train",
          "evaluate",
          "crossval",
          "compare",
          "runs",
          "rank",
          "explain",
          "inspect",
          "simulate",
          "offpolicy",
          "abtest",
          "traffic");

  @Test
  void shouldListEveryCommandInItsHelp() {
    Cli.Result help = femto("--help").ok();
    assertThat(help.out()).contains("Usage: femto").contains(COMMANDS.toArray(String[]::new));
    assertThat(femto("--version").ok().out()).startsWith("femto ");
  }

  @ParameterizedTest
  @FieldSource("COMMANDS")
  void shouldPrintASynopsisOfEachCommand(String command) {
    Cli.Result help = femto(command, "--help").ok();
    assertThat(help.out()).contains("Usage: femto " + command, "--json", "--help");
  }

  @ParameterizedTest
  @FieldSource("COMMANDS")
  void shouldRefuseAnUnknownOptionOfEachCommand(String command) {
    Cli.Result result = femto(command, "--no-such-option");
    result.failed(2, "femto " + command + " --help");
    assertThat(result.out()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "trian x --out y",
        "generate",
        "generate --shape ads",
        "generate --shape ads --rows 5 --out o",
        "generate --shape ads --rows 100000001 --out o",
        "generate --shape ads --values 0 --out o",
        "generate --shape ads --rate 5 --out o",
        "generate --shape ads --stream --values 2 --out o",
        "generate --field-weighted --out o",
        "generate --shape ads --stream",
        "generate --shape ads --stream --rows -1 --out o",
        "generate --shape ads --stream --rate 0 --out o",
        "generate --shape ads --stream --out - --json",
        "generate --stream --out o",
        "generate --drift 1 --out o",
        "generate --rows 5000000000 --out o",
        "import in --out o",
        "import --format movielens --out o",
        "import --format nonsense in --out o",
        "train --out m",
        "train d",
        "train d --out m --loss hinge",
        "train d --out m --epochs many",
        "train d --out m --model linear --factors 3",
        "evaluate m",
        "evaluate --data d",
        "crossval --data d",
        "crossval --data d --k 5 --folds u1",
        "crossval --folds u1",
        "rank m",
        "rank m --out o",
        "rank m --contexts c --out o",
        "rank m --data d --contexts c --candidates i --out o",
        "rank m --data d --top 0 --out o",
        "rank m --data d --threads 0 --out o",
        "rank m --contexts c --candidates i --exclude-seen --out o",
        "rank m --data d --split u1 --out o",
        "explain m --context user=1",
        "explain m --context user --candidate movie=1",
        "inspect",
        "compare",
        "compare --data d --preset movielens",
        "compare --data d --models fmm",
        "compare --data d --seeds 0",
        "train --follow e --publish p --runs r",
        "runs --limit 0",
        "runs --diff 1",
        "runs --diff 1 x",
        "runs --diff 1 2 --by rmse",
        "offpolicy log.csv",
        "offpolicy --policy ucb1",
        "offpolicy log.csv --policy thomson",
        "offpolicy log.csv --policy arm:x",
        "offpolicy log.csv --policy arm:-1",
        "offpolicy log.csv --policy mix:0.5:0.6",
        "offpolicy log.csv --policy ucb1 --clip 0",
        "offpolicy log.csv --policy ucb1 --arms 1",
        "offpolicy log.csv --policy ucb1 --rounds 1",
        "simulate",
        "simulate --arms 0.1",
        "simulate --arms 0.1,x",
        "simulate --arms 0.1,1.5",
        "simulate --arms 0.1,0.2 --policy thomson",
        "simulate --arms 0.1,0.2 --rounds 5",
        "simulate --arms 0.1,0.2 --discount 0",
        "simulate --arms 0.1,0.2 --threads 0",
        "abtest",
        "abtest --rate 0.1",
        "abtest --rate 0.1 --lift 0",
        "abtest --rate 0.1 --lift 0.1 --power 2",
        "abtest --control 3/2 --variant 1/2",
        "abtest --control 3 --variant 1/2",
        "abtest --control 1/2",
        "abtest --control 0/0 --variant 1/2",
        "abtest --control 1/2 --variant 1/2 --share 1",
        "abtest --control 1/2 --variant 1/2 --alpha 0",
        "abtest --control 1/2 --variant 1/2 --rate 0.1 --lift 0.1",
        "traffic",
        "traffic l --metrics click-rate",
        "traffic l --metrics coverage",
        "traffic l --metrics user-coverage",
        "traffic l --window 7",
        "traffic l --catalogue 0",
        "traffic l --users 0"
      })
  void shouldExitWithTwoAndAHintWhenUsedWrongly(String line) {
    femto((Object[]) (line.isEmpty() ? new String[0] : line.split(" ", -1))).failed(2);
  }

  @Test
  void shouldSuggestTheCommandThatWasMeant() {
    femto("trian").failed(2, "trian", "train");
    femto("train", "d", "--epoch", "3", "--out", "m").failed(2, "--epoch", "--epochs");
  }

  /** A model that there isn't is said once, not twice. */
  @ParameterizedTest
  @ValueSource(strings = {"inspect M", "explain M --context user=1 --candidate movie=1"})
  void shouldSayThatThereIsNoSuchModel(String line, @TempDir Path folder) {
    Path model = folder.resolve("none.femto");
    Object[] arguments = line.replace("M", model.toString()).split(" ", -1);
    femto(arguments).failed(1, "none.femto: ", "no such file");
    assertThat(femto(arguments).err().strip()).containsOnlyOnce("no such file");
  }
}
