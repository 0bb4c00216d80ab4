package femto.tools.stream;

/** Numbers in a piece of text, read strictly and without allocating, and text for messages. */
final class Texts {
  private static final int SHOWN_CHARACTERS = 60;

  /** So many digits always fit a long. */
  private static final int SAFE_DIGITS = 18;

  /** A whole number below it is a double, exactly. */
  private static final long EXACT = 1L << 53;

  /** Powers of ten that are doubles, exactly. */
  private static final double[] POWERS = {
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16,
    1e17, 1e18
  };

  private Texts() {}

  /** Text for a message: quoted, cut where it is long. */
  static String quote(String text) {
    boolean isLong = text.length() > SHOWN_CHARACTERS;
    return "\"" + (isLong ? text.substring(0, SHOWN_CHARACTERS) + "..." : text) + "\"";
  }

  /** Whether a piece is digits, perhaps after a minus, and fits a long. */
  static boolean isWhole(char[] text, int begin, int end) {
    int digits = begin < end && text[begin] == '-' ? begin + 1 : begin;
    if (digits == end) {
      return false;
    }
    for (int i = digits; i < end; i++) {
      if (text[i] < '0' || text[i] > '9') {
        return false;
      }
    }
    if (end - digits <= SAFE_DIGITS) {
      return true;
    }
    try {
      Long.parseLong(new String(text, begin, end - begin));
      return true;
    } catch (NumberFormatException e) {
      return false;
    }
  }

  /** The number that a piece is which {@link #isWhole}. */
  static long whole(char[] text, int begin, int end) {
    if (end - begin > SAFE_DIGITS) {
      return Long.parseLong(new String(text, begin, end - begin));
    }
    boolean negative = text[begin] == '-';
    long number = 0;
    for (int i = negative ? begin + 1 : begin; i < end; i++) {
      number = 10 * number + (text[i] - '0');
    }
    return negative ? -number : number;
  }

  /**
   * The number that a piece is, such as {@code 1}, {@code -0.25} or {@code 1.5e-7}, or NaN if it is
   * none.
   */
  static double decimal(char[] text, int begin, int end) {
    int at = begin < end && text[begin] == '-' ? begin + 1 : begin;
    long number = 0;
    int digits = 0;
    int behindPoint = -1;
    for (; at < end; at++) {
      char c = text[at];
      if (c >= '0' && c <= '9') {
        digits++;
        number = digits <= SAFE_DIGITS ? 10 * number + (c - '0') : number;
        behindPoint += behindPoint >= 0 ? 1 : 0;
      } else if (c == '.' && behindPoint < 0 && digits > 0) {
        behindPoint = 0;
      } else {
        break;
      }
    }
    boolean plain = at == end;
    if (digits == 0 || behindPoint == 0 || !(plain || isExponent(text, at, end))) {
      return Double.NaN;
    }
    if (!plain || digits > SAFE_DIGITS || number >= EXACT) {
      return Double.parseDouble(new String(text, begin, end - begin));
    }
    // Both are exact, so the quotient is rounded once: the nearest double.
    double size = number / POWERS[Math.max(0, behindPoint)];
    return text[begin] == '-' ? -size : size;
  }

  private static boolean isExponent(char[] text, int begin, int end) {
    int at = begin + 1;
    if (at < end && (text[at] == '-' || text[at] == '+')) {
      at++;
    }
    if ((text[begin] != 'e' && text[begin] != 'E') || at == end) {
      return false;
    }
    for (; at < end; at++) {
      if (text[at] < '0' || text[at] > '9') {
        return false;
      }
    }
    return true;
  }
}
