package femto.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import femto.file.MalformedFileException;
import femto.file.SafetensorsFile;
import femto.file.SafetensorsWriter;
import femto.model.FeatureSpace.Binding;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class HashedFeaturesTest {
  private static final List<Field> FIELDS =
      List.of(
          Field.oneHot("user", Side.CONTEXT),
          Field.multiHot("tag", Side.CONTEXT),
          Field.oneHot("hour", Side.CONTEXT));

  @TempDir Path directory;

  /** Values that are published for this hash. */
  @ParameterizedTest
  @CsvSource({
    "'', 0, 0",
    "'', 1, 514E28B7",
    "'', FFFFFFFF, 81F16F39",
    "test, 0, BA6BD213",
    "test, 9747B28C, 704B81DC",
    "'Hello, world!', 0, C0363E43",
    "'Hello, world!', 9747B28C, 24884CBA",
    "The quick brown fox jumps over the lazy dog, 0, 2E4FF723",
    "The quick brown fox jumps over the lazy dog, 9747B28C, 2FA826CD",
    "aaaa, 9747B28C, 5A97808A",
    "aaa, 9747B28C, 283E0130",
    "aa, 9747B28C, 5D211726",
    "a, 9747B28C, 7FA09EA6"
  })
  void shouldHashAsOthersDo(String text, String seed, String expected) {
    byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
    int hash = Murmur3.hash(Integer.parseUnsignedInt(seed, 16), utf8, utf8.length);
    assertThat(hash).isEqualTo(Integer.parseUnsignedInt(expected, 16));
  }

  @Test
  void shouldFindAFeatureForEveryValue() {
    FeatureSpace space = FeatureSpace.hashed(FIELDS, 10);
    assertThat(space.size()).isEqualTo(1024);
    Set<Integer> found = new TreeSet<>();
    for (int i = 0; i < 20_000; i++) {
      found.add(space.find(i % 3, "v" + i));
    }
    assertThat(found).hasSize(1024).contains(0, 1023);
    assertThat(space.find(0, "same")).isNotEqualTo(space.find(1, "same"));
    assertThat(space.isBound(5)).isFalse();
    assertThat(space.value(5)).isEmpty();
    assertThatIllegalArgumentException()
        .isThrownBy(() -> space.with(List.of(new Binding(1, 0, "x"))))
        .withMessageContaining("hashes");
    assertThatIllegalArgumentException().isThrownBy(() -> FeatureSpace.hashed(FIELDS, 29));
    assertThatIllegalArgumentException().isThrownBy(() -> FeatureSpace.hashed(FIELDS, 0));
  }

  /** One bit: three values of a context collide for certain, and their weights add up. */
  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2, 3, 4, 5, 6, 7})
  void shouldAddUpValuesThatAreOneFeature(int user) {
    FeatureSpace space = FeatureSpace.hashed(FIELDS, 1);
    Encoder encoder = new Encoder(space, Side.CONTEXT);
    encoder.clear().put("user", user).put("hour", 3).put("tag", "a").put("tag", "b");
    float[] expected = new float[2];
    expected[space.find(0, "" + user)] += 1;
    expected[space.find(2, "3")] += 1;
    Set<Integer> tags = Set.copyOf(List.of(space.find(1, "a"), space.find(1, "b")));
    tags.forEach(tag -> expected[tag] += 1f / tags.size());
    for (int again = 0; again < 2; again++) {
      int count = encoder.finish();
      float[] sums = new float[2];
      for (int i = 0; i < count; i++) {
        assertThat(i == 0 || encoder.features()[i] > encoder.features()[i - 1]).isTrue();
        sums[encoder.features()[i]] = encoder.weights()[i];
      }
      assertThat(sums).containsExactly(expected);
    }
  }

  @Test
  void shouldSurviveAFileAndRefuseAnUnknownHash() throws IOException {
    Path file = directory.resolve("hashed");
    SafetensorsWriter writer = new SafetensorsWriter();
    FeatureSpace.hashed(FIELDS, 18).writeTo(writer);
    writer.write(file);
    try (SafetensorsFile read = SafetensorsFile.read(file)) {
      FeatureSpace same = FeatureSpace.readFrom(read);
      assertThat(same.isHashed()).isTrue();
      assertThat(same.size()).isEqualTo(1 << 18);
      assertThat(same.fields()).isEqualTo(FIELDS);
    }
    for (String hash : List.of("murmur3-32/29", "murmur3-32/", "xxhash/18", "")) {
      SafetensorsWriter other = new SafetensorsWriter();
      other.metadata("femto.fields", Field.format(FIELDS)).metadata("femto.hash", hash);
      other.write(file);
      try (SafetensorsFile read = SafetensorsFile.read(file)) {
        assertThatThrownBy(() -> FeatureSpace.readFrom(read))
            .isInstanceOf(MalformedFileException.class)
            .hasMessageContaining("femto.hash");
      }
    }
  }
}
