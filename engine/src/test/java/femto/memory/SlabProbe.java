package femto.memory;

/** A program that allocates a slab, run by {@link SlabTest} in a JVM without native access. */
final class SlabProbe {
  private SlabProbe() {}

  public static void main(String[] arguments) {
    try (Slab slab = Slab.allocate(64L << 20)) {
      System.out.println(slab.hugePagesAsked() + " " + slab.segment().byteSize());
    }
  }
}
