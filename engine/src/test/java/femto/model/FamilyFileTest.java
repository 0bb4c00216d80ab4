package femto.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import femto.file.Dtype;
import femto.file.MalformedFileException;
import femto.file.SafetensorsWriter;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Objects;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What {@link ModelFileTest} does for FM, for what other families have besides. */
class FamilyFileTest {
  @TempDir Path folder;

  private static void assertSame(Model read, Model model) {
    assertThat(read.family()).isEqualTo(model.family());
    assertThat(read.factors()).isEqualTo(model.factors());
    assertThat(read.rowLength()).isEqualTo(model.rowLength());
    assertThat(read.foldedLength()).isEqualTo(model.foldedLength());
    assertThat(read.parameters()).isEqualTo(model.parameters());
    assertThat(read.weights().segment().mismatch(model.weights().segment())).isEqualTo(-1);
    Interactions interactions = model.interactions();
    if (interactions == null) {
      assertThat(read.interactions()).isNull();
      return;
    }
    Interactions again = Objects.requireNonNull(read.interactions());
    assertThat(again.getClass()).isEqualTo(interactions.getClass());
    assertThat(again.size()).isEqualTo(interactions.size());
    for (int i = 0; i < interactions.size(); i++) {
      assertThat(again.number(i)).isEqualTo(interactions.number(i));
    }
  }

  @Property(tries = 25)
  void shouldReadBackWhatItWroteAndWriteTheSameBytesAgain(@ForAll long seed, @ForAll Family family)
      throws IOException {
    Random random = new Random(seed);
    FeatureSpace space = PlainModel.space(random, 1 + random.nextInt(3), 1 + random.nextInt(3));
    int rank = random.nextInt(4);
    PlainModel plain = PlainModel.random(random, family, space, 1 + random.nextInt(5), rank, 0.5);
    Path written = Files.createTempDirectory("femto-family");
    Path first = written.resolve("first.femto");
    Path second = written.resolve("second.femto");
    try (Model model = plain.model()) {
      ModelFile.write(model, first);
      try (Model read = ModelFile.read(first)) {
        assertSame(read, model);
        ModelFile.write(read, second);
      }
      assertThat(second).hasSameBinaryContentAs(first);
    } finally {
      Files.deleteIfExists(first);
      Files.deleteIfExists(second);
      Files.delete(written);
    }
  }

  private static void refused(Path file) {
    assertThatThrownBy(() -> ModelFile.read(file).close())
        .isInstanceOf(MalformedFileException.class)
        .hasMessageStartingWith(file.toString());
  }

  @ParameterizedTest
  @EnumSource(
      value = Family.class,
      names = {"FWFM", "FFM", "POLY2"})
  void shouldRefuseDamagedBytesAndTruncations(Family family) throws IOException {
    Random random = new Random(3);
    FeatureSpace space = PlainModel.space(random, 1, 1);
    Path file = folder.resolve("m");
    try (Model model = PlainModel.random(random, family, space, 1, 1, 1).model()) {
      ModelFile.write(model, file);
    }
    byte[] bytes = Files.readAllBytes(file);
    for (int at = 0; at < bytes.length; at += 7) {
      byte[] damaged = bytes.clone();
      damaged[at] ^= (byte) (1 << (at % 8));
      Files.write(file, damaged);
      refused(file);
    }
    for (int length = 0; length < bytes.length; length += 31) {
      Files.write(file, Arrays.copyOf(bytes, length));
      refused(file);
    }
  }

  /**
   * A file of two fields (a of the context, b of the candidate) of a feature each and one factor,
   * each part of which a test can spoil; it has a checksum that fits.
   */
  private static final class Parts {
    String family = "fwfm";
    String factors = "1";
    String fields = "a:context:one_hot,b:candidate:one_hot";
    @Nullable String rank;
    float @Nullable [] strengths = {1, 2, 2, 3};
    long[] strengthShape = {2, 2};
    float[] diagonal = {1, 2};
    float[] scales = {1};
    float[] vectors = {3, 4};
    long[] factorShape = {2, 1};
    float @Nullable [] pairs;

    Path write(Path file) throws IOException {
      SafetensorsWriter writer = new SafetensorsWriter();
      writer.metadata("femto.schema", "femto-model/1").metadata("femto.family", family);
      writer.metadata("femto.link", "identity").metadata("femto.factors", factors);
      writer.metadata("femto.fields", fields);
      tensor(writer, "bias", new float[1]);
      tensor(writer, "linear", new float[2], 2);
      int numbers = 1;
      for (long size : factorShape) {
        numbers *= (int) size;
      }
      if (numbers > 0) {
        tensor(writer, "factors", new float[numbers], factorShape);
      }
      if (strengths != null) {
        tensor(writer, "strengths", strengths, strengthShape);
      }
      if (rank != null) {
        writer.metadata("femto.rank", rank);
        tensor(writer, "strengths.diagonal", diagonal, diagonal.length);
        tensor(writer, "strengths.scales", scales, scales.length);
        tensor(writer, "strengths.vectors", vectors, scales.length, 2);
      }
      if (pairs != null) {
        tensor(writer, "pairs", pairs, pairs.length);
      }
      char[] featureFields = {0, 1};
      long[] offsets = {0, 1, 2};
      writer.tensor("dictionary.fields", Dtype.U16, MemorySegment.ofArray(featureFields), 2);
      writer.tensor("dictionary.offsets", Dtype.I64, MemorySegment.ofArray(offsets), 3);
      byte[] bytes = {'x', 'y'};
      writer.tensor("dictionary.bytes", Dtype.U8, MemorySegment.ofArray(bytes), 2);
      writer.write(file);
      return file;
    }

