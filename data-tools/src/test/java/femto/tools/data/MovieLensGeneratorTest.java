package femto.tools.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MovieLensGeneratorTest {
  private static final List<String> FILES =
      List.of("truth.tsv", "u.data", "u.genre", "u.item", "u.user");

  /** CRC32C over the five files of 1,000 rows with seed 7. */
  private static final long GOLDEN = 1715327666L;

  @TempDir Path directory;

  private DataSet generated(int rows, long seed) throws IOException {
    Path raw = directory.resolve("raw");
    MovieLensGenerator.generate(raw, rows, seed);
    return DataSet.openOrImport(raw);
  }

  @Test
  void shouldGiveTheSameBytesForTheSameSeedOnEveryMachine() throws IOException {
    Path raw = directory.resolve("raw");
    MovieLensGenerator.generate(raw, 1000, 7);
    CRC32C all = new CRC32C();
    for (String file : FILES) {
      all.update(Files.readAllBytes(raw.resolve(file)));
    }
    assertThat(all.getValue())
        .as(
            "written down once; a change of the generator changes it, and what was measured with"
                + " it")
        .isEqualTo(GOLDEN);
    Path other = directory.resolve("other");
    MovieLensGenerator.generate(other, 1000, 8);
    assertThat(other.resolve("u.data"))
        .content()
        .isNotEqualTo(Files.readString(raw.resolve("u.data")));
  }

  @Test
  void shouldResembleMovieLensAtTheDefaultSize() throws IOException {
    try (DataSet data = generated(MovieLensGenerator.DEFAULT_ROWS, 1)) {
      assertThat(data.examples()).isEqualTo(100_000);
      assertThat(data.contexts().rows()).isEqualTo(943);
      assertThat(data.candidates().rows()).isEqualTo(1682);
      assertThat(data.features().size(data.features().requireField("occupation"))).isEqualTo(21);
      assertThat(data.features().size(data.features().requireField("genre"))).isEqualTo(19);
      DataSet.Truth truth = data.truth().orElseThrow();
      int[] ofUser = new int[data.contexts().rows()];
      int[] ofMovie = new int[data.candidates().rows()];
      double sum = 0;
      double squares = 0;
      double errors = 0;
      long time = 0;
      for (int i = 0; i < data.examples(); i++) {
        float rating = data.label(i);
        sum += rating;
        squares += rating * rating;
        errors += (rating - truth.mean(i)) * (rating - truth.mean(i));
        ofUser[data.context(i)]++;
        ofMovie[data.candidate(i)]++;
        assertThat(data.time(i)).isGreaterThanOrEqualTo(time);
        time = data.time(i);
      }
      double mean = sum / data.examples();
      assertThat(mean).isCloseTo(3.5, within(0.1));
      assertThat(Math.sqrt(squares / data.examples() - mean * mean)).isCloseTo(1.1, within(0.05));
      assertThat(Math.sqrt(errors / data.examples())).isCloseTo(0.90, within(0.01));
      assertThat(Arrays.stream(ofUser).min().orElseThrow()).isGreaterThanOrEqualTo(20);
      assertThat(Arrays.stream(ofUser).max().orElseThrow()).isBetween(400, 800);
      assertThat(Arrays.stream(ofMovie).max().orElseThrow()).isBetween(350, 750);
      assertThat(time - data.time(0)).isBetween(100L * 86_400, 300L * 86_400);
    }
  }

  @Test
  void shouldDrawRatingsFromTheTruthItTells() throws IOException {
    try (DataSet data = generated(100_000, 3)) {
      DataSet.Truth truth = data.truth().orElseThrow();
      // Ten bins of equal size by each of the two; in each, what happened is close to what was
      // told.
      checkBins(data, truth::mean, data::label, 1.0);
      checkBins(data, truth::positive, i -> data.label(i) >= 4 ? 1 : 0, 0.5);
    }
  }

  @FunctionalInterface
  private interface OfExample {
    float at(int example);
  }

  private static void checkBins(DataSet data, OfExample told, OfExample seen, double deviation) {
    List<Integer> order = new ArrayList<>();
    for (int i = 0; i < data.examples(); i++) {
      order.add(i);
    }
    order.sort((a, b) -> Float.compare(told.at(a), told.at(b)));
    int size = order.size() / 10;
    for (int bin = 0; bin < 10; bin++) {
      double difference = 0;
      for (int example : order.subList(bin * size, (bin + 1) * size)) {
        difference += told.at(example) - seen.at(example);
      }
      // Five standard errors.
      assertThat(difference / size).isCloseTo(0, within(5 * deviation / Math.sqrt(size)));
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {20, 39, 100, 1000, 5000})
  void shouldWorkAtOtherSizes(int rows) throws IOException {
    try (DataSet data = generated(rows, rows)) {
      assertThat(data.examples()).isEqualTo(rows);
      assertThat(data.truth()).isPresent();
      int[] ofUser = new int[data.contexts().rows()];
      for (int i = 0; i < rows; i++) {
        ofUser[data.context(i)]++;
        assertThat(data.truth().orElseThrow().mean(i)).isBetween(1f, 5f);
      }
      assertThat(Arrays.stream(ofUser).min().orElseThrow()).isGreaterThanOrEqualTo(20);
    }
  }

  @Test
  void shouldTellItsProgress() throws IOException {
    List<Integer> told = new ArrayList<>();
    MovieLensGenerator.generate(directory.resolve("raw"), 1000, 1, told::add);
    assertThat(told).isSorted().endsWith(1000);
  }

  @ParameterizedTest
  @ValueSource(ints = {-1, 0, 19, 50_000_001})
  void shouldRefuseANumberOfRowsOutOfRange(int rows) {
    assertThatThrownBy(() -> MovieLensGenerator.generate(directory.resolve("raw"), rows, 1))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContainingAll("rows=" + rows, "20 to 50000000");
    assertThat(directory).isEmptyDirectory();
  }

  @Test
  void shouldReplaceOnlyWhatItGenerated() throws IOException {
    Path raw = directory.resolve("raw");
    MovieLensGenerator.generate(raw, 100, 1);
    MovieLensGenerator.generate(raw, 200, 1);
    assertThat(raw.resolve("u.data").toFile()).isFile();
    assertThat(Files.readAllLines(raw.resolve("u.data"))).hasSize(200);
    Files.delete(raw.resolve("truth.tsv"));
    assertThatThrownBy(() -> MovieLensGenerator.generate(raw, 100, 1))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("holds something else");
    assertThat(Files.readAllLines(raw.resolve("u.data"))).hasSize(200);
    assertThat(DurableFolder.list(directory)).containsExactly(raw);
  }

  @Test
  void shouldKnowTheNormalDistribution() {
    assertThat(Draws.normalCdf(0)).isEqualTo(0.5, within(1e-15));
    assertThat(Draws.normalCdf(1)).isEqualTo(0.841344746068543, within(1e-14));
    assertThat(Draws.normalCdf(-1)).isEqualTo(0.158655253931457, within(1e-14));
    assertThat(Draws.normalCdf(1.959963984540054)).isEqualTo(0.975, within(1e-14));
    assertThat(Draws.normalCdf(-8)).isEqualTo(6.22096057427178e-16, within(1e-22));
    assertThat(Draws.normalCdf(-40)).isZero();
    assertThat(Draws.normalCdf(40)).isOne();
  }
}
