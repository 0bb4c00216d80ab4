package femto.tools.dictionary;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import femto.memory.Slab;
import java.lang.foreign.MemorySegment;

/**
 * Which row stands for which value, in memory. Rows are given out in ascending order, the first of
 * them to what is out of the vocabulary; later, rows that were not seen for a while change hands.
 *
 * <p>The rows that may change hands are a list in the order in which they were last seen: by time,
 * and of those of one time the one that came to it first is older. Rows of what is out of the
 * vocabulary and pinned rows are not in it.
 *
 * <pre>
 *   a row, 64 bytes, so that a look-up touches one cache line of it:
 *     0   long   place of the value in the store if it is longer than 32 bytes, else its length
 *     8   long   time it was last seen
 *     16  int    the next newer row, or -1
 *     20  int    the next older row, or -1
 *     24  int    field
 *     28  int    how often it is pinned
 *     32         the value if it is not longer, padded with zeros to whole words
 * </pre>
 */
final class RowTable implements AutoCloseable {
  static final int NONE = -1;

  private static final long PLACE = 0;
  private static final long SEEN = 8;
  private static final long NEWER = 16;
  private static final long OLDER = 20;
  private static final long FIELD = 24;
  private static final long PINS = 28;
  private static final long VALUE = 32;
  private static final long ROW_BYTES = 64;

  /** Longest value that lies in its row. */
  private static final int INLINE_BYTES = (int) (ROW_BYTES - VALUE);

  private final int capacity;
  private final Slab slab;
  private final MemorySegment rows;
  private final RowIndex index;
  private final ValueStore values = new ValueStore();
  private final EncodedValue scratch = new EncodedValue();
  private int shared;
  private int used;
  private int newest = NONE;
  private int oldest = NONE;

  RowTable(int capacity) {
    this.capacity = capacity;
    index = new RowIndex(capacity);
    try {
      slab = Slab.allocate(capacity * ROW_BYTES);
    } catch (Throwable failure) {
      index.close();
      throw failure;
    }
    rows = slab.segment();
  }

  private int getInt(int row, long what) {
    return rows.get(JAVA_INT, row * ROW_BYTES + what);
  }

  private long getLong(int row, long what) {
    return rows.get(JAVA_LONG, row * ROW_BYTES + what);
  }

  private void set(int row, long what, int number) {
    rows.set(JAVA_INT, row * ROW_BYTES + what, number);
  }

  private void set(int row, long what, long number) {
    rows.set(JAVA_LONG, row * ROW_BYTES + what, number);
  }

  /** Gives the next row to all values of a field. Before any value has a row. */
  int addShared(int field) {
    int row = used++;
    shared = used;
    set(row, FIELD, field);
    return row;
  }

  /** How many rows have been given out: those below. */
  int used() {
    return used;
  }

  /** How many of them are for what is out of the vocabulary. */
  int shared() {
    return shared;
  }

  boolean isFull() {
    return used == capacity;
  }

  int find(long hash, int field, EncodedValue value) {
    int slot = index.first(hash);
    int row = index.row(slot);
    while (row >= 0 && !(getInt(row, FIELD) == field && holds(row, value))) {
      slot = index.next(hash, slot);
      row = index.row(slot);
    }
    return row;
  }

  private boolean holds(int row, EncodedValue value) {
    long place = getLong(row, PLACE);
    int length = value.length();
    if (length > INLINE_BYTES) {
      return values.holds(place, value);
    }
    if (place != length) {
      return false;
    }
    byte[] utf8 = value.utf8();
    for (int at = 0; at < length; at += Long.BYTES) {
      if (getLong(row, VALUE + at) != (long) EncodedValue.WORD.get(utf8, at)) {
        return false;
      }
    }
    return true;
  }

  /** Stores the value of a row. */
  private void put(int row, EncodedValue value) {
    int length = value.length();
    if (length > INLINE_BYTES) {
      set(row, PLACE, values.put(value));
      return;
    }
    set(row, PLACE, (long) length);
    for (int at = 0; at < length; at += Long.BYTES) {
      set(row, VALUE + at, (long) EncodedValue.WORD.get(value.utf8(), at));
    }
  }

