package femto.tools.data;

import femto.file.MalformedFileException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A text file of one record a line with separated fields, read strictly: every record has the
 * number of fields that it should have, and every complaint names file and line. Lines end with LF
 * or CRLF; empty lines may stand at the end only.
 */
final class TextTable {
  /** No record of any format read here comes near it; a binary file without line ends does. */
  private static final int MAX_LINE_BYTES = 1 << 16;

  private static final int SHOWN_CHARACTERS = 60;
  private static final Pattern DECIMAL = Pattern.compile("[0-9]+(\\.[0-9]+)?");

  private TextTable() {}

  /**
   * What a file looks like.
   *
   * @param charset US-ASCII, where any other byte is an error, or ISO-8859-1
   * @param separator what stands between two fields
   * @param fields how many fields there are
   * @param description what they are, for messages
   */
  record Layout(Charset charset, char separator, int fields, String description) {}

  /** Takes one record. */
  @FunctionalInterface
  interface Consumer {
    void accept(Row row) throws IOException;
  }

  /** One record and where it stands. */
  static final class Row {
    private final Path file;
    private final int line;
    private final String[] fields;

    private Row(Path file, int line, String[] fields) {
      this.file = file;
      this.line = line;
      this.fields = fields;
    }

    /** Line number, from 1. */
    int line() {
      return line;
    }

    String text(int field) {
      return fields[field];
    }

    /** A field that must be a whole number in a range, written without sign or leading zeros. */
    long number(int field, String name, long lowest, long highest) throws MalformedFileException {
      String text = fields[field];
      if (isCanonicalNumber(text)) {
        long value = Long.parseLong(text);
        if (value >= lowest && value <= highest) {
          return value;
        }
      }
      String range = highest == Long.MAX_VALUE ? lowest + " or more" : lowest + " to " + highest;
      throw error(name + " " + quote(text) + ", expected a whole number, " + range);
    }

    /** A field that must be a decimal number in a range, such as {@code 3.25}. */
    float decimal(int field, String name, float lowest, float highest)
        throws MalformedFileException {
      String text = fields[field];
      if (DECIMAL.matcher(text).matches()) {
        float value = Float.parseFloat(text);
        if (value >= lowest && value <= highest) {
          return value;
        }
      }
      throw error(name + " " + quote(text) + ", expected a number, " + lowest + " to " + highest);
    }

    MalformedFileException error(String problem) {
      return new MalformedFileException(file, line, problem);
    }
  }

  private static boolean isCanonicalNumber(String text) {
    // 18 digits always fit a long.
    if (text.isEmpty() || text.length() > 18 || (text.length() > 1 && text.charAt(0) == '0')) {
      return false;
    }
    for (int i = 0; i < text.length(); i++) {
      if (text.charAt(i) < '0' || text.charAt(i) > '9') {
        return false;
      }
    }
    return true;
  }

  /** Text for a message: quoted, cut where it is long. */
  static String quote(String text) {
    boolean isLong = text.length() > SHOWN_CHARACTERS;
    return "\"" + (isLong ? text.substring(0, SHOWN_CHARACTERS) + "..." : text) + "\"";
  }

  /**
   * Reads all records.
   *
   * @throws MalformedFileException if there are none, or one is not as the layout says
   */
  static void read(Path file, Layout layout, Consumer consumer) throws IOException {
    try (InputStream in = Files.newInputStream(file)) {
      Lines lines = new Lines(file, in, layout.charset());
      String line = lines.next();
      if (line == null) {
        throw new MalformedFileException(
            file, "", "is empty, expected lines of " + layout.description());
      }
      for (; line != null; line = lines.next()) {
        String[] fields = split(line, layout.separator());
        Row row = new Row(file, lines.number, fields);
        if (fields.length != layout.fields()) {
          throw row.error(
              "found "
                  + fields.length
                  + (fields.length == 1 ? " field in " : " fields in ")
                  + quote(line)
                  + ", expected "
                  + layout.fields()
                  + ": "
                  + layout.description());
        }
        consumer.accept(row);
      }
    }
  }

  private static String[] split(String line, char separator) {
    String[] fields = new String[8];
    int count = 0;
    int begin = 0;
    for (int end = line.indexOf(separator); ; end = line.indexOf(separator, begin)) {
      if (count == fields.length) {
        fields = Arrays.copyOf(fields, 2 * count);
      }
      fields[count++] = line.substring(begin, end < 0 ? line.length() : end);
      if (end < 0) {
        return Arrays.copyOf(fields, count);
      }
      begin = end + 1;
    }
  }

  private static final class Lines {
    private final Path file;
    private final InputStream in;
    private final int highestByte;
    private final byte[] bytes = new byte[MAX_LINE_BYTES];
    private final byte[] buffer = new byte[1 << 16];
    private int position;
    private int limit;

    /** Number of the line that {@link #next} returned last, from 1. */
    private int number;

    Lines(Path file, InputStream in, Charset charset) {
      this.file = file;
      this.in = in;
      this.highestByte = charset.equals(StandardCharsets.US_ASCII) ? 0x7e : 0xff;
    }

    /** The next line, or null at the end of the file. */
    @Nullable String next() throws IOException {
      String line = raw();
      int empty = 0;
      while (line != null && line.isEmpty()) {
        empty = empty == 0 ? number : empty;
        line = raw();
      }
      if (line != null && empty > 0) {
        throw new MalformedFileException(
            file, empty, "found an empty line, expected those at the end of the file only");
      }
      return line;
    }

    /** The next byte or -1. Not BufferedInputStream, which takes a lock for each byte. */
    private int read() throws IOException {
      if (position == limit) {
        position = 0;
        limit = Math.max(0, in.read(buffer));
        if (limit == 0) {
          return -1;
        }
      }
      return buffer[position++] & 0xff;
    }

    private @Nullable String raw() throws IOException {
      int length = 0;
      int next = read();
      if (next < 0) {
        return null;
      }
      number++;
      for (; next >= 0 && next != '\n'; next = read()) {
        if (length == MAX_LINE_BYTES) {
          throw new MalformedFileException(
              file, number, "is longer than " + MAX_LINE_BYTES + " bytes, expected a line of text");
        }
        bytes[length++] = (byte) next;
      }
      if (length > 0 && bytes[length - 1] == '\r') {
        length--;
      }
      for (int i = 0; i < length; i++) {
        int found = bytes[i] & 0xff;
        if ((found < ' ' && found != '\t') || found == 0x7f || found > highestByte) {
          throw new MalformedFileException(
              file,
              number,
              "found the byte 0x%02x, expected ".formatted(found)
                  + (highestByte == 0xff ? "ISO-8859-1" : "ASCII")
                  + " text");
        }
      }
      return new String(bytes, 0, length, StandardCharsets.ISO_8859_1);
    }
  }
}
