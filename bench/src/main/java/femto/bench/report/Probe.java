package femto.bench.report;

import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * One figure to be measured: a benchmark with its parameters. Probes of the same benchmark with the
 * same parameters share the measurement.
 *
 * @param label what the report calls it
 * @param benchmark the JMH class
 * @param method its method
 * @param parameters JMH parameters; the number of candidates only where it is not the run's
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
    private long count(int candidates) {
      return wholeTables > 0 ? (long) wholeTables * candidates : listed;
    }
  }

  private static final String CANDIDATES = "candidates";

  /** How many items a call works on. */
  long itemsOf(RunSize size) {
    String candidates = parameters.get(CANDIDATES);
    return items.count(candidates == null ? size.candidates() : Integer.parseInt(candidates));
  }

  /** Whether it is on a table of the run's size, and not of one of its own. */
  boolean isOnTheRunsTable() {
    return !parameters.containsKey(CANDIDATES);
  }

  /** All JMH parameters. */
  Map<String, String> parametersOf(RunSize size) {
    Map<String, String> all = new HashMap<>(parameters);
    all.putIfAbsent(CANDIDATES, Integer.toString(size.candidates()));
    return all;
  }

  /**
   * The same on a table of a size of its own.
   *
   * @param candidates rows of the table
   * @return the probe
   */
  public Probe on(int candidates) {
    return with(CANDIDATES, Integer.toString(candidates));
  }

  /**
   * The same with a parameter of its own.
   *
   * @param parameter its name
   * @param value its value
   * @return the probe
   */
  public Probe with(String parameter, String value) {
    Map<String, String> changed = new HashMap<>(parameters);
    changed.put(parameter, value);
    return new Probe(label, benchmark, method, changed, items, isCompiled, missing);
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
