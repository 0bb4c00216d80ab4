package femto.tools.stream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import femto.model.Field;
import femto.model.Side;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class EventSchemaTest {
  @Test
  void shouldTellFieldsFromOtherColumnsInAnyOrder() {
    EventSchema schema =
        EventSchema.parse(
            "age:context:bucket:10,label,time,genre:candidate:multi_hot,id:context:one_hot");
    assertThat(schema.fields())
        .containsExactly(
            Field.bucket("age", Side.CONTEXT, 10),
            Field.multiHot("genre", Side.CANDIDATE),
            Field.oneHot("id", Side.CONTEXT));
    assertThat(schema.hasClicksApart()).isFalse();
    assertThat(schema.hasProbability()).isFalse();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "time,label,u:context:one_hot",
        "time,label,weight,probability,u:context:one_hot,n:context:bucket:3",
        "time,event,id,probability,u:context:one_hot,a:candidate:multi_hot",
      })
  void shouldComeBackAsItWasWritten(String header) {
    EventSchema schema = EventSchema.parse(header);
    assertThat(schema).hasToString(header);
    assertThat(EventSchema.parse(schema.toString())).isEqualTo(schema).hasSameHashCodeAs(schema);
    assertThat(schema).isNotEqualTo(EventSchema.parse(header + ",more:context:one_hot"));
    assertThat(schema.hasClicksApart()).isEqualTo(header.contains("event"));
    assertThat(schema.hasProbability()).isEqualTo(header.contains("probability"));
  }

  @Test
  void shouldTakeQuotedColumns() {
    assertThat(EventSchema.parse("\"time\",\"label\",\"u:context:one_hot\""))
        .hasToString("time,label,u:context:one_hot");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "label,u:context:one_hot; no column time",
        "time,label; no field",
        "time,u:context:one_hot; expected either the column label",
        "time,label,event,id,u:context:one_hot; expected either the column label",
        "time,event,u:context:one_hot; expected either the column label",
        "time,label,id,u:context:one_hot; expected either the column label",
        "time,time,label,u:context:one_hot; column \"time\" stands twice",
        "time,label,u:context:one_hot,u:candidate:one_hot; two fields of one name",
        "time,label,user; column \"user\", expected time, label",
        "time,label,user:left:one_hot; field \"user:left:one_hot\", expected",
        "time,label,age:context:bucket; field \"age:context:bucket\", expected",
        "time,label,age:context; field \"age:context\", expected",
        "1\t2\t3\t4; column \"1\t2\t3\t4\", expected time",
        "''; column \"\", expected time",
      })
  void shouldRefuseWhatIsNoHeader(String header, String words) {
    assertThatThrownBy(() -> EventSchema.parse(header))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(words);
  }
}
