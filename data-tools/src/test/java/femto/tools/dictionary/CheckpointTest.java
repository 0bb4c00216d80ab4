package femto.tools.dictionary;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_CHAR;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import femto.file.Dtype;
import femto.file.MalformedFileException;
import femto.file.SafetensorsFile;
import femto.file.SafetensorsWriter;
import femto.file.TensorInfo;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.function.Consumer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Checkpoints that are whole files, with sound checksums, but say what cannot be. */
class CheckpointTest {
  private static final DictionaryOptions OPTIONS =
      DictionaryOptions.defaults(12).withOutOfVocabulary().withMinimumCount(2).withRecycling(5);

  @TempDir private Path directory;
  private final Map<String, byte[]> tensors = new LinkedHashMap<>();
  private final Map<String, TensorInfo> infos = new HashMap<>();
  private final Map<String, String> metadata = new HashMap<>();

  @BeforeEach
  void writeOne() throws IOException {
    Path map = directory.resolve("map");
    Path saved = directory.resolve("saved");
    try (GrowingDictionary dictionary =
        GrowingDictionary.create(
            map, GrowingDictionaryTest.FIELDS, OPTIONS, new NaiveDictionary.Told())) {
      for (int i = 0; i < 40; i++) {
        dictionary.take(i % 3, "v" + i % 7, i);
      }
      dictionary.pin(4);
      GrowingDictionaryTest.checkpoint(dictionary, saved);
    }
    try (SafetensorsFile file = SafetensorsFile.read(saved)) {
      for (TensorInfo info : file.tensors()) {
        long[] shape = info.shape().stream().mapToLong(Long::longValue).toArray();
        tensors.put(info.name(), file.require(info.name(), info.dtype(), shape).toArray(JAVA_BYTE));
        infos.put(info.name(), info);
      }
      metadata.put("growing.fields", file.requireMetadata("growing.fields"));
    }
  }

  private TensorInfo info(String tensor) {
    return Objects.requireNonNull(infos.get(tensor));
  }

  private byte[] bytes(String tensor) {
    return Objects.requireNonNull(tensors.get(tensor));
  }

  /** Reads what the tensors are now. */
  private void read() throws IOException {
    SafetensorsWriter writer = new SafetensorsWriter();
    metadata.forEach(writer::metadata);
    tensors.forEach(
        (name, bytes) -> {
          Dtype dtype = info(name).dtype();
          writer.tensor(name, dtype, MemorySegment.ofArray(bytes), bytes.length / dtype.bytes());
        });
    Path changed = directory.resolve("changed");
    writer.write(changed);
    try (SafetensorsFile file = SafetensorsFile.read(changed)) {
      Checkpoint.read(file, OPTIONS).rows().close();
    }
  }

  private void assertRefused(String tensor, Consumer<MemorySegment> change, String message) {
    byte[] sound = bytes(tensor);
    byte[] changed = sound.clone();
    change.accept(MemorySegment.ofArray(changed));
    tensors.put(tensor, changed);
    assertThatThrownBy(this::read)
        .isInstanceOf(MalformedFileException.class)
        .hasMessageContaining("tensor " + tensor + ": " + message);
    tensors.put(tensor, sound);
  }

  private static Consumer<MemorySegment> setLong(int at, long number) {
    return tensor -> tensor.set(JAVA_LONG.withByteAlignment(1), at * 8L, number);
  }

  private static Consumer<MemorySegment> setInt(int at, int number) {
    return tensor -> tensor.set(JAVA_INT.withByteAlignment(1), at * 4L, number);
  }

  private static Consumer<MemorySegment> setChar(int at, int number) {
    return tensor -> tensor.set(JAVA_CHAR.withByteAlignment(1), at * 2L, (char) number);
  }

  @Test
  void shouldSayWhatCannotBe() throws IOException {
    read();
    assertRefused("growing.fields", setChar(3, 3), "entry 3 is 3, expected 0 to 2");
    assertRefused("growing.fields", setChar(1, 2), "entry 1 is 2, expected 1");
    assertRefused("growing.offsets", setLong(0, 1), "entry 0 is 1, expected 0 to 0");
    assertRefused("growing.offsets", setLong(3, 2), "entry 3 is 2, expected 0");
    assertRefused("growing.offsets", setLong(6, -1), "entry 6 is -1, expected ");
    assertRefused("growing.offsets", setLong(12, 0), "entry 12 is 0, expected ");
    assertRefused("growing.bytes", bytes -> bytes.set(JAVA_BYTE, 0, (byte) 0xff), "the value of ");
    assertRefused("growing.bytes", bytes -> bytes.fill((byte) 'x'), "rows 3 and 6 have the same");
    assertRefused("growing.seen", setLong(3, 40), "entry 3 is 40, expected 0 to 39");
    assertRefused("growing.seen", setLong(0, 1), "entry 0 is 1, expected 0 to 0");
    assertRefused("growing.pins", setInt(4, -1), "entry 4 is -1, expected 0 or more");
    assertRefused("growing.order", setInt(0, 4), "entry 0 is 4, expected a row with a value");
    assertRefused("growing.order", setInt(0, 12), "entry 0 is 12, expected a row with a value");
    assertRefused("growing.order", setInt(0, -5), "entry 0 is -5, expected a row with a value");
    assertRefused("growing.exact_counts", setInt(0, 0), "entry 0 is 0, expected 1 or more");
    assertRefused("growing.exact_hashes", setLong(0, Long.MAX_VALUE), "entry 1 is ");
    assertRefused("growing.numbers", setLong(0, 0), "capacity is 0, expected 1 to ");
    assertRefused("growing.numbers", setLong(2, -1), "latest is -1, expected 0 to ");
    assertRefused("growing.numbers", setLong(9, 64), "exactShift is 64, expected 0 to 63");
  }

  /** Whatever the bytes: it is read, or refused as it should be. */
  @Test
  void shouldNeverFailInAnyOtherWay() throws IOException {
    Random random = new Random(11);
    String[] names = tensors.keySet().toArray(new String[0]);
    int refused = 0;
    for (int i = 0; i < 500; i++) {
      String name = names[random.nextInt(names.length)];
      byte[] sound = bytes(name);
      int size = info(name).dtype().bytes();
      byte[] broken = sound.clone();
      if (broken.length == 0 || random.nextInt(4) == 0) {
        broken = java.util.Arrays.copyOf(sound, size * random.nextInt(sound.length / size + 3));
      } else {
        for (int changes = random.nextInt(3); changes >= 0; changes--) {
          broken[random.nextInt(broken.length)] = (byte) random.nextInt();
        }
      }
      tensors.put(name, broken);
      try {
        read();
      } catch (MalformedFileException e) {
        refused++;
      } catch (IllegalArgumentException e) {
        assertThat(e).hasMessageContaining("expected").hasMessageContaining("as in");
      }
      tensors.put(name, sound);
    }
    assertThat(refused).isGreaterThan(150);
  }
}
