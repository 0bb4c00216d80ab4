package femto.bench.online;

import static java.nio.charset.StandardCharsets.UTF_8;

import femto.swap.DirectoryFollower;
import femto.swap.FollowerOptions;
import femto.swap.FollowerStatus;
import femto.swap.LiveOptions;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HexFormat;

/**
 * Follows a directory of versions in a process of its own. Prints, in a line, number and checksum
 * of versions as it serves them; those that serve too shortly may be left out. A number on standard
 * input is that of the last version there will be: when it serves, it is said what was met on the
 * way, and the process ends.
 */
final class FollowingProcess {
  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final Duration LOOK = Duration.ofMillis(2);

  private FollowingProcess() {}

  public static void main(String[] arguments) throws IOException, InterruptedException {
    LiveOptions live = LiveOptions.defaults();
    live = live.withPatch(1, live.leastPatchRows()); // a trainer's deltas may be as large
    FollowerOptions options = FollowerOptions.defaults().withPatience(PATIENCE);
    BufferedReader in = new BufferedReader(new InputStreamReader(System.in, UTF_8));
    long last = Long.MAX_VALUE;
    long end = Long.MAX_VALUE;
    try (DirectoryFollower follower =
        DirectoryFollower.start(Path.of(arguments[0]), live, options)) {
      long number = 0;
      while (number < last && System.nanoTime() < end) {
        FollowerStatus status = follower.status();
        if (status.number() != number) {
          number = status.number();
          System.out.println(Served.of(status));
        }
        if (in.ready()) {
          last = Long.parseLong(in.readLine());
          end = System.nanoTime() + PATIENCE.toNanos();
        }
        Thread.sleep(LOOK);
      }
      System.out.println(Summary.of(follower.status()));
    }
  }

  /** A version that served. */
  record Served(long number, String checksum) {
    static Served of(FollowerStatus status) {
      return new Served(status.number(), HexFormat.of().toHexDigits(status.checksum()));
    }

    static Served parse(String line) {
      String[] words = line.split(" ", -1);
      return new Served(Long.parseLong(words[0]), words[1]);
    }

    @Override
    public String toString() {
      return number + " " + checksum;
    }
  }

  /**
   * What a follower had met when it ended.
   *
   * @param last what served at the end
   * @param unsound files that were damaged or refused
   * @param missing times that the next file was not there
   * @param deltas deltas taken
   */
  record Summary(Served last, long unsound, long missing, long deltas) {
    private static final String BEGIN = "end ";

    static Summary of(FollowerStatus status) {
      return new Summary(
          Served.of(status),
          status.damaged() + status.refused(),
          status.missing(),
          status.applied());
    }

    static boolean is(String line) {
      return line.startsWith(BEGIN);
    }

    static Summary parse(String line) {
      String[] words = line.substring(BEGIN.length()).split(" ", -1);
      return new Summary(
          new Served(Long.parseLong(words[0]), words[1]),
          Long.parseLong(words[2]),
          Long.parseLong(words[3]),
          Long.parseLong(words[4]));
    }

    @Override
    public String toString() {
      return BEGIN + last + " " + unsound + " " + missing + " " + deltas;
    }
  }
}
