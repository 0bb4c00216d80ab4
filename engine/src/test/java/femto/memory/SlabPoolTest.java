package femto.memory;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.MemorySegment;
import java.util.Objects;
import org.junit.jupiter.api.Test;

class SlabPoolTest {
  private static boolean isZero(MemorySegment segment) {
    return segment.mismatch(MemorySegment.ofArray(new byte[(int) segment.byteSize()])) == -1;
  }

  @Test
  void shouldGiveTheSameMemoryAgainAllZeroAndOfTheSizeAskedFor() {
    try (SlabPool pool = new SlabPool()) {
      Slab first = pool.take(10_000);
      long address = first.segment().address();
      first.segment().fill((byte) 7);
      first.close();
      first.close();
      assertThat(pool.freeBytes()).isEqualTo(10_000);
      Slab again = pool.take(9_000);
      assertThat(again.segment().address()).isEqualTo(address);
      assertThat(again.segment().byteSize()).isEqualTo(9_000);
      assertThat(isZero(again.segment())).isTrue();
      assertThat(pool.freeBytes()).isZero();
      again.close();
      assertThat(pool.freeBytes()).isEqualTo(10_000);
    }
  }

  @Test
  void shouldNotGiveASlabToWhoNeedsMoreOrMuchLess() {
    try (SlabPool pool = new SlabPool()) {
      pool.take(10_000).close();
      Slab larger = pool.take(10_001);
      Slab smaller = pool.take(7_999);
      assertThat(pool.freeBytes()).isEqualTo(10_000);
      assertThat(larger.segment().byteSize()).isEqualTo(10_001);
      assertThat(smaller.segment().byteSize()).isEqualTo(7_999);
      larger.close();
      smaller.close();
      assertThat(pool.freeBytes()).isEqualTo(28_000);
    }
  }

  @Test
  void shouldFreeWhatItHoldsWhenTrimmedAndWhatComesBackWhenClosed() {
    SlabPool pool = new SlabPool();
    Slab held = pool.take(100);
    Slab inUse = pool.take(200);
    held.close();
    assertThat(held.segment().get(JAVA_BYTE, 0)).isZero(); // not freed yet
    pool.trim();
    assertThat(pool.freeBytes()).isZero();
    assertThat(held.segment().scope().isAlive()).isFalse();
    assertThat(inUse.segment().scope().isAlive()).isTrue();
    pool.close();
    pool.close();
    assertThat(inUse.segment().scope().isAlive()).isTrue();
    inUse.close();
    assertThat(inUse.segment().scope().isAlive()).isFalse();
  }

  @Test
  void shouldCountWhatIsInUseAndFreeTheOldestFirst() {
    try (SlabPool pool = new SlabPool()) {
      Slab first = pool.take(1000);
      Slab second = pool.take(2000);
      assertThat(pool.usedBytes()).isEqualTo(3000);
      first.close();
      first.close();
      assertThat(pool.usedBytes()).isEqualTo(2000);
      second.close();
      assertThat(pool.usedBytes()).isZero();
      assertThat(pool.freeBytes()).isEqualTo(3000);
      assertThat(pool.reuse(5000)).isNull();
      pool.trim(2500);
      assertThat(pool.freeBytes()).isEqualTo(2000);
      assertThat(first.segment().scope().isAlive()).isFalse();
      Slab again = Objects.requireNonNull(pool.reuse(1900));
      assertThat(again.segment().byteSize()).isEqualTo(1900);
      assertThat(pool.usedBytes()).isEqualTo(2000);
      again.close();
    }
  }
}
