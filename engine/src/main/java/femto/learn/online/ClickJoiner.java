package femto.learn.online;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import femto.file.Dtype;
import femto.file.MalformedFileException;
import femto.file.SafetensorsFile;
import femto.file.SafetensorsWriter;
import femto.learn.Example;
import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.function.ObjLongConsumer;
import org.agrona.collections.Long2ObjectHashMap;

/**
 * Gives impressions their labels: 1 if a click comes within a horizon, 0 when the horizon has
 * passed without one.
 *
 * <p>What it knows of time are the times that it is given, in any unit, which may repeat and go
 * back a little: the latest one counts. An impression waits from its own time on. When more wait
 * than there is room for, the oldest are taken for ones without a click before their time, and
 * counted.
 *
 * <p>What comes out, in the order of the labels, goes to an {@link OnlineTrainer} as a rule:
 *
 * <pre>{@code
 * new ClickJoiner(Duration.ofMinutes(10).toMillis(), LateClick.LEARN, 100_000, trainer::offer)
 * }</pre>
 *
 * One owner at a time.
 */
public final class ClickJoiner {
  private static final String COUNTS = "joiner.counts";
  private static final String IMPRESSIONS = "joiner.impressions";
  private static final String IMPORTANCES = "joiner.importances";
  private static final String FEATURES = "joiner.features";
  private static final String WEIGHTS = "joiner.weights";
  private static final int COUNT_OF_COUNTS = 9;

  /** Of an impression in a file: id, time, when it was labelled 0, clicked, features. */
  private static final int NUMBERS = 5;

  private final long horizon;
  private final LateClick whenLate;
  private final int room;
  private final ObjLongConsumer<Example> labelled;
  private final Long2ObjectHashMap<Impression> byId = new Long2ObjectHashMap<>();

  /** Those that wait for their click, in the order in which they came; clicked ones too. */
  private final Deque<Impression> waiting = new ArrayDeque<>();

  /** Those that were labelled 0 less than a horizon ago: a click would be late. */
  private final Deque<Impression> released = new ArrayDeque<>();

  private long now = Long.MIN_VALUE;
  private long impressions;
  private long clicked;
  private long unclicked;
  private long releasedEarly;
  private long late;
  private long unknown;
  private long repeated;

  /** An impression, and what has become of it. */
  private static final class Impression {
    final long id;
    final long time;
    final Example example;
    boolean clicked;
    long releasedAt = Long.MIN_VALUE;

    Impression(long id, long time, Example example) {
      this.id = id;
      this.time = time;
      this.example = example;
    }
  }

  /** What became of a click. */
  public enum Click {
    /** Its impression had waited for it, and is labelled 1. */
    JOINED,
    /** Its impression had been labelled 0, not longer than a horizon ago. */
    LATE,
    /** Its impression had a click already. */
    REPEATED,
    /** There is no such impression, or it was longer ago. */
    UNKNOWN
  }

  /**
   * Counts.
   *
   * @param impressions impressions that came
   * @param clicked those labelled 1 in time
   * @param unclicked those labelled 0
   * @param releasedEarly those of them for which there was no room
   * @param waiting impressions that have no label yet
   * @param late clicks after their impression was labelled 0
   * @param repeated clicks after another one, and impressions whose id was waiting already
   * @param unknown clicks without an impression
   */
  public record Counts(
      long impressions,
      long clicked,
      long unclicked,
      long releasedEarly,
      int waiting,
      long late,
      long repeated,
      long unknown) {}

  /**
   * Makes one that nothing waits in.
   *
   * @param horizon how long an impression waits for its click, above 0
   * @param whenLate what a click does that comes after that
   * @param room how many impressions may wait, 1 or more; as many again are kept for late clicks
   * @param labelled gets each impression with its label and its own time
   */
  public ClickJoiner(
      long horizon, LateClick whenLate, int room, ObjLongConsumer<Example> labelled) {
    if (horizon <= 0) {
      throw new IllegalArgumentException("horizon=" + horizon + ", expected above 0");
    }
    if (room < 1) {
      throw new IllegalArgumentException("room=" + room + ", expected 1 or more");
    }
    this.horizon = horizon;
    this.whenLate = whenLate;
    this.room = room;
    this.labelled = labelled;
  }

