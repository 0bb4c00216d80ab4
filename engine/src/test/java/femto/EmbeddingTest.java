package femto;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.module.ModuleDescriptor.Requires;
import java.lang.module.ModuleFinder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What whoever embeds the engine gets: the project {@code src/it/embedding}, which a Maven of its
 * own has built from the installed jars, run as the README says.
 */
@Tag("jars")
class EmbeddingTest {
  private static final Path SOURCES = Path.of("src", "it", "embedding");
  private static final Path PROJECT = Path.of("target", "it", "embedding");
  private static final Path LIBRARIES = PROJECT.resolve(Path.of("target", "lib"));
  private static final Path README = Path.of("..", "README.md");

  private static final String FLAG = "--add-modules jdk.incubator.vector ";
  private static final String ON_CLASS_PATH =
      "java " + FLAG + "-cp 'target/classes:target/lib/*' com.example.ads.Main ads.femto";
  private static final String ON_MODULE_PATH =
      "java "
          + FLAG
          + "-p target/classes:target/lib -m com.example.ads/com.example.ads.Main ads.femto";

  private static final String INCUBATOR_LINE =
      "WARNING: Using incubator modules: jdk.incubator.vector\n";
  private static final String SCALAR_LINE =
      ".* femto\\.kernels\\.Kernels choose\n"
          + "INFO: scalar kernels, several times slower than vectors; start the JVM with"
          + " --add-modules jdk\\.incubator\\.vector to have the fast ones\n";
  private static final String ALL_WELL =
      """
      warmed up: %s kernels
      platform threads: right answers, up to version 200
      virtual threads: right answers, up to version 200
      event loop: right answers, up to version 200
      5 versions in full, 195 as deltas, 0 refused
      """;

  private static final String UNLUCKY = "restarting the process may help";
  private static final int RESTARTS = 3;

  /** Sizes of jars are given as the next multiple of it, which does not change every day. */
  private static final int SIZE_STEP_KB = 50;

  @TempDir private Path directory = Path.of("");

  /** How it ended, and all that it printed. */
  private record Outcome(int exit, String out, String err) {
    void printedOnly(String expectedOut, String expectedErr) {
      assertThat(err).matches(expectedErr);
      assertThat(out).matches(expectedOut);
      assertThat(exit).isZero();
    }
  }

  /**
   * Runs a command line of the README in the project. On a busy machine the compiler may not be
   * done when the warm-up ends; the log says to restart the process then, and so that is done.
   */
  private Outcome run(String commandLine) throws IOException, InterruptedException {
    Outcome outcome = runOnce(commandLine);
    for (int again = 0; again < RESTARTS && outcome.err().contains(UNLUCKY); again++) {
      outcome = runOnce(commandLine);
    }
    return outcome;
  }

