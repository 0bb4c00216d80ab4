package femto.tools.cli;

import static femto.tools.cli.Cli.femto;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What endless streams do is seen from outside, in processes of their own. */
@Timeout(120)
class GenerateStreamTest {
  @TempDir Path folder = Path.of("");

  private Process start(String... arguments) throws IOException {
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:+UseSerialGC",
                "-cp",
                System.getProperty("java.class.path"),
                "femto.tools.cli.Femto",
                "generate",
                "--shape",
                "ads",
                "--stream"));
    command.addAll(Arrays.asList(arguments));
    return new ProcessBuilder(command).redirectError(folder.resolve("errors").toFile()).start();
  }

  private String errors() throws IOException {
    return Files.readString(folder.resolve("errors"));
  }

  private static int exitOf(Process process) throws InterruptedException {
    assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
    return process.exitValue();
  }

  @Test
  void shouldWriteAWholeFileAndSayHowMuch() throws IOException {
    Path one = folder.resolve("one.csv");
    Path two = folder.resolve("two.csv");
    Cli.Result text =
        femto("generate", "--shape", "ads", "--stream", "--rows", 1000, "--out", one).ok();
    assertThat(text.out()).contains("Generated 1,000 rows");
    JsonNode json =
        femto(
                "generate",
                "--shape",
                "ads",
                "--stream",
                "--rows",
                1000,
                "--rate",
                10_000,
                "--out",
                two,
                "--json")
            .json();
    assertThat(json.get("rows").asLong()).isEqualTo(1000);
    assertThat(json.get("out").asText()).isEqualTo(two.toString());
    assertThat(one).hasSameBinaryContentAs(two);
    assertThat(Files.readAllLines(one)).hasSize(1001);
    // A whole file may replace another, and one that grows may not.
    femto("generate", "--shape", "ads", "--stream", "--rows", 5, "--out", one).ok();
    assertThat(Files.readAllLines(one)).hasSize(6);
    femto("generate", "--shape", "ads", "--stream", "--out", two).failed(1, "two.csv: exists");
    assertThat(Files.readAllLines(two)).hasSize(1001);
    try (Stream<Path> left = Files.list(folder)) {
      assertThat(left).containsExactlyInAnyOrder(one, two);
    }
  }

  @Test
  void shouldLeaveNothingWhereItCannotWrite() throws IOException {
    Path nowhere = folder.resolve("nowhere/x.csv");
    femto("generate", "--shape", "ads", "--stream", "--rows", 5, "--out", nowhere)
        .failed(1, "nowhere", "does not exist");
    femto("generate", "--shape", "ads", "--stream", "--out", nowhere)
        .failed(1, "nowhere", "does not exist");
    femto("generate", "--shape", "ads", "--stream", "--out", folder).failed(1, "is a directory");
    femto("generate", "--shape", "ads", "--stream", "--drift", -1, "--out", folder.resolve("x"))
        .failed(1, "drift=-1.0", "expected 0 to");
    assertThat(folder).isEmptyDirectory();
  }

  @Test
  void shouldEndQuietlyWhenTheReaderGoesAway() throws Exception {
    Process process = start("--out", "-");
    try (BufferedReader lines = process.inputReader(StandardCharsets.UTF_8)) {
      assertThat(lines.readLine()).startsWith("time,label,probability,user:context:one_hot,");
      for (int i = 0; i < 1000; i++) {
        assertThat(lines.readLine().split(",", -1)).hasSize(13);
      }
    }
    assertThat(exitOf(process)).isZero();
    assertThat(errors()).isEmpty();
  }

  @Test
  void shouldWriteSoManyRowsIntoAPipe() throws Exception {
    Process process = start("--rows", "20", "--clicks", "delayed", "--out", "-");
    try (BufferedReader lines = process.inputReader(StandardCharsets.UTF_8)) {
      assertThat(lines.readLine()).startsWith("time,event,id,probability,");
      assertThat(lines.lines()).hasSize(20);
    }
    assertThat(exitOf(process)).isZero();
    assertThat(errors()).isEmpty();
  }

  /** A termination takes the way that Ctrl-C takes. */
  @Test
  void shouldEndAfterAWholeLineWhenAskedTo() throws Exception {
    Path file = folder.resolve("live.csv");
    Process process = start("--rate", "300", "--out", file.toString());
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
    while ((!Files.exists(file) || Files.size(file) < 20_000) && System.nanoTime() < deadline) {
      if (Files.exists(file)) {
        // Whoever looks sees whole lines.
        String seen = Files.readString(file);
        assertThat(seen.isEmpty() || seen.endsWith("\n")).isTrue();
      }
      Thread.sleep(5);
    }
    assertThat(file).exists();
    process.destroy();
    assertThat(exitOf(process)).isZero();
    assertThat(errors()).isEmpty();
    assertThat(Files.readString(file)).endsWith("\n").hasSizeGreaterThanOrEqualTo(20_000);
  }
}
