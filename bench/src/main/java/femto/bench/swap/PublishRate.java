package femto.bench.swap;

import java.time.Duration;

/**
 * How often a trainer publishes how much: a hundredth of all ads a second in each.
 *
 * @param id of the row in the report
 * @param perSecond publishes a second
 * @param part of the ads that each changes
 */
record PublishRate(String id, int perSecond, double part) {
  static final PublishRate OFTEN = new PublishRate("requests-100-publishes-a-second", 100, 0.0001);
  static final PublishRate SOMETIMES = new PublishRate("requests-10-publishes-a-second", 10, 0.001);
  static final PublishRate SELDOM = new PublishRate("requests-1-publish-a-second", 1, 0.01);

  /** Part of the ads that change in a second. */
  static final double PART_A_SECOND = 0.01;

  /** How many ads a publish changes. */
  int ads(int of) {
    return Math.max(1, (int) Math.round(part * of));
  }

  long periodNanos() {
    return Duration.ofSeconds(1).toNanos() / perSecond;
  }

  /** For people. */
  String words() {
    String often = perSecond == 1 ? "once" : perSecond + " times";
    return "%s a second, %s %% of the ads".formatted(often, percent());
  }

  private String percent() {
    return java.math.BigDecimal.valueOf(100 * part).stripTrailingZeros().toPlainString();
  }
}
