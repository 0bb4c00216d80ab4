package femto.swap;

/** UTF-8, a code point at a time. */
final class Utf8 {
  private Utf8() {}

  /** How many bytes a code point takes: 1 to 4. Half of a surrogate pair takes 3. */
  static int bytes(int codePoint) {
    return codePoint < 0x80 ? 1 : codePoint < 0x800 ? 2 : codePoint < 0x10000 ? 3 : 4;
  }

  /**
   * The bytes of a code point, the first one lowest. Half of a surrogate pair gives three bytes
   * that no valid UTF-8 contains.
   */
  static long pack(int codePoint) {
    if (codePoint < 0x80) {
      return codePoint;
    }
    if (codePoint < 0x800) {
      return 0xc0 | codePoint >>> 6 | following(codePoint, 0) << 8;
    }
    if (codePoint < 0x10000) {
      return 0xe0 | codePoint >>> 12 | following(codePoint, 6) << 8 | following(codePoint, 0) << 16;
    }
    return 0xf0
        | codePoint >>> 18
        | following(codePoint, 12) << 8
        | following(codePoint, 6) << 16
        | following(codePoint, 0) << 24;
  }

  private static long following(int codePoint, int shift) {
    return 0x80 | (codePoint >>> shift & 0x3f);
  }

  /** Whether these bytes are the UTF-8 of the characters. Allocates nothing. */
  static boolean equal(byte[] utf8, int begin, int length, CharSequence text) {
    int chars = text.length();
    if (chars > length) {
      return false; // a character takes a byte or more
    }
    return chars == length
        ? equalAscii(utf8, begin, chars, text)
        : equalAny(utf8, begin, begin + length, text);
  }

  /** As many characters as bytes: equal only if all are ASCII, and no byte above is a char. */
  private static boolean equalAscii(byte[] utf8, int begin, int chars, CharSequence text) {
    for (int i = 0; i < chars; i++) {
      if (utf8[begin + i] != text.charAt(i)) {
        return false;
      }
    }
    return true;
  }

  private static boolean equalAny(byte[] utf8, int begin, int end, CharSequence text) {
    int at = begin;
    int chars = text.length();
    for (int i = 0; i < chars; i++) {
      int codePoint = Character.codePointAt(text, i);
      i += Character.charCount(codePoint) - 1;
      int bytes = bytes(codePoint);
      if (bytes > end - at) {
        return false;
      }
      for (long rest = pack(codePoint); bytes > 0; bytes--, rest >>>= Byte.SIZE) {
        if (utf8[at++] != (byte) rest) {
          return false;
        }
      }
    }
    return at == end;
  }

  /** Where half of a surrogate pair stands alone, or -1. */
  static int unpairedSurrogate(CharSequence text) {
    int chars = text.length();
    for (int i = 0; i < chars; i++) {
      char c = text.charAt(i);
      if (Character.isSurrogate(c)) {
        if (Character.isLowSurrogate(c)
            || i + 1 == chars
            || !Character.isLowSurrogate(text.charAt(i + 1))) {
          return i;
        }
        i++;
      }
    }
    return -1;
  }
}
