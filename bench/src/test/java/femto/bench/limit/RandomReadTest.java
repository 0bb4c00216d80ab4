package femto.bench.limit;

import static org.assertj.core.api.Assertions.assertThat;

import femto.bench.data.Distribution;
import femto.bench.data.SyntheticTable;
import femto.kernels.RowLayout;
import java.lang.foreign.ValueLayout;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class RandomReadTest {
  @ParameterizedTest
  @EnumSource(RandomRead.class)
  void shouldTouchEveryLineOfEveryRow(RandomRead way) {
    for (int factors : new int[] {1, 15, 16, 31, 32, 40}) {
      try (SyntheticTable synthetic =
          SyntheticTable.create(Distribution.GAUSSIAN, 1000, factors, 1)) {
        int[] rows = new SplittableRandom(1).ints(503, 0, 1000).toArray();
        int expected = 0;
        long stride = synthetic.table().layout().strideBytes();
        for (int row : rows) {
          for (long offset = 0; offset < stride - 4; offset += 64) {
            expected +=
                synthetic.table().segment().get(ValueLayout.JAVA_INT, row * stride + offset);
          }
          expected +=
              synthetic.table().segment().get(ValueLayout.JAVA_INT, row * stride + stride - 4);
        }
        assertThat(way.sum(synthetic.table(), rows)).as("%d factors", factors).isEqualTo(expected);
      }
    }
  }

  @Test
  void shouldCountTheLinesOfARow() {
    assertThat(RandomRead.linesPerRow(new RowLayout(16))).isEqualTo(2);
    assertThat(RandomRead.linesPerRow(new RowLayout(15))).isEqualTo(1);
    assertThat(RandomRead.linesPerRow(new RowLayout(0))).isEqualTo(1);
    assertThat(RandomRead.linesPerRow(new RowLayout(18))).isEqualTo(34.0 / 16);
  }
}
