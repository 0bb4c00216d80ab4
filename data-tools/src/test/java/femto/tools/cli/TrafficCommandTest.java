package femto.tools.cli;

import static femto.tools.cli.Cli.femto;
import static java.nio.charset.StandardCharsets.UTF_16;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TrafficCommandTest {
  @TempDir Path folder;
  private Path log = Path.of("");

  /** Forty users of two arms; each of B clicks, every second of A does; two broken rows. */
  @BeforeEach
  void writeLog() throws IOException {
    List<String> lines = new ArrayList<>(List.of("time,event,id,user,item,session,dwell,arm,page"));
    for (int i = 0; i < 40; i++) {
      boolean isB = i % 2 == 1;
      lines.add(
          i + ",impression,i" + i + ",u" + i + ",film" + i % 4 + ",s,," + (isB ? "B,p" : "A,p"));
      if (isB || i % 4 == 0) {
        lines.add(i + 2 + ",click,i" + i + ",u" + i + ",,s," + i + ",,");
      }
    }
    lines.add("50,click,i99,u0,,s,,,");
    lines.add("50,click,i0");
    log = Files.write(folder.resolve("log.csv"), lines);
  }

  private Path log(String... lines) throws IOException {
    return Files.write(folder.resolve("other.csv"), List.of(lines));
  }

  @Test
  void shouldPrintOneObject() {
    JsonNode json =
        femto("traffic", log, "--catalogue", 8, "--users", 80, "--long", "20s", "--json")
            .ok()
            .json();
    assertThat(json.at("/metrics/ctr/successes").asInt()).isEqualTo(30);
    assertThat(json.at("/metrics/ctr/trials").asInt()).isEqualTo(40);
    assertThat(json.at("/metrics/ctr/value").asDouble()).isEqualTo(0.75);
    // Wilson: (0.75 + z2 / 80) / (1 + z2 / 40) with z2 = 3.841459, and as far to each side.
    assertThat(json.at("/metrics/ctr/low").asDouble()).isCloseTo(0.5981, within(5e-5));
    assertThat(json.at("/metrics/ctr/high").asDouble()).isCloseTo(0.8581, within(5e-5));
    // Clicks of 20 s or more: ten of B, 21 to 39, and five of A, 20 to 36.
    assertThat(json.at("/metrics/long_ctr/successes").asInt()).isEqualTo(15);
    assertThat(json.at("/metrics/coverage/value").asDouble()).isEqualTo(0.5);
    assertThat(json.at("/metrics/user_coverage/value").asDouble()).isEqualTo(0.5);
    assertThat(json.at("/arms/A/ctr_users/successes").asInt()).isEqualTo(10);
    assertThat(json.at("/arms/B/ctr_users/successes").asInt()).isEqualTo(20);
    assertThat(json.at("/comparisons/ctr_users/difference").asDouble()).isEqualTo(0.5);
    assertThat(json.at("/comparisons/ctr_users/p_value").asDouble()).isLessThan(0.001);
    assertThat(json.at("/not_computed/vtr").asText()).isEqualTo("no row is a view");
    assertThat(json.at("/unknown_columns/0").asText()).isEqualTo("page");
    assertThat(json.at("/window_seconds").asDouble()).isEqualTo(604_800);
    assertThat(json.at("/refused/unknown_id/first_line").asInt()).isEqualTo(72);
    assertThat(json.at("/refused/wrong_number_of_fields/rows").asInt()).isEqualTo(1);
    assertThat(json.at("/used_but/time_backwards/rows").asInt()).isPositive();
    int refused = 0;
    for (JsonNode kind : json.get("refused")) {
      refused += kind.get("rows").asInt();
    }
    assertThat(json.get("rows").asInt()).isEqualTo(json.get("used").asInt() + refused);
  }

  @Test
  void shouldPrintATableForPeople() {
    String out = femto("traffic", log).ok().out();
    assertThat(out)
        .containsPattern(
            "ctr +impressions clicked +75\\.000 % +59\\.\\d+ % to 85\\.\\d+ % +30 of 40")
        .contains("B less A", "session length, mean")
        .contains("Rows: 72, of which 70 used and 2 refused")
        .containsPattern("event of an unknown impression +1 +72 +refused")
        .containsPattern("time going backwards +\\d+ +\\d+ +used")
        .contains("Columns that are not read: page.")
        .contains("not computed: vtr: no row is a view")
        .contains("not computed: coverage: needs the number of items there are (--catalogue)");
  }

  @Test
  void shouldComputeWhatIsAskedForAlone() {
    JsonNode json = femto("traffic", log, "--metrics", "ctr,VTR-users", "--json").ok().json();
    assertThat(Cli.keys(json.get("metrics"))).containsExactly("ctr", "vtr_users");
    assertThat(json.at("/metrics/vtr_users/successes").asInt())
        .isZero(); // asked for: there is none
    assertThat(json.get("not_computed")).isEmpty();
    femto("traffic", log, "--metrics", "clicks")
        .failed(2, "\"clicks\" is no metric, expected one of [ctr, ctr-users,");
    assertThat(femto("traffic", "--help").ok().out()).contains("dwell-per-user, deep-reading.");
  }

  @Test
  void shouldListWhatCannotBeComputedAndRefuseItByName() throws IOException {
    Path other = log("time,event,id,user", "1,impression,1,a", "2,click,1,a");
    assertThat(femto("traffic", other).ok().out())
        .contains("not computed: long-ctr: needs the column dwell")
        .doesNotContain("\n long-ctr");
    JsonNode json = femto("traffic", other, "--json").ok().json();
    assertThat(json.at("/not_computed/long_ctr").asText()).isEqualTo("needs the column dwell");
    assertThat(json.at("/metrics/long_ctr").isMissingNode()).isTrue();
    femto("traffic", other, "--metrics", "ctr,long-ctr")
        .failed(1, "other.csv:1: there is no column dwell; found \"time\"");
    Path empty = log("time,event,id,user,dwell", "1,impression,1,a,", "2,click,1,a,");
    femto("traffic", empty, "--metrics", "long-ctr")
        .failed(1, "other.csv: long-ctr: no click or view has a dwell");
  }

  @Test
  void shouldStopAtTheFirstBrokenRowIfItIsStrict() throws IOException {
    femto("traffic", log, "--strict").failed(1, "log.csv:73: found 3 fields, expected 9");
    Path orphan = log("time,event,id,user", "1,impression,1,a", "2,click,2,a");
    femto("traffic", orphan, "--strict").failed(1, "other.csv:3: id \"2\", expected that of an");
    Path sound = log("time,event,id,user", "1,impression,1,a", "2,click,1,a");
    femto("traffic", sound, "--strict").ok();
  }

  @Test
  void shouldSayWhatIsWrongWithAFileThatIsNoLog() throws IOException {
    femto("traffic", folder.resolve("none.csv")).failed(1, "none.csv", "no such file");
    femto("traffic", folder).failed(1, "is a directory");
    femto("traffic", log("user,item", "a,b"))
        .failed(1, "other.csv:1: there are no columns time, event, id; found \"user\", \"item\"");
    Path utf16 = Files.write(folder.resolve("wide.csv"), "time,event,id,user\n".getBytes(UTF_16));
    femto("traffic", utf16).failed(1, "wide.csv:1: looks like UTF-16, expected CSV in UTF-8");
    femto("traffic", log, "--catalogue", 2).failed(1, "the log shows 4 items, expected up to 2");
  }

  @Test
  void shouldCountWhatComesAfterTheWindow() throws IOException {
    Path other = log("time,event,id,user", "0,impression,1,a", "3601,conversion,1,a");
    assertThat(femto("traffic", other, "--window", "1h").ok().out())
        .contains("conversions outside the window, not counted: 1")
        .containsPattern("cvr +impressions converted +0\\.000 %");
    assertThat(femto("traffic", other, "--window", "2h").ok().out())
        .containsPattern("cvr +impressions converted +100\\.000 %")
        .doesNotContain("outside the window");
  }
}
