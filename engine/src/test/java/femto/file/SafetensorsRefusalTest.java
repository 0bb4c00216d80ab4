package femto.file;

import static femto.file.ContainerBytes.entry;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import net.jqwik.api.lifecycle.AfterContainer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SafetensorsRefusalTest {
  /** For properties, which get no {@link TempDir}; the build directory is there, and cleaned. */
  private static final Path FUZZED = Path.of("target", "fuzzed.safetensors");

  /** Null under jqwik, which knows no {@link TempDir}. */
  @TempDir @Nullable Path directory;

  private Path path() {
    return java.util.Objects.requireNonNull(directory).resolve("file.safetensors");
  }

  /** How opening ends: null where the file opens. */
  private static @Nullable Exception failure(Path path, boolean map) {
    try (SafetensorsFile file = map ? SafetensorsFile.map(path) : SafetensorsFile.read(path)) {
      assertThat(file.path()).isEqualTo(path);
      return null;
    } catch (IOException e) {
      return e;
    }
  }

  private void requireRefused(String what, List<String> message, byte... content)
      throws IOException {
    Path path = path();
    Files.write(path, content);
    for (boolean map : new boolean[] {false, true}) {
      assertThat(failure(path, map))
          .as("%s, map=%s", what, map)
          .isInstanceOf(MalformedFileException.class)
          .hasMessageStartingWith(path + ": ");
      for (String part : message) {
        assertThat(failure(path, map)).as(what).hasMessageContaining(part);
      }
    }
  }

  private void requireRefusedHeader(String header, int dataBytes, String... message)
      throws IOException {
    requireRefused(header, List.of(message), ContainerBytes.reference(header, new byte[dataBytes]));
    requireRefused(header, List.of(message), ContainerBytes.aligned(header, new byte[dataBytes]));
  }

  private static byte[] small(Path path) throws IOException {
    new SafetensorsWriter()
        .metadata("k", "v\u00e9")
        .tensor("a", Dtype.U8, MemorySegment.ofArray(new byte[] {1, 2, 3}), 3)
        .tensor("b", Dtype.F32, MemorySegment.ofArray(new float[] {1, -2}), 2, 1)
        .write(path);
    return Files.readAllBytes(path);
  }

  @Test
  void shouldRefuseAFileTruncatedAtAnyLength() throws IOException {
    byte[] whole = small(path());
    for (int length = 0; length < whole.length; length++) {
      requireRefused("length " + length, List.of(), Arrays.copyOf(whole, length));
    }
    assertThat(failure(path(), false)).isNotNull();
    Files.write(path(), whole);
    assertThat(failure(path(), false)).isNull();
    assertThat(failure(path(), true)).isNull();
  }

  @Test
  void shouldSayWhichTensorIsTruncated() throws IOException {
    byte[] whole = small(path());
    requireRefused(
        "last byte missing",
        List.of("tensor b", "ends at byte 72", "holds only 71", "truncated"),
        Arrays.copyOf(whole, whole.length - 1));
  }

  @Test
  void shouldRefuseAFileWithMoreBytesThanItsTensors() throws IOException {
    byte[] whole = small(path());
    for (int more : new int[] {1, 8, 64}) {
      requireRefused(
          more + " more",
          List.of("holds " + (72 + more) + " bytes of data, expected 72"),
          Arrays.copyOf(whole, whole.length + more));
    }
  }

  @Test
  void shouldRefuseAFileInWhichAnySingleByteIsChanged() throws IOException {
    byte[] whole = small(path());
    int[] masks = {1, 2, 4, 8, 16, 32, 64, 128, 255};
    for (int at = 0; at < whole.length; at++) {
      for (int mask : masks) {
        byte[] damaged = whole.clone();
        damaged[at] ^= (byte) mask;
        requireRefused("byte " + at + " xor " + mask, List.of(), damaged);
      }
    }
  }

  @Test
  void shouldRefuseAFileInWhichAnyByteOfTheHeaderHasAnyOtherValue() throws IOException {
    byte[] whole = small(path());
    // The digits of the checksum are the ones that the checksum itself does not cover.
    int digits = new String(whole, StandardCharsets.ISO_8859_1).indexOf("crc32c:") + 7;
    for (int at = digits - 2; at < digits + 10; at++) {
      for (int value = 0; value < 256; value++) {
        if ((byte) value != whole[at]) {
          byte[] damaged = whole.clone();
          damaged[at] = (byte) value;
          requireRefused("byte " + at + " = " + value, List.of(), damaged);
        }
      }
    }
  }

  @Test
  void shouldNameBothChecksumsWhenTheDataIsDamaged() throws IOException {
    byte[] whole = small(path());
    String stated =
        new String(whole, StandardCharsets.ISO_8859_1).replaceAll("(?s).*(crc32c:.{8}).*", "$1");
    whole[whole.length - 1] ^= 1;
    requireRefused("data", List.of("damaged", "checksum is crc32c:", "says " + stated), whole);
  }

  @Test
  void shouldRefuseAFileOfFemtoWithoutAChecksum() throws IOException {
    requireRefusedHeader(
        "{\"__metadata__\":{\"femto.writer\":\"femto\"}}", 0, "checksum is missing");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "crc32c:", "crc32c:0", "sha256:00000000", "00000000", "CRC32C:00000000"})
  void shouldRefuseAChecksumThatIsNone(String checksum) throws IOException {
    requireRefusedHeader(
        "{\"__metadata__\":{\"femto.checksum\":\"" + checksum + "\"}}", 0, "checksum");
  }

  @ParameterizedTest
  @ValueSource(
      longs = {
        1L << 60,
        Long.MAX_VALUE,
        Long.MIN_VALUE,
        -1,
        Integer.MAX_VALUE, // more than the heap: allocating it would be an OutOfMemoryError
        (1L << 32) + 2, // 2 where it is cut to an int
        100_000_001,
        3
      })
  void shouldRefuseAHeaderThatClaimsMoreThanTheFileHasAndAllocateNothing(long claimed)
      throws IOException {
    requireRefused(
        "claim of " + claimed,
        List.of(
            "header", "claims " + Long.toUnsignedString(claimed) + " bytes", "at most 2", "of 10"),
        ContainerBytes.withLength(claimed, new byte[] {'{', '}'}));
  }

  @Test
  void shouldRefuseAHeaderBeyondTheReferenceLibrarysLimit() throws IOException {
    Path path = path();
    try (java.nio.channels.FileChannel channel =
        java.nio.channels.FileChannel.open(
            path,
            java.nio.file.StandardOpenOption.CREATE_NEW,
            java.nio.file.StandardOpenOption.WRITE,
            java.nio.file.StandardOpenOption.SPARSE)) {
      channel.write(
          java.nio.ByteBuffer.wrap(ContainerBytes.withLength(100_000_001, new byte[] {'{', '}'})));
      channel.write(java.nio.ByteBuffer.wrap(new byte[1]), 200_000_000);
    }
    assertThat(failure(path, false))
        .isInstanceOf(MalformedFileException.class)
        .hasMessageContaining("claims 100000001 bytes, expected at most 100000000");
  }

  @Test
  void shouldRefuseAFileOrAHeaderOfZeroBytes() throws IOException {
    requireRefused("empty file", List.of("has 0 bytes", "at least 8"));
    requireRefused(
        "empty header", List.of("header", "does not begin with '{'"), ContainerBytes.exact(""));
    requireRefused(
        "empty header with data",
        List.of("header", "does not begin with '{'"),
        ContainerBytes.exact("", new byte[100]));
  }

  @Test
  void shouldRefuseOverlappingTensorsAndNameTheSecond() throws IOException {
    requireRefusedHeader(
        "{" + entry("one", "U8", "[4]", 0, 4) + "," + entry("two", "U8", "[4]", 3, 7) + "}",
        7,
        "tensor two",
        "begins at byte 3",
        "expected 4");
    requireRefusedHeader(
        "{" + entry("one", "U8", "[4]", 0, 4) + "," + entry("two", "U8", "[4]", 0, 4) + "}",
        4,
        "tensor two",
        "begins at byte 0",
        "expected 4");
  }

  @Test
  void shouldRefuseGapsBeforeBetweenAndBehindTensors() throws IOException {
    requireRefusedHeader(
        "{" + entry("one", "U8", "[4]", 1, 5) + "}", 5, "tensor one", "begins at byte 1");
    requireRefusedHeader(
        "{" + entry("two", "U8", "[4]", 5, 9) + "," + entry("one", "U8", "[4]", 0, 4) + "}",
        9,
        "tensor two",
        "begins at byte 5",
        "expected 4");
    requireRefusedHeader(
        "{" + entry("one", "U8", "[4]", 0, 4) + "}", 5, "holds 5 bytes of data, expected 4");
    requireRefusedHeader("{}", 1, "holds 1 bytes of data, expected 0");
  }

  @Test
  void shouldRefuseOffsetsThatDoNotFitTheShape() throws IOException {
    requireRefusedHeader(
        "{" + entry("t", "F32", "[2]", 0, 7) + "}", 7, "tensor t", "spans 7 bytes, expected 8");
    requireRefusedHeader(
        "{" + entry("t", "U8", "[2]", 0, 0) + "}", 0, "tensor t", "spans 0 bytes", "expected 2");
    requireRefusedHeader(
        "{" + entry("t", "F64", "[]", 0, 4) + "}", 4, "tensor t", "expected 8 for F64 []");
    requireRefusedHeader(
        "{" + entry("a", "U8", "[4]", 0, 4) + "," + entry("t", "U8", "[0]", 4, 2) + "}",
        4,
        "tensor t",
        "spans -2 bytes, expected 0");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "[9223372036854775807]",
        "[4294967296,4294967296]",
        "[2305843009213693952,2]",
        "[4611686018427387904]", // times four bytes is 2^64: 0 where it overflows
        "[3037000500,3037000500]"
      })
  void shouldRefuseAnImpossibleShape(String shape) throws IOException {
    requireRefusedHeader(
        "{" + entry("t", "F32", shape, 0, 0) + "}",
        0,
        "tensor t",
        "impossible size F32 " + shape.replace(",", ", "));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "[-1]",
        "[1.0]",
        "[1e0]",
        "[01]",
        "[+1]",
        "[\"1\"]",
        "[null]",
        "[[1]]",
        "[1,]",
        "[,1]",
        "1",
        "null",
        "[9223372036854775808]",
        "[18446744073709551617]",
        "[",
        "[1",
        "[1 1]",
        "[0x1]"
      })
  void shouldRefuseAShapeThatIsNotAListOfWholeNumbers(String shape) throws IOException {
    requireRefusedHeader("{" + entry("t", "U8", shape, 0, 1) + "}", 1, "header, character ");
  }

  @ParameterizedTest
  @ValueSource(strings = {"F8_E4M3", "f32", "F32 ", "", "float32", "C64"})
  void shouldRefuseAnUnknownDtypeAndNameIt(String dtype) throws IOException {
    requireRefusedHeader(
        "{" + entry("t", dtype, "[]", 0, 4) + "}",
        4,
        "tensor \"t\"",
        "unknown dtype \"" + dtype + "\"");
  }

  @Test
  void shouldRefuseDuplicateKeysAtEveryLevel() throws IOException {
    String tensor = entry("t", "U8", "[1]", 0, 1);
    requireRefusedHeader("{" + tensor + "," + tensor + "}", 1, "tensor \"t\" stands twice");
    requireRefusedHeader(
        "{" + tensor + "," + tensor.replace("\"t\"", "\"\\u0074\"") + "}",
        1,
        "tensor \"t\" stands twice");
    requireRefusedHeader(
        "{\"__metadata__\":{},\"__metadata__\":{}}", 0, "\"__metadata__\" stands twice");
    requireRefusedHeader(
        "{\"__metadata__\":{},\"\\u005f_metadata__\":{}}", 0, "\"__metadata__\" stands twice");
    requireRefusedHeader(
        "{\"__metadata__\":{\"k\":\"\",\"k\":\"\"}}", 0, "metadata key \"k\" stands twice");
    for (String member : List.of("\"dtype\":\"U8\"", "\"shape\":[1]", "\"data_offsets\":[0,1]")) {
      requireRefusedHeader(
          "{" + tensor.replace(member, member + "," + member) + "}", 1, "\"t\"", "twice");
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"t\":{}}",
        "{\"t\":{\"dtype\":\"U8\",\"shape\":[1]}}",
        "{\"t\":{\"dtype\":\"U8\",\"data_offsets\":[0,1]}}",
        "{\"t\":{\"shape\":[1],\"data_offsets\":[0,1]}}",
        "{\"t\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0]}}",
        "{\"t\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1,1]}}",
        "{\"t\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[]}}"
      })
  void shouldRefuseATensorThatLacksSomething(String header) throws IOException {
    requireRefusedHeader(header, 1, "tensor \"t\" lacks");
  }

  @Test
  void shouldRefuseATensorThatHasMore() throws IOException {
    requireRefusedHeader(
        "{\"t\":{\"dtype\":\"U8\",\"more\":1,\"shape\":[1],\"data_offsets\":[0,1]}}",
        1,
        "tensor \"t\" has a member \"more\"");
  }

  @Test
  void shouldRefuseAHeaderThatIsNotUtf8() throws IOException {
    for (byte[] bad :
        new byte[][] {
          {(byte) 0xff}, {(byte) 0xc0, (byte) 0x80}, {(byte) 0xed, (byte) 0xa0, (byte) 0x80}
        }) {
      byte[] header = new byte[bad.length + 2];
      header[0] = '{';
      System.arraycopy(bad, 0, header, 1, bad.length);
      header[header.length - 1] = '}';
      requireRefused(
          "bad UTF-8",
          List.of("header", "UTF-8"),
          ContainerBytes.withLength(header.length, header));
    }
  }

  @Test
  void shouldRefuseADirectoryAndAMissingFile() {
    Path here = java.util.Objects.requireNonNull(directory);
    Path missing = here.resolve("missing.safetensors");
    for (boolean map : new boolean[] {false, true}) {
      assertThat(failure(here, map))
          .isInstanceOf(MalformedFileException.class)
          .hasMessage(here + ": is a directory, expected a safetensors file");
      assertThat(failure(missing, map))
          .isInstanceOf(NoSuchFileException.class)
          .hasMessageContaining(missing.toString())
          .hasMessageContaining("no such file");
    }
  }

  @Test
  void shouldHaveReleasedTheFileAndItsMemoryAfterARefusal() throws IOException {
    byte[] whole = small(path());
    whole[whole.length - 1] ^= 1;
    Files.write(path(), whole);
    assertThat(failure(path(), true)).isInstanceOf(MalformedFileException.class);
    assertThatThrownBy(() -> SafetensorsFile.map(path()))
        .isInstanceOf(MalformedFileException.class);
    Path maps = Path.of("/proc/self/maps");
    if (Files.isReadable(maps)) {
      assertThat(Files.readString(maps)).doesNotContain(path().toString());
    }
  }

  private static void requireOpensOrIsRefused(byte[] content) throws IOException {
    Files.write(FUZZED, content);
    for (boolean map : new boolean[] {false, true}) {
      Exception failure = failure(FUZZED, map); // anything but an IOException ends the property
      if (failure != null) {
        assertThat(failure).hasMessageStartingWith(FUZZED + ": ");
      }
    }
  }

  @AfterContainer
  static void removeFuzzed() throws IOException {
    Files.deleteIfExists(FUZZED);
  }

  @Property(tries = 1000)
  void shouldRefuseRandomBytesWithAnIoException(@ForAll @Size(max = 200) byte[] content)
      throws IOException {
    requireOpensOrIsRefused(content);
  }

  @Property(tries = 1000)
  void shouldRefuseRandomHeadersWithAnIoException(
      @ForAll @Size(max = 100) byte[] header, @ForAll @Size(max = 20) byte[] data)
      throws IOException {
    requireOpensOrIsRefused(ContainerBytes.withLength(header.length, header, data));
  }

  @Property(tries = 2000)
  void shouldOpenOrRefuseRandomMutationsOfAForeignFileWithAnIoException(
      @ForAll @Size(min = 1, max = 6) int[] places,
      @ForAll @Size(6) byte[] values,
      @ForAll @IntRange(max = 8) int cut)
      throws IOException {
    byte[] content =
        ContainerBytes.reference(
            "{"
                + entry("one", "F32", "[2,1]", 0, 8)
                + ",\"__metadata__\":{\"k\":\"v\\n\"},"
                + entry("two", "U8", "[3]", 8, 11)
                + "}",
            new byte[11]);
    for (int i = 0; i < places.length; i++) {
      content[Math.floorMod(places[i], content.length)] = values[i];
    }
    requireOpensOrIsRefused(Arrays.copyOf(content, content.length - cut / 4));
  }
}
