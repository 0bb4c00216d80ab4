package femto.swap;

/** What the sets that are carried over have in common. */
final class CarryOver {
  private CarryOver() {}

  static void checkKinds(ExternalIds from, ExternalIds to) {
    if (from.isLong() != to.isLong()) {
      throw new IllegalArgumentException(
          "from has ids that are "
              + kind(from)
              + " and to has "
              + kind(to)
              + ", expected the same kind");
    }
  }

  private static String kind(ExternalIds ids) {
    return ids.isLong() ? "longs" : "texts";
  }
}
