package femto.tools.evaluate;

/** Checks that several metrics share. */
final class Checks {
  private Checks() {}

  static void requireSameLength(int labels, int predictions) {
    if (labels != predictions) {
      throw new IllegalArgumentException(
          labels + " labels and " + predictions + " predictions, expected as many of each");
    }
  }
}
