package femto.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

class FeatureSpaceTest {
  private static final List<Field> TWO =
      List.of(Field.oneHot("a", Side.CONTEXT), Field.multiHot("b", Side.CANDIDATE));

  @Test
  void shouldNumberFeaturesFieldByFieldInTheOrderTheyCame() {
    FeatureSpace.Builder builder = new FeatureSpace.Builder(TWO);
    assertThat(builder.add(1, "x")).isEqualTo(0);
    assertThat(builder.add(0, "p")).isEqualTo(0);
    assertThat(builder.add(1, "y")).isEqualTo(1);
    assertThat(builder.add(1, "x")).isEqualTo(0);
    assertThat(builder.add(0, "q")).isEqualTo(1);
    FeatureSpace space = builder.build();
    assertThat(space.size()).isEqualTo(4);
    assertThat(space.size(0)).isEqualTo(2);
    assertThat(space.size(1)).isEqualTo(2);
    assertThat(List.of(space.value(0), space.value(1), space.value(2), space.value(3)))
        .containsExactly("p", "q", "x", "y");
    assertThat(new int[] {space.fieldOf(1), space.fieldOf(2)}).containsExactly(0, 1);
    assertThat(space.fields()).isEqualTo(TWO);
  }

  @Test
  void shouldFreezeValuesThatAreNamedOneByOne() {
    List<Field> fields =
        List.of(
            Field.oneHot("a", Side.CONTEXT),
            Field.oneHot("none", Side.CONTEXT),
            Field.oneHot("neither", Side.CONTEXT),
            Field.oneHot("b", Side.CANDIDATE),
            Field.oneHot("last", Side.CANDIDATE));
    String[] values = {"x", "y", "z", "x", "Grüße"};
    FeatureSpace space =
        FeatureSpace.of(
            fields,
            new int[] {3, 0, 0, 2, 0},
            feature -> values[feature].getBytes(StandardCharsets.UTF_8));
    FeatureSpace.Builder builder = new FeatureSpace.Builder(fields);
    for (int feature = 0; feature < 5; feature++) {
      builder.add(feature < 3 ? 0 : 3, values[feature]);
    }
    FeatureSpace same = builder.build();
    assertThat(space.size()).isEqualTo(5);
    assertThat(space.checksum()).isEqualTo(same.checksum());
    // Fields and ends of 5 values, 11 bytes of UTF-8, and 16 slots.
    assertThat(space.memoryBytes()).isEqualTo(5 * 2 + 6 * 8 + 11 + 16 * 4);
    for (int feature = 0; feature < 5; feature++) {
      assertThat(space.value(feature)).isEqualTo(values[feature]);
      assertThat(space.fieldOf(feature)).isEqualTo(feature < 3 ? 0 : 3);
      assertThat(space.find(space.fieldOf(feature), values[feature])).isEqualTo(feature);
    }
    assertThatIllegalArgumentException()
        .isThrownBy(() -> FeatureSpace.of(fields, new int[] {1}, feature -> new byte[0]))
        .withMessageContaining("1 fields, expected 5");
    assertThatIllegalArgumentException()
        .isThrownBy(
            () -> FeatureSpace.of(fields, new int[] {1, -1, 0, 0, 0}, feature -> new byte[0]))
        .withMessageContaining("-1 values of field 1");
    assertThatIllegalArgumentException()
        .isThrownBy(
            () -> FeatureSpace.of(fields, new int[] {2, 0, 0, 0, 0}, feature -> new byte[] {'q'}))
        .withMessageContaining("features 0 and 1 are both a=q");
  }

  @Test
  void shouldTellKnownFromUnknownAndOneFieldFromAnother() {
    FeatureSpace.Builder builder = new FeatureSpace.Builder(TWO);
    builder.add(0, "same");
    builder.add(1, "same");
    builder.add(1, "");
    builder.add(1, "other");
    FeatureSpace space = builder.build();
    assertThat(space.find(0, "same")).isEqualTo(0);
    assertThat(space.find(1, "same")).isEqualTo(1);
    assertThat(space.find(1, "")).isEqualTo(2);
    assertThat(space.find(0, "")).isEqualTo(FeatureSpace.UNKNOWN);
    assertThat(space.find(0, "other")).isEqualTo(FeatureSpace.UNKNOWN);
    assertThat(space.find(1, "sam")).isEqualTo(FeatureSpace.UNKNOWN);
    assertThat(space.find(1, "samee")).isEqualTo(FeatureSpace.UNKNOWN);
    assertThat(space.value(2)).isEmpty();
  }

  @Test
  void shouldFindAValueByThePartOfTheBufferThatCounts() {
    FeatureSpace.Builder builder = new FeatureSpace.Builder(TWO);
    builder.add(0, "ab");
    FeatureSpace space = builder.build();
    assertThat(space.find(0, new byte[] {'a', 'b', 'c'}, 2)).isEqualTo(0);
    assertThat(space.find(0, new byte[] {'a', 'b', 'c'}, 3)).isEqualTo(FeatureSpace.UNKNOWN);
  }

