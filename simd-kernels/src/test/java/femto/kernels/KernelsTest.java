package femto.kernels;

import static org.assertj.core.api.Assertions.assertThat;

import femto.kernels.impl.KernelChoice;
import org.junit.jupiter.api.Test;

class KernelsTest {
  /** Every execution of the tests names its kernels; with others they would prove nothing. */
  @Test
  void shouldUseExactlyTheKernelsThatWereAskedFor() {
    String asked = System.getProperty(KernelChoice.PROPERTY);
    assertThat(asked).as("set by the build").isIn("scalar", "128", "256", "512");
    assertThat(Kernels.implementation())
        .isEqualTo("scalar".equals(asked) ? "scalar" : "vector " + asked);
    System.out.println("tested: " + Kernels.implementation());
  }
}
