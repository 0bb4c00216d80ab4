package femto.bench.report;

import java.util.Map;
import java.util.Optional;

/**
 * One figure to be measured: a benchmark with its parameters. Probes of the same benchmark with the
 * same parameters share the measurement.
 *
 * @param label what the report calls it
 * @param benchmark the JMH class
 * @param method its method
 * @param parameters JMH parameters, all but the number of candidates
 * @param items what a call works on
 * @param isCompiled whether it needs no warming up, being native code
 * @param missing why it cannot be measured here
 */
public record Probe(
    String label,
    Class<?> benchmark,
    String method,
    Map<String, String> parameters,
    Items items,
    boolean isCompiled,
    Optional<String> missing) {
  /**
   * What one call of a benchmark works on.
   *
   * @param wholeTables for how many queries it goes through all candidates, or 0
   * @param listed if not, how many candidates it is given
   */
  public record Items(int wholeTables, int listed) {
    long count(RunSize size) {
      return wholeTables > 0 ? (long) wholeTables * size.candidates() : listed;
    }
  }

  /** What is measured: probes that differ only in what they are called or per what share it. */
  record Call(Class<?> benchmark, String method, Map<String, String> parameters) {}

  Call call() {
    return new Call(benchmark, method, parameters);
  }

  /** Copies the parameters. */
  public Probe {
    parameters = Map.copyOf(parameters);
  }
}
