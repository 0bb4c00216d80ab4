package femto.tools.traffic;

import java.time.Duration;

/**
 * What the metrics of a log are to be computed with.
 *
 * @param window how long after its impression an event still belongs to it
 * @param longDwell how long a click or a view must keep the user to count as long
 * @param dwellCap what a longer dwell is cut to before it is added to others; a tab that was
 *     forgotten would outweigh all else
 * @param catalogue how many items could have been shown; 0 if that is not known
 * @param users how many users could have been shown something; 0 if that is not known
 */
public record Settings(
    Duration window, Duration longDwell, Duration dwellCap, long catalogue, long users) {
  private static final Duration WEEK = Duration.ofDays(7);
  private static final Duration LONG = Duration.ofSeconds(30);
  private static final Duration CAP = Duration.ofMinutes(10);

  /** Checks them. */
  public Settings {
    if (window.isNegative() || longDwell.isNegative() || dwellCap.isNegative()) {
      throw new IllegalArgumentException(
          "window=%s longDwell=%s dwellCap=%s, expected 0 or more"
              .formatted(window, longDwell, dwellCap));
    }
    if (catalogue < 0 || users < 0) {
      throw new IllegalArgumentException(
          "catalogue=" + catalogue + " users=" + users + ", expected 0 or more");
    }
  }

  /**
   * A week to attribute, 30 seconds for long, dwells of up to 10 minutes, sizes unknown.
   *
   * @return the settings
   */
  public static Settings defaults() {
    return new Settings(WEEK, LONG, CAP, 0, 0);
  }
}
