package femto.tools.stream;

import femto.file.MalformedFileException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Reads an event stream as it is written: a file that grows, standard input, or a named pipe.
 * {@code data-tools/docs/event-stream.md} is the specification.
 *
 * <pre>{@code
 * try (EventReader reader = EventReader.open(file, OnBadRow.STOP)) {
 *   Event event = new Event();
 *   while (reader.next(event, Duration.ofSeconds(1))) { ... }
 * }
 * }</pre>
 *
 * <p>A row is one once its line end is there. A file may only grow: where it has become shorter,
 * begins with another header, or its name is that of another file (or of none), reading ends with
 * an error, after what the file still held. A file that is written over in place while nobody
 * looks, with the same header and no shorter, is not noticed.
 *
 * <p>One owner at a time; allocates nothing a row.
 */
public final class EventReader implements AutoCloseable {
  /** Longest row, its line end included. */
  public static final int MAX_ROW_BYTES = 1 << 20;

  /** A file that has just been made gets its header soon. */
  private static final Duration HEADER_WAIT = Duration.ofSeconds(5);

  private static final Duration LONGEST_WAIT = Duration.ofDays(10_000);
  private static final byte[] BYTE_ORDER_MARK = {(byte) 0xef, (byte) 0xbb, (byte) 0xbf};

  private final Path name;
  private final ByteSource source;
  private final OnBadRow onBadRow;
  private final EventSchema schema;
  private final RowParser parser;

  private byte[] buffer = new byte[1 << 16];
  private int begin;
  private int searched;
  private int limit;
  private boolean ended;

  /** Where the row at {@link #begin} begins in the file. */
  private long position;

  /** The number of that line, or 0 after a resume, when nobody has counted. */
  private long line = 1;

  /** Bytes thrown away of a row that is too long, whose end has not come yet. */
  private long dropped;

  private long skipped;
  private @Nullable String lastSkipped;

  private EventReader(Path name, ByteSource source, OnBadRow onBadRow, Duration headerWait)
      throws IOException {
    this.name = name;
    this.source = source;
    this.onBadRow = onBadRow;
    int end = lineEnd(headerWait);
    if (end < 0 || dropped > 0) {
      throw new MalformedFileException(
          name,
          "",
          "has no whole first line, expected a header such as time,label,user:context:one_hot");
    }
    this.schema = schemaOf(end);
    this.parser = new RowParser(schema);
    if (source instanceof FollowedFile file) {
      file.expectHeader(Arrays.copyOfRange(buffer, begin, end + 1));
    }
    consume(end);
  }

  /**
   * Opens a stream at its first row.
   *
   * @param file a file, or a named pipe; waits some seconds for the header of a file that has none
   *     yet
   * @param onBadRow what to do at a row that is not as the header says
   * @return the reader; the caller closes it
   * @throws MalformedFileException if there is no header, or it is that of something else
   * @throws IOException if the file cannot be read
   */
  public static EventReader open(Path file, OnBadRow onBadRow) throws IOException {
    if (Files.exists(file) && !Files.isRegularFile(file) && !Files.isDirectory(file)) {
      return open(file, new PumpedInput(Files.newInputStream(file)), onBadRow, LONGEST_WAIT);
    }
    return open(file, new FollowedFile(file), onBadRow, HEADER_WAIT);
  }

  /**
   * Opens a stream where another reader of it has stopped. What comes are the rows behind that.
   *
   * @param file a file; a pipe cannot be resumed
   * @param position what {@link #position()} was
   * @param onBadRow what to do at a row that is not as the header says
   * @return the reader; the caller closes it, and compares the schema where that matters
   * @throws MalformedFileException if there is no header, or no row begins at the position
   * @throws IOException if the file cannot be read
   */
  public static EventReader openAt(Path file, long position, OnBadRow onBadRow) throws IOException {
    if (Files.exists(file) && !Files.isRegularFile(file)) {
      throw new IOException(file + ": is no file, expected one: only a file can be resumed");
    }
    FollowedFile source = new FollowedFile(file);
    EventReader reader = open(file, source, onBadRow, HEADER_WAIT);
    try {
      reader.jump(source, position);
    } catch (IOException e) {
      reader.close();
      throw e;
    }
    return reader;
  }

  /**
   * Reads a stream that cannot be resumed, such as standard input. Waits for its header.
   *
   * @param in the bytes; the reader's from now on
   * @param name what it is called in messages
   * @param onBadRow what to do at a row that is not as the header says
   * @return the reader; the caller closes it
   * @throws MalformedFileException if there is no header, or it is that of something else
   * @throws IOException if reading fails
   */
  public static EventReader of(InputStream in, String name, OnBadRow onBadRow) throws IOException {
    return open(Path.of(name), new PumpedInput(in), onBadRow, LONGEST_WAIT);
  }

  private static EventReader open(
      Path name, ByteSource source, OnBadRow onBadRow, Duration headerWait) throws IOException {
    try {
      return new EventReader(name, source, onBadRow, headerWait);
    } catch (IOException e) {
      source.close();
      throw e;
    }
  }

