package femto.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;

class EncoderTest {
  /** user 0-2, tags 3-6, age 7-10 (0-4 .. 15-19), movie 11-13, genres 14-17, year 18-19. */
  private final FeatureSpace space = TestModels.space(TestModels.sixFields(), 3, 4, 4, 3, 4, 2);

  private final Encoder encoder = new Encoder(space, Side.CONTEXT);

  private int[] features() {
    return Arrays.copyOf(encoder.features(), encoder.finish());
  }

  private float[] weights() {
    return Arrays.copyOf(encoder.weights(), encoder.finish());
  }

  @Test
  void shouldPutNumbersIntoBucketsAndTakeBucketsByName() {
    assertThat(encoder.clear().put("age", 17).finish()).isEqualTo(1);
    assertThat(features()).containsExactly(10);
    encoder.clear().put("age", "17");
    assertThat(features()).containsExactly(10);
    encoder.clear().put("age", "15-19");
    assertThat(features()).containsExactly(10);
    encoder.clear().put("age", "007");
    assertThat(features()).containsExactly(8);
    encoder.clear().put("age", 20);
    assertThat(features()).isEmpty();
    encoder.clear().put("age", "-");
    assertThat(features()).isEmpty();
    encoder.clear().put("age", "");
    assertThat(features()).isEmpty();
    assertThat(weights()).isEmpty();
    assertThat(encoder.unknownValues(2)).isEqualTo(3);
  }

  @Property(tries = 300)
  void shouldPutNumbersWhereTheFieldsBucketIs(@ForAll int number) {
    Field field = Field.bucket("n", Side.CONTEXT, 7);
    FeatureSpace.Builder builder = new FeatureSpace.Builder(List.of(field));
    builder.add(0, "decoy");
    builder.add(0, field.bucketOf(number));
    Encoder fresh = new Encoder(builder.build(), Side.CONTEXT);
    assertThat(fresh.put(0, number).finish()).isEqualTo(1);
    assertThat(fresh.features()[0]).isEqualTo(1);
    assertThat(fresh.clear().put(0, Integer.toString(number)).finish()).isEqualTo(1);
    assertThat(fresh.features()[0]).isEqualTo(1);
  }

  @Test
  void shouldWeighRootHotValuesByTheRootOfTheirNumber() {
    FeatureSpace space = TestModels.space(List.of(Field.rootHot("movies", Side.CONTEXT)), 3);
    Encoder root = new Encoder(space, Side.CONTEXT);
    root.put("movies", "v0").put("movies", "v2").put("movies", "v2").put("movies", "nope");
    assertThat(root.finish()).isEqualTo(2);
    float third = (float) (1 / Math.sqrt(3)); // the unknown one counts
    assertThat(Arrays.copyOf(root.weights(), 2)).containsExactly(third, third);
    assertThat(Field.parse(Field.format(space.fields()))).isEqualTo(space.fields());
  }

  @Test
  void shouldGiveTheSameFeaturesInWhateverOrderValuesArePut() {
    List<String[]> values = new ArrayList<>();
    values.add(new String[] {"user", "v1"});
    values.add(new String[] {"tags", "v0"});
    values.add(new String[] {"tags", "v3"});
    values.add(new String[] {"tags", "nope"});
    values.add(new String[] {"tags", "v0"});
    values.add(new String[] {"age", "3"});
    for (int seed = 0; seed < 50; seed++) {
      Collections.shuffle(values, new Random(seed));
      encoder.clear();
      values.forEach(pair -> encoder.put(pair[0], pair[1]));
      assertThat(features()).containsExactly(1, 3, 6, 7);
      assertThat(weights()).containsExactly(1f, 1f / 3, 1f / 3, 1f);
    }
  }

  @Test
  void shouldForgetEverythingOnClear() {
    encoder.clear().put("user", "v1").put("tags", "v0").put("tags", "v1");
    encoder.clear().put("tags", "v2");
    assertThat(features()).containsExactly(5);
    assertThat(weights()).containsExactly(1f);
  }

