package femto.tools.online;

import femto.learn.LearnerOptions;
import femto.learn.online.LateClick;
import femto.learn.online.OnlineOptions;
import femto.swap.DirectoryOptions;
import femto.swap.LiveOptions;
import femto.tools.dictionary.DictionaryOptions;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * How a {@link StreamTrainer} learns.
 *
 * @param learner how to learn; its L2 has one entry, which every field gets
 * @param dictionary the dictionary of values, or null for hashes of values
 * @param hashBits how many bits of a value's hash are its feature; 0 with a dictionary
 * @param candidateField the field whose value is a candidate's id, or null for the first one of
 *     candidates; candidates have an id or are none
 * @param retireAfter a candidate that was not shown for so long is removed, in milliseconds; 0 is
 *     never
 * @param clicks how impressions wait for their clicks, where clicks are events of their own
 * @param online when deltas are published, and what diverging is
 * @param fullEvery how often all weights are published if features wait that many candidates have
 * @param checkpointEvents a checkpoint is written after so many events, 1 or more
 * @param checkpointEvery or when so much time has passed, above 0
 * @param live how the trainer's own live model works, which checks versions
 * @param directory what is kept in the directory of versions
 */
public record StreamOptions(
    LearnerOptions learner,
    @Nullable DictionaryOptions dictionary,
    int hashBits,
    @Nullable String candidateField,
    long retireAfter,
    Clicks clicks,
    OnlineOptions online,
    Duration fullEvery,
    long checkpointEvents,
    Duration checkpointEvery,
    LiveOptions live,
    DirectoryOptions directory) {

  /**
   * A live model for a trainer of streams: a quarter of the rows may change before a new base is
   * needed. Each base is a copy of all rows, those of a dictionary's whole capacity included, so it
   * must be rare.
   */
  public static final LiveOptions LIVE =
      LiveOptions.defaults().withPatch(0.25, LiveOptions.defaults().leastPatchRows());

  /**
   * How impressions wait for their clicks.
   *
   * @param horizon how long, in milliseconds, above 0
   * @param late what a click does that comes after that
   * @param room how many impressions may wait, 1 or more
   */
  public record Clicks(long horizon, LateClick late, int room) {}

  /**
   * Checks that they fit together.
   *
   * @throws IllegalArgumentException if they do not
   */
  public StreamOptions {
    require(learner.l2().size() == 1, "L2 of one field, expected " + learner.l2().size());
    require((dictionary == null) == (hashBits > 0), "either a dictionary or hashBits");
    require(retireAfter >= 0, "retireAfter=" + retireAfter + ", expected 0 or more");
    require(fullEvery.isPositive(), "fullEvery=" + fullEvery + ", expected above 0");
    require(checkpointEvents > 0, "checkpointEvents=" + checkpointEvents + ", expected above 0");
    require(
        checkpointEvery.isPositive(), "checkpointEvery=" + checkpointEvery + ", expected above 0");
    if (dictionary != null && dictionary.recycleAfter() > 0) {
      // A waiting impression, or a late click, must not teach a row that is another value's by now.
      require(
          dictionary.recycleAfter() / 2 > clicks.horizon(),
          "recycleAfter="
              + dictionary.recycleAfter()
              + ", expected more than twice the horizon of "
              + clicks.horizon());
    }
  }

  private static void require(boolean holds, String problem) {
    if (!holds) {
      throw new IllegalArgumentException(problem);
    }
  }
}