  /** Gives the next row to a value that has none; there is one. */
  int add(long hash, int field, EncodedValue value, long time) {
    int row = used;
    put(row, value);
    used++;
    bind(row, hash, field, time);
    return row;
  }

  /** Takes a row that is in the list from its value, for another that has none. */
  void replace(int row, long hash, int field, EncodedValue value, long time) {
    get(row, scratch);
    long former = getLong(row, PLACE);
    put(row, value);
    if (scratch.length() > INLINE_BYTES) {
      values.free(former);
    }
    index.remove(scratch.hash(field(row)), row);
    unlink(row);
    bind(row, hash, field, time);
  }

  private void bind(int row, long hash, int field, long time) {
    set(row, FIELD, field);
    set(row, SEEN, time);
    set(row, PINS, 0);
    link(row);
    index.put(hash, row);
  }

  /** Marks a row as seen at a time, not before the latest. */
  void touch(int row, long time) {
    if (getLong(row, SEEN) != time) {
      set(row, SEEN, time);
      if (row != newest && isListed(row)) {
        unlink(row);
        link(row);
      }
    }
  }

  private boolean isListed(int row) {
    return row >= shared && getInt(row, PINS) == 0;
  }

  /** Puts a row at the newest end. */
  private void link(int row) {
    set(row, OLDER, newest);
    set(row, NEWER, NONE);
    if (newest == NONE) {
      oldest = row;
    } else {
      set(newest, NEWER, row);
    }
    newest = row;
  }

  private void unlink(int row) {
    int older = getInt(row, OLDER);
    int newer = getInt(row, NEWER);
    if (older == NONE) {
      oldest = newer;
    } else {
      set(older, NEWER, newer);
    }
    if (newer == NONE) {
      newest = older;
    } else {
      set(newer, OLDER, older);
    }
  }

  /** The oldest row that may change hands, or NONE. */
  int oldest() {
    return oldest;
  }

  /** The next newer one, or NONE. */
  int newer(int row) {
    return getInt(row, NEWER);
  }

  void pin(int row) {
    int pins = Math.incrementExact(getInt(row, PINS));
    if (isListed(row)) {
      unlink(row);
    }
    set(row, PINS, pins);
  }

  /** Removes a pin, of which there is one. With the last one the row counts as seen. */
  void unpin(int row, long time) {
    set(row, PINS, getInt(row, PINS) - 1);
    if (isListed(row)) {
      set(row, SEEN, time);
      link(row);
    }
  }

  int pins(int row) {
    return getInt(row, PINS);
  }

  int field(int row) {
    return getInt(row, FIELD);
  }

  long seen(int row) {
    return getLong(row, SEEN);
  }

  /** Copies the value of a row out; that of a shared row is empty. */
  void get(int row, EncodedValue into) {
    long place = getLong(row, PLACE);
    int length = ValueStore.length(place);
    if (length > INLINE_BYTES) {
      values.get(place, into);
      return;
    }
    MemorySegment.copy(rows, JAVA_BYTE, row * ROW_BYTES + VALUE, into.ensure(length), 0, length);
    into.pad(length);
  }

  int length(int row) {
    return ValueStore.length(getLong(row, PLACE));
  }

  /** Adds the next row as a checkpoint has it. It is put into no list. */
  void restore(long hash, int field, EncodedValue value, long seen, int pins) {
    int row = used;
    put(row, value);
    used++;
    set(row, FIELD, field);
    set(row, SEEN, seen);
    set(row, PINS, pins);
    index.put(hash, row);
  }

  /** Sets the pins of a shared row. */
  void restorePins(int row, int pins) {
    set(row, PINS, pins);
  }

  /** Puts a restored row at the newest end. */
  void restoreOrder(int row) {
    link(row);
  }

  /** Memory that it takes off the heap. */
  long bytes() {
    return rows.byteSize() + index.bytes() + values.bytes();
  }

  @Override
  public void close() {
    values.close();
    index.close();
    slab.close();
  }
}
