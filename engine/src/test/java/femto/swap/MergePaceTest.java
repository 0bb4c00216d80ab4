package femto.swap;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class MergePaceTest {
  private static final long MILLI = 1_000_000;

  private final AtomicLong pieces = new AtomicLong();

  /** Works in pieces of a tenth of a millisecond until it is cancelled or has done so many. */
  private Thread worker(MergePace pace, long count) {
    return Thread.ofPlatform()
        .start(
            () -> {
              try {
                pace.begin();
                while (pieces.incrementAndGet() < count) {
                  long end = System.nanoTime() + MILLI / 10;
                  while (System.nanoTime() - end < 0) {
                    Thread.onSpinWait();
                  }
                  pace.run();
                }
              } catch (MergePace.CancelledException cancelled) {
                pieces.set(-1);
              } finally {
                pace.end();
              }
            });
  }

  @Test
  void shouldWorkAtOnceInTheBackground() throws InterruptedException {
    worker(MergePace.inBackground(), 50).join();
    assertThat(pieces.get()).isEqualTo(50);
  }

  @Test
  void shouldWorkOnlyWhileTimeIsLent() throws InterruptedException {
    MergePace pace = MergePace.withPublishes();
    Thread worker = worker(pace, 1_000_000);
    Thread.sleep(20);
    assertThat(pieces.get()).isZero();
    for (int i = 0; i < 20; i++) {
      assertThat(pace.lend(3 * MILLI)).isGreaterThanOrEqualTo(3 * MILLI);
      long done = pieces.get();
      assertThat(done).isGreaterThan(i);
      Thread.sleep(2);
      assertThat(pieces.get()).isEqualTo(done);
    }
    pace.cancel();
    worker.join();
    assertThat(pieces.get()).isEqualTo(-1);
  }

  @Test
  void shouldLendUntilTheEnd() throws InterruptedException {
    MergePace pace = MergePace.withPublishes();
    Thread worker = worker(pace, 100);
    pace.lend(Long.MAX_VALUE);
    assertThat(pieces.get()).isEqualTo(100);
    assertThat(pace.lend(Long.MAX_VALUE)).isLessThan(TimeUnit.SECONDS.toNanos(10));
    worker.join();
  }

  @Test
  void shouldServeSeveralLendersAndCountOnlyWork() throws InterruptedException {
    MergePace pace = MergePace.withPublishes();
    Thread worker = worker(pace, 300);
    Thread[] lenders = new Thread[4];
    for (int i = 0; i < lenders.length; i++) {
      lenders[i] =
          Thread.ofPlatform()
              .start(
                  () -> {
                    for (int loan = 0; loan < 50; loan++) {
                      pace.lend(MILLI);
                    }
                  });
    }
    for (Thread lender : lenders) {
      lender.join();
    }
    worker.join();
    assertThat(pieces.get()).isEqualTo(300);
  }

  @Test
  void shouldNotWaitForACancelledMerge() throws InterruptedException {
    MergePace pace = MergePace.withPublishes();
    pace.cancel();
    Thread worker = worker(pace, 10);
    pace.lend(Long.MAX_VALUE);
    worker.join();
    assertThat(pieces.get()).isEqualTo(-1);
  }
}
