package femto.bench.report;

import java.util.ArrayList;
import java.util.List;

/**
 * A row of the report.
 *
 * @param id fixed: machines look for it
 * @param what for people
 * @param unit of the value, the limit and the peers
 * @param value what Femto takes
 * @param limits ways of finding what the machine allows; the fastest is the limit
 * @param peers what others take
 * @param target what the ratio is and should be
 * @param test the test that proves that the answer is right
 * @param allocates what a call may allocate; empty if it must allocate nothing
 */
public record Claim(
    String id,
    String what,
    String unit,
    Probe value,
    List<Probe> limits,
    List<Probe> peers,
    Target target,
    String test,
    String allocates) {
  /**
   * A claim about what allocates nothing.
   *
   * @param id as above
   * @param what as above
   * @param unit as above
   * @param value as above
   * @param limits as above
   * @param peers as above
   * @param target as above
   * @param test as above
   */
  public Claim(
      String id,
      String what,
      String unit,
      Probe value,
      List<Probe> limits,
      List<Probe> peers,
      Target target,
      String test) {
    this(id, what, unit, value, limits, peers, target, test, "");
  }

  /**
   * The same of calls that may allocate something.
   *
   * @param reason what
   * @return the claim
   */
  public Claim allocating(String reason) {
    return new Claim(id, what, unit, value, limits, peers, target, test, reason);
  }

  /** Copies the lists. */
  public Claim {
    limits = List.copyOf(limits);
    peers = List.copyOf(peers);
  }

  /** Everything that has to be measured for it. */
  List<Probe> probes() {
    List<Probe> probes = new ArrayList<>(List.of(value));
    probes.addAll(limits);
    probes.addAll(peers);
    probes.addAll(target.than());
    return probes;
  }
}
