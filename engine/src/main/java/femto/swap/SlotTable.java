package femto.swap;

/**
 * An open-addressing hash table of numbers from 0 up, with linear probing. It holds no keys: what a
 * number stands for is the caller's, who compares.
 *
 * <pre>
 *   slots  int [2^j], at most 5/8 of them in use
 *            0 is empty, otherwise
 *            the j lowest bits      number + 1
 *            the 32 - j highest     the same bits of the hash's upper half
 * </pre>
 *
 * The bits of the hash spare most looks at a key that is another's: at 10 million numbers there are
 * 8, and one of 256 such looks is left.
 *
 * <p>One thread puts, and a slot that was filled never changes. A reader that looks while a number
 * is being put finds the slot filled or empty.
 */
final class SlotTable {
  /** The most numbers that a table takes. */
  static final int MAX_NUMBERS = 1 << 29;

  private final int[] slots;
  private final int mask;

  /**
   * An empty table.
   *
   * @param numbers how many it shall take, 0 to {@link #MAX_NUMBERS}
   */
  SlotTable(int numbers) {
    long least = Math.max(2, (numbers * 8L + 4) / 5);
    slots = new int[Integer.highestOneBit((int) (least - 1)) << 1];
    mask = slots.length - 1;
  }

  /** Where the search for a hash begins. */
  int first(long hash) {
    return seek(hash, (int) hash & mask);
  }

  /** Where it goes on, if what was found there had another key. */
  int next(long hash, int slot) {
    return seek(hash, (slot + 1) & mask);
  }

  /** The first slot from here on that is empty or may be of this hash. */
  private int seek(long hash, int from) {
    int tag = (int) (hash >>> 32);
    int slot = from;
    int entry = slots[slot];
    while (entry != 0 && ((entry ^ tag) & ~mask) != 0) {
      slot = (slot + 1) & mask;
      entry = slots[slot];
    }
    return slot;
  }

  /** The number in a slot, or -1 if it is empty. */
  int number(int slot) {
    return (slots[slot] & mask) - 1;
  }

  /** Fills an empty slot, at which the search for the hash has ended. */
  void put(int slot, long hash, int number) {
    slots[slot] = ((int) (hash >>> 32) & ~mask) | (number + 1);
  }

  /** How many bytes it takes. */
  long bytes() {
    return (long) slots.length * Integer.BYTES;
  }
}
