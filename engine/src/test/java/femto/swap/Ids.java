package femto.swap;

import java.nio.charset.StandardCharsets;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ArbitrarySupplier;

/** Texts for tests of ids, and hashes under which ids collide. */
final class Ids {
  private Ids() {}

  /** Each a kind of its own to UTF-8: by length, at the ends of the ranges, and halves of pairs. */
  private static final char[] CHARS = {
    'a', 'b', '\0', '\u007f', '\u0080', '\u00e9', '\u07ff', '\u0800', '\u65e5', '\uffff', '\ud83d',
    '\udbff', '\ude00', '\udc00'
  };

  /** Texts of few different chars, so that equal ones come up; empty ones and halves of pairs. */
  static Arbitrary<String> texts() {
    Arbitrary<String> chars = Arbitraries.strings().withChars(CHARS).ofMaxLength(4);
    Arbitrary<String> longer = Arbitraries.strings().withChars(CHARS).ofMaxLength(30);
    Arbitrary<String> ascii = Arbitraries.strings().ascii().ofMaxLength(30);
    Arbitrary<String> pairs =
        Arbitraries.integers()
            .between(0x10000, Character.MAX_CODE_POINT)
            .list()
            .ofMaxSize(6)
            .map(list -> list.stream().map(Character::toString).reduce("", String::concat));
    return Arbitraries.oneOf(chars, longer, ascii, pairs);
  }

  /** For {@code @ForAll}. */
  static final class Texts implements ArbitrarySupplier<String> {
    @Override
    public Arbitrary<String> get() {
      return texts();
    }
  }

  /** Whether UTF-8 can hold a text: there and back, it's the same. */
  static boolean isValid(String text) {
    return new String(text.getBytes(StandardCharsets.UTF_8), StandardCharsets.UTF_8).equals(text);
  }

  /** What the hash is cut down to. */
  enum Collisions {
    NONE(~0L),
    FOUR_SLOTS_ALL_TAGS(0xffff_ffff_0000_0003L),
    ALL_SLOTS_ONE_TAG(0x0000_0000_ffff_ffffL),
    ONE_FOR_ALL(0);

    private final long mask;

    Collisions(long mask) {
      this.mask = mask;
    }

    IdHash hash() {
      return new Cut(mask);
    }
  }

  private static final class Cut extends IdHash {
    private final long mask;

    Cut(long mask) {
      super(0x0123_4567_89ab_cdefL, 0xdead_beef_0bad_f00dL);
      this.mask = mask;
    }

    @Override
    long of(long id) {
      return super.of(id) & mask;
    }

    @Override
    long of(CharSequence id) {
      return super.of(id) & mask;
    }

    @Override
    long of(byte[] utf8, int begin, int length) {
      return super.of(utf8, begin, length) & mask;
    }
  }
}
