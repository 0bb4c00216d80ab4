package femto.swap;

/**
 * A version in two parts that both carry its number. The fields are neither final nor volatile, as
 * the contents of off-heap memory are not: what orders them is the publication alone.
 */
final class Version {
  /** What the parts hold once the version has been given back. */
  static final int POISON = -1;

  int base;
  int overlay;

  Version(int number) {
    this(number, number);
  }

  Version(int base, int overlay) {
    this.base = base;
    this.overlay = overlay;
  }

  void poison() {
    base = POISON;
    overlay = POISON;
  }

  boolean isPoisoned() {
    return base == POISON || overlay == POISON;
  }

  @Override
  public String toString() {
    return "Version(" + base + ", " + overlay + ")";
  }
}
