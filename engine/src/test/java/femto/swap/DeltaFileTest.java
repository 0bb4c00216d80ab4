package femto.swap;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import femto.file.Dtype;
import femto.file.MalformedFileException;
import femto.file.SafetensorsFile;
import femto.file.SafetensorsWriter;
import femto.file.TensorInfo;
import femto.swap.DeltaFile.Link;
import femto.swap.LiveWorld.Edit;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Arrays;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DeltaFileTest {
  private static final Link LINK =
      new Link(
          new VersionStamp(43, 0x8000_0000_0000_0001L, Instant.ofEpochMilli(1_764_284_000_123L)),
          1,
          -1);

  @TempDir Path folder;

  private Path file() {
    return folder.resolve("delta");
  }

  private static Changes changes(Delta delta, int factors) {
    return Changes.of(delta, factors);
  }

  private static Delta everything() {
    return new Delta()
        .bias(-0.0f)
        .weights(7, 1, new float[] {2, Float.MIN_VALUE})
        .weights(3, -1, new float[] {4, 5})
        .bind(7, 1, "日本😀")
        .unbind(9)
        .put("ä", new int[] {1, 7}, new float[] {0.5f, 2})
        .put("a", new int[0], new float[0])
        .remove("x".repeat(65_535))
        .remove("ö");
  }

  private static void assertSame(Delta read, Changes written) {
    Changes found = changes(read, 2);
    assertThat(found.bias()).isEqualTo(written.bias());
    assertThat(found.bindings()).isEqualTo(written.bindings());
    assertThat(found.weights().size()).isEqualTo(written.weights().size());
    for (int i = 0; i < found.weights().size(); i++) {
      assertThat(found.weights().feature(i)).isEqualTo(written.weights().feature(i));
    }
    assertThat(found.weights().copy().numbers()).isEqualTo(written.weights().copy().numbers());
    assertThat(found.candidates().keySet()).isEqualTo(written.candidates().keySet());
    found
        .candidates()
        .forEach(
            (id, change) -> {
              FeatureRow row = change.row();
              FeatureRow expected =
                  java.util.Objects.requireNonNull(written.candidates().get(id)).row();
              if (row == null || expected == null) {
                assertThat(row).isEqualTo(expected);
              } else {
                assertThat(row.features()).isEqualTo(expected.features());
                assertThat(row.weights()).isEqualTo(expected.weights());
              }
            });
  }

  @Test
  void shouldReadBackWhatItWroteAndWriteTheSameBytesAgain() throws IOException {
    Changes all = changes(everything(), 2);
    Changes longs =
        changes(
            new Delta()
                .put(5, new int[] {1}, new float[] {1})
                .put(-5, new int[] {1, 2}, new float[] {1, 2})
                .remove(Long.MIN_VALUE),
            2);
    for (Changes changes : new Changes[] {all, longs, changes(new Delta(), 2)}) {
      DeltaFile.write(LINK, changes, 2, file());
      DeltaFile.Content read = DeltaFile.read(file());
      assertThat(read.link()).isEqualTo(LINK);
      assertSame(read.delta(), changes);
      Path again = folder.resolve("again");
      DeltaFile.write(LINK, changes(read.delta(), 2), 2, again);
      assertThat(again).hasSameBinaryContentAs(file());
    }
  }

  @Test
  void shouldNotDependOnTheOrderOfChanges() throws IOException {
    DeltaFile.write(LINK, changes(everything(), 2), 2, file());
    Delta other =
        new Delta()
            .remove("ö")
            .put("a", new int[0], new float[0])
            .unbind(9)
            .bind(7, 1, "日本😀")
            .weights(3, -1, new float[] {4, 5})
            .remove("x".repeat(65_535))
            .put("ä", new int[] {1, 7}, new float[] {0.5f, 2})
            .weights(7, 1, new float[] {2, Float.MIN_VALUE})
            .bias(-0.0f);
    Path again = folder.resolve("again");
    DeltaFile.write(LINK, changes(other, 2), 2, again);
    assertThat(again).hasSameBinaryContentAs(file());
  }

  @Test
  void shouldHoldALinearModelsWeights() throws IOException {
    Changes changes = changes(new Delta().weights(4, 0.5f, new float[0]), 0);
    DeltaFile.write(LINK, changes, 0, file());
    WeightRows read = DeltaFile.read(file()).delta().weights();
    assertThat(read.find(4)).isZero();
    assertThat(read.copy().numbers()).containsExactly(0.5f);
  }

  private static void refused(Path file, String... said) {
    assertThatThrownBy(() -> DeltaFile.read(file))
        .isInstanceOf(MalformedFileException.class)
        .hasMessageStartingWith(file.toString())
        .satisfies(
            refusal -> {
              for (String part : said) {
                assertThat(refusal).hasMessageContaining(part);
              }
            });
  }

  @Test
  void shouldRefuseEverySingleDamagedByteAndEveryTruncation() throws IOException {
    Delta delta =
        new Delta()
            .bias(1)
            .weights(3, -1, new float[] {4, 5})
            .bind(7, 1, "v")
            .put("a", new int[] {1}, new float[] {1})
            .remove("b");
    DeltaFile.write(LINK, changes(delta, 2), 2, file());
    byte[] bytes = Files.readAllBytes(file());
    for (int at = 0; at < bytes.length; at++) {
      byte[] damaged = bytes.clone();
      damaged[at] ^= (byte) (1 << (at % 8));
      Files.write(file(), damaged);
      refused(file());
      Files.write(file(), Arrays.copyOf(bytes, at));
      refused(file());
    }
  }

  /** A delta, each part of which a test can spoil; its checksum always fits. */
  private static final class Parts {
    final Map<String, @Nullable String> metadata = new TreeMap<>();
    int[] features = {3, 7};
    float[] linear = {1, 2};
    float[] factors = {1, 2, 3, 4};
    int[] bound = {7, 9};
    char[] fields = {1, 65_535};
    int[] valueOffsets = {0, 1, 1};
    byte[] values = {'v'};
    int[] offsets = {0, 1, 3};
    int[] putFeatures = {5, 1, 2};
    float[] putWeights = {1, 1, 1};
    int[] idOffsets = {0, 1, 2};
    byte[] ids = {'a', 'b'};
    long @Nullable [] longs;
    int[] goneOffsets = {0, 1};
    byte[] gone = {'c'};

    Parts() {
      metadata.put("femto.schema", "femto-delta/1");
      metadata.put("femto.factors", "2");
      metadata.put("femto.version.base", "1");
      metadata.put("femto.version.previous", "0000000000000001");
      metadata.put("femto.version.number", "2");
      metadata.put("femto.version.checksum", "ffffffffffffffff");
      metadata.put("femto.version.published", "3");
    }

    Path write(Path file) throws IOException {
      SafetensorsWriter writer = new SafetensorsWriter();
      metadata.forEach(
          (key, value) -> {
            if (value != null) {
              writer.metadata(key, value);
            }
          });
      tensor(writer, "weights.features", Dtype.I32, MemorySegment.ofArray(features));
      tensor(writer, "weights.linear", Dtype.F32, MemorySegment.ofArray(linear));
      MemorySegment all = MemorySegment.ofArray(factors);
      writer.tensor("weights.factors", Dtype.F32, all, factors.length / 2, 2);
      tensor(writer, "bindings.features", Dtype.I32, MemorySegment.ofArray(bound));
      tensor(writer, "bindings.fields", Dtype.U16, MemorySegment.ofArray(fields));
      tensor(writer, "bindings.offsets", Dtype.I32, MemorySegment.ofArray(valueOffsets));
      tensor(writer, "bindings.bytes", Dtype.U8, MemorySegment.ofArray(values));
      tensor(writer, "put.offsets", Dtype.I32, MemorySegment.ofArray(offsets));
      tensor(writer, "put.features", Dtype.I32, MemorySegment.ofArray(putFeatures));
      tensor(writer, "put.weights", Dtype.F32, MemorySegment.ofArray(putWeights));
      tensor(writer, "put.id_offsets", Dtype.I32, MemorySegment.ofArray(idOffsets));
      tensor(writer, "put.id_bytes", Dtype.U8, MemorySegment.ofArray(ids));
      if (longs != null) {
        tensor(writer, "put.ids", Dtype.I64, MemorySegment.ofArray(longs));
      }
      tensor(writer, "removed.id_offsets", Dtype.I32, MemorySegment.ofArray(goneOffsets));
      tensor(writer, "removed.id_bytes", Dtype.U8, MemorySegment.ofArray(gone));
      writer.write(file);
      return file;
    }

    private static void tensor(
        SafetensorsWriter writer, String name, Dtype dtype, MemorySegment content) {
      writer.tensor(name, dtype, content, content.byteSize() / dtype.bytes());
    }
  }

  private void refused(Parts parts, String... said) throws IOException {
    refused(parts.write(file()), said);
  }

  @Test
  void shouldRefuseMetadataThatIsNotSound() throws IOException {
    Delta sound = DeltaFile.read(new Parts().write(file())).delta();
    assertThat(sound.candidates()).hasSize(3);
    assertThat(sound.bindings()).hasSize(2);
    for (String key : new Parts().metadata.keySet()) {
      Parts parts = new Parts();
      parts.metadata.put(key, null);
      refused(parts, key);
      for (String value :
          new String[] {"", "-1", "x", "01", "+1", "9".repeat(20), "1".repeat(15)}) {
        if (!(value.startsWith("1") && key.matches(".*(number|base|published|factors)"))) {
          parts.metadata.put(key, value);
          refused(parts, key);
        }
      }
    }
    Parts parts = new Parts();
    parts.metadata.put("femto.version.checksum", "FFFFFFFFFFFFFFFF");
    refused(parts, "femto.version.checksum", "expected 16 hexadecimal digits");
    parts = new Parts();
    parts.metadata.put("femto.factors", "3");
    refused(parts, "weights.factors", "[2, 3]");
  }

  @Test
  void shouldRefuseTensorsThatAreNotSound() throws IOException {
    for (int[] features : new int[][] {{-1, 7}, {7, 7}, {7, 3}}) {
      Parts parts = new Parts();
      parts.features = features;
      refused(parts, "tensor weights.features");
      parts = new Parts();
      parts.bound = features;
      refused(parts, "tensor bindings.features");
    }
    Parts parts = new Parts();
    parts.features = new int[] {3};
    refused(parts, "weights.linear");
    parts = new Parts();
    parts.values = new byte[] {'v', 'w'};
    parts.valueOffsets = new int[] {0, 1, 2};
    refused(parts, "bindings.bytes", "feature 9 has a value and no field");
    for (int[] offsets :
        new int[][] {{}, {0, 1}, {1, 1, 3}, {0, 2, 1}, {0, 1, 2}, {0, 1, 4}, {0, -1, 3}}) {
      parts = new Parts();
      parts.offsets = offsets;
      refused(parts, "put.");
    }
    for (int[] offsets :
        new int[][] {
          {0, 1}, {1, 1, 2}, {0, 2, 1}, {0, 1, 1}, {0, 1, 3}, {0, Integer.MIN_VALUE, 2}
        }) {
      parts = new Parts();
      parts.idOffsets = offsets;
      refused(parts, "put.id_offsets");
    }
    parts = new Parts();
    parts.putWeights = new float[2];
    refused(parts, "put.weights");
    parts = new Parts();
    parts.ids = new byte[] {'b', 'a'};
    refused(parts, "put.ids", "id 1, a, is not above the one before");
    parts.ids = new byte[] {'a', 'a'};
    refused(parts, "put.ids", "not above");
    parts.ids = new byte[] {'a', (byte) 0xff};
    refused(parts, "put.id_bytes", "text 1 is not valid UTF-8");
    parts = new Parts();
    parts.longs = new long[] {1, 2};
    refused(parts, "put.id_offsets", "beside put.ids");
    parts = new Parts();
    parts.gone = new byte[] {'b'};
    refused(parts, "removed", "candidate b is put too");
    parts = new Parts();
    parts.goneOffsets = new int[0];
    refused(parts, "removed.id_offsets");
  }

  @Test
  void shouldRefuseAFileWithoutAChecksumAndOneThatIsNoDelta() throws IOException {
    new Parts().write(file());
    byte[] bytes = Files.readAllBytes(file());
    String text = new String(bytes, StandardCharsets.ISO_8859_1);
    String foreign =
        text.replace("femto.writer", "other.writer").replace("femto.checksum", "other.checksum");
    Files.write(file(), foreign.getBytes(StandardCharsets.ISO_8859_1));
    refused(file(), "has no checksum");
    Path full = folder.resolve("full");
    LiveWorld world = LiveWorld.random(new Random(1), 3);
    try (femto.model.Model model = world.model()) {
      VersionFile.write(model, world.set(), full);
    }
    refused(full, "femto-model/1", "expected \"femto-delta/1\"");
  }

  @Test
  void shouldReadOrRefuseWhateverTheTensorsHold() throws IOException {
    Random random = new Random(5);
    int sound = 0;
    for (int run = 0; run < 200; run++) {
      Parts parts = new Parts();
      int any = random.nextBoolean() ? random.nextInt(6) - 1 : random.nextInt();
      switch (random.nextInt(7)) {
        case 0 -> parts.features[random.nextInt(2)] = any;
        case 1 -> parts.valueOffsets[random.nextInt(3)] = any;
        case 2 -> parts.offsets[random.nextInt(3)] = any;
        case 3 -> parts.putFeatures[random.nextInt(3)] = any;
        case 4 -> parts.idOffsets[random.nextInt(3)] = any;
        case 5 -> random.nextBytes(parts.ids);
        default -> parts.goneOffsets[random.nextInt(2)] = any;
      }
      try {
        DeltaFile.read(parts.write(file()));
        sound++;
      } catch (MalformedFileException e) {
        assertThat(e).hasMessageStartingWith(file().toString());
      }
    }
    assertThat(sound).isBetween(10, 180);
  }

  @Test
  void shouldBeRefusedByALiveModelIfItDoesNotSuitIt() throws IOException {
    new Parts().write(file());
    Delta delta = DeltaFile.read(file()).delta();
    try (LiveModel live = LiveWorld.random(new Random(2), 5).start(LiveOptions.defaults())) {
      PublishResult result = live.publisher().publishExactly(delta, 1);
      assertThat(result.outcome()).isEqualTo(PublishResult.Outcome.REFUSED);
      result = live.publisher().publishExactly(new Edit().weights(new Random(1), 2).delta(), 1);
      assertThat(result.outcome()).isEqualTo(PublishResult.Outcome.REFUSED);
      assertThat(result.reason()).contains("checksum").contains("expected 0000000000000001");
      assertThat(live.version()).isEqualTo(1);
    }
  }

  /** The table of engine/docs/version-directory.md. */
  @ParameterizedTest
  @CsvSource({
    "1, 0, 0, 896",
    "100, 0, 0, 8000",
    "10000, 0, 0, 720576",
    "0, 1, 0, 1032",
    "0, 100, 0, 8352",
    "0, 0, 1, 392",
    "0, 0, 100, 1248",
    "100, 100, 100, 16992"
  })
  void shouldTakeTheBytesThatTheTableSays(int weights, int put, int removed, long bytes)
      throws IOException {
    Delta delta = new Delta();
    for (int i = 0; i < weights; i++) {
      delta.weights(i, 1, new float[16]);
    }
    for (int i = 0; i < put; i++) {
      delta.put(i, new int[] {1, 2, 3, 4, 5, 6, 7, 8}, new float[8]);
    }
    for (int i = 0; i < removed; i++) {
      delta.remove(-1 - i);
    }
    DeltaFile.write(LINK, changes(delta, 16), 16, file());
    assertThat(Files.size(file())).isEqualTo(bytes);
    try (SafetensorsFile file = SafetensorsFile.read(file())) {
      assertThat(file.tensors().stream().mapToLong(TensorInfo::byteSize).sum())
          .isEqualTo(72L * weights + 76L * put + (put > 0 ? 4 : 0) + 8L * removed);
    }
  }
}
