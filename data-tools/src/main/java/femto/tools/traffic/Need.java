package femto.tools.traffic;

import org.jspecify.annotations.Nullable;

/** What a metric cannot do without. */
public enum Need {
  /** Clicks in the log. */
  CLICKS(null),
  /** Views in the log. */
  VIEWS(null),
  /** Conversions in the log. */
  CONVERSIONS(null),
  /** Items of impressions. */
  ITEMS(Column.ITEM),
  /** Sessions. */
  SESSIONS(Column.SESSION),
  /** Dwells of clicks or views. */
  DWELLS(Column.DWELL),
  /** Arms of impressions. */
  ARMS(Column.ARM),
  /** How many items there are: {@link Settings#catalogue}. */
  CATALOGUE(null),
  /** How many users there are: {@link Settings#users}. */
  USERS(null);

  private final @Nullable Column column;

  Need(@Nullable Column column) {
    this.column = column;
  }

  /**
   * The column that it stands in.
   *
   * @return null for what is no column
   */
  public @Nullable Column column() {
    return column;
  }
}