  @Test
  void shouldRefuseASecondValueOfAOneHotFieldKnownOrNot() {
    encoder.clear().put("user", "v1");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> encoder.put("user", "v1"))
        .withMessageContaining("user");
    encoder.clear().put("user", "nobody");
    assertThatIllegalArgumentException().isThrownBy(() -> encoder.put("user", 5));
    encoder.clear().put("age", 3);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> encoder.put("age", 4))
        .withMessageContaining("age");
    assertThat(features()).containsExactly(7);
  }

  @Test
  void shouldRefuseAFieldOfTheOtherSideByName() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> encoder.put("movie", "v1"))
        .withMessageContaining("movie")
        .withMessageContaining("candidate");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> encoder.put("nothing", 1))
        .withMessageContaining("nothing");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new Encoder(space, Side.CANDIDATE).put("age", 1))
        .withMessageContaining("age");
  }

  @Test
  void shouldCountKnownUnknownAndMissing() {
    encoder.clear().put("user", "v1").put("tags", "v0").put("tags", "nope").finish();
    assertThat(encoder.knownValues()).isEqualTo(2);
    assertThat(encoder.unknownValues()).isEqualTo(1);
    assertThat(encoder.missingFields()).isEqualTo(1);
    encoder.clear().put("age", 999).finish();
    assertThat(encoder.knownValues()).isEqualTo(2);
    assertThat(encoder.unknownValues()).isEqualTo(2);
    assertThat(encoder.unknownValues(1)).isEqualTo(1);
    assertThat(encoder.unknownValues(2)).isEqualTo(1);
    assertThat(encoder.missingFields()).isEqualTo(3);
  }

  @Test
  void shouldGrowToManyValuesOfOneField() {
    FeatureSpace wide = TestModels.space(List.of(Field.multiHot("m", Side.CONTEXT)), 200);
    Encoder many = new Encoder(wide, Side.CONTEXT);
    for (int i = 199; i >= 0; i--) {
      many.put("m", "v" + i);
    }
    assertThat(many.finish()).isEqualTo(200);
    for (int i = 0; i < 200; i++) {
      assertThat(many.features()[i]).isEqualTo(i);
      assertThat(many.weights()[i]).isEqualTo(1f / 200);
    }
  }

  private static void assertEncodesAsString(String value) {
    // The dictionary holds what String.getBytes(UTF_8) says; the encoder must come to the same
    // bytes.
    FeatureSpace.Builder builder =
        new FeatureSpace.Builder(List.of(Field.oneHot("f", Side.CONTEXT)));
    builder.add(0, value + "x");
    builder.add(0, value);
    Encoder one = new Encoder(builder.build(), Side.CONTEXT);
    assertThat(one.put("f", value).finish()).isEqualTo(1);
    assertThat(one.features()[0]).isEqualTo(1);
    assertThat(one.clear().put("f", java.nio.CharBuffer.wrap(value)).finish()).isEqualTo(1);
  }

  @Test
  void shouldEncodeUnicodeAsStringsDo() {
    for (String value :
        List.of(
            "",
            "é",
            "日本",
            "😀",
            "\u007f\u0080\u07ff\u0800\uffff",
            "\ud800",
            "\udc00\ud800",
            "a\ud83d",
            "\ud83d\ud83d\ude00",
            "\udfff!",
            "\udbff\udfff",
            "𐀀")) {
      assertEncodesAsString(value);
    }
    assertEncodesAsString("日".repeat(500));
  }

  @Property(tries = 500)
  void shouldEncodeAnyCharactersAsStringsDo(@ForAll char[] characters) {
    assertEncodesAsString(new String(characters));
  }

  @Test
  void shouldWriteAnyNumberAsLongToStringDoes() {
    Random random = new Random(5);
    List<Long> numbers = new ArrayList<>();
    numbers.addAll(List.of(0L, 9L, 10L, -1L, -10L, Long.MIN_VALUE, Long.MAX_VALUE));
    for (int i = 0; i < 500; i++) {
      numbers.add(random.nextLong() >> random.nextInt(64));
    }
    for (long number : numbers) {
      FeatureSpace.Builder builder =
          new FeatureSpace.Builder(List.of(Field.oneHot("f", Side.CONTEXT)));
      builder.add(0, Long.toString(number));
      Encoder one = new Encoder(builder.build(), Side.CONTEXT);
      assertThat(one.put("f", number).finish()).as("%d", number).isEqualTo(1);
    }
  }
}
