package femto.tools.traffic;

import java.util.Locale;

/** The columns of a log that are read; others are passed over. */
public enum Column {
  /** When: seconds since the epoch, or an instant such as {@code 2026-01-31T12:00:00Z}. */
  TIME(true),
  /** What: {@link EventKind}. */
  EVENT(true),
  /** Names an impression, or the impression that an event belongs to. */
  ID(true),
  /** Whose it is. */
  USER(true),
  /** What was shown. */
  ITEM(false),
  /** The visit that it belongs to; one of the user's. */
  SESSION(false),
  /** How long a click or a view kept the user, in seconds. */
  DWELL(false),
  /** The variant that showed an impression. */
  ARM(false);

  private final boolean required;

  Column(boolean required) {
    this.required = required;
  }

  /**
   * Whether a log must have it.
   *
   * @return true for those without which there is no metric at all
   */
  public boolean isRequired() {
    return required;
  }

  /**
   * What it is called in a header.
   *
   * @return its name in lower case
   */
  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