    private static void tensor(
        SafetensorsWriter writer, String name, float[] numbers, long... shape) {
      writer.tensor(name, Dtype.F32, MemorySegment.ofArray(numbers), shape);
    }
  }

  private void refused(Parts parts, String... said) throws IOException {
    Path file = parts.write(folder.resolve("m"));
    assertThatThrownBy(() -> ModelFile.read(file).close())
        .isInstanceOf(MalformedFileException.class)
        .hasMessageStartingWith(file.toString())
        .hasMessageContainingAll(said);
  }

  @Test
  void shouldReadWhatAnotherProgramMayWrite() throws IOException {
    Parts parts = new Parts();
    try (Model model = ModelFile.read(parts.write(folder.resolve("m")))) {
      assertThat(model.fieldStrengths().of(0, 1)).isEqualTo(2);
      assertThat(model.fieldStrengths().of(1, 1)).isEqualTo(3);
    }
    parts.strengths = null;
    parts.rank = "1";
    try (Model model = ModelFile.read(parts.write(folder.resolve("m")))) {
      assertThat(model.fieldStrengths().of(0, 0)).isEqualTo(1 + 3 * 3);
      assertThat(model.fieldStrengths().of(0, 1)).isEqualTo(3 * 4);
      assertThat(model.fieldStrengths().of(1, 1)).isEqualTo(2 + 4 * 4);
    }
  }

  @Test
  void shouldNameWhatIsWrongWithFieldStrengths() throws IOException {
    Parts parts = new Parts();
    parts.strengths = null;
    refused(parts, "tensor strengths", "missing");
    parts = new Parts();
    parts.strengths = new float[9];
    parts.strengthShape = new long[] {3, 3};
    refused(parts, "tensor strengths", "[3, 3]", "[2, 2]");
    parts = new Parts();
    parts.strengths = new float[] {1, 2, 5, 3};
    refused(parts, "1 with 0 is 5.0", "0 with 1 is 2.0");
    for (float bad : new float[] {Float.NaN, Float.NEGATIVE_INFINITY, 2e15f}) {
      parts = new Parts();
      parts.strengths = new float[] {1, bad, bad, 3};
      refused(parts, "number 1 is " + bad);
    }
    for (String rank : new String[] {"0", "-3", "8193", "two"}) {
      parts = new Parts();
      parts.rank = rank;
      refused(parts, "femto.rank", "\"" + rank + "\"", "1 to 8192");
    }
    parts = new Parts();
    parts.rank = "2";
    refused(parts, "tensor strengths.scales", "[1]", "[2]");
    parts = new Parts();
    parts.rank = "1";
    parts.diagonal = new float[3];
    refused(parts, "tensor strengths.diagonal", "[3]", "[2]");
    parts = new Parts();
    parts.rank = "1";
    parts.vectors[1] = Float.NaN;
    refused(parts, "number 4 is NaN");
  }

  @Test
  void shouldNameWhatIsWrongWithRowsOfAFieldAwareModel() throws IOException {
    Parts parts = new Parts();
    parts.family = "ffm";
    refused(parts, "tensor factors", "[2, 1]", "[2, 2, 1]");
    parts.factors = "8192";
    refused(parts, "2 fields", "factors=8192", "16384", "8192");
    parts = new Parts();
    parts.family = "ffm";
    parts.factorShape = new long[] {2, 2, 1};
    parts.write(folder.resolve("m"));
    ModelFile.read(folder.resolve("m")).close();
  }

  @Test
  void shouldNameWhatIsWrongWithPairWeights() throws IOException {
    Parts parts = new Parts();
    parts.family = "poly2";
    refused(parts, "femto.factors", "\"1\"", "0 to 0");
    parts.factors = "0";
    refused(parts, "tensor pairs", "missing");
    for (int size : new int[] {1, 3, 6}) {
      parts.pairs = new float[size];
      refused(parts, size + " numbers", "power of two");
    }
    parts.pairs = new float[] {0, Float.NaN};
    refused(parts, "pair weight 1 is NaN");
    parts.pairs = new float[] {0, 2};
    try (Model model = ModelFile.read(parts.write(folder.resolve("m")))) {
      assertThat(model.pairWeights().bits()).isEqualTo(1);
      assertThat(model.foldedLength()).isZero();
      assertThat(model.features().fields()).hasSize(2);
    }
  }

  @Test
  void shouldFindPairsAtThePlacesThatTheSpecificationSays() {
    // Computed by the formula of model-file.md with another program.
    int[][] expected = PLACES;
    for (int[] place : expected) {
      assertThat(PairWeights.place(place[0], place[1], place[2])).isEqualTo(place[3]);
      assertThat(PairWeights.place(place[1], place[0], place[2])).isEqualTo(place[3]);
    }
  }

  /** Features, bits, place. */
  private static final int[][] PLACES = {
    {0, 1, 1, 0},
    {0, 1, 20, 523313},
    {3, 7, 18, 81312},
    {5, 123456, 24, 6933865},
    {2147483646, 2147483647, 28, 9108513},
    {17, 17, 10, 786},
    {1000, 2000, 22, 456662},
  };
}
