package femto.swap;

/**
 * Something made of indexes of one catalogue generation was to be used with another, in which they
 * name other candidates.
 */
public final class StaleGenerationException extends IllegalStateException {
  private static final long serialVersionUID = 1;

  /** The generation it was made for. */
  private final long bound;

  /** The generation it was to be used with. */
  private final long served;

  StaleGenerationException(String what, long bound, long served) {
    super(
        what
            + " bound to generation "
            + bound
            + ", but generation "
            + served
            + " is served: make others of them by carryOver(from, to, "
            + served
            + ")");
    this.bound = bound;
    this.served = served;
  }

  /**
   * The generation it was made for.
   *
   * @return its number
   */
  public long boundGeneration() {
    return bound;
  }

  /**
   * The generation it was to be used with.
   *
   * @return its number
   */
  public long servedGeneration() {
    return served;
  }
}
