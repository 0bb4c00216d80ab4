package femto.kernels;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.Arrays;
import java.util.Objects;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * What has changed in a {@link RowTable} since it was written: rows that have been replaced, added
 * or removed, kept apart from it. Table and patch together are the rows that count: row i is the
 * patch's if the patch has one, else the table's. Rows past the table's end exist in the patch
 * alone.
 *
 * <p>Immutable and safe to share. A patch is made from the one before it by {@link Editor}, which
 * costs what changes and leaves nothing behind for the garbage collector but a few small objects:
 * all patches of one table share everything, which is only ever appended to, and a patch is how
 * much of it counts. Each change of a row is an <em>entry</em>: the slot that has its numbers, or
 * that it is removed, and the entry of the same row before it. The last one of a row is found by
 * its index in an array, or in a hash table if less than an eighth of the rows may change; a patch
 * that is older passes over those that came after it.
 *
 * <pre>
 *   row -- flag clear --> the table's row                  flags: one bit a row of the table
 *       \- flag set ----> last entry -> ... -> last that counts -> the patch's row (or removed)
 *                                           \-> none            -> the table's row
 * </pre>
 *
 * <p>A flag is set for good when any patch of the table has the row: it says where to look and
 * nothing more. One bit a row is little enough for a near cache, and so a row that has not changed
 * costs a patch next to nothing.
 */
public final class RowPatch {
  /** The row is the table's. */
  static final int UNCHANGED = -1;

  /** There is no such row. */
  static final int REMOVED = -2;

  /** Rows that are copied at a time. */
  private static final int COPIED_ROWS = 1 << 11;

  private static final int NO_ENTRY = -1;
  private static final int[] NO_GAPS = {};

  private final Slots slots;
  private final int size;
  private final int slotCount;

  /** Entries that came later do not count. */
  private final int entryCount;

  /**
   * Entries before that do not count either, since they are of patches that this one does not come
   * from: where a run of them begins and behind its end, one after the other, ascending.
   */
  private final int[] gaps;

  private final int replaced;
  private final int absent;

  private RowPatch(
      Slots slots, int size, int slotCount, int entryCount, int[] gaps, int replaced, int absent) {
    this.slots = slots;
    this.size = size;
    this.slotCount = slotCount;
    this.entryCount = entryCount;
    this.gaps = gaps;
    this.replaced = replaced;
    this.absent = absent;
  }

  /**
   * What all patches of one table share. Written by one thread at a time, the one that edits. A
   * reader gets a patch through a volatile load or the like, and with it all that was written
   * before the patch was finished. What it may see early are entries that came later, which it
   * passes over, and flags, which send it to the entries.
   */
  private static final class Slots {
    private static final long MAX_BUCKETS = 1L << 30;
    private static final int INDEXED_SHARE = 8;
    private static final VarHandle BUCKET = MethodHandles.arrayElementVarHandle(long[].class);
    private static final VarHandle LAST = MethodHandles.arrayElementVarHandle(int[].class);

    final RowTable table;
    final RowTable rows;

    /** The row whose numbers a slot holds. */
    final int[] rowOf;

    final long[] flags;

    /** A bit for each row of the table that is not there; null if all are. */
    final long @Nullable [] absent;

    /** The first slot that no patch has taken. */
    int next;

    int nextEntry;

    /** Whether a patch is being edited. */
    boolean editing;

    /** An entry: the one before it, above, and its slot plus 1, or 0 if the row is removed. */
    private volatile long[] entries;

    /** The last entry of a row plus 1, or 0; of no row if few may change. */
    private final int[] lastOf;

    /** Of rows that are beyond those: row plus 1, above, and its last entry; 0 where none is. */
    private volatile long[] buckets;

    private int usedBuckets;

    Slots(RowTable table, RowTable rows, long @Nullable [] absent) {
      this.table = table;
      this.rows = rows;
      this.rowOf = new int[rows.rows()];
      this.absent = absent;
      this.flags = absent == null ? new long[words(table.rows())] : absent.clone();
      this.entries = new long[rows.rows()];
      this.lastOf = new int[isIndexed(table.rows(), rows.rows()) ? table.rows() + rows.rows() : 0];
      this.buckets = new long[lastOf.length > 0 ? 2 : buckets(rows.rows())];
    }