  /**
   * Takes an impression.
   *
   * @param id by which its click will name it
   * @param example its features and importance; copied
   * @param time when it was
   * @return false if one of this id waits already; it is left out then, and counted
   */
  public boolean impression(long id, Example example, long time) {
    advanceTo(time);
    Impression known = byId.get(id);
    if (known != null && !isReleased(known)) {
      repeated++;
      return false;
    }
    if (waiting.size() == room) {
      Impression oldest = waiting.removeFirst();
      releasedEarly += oldest.clicked ? 0 : 1;
      settle(oldest);
    }
    impressions++;
    Impression impression = new Impression(id, time, copy(example));
    byId.put(id, impression);
    waiting.addLast(impression);
    return true;
  }

  /**
   * Takes a click.
   *
   * @param id of its impression
   * @param time when it was
   * @return what became of it
   */
  public Click click(long id, long time) {
    advanceTo(time);
    Impression impression = byId.get(id);
    if (impression == null) {
      unknown++;
      return Click.UNKNOWN;
    }
    if (impression.clicked) {
      repeated++;
      return Click.REPEATED;
    }
    impression.clicked = true;
    if (isReleased(impression)) {
      late++;
      if (whenLate == LateClick.LEARN) {
        label(impression, 1);
      }
      return Click.LATE;
    }
    clicked++;
    label(impression, 1);
    return Click.JOINED;
  }

  /**
   * Says what time it is: impressions whose horizon has passed are labelled.
   *
   * @param time the time; one before the latest changes nothing
   */
  public void advanceTo(long time) {
    now = Math.max(now, time);
    while (!waiting.isEmpty() && isOver(waiting.getFirst().time)) {
      settle(waiting.removeFirst());
    }
    while (!released.isEmpty() && isOver(released.getFirst().releasedAt)) {
      forget(released.removeFirst());
    }
  }

  /** Labels all that wait, as when no more clicks can come. */
  public void releaseAll() {
    while (!waiting.isEmpty()) {
      settle(waiting.removeFirst());
    }
  }

  private boolean isOver(long since) {
    return now >= Long.MIN_VALUE + horizon && now - horizon > since;
  }

  private boolean isReleased(Impression impression) {
    return impression.releasedAt != Long.MIN_VALUE;
  }

  /** Labels an impression 0 that nothing has come for, and keeps it for clicks that are late. */
  private void settle(Impression impression) {
    if (!impression.clicked) {
      unclicked++;
      label(impression, 0);
    }
    impression.releasedAt = now;
    if (released.size() == room) {
      forget(released.removeFirst());
    }
    released.addLast(impression);
  }

  private void forget(Impression impression) {
    // Its id may be that of a newer one by now.
    if (byId.get(impression.id) == impression) {
      byId.remove(impression.id);
    }
  }

  private void label(Impression impression, float label) {
    Example example = impression.example;
    example.relabel(label);
    labelled.accept(example, impression.time);
  }

  private static Example copy(Example from) {
    Example to = new Example();
    to.reset(0);
    to.weigh(from.importance());
    for (int i = 0; i < from.count(); i++) {
      to.add(from.feature(i), from.weight(i));
    }
    return to;
  }

  /**
   * Adds all of it to a file, to go on from with {@link #restore}.
   *
   * @param writer the file being made; written before another event comes
   */
  public void writeTo(SafetensorsWriter writer) {
    List<Impression> all = new ArrayList<>(released);
    all.addAll(waiting);
    int size = all.size();
    int entries = all.stream().mapToInt(impression -> impression.example.count()).sum();
    long[] numbers = new long[NUMBERS * size];
    float[] importances = new float[size];
    int[] features = new int[entries];
    float[] weights = new float[entries];
    int entry = 0;
    for (int i = 0; i < size; i++) {
      Impression impression = all.get(i);
      Example example = impression.example;
      numbers[NUMBERS * i] = impression.id;
      numbers[NUMBERS * i + 1] = impression.time;
      numbers[NUMBERS * i + 2] = impression.releasedAt;
      numbers[NUMBERS * i + 3] = impression.clicked ? 1 : 0;
      numbers[NUMBERS * i + 4] = example.count();
      importances[i] = example.importance();
      for (int j = 0; j < example.count(); j++) {
        features[entry] = example.feature(j);
        weights[entry++] = example.weight(j);
      }
    }
    long[] counts = {
      now, impressions, clicked, unclicked, releasedEarly, late, unknown, repeated, released.size()
    };
    writer.tensor(COUNTS, Dtype.I64, MemorySegment.ofArray(counts), counts.length);
    writer.tensor(IMPRESSIONS, Dtype.I64, MemorySegment.ofArray(numbers), size, NUMBERS);
    writer.tensor(IMPORTANCES, Dtype.F32, MemorySegment.ofArray(importances), size);
    writer.tensor(FEATURES, Dtype.I32, MemorySegment.ofArray(features), entries);
    writer.tensor(WEIGHTS, Dtype.F32, MemorySegment.ofArray(weights), entries);
  }