  private EventSchema schemaOf(int end) throws IOException {
    int from = begin;
    if (Arrays.mismatch(buffer, from, end, BYTE_ORDER_MARK, 0, BYTE_ORDER_MARK.length)
        == BYTE_ORDER_MARK.length) {
      from += BYTE_ORDER_MARK.length;
    }
    try {
      String header =
          StandardCharsets.UTF_8
              .newDecoder()
              .decode(ByteBuffer.wrap(buffer, from, withoutReturn(from, end) - from))
              .toString();
      return EventSchema.parse(header);
    } catch (CharacterCodingException e) {
      throw new MalformedFileException(name, 1, "is not UTF-8, expected a header in UTF-8");
    } catch (IllegalArgumentException e) {
      throw new MalformedFileException(name, 1, String.valueOf(e.getMessage()));
    }
  }

  private void jump(FollowedFile source, long to) throws IOException {
    source.seek(to);
    line = to == position ? line : 0;
    position = to;
    begin = 0;
    searched = 0;
    limit = 0;
  }

  /**
   * The columns.
   *
   * @return what the header says
   */
  public EventSchema schema() {
    return schema;
  }

  /**
   * Reads the next event.
   *
   * @param into receives it
   * @param wait how long to wait for it; an interrupt of the thread ends the wait too, and stays
   *     set
   * @return false if none came; {@code into} is undefined then
   * @throws MalformedFileException if a row is not as the header says and such rows are not
   *     skipped, or the file has not only grown; the reader stays before that row
   * @throws IOException if reading fails
   */
  public boolean next(Event into, Duration wait) throws IOException {
    while (true) {
      int end = lineEnd(wait);
      if (end < 0) {
        return false;
      }
      if (dropped > 0) {
        consume(end);
        continue;
      }
      try {
        parser.parse(buffer, begin, withoutReturn(begin, end), into);
        consume(end);
        return true;
      } catch (BadRowException e) {
        refuse(e.problem());
        consume(end);
      }
    }
  }

  /** Where the line at {@link #begin} ends, or -1 if its end has not come in time. */
  private int lineEnd(Duration wait) throws IOException {
    long start = 0;
    while (true) {
      for (; searched < limit; searched++) {
        if (buffer[searched] == '\n') {
          return searched;
        }
      }
      makeRoom();
      if (ended) {
        return -1;
      }
      // Most rows are there already: no clock is looked at for them.
      long now = System.nanoTime();
      start = start == 0 ? now : start;
      long left = nanos(wait) - (now - start);
      int read = source.read(buffer, limit, buffer.length - limit, Math.max(0, left));
      if (read == 0) {
        return -1;
      }
      if (read == ByteSource.ENDED) {
        end();
      } else {
        limit += read;
      }
    }
  }

  private static long nanos(Duration wait) {
    return wait.compareTo(LONGEST_WAIT) < 0 ? wait.toNanos() : LONGEST_WAIT.toNanos();
  }

  private void makeRoom() throws IOException {
    if (limit - begin >= MAX_ROW_BYTES || (dropped > 0 && limit > begin)) {
      if (dropped == 0) {
        refuse("is longer than " + MAX_ROW_BYTES + " bytes, expected a row");
      }
      dropped += limit - begin;
      begin = limit;
    }
    if (begin > 0) {
      System.arraycopy(buffer, begin, buffer, 0, limit - begin);
      searched -= begin;
      limit -= begin;
      begin = 0;
    }
    if (limit == buffer.length) {
      buffer = Arrays.copyOf(buffer, 2 * limit);
    }
  }

  /** What has no line end when all has come never gets one. */
  private void end() throws IOException {
    if (limit > begin && dropped == 0 && position > 0) {
      refuse("the last row has no line end, expected a whole row");
    }
    ended = true;
  }

  private int withoutReturn(int from, int end) {
    return end > from && buffer[end - 1] == '\r' ? end - 1 : end;
  }

  private void consume(int end) {
    position += dropped + (end + 1 - begin);
    dropped = 0;
    line += line > 0 ? 1 : 0;
    begin = end + 1;
    searched = begin;
  }

  private void refuse(String problem) throws MalformedFileException {
    MalformedFileException complaint =
        line > 0
            ? new MalformedFileException(name, line, problem)
            : new MalformedFileException(name, "byte " + position, problem);
    if (onBadRow == OnBadRow.STOP) {
      throw complaint;
    }
    skipped++;
    lastSkipped = complaint.getMessage();
  }

  /**
   * Where the next row begins: behind the last one that was read or skipped.
   *
   * @return bytes from the beginning
   */
  public long position() {
    return position;
  }

  /**
   * Whether no more can come: standard input was closed. A file never ends.
   *
   * @return true after {@link #next} has returned false for that reason
   */
  public boolean isEnded() {
    return ended;
  }

  /**
   * How many rows were skipped because they were not as the header says.
   *
   * @return 0 or more
   */
  public long skippedRows() {
    return skipped;
  }

  /**
   * What was wrong with the last of them.
   *
   * @return the message that would have ended reading, or null if none was skipped
   */
  public @Nullable String lastSkipped() {
    return lastSkipped;
  }

  @Override
  public void close() throws IOException {
    source.close();
  }
}
