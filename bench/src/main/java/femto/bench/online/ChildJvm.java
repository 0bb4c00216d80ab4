package femto.bench.online;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A JVM with this one's class path and modules, and what it has printed. What it says on standard
 * error goes to a file.
 */
final class ChildJvm implements AutoCloseable {
  private static final Duration PATIENCE = Duration.ofSeconds(20);

  private final Process process;
  private final Thread printing;
  private final Queue<String> lines = new ConcurrentLinkedQueue<>();

  private ChildJvm(Process process) {
    this.process = process;
    this.printing = Thread.ofPlatform().daemon().name("bench-child").start(this::collect);
  }

  static ChildJvm start(Path errors, Class<?> main, List<String> arguments) throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    // What Chronicle Map and the vectors need.
    ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
        .filter(flag -> flag.startsWith("--"))
        .forEach(command::add);
    command.addAll(List.of("-XX:+UseSerialGC", "-Xmx256m", "-XX:TieredStopAtLevel=1"));
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), main.getName()));
    command.addAll(arguments);
    return new ChildJvm(
        new ProcessBuilder(command)
            .redirectError(ProcessBuilder.Redirect.appendTo(errors.toFile()))
            .start());
  }

  private void collect() {
    try (BufferedReader out = process.inputReader()) {
      for (String line = out.readLine(); line != null; line = out.readLine()) {
        lines.add(line);
      }
    } catch (IOException e) {
      // It was killed: what it had not finished saying counts for nothing.
    }
  }

  boolean isAlive() {
    return process.isAlive();
  }

  /** Takes the next line, or null if it has printed nothing more yet. */
  @Nullable String poll() {
    return lines.poll();
  }

  /** Waits until it has printed a line, which is not taken. */
  void awaitLine(Duration patience) throws InterruptedException {
    long end = System.nanoTime() + patience.toNanos();
    while (lines.isEmpty()) {
      if (!isAlive() || System.nanoTime() > end) {
        throw new IllegalStateException("a process has said nothing within " + patience);
      }
      Thread.sleep(1);
    }
  }

  /** Tells it something. */
  void say(String line) {
    try {
      process.outputWriter().write(line + "\n");
      process.outputWriter().flush();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Ends it as {@code kill -9} does, and waits until it is gone. */
  void kill() throws InterruptedException {
    process.destroyForcibly();
    await(PATIENCE);
  }

  /** The exit code of one that ends by itself, when all that it printed has been taken. */
  int await(Duration patience) throws InterruptedException {
    if (!process.waitFor(patience.toMillis(), TimeUnit.MILLISECONDS)) {
      throw new IllegalStateException("a process has not ended within " + patience);
    }
    printing.join(PATIENCE);
    return process.exitValue();
  }

  @Override
  public void close() {
    process.destroyForcibly();
  }
}
