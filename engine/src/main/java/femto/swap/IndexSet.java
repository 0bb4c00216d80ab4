package femto.swap;

import java.util.Arrays;
import java.util.BitSet;

/** Candidate indexes, each once, in the order in which they came. One owner; used again. */
final class IndexSet {
  private final BitSet bits = new BitSet();
  private int[] indexes = new int[64];
  private int size;

  int size() {
    return size;
  }

  int get(int position) {
    return indexes[position];
  }

  boolean contains(int index) {
    return bits.get(index);
  }

  /** Whether the index was not there before. */
  boolean add(int index) {
    if (bits.get(index)) {
      return false;
    }
    bits.set(index);
    if (size == indexes.length) {
      indexes = Arrays.copyOf(indexes, 2 * size);
    }
    indexes[size++] = index;
    return true;
  }

  /** Takes away what came last. */
  void truncate(int newSize) {
    while (size > newSize) {
      bits.clear(indexes[--size]);
    }
  }

  /** Puts what came at a position or after it in ascending order. */
  void sortFrom(int position) {
    Arrays.sort(indexes, position, size);
  }
}