    /** Whether so many rows may change that an array of all takes little more than buckets. */
    static boolean isIndexed(int rows, int slots) {
      return (long) INDEXED_SHARE * slots >= rows && (long) rows + slots < Integer.MAX_VALUE - 8;
    }

    /** A power of two, of which no more than half are used by so many rows. */
    static int buckets(int rows) {
      return (int) Math.min(MAX_BUCKETS, Long.highestOneBit(Math.max(1L, 2L * rows - 1)) << 1);
    }

    boolean isAbsent(int row) {
      return absent != null && (absent[row >>> 6] & (1L << row)) != 0;
    }

    /** Number of a row's last entry, or {@link #NO_ENTRY}. */
    int lastEntry(int row) {
      return row < lastOf.length ? (int) LAST.getAcquire(lastOf, row) - 1 : lastInBuckets(row);
    }

    private int lastInBuckets(int row) {
      long[] all = buckets;
      for (int bucket = home(row, all); ; bucket = (bucket + 1) & (all.length - 1)) {
        long found = (long) BUCKET.getAcquire(all, bucket);
        if (found == 0) {
          return NO_ENTRY;
        }
        if ((int) (found >>> 32) == row + 1) {
          return (int) found;
        }
      }
    }

    /** The same of many rows: all buckets are on their way before the first is looked at. */
    void lastEntries(int[] rows, int first, int[] places, int count, int[] into, long[] words) {
      if (lastOf.length > 0) {
        for (int i = 0; i < count; i++) {
          into[i] = lastEntry(rows[first + places[i]]);
        }
        return;
      }
      long[] all = buckets;
      for (int i = 0; i < count; i++) {
        words[i] = (long) BUCKET.getAcquire(all, home(rows[first + places[i]], all));
      }
      for (int i = 0; i < count; i++) {
        int row = rows[first + places[i]];
        into[i] = (int) (words[i] >>> 32) == row + 1 ? (int) words[i] : lastInBuckets(row);
      }
    }

    /** The bucket where the search for a row begins. */
    private static int home(int row, long[] all) {
      return ((row * 0x9E3779B9) >>> 1) >>> (31 - Integer.numberOfTrailingZeros(all.length));
    }

    /** Appends an entry. What it says is there before anyone finds it. */
    void append(int row, int slot, int last) {
      if (nextEntry == entries.length) {
        entries = Arrays.copyOf(entries, Math.max(16, 2 * nextEntry));
      }
      entries[nextEntry] = ((long) last << 32) | (slot + 1);
      if (row < lastOf.length) {
        LAST.setRelease(lastOf, row, ++nextEntry);
      } else {
        if (2L * usedBuckets >= buckets.length && buckets.length < MAX_BUCKETS) {
          growBuckets();
        }
        usedBuckets += put(buckets, row, nextEntry++);
      }
      if (row < table.rows()) {
        flags[row >>> 6] |= 1L << row;
      }
    }

    private void growBuckets() {
      long[] larger = new long[2 * buckets.length];
      for (long used : buckets) {
        if (used != 0) {
          put(larger, (int) (used >>> 32) - 1, (int) used);
        }
      }
      buckets = larger;
    }

    /** Returns 1 if the row is new, else 0. */
    private static int put(long[] all, int row, int entry) {
      int bucket = home(row, all);
      while (all[bucket] != 0 && (int) (all[bucket] >>> 32) != row + 1) {
        bucket = (bucket + 1) & (all.length - 1);
      }
      int added = all[bucket] == 0 ? 1 : 0;
      BUCKET.setRelease(all, bucket, ((row + 1L) << 32) | entry);
      return added;
    }
  }

  /**
   * The patch that changes nothing.
   *
   * @param table the table
   * @param slots room for rows, as many as will be replaced or added before a new table takes over;
   *     a row that changes twice takes two
   * @return the patch
   * @throws IllegalArgumentException if the rows have another length
   */
  public static RowPatch none(RowTable table, RowTable slots) {
    return none(table, slots, null, 0);
  }

  private static RowPatch none(
      RowTable table, RowTable slots, long @Nullable [] absentRows, int absent) {
    if (table.length() != slots.length()) {
      throw new IllegalArgumentException(
          "slots of " + slots.length() + " factors, expected " + table.length());
    }
    return new RowPatch(
        new Slots(table, slots, absentRows), table.rows(), 0, 0, NO_GAPS, 0, absent);
  }

