package femto.tools.dictionary;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.management.ThreadMXBean;
import femto.file.SafetensorsFile;
import femto.file.SafetensorsWriter;
import femto.model.FeatureSpace;
import femto.model.Field;
import femto.model.Side;
import femto.tools.dictionary.GrowingDictionary.MapState;
import femto.tools.dictionary.GrowingDictionary.Resumed;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.lang.foreign.Arena;
import java.lang.management.ManagementFactory;
import java.nio.CharBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class GrowingDictionaryTest {
  static final List<Field> FIELDS =
      List.of(
          Field.oneHot("user", Side.CONTEXT),
          Field.oneHot("ad", Side.CANDIDATE),
          Field.multiHot("genre", Side.CANDIDATE));

  private static final Bindings NOBODY = new NaiveDictionary.Told();

  @TempDir private Path directory;

  private Path map() {
    return directory.resolve("values.map");
  }

  private GrowingDictionary create(DictionaryOptions options) throws IOException {
    return GrowingDictionary.create(map(), FIELDS, options, NOBODY);
  }

  static void checkpoint(GrowingDictionary dictionary, Path file) throws IOException {
    try (Arena arena = Arena.ofConfined()) {
      SafetensorsWriter writer = new SafetensorsWriter();
      dictionary.writeTo(writer, arena);
      writer.write(file);
    }
  }

  static Resumed resume(Path map, Path checkpoint, DictionaryOptions options) throws IOException {
    try (SafetensorsFile file = SafetensorsFile.read(checkpoint)) {
      return GrowingDictionary.resume(map, file, options, NOBODY);
    }
  }

  /** What other processes see is what the dictionary knows, and nothing else. */
  static void assertShared(Path map, GrowingDictionary dictionary) throws IOException {
    FeatureSpace space = dictionary.freeze();
    try (SharedMap shared = SharedMap.open(map, 1, null)) {
      EncodedValue encoded = new EncodedValue();
      int values = 0;
      int others = dictionary.options().outOfVocabulary() ? FIELDS.size() : 0;
      for (int row = others; row < space.size(); row++) {
        if (space.isBound(row)) {
          assertThat(encoded.set(space.value(row))).isTrue();
          assertThat(shared.get(SharedMap.key(space.fieldOf(row), encoded))).isEqualTo(row);
          values++;
        }
      }
      assertThat(shared.size()).isEqualTo(values);
      assertThat(dictionary.counts().values()).isEqualTo(values);
    }
  }

  private static String value(Random random) {
    int number = (int) Math.pow(60, random.nextDouble());
    return switch (random.nextInt(12)) {
      case 0 -> "";
      case 1 -> "ü€😀" + number;
      case 2 -> "half " + (char) (0xd800 + number);
      case 3 -> "x".repeat(120 + number);
      default -> "v" + number;
    };
  }

  private static DictionaryOptions options(Random random, int capacity) {
    // So large that its counts are never halved.
    DictionaryOptions options = DictionaryOptions.defaults(capacity).withSketch(1 << 14);
    options = random.nextBoolean() ? options.withMinimumCount(1 + random.nextInt(3)) : options;
    options = random.nextBoolean() ? options.withOutOfVocabulary() : options;
    return random.nextInt(4) > 0 ? options.withRecycling(1 + random.nextInt(20)) : options;
  }

  /** Random calls, each made on the dictionary and on its plain model. */
  private static final class Calls {
    private final Random random;
    private long time;

    Calls(long seed) {
      random = new Random(seed);
    }

    void make(int calls, GrowingDictionary dictionary, NaiveDictionary naive) {
      for (int i = 0; i < calls; i++) {
        time += random.nextInt(3) == 0 ? random.nextInt(5) : 0;
        int others = dictionary.options().outOfVocabulary() ? FIELDS.size() : 0;
        for (int field = 0; field < FIELDS.size(); field++) {
          assertThat(dictionary.others(field)).isEqualTo(others > 0 ? field : FeatureSpace.UNKNOWN);
        }
        int what = random.nextInt(20);
        if (what == 0 && naive.used() > 0) {
          int row = random.nextInt(naive.used());
          dictionary.pin(row);
          naive.pin(row);
        } else if (what <= 2 && naive.used() > 0) {
          int row = random.nextInt(naive.used());
          if (naive.isPinned(row)) {
            dictionary.unpin(row);
            naive.unpin(row);
          } else {
            assertThatThrownBy(() -> dictionary.unpin(row))
                .isInstanceOf(IllegalStateException.class);
          }
        } else {
          int field = random.nextInt(FIELDS.size());
          String value = value(random);
          long at = Math.max(0, time - random.nextInt(2));
          assertThat(dictionary.find(field, value)).isEqualTo(naive.find(field, value));
          int row = dictionary.take(field, value, at);
          boolean early = row >= others && naive.find(field, value) < others;
          assertThat(row).isEqualTo(naive.take(field, value, at, early));
        }
      }
    }
  }

  private static void delete(Path directory) throws IOException {
    try (var files = Files.walk(directory)) {
      for (Path file : files.sorted(java.util.Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }
  }

  @Property(tries = 20)
  void shouldDoWhatThePlainModelDoes(
      @ForAll long seed, @ForAll @IntRange(min = 3, max = 40) int capacity) throws IOException {
    Path temporary = Files.createTempDirectory("dictionary");
    DictionaryOptions options = options(new Random(seed), capacity);
    NaiveDictionary naive = new NaiveDictionary(FIELDS.size(), options);
    NaiveDictionary.Told told = new NaiveDictionary.Told();
    Path map = temporary.resolve("map");
    try (GrowingDictionary dictionary = GrowingDictionary.create(map, FIELDS, options, told)) {
      new Calls(seed).make(600, dictionary, naive);
      assertThat(told.lines).isEqualTo(naive.told);
      assertThat(dictionary.counts().admittedEarly()).isEqualTo(naive.early);
      FeatureSpace space = dictionary.freeze();
      assertThat(space.size()).isEqualTo(capacity);
      naive.rows.forEach(
          (key, row) -> {
            assertThat(space.find(key.field(), key.value())).isEqualTo(row);
            assertThat(space.value(row)).isEqualTo(key.value());
          });
      for (int row = naive.used(); row < capacity; row++) {
        assertThat(space.isBound(row)).isFalse();
      }
      assertShared(map, dictionary);
    }
    delete(temporary);
  }

  @Property(tries = 12)
  void shouldGoOnFromACheckpointAsIfNothingHadBeen(
      @ForAll long seed,
      @ForAll @IntRange(min = 3, max = 40) int capacity,
      @ForAll @IntRange(min = 0, max = 400) int before,
      @ForAll @IntRange(min = 0, max = 200) int lost,
      @ForAll boolean killed)
      throws IOException {
    Path temporary = Files.createTempDirectory("dictionary");
    DictionaryOptions options = options(new Random(seed), capacity);
    Path straight = temporary.resolve("straight");
    NaiveDictionary naive = new NaiveDictionary(FIELDS.size(), options);
    try (GrowingDictionary dictionary =
        GrowingDictionary.create(temporary.resolve("map1"), FIELDS, options, NOBODY)) {
      Calls calls = new Calls(seed);
      calls.make(before, dictionary, naive);
      calls.make(200, dictionary, naive);
      checkpoint(dictionary, straight);
    }
    Path map = temporary.resolve("map2");
    Path middle = temporary.resolve("middle");
    naive = new NaiveDictionary(FIELDS.size(), options);
    Calls calls = new Calls(seed);
    int undone;
    try (GrowingDictionary dictionary = GrowingDictionary.create(map, FIELDS, options, NOBODY)) {
      calls.make(before, dictionary, naive);
      checkpoint(dictionary, middle);
      FeatureSpace then = dictionary.freeze();
      Random others = new Random(~seed);
      for (int i = 0; i < lost; i++) {
        dictionary.take(others.nextInt(FIELDS.size()), value(others), 100_000 + i);
      }
      FeatureSpace now = dictionary.freeze();
      undone = (int) rows(now).stream().filter(row -> !rows(then).contains(row)).count();
      if (killed) {
        dictionary.abandon();
      }
    }
    Resumed resumed = resume(map, middle, options);
    assertThat(resumed.state()).isEqualTo(killed ? MapState.RECOVERED : MapState.CLOSED);
    assertThat(resumed.undone()).isEqualTo(undone);
    try (GrowingDictionary dictionary = resumed.dictionary()) {
      Path again = temporary.resolve("again");
      checkpoint(dictionary, again);
      assertThat(again).hasSameBinaryContentAs(middle);
      assertShared(map, dictionary);
      calls.make(200, dictionary, naive);
      checkpoint(dictionary, again);
      assertThat(again).hasSameBinaryContentAs(straight);
      assertShared(map, dictionary);
    }
    delete(temporary);
  }

  private static List<String> rows(FeatureSpace space) {
    List<String> rows = new ArrayList<>();
    for (int row = 0; row < space.size(); row++) {
      rows.add(space.isBound(row) ? row + "=" + space.fieldOf(row) + ":" + space.value(row) : "");
    }
    rows.removeIf(String::isEmpty);
    return rows;
  }

  @Test
  void shouldHoldAwkwardValues() throws IOException {
    DictionaryOptions options = DictionaryOptions.defaults(20);
    String longest = "x".repeat(65_535);
    List<String> values =
        List.of("", "?", "\0", "\0\0", "12345678", "12345678\0", longest, "é".repeat(32_767), "#");
    Path saved = directory.resolve("saved");
    try (GrowingDictionary dictionary = create(options)) {
      for (int i = 0; i < values.size(); i++) {
        assertThat(dictionary.take(0, values.get(i), 0)).isEqualTo(2 * i);
        assertThat(dictionary.take(1, CharBuffer.wrap(values.get(i)), 0)).isEqualTo(2 * i + 1);
      }
      assertThat(dictionary.find(0, "\ud800")).isEqualTo(dictionary.find(0, "?"));
      assertThat(dictionary.find(0, "\udc00")).isEqualTo(dictionary.find(0, "?"));
      assertThat(dictionary.find(2, "")).isEqualTo(FeatureSpace.UNKNOWN);
      for (String tooLong : List.of(longest + "x", "é".repeat(32_768), "€".repeat(60_000))) {
        assertThat(dictionary.take(0, tooLong, 0)).isEqualTo(FeatureSpace.UNKNOWN);
        assertThat(dictionary.find(0, tooLong)).isEqualTo(FeatureSpace.UNKNOWN);
      }
      assertThat(dictionary.counts().tooLong()).isEqualTo(3);
      assertShared(map(), dictionary);
      checkpoint(dictionary, saved);
    }
    Resumed resumed = resume(map(), saved, options);
    assertThat(resumed.undone() + resumed.added()).isZero();
    try (GrowingDictionary dictionary = resumed.dictionary()) {
      for (int i = 0; i < values.size(); i++) {
        assertThat(dictionary.take(1, values.get(i), 0)).isEqualTo(2 * i + 1);
      }
    }
  }

  @Test
  void shouldCountWhatBecameOfEachValue() throws IOException {
    try (GrowingDictionary dictionary =
        create(
            DictionaryOptions.defaults(5)
                .withOutOfVocabulary()
                .withMinimumCount(2)
                .withRecycling(10))) {
      for (String value : List.of("a", "a", "b", "b", "c", "c", "c", "d")) {
        dictionary.take(0, value, 5);
      }
      assertThat(dictionary.find(0, "a")).isEqualTo(3);
      assertThat(dictionary.find(0, "c")).isZero();
      assertThat(dictionary.find(1, "a")).isEqualTo(1);
      dictionary.take(0, "a", 9);
      assertThat(dictionary.take(0, "c", 14)).isZero();
      assertThat(dictionary.take(0, "c", 15)).isEqualTo(4);
      assertThat(dictionary.counts())
          .isEqualTo(new Counts(2, 1, 3, 0, 4, 3, 0, 1, dictionary.counts().earlyChance(), 0));
      assertThat(dictionary.counts().unknown()).isEqualTo(10);
    }
  }

  /** 128 bytes are the longest entries: all rows have them, and change hands often. */
  @Test
  void shouldHaveRoomForTheLongestEntries() throws IOException {
    int capacity = 3_000;
    DictionaryOptions options = DictionaryOptions.defaults(capacity).withRecycling(1);
    try (GrowingDictionary dictionary = create(options)) {
      Random random = new Random(1);
      for (int i = 0; i < 4 * capacity; i++) {
        int length = i < 2 * capacity ? 118 : random.nextInt(119);
        dictionary.take(0, "x".repeat(length) + (1_000_000_000 + i), i);
      }
      assertThat(dictionary.counts().recycled()).isEqualTo(3L * capacity);
      assertShared(map(), dictionary);
    }
  }

  @Test
  void shouldHaveOneOwner() throws IOException {
    Path saved = directory.resolve("saved");
    DictionaryOptions options = DictionaryOptions.defaults(10);
    try (GrowingDictionary dictionary = create(options)) {
      checkpoint(dictionary, saved);
      assertThatThrownBy(() -> create(options)).isInstanceOf(FileAlreadyExistsException.class);
      assertThatThrownBy(() -> resume(map(), saved, options))
          .isInstanceOf(IOException.class)
          .hasMessageContaining("another dictionary has it open");
      assertThat(dictionary.take(0, "a", 0)).isZero();
    }
    resume(map(), saved, options).dictionary().close();
  }

  @ParameterizedTest
  @ValueSource(strings = {"missing", "empty", "short", "half", "random", "other"})
  void shouldRepairAFileOrMakeItAnew(String damage) throws IOException {
    DictionaryOptions options = DictionaryOptions.defaults(1_000);
    Path saved = directory.resolve("saved");
    try (GrowingDictionary dictionary = create(options)) {
      for (int i = 0; i < 900; i++) {
        dictionary.take(i % 3, "v" + i, 0);
      }
      checkpoint(dictionary, saved);
    }
    try (RandomAccessFile file = new RandomAccessFile(map().toFile(), "rw")) {
      byte[] noise = new byte[(int) file.length()];
      new Random(3).nextBytes(noise);
      switch (damage) {
        case "empty" -> file.setLength(0);
        case "short" -> file.setLength(100);
        case "half" -> file.setLength(file.length() / 2);
        case "random" -> file.write(noise);
        case "other" -> {
          file.setLength(0);
          file.write(
              "not a map at all\n"
                  .repeat(1_000)
                  .getBytes(java.nio.charset.StandardCharsets.US_ASCII));
        }
        default -> {}
      }
    }
    if (damage.equals("missing")) {
      Files.delete(map());
    }
    Resumed resumed = resume(map(), saved, options);
    try (GrowingDictionary dictionary = resumed.dictionary()) {
      boolean half = damage.equals("half");
      assertThat(resumed.state()).isEqualTo(half ? MapState.RECOVERED : MapState.REBUILT);
      assertThat(resumed.added()).isBetween(half ? 1 : 900, 900);
      assertThat(Files.exists(directory.resolve("values.map.broken")))
          .isEqualTo(!half && !damage.equals("missing"));
      assertThat(dictionary.take(2, "v899", 1)).isEqualTo(899);
      assertShared(map(), dictionary);
    }
  }

  @Test
  void shouldPutRightWhatWasChangedInTheFile() throws IOException {
    DictionaryOptions options = DictionaryOptions.defaults(100);
    Path saved = directory.resolve("saved");
    try (GrowingDictionary dictionary = create(options)) {
      for (int i = 0; i < 50; i++) {
        dictionary.take(0, "v" + i, 0);
      }
      checkpoint(dictionary, saved);
    }
    try (SharedMap shared = SharedMap.open(map(), 1, null)) {
      shared.put("0:v3", 4);
      shared.put("0:stranger", 3);
      shared.put("7:v5", 5);
      shared.put("", -1);
      shared.put("0:v9", 1_000);
      shared.replace("0:v20", "0:gone", 20);
    }
    Resumed resumed = resume(map(), saved, options);
    try (GrowingDictionary dictionary = resumed.dictionary()) {
      assertThat(resumed.state()).isEqualTo(MapState.CLOSED);
      assertThat(resumed.undone()).isEqualTo(6);
      assertThat(resumed.added()).isEqualTo(3);
      assertShared(map(), dictionary);
    }
  }

  @Test
  void shouldAllocateNothingForKnownValues() throws IOException {
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    List<byte[]> values = new ArrayList<>();
    for (int i = 0; i < 1_000; i++) {
      values.add(((i % 2 == 0 ? "vé" : "v") + i).getBytes(StandardCharsets.UTF_8));
    }
    try (GrowingDictionary dictionary =
        create(
            DictionaryOptions.defaults(500)
                .withMinimumCount(200)
                .withSketch(1 << 14)
                .withRecycling(1L << 40))) {
      long allocated = 0;
      for (int round = 0; round < 400; round++) {
        long before = threads.getCurrentThreadAllocatedBytes();
        for (int i = 0; i < values.size(); i++) {
          dictionary.take(i % 2, values.get(i), values.get(i).length, round);
        }
        // Rows are given out in one round; later ones know half of the values and refuse half.
        allocated = threads.getCurrentThreadAllocatedBytes() - before;
      }
      assertThat(dictionary.counts().values()).isEqualTo(500);
      assertThat(dictionary.counts().refused()).isPositive();
      assertThat(allocated).isLessThan(1_000);
    }
  }

  @Test
  void shouldRefuseWhatMakesNoSense() throws IOException {
    assertThatThrownBy(() -> create(DictionaryOptions.defaults(2).withOutOfVocabulary()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("capacity=2");
    assertThat(map()).doesNotExist();
    Path saved = directory.resolve("saved");
    DictionaryOptions options = DictionaryOptions.defaults(10);
    try (GrowingDictionary dictionary = create(options)) {
      assertThatThrownBy(() -> dictionary.take(3, "a", 0))
          .isInstanceOf(IndexOutOfBoundsException.class);
      assertThatThrownBy(() -> dictionary.take(0, "a", -1))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("time=-1");
      assertThatThrownBy(() -> dictionary.pin(0)).isInstanceOf(IndexOutOfBoundsException.class);
      checkpoint(dictionary, saved);
    }
    assertThatThrownBy(() -> resume(map(), saved, DictionaryOptions.defaults(11)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("capacity=11, expected 10");
    assertThatThrownBy(() -> resume(map(), saved, options.withOutOfVocabulary()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("outOfVocabulary=true, expected false");
  }

  @Test
  void shouldTakeAnotherMinimumAtARestart() throws IOException {
    Path saved = directory.resolve("saved");
    DictionaryOptions options = DictionaryOptions.defaults(10).withMinimumCount(3);
    try (GrowingDictionary dictionary = create(options)) {
      dictionary.take(0, "a", 0);
      dictionary.take(0, "a", 0);
      checkpoint(dictionary, saved);
    }
    try (GrowingDictionary dictionary =
        resume(map(), saved, options.withMinimumCount(4)).dictionary()) {
      assertThat(dictionary.take(0, "a", 0)).isEqualTo(FeatureSpace.UNKNOWN);
      assertThat(dictionary.take(0, "a", 0)).isZero();
    }
    try (GrowingDictionary dictionary =
        resume(map(), saved, options.withMinimumCount(1)).dictionary()) {
      assertThat(dictionary.take(0, "b", 0)).isZero();
    }
    assertThatThrownBy(() -> resume(map(), saved, options.withSketch(1 << 20)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("sketchBytes=1048576, expected 1024");
  }
}
