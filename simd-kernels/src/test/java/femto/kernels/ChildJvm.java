package femto.kernels;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Runs a class of the tests in a JVM of its own, for what is decided once a JVM or ends it. */
final class ChildJvm {
  static final String VECTORS = "--add-modules=jdk.incubator.vector";

  /** How it ended, and what it printed. */
  record Outcome(int exit, String out, String err) {
    int count(String part) {
      return (err.length() - err.replace(part, "").length()) / part.length();
    }
  }

  private ChildJvm() {}

  /** Runs a main method; {@code directory} receives its output, and its report if it crashes. */
  static Outcome run(Path directory, List<String> options, Class<?> main, String... arguments)
      throws IOException, InterruptedException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.add("-XX:-CreateCoredumpOnCrash");
    command.add("-XX:ErrorFile=" + directory.resolve("crash"));
    command.addAll(options);
    command.add("-cp");
    command.add(classPath());
    command.add(main.getName());
    command.addAll(List.of(arguments));
    Path out = directory.resolve("out");
    Path err = directory.resolve("err");
    int exit =
        new ProcessBuilder(command)
            .redirectOutput(out.toFile())
            .redirectError(err.toFile())
            .start()
            .waitFor();
    return new Outcome(exit, Files.readString(out, UTF_8), Files.readString(err, UTF_8));
  }

  /** Where the tests have their classes from: some as modules. */
  private static String classPath() {
    List<String> paths = new ArrayList<>(List.of("target/classes", "target/test-classes"));
    for (String property : new String[] {"jdk.module.path", "java.class.path"}) {
      String path = System.getProperty(property, "");
      if (!path.isEmpty()) {
        paths.add(path);
      }
    }
    return String.join(System.getProperty("path.separator"), paths);
  }
}
