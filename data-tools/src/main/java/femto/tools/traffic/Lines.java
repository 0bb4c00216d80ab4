package femto.tools.traffic;

import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;

/**
 * The lines of a file as bytes, one after another, without their LF or CRLF. A line that is longer
 * than any should be is passed over without being held.
 */
final class Lines implements Closeable {
  static final int MAX_LINE = 1 << 20;

  private final InputStream in;

  /** Twice a line, so that there is always room to read into behind one that is not whole yet. */
  private final byte[] buffer = new byte[2 * MAX_LINE];

  private int next;
  private int limit;
  private int begin;
  private int end;
  private boolean overLong;
  private long number;
  private long position;

  Lines(InputStream in) {
    this.in = in;
  }

  /** Goes to the next line; false at the end of the file. The last one may lack its line end. */
  boolean next() throws IOException {
    overLong = false;
    int from = next;
    int at = from;
    while (true) {
      while (at < limit && buffer[at] != '\n') {
        at++;
      }
      if (at < limit) {
        next = at + 1;
        break;
      }
      if (at - from > MAX_LINE) {
        overLong = true;
        from = at;
      }
      if (limit == buffer.length) {
        System.arraycopy(buffer, from, buffer, 0, limit - from);
        at -= from;
        limit -= from;
        from = 0;
      }
      int read = in.read(buffer, limit, buffer.length - limit);
      if (read < 0) {
        if (at == from && !overLong) {
          return false;
        }
        next = at;
        break;
      }
      limit += read;
      position += read;
    }
    begin = from;
    end = at > from && buffer[at - 1] == '\r' ? at - 1 : at;
    overLong |= end - begin > MAX_LINE;
    number++;
    return true;
  }

  /** Where the line is, from {@link #begin} to {@link #end}; until the next call. */
  byte[] bytes() {
    return buffer;
  }

  int begin() {
    return begin;
  }

  int end() {
    return end;
  }

  /** Whether it is longer than {@link #MAX_LINE}; its bytes are undefined then. */
  boolean isOverLong() {
    return overLong;
  }

  /** Which line it is, from 1. */
  long number() {
    return number;
  }

  /** How many bytes of the file have been read. */
  long position() {
    return position;
  }

  @Override
  public void close() throws IOException {
    in.close();
  }
}