  private static int words(int rows) {
    return (int) ((rows + 63L) >>> 6);
  }

  /**
   * What the patches of a table take on the heap, if no more rows are removed than there are slots.
   *
   * @param rows rows of the table
   * @param slots room for rows
   * @return bytes
   */
  public static long heapBytes(int rows, int slots) {
    long lookUp = Slots.isIndexed(rows, slots) ? 4L * rows + 4L * slots : 8L * Slots.buckets(slots);
    return 12L * slots + lookUp + 16L * words(rows);
  }

  /**
   * Number of rows, those that have been removed included: row indexes are below it.
   *
   * @return the table's number of rows, or more
   */
  public int size() {
    return size;
  }

  /**
   * Number of factors a row.
   *
   * @return that of the table
   */
  public int length() {
    return slots.table.length();
  }

  /**
   * Rows of the table that the patch has in its place, without those that are removed.
   *
   * @return 0 or more
   */
  public int replacedRows() {
    return replaced;
  }

  /**
   * Row indexes below {@link #size} that have no row.
   *
   * @return 0 or more
   */
  public int absentRows() {
    return absent;
  }

  /**
   * Slots that are taken, those of rows which have changed again included.
   *
   * @return 0 to {@link #capacity}
   */
  public int usedSlots() {
    return slotCount;
  }

  /**
   * Slots that there are.
   *
   * @return 0 or more
   */
  public int capacity() {
    return slots.rows.rows();
  }

  /**
   * Slots that no patch has taken yet. For the thread that edits.
   *
   * @return 0 or more
   */
  public int freeSlots() {
    return slots.rows.rows() - slots.next;
  }

  /**
   * Whether there is a row.
   *
   * @param row its index
   * @return false if it has been removed, or has never been there
   */
  public boolean contains(int row) {
    return row >= 0 && row < size && slot(row) != REMOVED;
  }

  /**
   * Whether the patch says something about a row: replaced, added or removed.
   *
   * @param row 0 to {@link #size} - 1
   * @return false if the row is the table's
   */
  public boolean changes(int row) {
    return slot(row) != UNCHANGED;
  }

  /** Slot of a row, or {@link #UNCHANGED} or {@link #REMOVED}. */
  int slot(int row) {
    if (row < slots.table.rows() && (slots.flags[row >>> 6] & (1L << row)) == 0) {
      return UNCHANGED;
    }
    return flaggedSlot(row);
  }

  private int flaggedSlot(int row) {
    return slot(slots, row, slots.lastEntry(row), entryCount, gaps);
  }

  /** Slot of a row by the last of its entries that counts, of which the last is given. */
  private static int slot(Slots slots, int row, int last, int entryCount, int[] gaps) {
    int entry = last;
    long[] entries = slots.entries; // not before the bucket: it has what was found there
    while (entry != NO_ENTRY && (entry >= entryCount || isInGap(entry, gaps))) {
      entry = (int) (entries[entry] >> 32);
    }
    if (entry == NO_ENTRY) {
      return row < slots.table.rows() && !slots.isAbsent(row) ? UNCHANGED : REMOVED;
    }
    int slot = (int) entries[entry] - 1;
    return slot >= 0 ? slot : REMOVED;
  }

  private static boolean isInGap(int entry, int[] gaps) {
    if (gaps.length == 0) {
      return false;
    }
    int found = Arrays.binarySearch(gaps, entry);
    // At even places gaps begin, at odd ones they have ended.
    return found >= 0 ? (found & 1) == 0 : (-(found + 1) & 1) == 1;
  }

