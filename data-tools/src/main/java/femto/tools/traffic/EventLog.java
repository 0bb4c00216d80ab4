package femto.tools.traffic;

import static java.nio.charset.StandardCharsets.UTF_8;

import de.siegmar.fastcsv.reader.CsvParseException;
import femto.file.MalformedFileException;
import femto.tools.stream.OnBadRow;
import it.unimi.dsi.fastutil.HashCommon;
import it.unimi.dsi.fastutil.bytes.ByteArrayList;
import it.unimi.dsi.fastutil.ints.IntArrayList;
import it.unimi.dsi.fastutil.ints.IntHash;
import it.unimi.dsi.fastutil.ints.IntOpenCustomHashSet;
import it.unimi.dsi.fastutil.longs.Long2IntOpenHashMap;
import it.unimi.dsi.fastutil.longs.LongArrayList;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.LongConsumer;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * An event log in memory, each event joined with its impression, and a count of what was broken.
 * The file is read once, so it may be a pipe, and in any order: a click may stand before its
 * impression. About 40 bytes a row are held, and the texts of the columns once each.
 *
 * <p>Each row of the file is either used or refused for one reason, so that {@link #rows()} is
 * {@link #used()} and the {@link #count counts} of all that are {@linkplain Breakage#isRefused
 * refused}. Read-only once it is read, but not safely published.
 */
public final class EventLog {
  /** Kind of a row that is not used. */
  static final byte REFUSED = -1;

  static final int NONE = Names.NONE;
  static final long UNKNOWN_DWELL = -1;

  private static final Column[] COLUMNS = Column.values();
  private static final EventKind[] KINDS = EventKind.values();
  private static final byte VIEW = EventKind.VIEW.code();
  private static final byte CLICK = EventKind.CLICK.code();
  private static final byte IMPRESSION = EventKind.IMPRESSION.code();
  private static final int MAX_ROWS = 1 << 28;
  private static final int MAX_ARMS = 100;
  private static final int LINES_A_REPORT = 1 << 12;
  private static final byte[] BYTE_ORDER_MARK = {(byte) 0xef, (byte) 0xbb, (byte) 0xbf};

  private final Path file;
  private final Set<Column> columns = EnumSet.noneOf(Column.class);
  private final List<String> unknownColumns = new ArrayList<>();

  /** Where each column stands in a row, if it does. */
  private final Map<Column, Integer> fields = new EnumMap<>(Column.class);

  private long rows;
  private final Map<Breakage, Tally> broken = new EnumMap<>(Breakage.class);

  private final Names ids = new Names();
  private final Names users = new Names();
  private final Names items = new Names();
  private final Names sessionNames = new Names();
  private final Names arms = new Names();

  /** Numbers of sessions by user and name: some logs number the visits of each user from 1. */
  private final Long2IntOpenHashMap sessions = new Long2IntOpenHashMap();

  // What the rows say, a list a column; the rows that are broken by themselves are not in them.
  private final ByteArrayList kind = new ByteArrayList();
  private final LongArrayList time = new LongArrayList();
  private final IntArrayList id = new IntArrayList();
  private final IntArrayList user = new IntArrayList();
  private final IntArrayList item = new IntArrayList();
  private final IntArrayList session = new IntArrayList();
  private final LongArrayList dwell = new LongArrayList();
  private final ByteArrayList arm = new ByteArrayList();

  private final LongArrayList line = new LongArrayList();

  /** Row of the impression of each id. */
  private final IntArrayList impressions = new IntArrayList();

  /** Rows but the first impression of each id, which nothing before it can equal. */
  private final IntOpenCustomHashSet seen = new IntOpenCustomHashSet(new SameRow());

  /** Rows that are broken in a way. */
  private static final class Tally {
    private final long firstLine;
    private long rows;

    Tally(long firstLine) {
      this.firstLine = firstLine;
    }
  }

  private EventLog(Path file) {
    this.file = file;
  }

  /**
   * Reads a log: CSV in UTF-8 with a header that names its columns, in any order.
   *
   * @param file the file; it is read once
   * @param needed columns that it must have besides those that are required
   * @param onBadRow whether reading ends at a row that is refused; those that are broken by
   *     themselves come first, then those that do not fit their impression
   * @param progress is told now and then how many bytes of the file have been read
   * @return the log
   * @throws MalformedFileException if the file is no such log, or a row is refused and reading is
   *     to stop there; it names line and column
   * @throws IOException if the file cannot be read
   */
  public static EventLog read(
      Path file, Set<Column> needed, OnBadRow onBadRow, LongConsumer progress) throws IOException {
    if (Files.isDirectory(file)) {
      throw new MalformedFileException(file, "", "is a directory, expected an event log");
    }
    if (!Files.exists(file)) {
      throw new NoSuchFileException(file.toString());
    }
    EventLog log = new EventLog(file);
    try (InputStream in = Files.newInputStream(file);
        Lines lines = new Lines(in)) {
      Cells cells = new Cells(log.readHeader(lines, needed));
      log.readRows(lines, cells, onBadRow, progress);
    }
    log.join(onBadRow);
    return log;
  }

  private int readHeader(Lines lines, Set<Column> needed) throws IOException {
    if (!lines.next()) {
      throw new MalformedFileException(file, "", "is empty, expected a line of column names");
    }
    List<String> header = header(lines);
    for (int field = 0; field < header.size(); field++) {
      Column column = column(header.get(field));
      if (column == null) {
        unknownColumns.add(header.get(field));
      } else if (!columns.add(column)) {
        throw malformedHeader("the column " + column + " stands twice");
      } else {
        fields.put(column, field);
      }
    }
    Set<Column> missing = EnumSet.noneOf(Column.class);
    for (Column column : COLUMNS) {
      if (!columns.contains(column) && (column.isRequired() || needed.contains(column))) {
        missing.add(column);
      }
    }
    if (!missing.isEmpty()) {
      throw malformedHeader(
          (missing.size() == 1 ? "there is no column " : "there are no columns ")
              + missing.stream().map(Column::toString).collect(Collectors.joining(", "))
              + "; found "
              + header.stream().map(BrokenRowException::quote).collect(Collectors.joining(", ")));
    }
    return header.size();
  }

  private List<String> header(Lines lines) throws MalformedFileException {
    byte[] bytes = lines.bytes();
    int begin = lines.begin();
    int length = Math.min(lines.end() - begin, Lines.MAX_LINE);
    String other = otherFormat(bytes, begin, begin + length);
    if (other != null) {
      throw malformedHeader("looks like " + other + ", expected CSV in UTF-8");
    }
    if (lines.isOverLong()) {
      throw malformedHeader("has more than " + Lines.MAX_LINE + " bytes, expected column names");
    }
    for (int at = begin; at < lines.end(); at++) {
      if (bytes[at] == '\r' || bytes[at] == 0) {
        throw malformedHeader(
            bytes[at] == 0
                ? "has a byte 0, expected text"
                : "has a carriage return inside, expected lines that end with LF or CRLF");
      }
    }
    boolean marked =
        length >= BYTE_ORDER_MARK.length
            && Arrays.equals(bytes, begin, begin + BYTE_ORDER_MARK.length, BYTE_ORDER_MARK, 0, 3);
    int skipped = marked ? BYTE_ORDER_MARK.length : 0;
    String text;
    try {
      text =
          UTF_8
              .newDecoder()
              .decode(ByteBuffer.wrap(bytes, begin + skipped, length - skipped))
              .toString();
    } catch (CharacterCodingException e) {
      throw malformedHeader(
          Cells.looksLikeLatin1(bytes, begin, begin + length)
              ? "looks like Latin-1, expected text in UTF-8"
              : "is not UTF-8, expected text in UTF-8");
    }
    try {
      List<String> names = Cells.split(text);
      if (names != null) {
        return names;
      }
    } catch (CsvParseException e) {
      // said below, of this line
    }
    throw malformedHeader(
        text.isEmpty() ? "is empty, expected column names" : "its quotes are broken");
  }

  /** Formats that are mistaken for it, by their first bytes. */
  private static @Nullable String otherFormat(byte[] bytes, int from, int to) {
    int a = to > from ? bytes[from] & 0xff : -1;
    int b = to > from + 1 ? bytes[from + 1] & 0xff : -1;
    int c = to > from + 2 ? bytes[from + 2] & 0xff : -1;
    int d = to > from + 3 ? bytes[from + 3] & 0xff : -1;
    if ((a == 0xff && b == 0xfe && c == 0 && d == 0)
        || (a == 0 && b == 0 && c == 0xfe && d == 0xff)) {
      return "UTF-32";
    }
    if ((a == 0xff && b == 0xfe) || (a == 0xfe && b == 0xff)) {
      return "UTF-16";
    }
    if ((a > 0 && b == 0 && c > 0 && d == 0) || (a == 0 && b > 0 && c == 0 && d > 0)) {
      return "UTF-16 without a byte-order mark";
    }
    return a == 0x1f && b == 0x8b ? "gzip" : null;
  }

  private static @Nullable Column column(String name) {
    for (Column column : COLUMNS) {
      if (column.toString().equals(name)) {
        return column;
      }
    }
    return null;
  }

  private MalformedFileException malformedHeader(String problem) {
    return new MalformedFileException(file, 1, problem);
  }

  private void readRows(Lines lines, Cells cells, OnBadRow onBadRow, LongConsumer progress)
      throws IOException {
    sessions.defaultReturnValue(NONE);
    long last = Long.MIN_VALUE;
    while (lines.next()) {
      rows++;
      try {
        cells.take(lines);
        add(cells, lines.number());
        long now = time.getLong(time.size() - 1);
        if (now < last) {
          count(Breakage.TIME_BACKWARDS, lines.number());
        }
        last = now;
        checkNew();
      } catch (BrokenRowException e) {
        refuse(e, lines.number(), onBadRow);
      }
      if (rows % LINES_A_REPORT == 0) {
        progress.accept(lines.position());
      }
    }
  }

  private void count(Breakage breakage, long number) {
    broken.computeIfAbsent(breakage, none -> new Tally(number)).rows++;
  }

  private void refuse(BrokenRowException e, long number, OnBadRow onBadRow)
      throws MalformedFileException {
    if (onBadRow == OnBadRow.STOP) {
      throw new MalformedFileException(file, number, String.valueOf(e.getMessage()));
    }
    count(e.breakage(), number);
  }

  /** Appends what a row says. Nothing is appended if it is broken. */
  private void add(Cells cells, long number) throws BrokenRowException, IOException {
    byte[] bytes = cells.bytes();
    int at = require(Column.TIME, cells);
    long rowTime = Micros.ofTime(bytes, cells.begin(at), cells.end(at));
    if (rowTime == Micros.UNREADABLE || rowTime == Micros.TOO_LARGE) {
      throw BrokenRowException.found(
          Breakage.UNREADABLE_TIME,
          Column.TIME,
          cells.text(at),
          rowTime == Micros.TOO_LARGE
              ? "seconds: this is beyond the year 5138, as milliseconds would be"
              : "seconds since the epoch or an instant such as 2026-01-31T12:00:00Z");
    }
    byte rowKind = kind(cells);
    require(Column.ID, cells);
    require(Column.USER, cells);
    long rowDwell = dwell(cells);
    if (kind.size() == MAX_ROWS) {
      throw new MalformedFileException(file, number, "there are more rows than " + MAX_ROWS);
    }
    int rowArm = number(Column.ARM, arms, cells);
    if (rowArm == MAX_ARMS) {
      throw new MalformedFileException(
          file, number, "the arm " + (MAX_ARMS + 1) + ", expected up to " + MAX_ARMS + " variants");
    }
    int rowUser = number(Column.USER, users, cells);
    kind.add(rowKind);
    time.add(rowTime);
    id.add(number(Column.ID, ids, cells));
    user.add(rowUser);
    item.add(number(Column.ITEM, items, cells));
    session.add(session(rowUser, number(Column.SESSION, sessionNames, cells)));
    dwell.add(rowDwell);
    arm.add((byte) rowArm);
    line.add(number);
    if (ids.size() > impressions.size()) {
      impressions.add(NONE);
    }
  }

  private int field(Column column) {
    Integer field = fields.get(column);
    return field == null ? NONE : field;
  }

  private int require(Column column, Cells cells) throws BrokenRowException {
    int field = field(column);
    if (cells.isEmpty(field)) {
      throw new BrokenRowException(Breakage.MISSING_VALUE, column + " is empty, expected a value");
    }
    return field;
  }

  private byte kind(Cells cells) throws BrokenRowException {
    int field = require(Column.EVENT, cells);
    for (EventKind known : KINDS) {
      if (cells.is(field, known.toString())) {
        return known.code();
      }
    }
    throw BrokenRowException.found(
        Breakage.UNKNOWN_EVENT,
        Column.EVENT,
        cells.text(field),
        "one of "
            + Arrays.stream(KINDS).map(EventKind::toString).collect(Collectors.joining(", ")));
  }

  private long dwell(Cells cells) throws BrokenRowException {
    int field = field(Column.DWELL);
    if (field == NONE || cells.isEmpty(field)) {
      return UNKNOWN_DWELL;
    }
    long micros = Micros.ofSeconds(cells.bytes(), cells.begin(field), cells.end(field));
    if (micros == Micros.UNREADABLE || micros == Micros.TOO_LARGE) {
      throw BrokenRowException.found(
          Breakage.UNREADABLE_DWELL, Column.DWELL, cells.text(field), "seconds");
    }
    if (micros < 0) {
      throw BrokenRowException.found(
          Breakage.NEGATIVE_DWELL, Column.DWELL, cells.text(field), "0 seconds or more");
    }
    return micros;
  }

  private int number(Column column, Names names, Cells cells) {
    int field = field(column);
    return field == NONE ? NONE : names.number(cells.bytes(), cells.begin(field), cells.end(field));
  }

  private int session(int rowUser, int name) {
    if (name == NONE) {
      return NONE;
    }
    long key = (long) rowUser << Integer.SIZE | name;
    int known = sessions.putIfAbsent(key, sessions.size());
    return known == NONE ? sessions.size() - 1 : known;
  }

  /** Takes the row that was added last away again if an earlier one says the same. */
  private void checkNew() throws BrokenRowException {
    int row = kind.size() - 1;
    boolean isImpression = kind.getByte(row) == IMPRESSION;
    int first = isImpression ? impressions.getInt(id.getInt(row)) : NONE;
    if (isImpression && first == NONE) {
      impressions.set(id.getInt(row), row);
      return;
    }
    if ((first != NONE && isSame(first, row)) || !seen.add(row)) {
      dropLast();
      throw new BrokenRowException(
          Breakage.DUPLICATED_ROW, "says the same as an earlier row, expected each event once");
    }
    if (first != NONE) { // the row stays, for others to be compared with; joining refuses it
      throw BrokenRowException.found(
          Breakage.DUPLICATED_ID,
          Column.ID,
          ids.text(id.getInt(row)),
          "another than that of the impression on line " + line.getLong(first));
    }
  }

  private void dropLast() {
    int row = kind.size() - 1;
    kind.size(row);
    time.size(row);
    id.size(row);
    user.size(row);
    item.size(row);
    session.size(row);
    dwell.size(row);
    arm.size(row);
    line.size(row);
  }

  private boolean isSame(int a, int b) {
    return kind.getByte(a) == kind.getByte(b)
        && time.getLong(a) == time.getLong(b)
        && id.getInt(a) == id.getInt(b)
        && user.getInt(a) == user.getInt(b)
        && item.getInt(a) == item.getInt(b)
        && session.getInt(a) == session.getInt(b)
        && dwell.getLong(a) == dwell.getLong(b)
        && arm.getByte(a) == arm.getByte(b);
  }

  /** Rows are equal if every column says the same; those that differ do so by id and time. */
  private final class SameRow implements IntHash.Strategy {
    @Override
    public int hashCode(int row) {
      return (int) HashCommon.mix(31 * time.getLong(row) + id.getInt(row));
    }

    @Override
    public boolean equals(int a, int b) {
      return isSame(a, b);
    }
  }

  /** Refuses what does not fit its impression, and gives what does the impression's arm. */
  private void join(OnBadRow onBadRow) throws MalformedFileException {
    seen.clear();
    seen.trim();
    for (int row = 0; row < kind.size(); row++) {
      int impression = impressions.getInt(id.getInt(row));
      if (kind.getByte(row) == IMPRESSION) {
        if (row != impression) {
          kind.set(row, REFUSED); // counted already
        }
        continue;
      }
      try {
        checkFits(row, impression);
        arm.set(row, arm.getByte(impression));
      } catch (BrokenRowException e) {
        kind.set(row, REFUSED);
        refuse(e, line.getLong(row), onBadRow);
      }
    }
  }

  private void checkFits(int row, int impression) throws BrokenRowException {
    if (impression == NONE) {
      throw BrokenRowException.found(
          Breakage.UNKNOWN_ID,
          Column.ID,
          ids.text(id.getInt(row)),
          "that of an impression in this log");
    }
    if (user.getInt(row) != user.getInt(impression)) {
      throw BrokenRowException.found(
          Breakage.OTHER_USER,
          Column.USER,
          users.text(user.getInt(row)),
          BrokenRowException.quote(users.text(user.getInt(impression)))
              + " as on line "
              + line.getLong(impression));
    }
    if (arm.getByte(row) != NONE && arm.getByte(row) != arm.getByte(impression)) {
      throw BrokenRowException.found(
          Breakage.OTHER_ARM,
          Column.ARM,
          arms.text(arm.getByte(row)),
          "that of the impression on line " + line.getLong(impression));
    }
    if (time.getLong(row) < time.getLong(impression)) {
      throw new BrokenRowException(
          Breakage.BEFORE_IMPRESSION,
          Column.TIME + " is before that of the impression on line " + line.getLong(impression));
    }
  }

  /**
   * The columns that are read.
   *
   * @return those that the header names; unmodifiable
   */
  public Set<Column> columns() {
    return Collections.unmodifiableSet(columns);
  }

  /**
   * The columns that are passed over.
   *
   * @return their names as the header has them; unmodifiable
   */
  public List<String> unknownColumns() {
    return Collections.unmodifiableList(unknownColumns);
  }

  /**
   * How many rows there are below the header.
   *
   * @return all of them, broken or not
   */
  public long rows() {
    return rows;
  }

  /**
   * How many rows count.
   *
   * @return those that were not refused
   */
  public long used() {
    return kind.intStream().filter(one -> one != REFUSED).count();
  }

  /**
   * How many rows are broken in a way.
   *
   * @param breakage the way
   * @return rows; each refused row is counted once, in one way
   */
  public long count(Breakage breakage) {
    Tally tally = broken.get(breakage);
    return tally == null ? 0 : tally.rows;
  }

  /**
   * Where the first of them is.
   *
   * @param breakage the way in which they are broken
   * @return its line, from 1; 0 if there is none
   */
  public long firstLine(Breakage breakage) {
    Tally tally = broken.get(breakage);
    return tally == null ? 0 : tally.firstLine;
  }

  int size() {
    return kind.size();
  }

  /** A code of {@link EventKind}; {@link #REFUSED} for a row that is not used. */
  byte kind(int row) {
    return kind.getByte(row);
  }

  /** In microseconds. */
  long time(int row) {
    return time.getLong(row);
  }

  /** Row of the impression that a used row belongs to. */
  int impression(int row) {
    return impressions.getInt(id.getInt(row));
  }

  int user(int row) {
    return user.getInt(row);
  }

  int users() {
    return users.size();
  }

  int item(int row) {
    return item.getInt(row);
  }

  int items() {
    return items.size();
  }

  int session(int row) {
    return session.getInt(row);
  }

  int sessions() {
    return sessions.size();
  }

  /** In microseconds; {@link #UNKNOWN_DWELL} unless the row is a click or a view that has one. */
  long dwell(int row) {
    byte of = kind.getByte(row);
    return of == VIEW || of == CLICK ? dwell.getLong(row) : UNKNOWN_DWELL;
  }

  /** Of the impression that a row belongs to. */
  int arm(int row) {
    return arm.getByte(row);
  }

  int arms() {
    return arms.size();
  }

  String armName(int number) {
    return arms.text(number);
  }
}
