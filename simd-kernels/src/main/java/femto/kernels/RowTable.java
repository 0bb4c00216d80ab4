package femto.kernels;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.Objects;

/**
 * A table of rows (a bias and {@code length} factors each) over memory that somebody else owns.
 *
 * <p>A view: it never frees the memory. Reading is safe from any number of threads as long as
 * nobody writes; {@link #setRow} is for the one thread that builds a row before the table is
 * shared.
 */
public final class RowTable {
  /**
   * Largest magnitude of any number in a table or a query. With it no chain of up to {@value
   * RowLayout#MAX_LENGTH} products can overflow: 8192 * 10^15 * 10^15 is below the largest float.
   */
  public static final float MAX_MAGNITUDE = 1e15f;

  private final MemorySegment segment;
  private final RowLayout layout;
  private final int rows;

  private RowTable(MemorySegment segment, RowLayout layout, int rows) {
    this.segment = segment;
    this.layout = layout;
    this.rows = rows;
  }

  /**
   * Views a segment as a table.
   *
   * @param segment memory of exactly {@code new RowLayout(length).tableBytes(rows)} bytes, aligned
   *     to 4
   * @param rows number of rows, 0 to 2^31-1
   * @param length number of factors a row
   * @return the view
   * @throws IllegalArgumentException if the segment's size does not fit
   */
  public static RowTable over(MemorySegment segment, int rows, int length) {
    RowLayout layout = new RowLayout(length);
    if (rows < 0 || segment.byteSize() != layout.tableBytes(rows)) {
      throw new IllegalArgumentException(
          "segment of "
              + segment.byteSize()
              + " bytes, expected "
              + layout.tableBytes(rows)
              + " for "
              + rows
              + " rows of "
              + length
              + " factors and a bias");
    }
    return new RowTable(segment, layout, rows);
  }

  /**
   * Number of rows.
   *
   * @return 0 to 2^31-1
   */
  public int rows() {
    return rows;
  }

  /**
   * Number of factors a row.
   *
   * @return 0 to {@value RowLayout#MAX_LENGTH}
   */
  public int length() {
    return layout.length();
  }

  /**
   * Where a row's numbers stand.
   *
   * @return the layout
   */
  public RowLayout layout() {
    return layout;
  }

  /**
   * The memory under the table.
   *
   * @return the segment given to {@link #over}
   */
  public MemorySegment segment() {
    return segment;
  }

  /**
   * Bias of a row.
   *
   * @param row row index
   * @return the bias
   * @throws IndexOutOfBoundsException if there is no such row
   */
  public float bias(int row) {
    return segment.get(JAVA_FLOAT, layout.rowOffset(row) + RowLayout.BIAS_OFFSET);
  }

  /**
   * One factor of a row.
   *
   * @param row row index
   * @param factor factor index, from 0
   * @return the factor
   * @throws IndexOutOfBoundsException if there is no such row or factor
   */
  public float factor(int row, int factor) {
    long inRow = (long) Objects.checkIndex(factor, layout.length()) * Float.BYTES;
    return segment.get(JAVA_FLOAT, layout.rowOffset(row) + RowLayout.FACTORS_OFFSET + inRow);
  }

  /**
   * Copies the factors of a row.
   *
   * @param row row index
   * @param into receives {@code length()} factors
   * @throws IndexOutOfBoundsException if there is no such row or the array is too short
   */
  public void copyFactors(int row, float[] into) {
    MemorySegment.copy(
        segment,
        JAVA_FLOAT,
        layout.rowOffset(row) + RowLayout.FACTORS_OFFSET,
        into,
        0,
        layout.length());
  }

  /**
   * Copies a row as it lies in memory.
   *
   * @param row row index
   * @param into receives the bias and then {@code length()} factors
   * @throws IndexOutOfBoundsException if there is no such row or the array is too short
   */
  public void copyRow(int row, float[] into) {
    MemorySegment.copy(segment, JAVA_FLOAT, layout.rowOffset(row), into, 0, 1 + layout.length());
  }

  /** Copies consecutive rows of another table of the same length. */
  void copyRows(RowTable from, int fromRow, int toRow, int count) {
    MemorySegment.copy(
        from.segment,
        layout.rowOffset(fromRow),
        segment,
        layout.rowOffset(toRow),
        layout.tableBytes(count));
  }

  /** Sets a row to zeros. */
  void clearRow(int row) {
    segment.asSlice(layout.rowOffset(row), layout.strideBytes()).fill((byte) 0);
  }

  /**
   * Writes a row.
   *
   * @param row row index
   * @param bias the bias
   * @param factors at least {@code length()} factors
   * @throws IllegalArgumentException if a number is not finite or its magnitude exceeds {@link
   *     #MAX_MAGNITUDE}; the row is then unchanged
   */
  public void setRow(int row, float bias, float[] factors) {
    requireBounded(bias, factors, length());
    long offset = layout.rowOffset(row);
    segment.set(JAVA_FLOAT, offset + RowLayout.BIAS_OFFSET, bias);
    MemorySegment.copy(
        factors, 0, segment, JAVA_FLOAT, offset + RowLayout.FACTORS_OFFSET, length());
  }

  /** Writes a row as it lies in memory: its bias and then its factors, from a place in an array. */
  void setRow(int row, float[] numbers, int at) {
    int end = at + 1 + length();
    for (int i = at; i < end; i++) {
      if (!(Math.abs(numbers[i]) <= MAX_MAGNITUDE)) {
        requireBounded(numbers[at], Arrays.copyOfRange(numbers, at + 1, end), length());
      }
    }
    MemorySegment.copy(
        numbers, at, segment, JAVA_FLOAT, layout.rowOffset(row), 1 + layout.length());
  }

  /**
   * Checks that numbers from outside can be put through a chain without overflow.
   *
   * @param bias the bias or constant
   * @param factors factors
   * @param length how many of them count
   * @throws IllegalArgumentException naming the first number that is not finite or is too large
   */
  public static void requireBounded(float bias, float[] factors, int length) {
    if (!(Math.abs(bias) <= MAX_MAGNITUDE)) {
      throw new IllegalArgumentException(
          "bias=" + bias + ", expected a finite number of magnitude at most " + MAX_MAGNITUDE);
    }
    for (int f = 0; f < length; f++) {
      if (!(Math.abs(factors[f]) <= MAX_MAGNITUDE)) {
        throw new IllegalArgumentException(
            "factor "
                + f
                + " is "
                + factors[f]
                + ", expected a finite number of magnitude at most "
                + MAX_MAGNITUDE);
      }
    }
  }
}
