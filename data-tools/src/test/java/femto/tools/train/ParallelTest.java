package femto.tools.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(20)
class ParallelTest {
  @Test
  void shouldGiveResultsInTheOrderOfSubmissionThoughTheFirstEndsLast() {
    CountDownLatch othersDone = new CountDownLatch(9);
    try (Parallel<Integer> parallel = new Parallel<>(3)) {
      parallel.submit(
          () -> {
            assertThat(othersDone.await(10, TimeUnit.SECONDS)).isTrue();
            return 0;
          });
      for (int i = 1; i < 10; i++) {
        int number = i;
        parallel.submit(
            () -> {
              othersDone.countDown();
              return number;
            });
      }
      assertThat(parallel.join()).isEqualTo(IntStream.range(0, 10).boxed().toList());
    }
  }

  @Test
  void shouldThrowTheFirstFailureAsItWas() {
    IllegalArgumentException failure = new IllegalArgumentException("first");
    try (Parallel<Integer> parallel = new Parallel<>(1)) {
      parallel.submit(() -> 1);
      parallel.submit(
          () -> {
            throw failure;
          });
      parallel.submit(
          () -> {
            throw new IllegalArgumentException("second");
          });
      assertThatThrownBy(parallel::join).isSameAs(failure);
    }
  }

  @Test
  void shouldNotStartWhatIsStillWaitingAfterAFailure() {
    AtomicInteger started = new AtomicInteger();
    CountDownLatch closing = new CountDownLatch(1);
    assertThatThrownBy(
            () -> {
              try (Parallel<Integer> parallel = new Parallel<>(1)) {
                parallel.submit(
                    () -> {
                      throw new IllegalStateException("fails");
                    });
                parallel.submit(
                    () -> {
                      closing.await(); // until close() interrupts it
                      return 0;
                    });
                for (int i = 0; i < 50; i++) {
                  parallel.submit(started::incrementAndGet);
                }
                parallel.join();
              }
            })
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("fails");
    assertThat(started).hasValue(0);
  }

  /** A full disk is the system's fault, not ours: the command line prints one line for it. */
  @Test
  void shouldKeepACheckedFailureRecognisable() {
    IOException failure = new IOException("disk full");
    try (Parallel<List<String>> parallel = new Parallel<>(1)) {
      parallel.submit(
          () -> {
            throw failure;
          });
      assertThatThrownBy(parallel::join)
          .satisfiesAnyOf(
              thrown -> assertThat(thrown).isSameAs(failure),
              thrown -> assertThat(thrown).hasCause(failure));
    }
  }
}
