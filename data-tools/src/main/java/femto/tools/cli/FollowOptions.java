package femto.tools.cli;

import femto.learn.LearnerOptions;
import femto.learn.LearnerOptions.L2;
import femto.learn.Loss;
import femto.learn.Optimizer;
import femto.learn.online.LateClick;
import femto.learn.online.OnlineOptions;
import femto.swap.DirectoryOptions;
import femto.tools.dictionary.DictionaryOptions;
import femto.tools.online.StreamOptions;
import femto.tools.stream.OnBadRow;
import femto.tools.train.Recipe;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** What {@code train --follow} takes besides the options of a recipe. */
final class FollowOptions {
  private static final int FACTORS = 16;
  private static final double STEP = 0.05;
  private static final double INITIAL_STATE = 1;
  private static final double INITIAL_SCALE = 0.01;
  private static final int SKETCH_BYTES_PER_ROW = 4;

  @Option(
      names = "--follow",
      paramLabel = "EVENTS",
      description = {
        "Learn an event stream as it is written: a file that grows, a named pipe, or - for "
            + "standard input. Goes on from the checkpoint if there is one."
      })
  @Nullable Path events;

  @Option(
      names = "--publish",
      paramLabel = "DIR",
      description = "follow: the directory of versions that servers follow.")
  @Nullable Path publish;

  @Option(
      names = "--state",
      paramLabel = "DIR",
      description = "follow: where checkpoint and dictionary are (default: DIR.state).")
  @Nullable Path state;

  @Option(
      names = "--stop-at-end",
      description = "follow: end where the file ends now, in place of waiting for more.")
  boolean stopAtEnd;

  @Option(
      names = "--events",
      paramLabel = "N",
      description = "follow: end after N events (default: no end).")
  long most = Long.MAX_VALUE;

  @Option(
      names = "--bad-rows",
      defaultValue = "stop",
      description =
          "follow: what to do at a row that is not as the header says: ${COMPLETION-CANDIDATES}"
              + " (default: ${DEFAULT-VALUE}).")
  OnBadRow badRows = OnBadRow.STOP;

  @Option(
      names = "--capacity",
      paramLabel = "N",
      defaultValue = "1000000",
      description = "follow: how many values may have weights at once (default: ${DEFAULT-VALUE}).")
  int capacity = 1_000_000;

  @Option(
      names = "--min-count",
      paramLabel = "N",
      defaultValue = "2",
      description =
          "How often a value must come before it gets weights; follow: 1 to 255 (default:"
              + " ${DEFAULT-VALUE} with follow, 1 otherwise).")
  int minimumCount = 2;

  @Option(
      names = "--others",
      description = "follow: values of a field that have no weights of their own share some.")
  boolean others;

  @Option(
      names = "--recycle-after",
      paramLabel = "TIME",
      converter = Durations.class,
      defaultValue = "0",
      description =
          "follow: once all are taken, weights of a value that did not come for so long go to"
              + " another; more than twice the horizon (default: 0, which is never).")
  Duration recycleAfter = Duration.ZERO;

  @Option(
      names = "--hash-bits",
      paramLabel = "BITS",
      defaultValue = "0",
      description =
          "No dictionary: a value's weights are those of so many bits of its hash, 2^BITS"
              + " in all; collisions are reported (default: a dictionary).")
  int hashBits;

  @Option(
      names = "--candidate",
      paramLabel = "FIELD",
      description =
          "follow: the field whose value is a candidate's id (default: the first of candidates).")
  @Nullable String candidate;

  @Option(
      names = "--retire-after",
      paramLabel = "TIME",
      converter = Durations.class,
      defaultValue = "0",
      description =
          "follow: a candidate that was not shown for so long is removed (default: 0, never).")
  Duration retireAfter = Duration.ZERO;

  @Option(
      names = "--horizon",
      paramLabel = "TIME",
      converter = Durations.class,
      defaultValue = "10m",
      description =
          "follow: how long an impression waits for its click, in the stream's time (default:"
              + " ${DEFAULT-VALUE}).")
  Duration horizon = Duration.ofMinutes(10);

