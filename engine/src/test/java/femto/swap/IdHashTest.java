package femto.swap;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.BitSet;
import java.util.function.LongUnaryOperator;
import net.jqwik.api.Assume;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class IdHashTest {
  private final IdHash hash = new IdHash(0x1234_5678_9abc_def0L, 0x9e37_79b9_7f4a_7c15L);

  @Property
  void shouldHashCharactersAsTheirBytes(
      @ForAll(supplier = Ids.Texts.class) String text, @ForAll @IntRange(max = 9) int begin) {
    Assume.that(Ids.isValid(text));
    byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
    byte[] within = new byte[begin + utf8.length + 5];
    System.arraycopy(utf8, 0, within, begin, utf8.length);
    assertThat(hash.of(within, begin, utf8.length)).isEqualTo(hash.of(text));
  }

  @Test
  void shouldTellZeroBytesFromNothing() {
    assertThat(hash.of("a\0")).isNotEqualTo(hash.of("a"));
    assertThat(hash.of("\0\0")).isNotEqualTo(hash.of("\0"));
    assertThat(hash.of("12345678\0")).isNotEqualTo(hash.of("12345678"));
  }

  @Test
  void shouldBeAnotherHashEachTime() {
    assertThat(IdHash.random().of(7)).isNotEqualTo(IdHash.random().of(7));
    assertThat(IdHash.random().of("seven")).isNotEqualTo(IdHash.random().of("seven"));
  }

  /** As the numbers of a real catalogue come: one after the other, or with all low bits alike. */
  @ParameterizedTest
  @ValueSource(ints = {0, 1, 8, 16, 20, 24, 28, 32, 36, 40, 44, 47})
  void shouldSpreadNumbersThatDifferInFewBits(int shift) {
    shouldSpread(i -> i << shift);
  }

  @Test
  void shouldSpreadTextsThatDifferInTheirEnds() {
    shouldSpread(i -> hash.of("advertiser-4711/campaign-42/" + i), i -> i);
  }

  private void shouldSpread(LongUnaryOperator id) {
    shouldSpread(i -> hash.of(id.applyAsLong(i)), i -> i);
  }

  private static void shouldSpread(LongUnaryOperator hashOf, LongUnaryOperator id) {
    int count = 100_000;
    BitSet slots = new BitSet();
    BitSet tags = new BitSet();
    for (int i = 0; i < count; i++) {
      long hash = hashOf.applyAsLong(id.applyAsLong(i));
      slots.set((int) hash & 0x1ffff);
      tags.set((int) (hash >>> 47) & 0x1ffff);
    }
    // Thrown at random, 2^17 * (1 - exp(-count / 2^17)) = 69,955 of them are hit.
    assertThat(slots.cardinality()).isGreaterThan(68_000);
    assertThat(tags.cardinality()).isGreaterThan(68_000);
  }
}
