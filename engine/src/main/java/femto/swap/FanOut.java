package femto.swap;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import femto.kernels.StagedWork;
import femto.memory.Slab;
import femto.score.Snapshot;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Consumer;
import java.util.function.LongFunction;
import org.jspecify.annotations.Nullable;

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
  /** Candidates or features a piece of work. */
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
   * one.
   */
  static FanOut of(LiveVersion version, CandidateFeatures features, LongFunction<Slab> source) {
    AtomicReference<@Nullable FanOut> made = new AtomicReference<>();
    try {
      listing(version, features, source, made::set).run();
      return Objects.requireNonNull(made.get());
    } catch (Throwable failure) {
      FanOut fanOut = made.get();
      if (fanOut != null) {
        fanOut.close();
      }
      throw failure;
    }
  }

  /**
   * The same piece by piece. Takes at most {@value #SCRATCH} numbers of heap a candidate meanwhile,
   * or one a feature.
   *
   * @param owner receives the lists, as soon as there is memory for them: they are not to be looked
   *     at before the work is done, but have to be closed even if it never is
   */
  static StagedWork listing(
      LiveVersion version,
      CandidateFeatures features,
      LongFunction<Slab> source,
      Consumer<FanOut> owner) {
    return new Listing(version, features).work(source, owner);
  }

  private interface Entry {
    void accept(int index, int feature);
  }

  private static final class Listing {
    private final Snapshot snapshot;
    private final CandidateFeatures features;
    private final int featureCount;
    private final int size;
    private final int perPart;
    private final LongAdder entries = new LongAdder();

    /** How many of each feature a part has, and then where in the feature's list the next goes. */
    private int[][] counts = {};

    private @Nullable FanOut lists;
    private long end;

    Listing(LiveVersion version, CandidateFeatures features) {
      this.snapshot = version.snapshot();
      this.features = features;
      this.featureCount = snapshot.model().features().size();
      this.size = snapshot.size();
      // Each part counts for itself, so that none waits for another and lists come out ascending.
      long most = (long) SCRATCH * size / Math.max(1, featureCount);
      int parts = (int) Math.max(1, Math.min(most, Runtime.getRuntime().availableProcessors()));
      this.perPart = Math.max(PIECE, size / parts + 1);
    }

    StagedWork work(LongFunction<Slab> source, Consumer<FanOut> owner) {
      return new StagedWork()
          .step(() -> counts = new int[size / perPart + 1][featureCount])
          .rows(size, perPart, PIECE, () -> this::count)
          .step(() -> owner.accept(allocate(source)))
          .rows(featureCount, featureCount, PIECE, () -> this::place)
          .step(() -> lists().offsets.setAtIndex(JAVA_LONG, featureCount, end))
          .rows(size, perPart, PIECE, () -> this::list);
    }

    private void count(int first, int behind) {
      int[] own = counts[first / perPart];
      entries.add(eachFeature(first, behind, (index, feature) -> own[feature]++));
    }

    private FanOut allocate(LongFunction<Slab> source) {
      long bytes = (featureCount + 1L) * Long.BYTES + entries.sum() * Integer.BYTES;
      FanOut made = new FanOut(source.apply(bytes), featureCount);
      lists = made;
      return made;
    }

    private FanOut lists() {
      return Objects.requireNonNull(lists);
    }

    private void place(int first, int behind) {
      MemorySegment offsets = lists().offsets;
      for (int feature = first; feature < behind; feature++) {
        offsets.setAtIndex(JAVA_LONG, feature, end);
        int before = 0;
        for (int[] part : counts) {
          int count = part[feature];
          part[feature] = before;
          before += count;
        }
        end += before;
      }
    }

    private void list(int first, int behind) {
      int[] next = counts[first / perPart];
      FanOut into = lists();
      eachFeature(first, behind, (index, feature) -> into.put(feature, next[feature]++, index));
    }

    /** Returns how many there are. */
    private long eachFeature(int first, int behind, Entry entry) {
      FeatureBuffer row = new FeatureBuffer();
      long count = 0;
      for (int index = first; index < behind; index++) {
        if (snapshot.contains(index)) {
          features.readFeatures(index, row);
          count += row.count;
          for (int i = 0; i < row.count; i++) {
            entry.accept(index, row.features[i]);
          }
        }
      }
      return count;
    }
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
    // Most are there already, when many features change: that is the cheapest to find out.
    if (!into.contains(index)
        && now.snapshot().contains(index)
        && now.features().has(index, feature)) {
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
