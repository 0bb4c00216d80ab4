package femto.swap;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import femto.memory.AllocatedBytes;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PublicationTest {
  private final List<String> givenBack = new ArrayList<>();
  private long now = -5; // as System.nanoTime may be
  private final Publication<String> publication =
      new Publication<>("v0", 3, givenBack::add, () -> now);

  // ---- Publishing and giving back ----

  @Test
  void shouldLeaseTheFirstVersionThenWhatWasPublishedLast() {
    ReaderSlot<String> reader = publication.open("reader");
    assertThat(reader.acquire()).isEqualTo("v0");
    reader.release();
    publication.publish("v1");
    publication.publish("v2");
    assertThat(reader.acquire()).isEqualTo("v2");
  }

  @Test
  void shouldNumberVersionsFromOneUp() {
    assertThat(publication.publish("v1")).isEqualTo(1);
    assertThat(publication.publish("v2")).isEqualTo(2);
  }

  @Test
  void shouldGiveBackInOrderAndOnceWhenNobodyReads() {
    publication.publish("v1");
    publication.publish("v2");
    publication.publish("v3");
    assertThat(givenBack).isEmpty();
    assertThat(publication.held()).isEqualTo(3);
    assertThat(publication.reclaim()).isZero();
    assertThat(givenBack).containsExactly("v0", "v1", "v2");
    assertThat(publication.held()).isZero();
    assertThat(publication.reclaim()).isZero();
    assertThat(givenBack).hasSize(3);
  }

  @Test
  void shouldHoldTheLeasedVersionAndAllNewerOnesUntilTheRelease() {
    ReaderSlot<String> reader = publication.open("reader");
    publication.publish("v1");
    assertThat(reader.acquire()).isEqualTo("v1");
    publication.publish("v2");
    publication.publish("v3");
    assertThat(publication.reclaim()).isEqualTo(2);
    assertThat(givenBack).containsExactly("v0");
    reader.release();
    assertThat(publication.reclaim()).isZero();
    assertThat(givenBack).containsExactly("v0", "v1", "v2");
  }

  @Test
  void shouldHoldForTheOldestOfSeveralLeases() {
    ReaderSlot<String> a = publication.open("a");
    ReaderSlot<String> b = publication.open("b");
    ReaderSlot<String> c = publication.open("c");
    c.acquire();
    publication.publish("v1");
    a.acquire();
    publication.publish("v2");
    b.acquire();
    publication.publish("v3");
    assertThat(publication.reclaim()).isEqualTo(3);
    c.release();
    assertThat(publication.reclaim()).isEqualTo(2);
    b.release();
    assertThat(publication.reclaim()).isEqualTo(2);
    a.release();
    assertThat(publication.reclaim()).isZero();
    assertThat(givenBack).containsExactly("v0", "v1", "v2");
  }

  @Test
  void shouldNotHoldForALeaseOfTheCurrentVersion() {
    ReaderSlot<String> reader = publication.open("reader");
    publication.publish("v1");
    reader.acquire();
    assertThat(publication.reclaim()).isZero();
    assertThat(givenBack).containsExactly("v0");
  }

  @Test
  void shouldCarryOnAfterAReclaimerThatThrew() {
    Publication<String> throwing =
        new Publication<>(
            "v0",
            1,
            version -> {
              givenBack.add(version);
              if (version.equals("v1")) {
                throw new UnsupportedOperationException("no");
              }
            });
    throwing.publish("v1");
    throwing.publish("v2");
    throwing.publish("v3");
    assertThatThrownBy(throwing::reclaim).isInstanceOf(UnsupportedOperationException.class);
    assertThat(throwing.held()).isEqualTo(1);
    assertThat(throwing.reclaim()).isZero();
    assertThat(givenBack).containsExactly("v0", "v1", "v2");
  }

  @Test
  void shouldRefuseToPublishAVersionThatIsCurrentOrHeldAndChangeNothing() {
    publication.publish("v1");
    for (String known : List.of("v0", "v1")) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> publication.publish(known))
          .withMessageContaining("version=" + known);
    }
    assertThat(publication.held()).isEqualTo(1);
    assertThat(publication.open("reader").acquire()).isEqualTo("v1");
    assertThat(publication.publish("v2")).isEqualTo(2);
  }

  @Test
  void shouldTakeAnEqualVersionThatIsAnotherObject() {
    String again = "v".concat("0");
    publication.publish(again);
    assertThat(publication.reclaim()).isZero();
    assertThat(givenBack).containsExactly("v0");
    assertThat(publication.open("reader").acquire()).isSameAs(again);
  }

  @ParameterizedTest
  @ValueSource(ints = {Integer.MIN_VALUE, -1, 0, Integer.MAX_VALUE / 16 - 1, Integer.MAX_VALUE})
  void shouldRefuseACountOfReadersThatNoArrayHolds(int maxReaders) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new Publication<>("v0", maxReaders, givenBack::add))
        .withMessageContaining("maxReaders=" + maxReaders);
  }

  // ---- Readers and their misuse ----

  @Test
  void shouldRefuseASecondLeaseAndKeepTheFirst() {
    ReaderSlot<String> reader = publication.open("event loop 3");
    reader.acquire();
    publication.publish("v1");
    assertThatIllegalStateException()
        .isThrownBy(reader::acquire)
        .withMessage("acquire: reader=event loop 3 is in a lease already");
    assertThat(publication.reclaim()).isEqualTo(1);
    reader.release();
    assertThat(publication.reclaim()).isZero();
  }

  @Test
  void shouldRefuseAReleaseWithoutALease() {
    ReaderSlot<String> reader = publication.open("r");
    assertThatIllegalStateException()
        .isThrownBy(reader::release)
        .withMessage("release: reader=r is in no lease");
    reader.acquire();
    reader.release();
    assertThatIllegalStateException().isThrownBy(reader::release);
    assertThat(reader.acquire()).isEqualTo("v0");
  }

  @Test
  void shouldRefuseEveryUseAfterClose() {
    ReaderSlot<String> reader = publication.open("r");
    reader.close();
    assertThatIllegalStateException()
        .isThrownBy(reader::acquire)
        .withMessage("acquire: reader=r is closed");
    assertThatIllegalStateException()
        .isThrownBy(reader::release)
        .withMessage("release: reader=r is closed");
  }

  @Test
  void shouldRefuseUseAfterCloseWhenTheSlotHasANewOwner() {
    ReaderSlot<String> old = publication.open("old");
    old.close();
    ReaderSlot<String> successor = publication.open("successor");
    successor.acquire();
    publication.publish("v1");
    assertThatIllegalStateException().isThrownBy(old::acquire);
    assertThatIllegalStateException().isThrownBy(old::release);
    old.close();
    assertThat(publication.reclaim()).isEqualTo(1);
    assertThat(publication.stalledReader().orElseThrow().reader()).isEqualTo("successor");
    successor.release();
    assertThat(successor.acquire()).isEqualTo("v1");
  }

  @Test
  void shouldRefuseToCloseInsideALeaseAndStayOpen() {
    ReaderSlot<String> reader = publication.open("r");
    reader.acquire();
    publication.publish("v1");
    assertThatIllegalStateException()
        .isThrownBy(reader::close)
        .withMessage("close: reader=r is in a lease, release it first");
    assertThat(publication.reclaim()).isEqualTo(1);
    reader.release();
    reader.close();
    assertThat(publication.reclaim()).isZero();
  }

  @Test
  void shouldDoNothingWhenClosedAgain() {
    ReaderSlot<String> reader = publication.open("r");
    reader.close();
    reader.close();
    publication.open("a");
    publication.open("b");
    publication.open("c");
    assertThatIllegalStateException().isThrownBy(() -> publication.open("d"));
  }

  @Test
  void shouldRefuseMoreReadersThanThereMayBeUntilOneIsClosed() {
    publication.open("a");
    ReaderSlot<String> b = publication.open("b");
    publication.open("c");
    assertThatIllegalStateException()
        .isThrownBy(() -> publication.open("d"))
        .withMessage("reader=d cannot be opened: maxReaders=3 are open");
    b.close();
    assertThat(publication.open("d").acquire()).isEqualTo("v0");
  }

  // ---- Stalled readers ----

  @Test
  void shouldReportNobodyWhenNoLeaseOutlivesItsEpoch() {
    assertThat(publication.stalledReader()).isEmpty();
    ReaderSlot<String> reader = publication.open("r");
    reader.acquire();
    now += 1_000;
    assertThat(publication.stalledReader()).isEmpty();
    reader.release();
    publication.publish("v1");
    publication.reclaim();
    assertThat(publication.stalledReader()).isEmpty();
  }

  @Test
  void shouldCountAStallFromWhenTheWriterFirstSawIt() {
    ReaderSlot<String> reader = publication.open("pool 7");
    publication.publish("v1");
    reader.acquire();
    now += 1_000;
    publication.publish("v2");
    publication.reclaim();
    now += 30;
    assertThat(publication.stalledReader()).contains(new StalledReader("pool 7", 1, 30));
    publication.publish("v3");
    publication.reclaim();
    now += 12;
    assertThat(publication.stalledReader()).contains(new StalledReader("pool 7", 1, 42));
    reader.release();
    assertThat(publication.stalledReader()).isEmpty();
  }

  @Test
  void shouldStartAgainForTheNextLeaseOfTheSameReader() {
    ReaderSlot<String> reader = publication.open("r");
    reader.acquire();
    publication.publish("v1");
    publication.reclaim();
    now += 100;
    reader.release();
    reader.acquire(); // the writer has not looked in between
    publication.publish("v2");
    now += 10;
    assertThat(publication.stalledReader()).contains(new StalledReader("r", 1, 0));
    now += 5;
    assertThat(publication.stalledReader()).contains(new StalledReader("r", 1, 5));
  }

  @Test
  void shouldReportTheOldestEpochAndOfEqualOnesTheFirstNoticed() {
    long[] delayed = {-1};
    Publication<String> delaying =
        new Publication<>("v0", 3, givenBack::add, () -> now) {
          // As if the reader had been delayed between loading the epoch and announcing it.
          @Override
          void announce(long[] slots, int offset, long epoch) {
            super.announce(slots, offset, delayed[0] >= 0 ? delayed[0] : epoch);
          }
        };
    ReaderSlot<String> late = delaying.open("late");
    ReaderSlot<String> newer = delaying.open("newer");
    ReaderSlot<String> early = delaying.open("early");
    early.acquire();
    delaying.publish("v1");
    newer.acquire();
    delaying.publish("v2");
    delaying.reclaim();
    now += 10;
    delayed[0] = 0;
    late.acquire();
    delaying.reclaim();
    now += 10;
    assertThat(delaying.stalledReader()).contains(new StalledReader("early", 0, 20));
    early.release();
    assertThat(delaying.stalledReader()).contains(new StalledReader("late", 0, 10));
    late.release();
    assertThat(delaying.stalledReader()).contains(new StalledReader("newer", 1, 20));
    newer.release();
    assertThat(delaying.stalledReader()).isEmpty();
  }

  // ---- Concurrency, cost ----

  @Test
  void shouldNeverHandTwoReadersOneSlot() throws Exception {
    int maxReaders = 3;
    AtomicInteger open = new AtomicInteger();
    AtomicInteger refused = new AtomicInteger();
    AtomicReference<Throwable> failure = new AtomicReference<>();
    List<Thread> threads = new ArrayList<>();
    for (int t = 0; t < 4; t++) {
      Thread thread =
          new Thread(
              () -> {
                for (int i = 0; i < 20_000; i++) {
                  try (ReaderSlot<String> reader = publication.open("r")) {
                    if (open.incrementAndGet() > maxReaders) {
                      throw new AssertionError("more than " + maxReaders + " are open");
                    }
                    reader.acquire(); // throws if another reader is in a lease in this slot
                    reader.release();
                    open.decrementAndGet();
                  } catch (IllegalStateException e) {
                    if (!String.valueOf(e.getMessage()).contains("cannot be opened")) {
                      throw e;
                    }
                    refused.incrementAndGet();
                  }
                }
              });
      thread.setUncaughtExceptionHandler((t1, e) -> failure.set(e));
      threads.add(thread);
      thread.start();
    }
    for (Thread thread : threads) {
      thread.join();
    }
    assertThat(failure.get()).isNull();
    for (int i = 0; i < maxReaders; i++) {
      publication.open("all slots are free again");
    }
  }

  /** Readers come and go while versions do; every version is poisoned when it is given back. */
  @Test
  void shouldNeverShowAReaderAVersionThatWasGivenBackOrAnOlderOne() throws Exception {
    int readers = 3;
    int[] reclaimed = new int[1];
    Publication<Version> versions =
        new Publication<>(
            new Version(0),
            readers,
            version -> {
              assertThat(version.base).isEqualTo(reclaimed[0]++);
              version.poison();
            });
    AtomicReference<Throwable> failure = new AtomicReference<>();
    AtomicInteger running = new AtomicInteger(readers);
    List<Thread> threads = new ArrayList<>();
    for (int t = 0; t < readers; t++) {
      Random random = new Random(t);
      Thread thread =
          new Thread(
              () -> {
                try {
                  int last = 0;
                  for (int i = 0; i < 2_000; i++) {
                    try (ReaderSlot<Version> reader = versions.open("r")) {
                      for (int j = random.nextInt(20); j >= 0; j--) {
                        Version version = reader.acquire();
                        int number = version.base;
                        for (int spin = random.nextInt(50); spin >= 0; spin--) {
                          Thread.onSpinWait();
                        }
                        if (number < last || version.base != number || version.overlay != number) {
                          throw new AssertionError(version + " after " + last);
                        }
                        last = number;
                        reader.release();
                      }
                    }
                  }
                } finally {
                  running.decrementAndGet();
                }
              });
      thread.setUncaughtExceptionHandler((t1, e) -> failure.set(e));
      threads.add(thread);
      thread.start();
    }
    int published = 0;
    while (running.get() > 0) {
      versions.publish(new Version(++published));
      versions.reclaim();
    }
    for (Thread thread : threads) {
      thread.join();
    }
    assertThat(failure.get()).isNull();
    assertThat(versions.reclaim()).isZero();
    assertThat(reclaimed[0]).isEqualTo(published).isGreaterThan(100);
  }

  @Test
  void shouldAllocateNothingInALease() throws Exception {
    ReaderSlot<String> reader = publication.open("r");
    int leases = 100_000;
    lease(reader, leases);
    long start = AllocatedBytes.ofThisThread();
    long measuring = AllocatedBytes.ofThisThread() - start;
    start = AllocatedBytes.ofThisThread();
    lease(reader, leases);
    // What the measurement and a compilation that ends meanwhile cost: far below a byte a lease.
    assertThat(AllocatedBytes.ofThisThread() - start - measuring).isLessThan(leases / 4);
  }

  private static void lease(ReaderSlot<String> reader, int times) {
    for (int i = 0; i < times; i++) {
      reader.acquire();
      reader.release();
    }
  }
}
