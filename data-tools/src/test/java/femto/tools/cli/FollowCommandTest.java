package femto.tools.cli;

import static femto.tools.cli.Cli.femto;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import femto.tools.ChildJvm;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(120)
class FollowCommandTest {
  @TempDir static Path shared = Path.of("");
  private static Path events = Path.of("");

  @TempDir Path folder;

  @BeforeAll
  static void generate() {
    events = shared.resolve("events.csv");
    femto("generate", "--shape", "ads", "--stream", "--rows", 3000, "--out", events).ok();
  }

  private Path versions() {
    return folder.resolve("versions");
  }

  private Cli.Result train(Object... more) {
    Object[] arguments =
        List.of(
                "train",
                "--follow",
                events,
                "--publish",
                versions(),
                "--stop-at-end",
                "--factors",
                4)
            .toArray();
    Object[] all = java.util.Arrays.copyOf(arguments, arguments.length + more.length);
    System.arraycopy(more, 0, all, arguments.length, more.length);
    return femto(all);
  }

  @Test
  void shouldLearnGoOnAndShowItsVersions() {
    JsonNode first = train("--events", 1000, "--capacity", 5000, "--json").ok().json();
    assertThat(first.get("events").asInt()).isEqualTo(1000);
    assertThat(first.get("checkpoints").asInt()).isEqualTo(1);
    Cli.Result rest = train("--capacity", 5000).ok();
    assertThat(rest.out())
        .contains("Going on after 1,000 events", "3,000 events; last 3,000: loss 0.")
        .contains("below minimum", "Next: femto inspect --follow");
    Cli.Result shown = femto("inspect", "--follow", versions(), "--for", "1s").ok();
    assertThat(shown.out()).contains("  full ", "0 files damaged, 0 refused, 0 missing");
    JsonNode json =
        femto("inspect", "--follow", versions(), "--for", "200ms", "--json").ok().json();
    assertThat(json.get("checksum").asText()).matches("[0-9a-f]{16}");
    assertThat(json.get("damaged").asInt()).isZero();
  }

  @Test
  void shouldReportCollisionsOfHashes() {
    JsonNode result = train("--hash-bits", 12, "--json").ok().json();
    JsonNode features = result.get("features");
    assertThat(features.get("features").asInt()).isEqualTo(4096);
    assertThat(features.get("collisions_estimated").asInt()).isPositive();
    assertThat(features.get("features_taken").asInt()).isBetween(1000, 4096);
  }

  @Test
  void shouldRefuseWhatDoesNotGoTogether() {
    Path out = folder.resolve("out");
    femto("train", "--follow", events).failed(2, "--publish DIR is missing");
    femto("train", "--publish", out).failed(2, "--publish and --state need --follow");
    femto("train", "--out", out).failed(2, "a DATASET is missing, or --follow EVENTS");
    femto("train", "--follow", events, "--publish", out, "--out", out)
        .failed(2, "--follow learns no DATASET and has no --out");
    femto("train", "--follow", events, "--publish", out, "--search", 3).failed(2, "--search");
    femto("train", "--follow", events, "--publish", out, "--l2", "user=1")
        .failed(2, "take * alone");
    femto("train", "--follow", events, "--publish", out, "--horizon", "soon")
        .failed(2, "\"soon\" is no duration", "10s");
    femto("train", "--follow", events, "--publish", out, "--events", 0).failed(2, "--events");
    femto("inspect").failed(2, "a MODEL is missing, or --follow DIR");
    femto("inspect", "--for", "1s", out).failed(2, "--for needs --follow");
    assertThat(out).doesNotExist();
  }

  @Test
  void shouldNameWhatIsWrongAndKeepWhatThereIs() throws IOException {
    train("--capacity", 5000).ok();
    train("--capacity", 6000)
        .failed(1, "capacity=5000", "capacity=6000", "begin anew with another state folder");
    train("--capacity", 5000, "--candidate", "user")
        .failed(1, "no one-hot field user of candidates");
    Path bad = folder.resolve("bad.csv");
    Files.copy(events, bad);
    Files.writeString(bad, "soon,1\n", StandardOpenOption.APPEND);
    Path other = folder.resolve("other");
    femto("train", "--follow", bad, "--publish", other, "--stop-at-end")
        .failed(1, "bad.csv:3002", "time \"soon\"");
    JsonNode skipped =
        femto(
                "train",
                "--follow",
                bad,
                "--publish",
                folder.resolve("another"),
                "--stop-at-end",
                "--bad-rows",
                "skip",
                "--json")
            .ok()
            .json();
    assertThat(skipped.get("skipped_rows").asInt()).isEqualTo(1);
    femto("inspect", "--follow", folder.resolve("none"), "--for", "1s").failed(1, "none");
  }

  /** Asked to end, as by a service manager, it publishes, keeps what it has, and ends well. */
  @Test
  void shouldEndWellWhenItIsAskedTo() throws Exception {
    Process process =
        ChildJvm.command(
                ChildJvm.FLAGS, Femto.class, "train", "--follow", events, "--publish", versions())
            .redirectErrorStream(true)
            .redirectOutput(folder.resolve("out").toFile())
            .start();
    try {
      long end = System.nanoTime() + 60_000_000_000L;
      while (!Files.isDirectory(versions()) || !hasVersion()) {
        assertThat(System.nanoTime()).as("time is up").isLessThan(end);
        Thread.sleep(20);
      }
      process.destroy();
      assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
      String said = Files.readString(folder.resolve("out"));
      assertThat(process.exitValue()).as(said).isZero();
      assertThat(said).contains("Next: femto inspect --follow");
      assertThat(folder.resolve("versions.state").resolve("checkpoint.femto")).exists();
    } finally {
      process.destroyForcibly();
    }
  }

  private boolean hasVersion() throws IOException {
    try (var files = Files.list(versions())) {
      return files.anyMatch(file -> file.toString().endsWith(".femto"));
    }
  }
}
