package femto.swap;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import femto.kernels.RowTasks;
import femto.memory.Slab;
import femto.score.Snapshot;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.function.LongFunction;

/**
 * Which candidates have a feature, and how many, in the version that is newest. The writer's own.
 *
 * <p>Lists of the candidates by feature, made of one version, and what has come and gone since. How
 * many there are is exact; a list may hold candidates that have lost the feature, and is looked
 * through when it is used.
 *
 * <pre>
 *   I64 [features + 1]   where a feature's candidates begin
 *   I32 [entries]        candidates, ascending for each feature
 * </pre>
 */
final class FanOut implements AutoCloseable {
  /** Candidates between two pauses. */
  private static final int PIECE = 4096;

  private static final int SCRATCH = 4;

  private final Slab memory;
  private final MemorySegment offsets;
  private final MemorySegment candidates;
  private final Map<Integer, Later> later = new HashMap<>();
  private final FeatureBuffer row = new FeatureBuffer();

  /** What has changed for one feature. */
  private static final class Later {
    int more;
    int[] added = new int[2];
    int size;

    void add(int index) {
      if (size == added.length) {
        added = Arrays.copyOf(added, 2 * size);
      }
      added[size++] = index;
    }
  }

  private FanOut(Slab memory, int features) {
    this.memory = memory;
    long head = (features + 1L) * Long.BYTES;
    this.offsets = memory.segment().asSlice(0, head);
    this.candidates = memory.segment().asSlice(head);
  }

  /**
   * Lists the candidates of a version, on the fork-join pool of the calling thread or the common
   * one, with pauses between pieces of the work. Takes at most {@value #SCRATCH} numbers of heap a
   * candidate meanwhile, or one a feature.
   */
  static FanOut of(
      LiveVersion version, CandidateFeatures features, LongFunction<Slab> source, Runnable pause) {
    int featureCount = version.snapshot().model().features().size();
    Snapshot snapshot = version.snapshot();
    int size = snapshot.size();
    // Each part counts for itself, so that none waits for another and lists come out ascending.
    long most = (long) SCRATCH * size / Math.max(1, featureCount);
    int parts = (int) Math.max(1, Math.min(most, Runtime.getRuntime().availableProcessors()));
    int perPart = Math.max(PIECE, size / parts + 1);
    int[][] counts = new int[size / perPart + 1][featureCount];
    RowTasks.run(
        size,
        perPart,
        (first, end) -> {
          int[] own = counts[first / perPart];
          eachFeature(snapshot, features, first, end, pause, (index, feature) -> own[feature]++);
        });
    long entries = 0;
    for (int[] part : counts) {
      for (int count : part) {
        entries += count;
      }
      pause.run();
    }
    FanOut fanOut =
        new FanOut(
            source.apply((featureCount + 1L) * Long.BYTES + entries * Integer.BYTES), featureCount);
    try {
      fanOut.place(counts, pause);
      RowTasks.run(
          size,
          perPart,
          (first, end) -> {
            int[] next = counts[first / perPart];
            eachFeature(
                snapshot,
                features,
                first,
                end,
                pause,
                (index, feature) -> fanOut.put(feature, next[feature]++, index));
          });
      return fanOut;
    } catch (Throwable failure) {
      fanOut.close();
      throw failure;
    }
  }

  private interface Entry {
    void accept(int index, int feature);
  }

  private static void eachFeature(
      Snapshot snapshot,
      CandidateFeatures features,
      int first,
      int end,
      Runnable pause,
      Entry entry) {
    FeatureBuffer row = new FeatureBuffer();
    for (int index = first; index < end; index++) {
      if (snapshot.contains(index)) {
        features.readFeatures(index, row);
        for (int i = 0; i < row.count; i++) {
          entry.accept(index, row.features[i]);
        }
      }
      if (index % PIECE == 0) {
        pause.run();
      }
    }
  }

  /** From how many of each feature a part has to where in the feature's list the first goes. */
  private void place(int[][] counts, Runnable pause) {
    int featureCount = counts[0].length;
    long end = 0;
    for (int feature = 0; feature < featureCount; feature++) {
      offsets.setAtIndex(JAVA_LONG, feature, end);
      int before = 0;
      for (int[] part : counts) {
        int count = part[feature];
        part[feature] = before;
        before += count;
      }
      end += before;
      if (feature % PIECE == 0) {
        pause.run();
      }
    }
    offsets.setAtIndex(JAVA_LONG, featureCount, end);
  }

  private void put(int feature, int place, int index) {
    candidates.setAtIndex(JAVA_INT, offsets.getAtIndex(JAVA_LONG, feature) + place, index);
  }

  private int listed(int feature) {
    return (int)
        (offsets.getAtIndex(JAVA_LONG, feature + 1L) - offsets.getAtIndex(JAVA_LONG, feature));
  }

  /** How many candidates have a feature. */
  int count(int feature) {
    Later changes = later.get(feature);
    return listed(feature) + (changes == null ? 0 : changes.more);
  }

  /**
   * Adds the candidates that have a feature to a set.
   *
   * @return false if the set would be larger than it may; it then holds some of them
   */
  boolean collect(int feature, LiveVersion now, IndexSet into, int mostSize) {
    if (count(feature) > mostSize) {
      return false;
    }
    long first = offsets.getAtIndex(JAVA_LONG, feature);
    for (int i = 0; i < listed(feature); i++) {
      add(candidates.get(JAVA_INT, (first + i) * Integer.BYTES), feature, now, into);
      if (into.size() > mostSize) {
        return false;
      }
    }
    Later changes = later.get(feature);
    for (int i = 0; changes != null && i < changes.size; i++) {
      add(changes.added[i], feature, now, into);
      if (into.size() > mostSize) {
        return false;
      }
    }
    return true;
  }

  private static void add(int index, int feature, LiveVersion now, IndexSet into) {
    if (now.snapshot().contains(index) && now.features().has(index, feature)) {
      into.add(index);
    }
  }

  /** Takes notice of a candidate that was put or removed. */
  void change(int index, LiveVersion before, LiveVersion after) {
    if (before.snapshot().contains(index)) {
      before.features().read(index, row);
      for (int i = 0; i < row.count; i++) {
        laterOf(row.features[i]).more--;
      }
    }
    if (after.snapshot().contains(index)) {
      after.features().read(index, row);
      for (int i = 0; i < row.count; i++) {
        Later changes = laterOf(row.features[i]);
        changes.more++;
        changes.add(index);
      }
    }
  }

  private Later laterOf(int feature) {
    return later.computeIfAbsent(feature, f -> new Later());
  }

  @Override
  public void close() {
    memory.close();
  }
}
