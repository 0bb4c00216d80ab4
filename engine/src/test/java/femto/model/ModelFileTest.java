package femto.model;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import femto.file.Dtype;
import femto.file.MalformedFileException;
import femto.file.SafetensorsWriter;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ModelFileTest {
  private static final FeatureSpace SPACE =
      TestModels.space(TestModels.sixFields(), 3, 2, 2, 4, 2, 1);

  @TempDir Path folder;

  private static Model drawn(int k, PredictionRange range, Map<String, String> notes) {
    PlainFm fm = PlainFm.random(new Random(k), SPACE.size(), k, 1);
    return TestModels.model(SPACE, fm, Link.SIGMOID, range, notes);
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2, 15, 16, 17, 64})
  void shouldReadBackWhatItWroteAndWriteTheSameBytesAgain(int k) throws IOException {
    Map<String, String> notes = Map.of("b \"quoted\"\n", "ä\\😀", "a", "", "c", "3");
    Path first = folder.resolve("first.femto");
    Path second = folder.resolve("second.femto");
    try (Model model = drawn(k, new PredictionRange(-1.5f, 4.25f), notes)) {
      ModelFile.write(model, first);
      try (Model read = ModelFile.read(first)) {
        assertSame(read, model);
        assertThat(read.notes()).containsExactlyEntriesOf(model.notes()).hasSize(3);
        ModelFile.write(read, second);
      }
    }
    assertThat(second).hasSameBinaryContentAs(first);
  }

  private static void assertSame(Model read, Model model) {
    assertThat(read.family()).isEqualTo(model.factors() == 0 ? Family.LINEAR : Family.FM);
    assertThat(read.link()).isEqualTo(model.link());
    assertThat(read.range()).isEqualTo(model.range());
    assertThat(read.bias()).isEqualTo(model.bias());
    assertThat(read.factors()).isEqualTo(model.factors());
    assertThat(read.foldedLength()).isEqualTo(model.factors());
    assertThat(read.parameters()).isEqualTo(1 + 14L * (1 + model.factors()));
    assertThat(read.weights().segment().mismatch(model.weights().segment())).isEqualTo(-1);
    assertThat(read.features().fields()).isEqualTo(model.features().fields());
    assertThat(read.features().size()).isEqualTo(14);
    for (int j = 0; j < 14; j++) {
      int field = model.features().fieldOf(j);
      assertThat(read.features().find(field, model.features().value(j))).isEqualTo(j);
    }
  }

  @Test
  void shouldKeepHalfOpenRangesAndNoRange() throws IOException {
    for (PredictionRange range :
        new PredictionRange[] {
          PredictionRange.UNBOUNDED,
          new PredictionRange(0, Float.POSITIVE_INFINITY),
          new PredictionRange(0.1f, Float.MIN_VALUE * 3 + 0.2f)
        }) {
      Path file = folder.resolve("m");
      try (Model model = drawn(1, range, Map.of())) {
        ModelFile.write(model, file);
      }
      try (Model read = ModelFile.read(file)) {
        assertThat(read.range()).isEqualTo(range);
      }
    }
  }

  private byte[] smallFile(Path file) throws IOException {
    FeatureSpace.Builder builder =
        new FeatureSpace.Builder(java.util.List.of(Field.oneHot("a", Side.CONTEXT)));
    builder.add(0, "x");
    builder.add(0, "y");
    PlainFm fm = PlainFm.random(new Random(1), 2, 1, 1);
    try (Model model = TestModels.model(builder.build(), fm)) {
      ModelFile.write(model, file);
    }
    return Files.readAllBytes(file);
  }

  private static void refused(Path file) {
    assertThatThrownBy(() -> ModelFile.read(file).close())
        .isInstanceOf(MalformedFileException.class)
        .hasMessageStartingWith(file.toString());
  }

  @Test
  void shouldRefuseEverySingleDamagedByte() throws IOException {
    Path file = folder.resolve("m");
    byte[] bytes = smallFile(file);
    assertThat(bytes.length).isGreaterThan(500);
    for (int at = 0; at < bytes.length; at++) {
      for (int flipped : new int[] {1 << (at % 8), 0x20, 0xff}) {
        byte[] damaged = bytes.clone();
        damaged[at] ^= (byte) flipped;
        Files.write(file, damaged);
        refused(file);
      }
    }
  }

  @Test
  void shouldRefuseEveryTruncation() throws IOException {
    Path file = folder.resolve("m");
    byte[] bytes = smallFile(file);
    for (int length = 0; length < bytes.length; length++) {
      Files.write(file, Arrays.copyOf(bytes, length));
      refused(file);
    }
    Files.write(file, Arrays.copyOf(bytes, bytes.length + 1));
    refused(file);
  }

  /**
   * A file of two fields and three features (a: x, y; b: x), each part of which a test can spoil.
   */
  private static final class Parts {
    String schema = "femto-model/1";
    String family = "fm";
    String link = "identity";
    float @Nullable [] linkScores;
    float[] linkProbabilities = {0.25f, 0.5f, 0.5f};
    String linkTensor = "link.probabilities";
    String factors = "2";
    String fields = "a:context:one_hot,b:candidate:multi_hot";
    @Nullable String range;
    float[] bias = {0.5f};
    float[] linear = {1, 2, 3};
    long linearSize = 3;
    float @Nullable [] factorRows = {1, 2, 3, 4, 5, 6};
    char[] featureFields = {0, 0, 1};
    long[] offsets = {0, 1, 2, 3};
    byte[] bytes = {'x', 'y', 'x'};
    int @Nullable [] slots;

    Path write(Path file) throws IOException {
      SafetensorsWriter writer = new SafetensorsWriter();
      writer.metadata("femto.schema", schema).metadata("femto.family", family);
      writer.metadata("femto.link", link).metadata("femto.factors", factors);
      writer.metadata("femto.fields", fields);
      if (range != null) {
        writer.metadata("femto.range", range);
      }
      writer.tensor("bias", Dtype.F32, MemorySegment.ofArray(bias));
      writer.tensor("linear", Dtype.F32, MemorySegment.ofArray(linear), linearSize);
      if (linkScores != null) {
        MemorySegment scores = MemorySegment.ofArray(linkScores);
        writer.tensor("link.scores", Dtype.F32, scores, linkScores.length);
        MemorySegment probabilities = MemorySegment.ofArray(linkProbabilities);
        writer.tensor(linkTensor, Dtype.F32, probabilities, linkProbabilities.length);
      }
      if (factorRows != null) {
        MemorySegment rows = MemorySegment.ofArray(factorRows);
        writer.tensor("factors", Dtype.F32, rows, factorRows.length / 2, 2);
      }
      MemorySegment fieldSegment = MemorySegment.ofArray(featureFields);
      writer.tensor("dictionary.fields", Dtype.U16, fieldSegment, featureFields.length);
      MemorySegment offsetSegment = MemorySegment.ofArray(offsets);
      writer.tensor("dictionary.offsets", Dtype.I64, offsetSegment, offsets.length);
      writer.tensor("dictionary.bytes", Dtype.U8, MemorySegment.ofArray(bytes), bytes.length);
      if (slots != null) {
        MemorySegment slotSegment = MemorySegment.ofArray(slots);
        writer.tensor("dictionary.slots", Dtype.I32, slotSegment, slots.length);
      }
      writer.write(file);
      return file;
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
  void shouldComputeTheSlotsOfAFileThatHasNone() throws IOException {
    try (Model model = ModelFile.read(new Parts().write(folder.resolve("m")))) {
      assertThat(model.features().find(0, "x")).isEqualTo(0);
      assertThat(model.features().find(0, "y")).isEqualTo(1);
      assertThat(model.features().find(1, "x")).isEqualTo(2);
      assertThat(model.features().find(1, "y")).isEqualTo(FeatureSpace.UNKNOWN);
      assertThat(model.bias()).isEqualTo(0.5f);
      assertThat(model.weights().bias(2)).isEqualTo(3);
      assertThat(model.weights().factor(1, 0)).isEqualTo(3);
      assertThat(model.weights().factor(1, 1)).isEqualTo(4);
    }
  }

  @Test
  void shouldOpenAForeignFileWithoutChecksumAndSlotsAsTheSameModel() throws IOException {
    Path ours = folder.resolve("ours");
    Path foreign = folder.resolve("foreign");
    try (Model expected = ModelFile.read(new Parts().write(folder.resolve("m")))) {
      ModelFile.write(expected, ours);
      // As another writer does it: tensors without padding, unaligned, in another order.
      String header =
          "{\"linear\":{\"dtype\":\"F32\",\"shape\":[3],\"data_offsets\":[3,15]},"
              + "\"dictionary.bytes\":{\"dtype\":\"U8\",\"shape\":[3],\"data_offsets\":[0,3]},"
              + "\"bias\":{\"dtype\":\"F32\",\"shape\":[],\"data_offsets\":[15,19]},"
              + "\"factors\":{\"dtype\":\"F32\",\"shape\":[3,2],\"data_offsets\":[19,43]},"
              + "\"dictionary.fields\":{\"dtype\":\"U16\",\"shape\":[3],\"data_offsets\":[43,49]},"
              + "\"dictionary.offsets\":{\"dtype\":\"I64\",\"shape\":[4],\"data_offsets\":[49,81]},"
              + "\"__metadata__\":{\"femto.schema\":\"femto-model/1\",\"femto.family\":\"fm\","
              + "\"femto.link\":\"identity\",\"femto.factors\":\"2\","
              + "\"femto.fields\":\"a:context:one_hot,b:candidate:multi_hot\"}}";
      byte[] text = header.getBytes(StandardCharsets.UTF_8);
      ByteBuffer file = ByteBuffer.allocate(8 + text.length + 81).order(ByteOrder.LITTLE_ENDIAN);
      file.putLong(text.length).put(text).put(new byte[] {'x', 'y', 'x'});
      file.putFloat(1).putFloat(2).putFloat(3).putFloat(0.5f);
      for (int i = 1; i <= 6; i++) {
        file.putFloat(i);
      }
      file.putChar((char) 0).putChar((char) 0).putChar((char) 1);
      file.putLong(0).putLong(1).putLong(2).putLong(3);
      Files.write(foreign, file.array());
    }
    Path again = folder.resolve("again");
    try (Model read = ModelFile.read(foreign)) {
      ModelFile.write(read, again);
    }
    assertThat(again).hasSameBinaryContentAs(ours);
  }

  private static Parts isotonic(float... scores) {
    Parts parts = new Parts();
    parts.link = "isotonic";
    parts.linkScores = scores;
    return parts;
  }

  @Test
  void shouldReadBackAnIsotonicLinkAndWriteTheSameBytesAgain() throws IOException {
    Path first = folder.resolve("first");
    Path second = folder.resolve("second");
    try (Model model = ModelFile.read(isotonic(-1, 0, 2.5f).write(folder.resolve("m")))) {
      assertThat(model.link())
          .isEqualTo(Link.isotonic(new float[] {-1, 0, 2.5f}, new float[] {0.25f, 0.5f, 0.5f}));
      assertThat(model.predict(-0.5)).isEqualTo(0.375);
      ModelFile.write(model, first);
    }
    try (Model again = ModelFile.read(first)) {
      assertThat(again.link().knots()).isEqualTo(3);
      ModelFile.write(again, second);
    }
    assertThat(second).hasSameBinaryContentAs(first);
  }

  @Test
  void shouldRefuseAnIsotonicLinkThatIsNone() throws IOException {
    Parts missing = new Parts();
    missing.link = "isotonic";
    refused(missing, "link.scores");
    refused(isotonic(), "link");
    refused(isotonic(new float[Link.MAX_KNOTS + 1]), "link.scores", "1025", "at most 1024");
    refused(isotonic(1, 2), "link.probabilities");
    refused(isotonic(1, 1, 2), "link.*", "score 1 is 1.0");
    refused(isotonic(1, 2, Float.NaN), "link.*", "score 2 is NaN");
    Parts certain = isotonic(1, 2, 3);
    certain.linkProbabilities = new float[] {0.5f, 0.6f, 1};
    refused(certain, "link.*", "probability 2 is 1.0");
    Parts falling = isotonic(1, 2, 3);
    falling.linkProbabilities = new float[] {0.5f, 0.4f, 0.6f};
    refused(falling, "link.*", "probability 1 is 0.4");
  }

  private static Parts curve(float... predictions) {
    Parts parts = new Parts();
    parts.link = "curve";
    parts.linkScores = new float[] {-1, 0, 2.5f};
    parts.linkTensor = "link.predictions";
    parts.linkProbabilities = predictions;
    return parts;
  }

  @Test
  void shouldReadBackACurveAndRefuseOneThatFalls() throws IOException {
    Path first = folder.resolve("first");
    Path second = folder.resolve("second");
    try (Model model = ModelFile.read(curve(1, 3, 5).write(folder.resolve("m")))) {
      assertThat(model.link())
          .isEqualTo(Link.curve(new float[] {-1, 0, 2.5f}, new float[] {1, 3, 5}));
      assertThat(model.predict(-0.5)).isEqualTo(2);
      ModelFile.write(model, first);
    }
    try (Model again = ModelFile.read(first)) {
      ModelFile.write(again, second);
    }
    assertThat(second).hasSameBinaryContentAs(first);
    refused(curve(1, 3, 2), "link.*", "prediction 2 is 2.0 after 3.0");
    refused(curve(1, Float.NaN, 2), "link.*", "prediction 1 is NaN");
    refused(curve(1, 2), "link.predictions");
    Parts other = curve(1, 2, 3);
    other.linkTensor = "link.probabilities";
    refused(other, "link.predictions");
  }

  @Test
  void shouldNameTheMetadataThatIsWrong() throws IOException {
    Parts parts = new Parts();
    parts.schema = "other/9";
    refused(parts, "femto.schema", "other/9", "femto-model/1");
    parts = new Parts();
    parts.family = "svd";
    refused(parts, "femto.family", "svd", "linear", "fm", "fwfm", "ffm", "poly2");
    parts = new Parts();
    parts.link = "probit";
    refused(parts, "femto.link", "probit", "identity", "sigmoid", "isotonic", "curve");
    for (String factors : new String[] {"0", "-1", "8193", "two", ""}) {
      parts = new Parts();
      parts.factors = factors;
      refused(parts, "femto.factors", "\"" + factors + "\"", "1 to 8192");
    }
    parts = new Parts();
    parts.family = "linear";
    refused(parts, "femto.factors", "\"2\"", "0 to 0");
    parts = new Parts();
    parts.fields = "a:context";
    refused(parts, "femto.fields", "a:context");
    for (String range : new String[] {"5", "5 1", "a b", "1 2 3", "NaN NaN"}) {
      parts = new Parts();
      parts.range = range;
      refused(parts, "femto.range", "\"" + range + "\"", "two numbers");
    }
  }

  @Test
  void shouldNameTheTensorOfTheWrongShape() throws IOException {
    Parts parts = new Parts();
    parts.linear = new float[] {1, 2};
    parts.linearSize = 2;
    refused(parts, "tensor linear", "[2]", "[3]");
    parts = new Parts();
    parts.factorRows = new float[] {1, 2, 3, 4};
    refused(parts, "tensor factors", "[2", "[3");
    parts = new Parts();
    parts.factors = "3";
    refused(parts, "tensor factors");
    parts = new Parts();
    parts.factorRows = null;
    refused(parts, "tensor factors", "missing");
    parts = new Parts();
    parts.offsets = new long[] {0, 1, 3};
    refused(parts, "tensor dictionary.offsets");
  }

  @Test
  void shouldRefuseWeightsThatAreNotFiniteOrTooLarge() throws IOException {
    for (float bad : new float[] {Float.NaN, Float.POSITIVE_INFINITY, -2e15f}) {
      Parts parts = new Parts();
      parts.bias = new float[] {bad};
      refused(parts, "bias", Float.toString(bad));
      parts = new Parts();
      parts.linear = new float[] {1, bad, 3};
      refused(parts, "feature 1", Float.toString(bad));
      parts = new Parts();
      parts.factorRows = new float[] {1, 2, 3, 4, 5, bad};
      refused(parts, "feature 2", "factor 1", Float.toString(bad));
    }
  }

  @Test
  void shouldRefuseADamagedDictionaryThoughTheChecksumFits() throws IOException {
    Parts parts = new Parts();
    parts.featureFields = new char[] {0, 0, 2};
    refused(parts, "tensor dictionary.fields", "feature 2", "field 2", "0 to 1");
    for (long[] offsets :
        new long[][] {{1, 1, 2, 3}, {0, 2, 1, 3}, {0, 1, 2, 4}, {0, -1, 2, 3}, {0, 1, 2, 2}}) {
      parts = new Parts();
      parts.offsets = offsets;
      refused(parts, "tensor dictionary.offsets", "expected");
    }
    parts = new Parts();
    parts.bytes = new byte[] {'x', 'x', 'x'};
    refused(parts, "dictionary", "\"x\"", "field a", "feature 1", "found as 0");
  }

  @Test
  void shouldRefuseDamagedSlotsThoughTheChecksumFits() throws IOException {
    int[][] damaged = {
      {0, 1, 2, 3, -1, -1, -1, -1}, // out of range
      {0, 1, 2, -2, -1, -1, -1, -1},
      {0, 0, 1, 2, -1, -1, -1, -1}, // a duplicate more
      {0, 0, 1, -1, -1, -1, -1, -1}, // a duplicate in place of another
      {0, 1, -1, -1, -1, -1, -1, -1}, // one lost
      {0, 1, 2}, // no power of two
      {0, 1}, // too few
      {},
    };
    for (int[] slots : damaged) {
      Parts parts = new Parts();
      parts.slots = slots;
      refused(parts, "dictionary");
    }
    Parts full = new Parts();
    full.featureFields = new char[] {0, 0};
    full.offsets = new long[] {0, 1, 2};
    full.bytes = new byte[] {'x', 'y'};
    full.slots = new int[] {0, 1}; // no empty slot: a look-up would never end
    refused(full, "tensor dictionary.slots", "2 slots");
  }

  @Test
  void shouldRefuseSlotsWhereAFeatureIsNotFound() throws IOException {
    // Of the 8 rotations of a table at most a few can be sound; the rest must be refused.
    int refused = 0;
    for (int first = 0; first < 8; first++) {
      Parts parts = new Parts();
      int[] slots = {-1, -1, -1, -1, -1, -1, -1, -1};
      slots[first] = 2;
      slots[(first + 3) % 8] = 1;
      slots[(first + 6) % 8] = 0;
      parts.slots = slots;
      Path file = parts.write(folder.resolve("m"));
      try (Model model = ModelFile.read(file)) {
        assertThat(model.features().find(1, "x")).isEqualTo(2);
      } catch (MalformedFileException e) {
        assertThat(e).hasMessageContaining("found as -1");
        refused++;
      }
    }
    assertThat(refused).isGreaterThanOrEqualTo(6);
  }

  @Test
  void shouldRefusePartsThatDoNotFitTogether() {
    PlainFm fm = PlainFm.random(new Random(1), SPACE.size(), 2, 1);
    try (Model model = TestModels.model(SPACE, fm)) {
      femto.memory.Slab slab = femto.memory.Slab.allocate(Model.weightBytes(SPACE.size(), 2));
      assertThatThrownBy(() -> model(Family.LINEAR, slab, 2).close())
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("LINEAR");
      assertThatThrownBy(() -> model(Family.FM, slab, 0).close())
          .isInstanceOf(IllegalArgumentException.class);
      assertThatThrownBy(() -> model(Family.FM, slab, 3).close())
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("bytes");
      slab.segment().set(JAVA_FLOAT, 0, Float.NaN);
      assertThatThrownBy(() -> model(Family.FM, slab, 2).close())
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("feature 0");
      slab.close();
      assertThat(model.weights().rows()).isEqualTo(SPACE.size());
    }
  }

  private static Model model(Family family, femto.memory.Slab slab, int k) {
    return new Model(family, Link.IDENTITY, PredictionRange.UNBOUNDED, 0, SPACE, slab, k, Map.of());
  }

  @Test
  void shouldThrowWhenUsedAfterClose() throws IOException {
    Model model = ModelFile.read(new Parts().write(folder.resolve("m")));
    model.close();
    model.close();
    assertThatThrownBy(() -> model.weights().factor(0, 0))
        .isInstanceOf(IllegalStateException.class);
    assertThatThrownBy(() -> ModelFile.write(model, folder.resolve("n")))
        .isInstanceOf(IllegalStateException.class);
    assertThat(folder.resolve("n")).doesNotExist();
  }
}
