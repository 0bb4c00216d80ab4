package femto.swap;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.openjdk.jcstress.annotations.Actor;

/**
 * Runs jcstress for a short while: every promise holds, and every mutant is found out. The output
 * stays in {@code target/jcstress}. With {@code -Dfemto.stress=default} it takes jcstress's own
 * time and tries the combinations of compilers, flags and processors that jcstress knows.
 */
@Tag("once")
class StressTest {
  /** One class a promise. Those nested in it are its mutants. */
  private static final List<Class<?>> PROMISES =
      List.of(
          FindsTheIdsOfAVersion.class,
          NeverFreedInsideALease.class,
          NeverGoesBackwards.class,
          NeverGoesBackwardsAcrossThreads.class,
          NeverLosesAPublish.class,
          NeverMixesTwoVersions.class,
          UsesEndBeforeReclamation.class);

  /** One of jcstress's own: quick, default, tough, stress. Empty for the short run. */
  private static final String MODE = System.getProperty("femto.stress", "");

  /** One JVM for each test, with the compilers as they are by default. */
  private static final List<String> SHORT =
      List.of(
          "-jvmArgs",
          "-XX:+TieredCompilation",
          "-sc",
          "false",
          "-af",
          "NONE",
          "-pth",
          "false",
          "-f",
          "1",
          "-fsm",
          "1",
          "-iters",
          "1");

  /**
   * How long each test runs, in milliseconds; after the first time, only mutants that were not
   * found. A promise must hold however long it is tried, and a mutant shows itself sooner or later:
   * on a processor that others use too, the threads may hardly meet in the first time.
   */
  private static final int[] TIMES = {600, 3000, 10_000};

  private static final Pattern HEADING = Pattern.compile("\\.+ \\[(.+)\\] (femto\\.swap\\.\\S+)");
  private static final Pattern OUTCOME =
      Pattern.compile(
          "\\s+(\\S.*?)\\s+([\\d,]+)\\s+\\S+%\\s+(Acceptable|Forbidden|Interesting)\\s+(.*)");

  private static final Map<String, Result> RESULTS = new HashMap<>();

  private static String output = "";

  private record Outcome(String id, long samples, String expectation) {}

  private record Result(String status, List<Outcome> outcomes) {
    List<Outcome> seen(String expectation) {
      return outcomes.stream()
          .filter(outcome -> outcome.expectation().equals(expectation) && outcome.samples() > 0)
          .toList();
    }
  }

  @BeforeAll
  static void runThemAll() throws IOException, InterruptedException {
    if (!MODE.isEmpty()) {
      run("femto\\.swap\\.", List.of("-m", MODE), 24 * 60);
      return;
    }
    String tests = "femto\\.swap\\.";
    for (int i = 0; i < TIMES.length && !tests.isEmpty(); i++) {
      List<String> options = new ArrayList<>(SHORT);
      options.addAll(List.of("-time", Integer.toString(TIMES[i])));
      run(tests, options, 5);
      tests =
          mutants()
              .filter(mutant -> resultOf(mutant).seen("Forbidden").isEmpty())
              .map(mutant -> Pattern.quote(mutant.getCanonicalName()) + "$")
              .collect(Collectors.joining("|"));
    }
  }

