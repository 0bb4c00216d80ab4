package femto.file;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class SafetensorsRoundTripTest {
  private static final JsonMapper JSON =
      JsonMapper.builder()
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build();

  private static final List<Dtype> DTYPES = List.of(Dtype.values());

  @TempDir Path directory;

  private static MemorySegment bytes(int n) {
    byte[] bytes = new byte[n];
    new Random(n).nextBytes(bytes);
    return MemorySegment.ofArray(bytes);
  }

  private static SafetensorsFile open(Path file, boolean map) throws IOException {
    return map ? SafetensorsFile.map(file) : SafetensorsFile.read(file);
  }

  private Path write(SafetensorsWriter writer) throws IOException {
    Path file = directory.resolve("file.safetensors");
    writer.write(file);
    return file;
  }

  @ParameterizedTest
  @EnumSource(Dtype.class)
  void shouldReadBackEveryDtypeAsScalarVectorMatrixAndEmpty(Dtype dtype) throws IOException {
    int size = dtype.bytes();
    Path path =
        write(
            new SafetensorsWriter()
                .tensor("scalar", dtype, bytes(size))
                .tensor("vector", dtype, bytes(3 * size), 3)
                .tensor("empty", dtype, bytes(0), 0)
                .tensor("empty matrix", dtype, bytes(0), 4, 0, 2)
                .tensor("matrix", dtype, bytes(10 * size), 5, 2)
                .tensor("cube", dtype, bytes(24 * size), 2, 3, 4));
    for (boolean map : new boolean[] {false, true}) {
      try (SafetensorsFile file = open(path, map)) {
        assertThat(file.require("scalar", dtype).mismatch(bytes(size))).isEqualTo(-1);
        assertThat(file.require("vector", dtype, 3).mismatch(bytes(3 * size))).isEqualTo(-1);
        assertThat(file.require("empty", dtype, 0).byteSize()).isZero();
        assertThat(file.require("empty matrix", dtype, 4, 0, 2).byteSize()).isZero();
        assertThat(file.require("matrix", dtype, 5, 2).mismatch(bytes(10 * size))).isEqualTo(-1);
        assertThat(file.require("cube", dtype, -1, 3, -1).mismatch(bytes(24 * size))).isEqualTo(-1);
        assertThat(file.tensors())
            .extracting(TensorInfo::name)
            .containsExactly("scalar", "vector", "empty", "empty matrix", "matrix", "cube");
        for (TensorInfo tensor : file.tensors()) {
          assertThat(tensor.begin() % 64).isZero();
          long[] shape = tensor.shape().stream().mapToLong(Long::longValue).toArray();
          assertThat(file.require(tensor.name(), dtype, shape).address() % 64).isZero();
          assertThat(file.require(tensor.name(), dtype, shape).isReadOnly()).isTrue();
        }
        assertThat(file.isChecksummed()).isTrue();
        assertThat(file.path()).isEqualTo(path);
      }
    }
  }

  /** Sizes around what is asked for at once, and none. */
  @ParameterizedTest
  @ValueSource(ints = {0, 1, 63, 64, (1 << 22) - 1, 1 << 22, (1 << 22) + 1, (1 << 23) + 64})
  void shouldWriteTheSameBytesFromASourceAsFromMemory(int size) throws IOException {
    MemorySegment whole = bytes(size);
    Path one = directory.resolve("one.safetensors");
    Path two = directory.resolve("two.safetensors");
    new SafetensorsWriter()
        .tensor("a", Dtype.U8, whole, size)
        .tensor("b", Dtype.U8, bytes(5), 5)
        .write(one);
    long[] asked = new long[1];
    new SafetensorsWriter()
        .tensor(
            "a",
            Dtype.U8,
            into -> {
              assertThat(into.isNative() && into.address() % 64 == 0).isTrue();
              into.copyFrom(whole.asSlice(asked[0], into.byteSize()));
              asked[0] += into.byteSize();
              assertThat(into.byteSize() % 64 == 0 || asked[0] == size).isTrue();
            },
            size)
        .tensor("b", Dtype.U8, bytes(5), 5)
        .write(two);
    assertThat(asked[0]).isEqualTo(size);
    assertThat(Files.mismatch(one, two)).isEqualTo(-1);
    try (SafetensorsFile file = SafetensorsFile.map(two)) {
      assertThat(file.isChecksummed()).isTrue();
    }
  }

  @Test
  void shouldLeaveNothingWhereASourceFails() {
    Path path = directory.resolve("failed.safetensors");
    SafetensorsWriter writer =
        new SafetensorsWriter()
            .tensor(
                "a",
                Dtype.U8,
                into -> {
                  throw new IOException("gone");
                },
                3);
    assertThatThrownBy(() -> writer.write(path)).isInstanceOf(IOException.class).hasMessage("gone");
    assertThat(directory).isEmptyDirectory();
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void shouldReadBackAFileWithoutAnyTensor(boolean map) throws IOException {
    try (SafetensorsFile file = open(write(new SafetensorsWriter()), map)) {
      assertThat(file.tensors()).isEmpty();
      assertThat(file.isChecksummed()).isTrue();
      assertThat(file.metadata()).containsOnlyKeys("femto.writer", "femto.checksum");
    }
  }

  static List<String> awkwardTexts() {
    StringBuilder controls = new StringBuilder();
    for (char c = 0; c < 0x20; c++) {
      controls.append(c);
    }
    return List.of(
        "",
        " ",
        "\"",
        "\\",
        "\\\"",
        "\"femto.checksum\":\"crc32c:00000000\"",
        "femto.checksum\":\"crc32c:",
        "{}[],:",
        controls.append((char) 0x7f).toString(),
        "Grüße, 世界, здравствуйте",
        "\ud83d\ude80 and \u2028\u2029\ufeff\uffff",
        "A\u0301 \u00c1",
        "\\u0041",
        "/",
        "__metadata",
        "dtype");
  }

  @ParameterizedTest
  @MethodSource("awkwardTexts")
  void shouldReadBackAwkwardNamesKeysAndValues(String text) throws IOException {
    Path path =
        write(
            new SafetensorsWriter()
                .metadata(text, text)
                .metadata("other", text)
                .tensor(text, Dtype.U8, bytes(3), 3)
                .tensor(text + text + "x", Dtype.I16, bytes(4), 2));
    for (boolean map : new boolean[] {false, true}) {
      try (SafetensorsFile file = open(path, map)) {
        assertThat(file.metadata()).containsEntry(text, text).containsEntry("other", text);
        assertThat(file.requireMetadata("other")).isEqualTo(text);
        assertThat(file.contains(text)).isTrue();
        assertThat(file.require(text, Dtype.U8, 3).mismatch(bytes(3))).isEqualTo(-1);
        assertThat(file.require(text + text + "x", Dtype.I16, 2).mismatch(bytes(4))).isEqualTo(-1);
      }
    }
    JsonNode header = header(path);
    assertThat(header.get("__metadata__").get(text).textValue()).isEqualTo(text);
    assertThat(header.get(text).get("dtype").textValue()).isEqualTo("U8");
  }

  private static JsonNode header(Path path) throws IOException {
    ByteBuffer file = ByteBuffer.wrap(Files.readAllBytes(path)).order(ByteOrder.LITTLE_ENDIAN);
    int length = Math.toIntExact(file.getLong(0));
    return JSON.readTree(new String(file.array(), 8, length, StandardCharsets.UTF_8));
  }

  @Test
  void shouldWriteAHeaderThatAnIndependentParserFindsValid() throws IOException {
    Random random = new Random(5);
    for (int round = 0; round < 200; round++) {
      SafetensorsWriter writer = new SafetensorsWriter().metadata("round", "\u0007" + round);
      int count = random.nextInt(9);
      List<String> names = new ArrayList<>();
      for (int t = 0; t < count; t++) {
        Dtype dtype = DTYPES.get(random.nextInt(DTYPES.size()));
        long[] shape = random.longs(random.nextInt(4), 0, 6).toArray();
        int elements = (int) Arrays.stream(shape).reduce(1, (a, b) -> a * b);
        writer.tensor("t\"" + t, dtype, bytes(elements * dtype.bytes()), shape);
        names.add("t\"" + t);
      }
      Path path = write(writer);
      JsonNode header = header(path);
      byte[] file = Files.readAllBytes(path);
      long headerBytes = ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN).getLong(0);
      assertThat((8 + headerBytes) % 64).as("the data's start").isZero();
      assertThat(file[8]).isEqualTo((byte) '{');

      List<Map.Entry<String, JsonNode>> tensors = new ArrayList<>();
      for (Map.Entry<String, JsonNode> member : header.properties()) {
        if (!member.getKey().equals("__metadata__")) {
          tensors.add(member);
        }
      }
      assertThat(tensors)
          .extracting(Map.Entry::getKey)
          .filteredOn(name -> !name.startsWith("femto.padding."))
          .isEqualTo(names);
      tensors.sort(
          Comparator.<Map.Entry<String, JsonNode>>comparingLong(
                  member -> member.getValue().get("data_offsets").get(0).longValue())
              .thenComparingLong(
                  member -> member.getValue().get("data_offsets").get(1).longValue()));
      long end = 0;
      for (Map.Entry<String, JsonNode> member : tensors) {
        JsonNode tensor = member.getValue();
        assertThat(tensor.properties())
            .extracting(Map.Entry::getKey)
            .containsExactlyInAnyOrder("dtype", "shape", "data_offsets");
        long elements = 1;
        for (JsonNode dimension : tensor.get("shape")) {
          elements *= dimension.longValue();
        }
        String dtype = tensor.get("dtype").textValue();
        assertThat(tensor.get("data_offsets").get(0).longValue()).isEqualTo(end);
        end = tensor.get("data_offsets").get(1).longValue();
        assertThat(end - tensor.get("data_offsets").get(0).longValue())
            .isEqualTo(elements * Dtype.valueOf(dtype).bytes());
        if (member.getKey().startsWith("femto.padding.")) {
          assertThat(dtype).isEqualTo("U8");
        } else {
          assertThat((end - elements * Dtype.valueOf(dtype).bytes()) % 64).isZero();
        }
      }
      assertThat(8 + headerBytes + end).as("the data covers the file").isEqualTo(file.length);
    }
  }

  @Test
  void shouldStateTheCrc32cOfTheFileWithItsDigitsZeroed() throws IOException {
    Path path = write(new SafetensorsWriter().tensor("t", Dtype.F64, bytes(80), 10));
    String stated = header(path).get("__metadata__").get("femto.checksum").textValue();
    assertThat(stated).matches("crc32c:[0-9a-f]{8}");
    String latin = Files.readString(path, StandardCharsets.ISO_8859_1);
    CRC32C crc = new CRC32C();
    crc.update(latin.replace(stated, "crc32c:00000000").getBytes(StandardCharsets.ISO_8859_1));
    assertThat(stated).isEqualTo(String.format("crc32c:%08x", crc.getValue()));
    try (SafetensorsFile file = SafetensorsFile.read(path)) {
      assertThat(file.checksum()).contains(stated);
    }
  }

  @Test
  void shouldWriteTheSameBytesForTheSameContent() throws IOException {
    SafetensorsWriter writer =
        new SafetensorsWriter().metadata("a", "b").tensor("t", Dtype.U8, bytes(9), 9);
    byte[] first = Files.readAllBytes(write(writer));
    assertThat(Files.readAllBytes(write(writer))).isEqualTo(first);
    SafetensorsWriter again =
        new SafetensorsWriter().metadata("a", "b").tensor("t", Dtype.U8, bytes(9), 9);
    assertThat(Files.readAllBytes(write(again))).isEqualTo(first);
  }

  @Test
  void shouldWriteNumbersInLittleEndianOrder() throws IOException {
    MemorySegment number = Arena.ofAuto().allocateFrom(JAVA_FLOAT, 1.5f);
    Path path = write(new SafetensorsWriter().tensor("t", Dtype.F32, number));
    byte[] file = Files.readAllBytes(path);
    assertThat(Arrays.copyOfRange(file, file.length - 4, file.length))
        .containsExactly(0x00, 0x00, 0xc0, 0x3f);
  }

  @Test
  void shouldReadOffHeapContentWhenWrittenAndHeapContentWhenAdded() throws IOException {
    MemorySegment offHeap = Arena.ofAuto().allocate(1);
    byte[] heap = {1};
    SafetensorsWriter writer =
        new SafetensorsWriter()
            .tensor("off", Dtype.U8, offHeap, 1)
            .tensor("heap", Dtype.U8, MemorySegment.ofArray(heap), 1);
    offHeap.set(JAVA_BYTE, 0, (byte) 7);
    heap[0] = 9;
    try (SafetensorsFile file = SafetensorsFile.read(write(writer))) {
      assertThat(file.require("off", Dtype.U8, 1).get(JAVA_BYTE, 0)).isEqualTo((byte) 7);
      assertThat(file.require("heap", Dtype.U8, 1).get(JAVA_BYTE, 0)).isEqualTo((byte) 1);
    }
  }

  @Test
  void shouldWriteContentLargerThanOnePiece() throws IOException {
    long size = Safetensors.CHUNK_BYTES * 2 + 5;
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment large = arena.allocate(size, 64);
      large.set(JAVA_BYTE, Safetensors.CHUNK_BYTES - 1, (byte) 1);
      large.set(JAVA_BYTE, Safetensors.CHUNK_BYTES, (byte) 2);
      large.set(JAVA_BYTE, size - 1, (byte) 3);
      Path path = write(new SafetensorsWriter().tensor("large", Dtype.U8, large, size));
      for (boolean map : new boolean[] {false, true}) {
        try (SafetensorsFile file = open(path, map)) {
          assertThat(file.require("large", Dtype.U8, -1).mismatch(large)).isEqualTo(-1);
        }
      }
    }
  }

  @Test
  void shouldThrowAfterCloseAndAllowASecondClose() throws IOException {
    Path path = write(new SafetensorsWriter().tensor("t", Dtype.U8, bytes(9), 9));
    for (boolean map : new boolean[] {false, true}) {
      SafetensorsFile file = open(path, map);
      MemorySegment tensor = file.require("t", Dtype.U8, 9);
      file.close();
      file.close();
      assertThatThrownBy(() -> tensor.get(JAVA_BYTE, 0)).isInstanceOf(IllegalStateException.class);
    }
  }

  @Test
  void shouldSayWhatWasExpectedWhenATensorOrAKeyIsMissing() throws IOException {
    Path path = write(new SafetensorsWriter().tensor("t", Dtype.U8, bytes(9), 9));
    try (SafetensorsFile file = SafetensorsFile.read(path)) {
      assertThat(file.contains("u")).isFalse();
      assertThatThrownBy(() -> file.require("u", Dtype.F32, -1, 16))
          .isInstanceOf(MalformedFileException.class)
          .hasMessage(path + ": tensor u: is missing, expected F32 [any, 16]");
      for (long[] shape : new long[][] {{}, {8}, {9, 1}, {-1, -1}}) {
        assertThatThrownBy(() -> file.require("t", Dtype.U8, shape))
            .isInstanceOf(MalformedFileException.class)
            .hasMessageStartingWith(path + ": tensor t: is U8 [9], expected U8 [");
      }
      assertThatThrownBy(() -> file.require("t", Dtype.I8, 9))
          .isInstanceOf(MalformedFileException.class)
          .hasMessage(path + ": tensor t: is U8 [9], expected I8 [9]");
      assertThatThrownBy(() -> file.requireMetadata("k"))
          .isInstanceOf(MalformedFileException.class)
          .hasMessage(path + ": header: has no metadata \"k\"");
      assertThatThrownBy(() -> file.metadata().put("k", "v"))
          .isInstanceOf(UnsupportedOperationException.class);
    }
  }

  @Test
  void shouldRefuseContentOfAnotherSizeThanTypeAndShapeSay() {
    SafetensorsWriter writer = new SafetensorsWriter();
    assertThatIllegalArgumentException()
        .isThrownBy(() -> writer.tensor("t", Dtype.F32, bytes(9), 3))
        .withMessageContaining("tensor t has 9 bytes, expected 12 for F32 [3]");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> writer.tensor("t", Dtype.F32, bytes(0)))
        .withMessageContaining("expected 4");
  }

  @Test
  void shouldRefuseANameOrAKeyThatIsTaken() {
    SafetensorsWriter writer = new SafetensorsWriter().metadata("k", "v");
    writer.tensor("t", Dtype.U8, bytes(1), 1);
    assertThatIllegalArgumentException().isThrownBy(() -> writer.metadata("k", "w"));
    assertThatIllegalArgumentException().isThrownBy(() -> writer.metadata("femto.checksum", "w"));
    assertThatIllegalArgumentException().isThrownBy(() -> writer.metadata("femto.writer", "w"));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> writer.tensor("t", Dtype.U8, bytes(1), 1));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> writer.tensor("__metadata__", Dtype.U8, bytes(1), 1));
  }

  @Test
  void shouldRefuseATensorNamedAsPaddingBecauseItsOwnPaddingWouldReplaceIt() {
    // In the first case padding takes the name of a tensor, in the second a tensor that of padding.
    assertThatIllegalArgumentException()
        .isThrownBy(
            () ->
                new SafetensorsWriter()
                    .tensor("femto.padding.1", Dtype.U8, bytes(1), 1)
                    .tensor("t", Dtype.U8, bytes(1), 1));
    assertThatIllegalArgumentException()
        .isThrownBy(
            () ->
                new SafetensorsWriter()
                    .tensor("t", Dtype.U8, bytes(1), 1)
                    .tensor("femto.padding.1", Dtype.U8, bytes(1), 1));
  }

  @Test
  void shouldRefuseNegativeDimensionsThatTheReaderWouldRefuse() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new SafetensorsWriter().tensor("t", Dtype.U8, bytes(1), -1, -1));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new SafetensorsWriter().tensor("t", Dtype.U8, bytes(0), -1, 0));
  }

  @Test
  void shouldRefuseDimensionsWhoseProductOverflows() {
    assertThatIllegalArgumentException()
        .isThrownBy(
            () -> new SafetensorsWriter().tensor("t", Dtype.F64, bytes(0), 1L << 31, 1L << 31));
  }

  @Test
  void shouldRefuseMoreDimensionsThanTheReaderTakes() {
    long[] ones = new long[17];
    Arrays.fill(ones, 1);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new SafetensorsWriter().tensor("t", Dtype.U8, bytes(1), ones));
  }

  @Test
  void shouldRefuseTextThatUtf8CannotHold() {
    // A lone surrogate would become '?', so that the text is not read back, or two keys turn into
    // one.
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new SafetensorsWriter().metadata("k", "a\ud800b"));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new SafetensorsWriter().metadata("\udc00", "v"));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new SafetensorsWriter().tensor("\ud800", Dtype.U8, bytes(1), 1));
  }

  @Test
  void shouldLeaveTheOldFileWhenWritingFails() throws IOException {
    Path path = write(new SafetensorsWriter().tensor("t", Dtype.U8, bytes(9), 9));
    byte[] old = Files.readAllBytes(path);
    SafetensorsWriter writer = new SafetensorsWriter();
    try (Arena arena = Arena.ofShared()) {
      writer.tensor("t", Dtype.U8, arena.allocate(100), 100);
    }
    assertThatThrownBy(() -> writer.write(path)).isInstanceOf(IllegalStateException.class);
    assertThat(Files.readAllBytes(path)).isEqualTo(old);
  }
}
