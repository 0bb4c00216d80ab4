package femto.bench.limit;

import static org.assertj.core.api.Assertions.assertThat;

import femto.memory.Slab;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.SplittableRandom;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class SequentialReadTest {
  @ParameterizedTest
  @EnumSource(SequentialRead.class)
  void shouldReadEveryByteOnce(SequentialRead way) {
    SplittableRandom random = new SplittableRandom(3);
    for (int bytes : new int[] {0, 1, 7, 8, 63, 64, 65, 511, 512, 513, 4096, 10_007, 68 * 1001}) {
      try (Slab slab = Slab.allocate(bytes)) {
        MemorySegment segment = slab.segment();
        for (int i = 0; i < bytes; i++) {
          segment.set(ValueLayout.JAVA_BYTE, i, (byte) random.nextInt());
        }
        assertThat(way.sum(segment)).as("%d bytes", bytes).isEqualTo(plainSum(segment));
      }
    }
  }

  private static long plainSum(MemorySegment segment) {
    long sum = 0;
    long offset = 0;
    for (; offset + Long.BYTES <= segment.byteSize(); offset += Long.BYTES) {
      sum += segment.get(ValueLayout.JAVA_LONG, offset);
    }
    for (; offset < segment.byteSize(); offset++) {
      sum += segment.get(ValueLayout.JAVA_BYTE, offset);
    }
    return sum;
  }
}
