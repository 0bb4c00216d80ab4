package femto.bench.report;

import java.util.List;
import java.util.Locale;

/**
 * What a claim's ratio is and should be.
 *
 * @param than the value is held against the fastest of these; if there are none, against the limit
 *     that the same JVMs had on the same memory ({@link OperationCounters#limitNanos}): from JVM to
 *     JVM the memory that one gets can differ by half
 * @param direction how
 * @param quickAim in a quick run
 * @param fullAim in a full run
 */
public record Target(List<Probe> than, Direction direction, double quickAim, double fullAim) {
  /** How the ratio is built, and on which side of the aim it should be. */
  public enum Direction {
    /** How many times as fast as the other: the other's time over ours, the aim or more. */
    TIMES_AS_FAST,
    /** How many times the cost of the other: our time over the other's, the aim or less. */
    TIMES_THE_COST
  }

  /** Copies the list. */
  public Target {
    than = List.copyOf(than);
  }

  /**
   * At least so many times as fast as the fastest of some.
   *
   * @param than peers or limits, or none for the limit of the same JVMs
   * @param quickAim in a quick run
   * @param fullAim in a full run
   * @return the target
   */
  public static Target timesAsFast(List<Probe> than, double quickAim, double fullAim) {
    return new Target(than, Direction.TIMES_AS_FAST, quickAim, fullAim);
  }

  /**
   * At most so many times the cost of the cheapest of some.
   *
   * @param than peers or limits, or none for the limit of the same JVMs
   * @param quickAim in a quick run
   * @param fullAim in a full run
   * @return the target
   */
  public static Target timesTheCost(List<Probe> than, double quickAim, double fullAim) {
    return new Target(than, Direction.TIMES_THE_COST, quickAim, fullAim);
  }

  boolean isOfOwnLimit() {
    return than.isEmpty();
  }

  double aim(RunSize size) {
    return size.isFull() ? fullAim : quickAim;
  }

  double ratio(double value, double other) {
    return direction == Direction.TIMES_AS_FAST ? other / value : value / other;
  }

  boolean isReached(double ratio, RunSize size) {
    return direction == Direction.TIMES_AS_FAST ? ratio >= aim(size) : ratio <= aim(size);
  }

  String words(RunSize size) {
    return String.format(
        Locale.ROOT,
        direction == Direction.TIMES_AS_FAST ? ">= %s x" : "<= %s x cost",
        Figures.ratio(aim(size)));
  }
}
