package femto.bench.swap;

import java.time.Duration;

/**
 * How long and on how much the set measures.
 *
 * @param name quick or full
 * @param candidates how many ads there are
 * @param patchShare rows that may change before a new base is needed, as a part of all: so that a
 *     merge ends in time at a hundredth of the candidates a second
 * @param pairs rounds with a trainer that publishes, a setting; there is one more without
 * @param rivalRounds rounds a setting of each other way of giving the service
 * @param round how long a round takes
 * @param leaseRounds rounds of the lease
 * @param fullPublishes how many full publishes are timed
 * @param deltas how many deltas are timed after each, besides the first
 * @param searches how many searches are timed, with and without an overlay each
 * @param soak how long reads are checked
 * @param warmUp how long the compiler is given before the first round
 */
public record SwapSize(
    String name,
    int candidates,
    double patchShare,
    int pairs,
    int rivalRounds,
    Duration round,
    int leaseRounds,
    int fullPublishes,
    int deltas,
    int searches,
    Duration soak,
    Duration warmUp) {
  /** Ends within 50 seconds. */
  public static final SwapSize QUICK =
      new SwapSize(
          "quick",
          2_000_000,
          0.08,
          3,
          1,
          Duration.ofMillis(500),
          21,
          1,
          9,
          10,
          Duration.ofSeconds(1),
          Duration.ofMillis(300));

  /** What the results page shows. */
  public static final SwapSize FULL =
      new SwapSize(
          "full",
          10_000_000,
          0.2,
          20,
          4,
          Duration.ofMillis(1500),
          101,
          3,
          9,
          40,
          Duration.ofSeconds(20),
          Duration.ofSeconds(3));
}
