package femto.tools.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.api.io.TempDir;

class ProgressTest {
  /** Shows a bar for as long as it takes to see it. */
  static final class Shown {
    private Shown() {}

    public static void main(String[] arguments) throws InterruptedException {
      try (Progress progress = Progress.start("ranking", 8)) {
        for (int step = 0; step < 8; step++) {
          Thread.sleep(150);
          progress.step();
        }
      }
      System.out.println("done");
    }
  }

  @Test
  void shouldShowWhatFits() {
    assertThat(Progress.line("ranking", 182_016, 400_000, 17.4, 80))
        .isEqualTo(
            "ranking  45% [===============                   ] 182,016 of 400,000, 0:17 left")
        .hasSizeLessThan(80);
    assertThat(Progress.line("ranking", 512, 400_000, Double.NaN, 80))
        .isEqualTo(
            "ranking   0% [                                             ]     512 of 400,000");
    assertThat(Progress.line("ranking", 182_016, 400_000, 17.4, 40))
        .isEqualTo("ranking  45% [======        ] 0:17 left");
    assertThat(Progress.line("ranking", 182_016, 400_000, 17.4, 26))
        .isEqualTo("ranking  45% [====      ]");
    assertThat(Progress.line("ranking", 182_016, 400_000, 17.4, 20)).isEqualTo("ranking  45%");
    assertThat(Progress.line("ranking", 1, 2, 3725, 200)).endsWith("] 1 of 2, 1:02:05 left");
    assertThat(Progress.line("ranking", 0, 0, Double.NaN, 200)).startsWith("ranking 100% [=");
  }

  @Test
  void shouldShowTheTaskAloneIfItsStepsAreUnknown() {
    assertThat(Progress.line("folding candidates", 0, -1, Double.NaN, 80))
        .isEqualTo("folding candidates ...");
    assertThat(Progress.line("folding candidates", 0, -1, Double.NaN, 8)).isEqualTo("folding");
    assertThat(Progress.line("folding candidates", 0, -1, Double.NaN, 0)).isEmpty();
  }

  @Test
  void shouldNeverBeAsWideAsTheTerminal() {
    for (int width = 1; width < 140; width++) {
      for (long done = 0; done <= 10_000_000; done += 2_500_000) {
        assertThat(Progress.line("ranking", done, 10_000_000, 4000, width))
            .hasSizeLessThan(width + (width == 1 ? 1 : 0));
      }
    }
  }

  @Test
  void shouldTellWhatIsLeftByThePaceSinceTheFirstStep() {
    Progress.Estimate estimate = new Progress.Estimate();
    long second = 1_000_000_000;
    assertThat(estimate.secondsLeft(0, 100, 0)).isNaN();
    assertThat(estimate.secondsLeft(0, 100, 60 * second)).isNaN();
    assertThat(estimate.secondsLeft(10, 100, 61 * second)).isNaN();
    assertThat(estimate.secondsLeft(20, 100, 63 * second)).isNaN();
    assertThat(estimate.secondsLeft(10, 100, 64 * second)).isNaN();
    assertThat(estimate.secondsLeft(30, 100, 64 * second)).isCloseTo(10.5, within(1e-9));
  }

  static boolean hasScript() {
    return Files.isExecutable(Path.of("/usr/bin/script")) && Files.exists(Path.of("/proc/self/fd"));
  }

  /** What a terminal receives of a command. */
  private static String onTerminal(String redirected) throws IOException, InterruptedException {
    String java =
        "'%s' -cp '%s' '%s'"
            .formatted(
                Path.of(System.getProperty("java.home"), "bin", "java"),
                System.getProperty("java.class.path"),
                Shown.class.getName());
    Process script =
        new ProcessBuilder("/usr/bin/script", "-qec", java + " " + redirected, "/dev/null")
            .redirectErrorStream(true)
            .start();
    script.getOutputStream().close();
    String seen = new String(script.getInputStream().readAllBytes(), UTF_8);
    assertThat(script.waitFor()).as(seen).isZero();
    return seen;
  }

  @Test
  @EnabledIf(value = "hasScript", disabledReason = "there is no script(1) to make a terminal")
  void shouldShowABarOnATerminalAndWipeItOut() throws Exception {
    assertThat(onTerminal(""))
        .contains("ranking ", "[", " of 8")
        .matches("(?s).*\\r +\\r.*done\\s*");
  }

  @Test
  @EnabledIf(value = "hasScript", disabledReason = "there is no script(1) to make a terminal")
  void shouldShowItWhileTheOutputGoesIntoAPipe() throws Exception {
    assertThat(onTerminal("| cat")).contains("ranking ", " of 8", "done");
  }

  @Test
  @EnabledIf(value = "hasScript", disabledReason = "there is no script(1) to make a terminal")
  void shouldWriteNothingIntoAFileOrAPipe(@TempDir Path directory) throws Exception {
    Path errors = directory.resolve("errors");
    assertThat(onTerminal("2>'" + errors + "'")).doesNotContain("ranking").contains("done");
    assertThat(errors).content().doesNotContain("ranking");
    assertThat(onTerminal("2>&1 | cat")).doesNotContain("ranking").contains("done");
  }
}
