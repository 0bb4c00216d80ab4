package femto.bench.report;

import java.util.Optional;

/** An answer was not the right one: what it took says nothing, so the run ends. */
public final class WrongAnswerException extends RuntimeException {
  private static final long serialVersionUID = 1;

  /**
   * Makes one.
   *
   * @param message what was asked, what was found and what was expected
   */
  public WrongAnswerException(String message) {
    super(message);
  }

  /** The one among the causes of a failure, if there is one: JMH wraps what a benchmark throws. */
  static Optional<WrongAnswerException> in(Throwable failure) {
    if (failure instanceof WrongAnswerException wrong) {
      return Optional.of(wrong);
    }
    for (Throwable suppressed : failure.getSuppressed()) {
      Optional<WrongAnswerException> found = in(suppressed);
      if (found.isPresent()) {
        return found;
      }
    }
    return failure.getCause() == null ? Optional.empty() : in(failure.getCause());
  }
}
