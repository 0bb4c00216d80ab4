package femto.tools.dictionary;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

class SketchTest {
  private static long hash(int value) {
    EncodedValue encoded = new EncodedValue();
    assertThat(encoded.set("v" + value)).isTrue();
    return encoded.hash(0);
  }

  @Property(tries = 50)
  void shouldNeverCountTooLowUntilItHalves(
      @ForAll long seed, @ForAll @IntRange(min = 2, max = 255) int minimum) {
    Random random = new Random(seed);
    Sketch sketch = new Sketch(1 << 12, minimum);
    Map<Integer, Integer> exact = new HashMap<>();
    while (true) {
      int value = (int) Math.abs(random.nextGaussian() * 300);
      boolean enough = sketch.add(hash(value));
      if (sketch.halvings() > 0 || exact.size() > 600) {
        break;
      }
      int times = exact.merge(value, 1, Integer::sum);
      if (times >= minimum) {
        assertThat(enough).isTrue();
      }
      if (exact.values().stream().mapToInt(Integer::intValue).sum() > 20_000) {
        break;
      }
    }
  }

  @Test
  void shouldCountExactlyWhileValuesAreFew() {
    Sketch sketch = new Sketch(1 << 16, 255);
    for (int times = 1; times <= 300; times++) {
      for (int value = 0; value < 20; value++) {
        assertThat(sketch.add(hash(value))).isEqualTo(times >= 255);
      }
    }
    assertThat(sketch.halvings()).isZero();
  }

  /** A long tail of values that come once or twice, the worst that a stream can do to it. */
  @Test
  void shouldTellAboutHowOftenItWasEarly() {
    Random random = new Random(5);
    Sketch sketch = new Sketch(1 << 16, 3);
    Map<Integer, Integer> exact = new HashMap<>();
    Set<Integer> admitted = new HashSet<>();
    int early = 0;
    double highestChance = 0;
    for (int i = 0; i < 1_000_000; i++) {
      int value = (int) Math.pow(1_000_000, random.nextDouble());
      if (admitted.contains(value)) {
        continue;
      }
      int times = exact.merge(value, 1, Integer::sum);
      highestChance = Math.max(highestChance, sketch.earlyChance());
      if (sketch.add(hash(value))) {
        admitted.add(value);
        sketch.admitted(hash(value));
        early += times < 3 ? 1 : 0;
      }
    }
    double rate = early / (double) admitted.size();
    assertThat(sketch.halvings()).isPositive();
    assertThat(highestChance).isLessThan(0.07);
    assertThat(rate).isPositive().isLessThan(0.07);
    assertThat((double) sketch.early()).isCloseTo(early, within(0.5 * early));
  }

  @Test
  void shouldGoOnFromItsStateAsIfNothingHadBeen() {
    Random random = new Random(9);
    Sketch sketch = new Sketch(1 << 12, 5);
    for (int i = 0; i < 20_000; i++) {
      sketch.add(hash(random.nextInt(30_000)));
    }
    Sketch.State state = sketch.state();
    assertThat(state.hashes()).hasSizeBetween(1, Sketch.MOST_EXACT);
    assertThat(state.shift()).isPositive();
    assertThat(state.halvings()).isPositive();
    Sketch copy = new Sketch(state, 5);
    for (int i = 0; i < 20_000; i++) {
      long hash = hash(random.nextInt(30_000));
      boolean enough = sketch.add(hash);
      assertThat(copy.add(hash)).isEqualTo(enough);
      if (enough) {
        sketch.admitted(hash);
        copy.admitted(hash);
      }
    }
    assertThat(copy.state()).usingRecursiveComparison().isEqualTo(sketch.state());
    assertThat(copy.earlyChance()).isEqualTo(sketch.earlyChance());
  }
}
