package femto.tools.ads;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import femto.learn.Example;
import femto.learn.ExampleSource;
import femto.model.FeatureRows;
import femto.model.FeatureSpace;
import femto.model.Side;
import femto.tools.data.DataSet;
import femto.tools.evaluate.RatingEvaluation;
import femto.tools.evaluate.Split;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ClickDataSetTest {
  private static final int ROWS = 3000;

  @TempDir Path folder = Path.of("");

  private Path write(String name, int rows, ClickDataSet.Options options) throws IOException {
    Path out = folder.resolve(name);
    ClickDataSet.write(out, rows, options, () -> {});
    return out;
  }

  private static Set<String> valuesOf(FeatureSpace space, int[] features) {
    Set<String> values = new TreeSet<>();
    for (int feature : features) {
      values.add(space.fields().get(space.fieldOf(feature)).name() + "=" + space.value(feature));
    }
    return values;
  }

  private static Set<String> valuesOf(FeatureSpace space, FeatureRows rows, int row) {
    List<Integer> features = new ArrayList<>();
    for (long entry = rows.offset(row); entry < rows.offset(row + 1); entry++) {
      assertThat(rows.weight(entry)).isEqualTo(1);
      features.add(rows.feature(entry));
    }
    return valuesOf(space, features.stream().mapToInt(Integer::intValue).toArray());
  }

  @ParameterizedTest
  @CsvSource({"false, 1, 1", "true, 1, 2", "false, 0.01, 3", "true, 20, 4"})
  void shouldHaveTheRowsOfTheTable(boolean fieldWeighted, double scale, long seed)
      throws IOException {
    PlantedClicks table = PlantedClicks.draw(ROWS, fieldWeighted, scale, seed);
    FeatureSpace named = table.space(ROWS);
    ClickDataSet.Options options = new ClickDataSet.Options(fieldWeighted, scale, seed);
    try (DataSet data = DataSet.open(write("clicks", ROWS, options))) {
      assertThat(data.examples()).isEqualTo(ROWS);
      assertThat(data.features().fields()).isEqualTo(PlantedClicks.fields());
      assertThat(data.features().size()).isEqualTo(table.features(ROWS));
      assertThat(data.contexts().rows()).isEqualTo(ROWS);
      assertThat(data.candidates().rows()).isEqualTo(ROWS);
      for (int row = 0; row < ROWS; row++) {
        int[] features = new int[PlantedClicks.FIELDS];
        for (int field = 0; field < features.length; field++) {
          features[field] = table.feature(row, field);
        }
        Set<String> found = valuesOf(data.features(), data.contexts(), data.context(row));
        found.addAll(valuesOf(data.features(), data.candidates(), data.candidate(row)));
        assertThat(found).isEqualTo(valuesOf(named, features)).hasSize(PlantedClicks.FIELDS);
        assertThat(data.label(row)).isEqualTo(table.label(row));
      }
      Split split = Split.byName(data, "test");
      assertThat(split.test()).hasSize(ROWS / 6).startsWith(ROWS - ROWS / 6).endsWith(ROWS - 1);
      assertThat(RatingEvaluation.bestLogLoss(data, split, 1).orElseThrow())
          .isCloseTo(table.bestLogLoss(ROWS - ROWS / 6, ROWS), within(1e-9));
      assertThat(RatingEvaluation.bestAuc(data, split, 1).orElseThrow())
          .isCloseTo(table.bestAuc(ROWS - ROWS / 6, ROWS), within(1e-9));
    }
  }

  @Test
  void shouldSayWhatItIs() throws IOException {
    try (DataSet data = DataSet.open(write("clicks", 600, new ClickDataSet.Options(false, 1, 1)))) {
      assertThat(data.name()).isEqualTo("clicks");
      assertThat(data.positive()).isEqualTo(1);
      assertThat(data.isCatalogue()).isFalse();
      assertThat(data.folds()).containsExactly("test");
      assertThat(data.features().fields().stream().filter(f -> f.side() == Side.CONTEXT))
          .hasSize(30);
      for (int row = 1; row < 600; row++) {
        assertThat(data.time(row)).isEqualTo(data.time(row - 1) + 1);
        float truth = data.truth().orElseThrow().positive(row);
        assertThat(truth).isStrictlyBetween(0f, 1f);
        assertThat(data.truth().orElseThrow().mean(row)).isEqualTo(truth);
      }
      // The threshold of the truth is the data's, and no other.
      assertThat(RatingEvaluation.bestLogLoss(data, Split.all(data), 0.5f)).isEmpty();
    }
  }

  @Test
  void shouldWriteTheSameBytesForASeedAndOthersForAnother() throws IOException {
    ClickDataSet.Options options = new ClickDataSet.Options(false, 2, 7);
    Path one = write("one", ROWS, options);
    Path two = write("two", ROWS, options);
    Path other = write("other", ROWS, new ClickDataSet.Options(false, 2, 8));
    for (String file : List.of("features.safetensors", "examples.safetensors")) {
      assertThat(Files.mismatch(one.resolve(file), two.resolve(file))).isEqualTo(-1);
      assertThat(Files.mismatch(one.resolve(file), other.resolve(file))).isNotNegative();
    }
  }

  @Test
  void shouldTellHowFarItIs() throws IOException {
    int rows = ClickDataSet.STEP_ROWS + 17;
    int[] told = new int[1];
    ClickDataSet.write(
        folder.resolve("clicks"), rows, new ClickDataSet.Options(false, 0.01, 1), () -> told[0]++);
    assertThat(told[0]).isEqualTo((int) ClickDataSet.steps(rows)).isPositive();
  }

  @Test
  void shouldNameFeaturesOfATableAsItsRowsDo() {
    PlantedClicks table = PlantedClicks.draw(500, true, 1);
    FeatureSpace space = table.space(400);
    Example example = new Example();
    ExampleSource source = table.source(0, 400, space.size());
    source.start(1);
    while (source.next(example)) {
      assertThat(example.count()).isEqualTo(PlantedClicks.FIELDS);
      for (int field = 0; field < PlantedClicks.FIELDS; field++) {
        assertThat(space.fieldOf(example.feature(field))).isEqualTo(field);
      }
    }
  }

  @Test
  void shouldReadEachRowOnceInAnotherOrderEachPass() {
    PlantedClicks table = PlantedClicks.draw(500, false, 1);
    int known = table.features(300);
    List<String> inOrder = read(table.source(100, 500, known), 1);
    ExampleSource shuffled = table.shuffled(100, 500, known);
    List<String> first = read(shuffled, 1);
    List<String> second = read(shuffled, 2);
    assertThat(first).isNotEqualTo(inOrder).containsExactlyInAnyOrderElementsOf(inOrder);
    assertThat(second).isNotEqualTo(first).containsExactlyInAnyOrderElementsOf(inOrder);
    assertThat(read(shuffled, 1)).isEqualTo(first);
    assertThat(shuffled.size()).isEqualTo(400);
  }

  /** Labels and features of the rows of a pass. */
  private static List<String> read(ExampleSource source, long seed) {
    List<String> rows = new ArrayList<>();
    Example example = new Example();
    source.start(seed);
    while (source.next(example)) {
      rows.add(
          IntStream.range(0, example.count())
              .mapToObj(i -> Integer.toString(example.feature(i)))
              .collect(Collectors.joining(" ", example.label() + ":", "")));
    }
    return rows;
  }

  @Test
  void shouldRefuseWhatIsOutOfRange() {
    ClickDataSet.Options options = new ClickDataSet.Options(false, 1, 1);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> write("clicks", 5, options))
        .withMessageContaining("rows=5, expected 6 to");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> write("clicks", 6, new ClickDataSet.Options(false, Double.NaN, 1)))
        .withMessageContaining("expected 0.01 to 1000");
    assertThat(folder).isEmptyDirectory();
  }
}
