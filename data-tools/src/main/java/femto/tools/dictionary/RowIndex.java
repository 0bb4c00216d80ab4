package femto.tools.dictionary;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import femto.memory.Slab;
import java.lang.foreign.MemorySegment;

/**
 * An open-addressing hash table of rows, with linear probing. It holds no values: what a row stands
 * for is the caller's, who compares.
 *
 * <pre>
 *   slots  long [2^j], at most 5/8 of them in use
 *            0 is empty, otherwise   upper half of the hash, 32 bits | row + 1, 32 bits
 * </pre>
 *
 * The highest j bits of the hash say where the search begins. Since a slot holds them, a row can be
 * removed without a tombstone: those after it move up.
 */
final class RowIndex implements AutoCloseable {
  private final Slab slab;
  private final MemorySegment slots;
  private final int mask;
  private final int shift;

  RowIndex(int capacity) {
    long least = Math.max(2, (capacity * 8L + 4) / 5);
    int bits = Long.SIZE - Long.numberOfLeadingZeros(least - 1);
    slab = Slab.allocate(Long.BYTES << bits);
    slots = slab.segment();
    mask = (1 << bits) - 1;
    shift = Integer.SIZE - bits;
  }

  private long entry(int slot) {
    return slots.get(JAVA_LONG, (long) slot * Long.BYTES);
  }

  private void set(int slot, long entry) {
    slots.set(JAVA_LONG, (long) slot * Long.BYTES, entry);
  }

  private int home(long entry) {
    return (int) (entry >>> 32) >>> shift;
  }

  /** Where the search for a hash begins. */
  int first(long hash) {
    return seek(hash, home(hash));
  }

  /** Where it goes on, if what was found there had another value. */
  int next(long hash, int slot) {
    return seek(hash, (slot + 1) & mask);
  }

  /** The first slot from here on that is empty or has the upper half of this hash. */
  private int seek(long hash, int from) {
    int slot = from;
    long entry = entry(slot);
    while (entry != 0 && (entry ^ hash) >>> 32 != 0) {
      slot = (slot + 1) & mask;
      entry = entry(slot);
    }
    return slot;
  }

  /** The row in a slot, or -1 if it is empty. */
  int row(int slot) {
    return (int) entry(slot) - 1;
  }

  /** Adds a row that is not there yet. */
  void put(long hash, int row) {
    int slot = home(hash);
    while (entry(slot) != 0) {
      slot = (slot + 1) & mask;
    }
    set(slot, hash >>> 32 << 32 | (row + 1));
  }

  /** Removes a row that is there. */
  void remove(long hash, int row) {
    int hole = first(hash);
    while (row(hole) != row) {
      hole = next(hash, hole);
    }
    int slot = hole;
    while (true) {
      slot = (slot + 1) & mask;
      long entry = entry(slot);
      if (entry == 0) {
        break;
      }
      boolean reachesHole = ((slot - home(entry)) & mask) >= ((slot - hole) & mask);
      if (reachesHole) {
        set(hole, entry);
        hole = slot;
      }
    }
    set(hole, 0);
  }

  long bytes() {
    return slots.byteSize();
  }

  @Override
  public void close() {
    slab.close();
  }
}
