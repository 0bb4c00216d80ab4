package femto.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.List;
import org.junit.jupiter.api.Test;

/** Values and settings at the edge, which earlier versions got wrong. */
class ModelEdgeCasesTest {
  private static final List<Field> FIELDS = List.of(Field.bucket("n", Side.CONTEXT, 5));

  @Test
  void shouldNotGiveTwoFeaturesToValuesThatAreTheSameInUtf8() {
    // Both lone surrogates become '?': ModelFile.write takes such a space and read refuses the
    // file.
    FeatureSpace.Builder builder =
        new FeatureSpace.Builder(List.of(Field.oneHot("f", Side.CONTEXT)));
    builder.add(0, "\ud800");
    builder.add(0, "\udc00");
    FeatureSpace space = builder.build();
    assertThat(space.find(0, space.value(space.size() - 1))).isEqualTo(space.size() - 1);
  }

  @Test
  void shouldRefuseASubsetThatNamesAFieldTwice() {
    FeatureSpace space = TestModels.space(TestModels.sixFields(), 1, 1, 1, 1, 1, 1);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> space.subset(List.of("user", "user"), feature -> true));
  }

  @Test
  void shouldPutTheSmallestAndLargestLongsIntoBucketsThatHoldThem() {
    // -2^63 - 2 overflows: the bucket comes out as 9223372036854775806-...
    assertThat(FIELDS.get(0).bucketOf(Long.MIN_VALUE)).startsWith("-92233720368547758");
  }

  @Test
  void shouldPutANumberOfNineteenDigitsIntoItsBucketAsTextToo() {
    long number = 1_000_000_000_000_000_003L;
    FeatureSpace.Builder builder = new FeatureSpace.Builder(FIELDS);
    builder.add(0, FIELDS.get(0).bucketOf(number));
    Encoder encoder = new Encoder(builder.build(), Side.CONTEXT);
    assertThat(encoder.clear().put("n", number).finish()).isEqualTo(1);
    assertThat(encoder.clear().put("n", Long.toString(number)).finish()).isEqualTo(1);
  }

  @Test
  void shouldCountARepeatedValueOfAMultiHotFieldOnceKnownOrNot() {
    FeatureSpace space = TestModels.space(List.of(Field.multiHot("m", Side.CONTEXT)), 2);
    Encoder encoder = new Encoder(space, Side.CONTEXT);
    encoder.put("m", "v0").put("m", "v0").put("m", "new").put("m", "new");
    assertThat(encoder.finish()).isEqualTo(1);
    assertThat(encoder.weights()[0]).isEqualTo(0.5f);
  }

  @Test
  void shouldSayWhichFieldCannotBeRead() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Field.parse("user:somewhere:one_hot"))
        .withMessageContaining("user")
        .withMessageContaining("context");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Field.parse("age:context:bucket:x"))
        .withMessageContaining("age");
  }
}
