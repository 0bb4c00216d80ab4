package femto.tools.traffic;

import femto.tools.stream.OnBadRow;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.Set;

/** Small logs in files. */
final class Logs {
  static final Set<Metric> ALL = EnumSet.allOf(Metric.class);

  private Logs() {}

  static Path file(byte[] content) {
    try {
      Path file = Files.createTempFile("femto-traffic-", ".csv");
      file.toFile().deleteOnExit();
      return Files.write(file, content);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static Path file(String... lines) {
    return file((String.join("\n", lines) + "\n").getBytes(StandardCharsets.UTF_8));
  }

  static EventLog read(Path file) throws IOException {
    return EventLog.read(file, Set.of(), OnBadRow.SKIP, bytes -> {});
  }

  static EventLog read(String... lines) throws IOException {
    Path file = file(lines);
    try {
      return read(file);
    } finally {
      Files.delete(file);
    }
  }

  static Traffic traffic(EventLog log, Settings settings) {
    return Traffic.of(log, settings, ALL, Set.of());
  }

  /** How many rows are refused. */
  static long refused(EventLog log) {
    long refused = 0;
    for (Breakage breakage : Breakage.values()) {
      refused += breakage.isRefused() ? log.count(breakage) : 0;
    }
    return refused;
  }
}
