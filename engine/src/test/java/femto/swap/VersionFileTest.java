package femto.swap;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import femto.file.Dtype;
import femto.file.MalformedFileException;
import femto.file.SafetensorsWriter;
import femto.model.FeatureSpace;
import femto.model.Field;
import femto.model.Model;
import femto.model.ModelFile;
import femto.model.PlainFm;
import femto.model.Side;
import femto.model.TestModels;
import femto.model.TestModels.Row;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class VersionFileTest {
  private static final FeatureSpace SPACE =
      TestModels.space(
          List.of(Field.oneHot("a", Side.CONTEXT), Field.oneHot("b", Side.CANDIDATE)), 1, 2);

  @TempDir Path folder;

  private static Model model() {
    return TestModels.model(SPACE, PlainFm.random(new Random(1), 3, 2, 1));
  }

  private static CandidateSet set(ExternalIds ids) {
    List<Row> rows =
        List.of(
            new Row(new int[] {1, 2}, new float[] {0.5f, 1}),
            new Row(new int[0], new float[0]),
            new Row(new int[] {2}, new float[] {3}));
    return new CandidateSet(TestModels.rows(rows, 3), ids);
  }

  private static void assertSame(CandidateSet read, CandidateSet set) {
    assertThat(read.size()).isEqualTo(set.size());
    assertThat(read.features().offsets().mismatch(set.features().offsets())).isEqualTo(-1);
    assertThat(read.features().features().mismatch(set.features().features())).isEqualTo(-1);
    assertThat(read.features().weights().mismatch(set.features().weights())).isEqualTo(-1);
    assertThat(read.ids().isLong()).isEqualTo(set.ids().isLong());
    for (int index = 0; index < set.size(); index++) {
      assertThat(read.ids().id(index)).isEqualTo(set.ids().id(index));
    }
  }

  @Test
  void shouldReadBackWhatItWroteAndWriteTheSameBytesAgain() throws IOException {
    for (ExternalIds ids :
        List.of(
            ExternalIds.ofLongs(new long[] {-7, Long.MAX_VALUE, 0}),
            ExternalIds.ofStrings(List.of("ä", "日本😀", "x".repeat(65_535))))) {
      Path first = folder.resolve("first");
      Path second = folder.resolve("second");
      try (Model model = model()) {
        VersionFile.write(model, set(ids), first);
        VersionFile.Content read = VersionFile.read(first);
        try (Model again = read.model()) {
          assertThat(again.weights().segment().mismatch(model.weights().segment())).isEqualTo(-1);
          assertSame(read.candidates(), set(ids));
          VersionFile.write(again, read.candidates(), second);
        }
        assertThat(second).hasSameBinaryContentAs(first);
        try (Model alone = ModelFile.read(first)) {
          assertThat(alone.bias()).isEqualTo(model.bias());
          ModelFile.write(alone, second);
        }
        Path plain = folder.resolve("plain");
        ModelFile.write(model, plain);
        assertThat(second).hasSameBinaryContentAs(plain);
      }
    }
  }

  @Test
  void shouldReadAndWriteNoCandidates() throws IOException {
    CandidateSet none =
        new CandidateSet(TestModels.rows(List.of(), 3), ExternalIds.ofStrings(List.of()));
    Path file = folder.resolve("none");
    try (Model model = model()) {
      VersionFile.write(model, none, file);
    }
    VersionFile.Content read = VersionFile.read(file);
    read.model().close();
    assertSame(read.candidates(), none);
  }

  @Test
  void shouldNotWriteIdsThatHaveNoCandidates() {
    CandidateSet set = set(ExternalIds.ofLongs(new long[] {1, 2, 3}));
    set.ids().indexOfOrAppend(4);
    try (Model model = model()) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> VersionFile.write(model, set, folder.resolve("f")))
          .withMessageContaining("3 candidates")
          .withMessageContaining("4 ids");
    }
    assertThat(folder.resolve("f")).doesNotExist();
  }

  private static void refused(Path file, String... said) {
    assertThatThrownBy(() -> VersionFile.read(file).model().close())
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
    Path file = folder.resolve("m");
    try (Model model = model()) {
      VersionFile.write(model, set(ExternalIds.ofStrings(List.of("x", "y", "z"))), file);
    }
    byte[] bytes = Files.readAllBytes(file);
    for (int at = 0; at < bytes.length; at++) {
      byte[] damaged = bytes.clone();
      damaged[at] ^= (byte) (1 << (at % 8));
      Files.write(file, damaged);
      refused(file);
      Files.write(file, Arrays.copyOf(bytes, at));
      refused(file);
    }
  }

  /** A file of three candidates, each part of which a test can spoil; its checksum always fits. */
  private static final class Parts {
    long[] offsets = {0, 2, 2, 3};
    int[] features = {1, 2, 2};
    float[] weights = {0.5f, 1, 3};
    long @Nullable [] ids;
    long @Nullable [] idOffsets = {0, 1, 2, 3};
    byte[] idBytes = {'x', 'y', 'z'};

    Path write(Path file) throws IOException {
      SafetensorsWriter writer = new SafetensorsWriter();
      try (Model model = model();
          Arena arena = Arena.ofShared()) {
        ModelFile.writeTo(writer, model, arena);
        tensor(writer, "candidates.offsets", Dtype.I64, MemorySegment.ofArray(offsets));
        tensor(writer, "candidates.features", Dtype.I32, MemorySegment.ofArray(features));
        tensor(writer, "candidates.weights", Dtype.F32, MemorySegment.ofArray(weights));
        if (ids != null) {
          tensor(writer, "candidates.ids", Dtype.I64, MemorySegment.ofArray(ids));
        }
        if (idOffsets != null) {
          tensor(writer, "candidates.id_offsets", Dtype.I64, MemorySegment.ofArray(idOffsets));
          tensor(writer, "candidates.id_bytes", Dtype.U8, MemorySegment.ofArray(idBytes));
        }
        writer.write(file);
      }
      return file;
    }

    private static void tensor(
        SafetensorsWriter writer, String name, Dtype dtype, MemorySegment content) {
      writer.tensor(name, dtype, content, content.byteSize() / dtype.bytes());
    }
  }

  private void refused(Parts parts, String... said) throws IOException {
    refused(parts.write(folder.resolve("m")), said);
  }

  @Test
  void shouldRefuseFeaturesThatAreNotSoundThoughTheChecksumFits() throws IOException {
    VersionFile.read(new Parts().write(folder.resolve("m"))).model().close();
    for (long[] offsets :
        new long[][] {{}, {1, 2, 2, 3}, {0, 2, 1, 3}, {0, 2, 2, 2}, {0, 2, 2, 4}, {0, -1, 2, 3}}) {
      Parts parts = new Parts();
      parts.offsets = offsets;
      refused(parts, "candidates");
    }
    for (int feature : new int[] {-1, 1, 3}) {
      Parts parts = new Parts();
      parts.features[1] = feature;
      refused(parts, "candidates: row 0 has feature " + feature, "2 to 2");
    }
    Parts parts = new Parts();
    parts.weights[2] = Float.NaN;
    refused(parts, "row 2", "NaN");
    parts = new Parts();
    parts.weights = new float[2];
    refused(parts, "tensor candidates.weights", "[2]", "[3]");
  }

  @Test
  void shouldRefuseIdsThatAreNotSoundThoughTheChecksumFits() throws IOException {
    Parts parts = new Parts();
    parts.ids = new long[] {1, 2, 3};
    refused(parts, "candidates.id_offsets", "beside candidates.ids");
    parts.idOffsets = null;
    parts.ids[2] = 1;
    refused(parts, "tensor candidates.ids", "id 1 is at 0 and again at 2");
    parts.ids = new long[] {1, 2};
    refused(parts, "tensor candidates.ids", "[2]", "[3]");
    parts.ids = null;
    refused(parts, "tensor candidates.ids", "missing");
    for (long[] offsets :
        new long[][] {
          {0, 1, 2},
          {1, 1, 2, 3},
          {0, 2, 1, 3},
          {0, 1, 2, 2},
          {0, 1, 2, 4},
          {0, -1, 2, 3},
          {0, 1, Long.MAX_VALUE, 3},
          {0, Long.MIN_VALUE, 2, 3}
        }) {
      parts = new Parts();
      parts.idOffsets = offsets;
      refused(parts, "tensor candidates.id_offsets");
    }
    parts = new Parts();
    parts.idOffsets = new long[] {0, 1, 1, 3};
    refused(parts, "tensor candidates.id_bytes", "id at 1 is empty");
    parts = new Parts();
    parts.idBytes = "xyx".getBytes(StandardCharsets.UTF_8);
    refused(parts, "tensor candidates.id_bytes", "at 0 and again at 2");
    parts = new Parts();
    parts.idBytes[1] = (byte) 0xff;
    refused(parts, "tensor candidates.id_bytes", "id 1 is not valid UTF-8");
  }

  @Test
  void shouldReadOrRefuseWhateverTheTensorsHold() throws IOException {
    Random random = new Random(3);
    int sound = 0;
    for (int run = 0; run < 400; run++) {
      Parts parts = new Parts();
      switch (random.nextInt(4)) {
        case 0 -> parts.offsets[random.nextInt(4)] = anyLong(random);
        case 1 -> parts.features[random.nextInt(3)] = (int) anyLong(random);
        case 2 -> parts.idOffsets = new long[] {0, anyLong(random), anyLong(random), 3};
        default -> random.nextBytes(parts.idBytes);
      }
      try {
        VersionFile.Content read = VersionFile.read(parts.write(folder.resolve("m")));
        read.model().close();
        assertThat(read.candidates().size()).isEqualTo(3);
        sound++;
      } catch (MalformedFileException e) {
        assertThat(e).hasMessageContaining("candidates");
      }
    }
    assertThat(sound).isBetween(10, 390);
  }

  private static long anyLong(Random random) {
    return random.nextBoolean() ? random.nextInt(5) - 1 : random.nextLong();
  }

  @Test
  void shouldPublishFilesAndRefuseThoseThatAreNotSound() throws IOException {
    Path file = folder.resolve("v");
    Path plain = folder.resolve("plain");
    try (Model model = model()) {
      VersionFile.write(model, set(ExternalIds.ofStrings(List.of("x", "y", "z"))), file);
      ModelFile.write(model, plain);
    }
    assertThatThrownBy(() -> LiveModel.open(plain, LiveOptions.defaults()).close())
        .isInstanceOf(MalformedFileException.class)
        .hasMessageContaining("candidates.offsets");
    try (LiveModel live = LiveModel.open(file, LiveOptions.defaults());
        LiveScorer reader = live.newScorer("r")) {
      PublishResult result = live.publish(plain);
      assertThat(result.outcome()).isEqualTo(PublishResult.Outcome.REFUSED);
      assertThat(result.reason()).startsWith(plain.toString()).contains("candidates.offsets");
      assertThat(live.publish(folder.resolve("none")).reason()).contains("no such file");
      assertThat(live.statistics().refused()).isEqualTo(2);
      assertThat(live.version()).isEqualTo(1);
      result = live.publish(file);
      assertThat(result.outcome()).as(result.reason()).isEqualTo(PublishResult.Outcome.PUBLISHED);
      try (Lease lease = reader.lease()) {
        assertThat(lease.generation()).isEqualTo(2);
        assertThat(lease.catalogue().index("y")).isEqualTo(1);
      }
    }
  }
}
