package femto.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import femto.file.MalformedFileException;
import femto.file.SafetensorsFile;
import femto.file.SafetensorsWriter;
import femto.model.FeatureSpace.Binding;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Features that are bound to other values as time goes on. */
class FeatureSpaceChangesTest {
  private static final List<Field> FIELDS =
      List.of(
          Field.oneHot("user", Side.CONTEXT),
          Field.multiHot("tag", Side.CONTEXT),
          Field.oneHot("ad", Side.CANDIDATE));

  @TempDir Path directory;

  /** The same in plain maps. */
  private static final class Plain {
    final Map<Integer, Binding> byFeature = new HashMap<>();

    Plain copy() {
      Plain copy = new Plain();
      copy.byFeature.putAll(byFeature);
      return copy;
    }

    void apply(Collection<Binding> changes) {
      changes.forEach(change -> byFeature.remove(change.feature()));
      changes.stream()
          .filter(change -> change.field() != FeatureSpace.UNKNOWN)
          .forEach(change -> byFeature.put(change.feature(), change));
    }

    void assertIs(FeatureSpace space, int values) {
      Map<String, Integer> found = new HashMap<>();
      for (int feature = 0; feature < space.size(); feature++) {
        Binding binding = byFeature.get(feature);
        assertThat(space.isBound(feature)).isEqualTo(binding != null);
        assertThat(space.fieldOf(feature)).isEqualTo(binding == null ? -1 : binding.field());
        assertThat(space.value(feature)).isEqualTo(binding == null ? "" : binding.value());
        if (binding != null) {
          found.put(binding.field() + ":" + binding.value(), feature);
        }
      }
      for (int field = 0; field < FIELDS.size(); field++) {
        int inField = field;
        assertThat(space.size(field))
            .isEqualTo((int) byFeature.values().stream().filter(b -> b.field() == inField).count());
        for (int value = 0; value < values; value++) {
          assertThat(space.find(field, "v" + value))
              .as("field %s value %s", field, value)
              .isEqualTo(found.getOrDefault(field + ":v" + value, FeatureSpace.UNKNOWN));
        }
      }
    }
  }

  private static List<Binding> draw(Random random, Plain now, int features, int values) {
    Map<Integer, Binding> changes = new HashMap<>();
    Plain then = now.copy();
    int count = 1 + random.nextInt(6);
    for (int i = 0; i < count; i++) {
      int feature = random.nextInt(features);
      Binding change =
          random.nextInt(4) == 0
              ? Binding.none(feature)
              : new Binding(feature, random.nextInt(FIELDS.size()), "v" + random.nextInt(values));
      boolean taken =
          then.byFeature.values().stream()
              .anyMatch(
                  b ->
                      b.feature() != feature
                          && b.field() == change.field()
                          && b.value().equals(change.value()));
      if (!taken) {
        changes.put(feature, change);
        then.apply(List.of(change));
      }
    }
    return List.copyOf(changes.values());
  }

