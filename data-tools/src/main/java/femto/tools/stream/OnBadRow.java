package femto.tools.stream;

/** What reading does at a row that is not as the header says. */
public enum OnBadRow {
  /** It ends with an error that names the row. */
  STOP,
  /** It goes on with the next row; the reader counts. */
  SKIP
}
