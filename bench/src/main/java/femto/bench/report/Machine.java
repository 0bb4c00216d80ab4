package femto.bench.report;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/** What was measured on: figures of two machines don't compare. */
final class Machine {
  private Machine() {}

  /** For the report, in order. */
  static Map<String, String> describe(Map<String, String> more) {
    Map<String, String> machine = new LinkedHashMap<>();
    machine.put("processor", processor());
    machine.put("cores", Integer.toString(Runtime.getRuntime().availableProcessors()));
    machine.put(
        "jvm",
        System.getProperty("java.vm.name", "")
            + " "
            + System.getProperty("java.vm.version", Runtime.version().toString()));
    machine.put(
        "os",
        System.getProperty("os.name", "")
            + " "
            + System.getProperty("os.version", "")
            + " "
            + System.getProperty("os.arch", ""));
    machine.putAll(more);
    return machine;
  }

  /**
   * Its name. Cloud providers hide the exact one, so family and model stand beside it, and the
   * widest vectors, which decide more than the name.
   */
  static String processor() {
    Optional<String> name = cpuInfo("model name");
    if (name.isEmpty()) {
      return System.getProperty("os.arch", "unknown processor");
    }
    String flags = cpuInfo("flags").map(words -> " " + words + " ").orElse("");
    String vectors =
        flags.contains(" avx512f ") ? "AVX-512" : flags.contains(" avx2 ") ? "AVX2" : "no AVX2";
    return "%s, family %s model %s, %s"
        .formatted(
            name.get(), cpuInfo("cpu family").orElse("?"), cpuInfo("model").orElse("?"), vectors);
  }

  private static Optional<String> cpuInfo(String key) {
    try (Stream<String> lines = Files.lines(Path.of("/proc/cpuinfo"))) {
      return lines
          .filter(line -> line.replaceFirst("\\s*:.*", "").equals(key))
          .map(line -> line.replaceFirst("[^:]*:\\s*", ""))
          .findFirst();
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  /** A text as part of a file name. */
  static String slug(String text) {
    return text.toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9]+", "-").replaceAll("^-|-$", "");
  }
}