  private static FeatureSpace start(Random random, Plain plain, int features, int values) {
    FeatureSpace.Rows rows = new FeatureSpace.Rows(FIELDS, features);
    for (int feature = 0; feature < features / 2; feature++) {
      Binding binding =
          new Binding(feature, random.nextInt(FIELDS.size()), "v" + (feature % values));
      boolean taken =
          plain.byFeature.values().stream()
              .anyMatch(b -> b.field() == binding.field() && b.value().equals(binding.value()));
      if (!taken) {
        plain.byFeature.put(feature, binding);
        rows.bind(feature, binding.field(), binding.value());
      }
    }
    return rows.build();
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 4, 5, 6, 7, 8})
  void shouldBeWhatPlainMapsAreAfterAnyChangesFromAnyOfItsPasts(int seed) {
    Random random = new Random(seed);
    int features = 1 + random.nextInt(40);
    int values = 1 + random.nextInt(30);
    Plain plain = new Plain();
    List<FeatureSpace> spaces = new ArrayList<>();
    List<Plain> plains = new ArrayList<>();
    spaces.add(start(random, plain, features, values));
    plains.add(plain);
    for (int step = 0; step < 300; step++) {
      int from = random.nextInt(10) == 0 ? random.nextInt(spaces.size()) : spaces.size() - 1;
      List<Binding> changes = draw(random, plains.get(from), features, values);
      spaces.add(spaces.get(from).with(changes));
      Plain next = plains.get(from).copy();
      next.apply(changes);
      plains.add(next);
      next.assertIs(spaces.getLast(), values);
    }
    for (int i = 0; i < spaces.size(); i++) {
      plains.get(i).assertIs(spaces.get(i), values);
      assertThat(spaces.get(i).copy().checksum()).isEqualTo(spaces.get(i).checksum());
    }
    plain.assertIs(spaces.getFirst(), values);
  }

  @Test
  void shouldSurviveAFileWithItsGapsAndItsFeaturesForOthers() throws IOException {
    FeatureSpace space =
        new FeatureSpace.Rows(FIELDS, 9)
            .bind(4, 0, "u")
            .bind(2, 2, "u")
            .bind(7, 0, "")
            .others(0, 1)
            .others(2, 8)
            .build()
            .with(List.of(new Binding(3, 1, "later"), Binding.none(4), new Binding(0, 0, "u")));
    Path file = directory.resolve("features");
    SafetensorsWriter writer = new SafetensorsWriter();
    space.writeTo(writer);
    writer.write(file);
    try (SafetensorsFile read = SafetensorsFile.read(file)) {
      FeatureSpace same = FeatureSpace.readFrom(read);
      assertThat(same.checksum()).isEqualTo(space.checksum());
      assertThat(same.find(0, "u")).isEqualTo(0);
      assertThat(same.find(2, "u")).isEqualTo(2);
      assertThat(same.find(1, "later")).isEqualTo(3);
      assertThat(same.find(0, "")).isEqualTo(7);
      assertThat(same.find(2, "")).isEqualTo(FeatureSpace.UNKNOWN);
      assertThat(same.isBound(4)).isFalse();
      assertThat(new int[] {same.others(0), same.others(1), same.others(2)})
          .containsExactly(1, -1, 8);
      assertThat(new int[] {same.fieldOf(1), same.fieldOf(8), same.fieldOf(5)})
          .containsExactly(0, 2, -1);
    }
  }

  @Test
  void shouldRefuseAFileWhoseFeatureForOthersIsNone() throws IOException {
    for (String others :
        List.of(
            "[1, -1]",
            "[1, -1, 2, 3]",
            "",
            "[",
            "[a, b, c]",
            "[2, -1, -1]",
            "[9, -1, -1]",
            "[-2, -1, -1]",
            "[3, -1, -1]",
            "[0, -1, -1]")) {
      FeatureSpace space = new FeatureSpace.Rows(FIELDS, 4).bind(2, 1, "").bind(0, 0, "u").build();
      Path file = directory.resolve("bad" + others.hashCode());
      SafetensorsWriter writer = new SafetensorsWriter();
      writer.metadata("femto.others", others);
      space.writeTo(writer);
      writer.write(file);
      try (SafetensorsFile read = SafetensorsFile.read(file)) {
        assertThatThrownBy(() -> FeatureSpace.readFrom(read))
            .as(others)
            .isInstanceOf(MalformedFileException.class)
            .hasMessageContaining("femto.others");
      }
    }
  }

  @Test
  void shouldRefuseChangesThatMakeNoSenseAndChangeNothing() {
    FeatureSpace space =
        new FeatureSpace.Rows(FIELDS, 5).bind(0, 0, "a").bind(1, 0, "b").others(2, 4).build();
    assertRefused(space, "feature 5", new Binding(5, 0, "x"));
    assertRefused(space, "feature -1", Binding.none(-1));
    assertRefused(space, "field 3", new Binding(2, 3, "x"));
    assertRefused(space, "twice", new Binding(2, 0, "x"), new Binding(2, 0, "y"));
    assertRefused(space, "both to be user=x", new Binding(2, 0, "x"), new Binding(3, 0, "x"));
    assertRefused(space, "user=b, which is feature 1", new Binding(0, 0, "b"));
    assertRefused(space, "stands for all other values", new Binding(4, 2, "x"));
    assertRefused(space, "stands for all other values", Binding.none(4));
    FeatureSpace swapped = space.with(List.of(new Binding(0, 0, "b"), new Binding(1, 0, "a")));
    assertThat(swapped.find(0, "a")).isEqualTo(1);
    assertThat(swapped.find(0, "b")).isEqualTo(0);
    assertThat(space.find(0, "a")).isEqualTo(0);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new FeatureSpace.Rows(FIELDS, 5).bind(0, 0, "a").bind(1, 0, "a").build())
        .withMessageContaining("user=a");
  }

  private static void assertRefused(FeatureSpace space, String said, Binding... changes) {
    long checksum = space.checksum();
    assertThatIllegalArgumentException()
        .isThrownBy(() -> space.with(List.of(changes)))
        .withMessageContaining(said);
    assertThat(space.checksum()).isEqualTo(checksum);
  }

  /** A feature is that of value n, n + 1, ... in turn, and nobody finds it by any other. */
  @Test
  void shouldShowEachReaderTheFeaturesOfItsTimeWhileTheyChange() throws InterruptedException {
    int features = 16;
    AtomicReference<FeatureSpace> shown =
        new AtomicReference<>(at(new FeatureSpace.Rows(FIELDS, features).build(), 0, features));
    AtomicReference<String> wrong = new AtomicReference<>();
    AtomicBoolean done = new AtomicBoolean();
    List<Thread> readers = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      readers.add(
          Thread.ofPlatform()
              .start(
                  () -> {
                    while (!done.get() && wrong.get() == null) {
                      check(shown.get(), features, wrong);
                    }
                  }));
    }
    for (int step = 1; step < 40_000 && wrong.get() == null; step++) {
      shown.set(at(shown.get(), step, features));
    }
    done.set(true);
    for (Thread reader : readers) {
      reader.join();
    }
    assertThat(wrong.get()).isNull();
  }

  private static FeatureSpace at(FeatureSpace before, int step, int features) {
    return before.with(List.of(new Binding(step % features, 0, "v" + step % 1000)));
  }

  private static void check(FeatureSpace space, int features, AtomicReference<String> wrong) {
    int bound = 0;
    for (int value = 0; value < 1000; value++) {
      byte[] utf8 = ("v" + value).getBytes(StandardCharsets.UTF_8);
      int feature = space.find(0, utf8, utf8.length);
      bound += feature == FeatureSpace.UNKNOWN ? 0 : 1;
      if (feature != FeatureSpace.UNKNOWN && !space.value(feature).equals("v" + value)) {
        wrong.set("feature " + feature + " is found by v" + value + ", is " + space.value(feature));
      }
    }
    if (bound != space.size(0) || bound > features) {
      wrong.set(bound + " values are found, expected " + space.size(0));
    }
  }
}
