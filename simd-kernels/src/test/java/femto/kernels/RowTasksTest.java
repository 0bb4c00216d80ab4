package femto.kernels;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RowTasksTest {
  @ParameterizedTest
  @CsvSource({"0, 1", "1, 1", "7, 3", "9, 3", "1000, 1", "1000, 1001", "5, 2147483647"})
  void shouldGiveEveryRowToOneTask(int rows, int rowsPerTask) {
    AtomicIntegerArray seen = new AtomicIntegerArray(rows);
    RowTasks.run(
        rows,
        rowsPerTask,
        (first, end) -> {
          assertThat(end - first).isBetween(1, rowsPerTask);
          IntStream.range(first, end).forEach(seen::incrementAndGet);
        });
    assertThat(IntStream.range(0, rows).map(seen::get).toArray()).containsOnly(onesOf(rows));
  }

  private static int[] onesOf(int rows) {
    int[] ones = new int[rows];
    Arrays.fill(ones, 1);
    return ones;
  }

  @Test
  void shouldNotReturnBeforeAllTasksHaveEndedWhenOneFails() throws Exception {
    try (ForkJoinPool pool = new ForkJoinPool(4)) {
      for (int round = 0; round < 200; round++) {
        AtomicInteger running = new AtomicInteger();
        IllegalStateException failure = new IllegalStateException("row");
        pool.submit(
                () -> {
                  assertThatThrownBy(
                          () ->
                              RowTasks.run(
                                  100,
                                  1,
                                  (first, end) -> {
                                    running.incrementAndGet();
                                    if (first % 10 == 3) {
                                      running.decrementAndGet();
                                      throw failure;
                                    }
                                    for (int i = 0; i < 1000; i++) {
                                      Thread.onSpinWait();
                                    }
                                    running.decrementAndGet();
                                  }))
                      .isSameAs(failure);
                  assertThat(running.get()).isZero();
                })
            .get();
        assertThat(running.get()).isZero();
      }
    }
  }

  @Test
  void shouldThrowErrorsToo() {
    assertThatThrownBy(
            () ->
                RowTasks.run(
                    3,
                    1,
                    (first, end) -> {
                      throw new OutOfMemoryError("none");
                    }))
        .isInstanceOf(OutOfMemoryError.class);
  }
}
