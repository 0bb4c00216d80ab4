package femto.swap;

import java.time.Duration;

/**
 * How a {@link VersionDirectory} works.
 *
 * @param keepFull how many versions in full are kept, with the deltas after the oldest of them, 1
 *     or more
 * @param mostBytes most bytes that the files may take together, above 0: the oldest ones are
 *     removed first, but never the newest version in full and what follows it
 * @param deltasPerFull after how many deltas the next version is written in full, 1 or more; sooner
 *     if they take as many bytes as the version in full that they follow, and 16 MiB
 * @param retry how long to wait after a failure before the next attempt, above 0
 */
public record DirectoryOptions(int keepFull, long mostBytes, int deltasPerFull, Duration retry) {

  /**
   * Checks the numbers.
   *
   * @throws IllegalArgumentException naming the first that is out of range
   */
  public DirectoryOptions {
    require(keepFull >= 1, "keepFull", keepFull, "1 or more");
    require(mostBytes > 0, "mostBytes", mostBytes, "above 0");
    require(deltasPerFull >= 1, "deltasPerFull", deltasPerFull, "1 or more");
    require(retry.isPositive(), "retry", retry, "above 0");
  }

  private static void require(boolean holds, String name, Object value, String expected) {
    if (!holds) {
      throw new IllegalArgumentException(name + "=" + value + ", expected " + expected);
    }
  }

  /**
   * Two versions in full, as many bytes as there are, 1,000 deltas for a version in full, 5 seconds
   * between attempts.
   *
   * @return the defaults
   */
  public static DirectoryOptions defaults() {
    return new DirectoryOptions(2, Long.MAX_VALUE, 1000, Duration.ofSeconds(5));
  }

  /**
   * The same with another number of versions in full.
   *
   * @param versions how many are kept
   * @return the options
   */
  public DirectoryOptions withKeepFull(int versions) {
    return new DirectoryOptions(versions, mostBytes, deltasPerFull, retry);
  }

  /**
   * The same with another limit.
   *
   * @param bytes most that the files may take
   * @return the options
   */
  public DirectoryOptions withMostBytes(long bytes) {
    return new DirectoryOptions(keepFull, bytes, deltasPerFull, retry);
  }

  /**
   * The same with another number of deltas.
   *
   * @param deltas how many come before the next version in full
   * @return the options
   */
  public DirectoryOptions withDeltasPerFull(int deltas) {
    return new DirectoryOptions(keepFull, mostBytes, deltas, retry);
  }

  /**
   * The same with another patience.
   *
   * @param pause how long to wait after a failure
   * @return the options
   */
  public DirectoryOptions withRetry(Duration pause) {
    return new DirectoryOptions(keepFull, mostBytes, deltasPerFull, pause);
  }
}
