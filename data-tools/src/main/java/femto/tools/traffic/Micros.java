package femto.tools.traffic;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.time.DateTimeException;
import java.time.Instant;

/** Times as whole microseconds: read from seconds or from instants, exactly. */
final class Micros {
  static final long A_SECOND = 1_000_000;

  /** No number and no instant. */
  static final long UNREADABLE = Long.MIN_VALUE;

  /** So large that it must be something other than seconds. */
  static final long TOO_LARGE = Long.MAX_VALUE;

  /** The year 5138; milliseconds of our time are far beyond, and microseconds of it fit a long. */
  private static final long MAX_SECONDS = 100_000_000_000L;

  private static final int SHOWN_DIGITS = 6;
  private static final int MAX_NUMBER = 40;

  private Micros() {}

  /** Reads seconds, such as {@code 12}, {@code -0.25}, {@code 1.5e9}; digits beyond 6 are cut. */
  static long ofSeconds(byte[] text, int from, int to) {
    int at = from < to && text[from] == '-' ? from + 1 : from;
    int digits = 0;
    long whole = 0;
    for (; at < to && isDigit(text[at]); at++) {
      digits++;
      whole = Math.min(10 * whole + (text[at] - '0'), 10 * MAX_SECONDS);
    }
    if (digits == 0) {
      return UNREADABLE;
    }
    long fraction = 0;
    if (at < to && text[at] == '.') {
      int decimals = 0;
      for (at++; at < to && isDigit(text[at]); at++) {
        if (decimals++ < SHOWN_DIGITS) {
          fraction = 10 * fraction + (text[at] - '0');
        }
      }
      if (decimals == 0) {
        return UNREADABLE;
      }
      for (; decimals < SHOWN_DIGITS; decimals++) {
        fraction *= 10;
      }
    }
    if (at < to) {
      return ofExponent(text, from, at, to);
    }
    if (whole >= MAX_SECONDS) {
      return TOO_LARGE;
    }
    long micros = whole * A_SECOND + fraction;
    return text[from] == '-' ? -micros : micros;
  }

  private static long ofExponent(byte[] text, int from, int exponent, int to) {
    int digits = exponent + 1;
    if (digits < to && (text[digits] == '-' || text[digits] == '+')) {
      digits++;
    }
    boolean isNumber = (text[exponent] | ' ') == 'e' && digits < to && to - from <= MAX_NUMBER;
    for (int at = digits; at < to; at++) {
      isNumber &= isDigit(text[at]);
    }
    if (!isNumber) {
      return UNREADABLE;
    }
    double seconds = Double.parseDouble(new String(text, from, to - from, ISO_8859_1));
    return Math.abs(seconds) < MAX_SECONDS ? (long) (seconds * A_SECOND) : TOO_LARGE;
  }

  private static boolean isDigit(byte b) {
    return b >= '0' && b <= '9';
  }

  /** Reads seconds since the epoch or an instant of ISO 8601 with its offset. */
  static long ofTime(byte[] text, int from, int to) {
    long micros = ofSeconds(text, from, to);
    if (micros != UNREADABLE || to - from > MAX_NUMBER) {
      return micros;
    }
    try {
      Instant instant = Instant.parse(new String(text, from, to - from, ISO_8859_1));
      return Math.abs(instant.getEpochSecond()) < MAX_SECONDS
          ? instant.getEpochSecond() * A_SECOND + instant.getNano() / 1000
          : TOO_LARGE;
    } catch (DateTimeException e) {
      return UNREADABLE;
    }
  }
}
