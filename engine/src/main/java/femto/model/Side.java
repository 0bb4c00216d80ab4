package femto.model;

/** Which part of a request a field belongs to. */
public enum Side {
  /** Known once a request: the user, the hour, the site. */
  CONTEXT,
  /** Known once a candidate: the movie, its year, its genres. */
  CANDIDATE
}
