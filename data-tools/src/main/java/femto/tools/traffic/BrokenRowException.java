package femto.tools.traffic;

/** A row is not what it should be. Without a stack trace: a log may hold millions of them. */
final class BrokenRowException extends Exception {
  private static final long serialVersionUID = 1L;
  private static final int SHOWN_CHARACTERS = 60;

  private final Breakage breakage;

  BrokenRowException(Breakage breakage, String problem) {
    super(problem, null, false, false);
    this.breakage = breakage;
  }

  /** A value that should be another one. */
  static BrokenRowException found(Breakage breakage, Column column, String value, String expected) {
    return new BrokenRowException(breakage, column + " " + quote(value) + ", expected " + expected);
  }

  Breakage breakage() {
    return breakage;
  }

  /** Text for a message: quoted, cut where it is long. */
  static String quote(String text) {
    boolean isLong = text.length() > SHOWN_CHARACTERS;
    String shown = isLong ? text.substring(0, SHOWN_CHARACTERS) + "..." : text;
    return "\"" + shown.replaceAll("\\p{Cntrl}", "?") + "\"";
  }
}
