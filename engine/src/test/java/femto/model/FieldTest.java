package femto.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class FieldTest {
  @Test
  void shouldReadBackWhatItFormats() {
    List<Field> fields = TestModels.sixFields();
    String text = Field.format(fields);
    assertThat(text)
        .isEqualTo(
            "user:context:one_hot,tags:context:multi_hot,age:context:bucket:5,"
                + "movie:candidate:one_hot,genres:candidate:multi_hot,year:candidate:one_hot");
    assertThat(Field.parse(text)).isEqualTo(fields);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "user",
        "user:context",
        "user:context:one_hot:5:6",
        "user:nobody:one_hot",
        "user:context:hot",
        "age:context:bucket",
        "age:context:bucket:0",
        "age:context:bucket:x",
        "age:context:bucket:99999999999",
        "user:context:one_hot:3",
        "us er:context:one_hot",
        ":context:one_hot",
        "user:context:one_hot,",
        "a:context:one_hot,a:candidate:one_hot"
      })
  void shouldRefuseTextThatDescribesNoFields(String text) {
    assertThatIllegalArgumentException().isThrownBy(() -> Field.parse(text));
  }

  @Test
  void shouldRefuseNamesThatTheFileCannotHold() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Field.oneHot("a,b", Side.CONTEXT))
        .withMessageContaining("\"a,b\"");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Field.bucket("age", Side.CONTEXT, 0))
        .withMessageContaining("age")
        .withMessageContaining("width=0");
  }

  @ParameterizedTest
  @CsvSource({
    "17, 5, 15-19",
    "0, 5, 0-4",
    "4, 5, 0-4",
    "5, 5, 5-9",
    "-1, 5, -5--1",
    "-5, 5, -5--1",
    "-6, 5, -10--6",
    "7, 1, 7-7",
    "3000000000, 10, 3000000000-3000000009"
  })
  void shouldPutNumbersIntoBuckets(long number, int width, String bucket) {
    assertThat(Field.bucket("age", Side.CONTEXT, width).bucketOf(number)).isEqualTo(bucket);
  }

  @Property
  void shouldPutNumbersIntoABucketThatHoldsThem(
      @ForAll int number, @ForAll @IntRange(min = 1) int width) {
    String bucket = Field.bucket("n", Side.CONTEXT, width).bucketOf(number);
    int dash = bucket.indexOf('-', 1);
    long first = Long.parseLong(bucket.substring(0, dash));
    long last = Long.parseLong(bucket.substring(dash + 1));
    assertThat((long) number).isBetween(first, last);
    assertThat(last - first + 1).isEqualTo(width);
    assertThat(first % width).isZero();
  }

  @Test
  void shouldClipPredictionsToTheRange() {
    PredictionRange range = new PredictionRange(1, 5);
    assertThat(range.clip(0.5)).isEqualTo(1);
    assertThat(range.clip(3.5)).isEqualTo(3.5);
    assertThat(range.clip(7)).isEqualTo(5);
    assertThat(range.isBounded()).isTrue();
    assertThat(PredictionRange.UNBOUNDED.isBounded()).isFalse();
    assertThat(PredictionRange.UNBOUNDED.clip(1e300)).isEqualTo(1e300);
    assertThatIllegalArgumentException().isThrownBy(() -> new PredictionRange(2, 1));
    assertThatIllegalArgumentException().isThrownBy(() -> new PredictionRange(Float.NaN, 1));
  }

  @Test
  void shouldTurnScoresIntoProbabilities() {
    assertThat(Link.SIGMOID.apply(0)).isEqualTo(0.5);
    assertThat(Link.SIGMOID.apply(2)).isCloseTo(0.8807970779778823, within(1e-15));
    assertThat(Link.SIGMOID.apply(-1000)).isZero();
    assertThat(Link.SIGMOID.apply(1000)).isEqualTo(1);
    assertThat(Link.IDENTITY.apply(-3.25)).isEqualTo(-3.25);
  }
}
