package femto.tools.live;

/**
 * When versions are published and when not: windows of one length, in the order - + + - and again,
 * so that what changes slowly on the machine changes both alike.
 *
 * @param begin when the first window begins, as System.nanoTime counts
 * @param windowNanos how long each is
 */
record Plan(long begin, long windowNanos) {
  /** How many windows there are, of which half publish. */
  static final int WINDOWS = 8;

  long end() {
    return windowBegin(WINDOWS);
  }

  long windowBegin(int window) {
    return begin + window * windowNanos;
  }

  static boolean isPublishing(int window) {
    return window % 4 == 1 || window % 4 == 2;
  }

  boolean isPublishing(long nanos) {
    return isPublishing((int) ((nanos - begin) / windowNanos));
  }

  /** A plan that begins now. */
  static Plan of(long nanos) {
    return new Plan(System.nanoTime(), nanos / WINDOWS);
  }

  /** Seconds in which versions are published; as many they are not. */
  double publishingSeconds() {
    return WINDOWS / 2 * windowNanos / 1e9;
  }
}
