package femto.model;

import java.util.Locale;

/** Which part of a request a field belongs to. */
public enum Side {
  /** Known once a request: the user, the hour, the site. */
  CONTEXT,
  /** Known once a candidate: the movie, its year, its genres. */
  CANDIDATE;

  /**
   * The side as people and files write it.
   *
   * @return such as {@code context}
   */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }
}