  /**
   * Finds the rows of a list that are not the table's. A row that has changed is found by way of
   * two places far apart, the second known by the first; here none waits for that of another.
   *
   * @param rows row indexes below {@link #size}
   * @param first where the list begins
   * @param count how many there are
   * @param places receives the places in the list, from 0, in order
   * @param slotsAt receives the slot for each place, or {@link #REMOVED}
   * @param words scratch of {@code count} numbers
   * @return how many there are
   */
  int locate(int[] rows, int first, int count, int[] places, int[] slotsAt, long[] words) {
    int flagged = flagged(rows, first, count, places);
    slots.lastEntries(rows, first, places, flagged, slotsAt, words);
    long[] entries = slots.entries; // not before the buckets: it has what was found there
    for (int i = 0; i < flagged; i++) {
      words[i] = slotsAt[i] == NO_ENTRY ? 0 : entries[slotsAt[i]];
    }
    int changed = 0;
    for (int i = 0; i < flagged; i++) {
      int entry = slotsAt[i];
      boolean last = entry != NO_ENTRY && entry < entryCount && !isInGap(entry, gaps);
      int slot = last ? (int) words[i] - 1 : flaggedSlot(rows[first + places[i]]);
      if (last && slot < 0) {
        slot = REMOVED;
      }
      if (slot != UNCHANGED) {
        places[changed] = places[i];
        slotsAt[changed++] = slot;
      }
    }
    return changed;
  }

  /** Without a branch that waits for a flag. */
  private int flagged(int[] rows, int first, int count, int[] places) {
    long[] flags = slots.flags;
    int own = slots.table.rows();
    if (own == 0) {
      for (int i = 0; i < count; i++) {
        places[i] = i;
      }
      return count;
    }
    int flagged = 0;
    for (int i = 0; i < count; i++) {
      int row = rows[first + i];
      int past = (own - 1 - row) >>> 31; // 1 for a row that is the patch's alone
      places[flagged] = i;
      flagged += ((int) (flags[(row >>> 6) * (1 - past)] >>> row) & 1) | past;
    }
    return flagged;
  }

  /** Whether a slot holds what this patch has of its row. */
  boolean isCurrent(int slot) {
    int row = slots.rowOf[slot];
    return row < size && slot(row) == slot;
  }

  int rowOf(int slot) {
    return slots.rowOf[slot];
  }

  RowTable table() {
    return slots.table;
  }

  /** The rows in slots. */
  RowTable rows() {
    return slots.rows;
  }

  /**
   * Bias of a row.
   *
   * @param row 0 to {@link #size} - 1
   * @return the bias, of table or patch
   * @throws IndexOutOfBoundsException if there is no such row
   */
  public float bias(int row) {
    int slot = presentSlot(row);
    return slot == UNCHANGED ? slots.table.bias(row) : slots.rows.bias(slot);
  }

  /**
   * Copies the factors of a row.
   *
   * @param row 0 to {@link #size} - 1
   * @param into receives them
   * @throws IndexOutOfBoundsException if there is no such row
   */
  public void copyFactors(int row, float[] into) {
    int slot = presentSlot(row);
    if (slot == UNCHANGED) {
      slots.table.copyFactors(row, into);
    } else {
      slots.rows.copyFactors(slot, into);
    }
  }

  /**
   * Copies a row: its bias and then its factors.
   *
   * @param row 0 to {@link #size} - 1
   * @param into receives them
   * @throws IndexOutOfBoundsException if there is no such row
   */
  public void copyRow(int row, float[] into) {
    int slot = presentSlot(row);
    if (slot == UNCHANGED) {
      slots.table.copyRow(row, into);
    } else {
      slots.rows.copyRow(slot, into);
    }
  }

  private int presentSlot(int row) {
    int slot = row >= 0 && row < size ? slot(row) : REMOVED;
    if (slot == REMOVED) {
      throw absent(row);
    }
    return slot;
  }

  IndexOutOfBoundsException absent(int row) {
    return new IndexOutOfBoundsException(
        row >= 0 && row < size
            ? "row " + row + " has been removed"
            : "row " + row + ", expected 0 to " + (size - 1));
  }

  /**
   * Copies table and patch into a new table, on the common pool or on the fork-join pool of the
   * calling thread. Rows that are not there become zeros.
   *
   * @param into receives the rows; {@link #size} rows of the same length
   * @throws IllegalArgumentException if it is of another size
   */
  public void copyTo(RowTable into) {
    copying(into, () -> (first, end) -> {}).run();
  }