  @Option(
      names = "--late-clicks",
      defaultValue = "learn",
      description =
          "follow: what a click after the horizon does: ${COMPLETION-CANDIDATES} (default:"
              + " ${DEFAULT-VALUE}).")
  LateClick late = LateClick.LEARN;

  @Option(
      names = "--waiting",
      paramLabel = "N",
      defaultValue = "1000000",
      description = "follow: how many impressions may wait at once (default: ${DEFAULT-VALUE}).")
  int waiting = 1_000_000;

  @Option(
      names = "--publish-every",
      paramLabel = "TIME",
      converter = Durations.class,
      defaultValue = "100ms",
      description = "follow: how often a delta is published (default: ${DEFAULT-VALUE}).")
  Duration publishEvery = Duration.ofMillis(100);

  @Option(
      names = "--full-every",
      paramLabel = "TIME",
      converter = Durations.class,
      defaultValue = "60s",
      description =
          "follow: how often all is published while features wait that many candidates have"
              + " (default: ${DEFAULT-VALUE}).")
  Duration fullEvery = Duration.ofMinutes(1);

  @Option(
      names = "--checkpoint-every",
      paramLabel = "TIME",
      converter = Durations.class,
      defaultValue = "60s",
      description = "follow: how often a checkpoint is written (default: ${DEFAULT-VALUE}).")
  Duration checkpointEvery = Duration.ofMinutes(1);

  @Option(
      names = "--checkpoint-events",
      paramLabel = "N",
      defaultValue = "10000000",
      description = "follow: and after how many events at the latest (default: ${DEFAULT-VALUE}).")
  long checkpointEvents = 10_000_000;

  /** All of it, with what the options of a recipe say. */
  StreamOptions options(RecipeOptions recipe, boolean linear, Loss loss) {
    L2 l2 =
        new L2(
            recipe.linearL2.getOrDefault(Recipe.ANY_FIELD, 0.0),
            recipe.factorL2.getOrDefault(Recipe.ANY_FIELD, 0.0));
    LearnerOptions learner =
        new LearnerOptions(
            loss,
            recipe.optimizer == null ? Optimizer.ADAGRAD : recipe.optimizer.steps(),
            linear ? 0 : recipe.factors == null ? FACTORS : recipe.factors,
            recipe.stepSize == null ? STEP : recipe.stepSize,
            recipe.initialState == null ? INITIAL_STATE : recipe.initialState,
            recipe.initialScale == null ? INITIAL_SCALE : recipe.initialScale,
            List.of(l2),
            List.of(),
            recipe.ftrl(),
            recipe.seed);
    OnlineOptions online = OnlineOptions.defaults(learner.stepSize());
    return new StreamOptions(
        learner,
        hashBits == 0 ? dictionary() : null,
        hashBits,
        candidate,
        retireAfter.toMillis(),
        new StreamOptions.Clicks(horizon.toMillis(), late, waiting),
        online.withDeltas(Integer.MAX_VALUE, publishEvery),
        fullEvery,
        checkpointEvents,
        checkpointEvery,
        StreamOptions.LIVE,
        DirectoryOptions.defaults());
  }

  private DictionaryOptions dictionary() {
    long wanted = (long) SKETCH_BYTES_PER_ROW * capacity;
    long sketch = Long.highestOneBit(Math.max(1, wanted - 1)) << 1;
    sketch =
        Math.clamp(
            sketch, DictionaryOptions.LEAST_SKETCH_BYTES, DictionaryOptions.MOST_SKETCH_BYTES);
    return new DictionaryOptions(
        capacity, minimumCount, (int) sketch, others, recycleAfter.toMillis());
  }

  /** L2 by field has no meaning before the fields are known. */
  static boolean isOfEveryField(Map<String, Double> penalties) {
    return penalties.keySet().stream().allMatch(Recipe.ANY_FIELD::equals);
  }
}
