package femto.bench.report;

/**
 * How long and on how much a run measures.
 *
 * @param name quick or full
 * @param candidates rows of the table
 * @param forks JVMs a figure; 0 is this one
 * @param warmups iterations that do not count
 * @param warmupMillis length of such an iteration; a tenth where there is nothing to compile
 * @param iterations iterations that count, a JVM
 * @param millis length of such an iteration
 */
public record RunSize(
    String name,
    int candidates,
    int forks,
    int warmups,
    int warmupMillis,
    int iterations,
    int millis) {
  /**
   * All in this JVM. Meant to end within 50 seconds, and takes 61 to 65 on two cores of an AMD EPYC
   * (2026-11-27): a fifth of it is the peers' calls for 64 queries, a tenth the checking of
   * answers.
   */
  public static final RunSize QUICK = new RunSize("quick", 4_000_000, 0, 2, 200, 5, 50);

  /** What the results page shows. */
  public static final RunSize FULL = new RunSize("full", 10_000_000, 3, 3, 700, 5, 400);

  boolean isFull() {
    return forks > 0;
  }
}
