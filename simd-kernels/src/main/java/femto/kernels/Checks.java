package femto.kernels;

/** Checks of arguments, with messages that say what was expected. */
final class Checks {
  private Checks() {}

  static void length(String name, int length, int needed) {
    if (needed < 0 || length < needed) {
      throw new IndexOutOfBoundsException(
          name + " has " + length + " elements, expected " + needed + " or more");
    }
  }

  static void indexes(int[] indexes, int from, int count, int rows) {
    if (count < 0) {
      throw new IndexOutOfBoundsException("count=" + count + ", expected 0 or more");
    }
    length("indexes", indexes.length, from + count);
    for (int i = from; i < from + count; i++) {
      if (indexes[i] < 0 || indexes[i] >= rows) {
        throw new IndexOutOfBoundsException(
            "index " + i + " is " + indexes[i] + ", expected 0 to " + (rows - 1));
      }
    }
  }

  static boolean isSet(long[] bits, int index) {
    int word = index >>> 6;
    return word < bits.length && (bits[word] & (1L << index)) != 0;
  }
}
