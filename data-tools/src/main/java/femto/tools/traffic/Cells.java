package femto.tools.traffic;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import de.siegmar.fastcsv.reader.CsvParseException;
import de.siegmar.fastcsv.reader.CsvReader;
import de.siegmar.fastcsv.reader.CsvRecord;
import de.siegmar.fastcsv.reader.FieldMismatchStrategy;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CodingErrorAction;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The fields of a row, as bytes. A row is a line, so that a stray quote breaks one row and not all
 * that follow. Lines without a quote are split at their commas, the others by the CSV library: it
 * gets each byte as a character, and gives them back.
 */
final class Cells {
  static final int MAX_FIELD = 4096;

  private static final CsvReader.CsvReaderBuilder CSV =
      CsvReader.builder()
          .extraFieldStrategy(FieldMismatchStrategy.IGNORE)
          .missingFieldStrategy(FieldMismatchStrategy.IGNORE)
          .skipEmptyLines(false)
          .allowUnclosedQuote(false);

  private final CharsetDecoder utf8 =
      UTF_8
          .newDecoder()
          .onMalformedInput(CodingErrorAction.REPORT)
          .onUnmappableCharacter(CodingErrorAction.REPORT);
  private final CharBuffer decoded = CharBuffer.allocate(Lines.MAX_LINE);
  private final int[] begins;
  private final int[] ends;
  private byte[] bytes = {};
  private byte[] unquoted = {};

  Cells(int columns) {
    this.begins = new int[columns];
    this.ends = new int[columns];
  }

  /** Takes a line apart. */
  void take(Lines line) throws BrokenRowException {
    if (line.isOverLong()) {
      throw new BrokenRowException(
          Breakage.OVER_LONG, "has more than " + Lines.MAX_LINE + " bytes, expected a row");
    }
    bytes = line.bytes();
    int begin = line.begin();
    int fields = 0;
    int all = 0;
    boolean hasNul = false;
    boolean hasQuote = false;
    int longest = 0;
    for (int at = begin; at < line.end(); at++) {
      byte b = bytes[at];
      all |= b;
      if (b == ',') {
        longest = Math.max(longest, at - begin);
        field(fields++, begin, at);
        begin = at + 1;
      } else if (b == '"') {
        hasQuote = true;
      } else if (b == 0) {
        hasNul = true;
      }
    }
    longest = Math.max(longest, line.end() - begin);
    field(fields++, begin, line.end());
    if (hasNul) {
      throw new BrokenRowException(Breakage.NUL_BYTE, "has a byte 0, expected text");
    }
    if (all < 0) {
      checkUtf8(bytes, line.begin(), line.end());
    }
    if (hasQuote) {
      List<String> texts = unquote(line);
      fields = texts.size();
      longest = texts.stream().mapToInt(String::length).max().orElse(0);
      place(texts, line.end() - line.begin());
    }
    if (longest > MAX_FIELD) {
      throw new BrokenRowException(
          Breakage.OVER_LONG, "a field of " + longest + " bytes, expected up to " + MAX_FIELD);
    }
    if (fields != begins.length) {
      throw new BrokenRowException(
          Breakage.WRONG_NUMBER_OF_FIELDS,
          (line.begin() == line.end()
                  ? "found an empty line"
                  : "found " + fields + (fields == 1 ? " field" : " fields"))
              + ", expected "
              + begins.length
              + " as in the header");
    }
  }

  private void field(int field, int begin, int end) {
    if (field < begins.length) {
      begins[field] = begin;
      ends[field] = end;
    }
  }

  private void checkUtf8(byte[] text, int from, int to) throws BrokenRowException {
    decoded.clear();
    utf8.reset();
    if (!utf8.decode(ByteBuffer.wrap(text, from, to - from), decoded, true).isError()) {
      return;
    }
    throw looksLikeLatin1(text, from, to)
        ? new BrokenRowException(
            Breakage.LATIN_1, "is not UTF-8 and looks like Latin-1, expected text in UTF-8")
        : new BrokenRowException(Breakage.MALFORMED_UTF_8, "is not UTF-8, expected text in UTF-8");
  }

  /** No control characters of Latin-1, and nothing that begins as a character of UTF-8 does. */
  static boolean looksLikeLatin1(byte[] text, int from, int to) {
    int last = 0;
    for (int at = from; at < to; at++) {
      int b = text[at] & 0xff;
      if (b >= 0x80 && (b < 0xa0 || (b < 0xc0 && last >= 0xc2))) {
        return false;
      }
      last = b;
    }
    return true;
  }

  private static List<String> unquote(Lines line) throws BrokenRowException {
    String text = new String(line.bytes(), line.begin(), line.end() - line.begin(), ISO_8859_1);
    try {
      List<String> fields = split(text);
      if (fields != null) {
        return fields;
      }
    } catch (CsvParseException e) {
      // Its words are of records and buffers; what is wrong with a single line is said here.
    }
    throw new BrokenRowException(
        Breakage.BROKEN_QUOTES,
        "a quote that is not closed on its line, or is followed by something else than a comma");
  }

  /**
   * The fields of one line; null if a lone carriage return outside of quotes makes it several.
   *
   * @throws CsvParseException if its quotes are broken
   */
  static @Nullable List<String> split(String line) {
    try (CsvReader<CsvRecord> reader = CSV.ofCsvRecord(line)) {
      List<String> fields = List.of();
      int records = 0;
      for (CsvRecord record : reader) {
        fields = record.getFields();
        records++;
      }
      return records == 1 ? fields : null;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @SuppressWarnings("deprecation") // the high bytes that it drops are all 0
  private void place(List<String> texts, int most) {
    if (unquoted.length < most) {
      unquoted = new byte[Math.max(most, 2 * unquoted.length)];
    }
    bytes = unquoted;
    int at = 0;
    for (int i = 0; i < texts.size(); i++) {
      String text = texts.get(i);
      text.getBytes(0, text.length(), unquoted, at);
      field(i, at, at + text.length());
      at += text.length();
    }
  }

  /** Where the fields are; until the next row is taken. */
  byte[] bytes() {
    return bytes;
  }

  int begin(int field) {
    return begins[field];
  }

  int end(int field) {
    return ends[field];
  }

  boolean isEmpty(int field) {
    return begins[field] == ends[field];
  }

  /** Whether a field is a word of ASCII characters. */
  boolean is(int field, String word) {
    if (ends[field] - begins[field] != word.length()) {
      return false;
    }
    for (int i = 0; i < word.length(); i++) {
      if (bytes[begins[field] + i] != word.charAt(i)) {
        return false;
      }
    }
    return true;
  }

  String text(int field) {
    return new String(bytes, begins[field], ends[field] - begins[field], UTF_8);
  }
}
