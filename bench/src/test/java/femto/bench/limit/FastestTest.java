package femto.bench.limit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;

class FastestTest {
  private final List<Integer> tried = new ArrayList<>();

  @Test
  void shouldTryAllWaysTwiceAndThenTheFastestAlone() {
    Integer[] millis = {20, 2, 60};
    Fastest fastest =
        Fastest.of(
            millis,
            way -> {
              tried.add(way);
              long end = System.nanoTime() + way * 1_000_000L;
              while (System.nanoTime() < end) {
                LockSupport.parkNanos(end - System.nanoTime());
              }
              return way;
            },
            2);
    for (int i = 0; i < 4; i++) {
      assertThat(fastest.nanos()).isBetween(2_000_000L, 19_000_000L);
    }
    assertThat(tried).containsExactly(20, 20, 2, 2, 60, 60, 20, 20, 2, 2, 60, 60, 2, 2, 2, 2);
  }

  @Test
  void shouldWarmUpEachWayOnceAJvm() {
    for (int time = 0; time < 2; time++) {
      Fastest fastest =
          Fastest.of(
              new String[] {"one", "other"},
              way -> {
                tried.add(way.length());
                LockSupport.parkNanos(100_000_000);
                return 1;
              },
              1);
      assertThat(fastest.warmedUp()).isSameAs(fastest);
      assertThat(tried).hasSizeBetween(4, 8).startsWith(3, 3).endsWith(5, 5);
    }
  }

  @Test
  void shouldSayThatAWayFails() {
    Fastest fastest =
        Fastest.of(
            new String[] {"way"},
            way -> {
              throw new java.io.IOException("as a test wants it");
            },
            1);
    assertThatIllegalStateException().isThrownBy(fastest::nanos).withMessageContaining("as a test");
  }
}
