package femto.swap;

import java.time.Duration;

/**
 * How a {@link DirectoryFollower} works.
 *
 * @param poll how often the directory is looked into, whether or not the system says that something
 *     is new, above 0
 * @param patience how long the first version may be waited for, 0 or more
 */
public record FollowerOptions(Duration poll, Duration patience) {

  /**
   * Checks the numbers.
   *
   * @throws IllegalArgumentException naming the first that is out of range
   */
  public FollowerOptions {
    if (!poll.isPositive()) {
      throw new IllegalArgumentException("poll=" + poll + ", expected above 0");
    }
    if (patience.isNegative()) {
      throw new IllegalArgumentException("patience=" + patience + ", expected 0 or more");
    }
  }

  /**
   * A look every second; the first version must be there.
   *
   * @return the defaults
   */
  public static FollowerOptions defaults() {
    return new FollowerOptions(Duration.ofSeconds(1), Duration.ZERO);
  }

  /**
   * The same with other looks.
   *
   * @param interval how often
   * @return the options
   */
  public FollowerOptions withPoll(Duration interval) {
    return new FollowerOptions(interval, patience);
  }

  /**
   * The same with another patience.
   *
   * @param longest how long to wait for the first version
   * @return the options
   */
  public FollowerOptions withPatience(Duration longest) {
    return new FollowerOptions(poll, longest);
  }
}
