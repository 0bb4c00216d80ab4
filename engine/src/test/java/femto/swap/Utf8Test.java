package femto.swap;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;

class Utf8Test {
  @Test
  void shouldPackEveryCodePointAsTheJdkEncodesIt() {
    int compared = 0;
    for (int codePoint = 0; codePoint <= Character.MAX_CODE_POINT; codePoint++) {
      if (codePoint >= Character.MIN_SURROGATE && codePoint <= Character.MAX_SURROGATE) {
        continue;
      }
      byte[] expected = Character.toString(codePoint).getBytes(StandardCharsets.UTF_8);
      byte[] packed = new byte[Utf8.bytes(codePoint)];
      for (int i = 0; i < packed.length; i++) {
        packed[i] = (byte) (Utf8.pack(codePoint) >>> (i * 8));
      }
      if (!Arrays.equals(packed, expected) || Utf8.pack(codePoint) >>> (packed.length * 8) != 0) {
        throw new AssertionError("U+" + Integer.toHexString(codePoint));
      }
      compared++;
    }
    assertThat(compared).isEqualTo(0x110000 - 2048);
  }

  @Property
  void shouldCompareAsTheJdkDoes(
      @ForAll(supplier = Ids.Texts.class) String stored,
      @ForAll(supplier = Ids.Texts.class) String other) {
    byte[] utf8 = ("x" + stored + "y").getBytes(StandardCharsets.UTF_8);
    int length = utf8.length - 2;
    boolean same = stored.equals(other);
    if (Ids.isValid(stored)) {
      assertThat(Utf8.equal(utf8, 1, length, stored)).isTrue();
      assertThat(Utf8.equal(utf8, 1, length, other)).isEqualTo(same);
      assertThat(Utf8.equal(utf8, 1, length, stored + "y")).isFalse();
    } else {
      assertThat(Utf8.equal(utf8, 1, length, stored)).isFalse(); // '?' stands for the halves
    }
  }

  @Property
  void shouldFindTheFirstHalfOfAPairThatStandsAlone(
      @ForAll(supplier = Ids.Texts.class) String text) {
    int at = Utf8.unpairedSurrogate(text);
    assertThat(at < 0).isEqualTo(Ids.isValid(text));
    if (at >= 0) {
      assertThat(Ids.isValid(text.substring(0, at))).isTrue();
      assertThat(Character.isSurrogate(text.charAt(at))).isTrue();
    }
  }
}
