package femto.swap;

import femto.kernels.RowLayout;
import femto.kernels.RowPatch;
import femto.kernels.RowTable;
import femto.kernels.Screen;
import femto.kernels.ScreenLayout;
import femto.kernels.StagedWork;
import femto.memory.Slab;
import femto.model.FoldedCandidates;
import femto.model.Model;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.IntPredicate;
import org.jspecify.annotations.Nullable;

/**
 * Copies a version, with all that has changed in it, to a base of its own: piece by piece, by
 * whichever thread has time for it. There is no thread that has nothing else to do, since one would
 * take a core from those that have.
 *
 * <p>{@link #turn} says which thread may work. What a merge has made is for the writer, under its
 * lock.
 */
final class Merge {
  /** Of so many candidates that have been put since, features get rows of their own. */
  private static final int COMPACTED_SHARE = 8;

  /** Held by the one who works. Taken before the writer's lock, never after it. */
  final ReentrantLock turn = new ReentrantLock();

  /** What is copied. */
  final LiveVersion from;

  /** Rows of weights and of candidates that may change before it has to be done. */
  final int weightRoom;

  final int rowRoom;

  /** Candidates that have been put or removed since. For the writer. */
  final IndexSet changed = new IndexSet();

  private final LiveOptions options;
  private final LiveMemory memory;
  private final boolean listed;
  private final StagedWork work;
  private volatile boolean cancelled;

  // Of the one whose turn it is.
  private boolean over;
  private long workNanos;
  private long countedBytes;
  private final List<Slab> slabs = new ArrayList<>();
  private final LongAdder checksum = new LongAdder();
  private @Nullable RowTable weights;
  private @Nullable RowTable rows;
  private @Nullable Slab rowMemory;
  private @Nullable Slab screenMemory;
  private @Nullable Screen screen;
  private @Nullable Base base;
  private @Nullable CandidateFeatures features;
  private @Nullable FanOut fanOut;
  private @Nullable Throwable failure;

  /**
   * Begins one; nothing is done yet.
   *
   * @param from what to copy, which stays as it is until {@link #isOver}
   * @param listed whether to list the candidates by feature anew where features are compacted
   */
  Merge(LiveVersion from, LiveOptions options, LiveMemory memory, boolean listed) {
    this.from = from;
    this.options = options;
    this.memory = memory;
    this.listed = listed;
    this.weightRoom = from.weights().freeSlots();
    this.rowRoom = from.rows().freeSlots();
    this.work =
        new StagedWork()
            .step(this::begin)
            .then(this::copyingWeights)
            .step(this::makeRows)
            .then(this::copyingRows)
            .step(this::check)
            .then(this::screening)
            .step(this::makeBase)
            .then(this::compacting)
            .then(this::listing);
  }

  /** Makes it stop where it is; whoever has the next turn ends it. By any thread. */
  void cancel() {
    cancelled = true;
  }

  boolean isCancelled() {
    return cancelled;
  }

  // ---- For the one whose turn it is ----

  boolean isOver() {
    return over;
  }

  /**
   * Works until it is over, or for some time.
   *
   * @param nanos how long; {@link Long#MAX_VALUE} for as long as it takes
   */
  void work(long nanos) {
    long start = System.nanoTime();
    try {
      while (!cancelled && work.advance()) {
        if (System.nanoTime() - start >= nanos) {
          return;
        }
      }
      over = true;
    } catch (Throwable thrown) {
      failure = thrown;
      over = true;
    } finally {
      workNanos += System.nanoTime() - start;
    }
  }

  /** What has been worked so far. */
  long workNanos() {
    return workNanos;
  }

  /** Why there is no copy, or null. */
  @Nullable String problem() {
    Throwable thrown = failure;
    if (thrown == null || cancelled) {
      return null;
    }
    return thrown instanceof LiveMemory.NoRoomException || thrown instanceof OutOfMemoryError
        ? String.valueOf(thrown.getMessage())
        : thrown.toString();
  }

  /** The copy when it is over, for the caller to own or {@link #close}; null if there is none. */
  @Nullable Base base() {
    return failure == null && !cancelled ? base : null;
  }

  /** Features without what they were before, or null. */
  @Nullable CandidateFeatures features() {
    return features;
  }

  /** Lists of {@link #features}, or null. */
  @Nullable FanOut fanOut() {
    return fanOut;
  }

  /** Gives back what it has made. For one whose base is not taken. */
  void close() {
    if (fanOut != null) {
      fanOut.close();
    }
    if (base != null) {
      base.close();
    } else {
      slabs.forEach(Slab::close);
      memory.uncount(countedBytes);
    }
  }

  // ---- Stages ----

  private Slab slab(long bytes) {
    Slab slab = memory.apply(bytes);
    slabs.add(slab);
    return slab;
  }

  private void begin() {
    memory.requireRoom(from.base().bytes());
    long bytes = Base.heapBytes(from.weights().size(), from.rows().size(), options);
    memory.count(bytes);
    countedBytes = bytes;
    int features = from.weights().size();
    int length = from.base().model().rowLength();
    weights = RowTable.over(slab(Model.weightBytes(features, length)).segment(), features, length);
  }

  /** Each piece goes into the checksum when it has been copied: it need not be read again. */
  private StagedWork copyingWeights() {
    RowTable into = Objects.requireNonNull(weights);
    return from.weights().copying(into, Checksum.addingWeights(into, checksum));
  }

  private StagedWork copyingRows() {
    RowTable into = Objects.requireNonNull(rows);
    IntPredicate there = from.snapshot()::contains;
    return from.rows()
        .copying(into, Checksum.addingCandidates(from.content().ids(), into, there, checksum));
  }

  private void makeRows() {
    RowPatch patch = from.rows();
    rowMemory = slab(new RowLayout(patch.length()).tableBytes(patch.size()));
    rows = RowTable.over(rowMemory.segment(), patch.size(), patch.length());
  }

  private StagedWork screening() {
    RowTable table = Objects.requireNonNull(rows);
    if (table.rows() < FoldedCandidates.LEAST_SCREENED) {
      return new StagedWork();
    }
    screenMemory = slab(new ScreenLayout(table.rows(), table.length()).bytes());
    return Screen.building(table, screenMemory.segment(), made -> screen = made);
  }

  private void check() {
    checksum.add(Checksum.ofBias(from.snapshot().bias()));
    checksum.add(Checksum.ofInteractions(from.base().model().interactions()));
    if (checksum.sum() != from.content().checksum()) {
      throw new IllegalStateException(
          "the copy has the checksum "
              + Long.toHexString(checksum.sum())
              + ", expected "
              + Long.toHexString(from.content().checksum()));
    }
  }

  private void makeBase() {
    Model model = from.base().model().withChecked(from.snapshot().bias(), slabs.get(0));
    FoldedCandidates candidates =
        FoldedCandidates.over(
            Objects.requireNonNull(rows), Objects.requireNonNull(rowMemory), screen, screenMemory);
    base = new Base(model, candidates, from.rows(), options, memory, slabs, countedBytes);
  }

  private StagedWork compacting() {
    return from.features().changed() > from.rows().size() / COMPACTED_SHARE
        ? from.features().compacting(from, made -> features = made)
        : new StagedWork();
  }

  private StagedWork listing() {
    CandidateFeatures compacted = features;
    return listed && compacted != null
        ? FanOut.listing(from, compacted, memory, made -> fanOut = made)
        : new StagedWork();
  }
}
