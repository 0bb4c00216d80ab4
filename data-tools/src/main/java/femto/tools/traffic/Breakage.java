package femto.tools.traffic;

import java.util.Locale;

/**
 * What may be broken in a row. A row that is broken in several ways counts for the first of them,
 * in this order.
 */
public enum Breakage {
  /** A field of more than 4,096 bytes, or a row of more than 1 MiB. */
  OVER_LONG("over-long field or row"),
  /** A byte 0 somewhere in the row. */
  NUL_BYTE("NUL byte"),
  /** Not UTF-8; what it would be in Latin-1 is text. */
  LATIN_1("not UTF-8, looks like Latin-1"),
  /** Not UTF-8, nor like anything else. */
  MALFORMED_UTF_8("malformed UTF-8"),
  /** A quote that is not closed on its line, or that something other than a comma follows. */
  BROKEN_QUOTES("broken quotes"),
  /** Fewer or more fields than the header; an empty line too. */
  WRONG_NUMBER_OF_FIELDS("wrong number of fields"),
  /** A required column is empty. */
  MISSING_VALUE("missing value"),
  /** Neither seconds nor an instant, or beyond the year 5138, as milliseconds are. */
  UNREADABLE_TIME("unreadable time"),
  /** None of {@link EventKind}. */
  UNKNOWN_EVENT("unknown event"),
  /** No number of seconds. */
  UNREADABLE_DWELL("unreadable dwell"),
  /** Less than no time. */
  NEGATIVE_DWELL("negative dwell"),
  /** The same as an earlier row in every column that is read. */
  DUPLICATED_ROW("duplicated row"),
  /** An impression with the id of an earlier one, which is the one that counts. */
  DUPLICATED_ID("duplicated impression id"),
  /** An event of an impression that is nowhere in the log, or was itself refused. */
  UNKNOWN_ID("event of an unknown impression"),
  /** An event of another user than its impression. */
  OTHER_USER("another user than the impression's"),
  /** An event of another arm than its impression. */
  OTHER_ARM("another arm than the impression's"),
  /** An event whose time is before that of its impression. */
  BEFORE_IMPRESSION("event before its impression"),
  /** A time before that of the last readable row; no reason to refuse, and counted beside them. */
  TIME_BACKWARDS("time going backwards");

  private final String words;

  Breakage(String words) {
    this.words = words;
  }

  /**
   * Whether such a row is left out of every metric.
   *
   * @return false for {@link #TIME_BACKWARDS} alone
   */
  public boolean isRefused() {
    return this != TIME_BACKWARDS;
  }

  /**
   * What it is called in reports for people.
   *
   * @return a few words
   */
  public String words() {
    return words;
  }

  /**
   * What it is called in reports for machines.
   *
   * @return its name in lower case
   */
  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
