package femto.bench.report;

import java.io.IOException;
import java.nio.file.Path;

/** What a page of results shows. */
@FunctionalInterface
public interface Picture {
  /**
   * Draws it.
   *
   * @param title what to write above it
   * @param png where to
   * @throws IOException if it cannot be written
   */
  void write(String title, Path png) throws IOException;
}
