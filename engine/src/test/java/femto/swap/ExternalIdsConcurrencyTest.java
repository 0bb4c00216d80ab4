package femto.swap;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Queue;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * One thread appends ids and publishes, after each, how many there are; readers look them up. The
 * same readers must find out mutants that do a step too early.
 */
class ExternalIdsConcurrencyTest {
  private static final int GIVEN = 500;
  private static final int APPENDED = 9000; // the arrays grow from 0 to 1024 and four times more
  private static final int READERS = 2;

  /** Between the steps of a mutant, for about a microsecond. */
  private static void keepWindowOpen() {
    for (int i = 0; i < 30; i++) {
      Thread.onSpinWait();
    }
  }

  /** A4 before A3. */
  private static final class ShownBeforeWritten extends LongIds {
    ShownBeforeWritten(long[] ids) {
      super(ids, IdHash.random());
    }

    @Override
    void write(long id, int number) {
      show(givenFirst() + number + 1);
      keepWindowOpen();
      super.write(id, number);
    }
  }

  /** In A2, the new arrays before they are filled. */
  private static final class ReplacedBeforeCopied extends LongIds {
    ReplacedBeforeCopied(long[] ids) {
      super(ids, IdHash.random());
    }

    @Override
    Segment grown(Segment full) {
      int room = super.grown(full).ids().length;
      replace(new Segment(Arrays.copyOf(full.ids(), room), new SlotTable(room)));
      for (int i = 0; i < 100; i++) {
        keepWindowOpen();
      }
      return super.grown(full);
    }
  }

  private static long longId(int index) {
    return index * 0x9e37_79b9L;
  }

  private static String textId(int index) {
    return (index % 3 == 0 ? "käse-😀-" : "ad-") + index;
  }

  private static long[] given() {
    return LongStream.range(0, GIVEN).map(i -> longId((int) i)).toArray();
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void shouldFindWhatWasPublishedAndNothingWrong(boolean ofLongs) throws Exception {
    for (int round = 0; round < 15; round++) {
      ExternalIds ids =
          ofLongs
              ? ExternalIds.ofLongs(given())
              : ExternalIds.ofStrings(
                  LongStream.range(0, GIVEN).mapToObj(i -> textId((int) i)).toList());
      Outcome outcome = run(ids, round);
      assertThat(outcome.failures()).isEmpty();
      // Otherwise the threads have not met, and nothing was shown.
      assertThat(outcome.lookUpsWhileAppending()).isGreaterThan(READERS);
    }
  }

  @Test
  void shouldFindOutAnAppendThatIsShownBeforeItIsWritten() throws Exception {
    assertThat(failuresOf(() -> new ShownBeforeWritten(given()))).isNotEmpty();
  }

  @Test
  void shouldFindOutArraysThatAreShownBeforeTheyAreCopied() throws Exception {
    assertThat(failuresOf(() -> new ReplacedBeforeCopied(given()))).isNotEmpty();
  }

  private static Queue<Throwable> failuresOf(Supplier<ExternalIds> mutant) throws Exception {
    Queue<Throwable> failures = new ArrayDeque<>();
    for (int round = 0; failures.isEmpty() && round < 100; round++) {
      failures = run(mutant.get(), round).failures();
    }
    return failures;
  }

  private record Outcome(Queue<Throwable> failures, int lookUpsWhileAppending) {}

  private static Outcome run(ExternalIds ids, int seed) throws Exception {
    AtomicInteger published = new AtomicInteger(GIVEN);
    AtomicInteger lookUps = new AtomicInteger();
    AtomicInteger started = new AtomicInteger();
    Queue<Throwable> failures = new ConcurrentLinkedQueue<>();
    Thread[] readers = new Thread[READERS];
    int all = GIVEN + APPENDED;
    for (int r = 0; r < READERS; r++) {
      SplittableRandom random = new SplittableRandom(seed * 31L + r);
      readers[r] =
          new Thread(
              () -> {
                int made = 0;
                started.incrementAndGet();
                for (int known = published.get(); known < all; known = published.get()) {
                  lookUp(ids, known, random.nextInt(known));
                  lookUp(ids, known, known - 1); // the newest
                  lookUp(ids, known, known); // perhaps being appended
                  lookUp(ids, known, random.nextInt(known, all));
                  int last = ids.size() - 1;
                  check(ids, last >= known - 1, "size", last);
                  check(ids, isAt(ids, last), "the id of the last index", last);
                  check(ids, index(ids, last) == last, "the index of the last id", last);
                  check(ids, index(ids, all + 1) == ExternalIds.NONE, "nobody's id", all + 1);
                  made++;
                }
                lookUps.addAndGet(made);
              });
      readers[r].setUncaughtExceptionHandler((thread, e) -> failures.add(e));
      readers[r].start();
    }
    while (started.get() < READERS) {
      Thread.onSpinWait();
    }
    for (int i = GIVEN; i < all; i++) {
      int index = ids.isLong() ? ids.indexOfOrAppend(longId(i)) : ids.indexOfOrAppend(textId(i));
      if (index != i) {
        failures.add(new AssertionError("appended " + i + " as " + index));
      }
      published.set(i + 1);
    }
    published.set(all); // so that readers end
    for (Thread reader : readers) {
      reader.join();
    }
    return new Outcome(failures, lookUps.get());
  }

  private static void lookUp(ExternalIds ids, int known, int wanted) {
    int index = index(ids, wanted);
    if (wanted < known || index != ExternalIds.NONE) {
      check(ids, index == wanted, "the index of the id", wanted);
      check(ids, index < ids.size(), "size when its index is found", wanted);
      check(ids, isAt(ids, index), "the id at the index", wanted);
    }
  }

  private static int index(ExternalIds ids, int wanted) {
    return ids.isLong() ? ids.index(longId(wanted)) : ids.index(textId(wanted));
  }

  private static boolean isAt(ExternalIds ids, int index) {
    return ids.isLong() ? ids.longId(index) == longId(index) : ids.id(index).equals(textId(index));
  }

  private static void check(ExternalIds ids, boolean holds, String what, int wanted) {
    if (!holds) {
      throw new AssertionError(what + " is wrong: " + wanted + " of " + ids.size());
    }
  }
}
