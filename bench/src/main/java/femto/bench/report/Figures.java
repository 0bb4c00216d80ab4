package femto.bench.report;

import java.util.Locale;

/** How figures are written. */
final class Figures {
  private Figures() {}

  /** Three significant digits. */
  static String number(double value) {
    int before = (int) Math.floor(Math.log10(Math.abs(value))) + 1;
    return value == 0
        ? "0"
        : String.format(Locale.ROOT, "%." + Math.max(0, 3 - before) + "f", value);
  }

  /** The same, or a dash for a figure that there is none of. */
  static String orDash(double value) {
    return Double.isNaN(value) ? "-" : number(value);
  }

  /** Whether something was reached. */
  static String yes(boolean reached) {
    return reached ? "yes" : "no";
  }

  /** A share of a whole, such as 0.0123, in percent with three significant digits. */
  static String percent(double share) {
    return number(100 * share) + " %";
  }

  /** Bytes a call: whole ones, unless there are few of them. */
  static String bytes(double bytes) {
    return bytes == 0 || bytes >= 100
        ? String.format(Locale.ROOT, "%,.0f", bytes)
        : String.format(Locale.ROOT, "%.2f", bytes);
  }

  /** Two digits after the point, for ratios near 1; three significant ones of small ratios. */
  static String fine(double ratio) {
    if (ratio < 0.1) {
      return number(ratio);
    }
    return String.format(Locale.ROOT, ratio >= 100 ? "%.0f" : ratio >= 10 ? "%.1f" : "%.2f", ratio);
  }

  /** Two significant digits, or all of the whole part. */
  static String ratio(double value) {
    return String.format(Locale.ROOT, value >= 10 ? "%.0f" : value >= 1 ? "%.1f" : "%.2f", value);
  }
}
