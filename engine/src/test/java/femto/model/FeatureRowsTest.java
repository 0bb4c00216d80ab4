package femto.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.MemorySegment;
import java.util.List;
import org.junit.jupiter.api.Test;

class FeatureRowsTest {
  private static FeatureRows rows(long[] offsets, int[] features, float... weights) {
    return FeatureRows.copyOf(offsets, features, weights, 10);
  }

  @Test
  void shouldGiveBackItsEntries() {
    FeatureRows rows = rows(new long[] {0, 2, 2, 3}, new int[] {0, 9, 4}, 1, -0.5f, 2);
    assertThat(rows.rows()).isEqualTo(3);
    assertThat(rows.offset(1)).isEqualTo(2);
    assertThat(rows.offset(3)).isEqualTo(3);
    assertThat(rows.feature(1)).isEqualTo(9);
    assertThat(rows.weight(1)).isEqualTo(-0.5f);
  }

  @Test
  void shouldCopyItsArrays() {
    int[] features = {3};
    FeatureRows rows = rows(new long[] {0, 1}, features, 1);
    features[0] = 5;
    assertThat(rows.feature(0)).isEqualTo(3);
  }

  @Test
  void shouldTakeNoRowsAndEmptyRows() {
    assertThat(rows(new long[] {0}, new int[0]).rows()).isZero();
    assertThat(rows(new long[] {0, 0, 0}, new int[0]).rows()).isEqualTo(2);
  }

  private static void refused(String message, long[] offsets, int[] features, float... weights) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> rows(offsets, features, weights))
        .withMessageContaining(message);
  }

  @Test
  void shouldNameTheRowThatIsNotSound() {
    refused("row 0 begins at entry 1", new long[] {1, 1}, new int[] {1}, 1);
    refused("row 1 ends at entry 1", new long[] {0, 2, 1}, new int[] {1, 2}, 1, 1);
    refused("row 0 ends at entry 3", new long[] {0, 3}, new int[] {1, 2}, 1, 1);
    refused("row 0 ends at entry -1", new long[] {0, -1}, new int[] {1}, 1);
    refused("row 1 is missing", new long[] {0, 1}, new int[] {1, 2}, 1, 1);
    refused("row 1 has feature 10", new long[] {0, 1, 2}, new int[] {1, 10}, 1, 1);
    refused("row 0 has feature -1", new long[] {0, 1}, new int[] {-1}, 1);
    refused("row 0 has feature 4", new long[] {0, 2}, new int[] {4, 4}, 1, 1);
    refused("row 0 has feature 3", new long[] {0, 2}, new int[] {4, 3}, 1, 1);
    refused("weight NaN", new long[] {0, 1}, new int[] {4}, Float.NaN);
    refused("weight -Infinity", new long[] {0, 1}, new int[] {4}, Float.NEGATIVE_INFINITY);
    refused("do not fit together", new long[] {0, 1}, new int[] {4});
    refused("do not fit together", new long[] {}, new int[] {});
  }

  @Test
  void shouldViewWithoutCopying() {
    float[] weights = {2};
    FeatureRows view =
        FeatureRows.over(
            MemorySegment.ofArray(new long[] {0, 1}),
            MemorySegment.ofArray(new int[] {4}),
            MemorySegment.ofArray(weights),
            10);
    weights[0] = 7;
    assertThat(view.weight(0)).isEqualTo(7);
  }

  @Test
  void shouldGiveWeightsOfOneAsTheyAre() {
    for (float last : new float[] {1, 0.5f}) {
      float[] weights = {1, 1, last};
      FeatureRows rows = FeatureRows.copyOf(new long[] {0, 1, 3}, new int[] {4, 2, 3}, weights, 10);
      for (FeatureRows same : List.of(rows, rows.copy())) {
        float[] copied = new float[4];
        same.copyEntries(0, 3, new int[4], copied, 1);
        assertThat(copied).containsExactly(0, 1, 1, last);
        assertThat(same.weight(2)).isEqualTo(last);
        assertThatThrownBy(() -> same.copyEntries(1, 3, new int[3], new float[3], 0))
            .isInstanceOf(IndexOutOfBoundsException.class);
        assertThatThrownBy(() -> same.copyEntries(0, 3, new int[3], new float[2], 0))
            .isInstanceOf(IndexOutOfBoundsException.class);
      }
    }
  }
}
