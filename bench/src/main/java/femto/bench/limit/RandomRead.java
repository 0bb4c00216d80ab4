package femto.bench.limit;

import static java.lang.foreign.ValueLayout.JAVA_INT;

import femto.kernels.RowLayout;
import femto.kernels.RowTable;
import java.lang.foreign.MemorySegment;

/**
 * Touches every cache line of some rows of a table, in the order of a list: the floor under any way
 * of scoring a list of candidates that are not in a cache. One 4-byte number a line is read.
 *
 * <p>Each returns the sum of what it read, in wrapping arithmetic.
 */
public enum RandomRead {
  /** One row after the other: the processor looks ahead by itself. */
  ROW_BY_ROW {
    @Override
    public int sum(RowTable table, int[] rows) {
      MemorySegment segment = table.segment();
      long stride = table.layout().strideBytes();
      long last = stride - Integer.BYTES;
      int sum = 0;
      for (int row : rows) {
        long offset = row * stride;
        sum += segment.get(JAVA_INT, offset);
        for (long inRow = LINE_BYTES; inRow < last; inRow += LINE_BYTES) {
          sum += segment.get(JAVA_INT, offset + inRow);
        }
        sum += segment.get(JAVA_INT, offset + last);
      }
      return sum;
    }
  },

  /** Four rows at a time, the first lines of all of them before the others. */
  FOUR_ROWS {
    @Override
    public int sum(RowTable table, int[] rows) {
      MemorySegment segment = table.segment();
      long stride = table.layout().strideBytes();
      long last = stride - Integer.BYTES;
      int sum = 0;
      int i = 0;
      for (; i <= rows.length - 4; i += 4) {
        long offset0 = rows[i] * stride;
        long offset1 = rows[i + 1] * stride;
        long offset2 = rows[i + 2] * stride;
        long offset3 = rows[i + 3] * stride;
        for (long inRow = 0; inRow < last; inRow += LINE_BYTES) {
          sum +=
              segment.get(JAVA_INT, offset0 + inRow)
                  + segment.get(JAVA_INT, offset1 + inRow)
                  + segment.get(JAVA_INT, offset2 + inRow)
                  + segment.get(JAVA_INT, offset3 + inRow);
        }
        sum +=
            segment.get(JAVA_INT, offset0 + last)
                + segment.get(JAVA_INT, offset1 + last)
                + segment.get(JAVA_INT, offset2 + last)
                + segment.get(JAVA_INT, offset3 + last);
      }
      for (; i < rows.length; i++) {
        long offset = rows[i] * stride;
        for (long inRow = 0; inRow < last; inRow += LINE_BYTES) {
          sum += segment.get(JAVA_INT, offset + inRow);
        }
        sum += segment.get(JAVA_INT, offset + last);
      }
      return sum;
    }
  };

  /** Bytes of a cache line on every processor that Femto is measured on. */
  static final long LINE_BYTES = 64;

  /**
   * Touches rows.
   *
   * @param table the table
   * @param rows row indexes, in any order
   * @return the sum of what was read
   */
  public abstract int sum(RowTable table, int[] rows);

  /**
   * How many cache lines a row occupies on average, over all rows of a table that starts at a line.
   * A row of 16 factors and a bias takes 68 bytes, so exactly two, wherever it starts: its offset
   * is a multiple of 4, and 60 + 68 is just 128.
   *
   * @param layout of the rows
   * @return lines a row
   */
  public static double linesPerRow(RowLayout layout) {
    // Offsets repeat after as many rows as there are 4-byte places in a line.
    int rows = (int) (LINE_BYTES / Float.BYTES);
    long lines = 0;
    for (int row = 0; row < rows; row++) {
      long first = layout.rowOffset(row);
      lines += (first + layout.strideBytes() - 1) / LINE_BYTES - first / LINE_BYTES + 1;
    }
    return (double) lines / rows;
  }
}
