package femto.kernels.impl;

import java.util.List;

/**
 * Which implementation is asked for: the system property {@value #PROPERTY}, read once.
 *
 * @param value {@code auto} (the widest vectors of the processor, or scalar where the Vector API is
 *     absent), {@code scalar}, or a width in bits
 */
public record KernelChoice(String value) {
  /** Name of the system property. */
  public static final String PROPERTY = "femto.kernels";

  /** What it may be. */
  private static final List<String> VALUES = List.of("auto", "scalar", "128", "256", "512");

  /** The choice of this JVM. */
  public static final KernelChoice ASKED =
      new KernelChoice(System.getProperty(PROPERTY, VALUES.get(0)));

  /**
   * Checks the value.
   *
   * @throws IllegalArgumentException if there is no such choice
   */
  public KernelChoice {
    if (!VALUES.contains(value)) {
      throw new IllegalArgumentException(
          "-D" + PROPERTY + "=" + value + ", expected one of " + String.join(", ", VALUES));
    }
  }

  /**
   * Whether the choice is left to the machine.
   *
   * @return true for auto
   */
  public boolean isAuto() {
    return value.equals("auto");
  }

  /**
   * Whether vectors are ruled out.
   *
   * @return true for scalar
   */
  public boolean isScalar() {
    return value.equals("scalar");
  }

  /**
   * The width that is asked for.
   *
   * @param preferred what to answer when the choice is left to the machine
   * @return bits
   */
  public int bits(int preferred) {
    return isAuto() ? preferred : Integer.parseInt(value);
  }
}
