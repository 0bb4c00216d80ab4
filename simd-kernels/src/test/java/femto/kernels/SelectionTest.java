package femto.kernels;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.BitSet;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class SelectionTest {
  @Property(tries = 300)
  void shouldAgreeWithABitSet(@ForAll @Size(max = 6) long[] words, @ForAll boolean sparse) {
    if (sparse) {
      for (int word = 0; word < words.length; word++) {
        words[word] &= words[word] >>> 7 & 0x0100010001000101L;
      }
    }
    BitSet bits = BitSet.valueOf(words);
    Selection selection = Selection.copyOf(words);
    assertThat(selection.count()).isEqualTo(bits.cardinality());
    for (int index = 0; index < 64 * words.length + 130; index++) {
      assertThat(selection.contains(index)).isEqualTo(bits.get(index));
      assertThat(selection.next(index)).isEqualTo(bits.nextSetBit(index));
    }
    assertThat(selection.next(Integer.MAX_VALUE)).isEqualTo(-1);
    assertThat(selection.contains(Integer.MAX_VALUE)).isFalse();
  }

  @Test
  void shouldCopyTheBitmap() {
    long[] words = {5};
    Selection selection = Selection.copyOf(words);
    words[0] = 0;
    assertThat(selection.count()).isEqualTo(2);
    assertThat(selection.next(1)).isEqualTo(2);
  }

  @Test
  @Tag("once")
  void shouldRefuseABitmapOfMoreRowsThanATableCanHave() {
    long[] words = new long[(1 << 25) + 1];
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Selection.copyOf(words))
        .withMessage("bitmap of 33554433 words, expected at most 33554432");
  }
}
