package femto.tools.ads;

/**
 * Which world of ads, and how its stream tells of it.
 *
 * @param seed any number; with the same options it gives the same bytes
 * @param drift how many times a day of the stream the truth is renewed, 0 or more: a bias or factor
 *     that is x now is expected to be x times {@code exp(-drift)} a day later, and an ad lives for
 *     4 / drift days; with 0 nothing changes but the time of day
 * @param wide 39 fields in the manner of Criteo's logs, 13 of them numbers, in place of 10
 * @param clicksApart impressions and clicks are rows of their own, and a click comes when it comes;
 *     otherwise every row has its label
 */
public record AdOptions(long seed, double drift, boolean wide, boolean clicksApart) {
  /** More than that and nothing can follow: the whole truth is another one in minutes. */
  public static final double MAX_DRIFT = 1000;

  /**
   * Checks the drift.
   *
   * @throws IllegalArgumentException if it is out of range
   */
  public AdOptions {
    if (!(drift >= 0 && drift <= MAX_DRIFT)) {
      throw new IllegalArgumentException("drift=" + drift + ", expected 0 to " + MAX_DRIFT);
    }
  }
}
