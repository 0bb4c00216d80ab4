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
 * @param targets what the ratio is and should be: the first that is reached, or else the first
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
    List<Target> targets,
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
   * @param target what the ratio is and should be
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
    this(id, what, unit, value, limits, peers, List.of(target), test, "");
  }

  /**
   * The same of calls that may allocate something.
   *
   * @param reason what
   * @return the claim
   */
  public Claim allocating(String reason) {
    return new Claim(id, what, unit, value, limits, peers, targets, test, reason);
  }

  /**
   * The same with another target, which will do as well: whichever is nearer.
   *
   * @param other the target
   * @return the claim
   */
  public Claim or(Target other) {
    List<Target> all = new ArrayList<>(targets);
    all.add(other);
    return new Claim(id, what, unit, value, limits, peers, all, test, allocates);
  }

  /** Copies the lists. */
  public Claim {
    limits = List.copyOf(limits);
    peers = List.copyOf(peers);
    targets = List.copyOf(targets);
  }

  /** Whether its limit is what the JVMs had that measured it. */
  boolean isOfOwnLimit() {
    return targets.stream().anyMatch(Target::isOfOwnLimit);
  }

  /** Everything that has to be measured for it. */
  List<Probe> probes() {
    List<Probe> probes = new ArrayList<>(List.of(value));
    probes.addAll(limits);
    probes.addAll(peers);
    targets.forEach(target -> probes.addAll(target.than()));
    return probes;
  }
}
