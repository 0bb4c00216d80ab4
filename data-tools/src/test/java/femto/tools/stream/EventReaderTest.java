package femto.tools.stream;

import static femto.tools.stream.Streams.HEADER;
import static femto.tools.stream.Streams.append;
import static femto.tools.stream.Streams.file;
import static femto.tools.stream.Streams.readAll;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import femto.file.MalformedFileException;
import femto.model.Encoder;
import femto.model.FeatureSpace;
import femto.model.Field;
import femto.model.Side;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PipedInputStream;
import java.io.PipedOutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
class EventReaderTest {
  private static final Duration LONG = Duration.ofSeconds(30);

  @TempDir Path folder = Path.of("");

  private List<String> read(String text) throws IOException {
    try (EventReader reader = EventReader.open(file(folder, text), OnBadRow.STOP)) {
      return readAll(reader);
    }
  }

  private static InputStream bytes(String text) {
    return new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8));
  }

  @Test
  void shouldReadValuesMissingValuesAndWeights() throws IOException {
    assertThat(read(HEADER + "\n10,1,2.5,u1,25,a|b\n-3,0,,,,\n12,-0.5,0,\"u,\"\"2\"\"\",-7,\"\"\n"))
        .containsExactly(
            "LABELLED 10 1.0 w2.5 [u1][25][a, b]",
            "LABELLED -3 0.0 w1.0 [][][]",
            "LABELLED 12 -0.5 w0.0 [u,\"2\"][-7][]");
  }

  @Test
  void shouldReadOtherLineEndsMarksAndLetters() throws IOException {
    assertThat(
            read(
                "\ufeff"
                    + HEADER
                    + "\r\n1,1,,J\u00fcrgen \u6f22 \ud83d\ude00,3,\u00e9|\"\"\r\n"
                        .replace("|\"\"", "|z")))
        .containsExactly("LABELLED 1 1.0 w1.0 [J\u00fcrgen \u6f22 \ud83d\ude00][3][\u00e9, z]");
  }

  @Test
  void shouldReadImpressionsAndClicks() throws IOException {
    String text =
        "event,time,id,probability,u:context:one_hot\nimpression,5,77,0.25,x\nclick,9,77,,\n";
    try (EventReader reader = EventReader.open(file(folder, text), OnBadRow.STOP)) {
      Event event = new Event();
      assertThat(reader.next(event, Duration.ZERO)).isTrue();
      assertThat(event.kind()).isEqualTo(Event.Kind.IMPRESSION);
      assertThat(event.id()).isEqualTo(77);
      assertThat(event.probability()).isEqualTo(0.25);
      assertThat(event.value(0, 0)).hasToString("x");
      assertThat(reader.next(event, Duration.ZERO)).isTrue();
      assertThat(event.kind()).isEqualTo(Event.Kind.CLICK);
      assertThat(event.time()).isEqualTo(9);
      assertThat(event.id()).isEqualTo(77);
      assertThat(event.probability()).isNaN();
      assertThat(event.values(0)).isZero();
      assertThat(reader.next(event, Duration.ZERO)).isFalse();
      assertThat(reader.isEnded()).isFalse();
    }
  }

  @Test
  void shouldGiveValuesAsTheEncoderTakesThem() throws IOException {
    List<Field> fields = EventSchema.parse(HEADER).fields();
    FeatureSpace.Builder features = new FeatureSpace.Builder(fields);
    features.add(0, "u\u00e4");
    features.add(1, "20-29");
    Encoder encoder = new Encoder(features.build(), Side.CONTEXT);
    try (EventReader reader =
        EventReader.open(file(folder, HEADER + "\n1,1,,u\u00e4,25,\n"), OnBadRow.STOP)) {
      Event event = new Event();
      assertThat(reader.next(event, Duration.ZERO)).isTrue();
      encoder.put(0, event.value(0, 0)).put(1, event.value(1, 0));
      assertThat(encoder.finish()).isEqualTo(2);
      assertThat(event.value(0, 0).subSequence(1, 2)).hasToString("\u00e4");
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      quoteCharacter = '\'',
      value = {
        "1,1,,u,2; found 5 cells, expected 6",
        "1,1,,u,2,a,b; found 7 cells, expected 6",
        "7; found 1 cell, expected 6",
        "''; found an empty line, expected a row",
        ",1,,u,2,a; time \"\", expected a whole number",
        "1.5,1,,u,2,a; time \"1.5\", expected a whole number",
        "9223372036854775808,1,,u,2,a; time \"9223372036854775808\", expected a whole number",
        "1,,,u,2,a; label \"\", expected a finite number",
        "1,yes,,u,2,a; label \"yes\", expected a finite number",
        "1,NaN,,u,2,a; label \"NaN\", expected a finite number",
        "1,1e60,,u,2,a; label \"1e60\", expected a finite number",
        "1,1.,,u,2,a; label \"1.\", expected a finite number",
        "1,0x1p3,,u,2,a; label \"0x1p3\", expected a finite number",
        "1,1,-1,u,2,a; weight \"-1\", expected a finite number, 0 or more",
        "1,1,,u,2.5,a; field age \"2.5\", expected a whole number or nothing",
        "1,1,,u,2,a||b; field genre \"a||b\", expected values separated by |",
        "1,1,,u,2,a|; field genre \"a|\", expected values separated by |",
        "1,1,,\"u,2,a; found a quote that is not closed on its line",
        "1,1,,\"u\"v,2,a; found 'v' after a closing quote, expected a comma",
        "1,1,,u\"v\",2,a; found a quote inside a cell, expected the whole cell in quotes",
        "1,1,,u\u0007v,2,a; found the byte 0x07, expected text",
      })
  void shouldNameFileLineAndFieldOfABadRowAndStayBeforeIt(String row, String words)
      throws IOException {
    Path file = file(folder, HEADER + "\n1,1,,u,2,a\n" + row + "\n3,1,,w,2,a\n");
    try (EventReader reader = EventReader.open(file, OnBadRow.STOP)) {
      Event event = new Event();
      assertThat(reader.next(event, Duration.ZERO)).isTrue();
      long position = reader.position();
      for (int i = 0; i < 2; i++) {
        assertThatThrownBy(() -> reader.next(event, Duration.ZERO))
            .isInstanceOf(MalformedFileException.class)
            .hasMessageStartingWith(file + ":3: ")
            .hasMessageContaining(words);
      }
      assertThat(reader.position()).isEqualTo(position);
      try (EventReader resumed = EventReader.openAt(file, position, OnBadRow.STOP)) {
        assertThatThrownBy(() -> resumed.next(event, Duration.ZERO))
            .isInstanceOf(MalformedFileException.class)
            .hasMessageStartingWith(file + ": byte " + position + ": ")
            .hasMessageContaining(words);
      }
    }
    try (EventReader reader = EventReader.open(file, OnBadRow.SKIP)) {
      assertThat(readAll(reader))
          .containsExactly("LABELLED 1 1.0 w1.0 [u][2][a]", "LABELLED 3 1.0 w1.0 [w][2][a]");
      assertThat(reader.skippedRows()).isEqualTo(1);
      assertThat(reader.lastSkipped()).startsWith(file + ":3: ").contains(words);
      assertThat(reader.position()).isEqualTo(Files.size(file));
    }
  }

  @Test
  void shouldRefuseAClickWithFeaturesAndAnEventOfAnotherName() throws IOException {
    String header = "time,event,id,u:context:one_hot\n";
    assertThatThrownBy(() -> read(header + "1,click,7,x\n"))
        .hasMessageContainingAll(":2: ", "a click with features");
    assertThatThrownBy(() -> read(header + "1,view,7,x\n"))
        .hasMessageContainingAll(":2: ", "event \"view\", expected impression or click");
    assertThatThrownBy(() -> read(header + "1,click,,\n"))
        .hasMessageContainingAll(":2: ", "id \"\", expected a whole number");
    assertThatThrownBy(() -> read("time,label,probability,u:context:one_hot\n1,1,1.5,x\n"))
        .hasMessageContainingAll(":2: ", "probability \"1.5\", expected a number, 0 to 1");
  }

  @Test
  void shouldRefuseBytesThatAreNoText() throws IOException {
    Path file = file(folder, HEADER + "\n1,1,,");
    Files.write(
        file,
        new byte[] {(byte) 0xc3, ',', '2', ',', 'a', '\n'},
        java.nio.file.StandardOpenOption.APPEND);
    try (EventReader reader = EventReader.open(file, OnBadRow.STOP)) {
      assertThatThrownBy(() -> reader.next(new Event(), Duration.ZERO))
          .isInstanceOf(MalformedFileException.class)
          .hasMessageContainingAll(file + ":2: ", "is not UTF-8");
    }
  }

  @Test
  void shouldWaitForTheEndOfARow() throws IOException {
    Path file = file(folder, HEADER + "\n1,1,,u,2,a");
    try (EventReader reader = EventReader.open(file, OnBadRow.STOP)) {
      Event event = new Event();
      long position = reader.position();
      assertThat(reader.next(event, Duration.ofMillis(20))).isFalse();
      assertThat(reader.position()).isEqualTo(position).isEqualTo(HEADER.length() + 1);
      append(file, "|b\n");
      assertThat(readAll(reader)).containsExactly("LABELLED 1 1.0 w1.0 [u][2][a, b]");
      assertThat(reader.position()).isEqualTo(Files.size(file));
    }
  }

  @Test
  void shouldWakeUpWhenARowComes() throws Exception {
    Path file = file(folder, HEADER + "\n");
    try (EventReader reader = EventReader.open(file, OnBadRow.STOP)) {
      Thread writer =
          Thread.ofPlatform()
              .start(
                  () -> {
                    try {
                      Thread.sleep(50);
                      append(file, "1,1,,u,2,a\n");
                    } catch (IOException | InterruptedException e) {
                      throw new IllegalStateException(e);
                    }
                  });
      assertThat(reader.next(new Event(), LONG)).isTrue();
      writer.join();
    }
  }

  @Test
  void shouldEndTheWaitWhenInterrupted() throws IOException {
    Path file = file(folder, HEADER + "\n");
    try (EventReader reader = EventReader.open(file, OnBadRow.STOP);
        EventReader piped =
            EventReader.of(new EndlessInput(HEADER + "\n"), "pipe", OnBadRow.STOP)) {
      Thread.currentThread().interrupt();
      assertThat(reader.next(new Event(), LONG)).isFalse();
      assertThat(piped.next(new Event(), LONG)).isFalse();
      assertThat(Thread.interrupted()).isTrue();
      append(file, "1,1,,u,2,a\n");
      assertThat(reader.next(new Event(), LONG)).isTrue();
    }
  }

  /** Some text, and then nothing, without an end. */
  private static final class EndlessInput extends InputStream {
    private final InputStream text;

    EndlessInput(String text) {
      this.text = bytes(text);
    }

    @Override
    public int read() throws IOException {
      int next = text.read();
      if (next < 0) {
        try {
          Thread.sleep(Long.MAX_VALUE);
        } catch (InterruptedException e) {
          throw new IOException("closed", e);
        }
      }
      return next;
    }

    @Override
    public int read(byte[] into, int offset, int length) throws IOException {
      into[offset] = (byte) read();
      return 1;
    }
  }

  @Test
  void shouldResumeBehindEveryRow() throws IOException {
    Path file =
        file(folder, HEADER + "\n1,1,,u,2,a\r\n2,x,,\u00fc,2,a\n3,0,,\"v,w\",2,a\n4,1,,z,,\n");
    List<String> all;
    try (EventReader reader = EventReader.open(file, OnBadRow.SKIP)) {
      all = readAll(reader);
    }
    assertThat(all).hasSize(3);
    try (EventReader reader = EventReader.open(file, OnBadRow.SKIP)) {
      for (int i = 0; i <= all.size(); i++) {
        try (EventReader resumed = EventReader.openAt(file, reader.position(), OnBadRow.SKIP)) {
          assertThat(readAll(resumed)).isEqualTo(all.subList(i, all.size()));
          assertThat(resumed.schema()).isEqualTo(reader.schema());
          assertThat(resumed.position()).isEqualTo(Files.size(file));
        }
        assertThat(reader.next(new Event(), Duration.ZERO)).isEqualTo(i < all.size());
      }
    }
  }

  @Test
  void shouldRefuseToResumeWhereNoRowBegins() throws IOException {
    Path file = file(folder, HEADER + "\n1,1,,u,2,a\n");
    for (long position : new long[] {-1, 0, HEADER.length(), Files.size(file) + 1}) {
      assertThatThrownBy(() -> EventReader.openAt(file, position, OnBadRow.STOP))
          .isInstanceOf(MalformedFileException.class)
          .hasMessageContainingAll(file.toString(), "position " + position, "is outside, expected");
    }
    assertThatThrownBy(() -> EventReader.openAt(file, HEADER.length() + 3L, OnBadRow.STOP))
        .isInstanceOf(MalformedFileException.class)
        .hasMessageContainingAll("is inside a row, expected the beginning of one");
    assertThatThrownBy(() -> EventReader.openAt(folder, 1, OnBadRow.STOP))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("expected one");
  }

  @Test
  void shouldRefuseAFileThatHasNotOnlyGrown() throws IOException {
    String text = HEADER + "\n1,1,,u,2,a\n2,1,,u,2,a\n";
    Path file = file(folder, text);
    Event event = new Event();
    try (EventReader reader = EventReader.open(file, OnBadRow.SKIP)) {
      assertThat(readAll(reader)).hasSize(2);
      file(folder, HEADER + "\n1,1,,u,2,a\n");
      assertThatThrownBy(() -> reader.next(event, LONG))
          .isInstanceOf(MalformedFileException.class)
          .hasMessageContainingAll(file.toString(), "has become shorter", "only grows");
      file(folder, text.replace("label,weight", "weight,label"));
      assertThatThrownBy(() -> reader.next(event, LONG))
          .isInstanceOf(MalformedFileException.class)
          .hasMessageContainingAll(file + ":1: ", "the header has changed", "only grows");
      file(folder, text);
      assertThat(reader.next(event, Duration.ZERO)).isFalse();
      // What is still in the old file comes before the complaint.
      append(file, "3,1,,u,2,a\n");
      Path other = Files.writeString(folder.resolve("other"), text);
      Files.move(other, file, StandardCopyOption.ATOMIC_MOVE);
      assertThat(reader.next(event, LONG)).isTrue();
      assertThatThrownBy(() -> reader.next(event, LONG))
          .isInstanceOf(MalformedFileException.class)
          .hasMessageContainingAll(file.toString(), "was replaced by another file", "only grows");
      Files.delete(file);
      assertThatThrownBy(() -> reader.next(event, LONG))
          .isInstanceOf(MalformedFileException.class)
          .hasMessageContainingAll(file.toString(), "was removed or renamed", "only grows");
    }
  }

  @Test
  void shouldSkipARowThatIsTooLongOrStopThere() throws IOException {
    Path file = file(folder, HEADER + "\n1,1,,u,2,a\n2,1,,");
    append(file, "x".repeat(5 * EventReader.MAX_ROW_BYTES / 2) + ",2,a\n3,1,,v,2,a\n");
    try (EventReader reader = EventReader.open(file, OnBadRow.SKIP)) {
      assertThat(readAll(reader)).hasSize(2).last().asString().contains("[v]");
      assertThat(reader.skippedRows()).isEqualTo(1);
      assertThat(reader.lastSkipped()).contains(":3: ", "is longer than 1048576 bytes");
      assertThat(reader.position()).isEqualTo(Files.size(file));
    }
    try (EventReader reader = EventReader.open(file, OnBadRow.STOP)) {
      assertThat(reader.next(new Event(), Duration.ZERO)).isTrue();
      long position = reader.position();
      assertThatThrownBy(() -> reader.next(new Event(), Duration.ZERO))
          .isInstanceOf(MalformedFileException.class)
          .hasMessageContainingAll(":3: ", "is longer than 1048576 bytes");
      assertThat(reader.position()).isEqualTo(position);
    }
  }

  @Test
  void shouldReadARowAsLongAsItMayBe() throws IOException {
    String value = "x".repeat(EventReader.MAX_ROW_BYTES - "1,1,,,2,a\n".length());
    assertThat(read(HEADER + "\n1,1,," + value + ",2,a\n").get(0)).contains(value);
  }

  @Test
  void shouldReadAPipeToItsEnd() throws IOException {
    String text = HEADER + "\n1,1,,u,2,a\n2,1,,v,2,a\n";
    try (EventReader reader = EventReader.of(bytes(text), "standard input", OnBadRow.STOP)) {
      Event event = new Event();
      assertThat(reader.next(event, LONG)).isTrue();
      assertThat(reader.isEnded()).isFalse();
      assertThat(reader.next(event, LONG)).isTrue();
      assertThat(reader.next(event, LONG)).isFalse();
      assertThat(reader.isEnded()).isTrue();
      assertThat(reader.position()).isEqualTo(text.length());
    }
  }

  @Test
  void shouldWaitForAPipe() throws IOException {
    try (PipedOutputStream out = new PipedOutputStream();
        EventReader reader =
            EventReader.of(
                new java.io.SequenceInputStream(bytes(HEADER + "\n"), new PipedInputStream(out)),
                "standard input",
                OnBadRow.STOP)) {
      assertThat(reader.next(new Event(), Duration.ofMillis(10))).isFalse();
      assertThat(reader.isEnded()).isFalse();
      out.write("1,1,,u,2,a\n".getBytes(StandardCharsets.UTF_8));
      out.flush();
      assertThat(reader.next(new Event(), LONG)).isTrue();
    }
  }

  @Test
  void shouldRefuseHalfARowAtTheEndOfAPipe() throws IOException {
    String text = HEADER + "\n1,1,,u,2,a\n2,1,,v";
    try (EventReader reader = EventReader.of(bytes(text), "standard input", OnBadRow.STOP)) {
      assertThat(reader.next(new Event(), LONG)).isTrue();
      assertThatThrownBy(() -> reader.next(new Event(), LONG))
          .isInstanceOf(MalformedFileException.class)
          .hasMessage("standard input:3: the last row has no line end, expected a whole row");
    }
    try (EventReader reader = EventReader.of(bytes(text), "standard input", OnBadRow.SKIP)) {
      assertThat(reader.next(new Event(), LONG)).isTrue();
      assertThat(reader.next(new Event(), LONG)).isFalse();
      assertThat(reader.isEnded()).isTrue();
      assertThat(reader.skippedRows()).isEqualTo(1);
    }
  }

  @Test
  void shouldReportThatAPipeCannotBeRead() throws IOException {
    InputStream closed = InputStream.nullInputStream();
    closed.close();
    InputStream broken = new java.io.SequenceInputStream(bytes(HEADER + "\n"), closed);
    try (EventReader reader = EventReader.of(broken, "standard input", OnBadRow.STOP)) {
      assertThatThrownBy(
              () -> {
                while (!reader.isEnded()) {
                  reader.next(new Event(), LONG);
                }
              })
          .isInstanceOf(IOException.class)
          .hasMessageContaining("reading failed: Stream closed");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "time,label", "time;label\n"})
  void shouldRefuseAStreamWithoutAHeader(String text) {
    assertThatThrownBy(() -> EventReader.of(bytes(text), "standard input", OnBadRow.SKIP))
        .isInstanceOf(MalformedFileException.class)
        .hasMessageContainingAll("standard input", "expected");
  }

  @Test
  void shouldSayThatThereIsNoSuchFile() {
    assertThatThrownBy(() -> EventReader.open(folder.resolve("none"), OnBadRow.STOP))
        .isInstanceOf(MalformedFileException.class)
        .hasMessageContainingAll("none: ", "there is no such file, expected an event stream");
    assertThatThrownBy(() -> EventReader.open(folder, OnBadRow.STOP))
        .isInstanceOf(MalformedFileException.class)
        .hasMessageContaining("there is no such file, expected an event stream");
  }

  @Test
  void shouldAllocateNothingARow() throws IOException {
    StringBuilder text = new StringBuilder(HEADER).append('\n');
    for (int i = 0; i < 60_000; i++) {
      text.append(i)
          .append(",1,0.25,\"u")
          .append(i % 7)
          .append("\",")
          .append(i % 90)
          .append(",a|b\n");
    }
    try (EventReader reader = EventReader.open(file(folder, text.toString()), OnBadRow.STOP)) {
      Event event = new Event();
      com.sun.management.ThreadMXBean threads =
          (com.sun.management.ThreadMXBean)
              java.lang.management.ManagementFactory.getThreadMXBean();
      int length = 0;
      for (int i = 0; i < 30_000; i++) {
        assertThat(reader.next(event, Duration.ZERO)).isTrue();
      }
      long before = threads.getCurrentThreadAllocatedBytes();
      for (int i = 0; i < 30_000; i++) {
        length += reader.next(event, Duration.ZERO) ? event.value(2, 1).length() : 0;
      }
      long allocated = threads.getCurrentThreadAllocatedBytes() - before;
      assertThat(length).isEqualTo(30_000);
      assertThat(allocated).isLessThan(30_000); // not a byte a row
    }
  }
}
