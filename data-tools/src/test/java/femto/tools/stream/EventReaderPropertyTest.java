package femto.tools.stream;

import static org.assertj.core.api.Assertions.assertThat;

import de.siegmar.fastcsv.writer.CsvWriter;
import de.siegmar.fastcsv.writer.QuoteStrategies;
import femto.file.MalformedFileException;
import java.io.IOException;
import java.io.OutputStream;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;

class EventReaderPropertyTest {
  private static final String[] WORDS = {
    "a", "b,c", "say \"x\"", "\u00fc", "\u6f22\u5b57", "\ud83d\ude00", " ", "0", "-", "longer text"
  };

  /** Rows as another library writes them, and the events that they are. */
  private record Written(byte[] bytes, List<String> events) {}

  private static Written write(Random random, int rows) {
    StringWriter text = new StringWriter();
    List<String> events = new ArrayList<>();
    try (CsvWriter csv =
        CsvWriter.builder()
            .quoteStrategy(random.nextBoolean() ? QuoteStrategies.ALWAYS : QuoteStrategies.EMPTY)
            .lineDelimiter(
                random.nextBoolean()
                    ? de.siegmar.fastcsv.writer.LineDelimiter.LF
                    : de.siegmar.fastcsv.writer.LineDelimiter.CRLF)
            .build(text)) {
      csv.writeRecord(Streams.HEADER.split(",", -1));
      for (int i = 0; i < rows; i++) {
        long time = random.nextInt(4) == 0 ? random.nextLong() : random.nextInt(1000);
        float label = random.nextInt(3) == 0 ? random.nextFloat() : random.nextInt(2);
        float weight = random.nextInt(3) == 0 ? 100 * random.nextFloat() : 1;
        List<String> user = words(random, random.nextInt(2));
        List<String> age = random.nextBoolean() ? List.of() : List.of("" + random.nextInt());
        List<String> genres = words(random, random.nextInt(4));
        csv.writeRecord(
            Long.toString(time),
            Float.toString(label),
            weight == 1 ? "" : Float.toString(weight),
            String.join("", user),
            String.join("", age),
            String.join("|", genres));
        events.add("LABELLED " + time + " " + label + " w" + weight + " " + user + age + genres);
      }
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
    return new Written(text.toString().getBytes(StandardCharsets.UTF_8), events);
  }

  private static List<String> words(Random random, int count) {
    List<String> words = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      words.add(WORDS[random.nextInt(WORDS.length)]);
    }
    return words;
  }

  private static Path newFile(byte[] content) throws IOException {
    return Files.write(Files.createTempFile("femto-events-", ".csv"), content);
  }

  @Property(tries = 150)
  void shouldReadExactlyTheRowsHoweverTheFileGrows(
      @ForAll long seed, @ForAll @IntRange(min = 0, max = 400) int rows) throws Exception {
    Random random = new Random(seed);
    Written written = write(random, rows);
    Path file = newFile(new byte[0]);
    Thread writer = Thread.ofPlatform().start(() -> grow(file, written.bytes, random.nextLong()));
    try (EventReader reader = EventReader.open(file, OnBadRow.STOP)) {
      Event event = new Event();
      List<String> seen = new ArrayList<>();
      while (seen.size() < rows && reader.next(event, Duration.ofSeconds(20))) {
        seen.add(Streams.text(event, reader.schema()));
      }
      writer.join();
      assertThat(seen).isEqualTo(written.events);
      assertThat(reader.next(event, Duration.ZERO)).isFalse();
      assertThat(reader.position()).isEqualTo(written.bytes.length);
    } finally {
      writer.join();
      Files.delete(file);
    }
  }

