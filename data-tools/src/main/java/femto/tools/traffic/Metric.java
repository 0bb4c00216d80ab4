package femto.tools.traffic;

import java.util.EnumSet;
import java.util.Locale;
import java.util.Set;

/**
 * The metrics of a log. An impression is clicked, viewed or converted if such an event of it is in
 * the log, not later than {@link Settings#window} after it; several of a kind count once. Its dwell
 * is the longest of its clicks and views in the window, if one of them has a dwell.
 *
 * <p>Rates have Wilson's interval, means Student's, at 95 %. Both take what they are of to be
 * independent: users are, the impressions of one user are not.
 */
public enum Metric {
  /** CTR: clicked impressions / impressions. */
  CTR(Unit.RATE, "impressions clicked", Need.CLICKS),
  /** CTR by users: users who clicked / users who were shown something. */
  CTR_USERS(Unit.RATE, "users who clicked", Need.CLICKS),
  /** VTR: viewed impressions / impressions. */
  VTR(Unit.RATE, "impressions viewed", Need.VIEWS),
  /** VTR by users: users who viewed / users who were shown something. */
  VTR_USERS(Unit.RATE, "users who viewed", Need.VIEWS),
  /** CVR: converted impressions / impressions. */
  CVR(Unit.RATE, "impressions converted", Need.CONVERSIONS),
  /** CVR of clicks: impressions both clicked and converted / clicked impressions. */
  CVR_CLICKS(Unit.RATE, "clicked impressions converted", Need.CLICKS, Need.CONVERSIONS),
  /** CVR by users: users who converted / users who were shown something. */
  CVR_USERS(Unit.RATE, "users who converted", Need.CONVERSIONS),
  /**
   * Long CTR: clicked impressions with a dwell of {@link Settings#longDwell} or more / impressions
   * (Davidson et al., <i>The YouTube video recommendation system</i>, RecSys 2010, section 4).
   */
  LONG_CTR(Unit.RATE, "impressions with a long click", Need.CLICKS, Need.DWELLS),
  /**
   * Mean length of a session (likewise): from its first event to where the last of its events, with
   * its dwell if that is known, ends.
   */
  SESSION_LENGTH(Unit.SECONDS, "session length, mean", Need.SESSIONS),
  /** Median of the same. */
  SESSION_LENGTH_MEDIAN(Unit.SECONDS, "session length, median", Need.SESSIONS),
  /**
   * Mean time from the first event of a session to its first click or view with a dwell of {@link
   * Settings#longDwell} or more (likewise), of the sessions that have one.
   */
  FIRST_LONG(Unit.SECONDS, "time to first long view, mean", Need.SESSIONS, Need.DWELLS),
  /** Median of the same. */
  FIRST_LONG_MEDIAN(Unit.SECONDS, "time to first long view, median", Need.SESSIONS, Need.DWELLS),
  /** Distinct items shown. */
  ITEMS_SHOWN(Unit.COUNT, "items shown", Need.ITEMS),
  /** Distinct items clicked. */
  ITEMS_CLICKED(Unit.COUNT, "items clicked", Need.ITEMS, Need.CLICKS),
  /** Coverage of the catalogue: distinct items shown / {@link Settings#catalogue}. */
  COVERAGE(Unit.PART, "catalogue shown", Need.ITEMS, Need.CATALOGUE),
  /**
   * Recommendation coverage of Davidson et al.: users who were shown something / {@link
   * Settings#users}.
   */
  USER_COVERAGE(Unit.PART, "users shown something", Need.USERS),
  /** Mean dwell of the clicked impressions that have one, cut to {@link Settings#dwellCap}. */
  DWELL(Unit.SECONDS, "dwell of a click, mean", Need.CLICKS, Need.DWELLS),
  /** Median of the same. */
  DWELL_MEDIAN(Unit.SECONDS, "dwell of a click, median", Need.CLICKS, Need.DWELLS),
  /**
   * Click and dwell together: the sum of those dwells / impressions. This is CTR times the mean
   * dwell if the dwell of every click is known; a dwell that is not known adds nothing.
   */
  DWELL_PER_IMPRESSION(Unit.SECONDS, "dwell of an impression", Need.CLICKS, Need.DWELLS),
  /** The same by users: the sum of those dwells / users who were shown something. */
  DWELL_PER_USER(Unit.SECONDS, "dwell of a user", Need.CLICKS, Need.DWELLS),
  /**
   * After Kakao's Deep Reading Index (Lee and Kim, <i>Kakao Deep Reading Index</i>, KSII TIIS
   * 13(10), 2019), which sets the dwell against the one that is expected of such an article: mean
   * of dwell / mean dwell of the item in the whole log, over the clicked impressions with a dwell.
   * By that it is 1 for the whole log, and tells arms apart.
   */
  DEEP_READING(Unit.RATIO, "deep reading", Need.CLICKS, Need.ITEMS, Need.DWELLS, Need.ARMS);

  /** What its figures are. */
  public enum Unit {
    /** Successes of trials, with an interval. */
    RATE,
    /** A part of a whole of known size. */
    PART,
    /** Seconds. */
    SECONDS,
    /** How many. */
    COUNT,
    /** One number by another. */
    RATIO
  }

  private final Unit unit;
  private final String words;

  @SuppressWarnings("ImmutableEnumChecker") // Set.of gives one that cannot change
  private final Set<Need> needs;

  Metric(Unit unit, String words, Need... needs) {
    this.unit = unit;
    this.words = words;
    this.needs = Set.of(needs);
  }

  /**
   * What its figures are.
   *
   * @return the unit
   */
  public Unit unit() {
    return unit;
  }

  /**
   * What it says, for people.
   *
   * @return a few words
   */
  public String words() {
    return words;
  }

  /**
   * What it cannot do without.
   *
   * @return its needs, unmodifiable
   */
  public Set<Need> needs() {
    return needs;
  }

  /**
   * The columns it needs besides those that are required.
   *
   * @return a new set
   */
  public Set<Column> columns() {
    Set<Column> columns = EnumSet.noneOf(Column.class);
    for (Need need : needs) {
      Column column = need.column();
      if (column != null) {
        columns.add(column);
      }
    }
    return columns;
  }

  /**
   * What it is called, such as {@code ctr-users}.
   *
   * @return its name in lower case
   */
  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }
}
