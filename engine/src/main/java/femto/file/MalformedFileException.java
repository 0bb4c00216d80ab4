package femto.file;

import java.io.IOException;
import java.nio.file.Path;

/**
 * A file is not what it should be. The message names the file, the place, what was found and
 * expected.
 */
public final class MalformedFileException extends IOException {
  private static final long serialVersionUID = 1L;

  /**
   * A defect at some place in a file.
   *
   * @param file the file
   * @param place where in it, such as {@code line 17} or {@code tensor factors}; empty for the
   *     whole file
   * @param problem what was found and what was expected
   */
  public MalformedFileException(Path file, String place, String problem) {
    super(file + ": " + (place.isEmpty() ? "" : place + ": ") + problem);
  }

  /**
   * A defect on a line of a text file.
   *
   * @param file the file
   * @param line line number, from 1
   * @param problem what was found and what was expected
   */
  public MalformedFileException(Path file, long line, String problem) {
    super(file + ":" + line + ": " + problem);
  }
}
