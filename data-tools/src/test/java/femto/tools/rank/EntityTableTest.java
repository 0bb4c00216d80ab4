package femto.tools.rank;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import femto.file.MalformedFileException;
import femto.model.FeatureSpace;
import femto.model.Field;
import femto.model.Side;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class EntityTableTest {
  private static final FeatureSpace SPACE = space();

  @TempDir Path folder = Path.of("");

  private static FeatureSpace space() {
    FeatureSpace.Builder builder =
        new FeatureSpace.Builder(
            List.of(
                Field.oneHot("user", Side.CONTEXT),
                Field.bucket("age", Side.CONTEXT, 5),
                Field.oneHot("job", Side.CONTEXT),
                Field.oneHot("movie", Side.CANDIDATE),
                Field.multiHot("genre", Side.CANDIDATE)));
    builder.add(0, "7");
    builder.add(0, "8");
    builder.add(1, "15-19");
    builder.add(2, "writer, \"free\"");
    builder.add(2, "café");
    builder.add(3, "m1");
    builder.add(4, "Action");
    builder.add(4, "Comedy");
    return builder.build();
  }

  private EntityTable read(Side side, String text) throws IOException {
    return EntityTable.readCsv(
        Files.writeString(folder.resolve("t.csv"), text), side, SPACE, bytes -> {});
  }

  private static List<String> row(EntityTable table, int row) {
    List<String> found = new ArrayList<>();
    for (long entry = table.rows().offset(row); entry < table.rows().offset(row + 1); entry++) {
      found.add(SPACE.value(table.rows().feature(entry)) + "*" + table.rows().weight(entry));
    }
    return found;
  }

  @Test
  void shouldReadQuotedValuesBucketsAndText() throws IOException {
    EntityTable table =
        read(
            Side.CONTEXT,
            "age,user,job\r\n17,7,\"writer, \"\"free\"\"\"\r\n\r\n,8,café\r\n99,9,\n");
    assertThat(table.ids()).containsExactly("17", "", "99");
    assertThat(row(table, 0)).containsExactly("7*1.0", "15-19*1.0", "writer, \"free\"*1.0");
    assertThat(row(table, 1)).containsExactly("8*1.0", "café*1.0");
    assertThat(row(table, 2)).isEmpty();
    assertThat(table.unknownValues()).as("age 99 and user 9").isEqualTo(2);
  }

  @Test
  void shouldCallRowsByTheirIdColumnWhereverItStands() throws IOException {
    EntityTable table = read(Side.CONTEXT, "user,id\n7,first\n8,\"second, quoted\"\n");
    assertThat(table.ids()).containsExactly("first", "second, quoted");
    assertThat(row(table, 1)).containsExactly("8*1.0");
    assertThat(table.unknownValues()).isZero();
  }

  @Test
  void shouldShareTheWeightOfAMultiHotFieldAmongItsValues() throws IOException {
    EntityTable table =
        read(Side.CANDIDATE, "movie,genre\nm1,Comedy|Action\nm2,Action|Opera\nm3,\n");
    assertThat(row(table, 0)).containsExactly("m1*1.0", "Action*0.5", "Comedy*0.5");
    assertThat(row(table, 1)).containsExactly("Action*0.5");
    assertThat(row(table, 2)).isEmpty();
    assertThat(table.unknownValues()).isEqualTo(3);
  }

  @Test
  void shouldReadAHeaderWithoutLinesAsNoRows() throws IOException {
    EntityTable table = read(Side.CONTEXT, "user,age\n");
    assertThat(table.ids()).isEmpty();
    assertThat(table.rows().rows()).isZero();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "user,shoe;t.csv:1:;shoe;[user, age, job]",
        "user,movie;t.csv:1:;movie;[user, age, job]",
        "user,User;t.csv:1:;User;[user, age, job]"
      })
  void shouldNameColumnsThatAreNoFieldsOfTheSide(
      String header, String place, String found, String expected) {
    assertThatThrownBy(() -> read(Side.CONTEXT, header + "\n7,7\n"))
        .isInstanceOf(MalformedFileException.class)
        .hasMessageContainingAll(place, "\"" + found + "\"", "expected", expected);
  }

  @Test
  void shouldRefuseAnEmptyFileAndAMissingOne() {
    assertThatThrownBy(() -> read(Side.CONTEXT, ""))
        .isInstanceOf(MalformedFileException.class)
        .hasMessageContainingAll("t.csv", "is empty", "expected a line of column names");
    assertThatThrownBy(
            () -> EntityTable.readCsv(folder.resolve("none.csv"), Side.CONTEXT, SPACE, bytes -> {}))
        .isInstanceOf(MalformedFileException.class)
        .hasMessageContainingAll("none.csv", "no such file");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {"7;1", "7,17,3;3"})
  void shouldNameTheLineWithAnotherNumberOfValues(String line, int values) {
    assertThatThrownBy(() -> read(Side.CONTEXT, "user,age\n8,18\n" + line + "\n"))
        .isInstanceOf(MalformedFileException.class)
        .hasMessageContainingAll("t.csv:3:", "" + values, "expected 2");
  }

  @Test
  void shouldNameTheLineWhereAQuoteIsBroken() {
    assertThatThrownBy(() -> read(Side.CONTEXT, "user,job\n8,x\n7,\"a\"b\n"))
        .isInstanceOf(MalformedFileException.class)
        .hasMessageContainingAll("t.csv", "line 3");
  }

  @Test
  void shouldRefuseAColumnThatStandsTwice() {
    assertThatThrownBy(() -> read(Side.CONTEXT, "user,age,user\n7,17,8\n"))
        .isInstanceOf(MalformedFileException.class)
        .hasMessageContainingAll("t.csv:1:", "user");
  }

  @Test
  void shouldRefuseBytesThatAreNotUtf8() throws IOException {
    Path file = folder.resolve("latin1.csv");
    Files.write(file, "user,job\n7,café\n".getBytes(StandardCharsets.ISO_8859_1));
    assertThatThrownBy(() -> EntityTable.readCsv(file, Side.CONTEXT, SPACE, bytes -> {}))
        .isInstanceOf(IOException.class)
        .hasMessageContainingAll("latin1.csv", "UTF-8");
  }

  @Test
  void shouldReadAFileThatBeginsWithAByteOrderMark() throws IOException {
    assertThat(row(read(Side.CONTEXT, "\ufeffuser,age\n7,17\n"), 0))
        .containsExactly("7*1.0", "15-19*1.0");
  }
}
