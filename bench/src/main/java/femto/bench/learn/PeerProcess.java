package femto.bench.learn;

import femto.bench.peer.MissingPeerException;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A peer that is a program: named by a property, or on the path. */
final class PeerProcess {
  private PeerProcess() {}

  static Path find(String property, String program, String install) {
    String asked = System.getProperty(property);
    if (asked != null) {
      if (!Files.isExecutable(Path.of(asked))) {
        throw new MissingPeerException("no program " + asked + " (-D" + property + ")");
      }
      return Path.of(asked);
    }
    String path = System.getenv("PATH");
    for (String folder : (path == null ? "" : path).split(File.pathSeparator, -1)) {
      Path file = Path.of(folder, program);
      if (!folder.isEmpty() && Files.isExecutable(file)) {
        return file;
      }
    }
    throw new MissingPeerException(
        program + " is not on the path; " + install + ", or name it with -D" + property + "=PATH");
  }

  /** Runs it, and gives what it printed, without the colours. */
  static String run(List<String> command, @Nullable Path folder) throws IOException {
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    if (folder != null) {
      builder.directory(folder.toFile());
    }
    builder.environment().putIfAbsent("USER", "femto"); // xLearn ends without one
    Process process = builder.start();
    process.getOutputStream().close();
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    try {
      int exit = process.waitFor();
      if (exit != 0) {
        throw new IllegalStateException(command.get(0) + " ended with " + exit + ": " + said);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while " + command.get(0) + " was running", e);
    }
    return said.replaceAll("\u001b\\[[0-9;]*m", "");
  }

  /** A number a line. */
  static double[] numbers(Path file) throws IOException {
    return Files.readAllLines(file).stream()
        .filter(line -> !line.isBlank())
        .mapToDouble(Double::parseDouble)
        .toArray();
  }
}
