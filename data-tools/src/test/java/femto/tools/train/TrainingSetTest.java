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

  private static Recipe recipe(List<String> fields, Loss loss) {
    Recipe known = Recipes.of(loss, 0, Recipes.Kind.FM);
    return known.withFields(fields).withTask(new Recipe.Task(loss, 4, 0, 0));
  }

  private static TrainingSet set(DataSet data, int[] examples, List<String> fields, Loss loss) {
    return TrainingSet.of(data, examples, recipe(fields, loss));
  }

  /** Each feature's number of examples, counted from the examples' own values. */
  private static Map<String, Integer> counts(DataSet data, int[] examples) {
    Map<String, Integer> counts = new HashMap<>();
    for (int example : examples) {
      Set<String> values = new HashSet<>();
      addValues(values, data, data.contexts(), data.context(example));
      addValues(values, data, data.candidates(), data.candidate(example));
      values.forEach(value -> counts.merge(value, 1, Integer::sum));
    }
    return counts;
  }

  @Test
  void shouldLeaveOutValuesThatComeTooSeldom(@TempDir Path directory) throws IOException {
    try (DataSet data = SmallWorld.open(SmallWorld.raw(directory.resolve("world"), 1500))) {
      int[] some = IntStream.range(0, data.examples()).filter(i -> i % 7 == 0).toArray();
      Map<String, Integer> counts = counts(data, some);
      counts.values().removeIf(count -> count < 3);
      FeatureSpace space =
          TrainingSet.of(
                  data,
                  some,
                  recipe(List.of(), Loss.SQUARED).withPreparation(new Recipe.Preparation(3, 0, 1)))
              .features();
      Set<String> found = new HashSet<>();
      for (int feature = 0; feature < space.size(); feature++) {
        found.add(named(space, feature));
      }
      assertThat(found).isEqualTo(counts.keySet()).isNotEmpty();
    }
  }

  @Test
  void shouldHashValuesAndCountThoseThatShareARow(@TempDir Path directory) throws IOException {
    try (DataSet data = SmallWorld.open(SmallWorld.raw(directory.resolve("world"), 600))) {
      int[] all = SmallWorld.all(data);
      for (int bits : new int[] {6, 20}) {
        TrainingSet set =
            TrainingSet.of(
                data,
                all,
                recipe(List.of("user", "movie"), Loss.SQUARED)
                    .withPreparation(new Recipe.Preparation(0, bits, 1)));
        FeatureSpace hashed = set.features();
        assertThat(hashed.size()).isEqualTo(1 << bits);
        Map<Integer, Integer> values = new HashMap<>();
        for (String value : counts(data, all).keySet()) {
          String[] parts = value.split("=", -1);
          if (hashed.fieldIndex(parts[0]) >= 0) {
            values.merge(hashed.find(hashed.fieldIndex(parts[0]), parts[1]), 1, Integer::sum);
          }
        }
        int sharing =
            values.values().stream().filter(count -> count > 1).mapToInt(count -> count).sum();
        assertThat(set.collisions()).isEqualTo(sharing);
        assertThat(sharing > 0).isEqualTo(bits == 6);
        Example example = new Example();
        ExampleSource source = set.source(all);
        source.start(1);
        Set<Integer> seen = new HashSet<>();
        while (source.next(example)) {
          float sum = 0;
          for (int i = 0; i < example.count(); i++) {
            seen.add(example.feature(i));
            sum += example.weight(i);
          }
          assertThat(sum).isEqualTo(2); // a user and a movie, also where they share a row
        }
        assertThat(seen).isEqualTo(values.keySet());
      }
    }
  }

  @Test
  void shouldCutAPassIntoPartsThatAreTogetherThePass(@TempDir Path directory) throws IOException {
    try (DataSet data = SmallWorld.open(SmallWorld.raw(directory.resolve("world"), 600))) {
      TrainingSet set = set(data, SmallWorld.all(data), List.of("user", "movie"), Loss.LOGISTIC);
      for (boolean ranking : new boolean[] {false, true}) {
        ExampleSource whole =
            ranking ? set.sourceWithNegatives(set.examples(), 3, 0.5) : set.source(set.examples());
        List<String> expected = read(set, whole, 5);
        List<String> together = new ArrayList<>();
        long size = 0;
        for (ExampleSource part : whole.split(3)) {
          together.addAll(read(set, part, 5));
          size += part.size();
        }
        assertThat(size).isEqualTo(whole.size());
        assertThat(together).hasSameSizeAs(expected);
        if (ranking) {
          // The negatives of each part are drawn apart, the positive examples are the same.
          together.removeIf(line -> line.endsWith("0.0"));
          expected.removeIf(line -> line.endsWith("0.0"));
        }
        assertThat(together).isEqualTo(expected);
      }
    }
  }

  @Test
  void shouldCountPositiveExamplesAsOftenAsToldAndTakeThatIntoTheMean(@TempDir Path directory)
      throws IOException {
    try (DataSet data = SmallWorld.open(SmallWorld.raw(directory.resolve("world"), 600))) {
      int[] all = SmallWorld.all(data);
      TrainingSet set =
          TrainingSet.of(
              data,
              all,
              recipe(List.of(), Loss.LOGISTIC).withPreparation(new Recipe.Preparation(0, 0, 2.5)));
      ExampleSource source = set.source(all);
      Example example = new Example();
      source.start(1);
      double positives = 0;
      while (source.next(example)) {
        assertThat(example.importance()).isEqualTo(example.label() == 1 ? 2.5f : 1f);
        positives += example.label();
      }
      double expected = 2.5 * positives / (2.5 * positives + all.length - positives);
      assertThat(set.meanLabel()).isCloseTo(expected, within(1e-9));
    }
  }

  @Test
  void shouldHoldOnlyValuesOfTheTrainingPart(@TempDir Path directory) throws IOException {
    try (DataSet data = SmallWorld.open(SmallWorld.raw(directory.resolve("world"), 1500))) {
      int[] some = IntStream.range(0, data.examples()).filter(i -> i % 7 == 0).toArray();
      Set<String> expected = new HashSet<>();
      for (int example : some) {
        addValues(expected, data, data.contexts(), data.context(example));
        addValues(expected, data, data.candidates(), data.candidate(example));
      }
      FeatureSpace space = set(data, some, ALL_FIELDS, Loss.SQUARED).features();
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
      TrainingSet set = set(data, SmallWorld.all(data), List.of("user", "movie"), Loss.SQUARED);
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

  /** What a large data set has is what a small one has, whatever is copied. */
  @Test
  void shouldReadTheSameExamplesWhetherRowsAreCopiedOrNot(@TempDir Path directory)
      throws IOException {
    try (DataSet data = SmallWorld.open(SmallWorld.raw(directory.resolve("world"), 2000))) {
      int[] some = IntStream.range(0, data.examples()).filter(i -> i % 5 == 0).toArray();
      for (Loss loss : new Loss[] {Loss.SQUARED, Loss.LOGISTIC}) {
        Recipe recipe = recipe(List.of(), loss);
        TrainingSet copied = TrainingSet.of(data, some, recipe, Long.MAX_VALUE);
        TrainingSet read = TrainingSet.of(data, some, recipe, 0);
        assertThat(read.features().size()).isLessThan(data.features().size());
        assertThat(read(read, read.source(some), 3))
            .isEqualTo(read(copied, copied.source(some), 3));
        assertThat(read.featuresOfExamples()).isEqualTo(copied.featuresOfExamples());
      }
      // Fields in another order, and hashes that two values share: rows must be sorted.
      for (Recipe recipe :
          List.of(
              recipe(List.of("genre", "movie", "age", "user"), Loss.SQUARED),
              recipe(List.of(), Loss.SQUARED).withPreparation(new Recipe.Preparation(1, 5, 1)))) {
        TrainingSet copied = TrainingSet.of(data, some, recipe, Long.MAX_VALUE);
        TrainingSet read = TrainingSet.of(data, some, recipe, 0);
        assertThat(examples(read.source(some), 3)).isEqualTo(examples(copied.source(some), 3));
      }
    }
  }

  /** Features and weights as numbers, which hashes have no names for. */
  private static List<String> examples(ExampleSource source, long seed) {
    List<String> all = new ArrayList<>();
    Example example = new Example();
    source.start(seed);
    while (source.next(example)) {
      StringBuilder text = new StringBuilder();
      for (int i = 0; i < example.count(); i++) {
        text.append(example.feature(i)).append('*').append(example.weight(i)).append(' ');
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
      TrainingSet set = set(data, SmallWorld.all(data), List.of("user", "movie"), Loss.LOGISTIC);
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
      TrainingSet set = set(data, SmallWorld.all(data), List.of("user", "movie"), Loss.LOGISTIC);
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
      TrainingSet set = set(data, SmallWorld.all(data), List.of("user", "movie"), Loss.LOGISTIC);
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
