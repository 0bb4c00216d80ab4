package femto.learn.online;

import femto.swap.CandidateSet;
import java.time.Duration;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * How an {@link OnlineTrainer} learns and publishes.
 *
 * @param stepSize the step size, above 0; it stays the same
 * @param ringBytes room for events, a power of two from {@value #LEAST_RING_BYTES} on; an event of
 *     n features takes about 28 + 8 n, and an eighth of the ring at most
 * @param whenFull what becomes of an event for which there is no room
 * @param publishEvents a delta is published when so many events have been learned since the last
 *     publish, 1 or more
 * @param publishEvery or when so much time has passed and at least one has, above 0
 * @param fullEvery how often all weights are published instead, so that features which wait because
 *     too many candidates have them do not wait for ever; null for never
 * @param candidates what is published with all weights, asked each time; not null if fullEvery is
 *     not
 * @param window over how many of the last events {@link OnlineProgress#window} is, 1 or more
 * @param explosion learning has diverged when the mean loss over a full window is more than so many
 *     times that of always predicting the mean label, and more than that of the score 0; above 1
 */
public record OnlineOptions(
    double stepSize,
    int ringBytes,
    WhenFull whenFull,
    int publishEvents,
    Duration publishEvery,
    @Nullable Duration fullEvery,
    @Nullable Supplier<CandidateSet> candidates,
    int window,
    double explosion) {
  /** The smallest ring. */
  public static final int LEAST_RING_BYTES = 4096;

  private static final int RING_BYTES = 1 << 22;
  private static final int PUBLISH_EVENTS = 10_000;
  private static final Duration PUBLISH_EVERY = Duration.ofMillis(100);
  private static final int WINDOW = 10_000;
  private static final double EXPLOSION = 3;

  /**
   * Checks the numbers.
   *
   * @throws IllegalArgumentException if one is out of range
   */
  public OnlineOptions {
    require(stepSize > 0 && stepSize <= Float.MAX_VALUE, "stepSize", stepSize, "above 0");
    require(
        ringBytes >= LEAST_RING_BYTES && Integer.bitCount(ringBytes) == 1,
        "ringBytes",
        ringBytes,
        "a power of two, " + LEAST_RING_BYTES + " or more");
    require(publishEvents >= 1, "publishEvents", publishEvents, "1 or more");
    require(publishEvery.isPositive(), "publishEvery", publishEvery, "above 0");
    if (fullEvery != null) {
      require(fullEvery.isPositive(), "fullEvery", fullEvery, "above 0");
      require(candidates != null, "candidates", "null", "what to publish every " + fullEvery);
    }
    require(window >= 1, "window", window, "1 or more");
    require(explosion > 1, "explosion", explosion, "above 1");
  }

  private static void require(boolean holds, String name, Object value, String expected) {
    if (!holds) {
      throw new IllegalArgumentException(name + "=" + value + ", expected " + expected);
    }
  }

  /**
   * Usual settings: a ring of 4 MB that drops what it has no room for, a delta every 10,000 events
   * or 100 ms, never all weights.
   *
   * @param stepSize the step size
   * @return the options
   */
  public static OnlineOptions defaults(double stepSize) {
    return new OnlineOptions(
        stepSize,
        RING_BYTES,
        WhenFull.DROP,
        PUBLISH_EVENTS,
        PUBLISH_EVERY,
        null,
        null,
        WINDOW,
        EXPLOSION);
  }

  /**
   * The same with another ring.
   *
   * @param bytes as {@link #ringBytes}
   * @param then as {@link #whenFull}
   * @return the options
   */
  public OnlineOptions withRing(int bytes, WhenFull then) {
    return new OnlineOptions(
        stepSize,
        bytes,
        then,
        publishEvents,
        publishEvery,
        fullEvery,
        candidates,
        window,
        explosion);
  }

  /**
   * The same with deltas at other times.
   *
   * @param events as {@link #publishEvents}
   * @param every as {@link #publishEvery}
   * @return the options
   */
  public OnlineOptions withDeltas(int events, Duration every) {
    return new OnlineOptions(
        stepSize, ringBytes, whenFull, events, every, fullEvery, candidates, window, explosion);
  }

  /**
   * The same, and all weights now and then.
   *
   * @param every as {@link #fullEvery}
   * @param of as {@link #candidates}
   * @return the options
   */
  public OnlineOptions withFull(Duration every, Supplier<CandidateSet> of) {
    return new OnlineOptions(
        stepSize, ringBytes, whenFull, publishEvents, publishEvery, every, of, window, explosion);
  }

  /**
   * The same with another watch over the loss.
   *
   * @param events as {@link #window}
   * @param times as {@link #explosion}
   * @return the options
   */
  public OnlineOptions withWatch(int events, double times) {
    return new OnlineOptions(
        stepSize,
        ringBytes,
        whenFull,
        publishEvents,
        publishEvery,
        fullEvery,
        candidates,
        events,
        times);
  }
}
