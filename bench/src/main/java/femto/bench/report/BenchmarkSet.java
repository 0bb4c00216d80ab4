package femto.bench.report;

import java.util.List;
import java.util.Map;

/**
 * The claims of one capability.
 *
 * @param name such as kernels
 * @param claims the rows, in order
 * @param machine what has to be known of the machine besides the processor and the JVM, such as
 *     which implementation is in use
 */
public record BenchmarkSet(String name, List<Claim> claims, Map<String, String> machine) {
  /** Copies the list. */
  public BenchmarkSet {
    claims = List.copyOf(claims);
  }
}
