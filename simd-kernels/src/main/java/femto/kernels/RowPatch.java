package femto.kernels;

import java.util.Arrays;
import java.util.BitSet;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What has changed in a {@link RowTable} since it was written: rows that have been replaced, added
 * or removed, kept apart from it. Table and patch together are the rows that count: row i is the
 * patch's if the patch has one, else the table's. Rows past the table's end exist in the patch
 * alone.
 *
 * <p>Immutable and safe to share. A patch is made from the one before it by {@link Editor}, which
 * costs what changed: the numbers of the rows stand in a table of slots that all patches of one
 * table share and that is only ever appended to, and the way from a row to its slot goes through
 * pages, of which a new patch copies those that changed.
 *
 * <pre>
 *   row -- flag clear --> the table's row              flags: one bit a row of the table, shared
 *       \- flag set ----> page of 128 rows -> slot --> the patch's row   (or removed, or the table's)
 * </pre>
 *
 * <p>The flags are shared by all patches of one table too, and a flag is set for good when any of
 * them has the row, so a set flag may also belong to a patch that came later: it says where to look
 * and nothing more. One bit a row is little enough for a near cache, and so a row that has not
 * changed costs a patch next to nothing.
 */
public final class RowPatch {
  /** The row is the table's. */
  static final int UNCHANGED = -1;

  /** There is no such row. */
  static final int REMOVED = -2;

  private static final int PAGE_BITS = 7;
  private static final int PAGE = 1 << PAGE_BITS;

  /** Pages that are copied at a time. */
  private static final int PAGES_PER_PIECE = 16;

  private static final int[] UNCHANGED_PAGE = page(UNCHANGED);
  private static final int[] ABSENT_PAGE = page(REMOVED);

  private final Slots slots;
  private final int[][] pages;
  private final int size;
  private final int slotCount;
  private final int replaced;
  private final int absent;

  private RowPatch(Slots slots, int[][] pages, int size, int slotCount, int replaced, int absent) {
    this.slots = slots;
    this.pages = pages;
    this.size = size;
    this.slotCount = slotCount;
    this.replaced = replaced;
    this.absent = absent;
  }

  /**
   * What all patches of one table share. Written by one thread at a time, the one that edits, by
   * plain stores: a reader gets a patch through a volatile load or the like, and with it all that
   * was written before the patch was finished. What it may see early are rows of slots past its
   * own, which it does not look at, and flags, which send it to its own pages.
   */
  private static final class Slots {
    final RowTable table;
    final RowTable rows;

    /** The row whose numbers a slot holds. */
    final int[] rowOf;

    final long[] flags;

    /** The first slot that no patch has taken. */
    int next;

    /** Whether a patch is being edited. */
    boolean editing;

    Slots(RowTable table, RowTable rows) {
      this.table = table;
      this.rows = rows;
      this.rowOf = new int[rows.rows()];
      this.flags = new long[(int) ((table.rows() + 63L) >>> 6)];
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
    if (table.length() != slots.length()) {
      throw new IllegalArgumentException(
          "slots of " + slots.length() + " factors, expected " + table.length());
    }
    int[][] pages = new int[pages(table.rows())][];
    Arrays.fill(pages, UNCHANGED_PAGE);
    int inLast = table.rows() & (PAGE - 1);
    if (inLast > 0) {
      pages[pages.length - 1] = lastPage(inLast);
    }
    return new RowPatch(new Slots(table, slots), pages, table.rows(), 0, 0, 0);
  }

  private static int[] page(int slot) {
    int[] page = new int[PAGE];
    Arrays.fill(page, slot);
    return page;
  }

  /** The page in which the table ends. */
  private static int[] lastPage(int rows) {
    int[] page = page(UNCHANGED);
    Arrays.fill(page, rows, PAGE, REMOVED);
    return page;
  }

  private static int pages(int rows) {
    return (int) ((rows + (PAGE - 1L)) >>> PAGE_BITS);
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
    return pages[row >>> PAGE_BITS][row & (PAGE - 1)];
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

  private int presentSlot(int row) {
    if (!contains(row)) {
      throw absent(row);
    }
    return slot(row);
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
    copying(into).run();
  }

  /**
   * The same as work that can be done piece by piece.
   *
   * @param into as in {@link #copyTo}
   * @return the work; a piece takes well under a millisecond for common lengths
   * @throws IllegalArgumentException as there
   */
  public StagedWork copying(RowTable into) {
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
            pages(size),
            PAGES_PER_PIECE,
            PAGES_PER_PIECE,
            () ->
                (first, end) -> {
                  for (int page = first; page < end; page++) {
                    copyPage(page, into);
                  }
                });
  }

