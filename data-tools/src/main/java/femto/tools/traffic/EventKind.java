package femto.tools.traffic;

import java.util.Locale;

/** What may happen. */
public enum EventKind {
  /** An item was shown. */
  IMPRESSION(0),
  /**
   * The item was viewed: watched through, or visited later without a click, as the log means it.
   */
  VIEW(1),
  /** The item was clicked. */
  CLICK(2),
  /** What the item is shown for came about, such as a purchase. */
  CONVERSION(3);

  /** How many there are. */
  static final int COUNT = 4;

  private final byte code;
  private final String name = name().toLowerCase(Locale.ROOT);

  EventKind(int code) {
    this.code = (byte) code;
  }

  /** Where it stands in arrays, below {@link #COUNT}. */
  byte code() {
    return code;
  }

  /** A bit of its own. */
  int bit() {
    return 1 << code;
  }

  /**
   * What it is called in a log.
   *
   * @return its name in lower case
   */
  @Override
  public String toString() {
    return name;
  }
}