  @Test
  void shouldHoldUnicodeValues() {
    List<String> values = List.of("é", "e\u0301", "日本語", "😀", "\u0000", "\uffff", " a ");
    FeatureSpace.Builder builder = new FeatureSpace.Builder(TWO);
    values.forEach(value -> builder.add(0, value));
    FeatureSpace space = builder.build();
    for (int i = 0; i < values.size(); i++) {
      assertThat(space.find(0, values.get(i))).isEqualTo(i);
      assertThat(space.value(i)).isEqualTo(values.get(i));
    }
  }

  @Test
  void shouldFindEachOfManyValuesInTheirFields() {
    FeatureSpace space = TestModels.space(TWO, 30_000, 20_000);
    for (int feature = 0; feature < space.size(); feature++) {
      int field = feature < 30_000 ? 0 : 1;
      assertThat(space.fieldOf(feature)).isEqualTo(field);
      assertThat(space.find(field, "v" + (feature - 30_000 * field))).isEqualTo(feature);
    }
    for (int i = 0; i < 20_000; i++) {
      assertThat(space.find(i & 1, "w" + i)).isEqualTo(FeatureSpace.UNKNOWN);
    }
  }

  @Test
  void shouldNeverProbeForeverAtAnySmallSize() {
    for (int size = 0; size <= 70; size++) {
      FeatureSpace space = TestModels.space(TWO, size, 0);
      assertThat(space.size()).isEqualTo(size);
      for (int i = 0; i < 300; i++) {
        assertThat(space.find(0, "v" + i)).isEqualTo(i < size ? i : FeatureSpace.UNKNOWN);
      }
    }
  }

  @Test
  void shouldRenumberASubset() {
    FeatureSpace space = TestModels.space(TestModels.sixFields(), 3, 2, 2, 4, 2, 2);
    FeatureSpace subset =
        space.subset(List.of("user", "movie"), feature -> feature != 1 && feature != 7);
    assertThat(subset.fields()).extracting(Field::name).containsExactly("user", "movie");
    assertThat(subset.size()).isEqualTo(5);
    assertThat(subset.find(0, "v0")).isEqualTo(0);
    assertThat(subset.find(0, "v1")).isEqualTo(FeatureSpace.UNKNOWN);
    assertThat(subset.find(0, "v2")).isEqualTo(1);
    assertThat(subset.find(1, "v0")).isEqualTo(FeatureSpace.UNKNOWN);
    assertThat(subset.find(1, "v1")).isEqualTo(2);
    assertThat(subset.find(1, "v3")).isEqualTo(4);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> space.subset(List.of("nobody"), feature -> true))
        .withMessageContaining("\"nobody\"")
        .withMessageContaining("user");
  }

  @Test
  void shouldKeepTheOrderOfFeaturesWhenASubsetReordersFields() {
    FeatureSpace subset = TestModels.space(TWO, 2, 2).subset(List.of("b", "a"), feature -> true);
    assertThat(subset.find(1, "v1")).isEqualTo(1);
    assertThat(subset.find(0, "v0")).isEqualTo(2);
    assertThat(subset.fieldOf(0)).isEqualTo(1);
  }

  @Test
  void shouldReproduceTheWeightCountOfTheFoundingLecture() {
    List<Field> fields =
        List.of(
            Field.oneHot("user", Side.CONTEXT),
            Field.oneHot("age", Side.CONTEXT),
            Field.oneHot("gender", Side.CONTEXT),
            Field.oneHot("movie", Side.CANDIDATE),
            Field.oneHot("year", Side.CANDIDATE),
            Field.multiHot("genre", Side.CANDIDATE));
    FeatureSpace space = TestModels.space(fields, 943, 12, 2, 1682, 77, 20);
    assertThat(space.freePairwiseWeights()).isEqualTo(1_880_423L);
  }

  @Test
  void shouldListTheFieldsWhenOneIsMissing() {
    FeatureSpace space = TestModels.space(TWO, 1, 1);
    assertThat(space.fieldIndex("b")).isEqualTo(1);
    assertThat(space.fieldIndex("c")).isEqualTo(FeatureSpace.UNKNOWN);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> space.requireField("c"))
        .withMessageContaining("\"c\"")
        .withMessageContaining("[a, b]");
  }

  @Test
  void shouldCopyEverything() {
    FeatureSpace copy = TestModels.space(TWO, 3, 2).copy();
    assertThat(copy.size()).isEqualTo(5);
    assertThat(copy.find(1, "v1")).isEqualTo(4);
    assertThat(copy.value(4)).isEqualTo("v1");
  }
}
