package femto.tools;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Assumptions;

/**
 * Finds the real data sets that some tests read. They lie in the directory that the system property
 * {@code femto.data} names, otherwise in {@code ../shared/data} beside the repository. A test whose
 * data is absent is skipped with the reason, or fails with {@code -Dfemto.data.required=true}.
 */
public final class RealData {
  private RealData() {}

  /**
   * The raw folder of MovieLens 100K.
   *
   * @return the folder
   */
  public static Path movieLens100k() {
    return require("ml-100k", "u.data");
  }

  private static Path require(String name, String file) {
    Path folder = directory().resolve(name);
    if (!Files.isRegularFile(folder.resolve(file))) {
      String reason =
          "found no "
              + file
              + " in "
              + folder
              + ": name the directory of "
              + name
              + " with -Dfemto.data=DIR";
      if (Boolean.getBoolean("femto.data.required")) {
        Assertions.fail(reason);
      }
      Assumptions.abort(reason);
    }
    return folder;
  }

  private static Path directory() {
    String named = System.getProperty("femto.data", "");
    return named.isEmpty()
        ? repository().resolve("../shared/data").normalize()
        : Path.of(named).toAbsolutePath();
  }

  /** Tests run in the module's directory or in the repository's. */
  private static Path repository() {
    Path start = Path.of("").toAbsolutePath();
    for (Path at = start; at != null; at = at.getParent()) {
      if (Files.isDirectory(at.resolve("data-tools")) && Files.isDirectory(at.resolve("engine"))) {
        return at;
      }
    }
    return start;
  }
}