  private static void run(String tests, List<String> options, int minutes)
      throws IOException, InterruptedException {
    Path directory = Files.createDirectories(Path.of("target", "jcstress"));
    Path log = directory.resolve("output.txt");
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED", // for the library that binds threads
                "-cp",
                classPath(),
                "org.openjdk.jcstress.Main",
                "-v",
                "-t",
                tests,
                "-r",
                "report"));
    command.addAll(options);
    Process jcstress =
        new ProcessBuilder(command)
            .directory(directory.toFile())
            .redirectErrorStream(true)
            .redirectOutput(log.toFile())
            .start();
    try {
      assertThat(jcstress.waitFor(minutes, TimeUnit.MINUTES)).as("jcstress has ended").isTrue();
    } finally {
      jcstress.destroyForcibly();
    }
    output = Files.readString(log);
    parse(output.substring(Math.max(0, output.indexOf("RUN RESULTS:"))));
    // 1 says that something failed, as the mutants must.
    assertThat(jcstress.exitValue()).as(output).isBetween(0, 1);
  }

  /** The tests run as a patched module here, and as ordinary classes there. */
  static String classPath() {
    List<String> entries = new ArrayList<>(List.of("target/classes", "target/test-classes"));
    for (String property : List.of("jdk.module.path", "java.class.path")) {
      entries.addAll(List.of(System.getProperty(property, "").split(File.pathSeparator)));
    }
    return entries.stream()
        .filter(entry -> !entry.isEmpty())
        .map(entry -> Path.of(entry).toAbsolutePath().toString())
        .distinct()
        .reduce((a, b) -> a + File.pathSeparator + b)
        .orElseThrow();
  }

  private static void parse(String report) {
    List<Outcome> outcomes = new ArrayList<>();
    for (String line : report.lines().toList()) {
      Matcher heading = HEADING.matcher(line);
      Matcher outcome = OUTCOME.matcher(line);
      if (heading.matches()) {
        outcomes = new ArrayList<>();
        RESULTS.put(heading.group(2), new Result(heading.group(1), outcomes));
      } else if (outcome.matches()) {
        outcomes.add(
            new Outcome(
                outcome.group(1),
                Long.parseLong(outcome.group(2).replace(",", "")),
                outcome.group(3)));
      }
    }
  }

  /** jcstress leaves out what has more threads than there are processors. */
  private static boolean runsHere(Class<?> test) {
    long actors =
        Stream.of(test.getDeclaredMethods())
            .filter(method -> method.isAnnotationPresent(Actor.class))
            .count();
    return actors <= Runtime.getRuntime().availableProcessors();
  }

  private static Stream<Class<?>> promises() {
    return PROMISES.stream().filter(StressTest::runsHere);
  }

  private static Stream<Class<?>> mutants() {
    return promises().flatMap(promise -> Arrays.stream(promise.getDeclaredClasses()));
  }

  private static Result resultOf(Class<?> test) {
    Result result = RESULTS.get(test.getCanonicalName());
    if (result == null) {
      throw new AssertionError("no result of " + test.getCanonicalName() + " in\n" + output);
    }
    return result;
  }

  @ParameterizedTest
  @MethodSource("promises")
  void shouldKeepThePromise(Class<?> promise) {
    Result result = resultOf(promise);
    assertThat(result.seen("Forbidden")).isEmpty();
    assertThat(result.status()).as(output).isEqualTo("OK");
    // Otherwise the threads have not met, and nothing was shown.
    assertThat(result.seen("Acceptable")).hasSizeGreaterThan(1);
    assertThat(result.outcomes().stream().mapToLong(Outcome::samples).sum()).isGreaterThan(10_000);
  }

  @ParameterizedTest
  @MethodSource("mutants")
  void shouldFindTheMutantOut(Class<?> mutant) {
    Result result = resultOf(mutant);
    assertThat(result.status()).as(output).isEqualTo("FAILED");
    assertThat(result.seen("Forbidden")).isNotEmpty();
  }

  @Test
  void shouldKnowEveryTestThatThereIs() throws IOException {
    TreeSet<String> listed = new TreeSet<>();
    Matcher name =
        Pattern.compile("^JCTEST\\d+S([A-Za-z.]+)", Pattern.MULTILINE)
            .matcher(Files.readString(Path.of("target/test-classes/META-INF/TestList")));
    while (name.find()) {
      listed.add(name.group(1));
    }
    TreeSet<String> known = new TreeSet<>();
    for (Class<?> promise : PROMISES) {
      assertThat(promise.getDeclaredClasses()).as("mutants of %s", promise).isNotEmpty();
      known.add(promise.getCanonicalName());
      for (Class<?> mutant : promise.getDeclaredClasses()) {
        known.add(mutant.getCanonicalName());
      }
    }
    assertThat(listed).isEqualTo(known);
  }
}
