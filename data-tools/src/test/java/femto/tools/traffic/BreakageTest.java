package femto.tools.traffic;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_16BE;
import static java.nio.charset.StandardCharsets.UTF_16LE;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import femto.file.MalformedFileException;
import femto.tools.stream.OnBadRow;
import java.io.IOException;
import java.nio.charset.Charset;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class BreakageTest {
  private static final String HEADER = "time,event,id,user,item,session,dwell,arm\n";

  /** Two impressions and a click, on lines 2 to 4; rows are in Latin-1, to hold any byte. */
  private static final String GOOD =
      "10,impression,i1,ann,film,s1,,A\n11,impression,i2,bob,film,s2,,B\n12,click,i1,ann,,s1,3,\n";

  private static Path log(String rows) {
    return Logs.file((HEADER + GOOD + rows).getBytes(ISO_8859_1));
  }

  static List<Arguments> brokenRows() {
    return List.of(
        arguments(Breakage.OVER_LONG, "13,click,i2," + "b".repeat(4097) + ",,,,", "4097 bytes"),
        arguments(Breakage.OVER_LONG, "13,click,i2,bob,,,," + "x,".repeat(600_000), "1048576"),
        arguments(Breakage.NUL_BYTE, "13,click,i2,bob,,s2,\0,", "byte 0"),
        arguments(Breakage.LATIN_1, "13,click,i2,bob,K\u00fcche,s2,,", "looks like Latin-1"),
        arguments(Breakage.MALFORMED_UTF_8, "13,click,i2,bob,\u00e6\u00bc,,,", "is not UTF-8"),
        arguments(Breakage.MALFORMED_UTF_8, "13,click,i2,bob,\u0080,,,", "is not UTF-8"),
        arguments(Breakage.MALFORMED_UTF_8, "13,click,i2,bob,\u00ed\u00a0\u0080,,,", "not UTF-8"),
        arguments(Breakage.BROKEN_QUOTES, "13,click,i2,\"bob,,s2,,", "quote"),
        arguments(Breakage.BROKEN_QUOTES, "13,click,i2,\"bob\"by,,s2,,", "quote"),
        arguments(Breakage.WRONG_NUMBER_OF_FIELDS, "13,click,i2,bob,,s2,", "7 fields, expected 8"),
        arguments(Breakage.WRONG_NUMBER_OF_FIELDS, "13,click,i2,bob,,s2,,,", "9 fields"),
        arguments(Breakage.WRONG_NUMBER_OF_FIELDS, "", "an empty line"),
        arguments(Breakage.WRONG_NUMBER_OF_FIELDS, "x", "1 field, expected 8"),
        arguments(Breakage.MISSING_VALUE, ",click,i2,bob,,s2,,", "time is empty"),
        arguments(Breakage.MISSING_VALUE, "13,,i2,bob,,s2,,", "event is empty"),
        arguments(Breakage.MISSING_VALUE, "13,click,,bob,,s2,,", "id is empty"),
        arguments(Breakage.MISSING_VALUE, "13,click,i2,\"\",,s2,,", "user is empty"),
        arguments(Breakage.UNREADABLE_TIME, "noon,click,i2,bob,,s2,,", "time \"noon\""),
        arguments(Breakage.UNREADABLE_TIME, "2026-01-31 12:00,click,i2,bob,,s2,,", "time \"2026-"),
        arguments(Breakage.UNREADABLE_TIME, "1767225600045,click,i2,bob,,,,", "milliseconds"),
        arguments(Breakage.UNKNOWN_EVENT, "13,clic,i2,bob,,s2,,", "event \"clic\", expected one"),
        arguments(Breakage.UNREADABLE_DWELL, "13,click,i2,bob,,s2,3s,", "dwell \"3s\""),
        arguments(Breakage.UNREADABLE_DWELL, "13,click,i2,bob,,s2,NaN,", "dwell \"NaN\""),
        arguments(Breakage.NEGATIVE_DWELL, "13,click,i2,bob,,s2,-1.5,", "dwell \"-1.5\""),
        arguments(Breakage.DUPLICATED_ROW, "12,click,i1,ann,,s1,3,", "same as an earlier row"),
        arguments(Breakage.DUPLICATED_ROW, "12.0,click,i1,ann,,s1,3.00,", "same as an earlier"),
        arguments(Breakage.DUPLICATED_ROW, "11,impression,i2,bob,film,s2,,B", "same as an earlier"),
        arguments(Breakage.DUPLICATED_ID, "12,impression,i2,bob,film,s2,,B", "on line 3"),
        arguments(Breakage.UNKNOWN_ID, "13,click,i3,bob,,s2,,", "id \"i3\", expected that of an"),
        arguments(Breakage.OTHER_USER, "13,click,i2,ann,,s2,,", "user \"ann\", expected \"bob\""),
        arguments(Breakage.OTHER_ARM, "13,click,i2,bob,,s2,,A", "arm \"A\", expected that of"),
        arguments(Breakage.BEFORE_IMPRESSION, "10.5,click,i2,bob,,s2,,", "time is before"));
  }

  @ParameterizedTest
  @MethodSource("brokenRows")
  void shouldRefuseAndCountTheRow(Breakage breakage, String row, String words) throws IOException {
    Path file = log(row + "\n13,view,i2,bob,,s2,,\n");
    EventLog log = Logs.read(file);
    assertThat(log.rows()).isEqualTo(5);
    assertThat(log.used()).isEqualTo(4);
    assertThat(log.count(breakage)).isEqualTo(1);
    assertThat(log.firstLine(breakage)).isEqualTo(5);
    assertThat(Logs.refused(log)).isEqualTo(1);
    Traffic traffic = Logs.traffic(log, Settings.defaults());
    assertThat(traffic.counts().clicks().inWindow()).isEqualTo(1);
    assertThat(traffic.counts().views().inWindow()).isEqualTo(1);
    assertThatExceptionOfType(MalformedFileException.class)
        .isThrownBy(() -> EventLog.read(file, Set.of(), OnBadRow.STOP, bytes -> {}))
        .withMessageStartingWith(file + ":5: ")
        .withMessageContaining(words);
  }

  @Test
  void shouldHaveATestOfEachKind() {
    Set<Object> tested = brokenRows().stream().map(row -> row.get()[0]).collect(Collectors.toSet());
    assertThat(tested)
        .containsExactlyInAnyOrder(
            Arrays.stream(Breakage.values()).filter(Breakage::isRefused).toArray());
  }

  @Test
  void shouldUseARowWhoseTimeGoesBackwards() throws IOException {
    Path file = log("11.5,view,i2,bob,,s2,,\n");
    EventLog log = Logs.read(file);
    assertThat(log.used()).isEqualTo(4);
    assertThat(log.count(Breakage.TIME_BACKWARDS)).isEqualTo(1);
    assertThat(log.firstLine(Breakage.TIME_BACKWARDS)).isEqualTo(5);
    assertThat(EventLog.read(file, Set.of(), OnBadRow.STOP, bytes -> {}).used()).isEqualTo(4);
  }

  @Test
  void shouldCountEachBrokenRowAndNameTheFirst() throws IOException {
    EventLog log = Logs.read(log("x\nnoon,click,i2,bob,,,,\nx\nx\n10,click,i2,bob,,,,\n"));
    assertThat(log.count(Breakage.WRONG_NUMBER_OF_FIELDS)).isEqualTo(3);
    assertThat(log.firstLine(Breakage.WRONG_NUMBER_OF_FIELDS)).isEqualTo(5);
    assertThat(log.firstLine(Breakage.UNREADABLE_TIME)).isEqualTo(6);
    assertThat(log.firstLine(Breakage.BEFORE_IMPRESSION)).isEqualTo(9);
    assertThat(log.count(Breakage.NUL_BYTE)).isZero();
    assertThat(log.firstLine(Breakage.NUL_BYTE)).isZero();
    assertThat(log.rows()).isEqualTo(log.used() + Logs.refused(log));
  }

  @Test
  void shouldTellADuplicatedRowFromADuplicatedId() throws IOException {
    EventLog log =
        Logs.read(
            log(
                "11,impression,i2,bob,book,s2,,B\n" // another item: the id is duplicated
                    + "11,impression,i2,bob,book,s2,,B\n" // the same as the row before it
                    + "11,impression,i2,bob,film,s2,,B\n" // the same as the one that counts
                    + "13,click,i2,bob,,s2,,\n"));
    assertThat(log.count(Breakage.DUPLICATED_ID)).isEqualTo(1);
    assertThat(log.count(Breakage.DUPLICATED_ROW)).isEqualTo(2);
    assertThat(log.used()).isEqualTo(4);
    assertThat(log.rows()).isEqualTo(log.used() + Logs.refused(log));
  }

  @Test
  void shouldLoseTheEventsOfAnImpressionThatIsRefused() throws IOException {
    EventLog log = Logs.read(log("?,impression,i9,ann,film,s1,,A\n14,click,i9,ann,,s1,,\n"));
    assertThat(log.count(Breakage.UNREADABLE_TIME)).isEqualTo(1);
    assertThat(log.count(Breakage.UNKNOWN_ID)).isEqualTo(1);
  }

  @Test
  void shouldReadEveryKindOfSoundRow() throws IOException {
    byte[] content =
        ("\ufeff"
                + HEADER.strip()
                + ",\"a note\"\r\n"
                + "\"-0.5\",impression,\"i,\"\"1\"\"\",\u6f22\u5b57,film,s1,,A,\"x\"\r\n"
                + "1e1,click,\"i,\"\"1\"\"\",\u6f22\u5b57,,,4.5e1,A,K\u00fcche\r\n"
                + "1970-01-01T01:00:20+01:00,view,\"i,\"\"1\"\"\",\u6f22\u5b57,,,0.0000019,,\ud83d\ude00")
            .getBytes(UTF_8);
    EventLog log = Logs.read(Logs.file(content)); // BOM, CRLF, quotes, no line end at the end
    assertThat(log.rows()).isEqualTo(3);
    assertThat(log.used()).isEqualTo(3);
    assertThat(log.unknownColumns()).containsExactly("a note");
    assertThat(log.time(0)).isEqualTo(-500_000);
    assertThat(log.time(1)).isEqualTo(10_000_000);
    assertThat(log.time(2)).isEqualTo(20_000_000);
    assertThat(log.dwell(1)).isEqualTo(45_000_000);
    assertThat(log.dwell(2)).isEqualTo(1);
    assertThat(log.armName(log.arm(2))).isEqualTo("A");
  }

  private static void assertRefused(byte[] content, String... words) {
    Path file = Logs.file(content);
    assertThatExceptionOfType(MalformedFileException.class)
        .isThrownBy(() -> Logs.read(file))
        .withMessageStartingWith(file.toString())
        .satisfies(e -> assertThat(e.getMessage()).contains(words));
  }

  @Test
  void shouldNameWhatAFileOfAnotherFormatLooksLike() {
    String text = HEADER + GOOD;
    for (Charset utf16 : List.of(UTF_16LE, UTF_16BE)) {
      assertRefused(("\ufeff" + text).getBytes(utf16), ":1: looks like UTF-16, expected CSV in");
      assertRefused(text.getBytes(utf16), ":1: looks like UTF-16 without a byte-order mark");
    }
    assertRefused(("\ufeff" + text).getBytes(Charset.forName("UTF-32LE")), "looks like UTF-32");
    assertRefused(("\ufeff" + text).getBytes(Charset.forName("UTF-32BE")), "looks like UTF-32");
    assertRefused(new byte[] {0x1f, (byte) 0x8b, 8, 0, 10, 1}, "looks like gzip");
    assertRefused(("K\u00fcche," + text).getBytes(ISO_8859_1), ":1: looks like Latin-1");
    assertRefused(("\u0080," + text).getBytes(ISO_8859_1), ":1: is not UTF-8");
    assertRefused(text.replace('\n', '\r').getBytes(UTF_8), "carriage return");
    assertRefused(("x\0y," + text).getBytes(UTF_8), "byte 0");
  }

  @Test
  void shouldRefuseAFileWithoutTheRequiredColumns() {
    assertRefused(new byte[0], "is empty, expected a line of column names");
    assertRefused("\n1,2\n".getBytes(UTF_8), ":1: ");
    assertRefused(
        "time,type,id,item\n".getBytes(UTF_8),
        ":1: there are no columns event, user; found \"time\", \"type\", \"id\", \"item\"");
    assertRefused("time;event;id;user\n".getBytes(UTF_8), "found \"time;event;id;user\"");
    assertRefused("time,event,id,user,id\n".getBytes(UTF_8), ":1: the column id stands twice");
    assertRefused("time,event,id,\"user\n".getBytes(UTF_8), ":1: its quotes are broken");
    assertRefused("x".repeat(2 << 20).getBytes(UTF_8), ":1: has more than 1048576 bytes");
  }

  @Test
  void shouldRefuseALogThatLacksANeededColumn() {
    Path file = Logs.file("time,event,id,user");
    assertThatExceptionOfType(MalformedFileException.class)
        .isThrownBy(
            () -> EventLog.read(file, Metric.FIRST_LONG.columns(), OnBadRow.SKIP, bytes -> {}))
        .withMessageContaining(":1: there are no columns session, dwell; found \"time\"");
  }

  @Test
  void shouldRefuseMoreArmsThanAnExperimentHas() {
    String rows =
        Stream.iterate(0, i -> i < 101, i -> i + 1)
            .map(i -> i + ",impression," + i + ",u,,,,arm" + i + "\n")
            .collect(Collectors.joining());
    assertRefused((HEADER + rows).getBytes(UTF_8), ":102: the arm 101, expected up to 100");
  }

  @ParameterizedTest
  @ValueSource(ints = {1 << 20, (1 << 20) + 1, (2 << 20) - 40, 2 << 20, (2 << 20) + 1, 5 << 20})
  void shouldGoOnBehindALineOfAnyLength(int length) throws IOException {
    for (String last : List.of("", "\n", "\r\n13,click,i2,bob,,s2,,\n")) {
      EventLog log = Logs.read(log("y".repeat(length) + last));
      assertThat(log.count(Breakage.OVER_LONG)).isEqualTo(1);
      assertThat(log.rows()).isEqualTo(last.length() > 2 ? 5 : 4);
      assertThat(log.used()).isEqualTo(last.length() > 2 ? 4 : 3);
    }
  }

  @Test
  void shouldSayThatThereIsNoFile(@org.junit.jupiter.api.io.TempDir Path folder) {
    assertThatExceptionOfType(IOException.class)
        .isThrownBy(() -> Logs.read(folder.resolve("none.csv")));
    assertThatExceptionOfType(IOException.class)
        .isThrownBy(() -> Logs.read(folder))
        .withMessageContaining("is a directory");
    assertThat(Files.exists(folder)).isTrue();
  }
}
