package femto.tools.stream;

import femto.model.Field;
import femto.tools.stream.EventSchema.Column;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CoderResult;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * Makes an event of a line. The line is widened to characters once, and values stay where they are
 * in it, so nothing is allocated. A CSV library reads ahead and takes the end of what there is for
 * the end of all; here the lines of a growing file are found first.
 */
final class RowParser {
  private static final String IMPRESSION = "impression";
  private static final String CLICK = "click";
  private static final char VALUE_SEPARATOR = '|';

  private final EventSchema schema;
  private final Column[] columns;
  private final List<Field> fields;
  private final CharsetDecoder utf8 =
      StandardCharsets.UTF_8
          .newDecoder()
          .onMalformedInput(CodingErrorAction.REPORT)
          .onUnmappableCharacter(CodingErrorAction.REPORT);

  private char[] text = {};
  private int end;

  /** The cell that {@link #cell} has found, without its quotes. */
  private int cellBegin;

  private int cellEnd;

  RowParser(EventSchema schema) {
    this.schema = schema;
    this.columns = schema.columns().toArray(Column[]::new);
    this.fields = schema.fields();
  }

  /**
   * Reads a line without its end.
   *
   * @throws BadRowException if it is not as the header says; {@code into} is undefined then
   */
  void parse(byte[] bytes, int from, int to, Event into) throws BadRowException {
    if (from == to) {
      throw new BadRowException("found an empty line, expected a row");
    }
    if (into.text.length < to - from) {
      into.text = new char[Math.max(to - from, 2 * into.text.length)];
    }
    text = into.text;
    end = widen(bytes, from, to);
    into.reset();
    boolean hasFeature = false;
    int field = 0;
    int at = 0;
    int column = 0;
    while (true) {
      int next = cell(at);
      if (column < columns.length) {
        if (columns[column] == Column.FIELD) {
          takeValues(fields.get(field++), into);
          hasFeature |= cellEnd > cellBegin;
        } else {
          take(columns[column], into);
        }
      }
      column++;
      if (next == end) {
        break;
      }
      at = next + 1;
    }
    if (column != columns.length) {
      throw new BadRowException(
          "found "
              + column
              + (column == 1 ? " cell" : " cells")
              + ", expected "
              + columns.length
              + " as in the header");
    }
    if (into.kind == Event.Kind.CLICK && hasFeature) {
      throw new BadRowException("a click with features, expected its time and id alone");
    }
  }

  /** Returns how many characters there are. */
  private int widen(byte[] bytes, int from, int to) throws BadRowException {
    int all = 0;
    for (int i = from; i < to; i++) {
      all |= bytes[i];
      text[i - from] = (char) bytes[i];
    }
    if (all >= 0) {
      return to - from;
    }
    CharBuffer characters = CharBuffer.wrap(text);
    CoderResult result =
        utf8.reset().decode(ByteBuffer.wrap(bytes, from, to - from), characters, true);
    if (result.isError()) {
      throw new BadRowException("is not UTF-8, expected text in UTF-8");
    }
    return characters.position();
  }

  /** Finds the cell that begins at a place; returns where the comma behind it is, or the end. */
  private int cell(int begin) throws BadRowException {
    if (begin < end && text[begin] == '"') {
      return quotedCell(begin + 1);
    }
    int at = begin;
    for (; at < end && text[at] != ','; at++) {
      char c = text[at];
      if (c < ' ' || c == '"' || c == 0x7f) {
        throw unexpected(c);
      }
    }
    cellBegin = begin;
    cellEnd = at;
    return at;
  }

  /** Doubled quotes become one where they are: what is behind them moves. */
  private int quotedCell(int begin) throws BadRowException {
    cellBegin = begin;
    cellEnd = begin;
    for (int at = begin; at < end; at++) {
      char c = text[at];
      if (c == '"') {
        at++;
        if (at == end || text[at] == ',') {
          return at;
        }
        if (text[at] != '"') {
          throw new BadRowException(
              "found '" + text[at] + "' after a closing quote, expected a comma or the line's end");
        }
      } else if (c < ' ' || c == 0x7f) {
        throw unexpected(c);
      }
      text[cellEnd++] = c;
    }
    throw new BadRowException("found a quote that is not closed on its line");
  }

  private static BadRowException unexpected(char c) {
    return new BadRowException(
        c == '"'
            ? "found a quote inside a cell, expected the whole cell in quotes"
            : "found the byte 0x%02x, expected text".formatted((int) c));
  }

  private void takeValues(Field field, Event into) throws BadRowException {
    switch (field.encoding()) {
      case MULTI_HOT, ROOT_HOT -> takeEach(field, into);
      case BUCKET -> {
        if (cellBegin < cellEnd && !Texts.isWhole(text, cellBegin, cellEnd)) {
          throw found("field " + field.name(), "a whole number or nothing");
        }
        takeOne(into);
      }
      case ONE_HOT -> takeOne(into);
    }
    into.endField();
  }

  private void takeOne(Event into) {
    if (cellBegin < cellEnd) {
      into.addValue(cellBegin, cellEnd);
    }
  }

  private void takeEach(Field field, Event into) throws BadRowException {
    int begin = cellBegin;
    for (int at = cellBegin; at <= cellEnd && cellBegin < cellEnd; at++) {
      if (at == cellEnd || text[at] == VALUE_SEPARATOR) {
        if (at == begin) {
          throw found("field " + field.name(), "values separated by |, none of them empty");
        }
        into.addValue(begin, at);
        begin = at + 1;
      }
    }
  }

  private void take(Column column, Event into) throws BadRowException {
    switch (column) {
      case TIME -> into.time = whole("time");
      case ID -> into.id = whole("id");
      case LABEL ->
          into.label =
              (float) number("label", -Float.MAX_VALUE, Float.MAX_VALUE, "a finite number");
      case EVENT -> {
        if (is(IMPRESSION)) {
          into.kind = Event.Kind.IMPRESSION;
        } else if (is(CLICK)) {
          into.kind = Event.Kind.CLICK;
        } else {
          throw found("event", IMPRESSION + " or " + CLICK);
        }
      }
      case WEIGHT -> {
        if (cellBegin < cellEnd) {
          into.weight = (float) number("weight", 0, Float.MAX_VALUE, "a finite number, 0 or more");
        }
      }
      case PROBABILITY -> {
        if (cellBegin < cellEnd) {
          into.probability = number("probability", 0, 1, "a number, 0 to 1");
        }
      }
      case FIELD -> throw new IllegalStateException("a field of " + schema);
    }
  }

  private long whole(String name) throws BadRowException {
    if (!Texts.isWhole(text, cellBegin, cellEnd)) {
      throw found(name, "a whole number of up to 64 bits");
    }
    return Texts.whole(text, cellBegin, cellEnd);
  }

  private double number(String name, double lowest, double highest, String expected)
      throws BadRowException {
    double number = Texts.decimal(text, cellBegin, cellEnd);
    if (!(number >= lowest && number <= highest)) {
      throw found(name, expected);
    }
    return number;
  }

  private boolean is(String word) {
    if (cellEnd - cellBegin != word.length()) {
      return false;
    }
    for (int i = 0; i < word.length(); i++) {
      if (text[cellBegin + i] != word.charAt(i)) {
        return false;
      }
    }
    return true;
  }

  private BadRowException found(String name, String expected) {
    String cell = new String(text, cellBegin, cellEnd - cellBegin);
    return new BadRowException(name + " " + Texts.quote(cell) + ", expected " + expected);
  }
}