  private void copyPage(int page, RowTable into) {
    int first = page << PAGE_BITS;
    int count = Math.min(PAGE, size - first);
    int own = Math.max(0, Math.min(count, slots.table.rows() - first));
    if (own > 0) {
      into.copyRows(slots.table, first, first, own);
    }
    for (int i = 0; i < count; i++) {
      int slot = pages[page][i];
      if (slot >= 0) {
        into.copyRows(slots.rows, slot, first + i, 1);
      } else if (slot == REMOVED) {
        into.clearRow(first + i);
      }
    }
  }

  /**
   * This patch, for a table into which an earlier patch of the same table has been copied: what has
   * changed since, and which rows are absent.
   *
   * @param copied the patch that was copied by {@link #copyTo}
   * @param none the patch of the new table that changes nothing
   * @return a patch of the new table; null if it has too few slots
   */
  public @Nullable RowPatch rebased(RowPatch copied, RowPatch none) {
    Editor editor = none.edit();
    float[] factors = new float[length()];
    int end = Math.max(size, copied.size);
    for (int page = 0; page < pages(end); page++) {
      if (isUntouched(page) && copied.isUntouched(page)) {
        continue;
      }
      int first = page << PAGE_BITS;
      int count = Math.min(PAGE, end - first);
      for (int row = first; row - first < count; row++) {
        if (!contains(row)) {
          editor.remove(row);
        } else if (slot(row) != copied.slotOrRemoved(row)) {
          if (none.freeSlots() == 0) {
            editor.abandon();
            return null;
          }
          copyFactors(row, factors);
          editor.set(row, bias(row), factors);
        }
      }
    }
    return editor.finish();
  }

  @SuppressWarnings("ReferenceEquality") // the one page that nothing has been changed in
  private boolean isUntouched(int page) {
    return page < pages.length && pages[page] == UNCHANGED_PAGE;
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
    private final Slots slots;
    private int[][] pages;
    private final BitSet copied = new BitSet();
    private int size;
    private int replaced;
    private int absent;
    private final int firstSlot;
    private boolean open = true;

    private Editor(RowPatch before) {
      this.firstSlot = before.slots.next;
      this.slots = before.slots;
      this.pages = before.pages.clone();
      this.size = before.size;
      this.replaced = before.replaced;
      this.absent = before.absent;
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
      requireOpen();
      if (slots.next == slots.rows.rows()) {
        throw new IllegalStateException("all " + slots.rows.rows() + " slots are taken");
      }
      int slot = slots.next;
      slots.rows.setRow(slot, bias, factors);
      slots.rowOf[slot] = row;
      slots.next++;
      put(row, slot);
    }

    /**
     * Removes a row. One that is not there stays so.
     *
     * @param row its index; past the end, the size grows
     */
    public void remove(int row) {
      requireOpen();
      Objects.checkIndex(row, Integer.MAX_VALUE);
      put(row, REMOVED);
    }

    private void put(int row, int slot) {
      if (row >= size) {
        absent += row - size + 1; // with this one, which is taken away below
        size = Math.addExact(row, 1);
        int former = pages.length;
        pages = Arrays.copyOf(pages, Math.max(former, RowPatch.pages(size)));
        Arrays.fill(pages, former, pages.length, ABSENT_PAGE);
      }
      int[] page = page(row >>> PAGE_BITS);
      int former = page[row & (PAGE - 1)];
      boolean own = row < slots.table.rows();
      absent += (slot == REMOVED ? 1 : 0) - (former == REMOVED ? 1 : 0);
      replaced += own ? (slot >= 0 ? 1 : 0) - (former >= 0 ? 1 : 0) : 0;
      page[row & (PAGE - 1)] = slot;
      if (own) {
        slots.flags[row >>> 6] |= 1L << row;
      }
    }

    private int[] page(int number) {
      int[] page = copied.get(number) ? pages[number] : pages[number].clone();
      copied.set(number);
      pages[number] = page;
      return page;
    }

    /**
     * The patch as edited.
     *
     * @return the new patch, to be handed to readers by a volatile store or the like
     */
    public RowPatch finish() {
      close();
      return new RowPatch(slots, pages, size, slots.next, replaced, absent);
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
