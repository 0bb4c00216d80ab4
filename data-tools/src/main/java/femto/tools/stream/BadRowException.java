package femto.tools.stream;

/** What is wrong with a row, without the place, which the reader adds. */
final class BadRowException extends Exception {
  private static final long serialVersionUID = 1L;

  BadRowException(String problem) {
    super(problem, null, false, false); // where a stream is broken there may be many
  }

  String problem() {
    return String.valueOf(getMessage());
  }
}
