package femto.bench.online;

import femto.tools.ads.AdOptions;
import femto.tools.ads.AdStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;

/** A short stream of ads of 39 fields, for tests. */
final class SmallStream {
  static final int ROWS = 3_000;

  private SmallStream() {}

  static Path file(Path folder) throws IOException {
    Path file = folder.resolve("wide.csv");
    try (OutputStream out = Files.newOutputStream(file)) {
      new AdStream(new AdOptions(1, 1, true, false)).write(out, ROWS, 0, () -> false);
    }
    return file;
  }

  static EncodedEvents events(Path folder) throws IOException {
    return EncodedEvents.read(file(folder));
  }
}
