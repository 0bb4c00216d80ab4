package femto.learn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import femto.model.FeatureRows;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ExampleTest {
  /** Row 0 is empty, row 1 has one entry, row 2 has 40, more than an example has room for. */
  private static FeatureRows rows() {
    int[] features = IntStream.range(0, 41).map(i -> i == 0 ? 99 : 2 * i).toArray();
    float[] weights = new float[41];
    for (int i = 0; i < 41; i++) {
      weights[i] = 0.5f + i;
    }
    return FeatureRows.copyOf(new long[] {0, 0, 1, 41}, features, weights, 100);
  }

  private static List<String> entries(Example example) {
    List<String> entries = new ArrayList<>();
    for (int i = 0; i < example.count(); i++) {
      entries.add(example.feature(i) + "*" + example.weight(i));
    }
    return entries;
  }

  @Test
  void shouldAddRowsAsItAddsTheirEntries() {
    FeatureRows rows = rows();
    Example whole = new Example();
    Example single = new Example();
    for (int round = 0; round < 2; round++) {
      whole.reset(1);
      single.reset(1);
      for (int row = 0; row < rows.rows(); row++) {
        whole.addRow(rows, row);
        for (long entry = rows.offset(row); entry < rows.offset(row + 1); entry++) {
          single.add(rows.feature(entry), rows.weight(entry));
        }
      }
      assertThat(entries(whole)).isEqualTo(entries(single)).hasSize(41);
    }
  }

  @Test
  void shouldAddARowUnderOtherNumbersWithoutWhatIsLeftOut() {
    FeatureRows rows = rows();
    int[] numbers = IntStream.range(0, 100).map(i -> i % 3 == 0 ? -1 : 1000 + i).toArray();
    Example example = new Example();
    example.reset(0);
    example.add(7, 2);
    for (int row = 0; row < rows.rows(); row++) {
      example.addRow(rows, row, numbers);
    }
    List<String> expected = new ArrayList<>(List.of("7*2.0"));
    for (long entry = 0; entry < 41; entry++) {
      int feature = rows.feature(entry);
      if (feature % 3 != 0) {
        expected.add((1000 + feature) + "*" + rows.weight(entry));
      }
    }
    assertThat(entries(example)).isEqualTo(expected);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 15, 16, 17, 31, 33, 100, 1000})
  void shouldHaveRoomForVectorsWhateverTheRow(int length) {
    FeatureRows rows =
        FeatureRows.copyOf(
            new long[] {0, length},
            IntStream.range(0, length).toArray(),
            new float[length],
            length);
    Example example = new Example();
    example.addRow(rows, 0);
    assertThat(example.features()).hasSizeGreaterThanOrEqualTo(length);
    assertThat(example.weights()).hasSize(example.features().length);
    example.reset(0);
    example.add(length, 1);
    example.addRow(rows, 0);
    assertThat(example.features()).hasSizeGreaterThanOrEqualTo(length + 1);
  }

  @Test
  void shouldRefuseARowOrANumberThatThereIsNot() {
    FeatureRows rows = rows();
    Example example = new Example();
    assertThatThrownBy(() -> example.addRow(rows, 3)).isInstanceOf(IndexOutOfBoundsException.class);
    assertThatThrownBy(() -> example.addRow(rows, 2, new int[3]))
        .isInstanceOf(IndexOutOfBoundsException.class);
  }
}
