package femto.kernels;

import static org.assertj.core.api.Assertions.assertThat;

/** Comparisons of floats by their bits. */
final class Bits {
  private Bits() {}

  /** Fails unless the first numbers of both have the same bits. */
  static void assertSame(float[] actual, float[] expected, int count, String what) {
    for (int i = 0; i < count; i++) {
      assertSame(actual[i], expected[i], what, i);
    }
  }

  static void assertSame(float actual, float expected, String what, int index) {
    // Not by AssertJ alone: it would take most of the time of the tests that compare much.
    if (Float.floatToRawIntBits(actual) != Float.floatToRawIntBits(expected)) {
      assertThat(Float.floatToRawIntBits(actual))
          .as("%s: number %d is %s, expected %s", what, index, actual, expected)
          .isEqualTo(Float.floatToRawIntBits(expected));
    }
  }
}
