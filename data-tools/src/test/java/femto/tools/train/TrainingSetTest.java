package femto.tools.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import femto.learn.Example;
import femto.learn.ExampleSource;
import femto.learn.Loss;
import femto.model.FeatureSpace;
import femto.tools.data.DataSet;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TrainingSetTest {
  private static final List<String> ALL_FIELDS =
      List.of("user", "age", "gender", "occupation", "movie", "year", "genre");

  @Test
  void shouldHoldOnlyValuesOfTheTrainingPart(@TempDir Path directory) throws IOException {
    try (DataSet data = SmallWorld.open(SmallWorld.raw(directory.resolve("world"), 1500))) {
      int[] some = IntStream.range(0, data.examples()).filter(i -> i % 7 == 0).toArray();
      Set<String> expected = new HashSet<>();
      for (int example : some) {
        addValues(expected, data, data.contexts(), data.context(example));
        addValues(expected, data, data.candidates(), data.candidate(example));
      }
      FeatureSpace space = TrainingSet.of(data, some, ALL_FIELDS, Loss.SQUARED, 4).features();
      Set<String> found = new HashSet<>();
      for (int feature = 0; feature < space.size(); feature++) {
        found.add(named(space, feature));
      }
      assertThat(found).isEqualTo(expected).hasSizeLessThan(data.features().size());
    }
  }

  private static void addValues(
      Set<String> into, DataSet data, femto.model.FeatureRows rows, int row) {
    for (long entry = rows.offset(row); entry < rows.offset(row + 1); entry++) {
      into.add(named(data.features(), rows.feature(entry)));
    }
  }

  private static String named(FeatureSpace space, int feature) {
    return space.fields().get(space.fieldOf(feature)).name() + "=" + space.value(feature);
  }

  @Test
  void shouldGiveEveryExampleOncePerPassInAnOrderThatTheSeedDecides(@TempDir Path directory)
      throws IOException {
    try (DataSet data = SmallWorld.open(SmallWorld.raw(directory.resolve("world"), 600))) {
      TrainingSet set =
          TrainingSet.of(data, SmallWorld.all(data), List.of("user", "movie"), Loss.SQUARED, 4);
      ExampleSource source = set.source(set.examples());
      List<String> first = read(set, source, 1);
      List<String> second = read(set, source, 2);
      assertThat(first).hasSize(600).isEqualTo(read(set, source, 1)).isNotEqualTo(second);
      assertThat(second).containsExactlyInAnyOrderElementsOf(first);
      List<String> expected = new ArrayList<>();
      for (int i = 0; i < data.examples(); i++) {
        expected.add(
            "user="
                + data.contextId(data.context(i))
                + " movie="
                + data.candidateId(data.candidate(i))
                + " -> "
                + data.label(i));
      }
      assertThat(first).containsExactlyInAnyOrderElementsOf(expected);
    }
  }

  private static List<String> read(TrainingSet set, ExampleSource source, long seed) {
    List<String> all = new ArrayList<>();
    Example example = new Example();
    source.start(seed);
    while (source.next(example)) {
      StringBuilder text = new StringBuilder();
      for (int i = 0; i < example.count(); i++) {
        text.append(named(set.features(), example.feature(i))).append(' ');
      }
      all.add(text + "-> " + example.label());
    }
    return all;
  }

  @Test
  void shouldNeverDrawASeenCandidateAsNegative(@TempDir Path directory) throws IOException {
    try (DataSet data = SmallWorld.open(SmallWorld.raw(directory.resolve("world"), 2000))) {
      Set<String> seen = new HashSet<>();
      int positives = 0;
      for (int i = 0; i < data.examples(); i++) {
        seen.add(data.contextId(data.context(i)) + " " + data.candidateId(data.candidate(i)));
        positives += data.label(i) >= 4 ? 1 : 0;
      }
      TrainingSet set =
          TrainingSet.of(data, SmallWorld.all(data), List.of("user", "movie"), Loss.LOGISTIC, 4);
      ExampleSource source = set.sourceWithNegatives(set.examples(), 6, 1);
      int negatives = 0;
      int ones = 0;
      for (String line : read(set, source, 3)) {
        if (line.endsWith("-> 1.0")) {
          ones++;
          continue;
        }
        negatives++;
        String pair = line.replaceAll("user=(\\d+) (?:movie=(\\d+) )?-> 0.0", "$1 $2");
        assertThat(seen).doesNotContain(pair);
      }
      assertThat(ones).isEqualTo(positives);
      assertThat(negatives).isEqualTo(6 * positives);
      assertThat(source.size()).isEqualTo(7L * positives);
    }
  }

  /** Movies 1, 2, 3 have 10, 2 and 0 positive examples; movie 4 is all that user 1 has seen. */
  @ParameterizedTest
  @ValueSource(doubles = {0, 0.5, 1})
  void shouldDrawNegativesByPopularityToThePower(double power, @TempDir Path directory)
      throws IOException {
    List<String> ratings = new ArrayList<>(List.of("1\t4\t5\t1"));
    for (int user = 2; user <= 11; user++) {
      ratings.add(user + "\t1\t5\t1");
      ratings.add(user + "\t2\t" + (user <= 3 ? 5 : 2) + "\t1"); // a 2 is not a positive
    }
    Path raw = SmallWorld.byHand(directory.resolve("raw"), 11, 4, ratings);
    try (DataSet data = SmallWorld.open(raw)) {
      int draws = 20_000;
      TrainingSet set =
          TrainingSet.of(data, SmallWorld.all(data), List.of("user", "movie"), Loss.LOGISTIC, 4);
      Map<String, Integer> drawn = new HashMap<>();
      // The first example is user 1's one positive.
      for (String line : read(set, set.sourceWithNegatives(new int[] {0}, draws, power), 5)) {
        drawn.merge(line, 1, Integer::sum);
      }
      double[] weights = {Math.pow(10.5, power), Math.pow(2.5, power), Math.pow(0.5, power)};
      double sum = weights[0] + weights[1] + weights[2];
      // The model has no feature for movie 3, which the training part lacks.
      List<String> lines =
          List.of("user=1 movie=1 -> 0.0", "user=1 movie=2 -> 0.0", "user=1 -> 0.0");
      for (int i = 0; i < 3; i++) {
        assertThat(drawn.getOrDefault(lines.get(i), 0) / (double) draws)
            .isCloseTo(weights[i] / sum, within(0.015));
      }
      assertThat(drawn).hasSize(4).containsEntry("user=1 movie=4 -> 1.0", 1);
    }
  }

  @Test
  void shouldDrawNoNegativesForAUserWhoHasSeenEverything(@TempDir Path directory)
      throws IOException {
    List<String> ratings = List.of("1\t1\t5\t1", "1\t2\t5\t1", "2\t1\t5\t1");
    Path raw = SmallWorld.byHand(directory.resolve("raw"), 2, 2, ratings);
    try (DataSet data = SmallWorld.open(raw)) {
      TrainingSet set =
          TrainingSet.of(data, SmallWorld.all(data), List.of("user", "movie"), Loss.LOGISTIC, 4);
      List<String> lines = read(set, set.sourceWithNegatives(set.examples(), 1, 0), 1);
      assertThat(lines)
          .containsExactlyInAnyOrder(
              "user=1 movie=1 -> 1.0",
              "user=1 movie=2 -> 1.0",
              "user=2 movie=1 -> 1.0",
              "user=2 movie=2 -> 0.0");
    }
  }
}