  /**
   * The same as work that can be done piece by piece.
   *
   * @param into as in {@link #copyTo}
   * @param copied makes what is called with each run of rows when it has been copied and is in a
   *     near cache still, for one thread at a time each
   * @return the work; a piece takes well under a millisecond for common lengths
   * @throws IllegalArgumentException as there
   */
  public StagedWork copying(RowTable into, Supplier<RowTasks.Range> copied) {
    if (into.rows() != size || into.length() != slots.table.length()) {
      throw new IllegalArgumentException(
          "table of "
              + into.rows()
              + " rows of "
              + into.length()
              + " factors, expected "
              + size
              + " of "
              + slots.table.length());
    }
    return new StagedWork()
        .rows(
            size,
            COPIED_ROWS,
            COPIED_ROWS,
            () -> {
              RowTasks.Range then = copied.get();
              return (first, end) -> {
                copyRows(first, end, into);
                then.accept(first, end);
              };
            });
  }

  private void copyRows(int first, int end, RowTable into) {
    int own = Math.max(0, Math.min(end, slots.table.rows()) - first);
    if (own > 0) {
      into.copyRows(slots.table, first, first, own);
    }
    for (int row = nextFlagged(first); row < end; row = nextFlagged(row + 1)) {
      int slot = flaggedSlot(row);
      if (slot >= 0) {
        into.copyRows(slots.rows, slot, row, 1);
      } else if (slot == REMOVED) {
        into.clearRow(row);
      }
    }
  }

  /** The next row that may not be the table's. */
  private int nextFlagged(int from) {
    int rows = slots.table.rows();
    if (from >= rows) {
      return from;
    }
    int word = from >>> 6;
    long bits = slots.flags[word] & (-1L << from);
    while (bits == 0) {
      if (++word == slots.flags.length) {
        return rows;
      }
      bits = slots.flags[word];
    }
    return (word << 6) + Long.numberOfTrailingZeros(bits);
  }

  /**
   * The patch that changes nothing in a table into which this one has been copied. Rows that are
   * not there take no slots.
   *
   * @param copy the table
   * @param room as the slots of {@link #none}
   * @return the patch
   * @throws IllegalArgumentException if the rows have another length, or there are not as many
   */
  public RowPatch noneOfCopy(RowTable copy, RowTable room) {
    if (copy.rows() != size) {
      throw new IllegalArgumentException("table of " + copy.rows() + " rows, expected " + size);
    }
    if (absent == 0) {
      return none(copy, room);
    }
    long[] absentRows = new long[words(size)];
    for (int row = nextFlagged(0); row < size; row = nextFlagged(row + 1)) {
      if (flaggedSlot(row) == REMOVED) {
        absentRows[row >>> 6] |= 1L << row;
      }
    }
    return none(copy, room, absentRows, absent);
  }

  /**
   * This patch, for a table into which an earlier patch of the same table has been copied: what has
   * changed since, and which rows are absent.
   *
   * @param copied the patch that was copied by {@link #copyTo}
   * @param none {@link #noneOfCopy} of it
   * @return a patch of the new table; null if it has too few slots
   */
  public @Nullable RowPatch rebased(RowPatch copied, RowPatch none) {
    Editor editor = none.edit();
    float[] numbers = new float[1 + length()];
    int end = Math.max(size, copied.size);
    for (int row = nextFlagged(0); row < end; row = nextFlagged(row + 1)) {
      int slot = slotOrRemoved(row);
      if (slot == copied.slotOrRemoved(row)) {
        continue;
      }
      if (slot == REMOVED) {
        editor.remove(row);
      } else if (none.freeSlots() == 0) {
        editor.abandon();
        return null;
      } else {
        copyRow(row, numbers);
        editor.set(row, numbers, 0);
      }
    }
    editor.growTo(end);
    return editor.finish();
  }

  private int slotOrRemoved(int row) {
    return row < size ? slot(row) : REMOVED;
  }

  /**
   * Begins another patch of the same table, which starts as this one: the newest, or an earlier one
   * that is to count again. One at a time: {@link Editor#finish} or {@link Editor#abandon} ends it.
   *
   * @return the editor
   * @throws IllegalStateException if another is open
   */
  public Editor edit() {
    if (slots.editing) {
      throw new IllegalStateException("another patch of this table is being edited");
    }
    slots.editing = true;
    return new Editor(this);
  }

  /**
   * Makes a patch from the one before it. One owner; readers of earlier patches go on undisturbed.
   */
  public static final class Editor {
    private final RowPatch before;
    private final Slots slots;
    private final int firstSlot;

