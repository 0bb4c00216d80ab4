package femto.kernels;

/**
 * What a warm-up found: the steady cost of scoring a row, beside that of the scalar kernels, in the
 * most favourable of several comparisons.
 *
 * @param implementation the kernels in use, as {@link Kernels#implementation} says
 * @param searches how many searches were run
 * @param nanosPerRow time to score a cached row by the kernels in use
 * @param scalarNanosPerRow time to score a cached row by scalar code
 */
public record WarmUp(
    String implementation, long searches, double nanosPerRow, double scalarNanosPerRow) {
  /**
   * More than this many times the scalar time is clearly slower. Rows of 8 factors take up to 1.4
   * times as long by vectors of 256 bits, and what was not compiled as it should takes ten.
   */
  private static final double CLEARLY = 2;

  /**
   * Whether the kernels in use are as fast as they should be.
   *
   * @return false if vector kernels are clearly slower than scalar ones: then the compiler has not
   *     done its part (some runs of a JVM are unlucky), and restarting the process is worth a try
   */
  public boolean isHealthy() {
    return implementation.equals("scalar") || nanosPerRow <= CLEARLY * scalarNanosPerRow;
  }
}
