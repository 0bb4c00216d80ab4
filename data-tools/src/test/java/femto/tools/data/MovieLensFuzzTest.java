package femto.tools.data;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;

class MovieLensFuzzTest {
  private static final List<String> FILES =
      List.of("u.data", "u.user", "u.item", "u.genre", "truth.tsv", "u1.base", "u1.test");

  @Property(tries = 400)
  void shouldImportOrRefuseWhateverTheFilesHold(
      @ForAll long seed, @ForAll @IntRange(min = 1, max = 4) int damages) throws IOException {
    Path directory = Files.createTempDirectory("femto-fuzz-");
    try {
      Path raw = directory.resolve("raw");
      Path target = directory.resolve("set");
      writeValid(raw);
      Random random = new Random(seed);
      for (int i = 0; i < damages; i++) {
        Path file = raw.resolve(FILES.get(random.nextInt(FILES.size())));
        Files.write(file, damage(Files.readAllBytes(file), random));
      }
      List<Path> expected = new ArrayList<>(List.of(raw));
      try {
        MovieLens.importFolder(raw, target);
        expected.add(target);
        try (DataSet data = DataSet.open(target)) {
          assertThat(data.examples()).isPositive();
        }
      } catch (IOException e) {
        assertThat(e).hasMessageContainingAll(raw.toString(), "expected");
      }
      assertThat(DurableFolder.list(directory)).isEqualTo(expected);
    } finally {
      DurableFolder.delete(directory);
    }
  }

  private static void writeValid(Path raw) throws IOException {
    List<String> lines = RawFolder.RATINGS.lines().toList();
    StringBuilder genres = new StringBuilder();
    for (int genre = 0; genre < MovieLensReader.STANDARD_GENRES.size(); genre++) {
      genres
          .append(MovieLensReader.STANDARD_GENRES.get(genre))
          .append('|')
          .append(genre)
          .append('\n');
    }
    RawFolder.create(raw)
        .with("u.genre", genres.toString())
        .with("truth.tsv", "2\t30\t4.25\t0.75\n1\t10\t3.5\t0.5\n1\t20\t1\t0\n3\t10\t2.125\t0.125\n")
        .with("u1.test", lines.get(1) + "\n")
        .with("u1.base", lines.get(0) + "\n" + lines.get(2) + "\n" + lines.get(3) + "\n");
  }

  private static byte[] damage(byte[] content, Random random) {
    if (content.length == 0) {
      return new byte[] {(byte) random.nextInt()};
    }
    int at = random.nextInt(content.length);
    return switch (random.nextInt(6)) {
      case 0 -> {
        content[at] = (byte) random.nextInt();
        yield content;
      }
      case 1 -> java.util.Arrays.copyOf(content, at);
      case 2 -> {
        // Printable characters get further than arbitrary bytes.
        content[at] = (byte) "0123456789|\t\n\r.-AaZz".charAt(random.nextInt(20));
        yield content;
      }
      default -> lines(content, random);
    };
  }

  /** Drops, doubles or swaps lines. */
  private static byte[] lines(byte[] content, Random random) {
    List<String> lines =
        new ArrayList<>(new String(content, StandardCharsets.ISO_8859_1).lines().toList());
    int at = random.nextInt(Math.max(1, lines.size()));
    if (!lines.isEmpty()) {
      switch (random.nextInt(3)) {
        case 0 -> lines.remove(at);
        case 1 -> lines.add(random.nextInt(lines.size()), lines.get(at));
        default -> java.util.Collections.swap(lines, at, random.nextInt(lines.size()));
      }
    }
    return String.join("\n", lines).getBytes(StandardCharsets.ISO_8859_1);
  }
}
