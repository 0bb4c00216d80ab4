package femto.tools.data;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** A small raw folder, written by hand, that tests damage in one place. */
final class RawFolder {
  static final String RATINGS =
      """
      1\t10\t5\t881250949
      1\t20\t3\t881250950
      3\t10\t1\t891717742
      2\t30\t4\t878887116
      """;
  static final String USERS =
      """
      1|24|M|technician|85711
      3|4|F|other|94043
      2|65|M|writer|T8H1N
      """;
  static final String MOVIES =
      """
      10|Toy Story (1995)|01-Jan-1995||http://example.org/10|0|0|0|1|1|1|0|0|0|0|0|0|0|0|0|0|0|0|0
      30|Misérables, Les|4-Feb-1971|||0|0|0|0|0|0|0|0|1|0|0|0|0|0|0|0|0|0|0
      20|unknown||||1|0|0|0|0|0|0|0|0|0|0|0|0|0|0|0|0|0|0
      40|Never rated|31-Dec-1995|||0|1|0|0|0|0|0|0|0|0|0|0|0|0|0|0|1|0|0
      """;

  private final Path folder;

  private RawFolder(Path folder) {
    this.folder = folder;
  }

  static RawFolder create(Path folder) throws IOException {
    Files.createDirectories(folder);
    return new RawFolder(folder)
        .with("u.data", RATINGS)
        .with("u.user", USERS)
        .with("u.item", MOVIES);
  }

  RawFolder with(String file, String content) throws IOException {
    Files.writeString(folder.resolve(file), content, StandardCharsets.ISO_8859_1);
    return this;
  }

  RawFolder without(String file) throws IOException {
    Files.delete(folder.resolve(file));
    return this;
  }

  Path path() {
    return folder;
  }
}
