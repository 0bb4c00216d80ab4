package femto.tools.experiment;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import femto.file.MalformedFileException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class BanditLogTest {
  private static final double NONE = Double.POSITIVE_INFINITY;

  @TempDir private Path folder;

  private Path file(String text) throws IOException {
    return Files.writeString(folder.resolve("log.csv"), text.replace(';', '\n'));
  }

  /**
   * By hand: of the odd decisions arm 0 earns 1/2 and arm 1 nothing is known, so it has their mean,
   * 1/2; of the even ones arm 0 earns 0 and arm 1 earns 1.
   */
  @Test
  void shouldFitItsModelOnTheOtherHalf() {
    BanditLog log =
        new BanditLog(
            2,
            new int[] {0, 0, 1, 0},
            new double[] {0.5, 0.5, 0.25, 0.5},
            new double[] {0, 1, 1, 0});
    double[] mix = {0.75, 0.25};
    // Decision by decision: m + w (r - f), with m = 1/2 of the even ones and 1/4 of the odd ones.
    double[] terms = {
      0.5 + 1.5 * (0 - 0.5), 0.25 + 1.5 * (1 - 0), 0.5 + 1 * (1 - 0.5), 0.25 + 1.5 * (0 - 0)
    };
    double mean = (terms[0] + terms[1] + terms[2] + terms[3]) / 4;
    assertThat(log.doublyRobust(mix, NONE).value()).isCloseTo(mean, within(1e-12));
    assertThat(log.ips(mix, NONE).value()).isCloseTo((1.5 + 1) / 4, within(1e-12));
    assertThat(log.selfNormalised(mix, NONE).value()).isCloseTo(2.5 / 5.5, within(1e-12));
    assertThat(log.ips(mix, 1.25).clipped()).isEqualTo(3);
    assertThat(log.counts()).containsExactly(3, 1);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> log.ips(new double[] {1}, NONE))
        .withMessage("1 probabilities, expected one for each arm: 2");
  }

  @Test
  void shouldReadColumnsInAnyOrderAndOnePolicyOfSeveral() throws IOException {
    Path file =
        file("reward,x,arm,policy,propensity;0.5,?,2,a,0.25;7,?,0,b,1;-1,?,0,a,1e-3;1,?,1,a,1;");
    BanditLog log = BanditLog.readCsv(file, "a", 0);
    assertThat(log.arms()).isEqualTo(3);
    assertThat(log.chosen()).containsExactly(2, 0, 1);
    assertThat(log.propensities()).containsExactly(0.25, 0.001, 1);
    assertThat(log.rewards()).containsExactly(0.5, -1, 1);
    assertThat(BanditLog.readCsv(file, "a", 5).arms()).isEqualTo(5);
    assertThatThrownBy(() -> BanditLog.readCsv(file, null, 0))
        .isInstanceOf(MalformedFileException.class)
        .hasMessageEndingWith(
            "log.csv: column policy: not said whose decisions are meant, expected one of [a, b]");
    assertThatThrownBy(() -> BanditLog.readCsv(file, "c", 0))
        .hasMessageEndingWith("column policy: no \"c\", expected one of [a, b]");
    assertThatThrownBy(() -> BanditLog.readCsv(file, "b", 0))
        .hasMessageEndingWith("has 1 decisions, expected two or more");
    Path plain = file("arm,propensity,reward;0,1,1;0,1,0");
    assertThat(BanditLog.readCsv(plain, null, 0).arms()).isEqualTo(2);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "arm,propensity;0,1;0,1 | log.csv:1: no column \"reward\" in [arm, propensity]",
        "arm,propensity,reward,arm;0,1,1,0 | log.csv:1: column \"arm\" stands twice",
        "arm,propensity,reward;0,1,1;0,1 | log.csv:3: has 2 values, expected 3",
        "arm,propensity,reward;0,0,1;0,1,1 | log.csv:2: propensity \"0\", expected above 0, at most 1",
        "arm,propensity,reward;0,1,1;0,1.5,1 | log.csv:3: propensity \"1.5\", expected above 0",
        "arm,propensity,reward;0,NaN,1 | log.csv:2: propensity \"NaN\", expected above 0",
        "arm,propensity,reward;0,1,yes | log.csv:2: reward \"yes\", expected a number",
        "arm,propensity,reward;0,1,Infinity | log.csv:2: reward \"Infinity\", expected a number",
        "arm,propensity,reward;-1,1,1 | log.csv:2: arm \"-1\", expected a whole number, 0 to 2",
        "arm,propensity,reward;3,1,1 | log.csv:2: arm \"3\", expected a whole number, 0 to 2",
        "arm,propensity,reward;1e0,1,1 | log.csv:2: arm \"1e0\", expected a whole number",
        "arm,propensity,reward | log.csv: has 0 decisions, expected two or more",
      })
  void shouldSayWhatIsWrongAndWhere(String text, String problem) throws IOException {
    Path file = file(text);
    assertThatThrownBy(() -> BanditLog.readCsv(file, null, 3))
        .isInstanceOf(MalformedFileException.class)
        .hasMessageContaining(problem);
  }

  @Test
  void shouldRefuseWhatIsNoCsv() throws IOException {
    Path quote = file("arm,propensity,reward;\"0,1,1");
    assertThatThrownBy(() -> BanditLog.readCsv(quote, null, 0))
        .isInstanceOf(MalformedFileException.class);
    Path bytes = folder.resolve("bytes.csv");
    Files.write(bytes, "arm,propensity,reward\n\u00e9".getBytes(StandardCharsets.ISO_8859_1));
    assertThatThrownBy(() -> BanditLog.readCsv(bytes, null, 0))
        .isInstanceOf(MalformedFileException.class)
        .hasMessageEndingWith("is not UTF-8 text");
  }

  @Test
  void shouldRefuseNumbersOutOfTheirRanges() {
    int[] arms = {0, 1};
    double[] ones = {1, 1};
    assertThatIllegalArgumentException().isThrownBy(() -> new BanditLog(1, arms, ones, ones));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new BanditLog(2, new int[] {0, 2}, ones, ones))
        .withMessage("decision 1 has the arm 2, expected 0 to 1");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new BanditLog(2, arms, new double[] {1, 0}, ones));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new BanditLog(2, arms, ones, new double[] {1, Double.NaN}));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new BanditLog(2, arms, new double[] {1}, ones));
  }
}