  /** With no settings of the JVM but its own. */
  private Outcome runOnce(String commandLine) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(List.of(commandLine.replace("'", "").split(" ", -1)));
    command.set(0, Path.of(System.getProperty("java.home"), "bin", "java").toString());
    Path out = directory.resolve("out");
    Path err = directory.resolve("err");
    ProcessBuilder builder = new ProcessBuilder(command).directory(PROJECT.toFile());
    builder.environment().keySet().removeIf(name -> name.endsWith("JAVA_OPTIONS"));
    builder.environment().remove("JAVA_TOOL_OPTIONS");
    builder.environment().put("LC_ALL", "C");
    Process process = builder.redirectOutput(out.toFile()).redirectError(err.toFile()).start();
    if (!process.waitFor(2, TimeUnit.MINUTES)) {
      process.destroyForcibly().waitFor();
    }
    return new Outcome(
        process.exitValue(), Files.readString(out, UTF_8), Files.readString(err, UTF_8));
  }

  @Test
  void shouldServeOnTheClassPathAndPrintNothing() throws Exception {
    run(ON_CLASS_PATH)
        .printedOnly(ALL_WELL.formatted("vector (128|256|512)"), Pattern.quote(INCUBATOR_LINE));
  }

  @Test
  void shouldServeOnTheModulePathAndPrintNothing() throws Exception {
    run(ON_MODULE_PATH)
        .printedOnly(ALL_WELL.formatted("vector (128|256|512)"), Pattern.quote(INCUBATOR_LINE));
  }

  @Test
  void shouldServeWithoutTheFlagAndSayWhatItCosts() throws Exception {
    run(ON_CLASS_PATH.replace(FLAG, "")).printedOnly(ALL_WELL.formatted("scalar"), SCALAR_LINE);
  }

  @Test
  void shouldBringTheKernelsAndNothingElse() throws IOException {
    assertThat(libraries().keySet()).containsExactly("femto-engine", "femto-simd-kernels");
    Set<String> required = new TreeSet<>();
    ModuleFinder.of(LIBRARIES).findAll().stream()
        .flatMap(module -> module.descriptor().requires().stream())
        .filter(requires -> !requires.modifiers().contains(Requires.Modifier.STATIC))
        .forEach(requires -> required.add(requires.name()));
    assertThat(required).containsExactly("femto.kernels", "java.base");
  }

  /** Name without version, and size in kB, of each jar that Maven found it needs. */
  private static Map<String, Long> libraries() throws IOException {
    Map<String, Long> sizes = new LinkedHashMap<>();
    try (Stream<Path> jars = Files.list(LIBRARIES)) {
      for (Path jar : jars.sorted().toList()) {
        String name = jar.getFileName().toString().replaceFirst("-\\d.*", "");
        sizes.put(name, (Files.size(jar) + 999) / 1000);
      }
    }
    return sizes;
  }

  @Test
  void shouldListEveryJarWithItsSizeInTheReadme() throws IOException {
    Map<String, Long> listed = new LinkedHashMap<>();
    Matcher rows =
        Pattern.compile("^\\| `([a-z-]+)` \\| (\\d+) kB \\| [^|]+ \\|$", Pattern.MULTILINE)
            .matcher(String.join("\n", section()));
    while (rows.find()) {
      listed.put(rows.group(1), Long.parseLong(rows.group(2)));
    }
    Map<String, Long> rounded = new LinkedHashMap<>();
    libraries()
        .forEach((jar, size) -> rounded.put(jar, Math.ceilDiv(size, SIZE_STEP_KB) * SIZE_STEP_KB));
    assertThat(listed).as("rows of jars in the README").isEqualTo(rounded);
  }

  @Test
  void shouldShowLinesOfTheProjectInTheReadme() throws IOException {
    List<String> sources = new ArrayList<>(List.of(ON_CLASS_PATH, ON_MODULE_PATH));
    try (Stream<Path> files = Files.walk(SOURCES)) {
      for (Path file : files.filter(f -> f.toString().matches(".*\\.(java|xml)")).toList()) {
        sources.add(Files.readString(file, UTF_8));
      }
    }
    List<String> blocks = codeBlocks(section());
    assertThat(blocks).hasSizeGreaterThan(3);
    for (String block : blocks) {
      assertThat(sources)
          .as("lines of the README that are not one after the other in %s:%n%s", SOURCES, block)
          .anyMatch(source -> isIn(source, block));
    }
  }

  private static List<String> section() throws IOException {
    List<String> lines = Files.readAllLines(README, UTF_8);
    int begin = lines.indexOf("## Embedding");
    assertThat(begin).as("the README's section Embedding").isNotNegative();
    List<String> rest = lines.subList(begin + 1, lines.size());
    return rest.stream().takeWhile(line -> !line.startsWith("## ")).toList();
  }

  /** What is indented by four spaces, as blocks without this indentation. */
  private static List<String> codeBlocks(List<String> lines) {
    List<String> blocks = new ArrayList<>();
    StringBuilder block = new StringBuilder();
    for (String line : lines) {
      if (line.startsWith("    ") || (line.isEmpty() && !block.isEmpty())) {
        block.append(line.isEmpty() ? "" : line.substring(4)).append('\n');
      } else if (!block.isEmpty()) {
        blocks.add(block.toString().strip());
        block.setLength(0);
      }
    }
    if (!block.isEmpty()) {
      blocks.add(block.toString().strip());
    }
    return blocks;
  }

  /** Whether the lines of a block are there one after the other, all indented alike. */
  private static boolean isIn(String source, String block) {
    return source
        .lines()
        .filter(line -> line.endsWith(block.lines().findFirst().orElseThrow()))
        .map(line -> " ".repeat(line.length() - line.stripLeading().length()))
        .distinct()
        .anyMatch(indent -> ("\n" + source + "\n").contains("\n" + indented(block, indent) + "\n"));
  }

  private static String indented(String block, String indent) {
    return Arrays.stream(block.split("\n", -1))
        .map(line -> line.isEmpty() ? line : indent + line)
        .collect(Collectors.joining("\n"));
  }
}
