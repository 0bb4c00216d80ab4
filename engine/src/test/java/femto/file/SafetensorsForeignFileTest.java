package femto.file;

import static femto.file.ContainerBytes.entry;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Files by the reference library's rules: not aligned, no checksum, tensors in another order. */
class SafetensorsForeignFileTest {
  @TempDir Path directory;

  private SafetensorsFile open(boolean map, byte... content) throws IOException {
    Path path = directory.resolve("foreign.safetensors");
    Files.write(path, content);
    return map ? SafetensorsFile.map(path) : SafetensorsFile.read(path);
  }

  private static byte[] foreignData() {
    byte[] data = new byte[1 + 12 + 8];
    data[0] = -3;
    System.arraycopy(ContainerBytes.littleEndian(1.5f, -2f, 3e-5f), 0, data, 1, 12);
    System.arraycopy(ContainerBytes.littleEndian(7f, 8f), 0, data, 13, 8);
    return data;
  }

  private static final String HEADER =
      "{"
          + entry("z.floats", "F32", "[2,1]", 13, 21)
          + ","
          + entry("a.floats", "F32", "[3]", 1, 13)
          + ",\"__metadata__\":{\"format\":\"np\"},"
          + entry("byte", "I8", "[]", 0, 1)
          + "}";

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void shouldOpenAFileOfTheReferenceLibrary(boolean map) throws IOException {
    byte[] content = ContainerBytes.reference(HEADER, foreignData());
    assertThat((content.length - 21) % 64).as("its data is not aligned").isNotZero();
    try (SafetensorsFile file = open(map, content)) {
      requireValues(file);
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void shouldCopyUnalignedTensorsOfAnAlignedFile(boolean map) throws IOException {
    try (SafetensorsFile file = open(map, ContainerBytes.aligned(HEADER, foreignData()))) {
      requireValues(file);
    }
  }

  private static void requireValues(SafetensorsFile file) throws IOException {
    assertThat(file.isChecksummed()).isFalse();
    assertThat(file.checksum()).isEmpty();
    assertThat(file.metadata()).containsOnlyKeys("format").containsValue("np");
    assertThat(file.tensors())
        .extracting(TensorInfo::name)
        .containsExactly("z.floats", "a.floats", "byte");
    assertThat(file.require("byte", Dtype.I8).get(ValueLayout.JAVA_BYTE, 0)).isEqualTo((byte) -3);
    assertThat(file.require("a.floats", Dtype.F32, 3).toArray(JAVA_FLOAT))
        .containsExactly(1.5f, -2f, 3e-5f);
    assertThat(file.require("z.floats", Dtype.F32, 2, 1).toArray(JAVA_FLOAT))
        .containsExactly(7f, 8f);
    assertThat(file.require("a.floats", Dtype.F32, 3).address() % 4).isZero();
    assertThat(file.require("a.floats", Dtype.F32, 3).isReadOnly()).isTrue();
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void shouldOpenAFileWithoutMetadataOrTensors(boolean map) throws IOException {
    try (SafetensorsFile file = open(map, ContainerBytes.exact("{}"))) {
      assertThat(file.tensors()).isEmpty();
      assertThat(file.metadata()).isEmpty();
    }
    try (SafetensorsFile file = open(map, ContainerBytes.aligned("{}"))) {
      assertThat(file.tensors()).isEmpty();
    }
  }

  @Test
  void shouldTakeEmptyTensorsAnywhereBetweenOthers() throws IOException {
    String header =
        "{"
            + entry("full", "U8", "[2]", 0, 2)
            + ","
            + entry("e1", "F64", "[0]", 2, 2)
            + ","
            + entry("e0", "F64", "[3,0]", 0, 0)
            + "}";
    try (SafetensorsFile file = open(false, ContainerBytes.reference(header, new byte[2]))) {
      assertThat(file.require("e0", Dtype.F64, 3, 0).byteSize()).isZero();
      assertThat(file.require("e1", Dtype.F64, 0).byteSize()).isZero();
    }
  }
}
