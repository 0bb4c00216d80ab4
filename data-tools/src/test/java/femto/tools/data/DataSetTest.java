package femto.tools.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import femto.file.Dtype;
import femto.file.MalformedFileException;
import femto.file.SafetensorsFile;
import femto.file.SafetensorsWriter;
import femto.file.TensorInfo;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class DataSetTest {
  @TempDir Path directory;
  private RawFolder raw;
  private Path folder;

  @BeforeEach
  void importSmallFolder() throws IOException {
    List<String> lines = RawFolder.RATINGS.lines().toList();
    raw =
        RawFolder.create(directory.resolve("raw"))
            .with("u1.test", lines.get(0))
            .with("u1.base", String.join("\n", lines.subList(1, 4)));
    folder = directory.resolve("set");
    MovieLens.importFolder(raw.path(), folder);
  }

  @Test
  void shouldTellFoldersApart() throws IOException {
    assertThat(DataSet.isDataSet(folder)).isTrue();
    assertThat(DataSet.isDataSet(raw.path())).isFalse();
    assertThat(DataSet.isDataSet(directory.resolve("nothing"))).isFalse();
    assertThat(MovieLens.isRaw(raw.path())).isTrue();
    assertThat(MovieLens.isRaw(folder)).isFalse();
  }

  @Test
  void shouldImportARawFolderForTheTimeItIsOpen() throws IOException {
    Path temporary = Files.createDirectory(directory.resolve("temporary"));
    DataSet imported = DataSet.openOrImport(raw.path(), temporary);
    try (DataSet opened = DataSet.openOrImport(folder, temporary)) {
      assertThat(imported.checksum()).isEqualTo(opened.checksum());
      assertThat(DurableFolder.list(temporary)).hasSize(1);
    } finally {
      imported.close();
    }
    imported.close();
    assertThatThrownBy(() -> imported.label(0)).isInstanceOf(IllegalStateException.class);
    assertThat(temporary).isEmptyDirectory();
    assertThat(DataSet.isDataSet(folder)).isTrue();
    raw.with("u.data", "1\t10\tx\t1");
    assertThatThrownBy(() -> DataSet.openOrImport(raw.path(), temporary))
        .isInstanceOf(MalformedFileException.class)
        .hasMessageContaining("rating");
    assertThat(temporary).isEmptyDirectory();
  }

  @Test
  void shouldSayWhatItExpectsWhereThereIsNoDataSet() {
    assertThatThrownBy(() -> DataSet.open(directory.resolve("nothing")))
        .isInstanceOf(MalformedFileException.class)
        .hasMessageContainingAll("nothing: is not a folder", "features.safetensors");
    assertThatThrownBy(() -> DataSet.openOrImport(directory))
        .isInstanceOf(MalformedFileException.class)
        .hasMessageContainingAll("has no file features.safetensors", "u.data", "u.item", "u.user");
  }

  @Test
  void shouldRefuseAnIndexOutsideTheExamples() throws IOException {
    try (DataSet data = DataSet.open(folder)) {
      assertThatThrownBy(() -> data.label(4)).isInstanceOf(IndexOutOfBoundsException.class);
      assertThatThrownBy(() -> data.context(-1)).isInstanceOf(IndexOutOfBoundsException.class);
      assertThatThrownBy(() -> data.isTest("u1", 4)).isInstanceOf(IndexOutOfBoundsException.class);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"features.safetensors", "examples.safetensors"})
  void shouldRefuseATruncatedFile(String name) throws IOException {
    Path file = folder.resolve(name);
    byte[] whole = Files.readAllBytes(file);
    for (int size = 0; size < whole.length; size += 1 + size / 7) {
      Files.write(file, java.util.Arrays.copyOf(whole, size));
      assertThatThrownBy(() -> DataSet.open(folder))
          .isInstanceOf(MalformedFileException.class)
          .hasMessageContaining(name);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"features.safetensors", "examples.safetensors"})
  void shouldRefuseAFileWithAFlippedByte(String name) throws IOException {
    Path file = folder.resolve(name);
    byte[] whole = Files.readAllBytes(file);
    for (int at = 0; at < whole.length; at += 13) {
      byte[] damaged = whole.clone();
      damaged[at] ^= 0x10;
      Files.write(file, damaged);
      assertThatThrownBy(() -> DataSet.open(folder))
          .isInstanceOf(MalformedFileException.class)
          .hasMessageContaining(name);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"features.safetensors", "examples.safetensors"})
  void shouldRefuseAFileOfAnotherDataSet(String name) throws IOException {
    Path other = directory.resolve("other");
    raw.with("u.user", RawFolder.USERS.replace("writer", "artist"));
    MovieLens.importFolder(raw.path(), other);
    Files.copy(
        other.resolve(name),
        folder.resolve(name),
        java.nio.file.StandardCopyOption.REPLACE_EXISTING);
    assertThatThrownBy(() -> DataSet.open(folder))
        .isInstanceOf(MalformedFileException.class)
        .hasMessageContainingAll("examples.safetensors", "femto.features", "different data sets");
  }

  @Test
  void shouldRefuseAFileOfAnotherKind() throws IOException {
    Files.copy(
        folder.resolve("examples.safetensors"),
        folder.resolve("features.safetensors"),
        java.nio.file.StandardCopyOption.REPLACE_EXISTING);
    assertThatThrownBy(() -> DataSet.open(folder))
        .isInstanceOf(MalformedFileException.class)
        .hasMessageContainingAll(
            "femto.schema", "femto-examples/1", "expected \"femto-features/1\"");
  }

  private Path weights(String text) throws IOException {
    return Files.writeString(directory.resolve("weights.txt"), text);
  }

  @Test
  void shouldImportAWeightForEachRatingInTheOrderOfTheirFile() throws IOException {
    try (DataSet data = DataSet.open(folder)) {
      assertThat(data.isWeighted()).isFalse();
      assertThat(data.weight(3)).isEqualTo(1);
    }
    Path weighted = directory.resolve("weighted");
    MovieLens.importFolder(raw.path(), weighted, null, weights("0\n2.5\n1\n0.125\n"));
    try (DataSet data = DataSet.open(weighted)) {
      assertThat(data.isWeighted()).isTrue();
      float[] expected = {0, 2.5f, 1, 0.125f};
      for (int example = 0; example < 4; example++) {
        assertThat(data.weight(example)).isEqualTo(expected[example]);
      }
      assertThat(data.isTest("u1", 0)).isTrue();
      assertThatThrownBy(() -> data.weight(4)).isInstanceOf(IndexOutOfBoundsException.class);
    }
    MovieLens.importFolder(raw.path(), weighted, "u1.base", weights("1\n2\n3"));
    try (DataSet data = DataSet.open(weighted)) {
      assertThat(data.weight(0)).isEqualTo(1);
      assertThat(data.weight(2)).isEqualTo(3);
    }
  }

  @Test
  void shouldNameTheLineOfAWeightThatIsNone() throws IOException {
    refusedWeights("1\n2\n-3\n4\n", "weights.txt:3: weight \"-3\"", "expected a number, 0.0");
    refusedWeights("1\n2\nNaN\n4\n", "weights.txt:3: weight \"NaN\"");
    refusedWeights("1\n2\n" + "9".repeat(50) + "\n4\n", "weights.txt:3: weight", "expected");
    refusedWeights("1\n2\t3\n", "weights.txt:2: found 2 fields", "expected 1: one weight");
    refusedWeights("1\n2\n3\n", "weights.txt", "has 3 weights, expected 4", "of u.data");
    refusedWeights("1\n2\n3\n4\n5\n", "weights.txt:5: found a weight after", "expected 4");
    refusedWeights("", "weights.txt", "is empty");
    assertThatThrownBy(
            () ->
                MovieLens.importFolder(
                    raw.path(), directory.resolve("new"), null, directory.resolve("none")))
        .isInstanceOf(MalformedFileException.class)
        .hasMessageContainingAll("none", "there is no such file");
    assertThat(directory.resolve("new")).doesNotExist();
  }

  private void refusedWeights(String text, String... said) throws IOException {
    Path file = weights(text);
    assertThatThrownBy(
            () -> MovieLens.importFolder(raw.path(), directory.resolve("new"), null, file))
        .isInstanceOf(MalformedFileException.class)
        .hasMessageContainingAll(said);
  }

  static Stream<Arguments> unsoundTensors() {
    return Stream.of(
        Arguments.of(
            "context", Dtype.I32, new int[] {0, 1, 3, 0}, "example 2 has row 3, expected 0 to 2"),
        Arguments.of(
            "candidate",
            Dtype.I32,
            new int[] {0, -1, 3, 0},
            "example 1 has row -1, expected 0 to 3"),
        Arguments.of("candidate", Dtype.I32, new int[] {0, 1}, "I32 [2], expected I32 [4]"),
        Arguments.of(
            "label",
            Dtype.F32,
            new float[] {0, 1, 2, Float.NaN},
            "example 3 has NaN, expected a finite"),
        Arguments.of("label", Dtype.I32, new int[4], "I32 [4], expected F32 [4]"),
        Arguments.of("time", Dtype.I64, new long[5], "I64 [5], expected I64 [4]"),
        Arguments.of(
            "fold.u1", Dtype.U8, new byte[] {0, 2, 0, 1}, "example 1 has 2, expected 0 or 1"),
        Arguments.of("fold.u1", Dtype.U8, new byte[3], "U8 [3], expected U8 [4]"),
        Arguments.of("weight", Dtype.F32, new float[3], "F32 [3], expected F32 [4]"),
        Arguments.of(
            "weight",
            Dtype.F32,
            new float[] {0, 1, -1, 2},
            "example 2 has -1.0, expected a finite number, 0 or more"),
        Arguments.of(
            "weight", Dtype.F32, new float[] {0, 1, 1, Float.POSITIVE_INFINITY}, "has Infinity"),
        Arguments.of("truth.mean", Dtype.F32, new float[4], "truth.positive: is missing"));
  }

  @ParameterizedTest
  @MethodSource("unsoundTensors")
  void shouldRefuseUnsoundExamplesWhoseChecksumFits(
      String name, Dtype dtype, Object numbers, String message) throws IOException {
    Path file = folder.resolve("examples.safetensors");
    rewrite(file, name, dtype, segment(numbers));
    assertThatThrownBy(() -> DataSet.open(folder))
        .isInstanceOf(MalformedFileException.class)
        .hasMessageContainingAll(file.toString(), message);
  }

  private static MemorySegment segment(Object numbers) {
    Arena arena = Arena.ofAuto();
    return switch (numbers) {
      case int[] ints -> arena.allocateFrom(ValueLayout.JAVA_INT, ints);
      case long[] longs -> arena.allocateFrom(ValueLayout.JAVA_LONG, longs);
      case float[] floats -> arena.allocateFrom(ValueLayout.JAVA_FLOAT, floats);
      default -> arena.allocateFrom(ValueLayout.JAVA_BYTE, (byte[]) numbers);
    };
  }

  /** Writes the file again with one tensor put in another's place, and a checksum that fits. */
  private static void rewrite(Path path, String name, Dtype dtype, MemorySegment numbers)
      throws IOException {
    SafetensorsWriter writer = new SafetensorsWriter();
    try (SafetensorsFile file = SafetensorsFile.read(path)) {
      for (Map.Entry<String, String> entry : file.metadata().entrySet()) {
        if (!List.of("femto.writer", "femto.checksum").contains(entry.getKey())) {
          writer.metadata(entry.getKey(), entry.getValue());
        }
      }
      for (TensorInfo tensor : file.tensors()) {
        if (!tensor.name().equals(name)) {
          long size = tensor.shape().getFirst();
          writer.tensor(
              tensor.name(),
              tensor.dtype(),
              file.require(tensor.name(), tensor.dtype(), size),
              size);
        }
      }
      writer.tensor(name, dtype, numbers, numbers.byteSize() / dtype.bytes());
      writer.write(path);
    }
  }

  @Test
  void shouldRefuseRowsThatDoNotFitTheirSide() throws IOException {
    Path file = folder.resolve("features.safetensors");
    int entries;
    String checksum;
    try (SafetensorsFile old = SafetensorsFile.read(file)) {
      entries = (int) (old.require("contexts.features", Dtype.I32, -1).byteSize() / 4);
    }
    int[] features = new int[entries];
    for (int i = 0; i < entries; i++) {
      features[i] = i % 4 == 3 ? 12 + i : i % 4;
    }
    rewrite(file, "contexts.features", Dtype.I32, segment(features));
    try (SafetensorsFile written = SafetensorsFile.read(file)) {
      checksum = written.checksum().orElseThrow();
    }
    tie(checksum);
    assertThatThrownBy(() -> DataSet.open(folder))
        .isInstanceOf(MalformedFileException.class)
        .hasMessageContainingAll(file.toString(), "contexts.features", "row 0", "side CONTEXT");
    rewrite(file, "contexts.features", Dtype.I32, segment(new int[entries]));
    try (SafetensorsFile written = SafetensorsFile.read(file)) {
      checksum = written.checksum().orElseThrow();
    }
    tie(checksum);
    assertThatThrownBy(() -> DataSet.open(folder))
        .isInstanceOf(MalformedFileException.class)
        .hasMessageContainingAll(file.toString(), "contexts", "row 0 has feature 0");
  }

  @Test
  void shouldRefuseALowestPositiveLabelThatIsNoNumber() throws IOException {
    Path path = folder.resolve("examples.safetensors");
    SafetensorsWriter writer = new SafetensorsWriter().metadata("femto.positive", "NaN");
    try (SafetensorsFile file = SafetensorsFile.read(path)) {
      for (String key : List.of("femto.schema", "femto.name", "femto.features")) {
        writer.metadata(key, file.requireMetadata(key));
      }
      for (TensorInfo tensor : file.tensors()) {
        long size = tensor.shape().getFirst();
        writer.tensor(
            tensor.name(), tensor.dtype(), file.require(tensor.name(), tensor.dtype(), size), size);
      }
      writer.write(path);
    }
    assertThatThrownBy(() -> DataSet.open(folder))
        .isInstanceOf(MalformedFileException.class)
        .hasMessageContainingAll(path.toString(), "femto.positive", "NaN", "a finite number");
  }

  /** Makes the examples name another features file. */
  private void tie(String checksum) throws IOException {
    Path path = folder.resolve("examples.safetensors");
    SafetensorsWriter writer = new SafetensorsWriter();
    try (SafetensorsFile file = SafetensorsFile.read(path)) {
      writer.metadata("femto.schema", file.requireMetadata("femto.schema"));
      writer.metadata("femto.name", file.requireMetadata("femto.name"));
      writer.metadata("femto.features", checksum);
      for (TensorInfo tensor : file.tensors()) {
        long size = tensor.shape().getFirst();
        writer.tensor(
            tensor.name(), tensor.dtype(), file.require(tensor.name(), tensor.dtype(), size), size);
      }
      writer.write(path);
    }
  }
}