  private static void grow(Path file, byte[] bytes, long seed) {
    Random random = new Random(seed);
    int most = random.nextBoolean() ? 20 : 3000;
    try (OutputStream out = Files.newOutputStream(file, StandardOpenOption.APPEND)) {
      for (int at = 0; at < bytes.length; ) {
        int length = Math.min(bytes.length - at, 1 + random.nextInt(most));
        out.write(bytes, at, length);
        at += length;
        if (random.nextInt(most) == 0) {
          Thread.sleep(1);
        }
      }
    } catch (IOException | InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  @Property(tries = 60)
  void shouldResumeAtEveryPosition(@ForAll long seed, @ForAll @IntRange(min = 0, max = 40) int rows)
      throws IOException {
    Written written = write(new Random(seed), rows);
    Path file = newFile(written.bytes);
    try (EventReader reader = EventReader.open(file, OnBadRow.STOP)) {
      for (int i = 0; i <= rows; i++) {
        try (EventReader resumed = EventReader.openAt(file, reader.position(), OnBadRow.STOP)) {
          assertThat(Streams.readAll(resumed)).isEqualTo(written.events.subList(i, rows));
        }
        assertThat(reader.next(new Event(), Duration.ZERO)).isEqualTo(i < rows);
      }
    } finally {
      Files.delete(file);
    }
  }

  @Property(tries = 1000)
  void shouldReadOrRefuseWhateverTheFileHolds(
      @ForAll long seed, @ForAll @IntRange(min = 1, max = 5) int damages) throws IOException {
    Random random = new Random(seed);
    byte[] bytes = write(random, 1 + random.nextInt(10)).bytes;
    for (int i = 0; i < damages; i++) {
      bytes = damage(bytes, random);
    }
    // The header has its line end, or opening would wait for it.
    Path file = newFile(join(bytes, new byte[] {'\n'}));
    try {
      read(file, OnBadRow.STOP);
      read(file, OnBadRow.SKIP);
    } finally {
      Files.delete(file);
    }
  }

  private static void read(Path file, OnBadRow onBadRow) throws IOException {
    boolean opened = false;
    try (EventReader reader = EventReader.open(file, onBadRow)) {
      opened = true;
      Streams.readAll(reader);
      assertThat(reader.position()).isEqualTo(Files.size(file));
    } catch (MalformedFileException e) {
      assertThat(e).hasMessageStartingWith(file + ":");
      assertThat(onBadRow == OnBadRow.SKIP && opened).isFalse();
    }
  }

  private static byte[] damage(byte[] bytes, Random random) {
    int at = random.nextInt(bytes.length);
    switch (random.nextInt(4)) {
      case 0 -> bytes[at] = (byte) random.nextInt();
      case 1 -> bytes[at] = (byte) ",\n\r\"|:.-eE019".charAt(random.nextInt(13));
      case 2 -> {
        return join(Arrays.copyOf(bytes, at), Arrays.copyOfRange(bytes, at + 1, bytes.length + 1));
      }
      default -> {
        int from = random.nextInt(bytes.length);
        return join(Arrays.copyOf(bytes, at), Arrays.copyOfRange(bytes, from, bytes.length));
      }
    }
    return bytes;
  }

  private static byte[] join(byte[] one, byte[] two) {
    byte[] both = Arrays.copyOf(one, one.length + two.length);
    System.arraycopy(two, 0, both, one.length, two.length);
    return both;
  }

  /** Against the JDK's parsers, which round correctly. */
  @Property(tries = 3000)
  void shouldReadNumbersAsTheJdkDoes(@ForAll long bits, @ForAll long whole) {
    double number = Double.longBitsToDouble(bits);
    String[] forms = {
      Double.toString(number),
      Long.toString(whole),
      whole + ".5",
      whole % 1000 + "." + Math.abs(bits % 1_000_000),
      "0.0000" + (whole & Long.MAX_VALUE),
      (whole >>> 40) + "e" + bits % 20
    };
    for (String form : forms) {
      char[] text = ("x" + form + "x").toCharArray();
      double read = Texts.decimal(text, 1, 1 + form.length());
      if (Double.isFinite(Double.parseDouble(form))) {
        assertThat(read).as(form).isEqualTo(Double.parseDouble(form));
      }
    }
    char[] text = Long.toString(whole).toCharArray();
    assertThat(Texts.isWhole(text, 0, text.length)).isTrue();
    assertThat(Texts.whole(text, 0, text.length)).isEqualTo(whole);
  }
}
