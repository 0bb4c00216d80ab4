package femto.swap;

/** How a version came to be. */
public enum VersionKind {
  /** Model and candidates in full. */
  FULL,
  /** Changes of the version before. */
  DELTA,
  /** A former version again. */
  ROLLBACK
}
