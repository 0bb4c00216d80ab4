package femto.bench.online;

import java.time.Duration;

/**
 * How long and on how much the set measures.
 *
 * @param name quick or full
 * @param events rows of the wide stream that are learned over and over
 * @param pairs rounds of learning online, and as many of learning offline
 * @param round how long a round takes at least
 * @param fresh for how long events are followed to the readers, at each rate of publishing
 * @param driftFirst rows of the drifting stream before one of the models is frozen
 * @param driftBlocks blocks after that
 * @param driftBlock rows of a block
 * @param keys values that a dictionary takes in
 * @param followers processes that follow one directory
 * @param follow for how long they do
 * @param kills how often a process is killed
 */
public record OnlineSize(
    String name,
    int events,
    int pairs,
    Duration round,
    Duration fresh,
    int driftFirst,
    int driftBlocks,
    int driftBlock,
    int keys,
    int followers,
    Duration follow,
    int kills) {
  /** Ends within 50 seconds. */
  public static final OnlineSize QUICK =
      new OnlineSize(
          "quick",
          100_000,
          3,
          Duration.ofMillis(700),
          Duration.ofSeconds(3),
          150_000,
          30,
          5_000,
          500_000,
          3,
          Duration.ofSeconds(10),
          4);

  /** What the results page shows. */
  public static final OnlineSize FULL =
      new OnlineSize(
          "full",
          1_000_000,
          15,
          Duration.ofSeconds(4),
          Duration.ofSeconds(60),
          1_000_000,
          60,
          50_000,
          10_000_000,
          10,
          Duration.ofMinutes(10),
          100);
}