    /** Changes in their order: the row, and its slot or {@link #REMOVED}. */
    private int[] changes = new int[16];

    private int changeCount;
    private int size;
    private boolean open = true;

    private Editor(RowPatch before) {
      this.before = before;
      this.slots = before.slots;
      this.firstSlot = slots.next;
      this.size = before.size;
    }

    /**
     * Replaces or adds a row.
     *
     * @param row its index; one past the end, or further, makes the table grow, and what is between
     *     has no row
     * @param bias the bias
     * @param factors the factors
     * @throws IllegalArgumentException if a number is not finite or too large; nothing is changed
     * @throws IllegalStateException if no slot is left; nothing is changed
     */
    public void set(int row, float bias, float[] factors) {
      int slot = nextSlot(row);
      slots.rows.setRow(slot, bias, factors);
      take(slot, row);
    }

    /**
     * The same of a row as it lies in memory.
     *
     * @param row its index
     * @param numbers has the bias and then the factors
     * @param at where in it they begin
     * @throws IllegalArgumentException as above
     * @throws IllegalStateException as above
     */
    public void set(int row, float[] numbers, int at) {
      int slot = nextSlot(row);
      slots.rows.setRow(slot, numbers, at);
      take(slot, row);
    }

    private int nextSlot(int row) {
      requireOpen();
      Objects.checkIndex(row, Integer.MAX_VALUE);
      if (slots.next == slots.rows.rows()) {
        throw new IllegalStateException("all " + slots.rows.rows() + " slots are taken");
      }
      return slots.next;
    }

    private void take(int slot, int row) {
      slots.rowOf[slot] = row;
      slots.next++;
      add(row, slot);
    }

    /**
     * Removes a row, which takes no slot. One that is not there stays so.
     *
     * @param row its index; past the end, the size grows
     */
    public void remove(int row) {
      requireOpen();
      Objects.checkIndex(row, Integer.MAX_VALUE);
      add(row, REMOVED);
    }

    private void add(int row, int slot) {
      if (changeCount + 2 > changes.length) {
        changes = Arrays.copyOf(changes, 2 * changes.length);
      }
      changes[changeCount++] = row;
      changes[changeCount++] = slot;
      growTo(row + 1);
    }

    /** Makes the size at least as large; what is new has no row. */
    private void growTo(int rows) {
      size = Math.max(size, rows);
    }

    /**
     * The patch as edited.
     *
     * @return the new patch, to be handed to readers by a volatile store or the like
     */
    public RowPatch finish() {
      close();
      int[] gaps = before.gaps;
      if (before.entryCount < slots.nextEntry) { // another patch was made of it, or of one before
        gaps = withGap(gaps, before.entryCount, slots.nextEntry);
      }
      int replaced = before.replaced;
      int absent = before.absent + size - before.size;
      for (int i = 0; i < changeCount; i += 2) {
        int row = changes[i];
        int slot = changes[i + 1];
        int last = slots.lastEntry(row);
        int former = slot(slots, row, last, slots.nextEntry, gaps);
        absent += (slot == REMOVED ? 1 : 0) - (former == REMOVED ? 1 : 0);
        if (row < slots.table.rows()) {
          replaced += (slot >= 0 ? 1 : 0) - (former >= 0 ? 1 : 0);
        }
        if (slot != former) {
          slots.append(row, Math.max(slot, UNCHANGED), last);
        }
      }
      return new RowPatch(slots, size, slots.next, slots.nextEntry, gaps, replaced, absent);
    }

    private static int[] withGap(int[] gaps, int from, int end) {
      boolean longer = gaps.length > 0 && gaps[gaps.length - 1] == from;
      int[] with = Arrays.copyOf(gaps, longer ? gaps.length : gaps.length + 2);
      if (!longer) {
        with[with.length - 2] = from;
      }
      with[with.length - 1] = end;
      return with;
    }

    /** Drops what was edited, and gives back the slots it took: nobody has seen them. */
    public void abandon() {
      close();
      slots.next = firstSlot;
    }

    private void close() {
      requireOpen();
      open = false;
      slots.editing = false;
    }

    private void requireOpen() {
      if (!open) {
        throw new IllegalStateException("this patch is finished or abandoned");
      }
    }
  }
}
