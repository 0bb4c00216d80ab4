package femto.swap;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Catalogues of the size that they are for. How long it takes is said only if something fails. */
@Tag("once")
class ExternalIdsSizeTest {
  private static final int LONGS = 10_000_000;
  private static final int TEXTS = 5_000_000;
  private static final int ABSENT_EVERY = 16;

  @Test
  void shouldHoldTenMillionLongs() {
    long[] ids = new long[LONGS];
    for (int i = 0; i < LONGS; i++) {
      ids[i] = i * 0x9e37_79b9_7f4a_7c15L;
    }
    long heap = usedHeap();
    long start = System.nanoTime();
    ExternalIds made = ExternalIds.ofLongs(ids);
    long built = System.nanoTime();
    int wrong = 0;
    for (int i = 0; i < LONGS; i++) {
      if (made.index(ids[i]) != i) {
        wrong++;
      }
      if (i % ABSENT_EVERY == 0 && made.index(ids[i] + 1) != ExternalIds.NONE) {
        wrong++;
      }
    }
    checkSize(made, LONGS, wrong, heap, built - start, System.nanoTime() - built);
    assertThat(made.bytes()).isLessThanOrEqualTo(LONGS * 15L);
    assertThat(ids).hasSize(LONGS); // so that it is not collected while the heap is measured
  }

  @Test
  void shouldHoldFiveMillionTexts() {
    Iterable<String> ids =
        () -> IntStream.range(0, TEXTS).mapToObj(ExternalIdsSizeTest::text).iterator();
    long heap = usedHeap();
    long start = System.nanoTime();
    ExternalIds made = ExternalIds.ofStrings(ids);
    long built = System.nanoTime();
    int wrong = 0;
    long chars = 0;
    for (int i = 0; i < TEXTS; i++) {
      String text = text(i);
      chars += text.length();
      if (made.index(text) != i) {
        wrong++;
      }
      if (i % ABSENT_EVERY == 0 && made.index(text + "_") != ExternalIds.NONE) {
        wrong++;
      }
    }
    checkSize(made, TEXTS, wrong, heap, built - start, System.nanoTime() - built);
    assertThat(made.bytes()).isLessThanOrEqualTo(TEXTS * 15L + chars + chars / 100);
  }

  private static String text(int i) {
    return "ad-" + i * 7_920_001_347L;
  }

  private static void checkSize(
      ExternalIds ids, int count, int wrong, long heap, long building, long lookingUp) {
    long grown = usedHeap() - heap;
    String report =
        String.format(
            "%,d ids: made in %.2f s, %.2f bytes an id by arrays, %.2f by the heap, a look-up"
                + " of each in %.2f s",
            count,
            building / 1e9,
            (double) ids.bytes() / count,
            (double) grown / count,
            lookingUp / 1e9);
    assertThat(ids.size()).as(report).isEqualTo(count);
    assertThat(wrong).as(report).isZero();
    assertThat(grown).as(report).isBetween(ids.bytes() * 9 / 10, ids.bytes() * 11 / 10);
  }

  private static long usedHeap() {
    System.gc();
    return Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory();
  }
}