  /**
   * Goes on from what {@link #writeTo} wrote, in one that nothing has come to yet.
   *
   * @param file the file
   * @param features how many features there are
   * @throws MalformedFileException if it is not that, or more wait than there is room for
   */
  public void restore(SafetensorsFile file, int features) throws MalformedFileException {
    long[] counts = file.require(COUNTS, Dtype.I64, COUNT_OF_COUNTS).toArray(JAVA_LONG);
    MemorySegment rows = file.require(IMPRESSIONS, Dtype.I64, -1, NUMBERS);
    long size = rows.byteSize() / (NUMBERS * Long.BYTES);
    MemorySegment importances = file.require(IMPORTANCES, Dtype.F32, size);
    MemorySegment ofAll = file.require(FEATURES, Dtype.I32, -1);
    long entries = ofAll.byteSize() / Integer.BYTES;
    MemorySegment weights = file.require(WEIGHTS, Dtype.F32, entries);
    long releasedSize = counts[COUNT_OF_COUNTS - 1];
    if (releasedSize < 0 || releasedSize > room || size - releasedSize > room) {
      throw new MalformedFileException(
          file.path(),
          "tensor " + IMPRESSIONS,
          "has "
              + size
              + " impressions, "
              + releasedSize
              + " of them labelled, expected at most "
              + room
              + " of each kind");
    }
    long entry = 0;
    for (long i = 0; i < size; i++) {
      long at = NUMBERS * i;
      long count = rows.getAtIndex(JAVA_LONG, at + 4);
      if (count < 0 || count > entries - entry) {
        throw new MalformedFileException(
            file.path(),
            "tensor " + IMPRESSIONS,
            "impression " + i + " has " + count + " features, expected 0 to " + (entries - entry));
      }
      Example example = new Example();
      example.reset(0);
      example.weigh(importances.getAtIndex(JAVA_FLOAT, i));
      for (long end = entry + count; entry < end; entry++) {
        int feature = ofAll.getAtIndex(JAVA_INT, entry);
        if (feature < 0 || feature >= features) {
          throw new MalformedFileException(
              file.path(),
              "tensor " + FEATURES,
              "entry " + entry + " is " + feature + ", expected 0 to " + (features - 1));
        }
        example.add(feature, weights.getAtIndex(JAVA_FLOAT, entry));
      }
      Impression impression =
          new Impression(
              rows.getAtIndex(JAVA_LONG, at), rows.getAtIndex(JAVA_LONG, at + 1), example);
      impression.releasedAt = rows.getAtIndex(JAVA_LONG, at + 2);
      impression.clicked = rows.getAtIndex(JAVA_LONG, at + 3) != 0;
      byId.put(impression.id, impression);
      (i < releasedSize ? released : waiting).addLast(impression);
    }
    now = counts[0];
    impressions = counts[1];
    clicked = counts[2];
    unclicked = counts[3];
    releasedEarly = counts[4];
    late = counts[5];
    unknown = counts[6];
    repeated = counts[7];
  }

  /**
   * What there has been.
   *
   * @return counts since this was made
   */
  public Counts counts() {
    int open = (int) waiting.stream().filter(impression -> !impression.clicked).count();
    return new Counts(
        impressions, clicked, unclicked, releasedEarly, open, late, repeated, unknown);
  }
}
