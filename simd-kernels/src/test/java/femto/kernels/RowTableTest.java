package femto.kernels;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RowTableTest {
  /** Maps a file with a hole of this size: zeros that cost memory only where they are touched. */
  static MemorySegment mapSparse(Path directory, long bytes, Arena arena) throws IOException {
    try (FileChannel channel =
        FileChannel.open(
            directory.resolve("sparse"),
            StandardOpenOption.CREATE_NEW,
            StandardOpenOption.READ,
            StandardOpenOption.WRITE,
            StandardOpenOption.SPARSE)) {
      return channel.map(FileChannel.MapMode.READ_WRITE, 0, bytes, arena);
    }
  }

  private static RowTable table(int rows, int length) {
    long bytes = new RowLayout(length).tableBytes(rows);
    return RowTable.over(Arena.ofAuto().allocate(bytes, 64), rows, length);
  }

  @ParameterizedTest
  @CsvSource({"0, 0", "0, 8192", "1, 0", "1, 1", "3, 7", "5, 16", "2, 8192"})
  void shouldViewASegmentOfExactlyTheRightSize(int rows, int length) {
    RowTable table = table(rows, length);
    assertThat(table.rows()).isEqualTo(rows);
    assertThat(table.length()).isEqualTo(length);
    assertThat(table.layout()).isEqualTo(new RowLayout(length));
    assertThat(table.segment().byteSize()).isEqualTo(4L * rows * (length + 1));
  }

  @ParameterizedTest
  @CsvSource({"3, 7, -4", "3, 7, 4", "3, 7, -1", "3, 7, 1", "3, 7, 32", "0, 2, 1", "1, 0, -4"})
  void shouldRefuseASegmentOfAnotherSizeAndNameBothSizes(int rows, int length, int surplus) {
    long expected = 4L * rows * (length + 1);
    MemorySegment segment = Arena.ofAuto().allocate(expected + surplus, 64);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> RowTable.over(segment, rows, length))
        .withMessageContaining((expected + surplus) + " bytes")
        .withMessageContaining("expected " + expected)
        .withMessageContaining(rows + " rows of " + length + " factors");
  }

  @Test
  void shouldRefuseANegativeNumberOfRows() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> RowTable.over(MemorySegment.NULL, -1, 3))
        .withMessageContaining("-1 rows");
  }

  @ParameterizedTest
  @ValueSource(ints = {-1, RowLayout.MAX_LENGTH + 1})
  void shouldRefuseALengthOutOfRange(int length) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> RowTable.over(MemorySegment.NULL, 0, length))
        .withMessageContaining("length=" + length);
  }

  @Test
  void shouldReadBackWhatWasWritten() {
    RowTable table = table(3, 2);
    table.setRow(0, 1, new float[] {2, 3});
    table.setRow(1, 4, new float[] {5, 6});
    table.setRow(2, 7, new float[] {8, 9});
    assertThat(table.segment().toArray(JAVA_FLOAT)).containsExactly(1, 2, 3, 4, 5, 6, 7, 8, 9);
    float[] whole = new float[3];
    table.copyRow(1, whole);
    assertThat(whole).containsExactly(4, 5, 6);
    table.setRow(2, new float[] {-1, 7, 8, 9, -1}, 1);
    assertThat(table.segment().toArray(JAVA_FLOAT)).containsExactly(1, 2, 3, 4, 5, 6, 7, 8, 9);
    for (int row = 0; row < 3; row++) {
      assertThat(table.bias(row)).isEqualTo(3 * row + 1);
      assertThat(table.factor(row, 0)).isEqualTo(3 * row + 2);
      assertThat(table.factor(row, 1)).isEqualTo(3 * row + 3);
    }
  }

  @Test
  void shouldTakeOnlyAsManyFactorsAsARowHas() {
    RowTable table = table(2, 2);
    table.setRow(0, 1, new float[] {2, 3, Float.NaN, 5});
    assertThat(table.segment().toArray(JAVA_FLOAT)).containsExactly(1, 2, 3, 0, 0, 0);
  }

  @Test
  void shouldLeaveTheRowUnchangedWhenTooFewFactorsAreGiven() {
    RowTable table = table(1, 3);
    table.setRow(0, 1, new float[] {2, 3, 4});
    assertThatThrownBy(() -> table.setRow(0, 5, new float[] {6, 7}))
        .isInstanceOf(IndexOutOfBoundsException.class);
    assertThat(table.segment().toArray(JAVA_FLOAT)).containsExactly(1, 2, 3, 4);
  }

  @Test
  void shouldTakeTheLargestMagnitudeOfEitherSign() {
    RowTable table = table(1, 2);
    table.setRow(0, -RowTable.MAX_MAGNITUDE, new float[] {RowTable.MAX_MAGNITUDE, -1e15f});
    assertThat(table.bias(0)).isEqualTo(-1e15f);
    assertThat(table.factor(0, 0)).isEqualTo(1e15f);
    assertThat(table.factor(0, 1)).isEqualTo(-1e15f);
  }

  @ParameterizedTest
  @ValueSource(
      floats = {
        Float.NaN,
        Float.POSITIVE_INFINITY,
        Float.NEGATIVE_INFINITY,
        1.0000001e15f,
        -1.0000001e15f,
        Float.MAX_VALUE
      })
  void shouldRefuseANumberThatIsNotFiniteOrTooLargeAndLeaveTheRow(float bad) {
    assertThat(Math.abs(bad)).isNotEqualTo(RowTable.MAX_MAGNITUDE);
    RowTable table = table(2, 3);
    table.setRow(1, 1, new float[] {2, 3, 4});
    float[] before = table.segment().toArray(JAVA_FLOAT);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> table.setRow(1, bad, new float[3]))
        .withMessageContaining("bias=" + bad)
        .withMessageContaining("1.0E15");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> table.setRow(1, new float[] {0, bad, 0, 0, 0}, 1))
        .withMessageContaining("bias=" + bad);
    for (int f = 0; f < 3; f++) {
      float[] factors = {9, 9, 9};
      factors[f] = bad;
      assertThatIllegalArgumentException()
          .isThrownBy(() -> table.setRow(1, 9, factors))
          .withMessageContaining("factor " + f + " is " + bad);
      float[] whole = {bad, 9, 9, 9, 9};
      whole[2 + f] = bad;
      assertThatIllegalArgumentException()
          .isThrownBy(() -> table.setRow(1, whole, 1))
          .withMessageContaining("factor " + f + " is " + bad);
    }
    assertThat(table.segment().toArray(JAVA_FLOAT)).containsExactly(before);
  }

  @Test
  void shouldNotOverflowWhenEveryNumberHasTheLargestMagnitude() {
    RowTable table = table(1, RowLayout.MAX_LENGTH);
    float[] largest = new float[RowLayout.MAX_LENGTH];
    Arrays.fill(largest, RowTable.MAX_MAGNITUDE);
    table.setRow(0, RowTable.MAX_MAGNITUDE, largest);
    assertThat(RowScores.score(table, largest, 0)).isFinite().isGreaterThan(8e33f);
    Arrays.fill(largest, -RowTable.MAX_MAGNITUDE);
    assertThat(RowScores.score(table, largest, 0)).isFinite().isLessThan(-8e33f);
  }

  @ParameterizedTest
  @ValueSource(ints = {-1, 3, 4, Integer.MAX_VALUE, Integer.MIN_VALUE})
  void shouldRefuseARowThatIsNotThere(int row) {
    RowTable table = table(3, 2);
    Class<IndexOutOfBoundsException> expected = IndexOutOfBoundsException.class;
    assertThatThrownBy(() -> table.bias(row)).isInstanceOf(expected);
    assertThatThrownBy(() -> table.factor(row, 0)).isInstanceOf(expected);
    assertThatThrownBy(() -> table.setRow(row, 1, new float[2])).isInstanceOf(expected);
    assertThatThrownBy(() -> RowScores.score(table, new float[2], row)).isInstanceOf(expected);
    assertThat(table.segment().toArray(JAVA_FLOAT)).containsOnly(0f);
  }

  @ParameterizedTest
  @ValueSource(ints = {-1, 2, 3})
  void shouldRefuseAFactorThatTheRowDoesNotHave(int factor) {
    RowTable table = table(3, 2);
    assertThatThrownBy(() -> table.factor(1, factor))
        .as("the number there belongs to another place: a bias")
        .isInstanceOf(IndexOutOfBoundsException.class);
  }

  @ParameterizedTest
  @CsvSource({"1, 0", "1, 1", "4, 3", "3, 5", "5, 16", "7, 31"})
  void shouldWriteAndReadUpToTheLastByteAndNotBeyond(int rows, int length) {
    long bytes = new RowLayout(length).tableBytes(rows);
    MemorySegment around = Arena.ofAuto().allocate(bytes + 128, 64).fill((byte) 0x7f);
    RowTable table = RowTable.over(around.asSlice(64, bytes), rows, length);
    float[] factors = new float[length];
    for (int row = 0; row < rows; row++) {
      Arrays.fill(factors, row + 0.5f);
      table.setRow(row, row, factors);
    }
    assertThat(table.bias(rows - 1)).isEqualTo(rows - 1);
    if (length > 0) {
      assertThat(table.factor(rows - 1, length - 1)).isEqualTo(rows - 0.5f);
    }
    for (int b = 0; b < 64; b++) {
      assertThat(around.get(java.lang.foreign.ValueLayout.JAVA_BYTE, b)).isEqualTo((byte) 0x7f);
      assertThat(around.get(java.lang.foreign.ValueLayout.JAVA_BYTE, 64 + bytes + b))
          .isEqualTo((byte) 0x7f);
    }
  }

  @Test
  void shouldReadAndWriteTheLastRowOfATableThatEndsWhereTheMappedFileEnds(@TempDir Path directory)
      throws IOException {
    try (Arena arena = Arena.ofShared()) {
      int rows = 4096 / 16; // a whole page: what follows is not this table's to read
      RowTable table = RowTable.over(mapSparse(directory, 4096, arena), rows, 3);
      table.setRow(rows - 1, 1, new float[] {2, 3, 4});
      assertThat(RowScores.score(table, new float[] {1, 1, 1}, rows - 1)).isEqualTo(10f);
      float[] values = new float[1];
      TopSearch search = new TopSearch(table, null);
      TopRequest request = new TopRequest().reset(new float[] {1, 1, 1}, 1);
      assertThat(search.top(request, new int[1], values)).isEqualTo(1);
      assertThat(values[0]).isEqualTo(10f);
    }
  }

  @Test
  @Tag("once")
  void shouldReadAndWriteRowsPastTwoGibibytes(@TempDir Path directory) throws IOException {
    int length = 63;
    long stride = 256;
    int rows = 9_000_000;
    try (Arena arena = Arena.ofShared()) {
      MemorySegment memory = mapSparse(directory, rows * stride, arena);
      assertThat(memory.byteSize()).isGreaterThan(1L << 31);
      RowTable table = RowTable.over(memory, rows, length);
      int first = (int) ((1L << 31) / stride); // the row that begins at byte 2^31
      int[] touched = {0, 1, first - 1, first, first + 1, rows - 2, rows - 1};
      float[] factors = new float[length];
      for (int row : touched) {
        Arrays.fill(factors, row);
        factors[length - 1] = -row - 1;
        table.setRow(row, row + 2, factors);
      }
      for (int row : touched) {
        assertThat(table.bias(row)).isEqualTo(row + 2f);
        assertThat(table.factor(row, 0)).isEqualTo((float) row);
        assertThat(table.factor(row, length - 1)).isEqualTo((float) -row - 1);
        assertThat(memory.get(JAVA_FLOAT, row * stride)).isEqualTo(row + 2f);
        assertThat(memory.get(JAVA_FLOAT, row * stride + 252)).isEqualTo((float) -row - 1);
      }
      assertThat(table.bias(first + 2)).isZero();

      float[] query = new float[length];
      query[0] = 1;
      float[] scores = new float[touched.length];
      new RowScores(table).gather(query, touched, touched.length, scores);
      for (int i = 0; i < touched.length; i++) {
        assertThat(scores[i]).isEqualTo((row(touched[i]) + 2f) + row(touched[i]));
      }
      int[] many = IntStream.range(0, 64).map(i -> touched[i % touched.length]).toArray();
      float[] manyScores = new float[64];
      new RowScores(table).gather(query, many, 64, manyScores);
      for (int i = 0; i < 64; i++) {
        assertThat(manyScores[i]).isEqualTo(scores[i % touched.length]);
      }

      float[] vector = new float[length];
      float[] ones = new float[touched.length];
      Arrays.fill(ones, 1);
      new SparseRows(table).fold(0, touched, ones, touched.length - 2, 2, vector);
      assertThat(vector[0]).isEqualTo(row(rows - 2) + row(rows - 1));

      float[] bounds = new float[1024];
      new RowScores(table).upperBounds(query, rows - 1024, 1024, new int[1024], bounds);
      float best = 2f * rows;
      assertThat(bounds[1023]).isBetween(best, best * (1 + 1e-4f));
      assertThat(bounds[1022]).isBetween(best - 2, best * (1 + 1e-4f));

      int[] indexes = new int[5];
      long[] selected = new long[rows / 64 + 1];
      for (int row : touched) {
        selected[row / 64] |= 1L << (row % 64);
      }
      TopRequest request = new TopRequest().reset(query, 5).among(Selection.copyOf(selected));
      assertThat(new TopSearch(table, null).top(request, indexes, scores)).isEqualTo(5);
      // first + 1, first and first - 1 tie or not as floats of 2^24 and more do: by score, then
      // index.
      assertThat(indexes[0]).isEqualTo(rows - 1);
      assertThat(indexes[1]).isEqualTo(rows - 2);
      assertThat(Arrays.stream(indexes).skip(2).sorted())
          .containsExactly(first - 1, first, first + 1);
    }
  }

  private static float row(int row) {
    return row;
  }
}
