package femto.swap;

import femto.kernels.RowPatch;
import femto.model.FeatureRows;
import femto.model.Model;
import femto.swap.LiveOptions.Merging;
import femto.swap.PublishResult.Outcome;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The writer's side of a {@link LiveModel}: makes versions, checks them, shows them, keeps the last
 * ones, and merges what has changed into new bases.
 *
 * <p>Everything that changes happens under one lock, which readers never touch. A {@link Merge}
 * copies a version without the lock, which it can since versions are immutable, and is ended under
 * the lock: what was published meanwhile is put on top of the copy, and shown: the same version on
 * another base.
 */
final class Publisher {
  private static final System.Logger LOG = System.getLogger(LiveModel.class.getName());

  private static final long LEAST_AUTOMATIC_CAP = 64L << 20;
  private static final int AUTOMATIC_CAP = 8;

  /** A merge gets more time than it is expected to need, since that is a guess. */
  private static final double SHARE_MARGIN = 1.25;

  /** As a first guess. */
  private static final double MERGE_NANOS_PER_ROW = 300;

  /** Makes the publication; tests make others. */
  interface Publications {
    Publication<LiveVersion> create(
        LiveVersion first, int maxReaders, Consumer<LiveVersion> reclaimer);
  }

  /** Hears of versions in their order, under the writer's lock: it is quick and throws nothing. */
  interface Journal {
    /** A version that is the one before with changes. */
    void changed(LiveVersion shown, DeltaPlan plan);

    /** Any other version. */
    void replaced(LiveVersion shown);
  }

  private final ReentrantLock lock = new ReentrantLock();
  private final LiveOptions options;
  private final LiveMemory memory = new LiveMemory(this::relieve);
  private final Publication<LiveVersion> publication;
  private final Consumer<VersionInfo> shown;
  private final @Nullable CanaryTrial canaries;
  private final IndexSet touched = new IndexSet();

  // Under the lock.
  private final boolean started;
  private final ArrayDeque<LiveVersion> history = new ArrayDeque<>();
  private final List<Journal> journals = new ArrayList<>();

  /** The versions that the publication holds, the newest last. */
  private final ArrayDeque<Place> places = new ArrayDeque<>();

  private long lastGeneration = 1;
  private CanaryTrial.@Nullable Answers answers;
  private Changes waiting = Changes.NONE;
  private Changes coalesced = Changes.NONE;
  private @Nullable String deltasRefused;
  private @Nullable FanOut fanOut;

  /** Whether a delta has changed weights, so that more of the kind are to be expected. */
  private boolean listing;

  private @Nullable Merge merging;
  private boolean mergeFailed;
  private double mergeNanosPerRow = MERGE_NANOS_PER_ROW;
  private int largestFanOut;
  private long totalFanOut;
  private @Nullable StalledReader reported;

  // For readers and statistics.
  private volatile LiveVersion serving;
  private volatile boolean closed;
  private volatile int held;
  private volatile int waitingFeatures;
  private volatile int coalescedDeltas;
  private volatile @Nullable String stalledReader;
  private final AtomicLong full = new AtomicLong();
  private final AtomicLong deltas = new AtomicLong();
  private final AtomicLong rollbacks = new AtomicLong();
  private final AtomicLong refusals = new AtomicLong();
  private final AtomicLong putOffs = new AtomicLong();
  private final AtomicLong merges = new AtomicLong();

  /** Which version has which number in the publication. */
  private record Place(long epoch, long version) {}

  /**
   * Shows version 1.
   *
   * @throws IllegalArgumentException if it cannot be; the model is then closed
   */
  Publisher(
      Model model,
      CandidateSet candidates,
      LiveOptions options,
      Publications publications,
      Consumer<VersionInfo> shown) {
    this.options = options;
    this.shown = shown;
    Canaries requests = options.canaries();
    this.canaries = requests == null ? null : new CanaryTrial(requests);
    LiveVersion first;
    try {
      first = fold(model, candidates, 1, 1);
      try {
        answers = canaries == null ? null : canaries.ask(first, null).answers();
      } catch (Throwable failure) {
        first.base().close();
        throw failure;
      }
    } catch (LiveMemory.NoRoomException e) {
      memory.close();
      throw new IllegalArgumentException(e.getMessage(), e);
    } catch (Throwable failure) {
      memory.close();
      throw failure;
    }
    first.retain();
    publication = publications.create(first, options.maxReaders(), this::forget);
    places.addLast(new Place(0, first.number()));
    serving = first;
    full.incrementAndGet();
    started = true;
  }

  // ---- Publishing ----

  PublishResult publish(Delta delta) {
    return publish(delta, null);
  }

  /**
   * Publishes changes if what comes of them, all at once, has a checksum. They are not kept if they
   * have to wait for room.
   */
  PublishResult publishExactly(Delta delta, long checksum) {
    return publish(delta, checksum);
  }

  private PublishResult publish(Delta delta, @Nullable Long checksum) {
    long lentNanos = 0;
    while (true) {
      PublishResult result;
      Merge merge;
      long share;
      lock.lock();
      try {
        requireOpen();
        long start = System.nanoTime();
        Changes changes = Changes.of(delta, serving.base().model().rowLength());
        changes = checksum == null ? changes : changes.notToBeKept();
        String problem = deltasRefused;
        if (problem == null) {
          problem = new DeltaCheck(serving).problem(changes);
        }
        if (problem != null) {
          return refuse(VersionKind.DELTA, problem, start).withMergeNanos(lentNanos);
        }
        // Taken now: versions of one base share the room, and say what is left of it in the end.
        int freeWeights = serving.weights().freeSlots();
        int freeRows = serving.rows().freeSlots();
        result = attempt(changes, checksum, start, System.nanoTime() - start);
        merge = options.merging() == Merging.WITH_PUBLISHES ? merging : null;
        share =
            merge == null
                ? 0
                : share(
                    merge,
                    freeWeights - serving.weights().freeSlots(),
                    freeRows - serving.rows().freeSlots(),
                    result);
      } finally {
        lock.unlock();
      }
      if (merge != null) {
        lentNanos += work(merge, share);
      }
      if (result != null) {
        return result.withMergeNanos(lentNanos);
      }
    }
  }

  /**
   * The time that a merge gets of a publish: as much of all that it is expected to take as the
   * publish has taken of the room that there was, and somewhat more; all of it if there was no
   * room.
   */
  private long share(Merge merge, int weightsTaken, int rowsTaken, @Nullable PublishResult result) {
    if (result == null || result.outcome() == Outcome.COALESCED) {
      return Long.MAX_VALUE;
    }
    double part =
        Math.max(
            (double) weightsTaken / Math.max(1, merge.weightRoom),
            (double) rowsTaken / Math.max(1, merge.rowRoom));
    double all = mergeNanosPerRow * ((double) serving.weights().size() + serving.rows().size());
    return (long) (SHARE_MARGIN * all * Math.max(0, part));
  }

  /**
   * Publishes what waits for room and then these changes, or puts them off.
   *
   * @param checksum what the version must have, whatever it costs to fold; or null
   * @return null, and nothing has changed, if the merge under way has to be done first, and the
   *     caller's time is what it waits for
   */
  private @Nullable PublishResult attempt(
      Changes changes, @Nullable Long checksum, long start, long numbersNanos) {
    Changes all = waiting.then(coalesced).then(changes);
    LiveVersion before = serving;
    DeltaPlan plan;
    try {
      plan = plan(before, all, checksum != null);
      String excess = plan.problem() == null ? excess(plan) : plan.problem();
      if (excess != null) {
        return refuse(VersionKind.DELTA, excess, start);
      }
      if (plan.weightRows() > before.weights().freeSlots()
          || plan.refolded() > before.rows().freeSlots()) {
        startMerge();
        if (options.merging() == Merging.WITH_PUBLISHES && !mergeFailed) {
          return null;
        }
        return putOff(changes, "there is no room for the rows that change before a merge", start);
      }
      memory.count(plan.heapBytes());
    } catch (LiveMemory.NoRoomException | OutOfMemoryError e) {
      return putOff(changes, String.valueOf(e.getMessage()), start);
    }
    LiveVersion next;
    long carriedOut;
    CanaryTrial.Answers nextAnswers = null;
    String refusal = null;
    try {
      LiveVersion.Content content = plan.carryOut();
      carriedOut = System.nanoTime();
      long number = before.number() + 1;
      next =
          LiveVersion.of(
              number, before.generation(), VersionKind.DELTA, number, before.base(), content);
      refusal = otherThan(checksum, next);
      if (canaries != null && refusal == null) {
        CanaryTrial.Outcome outcome = canaries.ask(next, answers);
        nextAnswers = outcome.answers();
        refusal = outcome.refusal();
      }
    } catch (IllegalArgumentException | IllegalStateException | OutOfMemoryError e) {
      memory.uncount(plan.heapBytes());
      return refuse(VersionKind.DELTA, String.valueOf(e.getMessage()), start);
    }
    if (refusal != null) {
      memory.uncount(plan.heapBytes());
      return refuse(VersionKind.DELTA, refusal, start);
    }
    long checked = System.nanoTime();
    answers = nextAnswers;
    keep(before);
    show(next);
    setWaiting(plan);
    setCoalesced(Changes.NONE); // last: when nothing waits any more, the version is there
    if (fanOut != null) {
      plan.applyTo(fanOut, next);
    }
    if (merging != null) {
      plan.addChangedTo(merging.changed);
    }
    journals.forEach(journal -> journal.changed(next, plan));
    mergeIfHalfFull();
    reclaim();
    deltas.incrementAndGet();
    long foldNanos = plan.foldNanos();
    long checkNanos = numbersNanos + checked - carriedOut;
    PublishResult result =
        result(
            Outcome.PUBLISHED,
            "",
            plan.refolded(),
            foldNanos,
            checkNanos,
            System.nanoTime() - start - foldNanos - checkNanos);
    SwapEvents.published(next.info(), result);
    return result;
  }

  private static @Nullable String otherThan(@Nullable Long checksum, LiveVersion version) {
    long found = version.info().checksum();
    return checksum == null || checksum == found
        ? null
        : "the checksum of what comes of it is %016x, expected %016x".formatted(found, checksum);
  }

  private DeltaPlan plan(LiveVersion before, Changes all, boolean whole) {
    listing |= !all.weights().isEmpty();
    if (fanOut == null && !all.weights().isEmpty()) {
      fanOut = FanOut.of(before, before.features(), memory);
    }
    int budget =
        whole
            ? before.rows().capacity()
            : Math.min(options.fanOutBudget(), before.rows().capacity() / 2);
    return new DeltaPlan(before, all, fanOut, budget, touched);
  }

  /** Why there will never be room for a delta, or null. */
  private @Nullable String excess(DeltaPlan plan) {
    String more =
        coalesced.deltas() == 0
            ? ""
            : ", with those of " + coalesced.deltas() + " deltas that wait for room";
    if (plan.weightRows() > serving.weights().capacity()) {
      return "weights of "
          + plan.weightRows()
          + " features"
          + more
          + ", expected at most "
          + serving.weights().capacity()
          + " in a delta: publish in full";
    }
    // Removing takes no row, and what waits must not grow without end either.
    return plan.refolded() > serving.rows().capacity()
            || plan.changedCandidates() > serving.rows().capacity() + serving.rows().size()
        ? plan.refolded()
            + " candidates to fold, "
            + plan.changedCandidates()
            + " to put or remove"
            + more
            + ", expected at most "
            + serving.rows().capacity()
            + " in a delta: publish in full"
        : null;
  }

  private PublishResult putOff(Changes changes, String reason, long start) {
    if (changes.deltas() > 0) {
      setCoalesced(coalesced.then(changes.copy()));
      putOffs.incrementAndGet();
      SwapEvents.coalesced(coalesced.deltas(), reason);
    }
    return result(Outcome.COALESCED, reason, 0, 0, 0, System.nanoTime() - start);
  }

  /** Counts a publish that came to nothing before it got here. */
  PublishResult refuse(VersionKind kind, String reason) {
    lock.lock();
    try {
      requireOpen();
      return refuse(kind, reason, System.nanoTime());
    } finally {
      lock.unlock();
    }
  }

  private PublishResult refuse(VersionKind kind, String reason, long start) {
    refusals.incrementAndGet();
    SwapEvents.refused(kind, reason);
    return result(Outcome.REFUSED, reason, 0, 0, 0, System.nanoTime() - start);
  }

  private PublishResult result(
      Outcome outcome,
      String reason,
      int refolded,
      long foldNanos,
      long checkNanos,
      long publishNanos) {
    return new PublishResult(
        outcome,
        serving.number(),
        reason,
        waitingFeatures,
        largestFanOut,
        totalFanOut,
        refolded,
        foldNanos,
        checkNanos,
        publishNanos,
        0);
  }

  PublishResult publish(Model model, CandidateSet candidates) {
    return publish(model, candidates, null);
  }

  /** Publishes in full if what comes of it has a checksum. */
  PublishResult publishExactly(Model model, CandidateSet candidates, long checksum) {
    return publish(model, candidates, checksum);
  }

  private PublishResult publish(Model model, CandidateSet candidates, @Nullable Long checksum) {
    lock.lock();
    try {
      if (closed) {
        model.close();
        throw closedException();
      }
      long start = System.nanoTime();
      if (isKept(model)) {
        return refuse(VersionKind.FULL, "this model is published already", start);
      }
      LiveVersion next;
      try {
        next = fold(model, candidates, serving.number() + 1, lastGeneration + 1);
      } catch (LiveMemory.NoRoomException | IllegalArgumentException | OutOfMemoryError e) {
        return refuse(VersionKind.FULL, String.valueOf(e.getMessage()), start);
      }
      long folded = System.nanoTime();
      CanaryTrial.Answers nextAnswers = null;
      String refusal = otherThan(checksum, next);
      try {
        if (canaries != null && refusal == null) {
          CanaryTrial.Outcome outcome = canaries.ask(next, answers);
          nextAnswers = outcome.answers();
          refusal = outcome.refusal();
        }
      } catch (IllegalArgumentException | OutOfMemoryError e) {
        refusal = String.valueOf(e.getMessage());
      }
      if (refusal != null) {
        memory.uncount(next.content().heapBytes());
        next.base().close();
        return refuse(VersionKind.FULL, refusal, start);
      }
      long checked = System.nanoTime();
      lastGeneration = next.generation();
      answers = nextAnswers;
      String dropped = replace(next, true);
      deltasRefused = null;
      full.incrementAndGet();
      PublishResult result =
          result(
              Outcome.PUBLISHED,
              dropped,
              candidates.size(),
              folded - start,
              checked - folded,
              System.nanoTime() - checked);
      SwapEvents.published(next.info(), result);
      return result;
    } finally {
      lock.unlock();
      endCancelled();
    }
  }

  /** Makes a version in full, which is counted and not yet used; closes the model if it throws. */
  private LiveVersion fold(Model model, CandidateSet candidates, long number, long generation) {
    FeatureRows rows = candidates.features();
    long heapBytes = LiveVersion.heapBytes(rows.rows(), 0);
    Base base;
    try {
      requireAsManyIds(candidates);
      memory.capAt(capFor(model, rows.rows()));
      memory.count(heapBytes);
      try {
        base = Base.full(model, rows, options, memory);
      } catch (Throwable failure) {
        memory.uncount(heapBytes);
        throw failure;
      }
    } catch (IndexOutOfBoundsException e) {
      model.close();
      throw new IllegalArgumentException(
          "the candidates are not of this model's features: " + e.getMessage(), e);
    } catch (Throwable failure) {
      model.close();
      throw failure;
    }
    try {
      LiveVersion.Content content =
          new LiveVersion.Content(
              model.features(),
              model.bias(),
              base.noWeights(),
              base.noRows(),
              CandidateFeatures.of(rows),
              candidates.ids(),
              Checksum.ofBias(model.bias())
                  + Checksum.ofInteractions(model.interactions())
                  + Checksum.ofWeights(model.weights())
                  + Checksum.ofCandidates(candidates.ids(), base.candidates().table()),
              heapBytes);
      return LiveVersion.of(number, generation, VersionKind.FULL, number, base, content);
    } catch (Throwable failure) {
      memory.uncount(heapBytes);
      base.close();
      throw failure;
    }
  }

  private static void requireAsManyIds(CandidateSet candidates) {
    if (candidates.ids().size() != candidates.size()) {
      throw new IllegalArgumentException(
          "features of "
              + candidates.size()
              + " candidates, but "
              + candidates.ids().size()
              + " ids now: a published set of ids has grown, make a new one");
    }
  }

  private long capFor(Model model, int candidates) {
    if (options.memoryCap() != LiveOptions.AUTOMATIC) {
      return options.memoryCap();
    }
    long bytes = Base.bytes(model, candidates, options);
    long largest = started ? Math.max(bytes, serving.base().bytes()) : bytes;
    return Math.max(LEAST_AUTOMATIC_CAP, AUTOMATIC_CAP * largest);
  }

  @SuppressWarnings("ReferenceEquality") // whose memory would be closed
  private boolean isKept(Model model) {
    return serving.base().model() == model
        || history.stream().anyMatch(version -> version.base().model() == model);
  }

  PublishResult rollBack(long number) {
    lock.lock();
    try {
      requireOpen();
      long start = System.nanoTime();
      LiveVersion former = null;
      for (LiveVersion version : history) {
        former = version.number() == number ? version : former;
      }
      if (former == null) {
        String kept = history.stream().map(v -> Long.toString(v.number())).toList().toString();
        return refuse(
            VersionKind.ROLLBACK,
            number == serving.number()
                ? "version " + number + " serves already"
                : "version " + number + " is not kept, expected one of " + kept,
            start);
      }
      former.retain(); // making room may drop the history
      try {
        memory.count(former.content().heapBytes());
      } catch (LiveMemory.NoRoomException e) {
        forget(former);
        return refuse(VersionKind.ROLLBACK, String.valueOf(e.getMessage()), start);
      }
      boolean renumbered = former.generation() != serving.generation();
      LiveVersion next =
          LiveVersion.of(
              serving.number() + 1,
              renumbered ? lastGeneration + 1 : serving.generation(),
              VersionKind.ROLLBACK,
              former.info().source(),
              former.base(),
              former.content());
      lastGeneration = Math.max(lastGeneration, next.generation());
      answers = answersOf(next);
      String dropped = replace(next, !renumbered);
      forget(former);
      if (renumbered) {
        deltasRefused =
            "version "
                + next.number()
                + " brought back generation "
                + former.generation()
                + " by rolling back to version "
                + number
                + ": publish in full before the next delta";
      }
      rollbacks.incrementAndGet();
      PublishResult result = result(Outcome.PUBLISHED, dropped, 0, 0, 0, System.nanoTime() - start);
      SwapEvents.published(next.info(), result);
      return result;
    } finally {
      lock.unlock();
      endCancelled();
    }
  }

  private CanaryTrial.@Nullable Answers answersOf(LiveVersion version) {
    try {
      return canaries == null ? null : canaries.ask(version, null).answers();
    } catch (IllegalArgumentException e) {
      return null; // it served before, so it may serve again
    }
  }

  /**
   * Shows a version that is no change of the one before, and says what that drops.
   *
   * @param deltas whether deltas are taken from now on
   */
  private String replace(LiveVersion next, boolean deltas) {
    String dropped = dropped();
    keep(serving);
    show(next);
    clearWaiting();
    setCoalesced(Changes.NONE);
    if (fanOut != null) {
      fanOut.close();
      fanOut = null;
    }
    if (merging != null) {
      merging.cancel();
    }
    journals.forEach(journal -> journal.replaced(next));
    reclaim();
    if (deltas && listing) {
      list(next); // here, where it is little beside the rest, and not in the first delta
    }
    return dropped;
  }

  private void list(LiveVersion version) {
    try {
      fanOut = FanOut.of(version, version.features(), memory);
    } catch (LiveMemory.NoRoomException | OutOfMemoryError e) {
      fanOut = null; // the first delta tries again, and says so if it has to wait
    }
  }

  private String dropped() {
    String weights =
        waiting.weights().isEmpty()
            ? ""
            : "dropped the changed weights of "
                + waiting.weights().size()
                + " features that waited";
    String whole =
        coalesced.deltas() == 0
            ? ""
            : (weights.isEmpty() ? "dropped " : " and ")
                + coalesced.deltas()
                + " deltas that waited for room";
    return weights + whole;
  }

  private void setWaiting(DeltaPlan plan) {
    waiting = Changes.waiting(plan.waiting());
    waitingFeatures = plan.waiting().size();
    largestFanOut = plan.largestFanOut();
    totalFanOut = plan.totalFanOut();
  }

  private void clearWaiting() {
    waiting = Changes.NONE;
    waitingFeatures = 0;
    largestFanOut = 0;
    totalFanOut = 0;
  }

  private void setCoalesced(Changes changes) {
    coalesced = changes;
    coalescedDeltas = changes.deltas();
  }

  // ---- Showing, keeping and giving back ----

  private void show(LiveVersion next) {
    put(next);
    shown.accept(next.info());
  }

  private void put(LiveVersion next) {
    next.retain();
    long epoch = publication.publish(next);
    places.addLast(new Place(epoch, next.number()));
    serving = next;
  }

  private void keep(LiveVersion former) {
    former.retain();
    history.addLast(former);
    while (history.size() > options.history()) {
      forget(history.removeFirst());
    }
  }

  private void forget(LiveVersion version) {
    if (version.release()) {
      memory.uncount(version.content().heapBytes());
    }
  }

  private void reclaim() {
    held = publication.reclaim();
    while (places.size() > held + 1) {
      places.removeFirst();
    }
    memory.trim(serving.base().bytes());
  }

  /** Makes room: gives up the history, and what no reader has any more. */
  private void relieve() {
    lock.lock();
    try {
      if (started) {
        history.forEach(this::forget);
        history.clear();
        held = publication.reclaim();
      }
    } finally {
      lock.unlock();
    }
  }

  // ---- Journals ----

  /** Tells a journal of the version that serves, and of all that come. */
  void add(Journal journal) {
    lock.lock();
    try {
      requireOpen();
      journals.add(journal);
      journal.replaced(serving);
    } finally {
      lock.unlock();
    }
  }

  void remove(Journal journal) {
    lock.lock();
    try {
      journals.remove(journal);
    } finally {
      lock.unlock();
    }
  }

  /**
   * Keeps the version that serves until it is given back, as a reader would.
   *
   * @param noted is run before another version can come
   * @return the version, or null if this is closed
   */
  @Nullable LiveVersion keepServing(Runnable noted) {
    lock.lock();
    try {
      if (closed) {
        return null;
      }
      serving.retain();
      noted.run();
      return serving;
    } finally {
      lock.unlock();
    }
  }

  void giveBack(LiveVersion version) {
    lock.lock();
    try {
      forget(version);
    } finally {
      lock.unlock();
    }
  }

  // ---- Merging ----

  private void mergeIfHalfFull() {
    if (isHalfFull(serving.weights()) || isHalfFull(serving.rows())) {
      startMerge();
    }
  }

  private static boolean isHalfFull(RowPatch patch) {
    return patch.freeSlots() < patch.capacity() - patch.capacity() / 2;
  }

  private void startMerge() {
    if (merging == null && !closed) {
      Merge merge = new Merge(serving, options, memory, fanOut != null);
      merge.from.retain();
      merging = merge;
      if (options.merging() == Merging.BACKGROUND) {
        Thread.ofPlatform().daemon().name("femto-merge").start(() -> work(merge, Long.MAX_VALUE));
      }
    }
  }

  /**
   * Works at a merge, without the writer's lock, and shows what comes of it if that is its end.
   *
   * @param nanos how long, or {@link Long#MAX_VALUE} for as long as it takes
   * @return nanoseconds that it took, waiting for others who work at it included
   */
  private long work(Merge merge, long nanos) {
    long start = System.nanoTime();
    merge.turn.lock();
    try {
      if (!merge.isOver()) {
        merge.work(nanos);
        if (merge.isOver()) {
          end(merge);
        }
      }
    } finally {
      merge.turn.unlock();
    }
    return System.nanoTime() - start;
  }

  private void end(Merge merge) {
    lock.lock();
    try {
      boolean used = false;
      Base base = merge.base();
      if (base != null) {
        used = !closed && install(merge, base);
        long nanos = merge.workNanos();
        SwapEvents.merged(merge.from.number(), base.candidates().size(), base.bytes(), nanos, used);
        mergeNanosPerRow =
            nanos / Math.max(1.0, (double) merge.from.weights().size() + merge.from.rows().size());
      }
      if (!used) {
        merge.close();
      }
      noteMerge(merge.problem());
      merging = null;
      forget(merge.from);
      reclaim();
      if (used) {
        merges.incrementAndGet();
        publishCoalesced();
        mergeIfHalfFull();
      }
    } finally {
      lock.unlock();
    }
  }

  /** Ends a merge that nobody wants any more, if there is one. Without the lock. */
  private void endCancelled() {
    Merge cancelled;
    lock.lock();
    try {
      cancelled = merging;
    } finally {
      lock.unlock();
    }
    if (cancelled != null && cancelled.isCancelled()) {
      work(cancelled, 0);
    }
  }

  private void noteMerge(@Nullable String problem) {
    if (problem != null && !mergeFailed) {
      LOG.log(
          System.Logger.Level.WARNING,
          "no merge of version {0}, deltas may have to wait: {1}",
          serving.number(),
          problem);
    }
    mergeFailed = problem != null;
  }

  /** Shows the serving version on the new base; false if that has too few rows to change. */
  private boolean install(Merge merge, Base base) {
    LiveVersion from = merge.from;
    LiveVersion before = serving;
    RowPatch weights = before.weights().rebased(from.weights(), base.noWeights());
    RowPatch rows = before.rows().rebased(from.rows(), base.noRows());
    if (weights == null || rows == null) {
      return false;
    }
    long heapBytes = LiveVersion.heapBytes(rows.size(), before.features().changed());
    try {
      memory.count(heapBytes);
    } catch (LiveMemory.NoRoomException e) {
      return false;
    }
    CandidateFeatures features = before.features();
    if (merge.features() != null) {
      features = onTop(merge.features(), merge.changed, before);
    }
    LiveVersion same =
        before.on(
            base,
            new LiveVersion.Content(
                before.snapshot().features(),
                before.snapshot().bias(),
                weights,
                rows,
                features,
                before.content().ids(),
                before.content().checksum(),
                heapBytes));
    FanOut lists = merge.fanOut();
    if (lists != null) {
      if (fanOut != null) {
        fanOut.close();
      }
      fanOut = lists;
      for (int i = 0; i < merge.changed.size(); i++) {
        lists.change(merge.changed.get(i), from, same);
      }
    }
    put(same);
    return true;
  }

  private static CandidateFeatures onTop(
      CandidateFeatures compacted, IndexSet changed, LiveVersion now) {
    CandidateFeatures.Editor editor = compacted.edit();
    FeatureBuffer row = new FeatureBuffer();
    for (int i = 0; i < changed.size(); i++) {
      now.features().read(changed.get(i), row);
      editor.set(changed.get(i), row.toRow());
    }
    return editor.finish();
  }

  /** Publishes the deltas that were put off, if there is room now. */
  private void publishCoalesced() {
    if (closed || coalesced.deltas() == 0 || merging != null) {
      return;
    }
    PublishResult result = attempt(Changes.NONE, null, System.nanoTime(), 0);
    if (result != null && result.outcome() == Outcome.REFUSED) {
      LOG.log(
          System.Logger.Level.WARNING,
          "{0} deltas that waited for room are dropped: {1}",
          coalesced.deltas(),
          result.reason());
      setCoalesced(Changes.NONE);
    }
  }

  // ---- Housekeeping, closing ----

  /**
   * Gives back what no reader has any more, reports who keeps it, and publishes what waits for
   * room. Does nothing while something else is done.
   *
   * @return whether this is closed and there is nothing left to do
   */
  boolean tidy() {
    if (!lock.tryLock()) {
      return false;
    }
    Merge awaited = null;
    try {
      reclaim();
      reportStalledReader();
      publishCoalesced();
      if (closed && held == 0 && merging == null) {
        return true;
      }
      if (options.merging() == Merging.WITH_PUBLISHES && coalesced.deltas() > 0) {
        awaited = merging; // nobody else may ever have time for it
      }
    } finally {
      lock.unlock();
    }
    if (awaited != null) {
      work(awaited, Long.MAX_VALUE);
    }
    return false;
  }

  private void reportStalledReader() {
    Optional<StalledReader> found = publication.stalledReader();
    if (found.isEmpty()
        || found.get().nanos() < TimeUnit.NANOSECONDS.convert(options.stalledAfter())) {
      stalledReader = null;
      return;
    }
    StalledReader stalled = found.get();
    stalledReader = stalled.reader();
    StalledReader former = reported;
    if (former != null
        && former.reader().equals(stalled.reader())
        && former.epoch() == stalled.epoch()) {
      return;
    }
    reported = stalled;
    long version = serving.number();
    for (Place place : places) {
      version = place.epoch() == stalled.epoch() ? place.version() : version;
    }
    LOG.log(
        System.Logger.Level.WARNING,
        "reader {0} has been in a lease of version {1} for {2} ms since a newer one came:"
            + " {3} versions cannot be given back",
        stalled.reader(),
        version,
        stalled.nanos() / 1_000_000,
        held);
    SwapEvents.stalled(stalled.reader(), version, stalled.nanos());
  }

  /** Shows nothing any more. What leases hold is given back by {@link #tidy} when they end. */
  void close() {
    lock.lock();
    try {
      if (closed) {
        return;
      }
      closed = true;
      LiveVersion end = serving.end();
      places.addLast(new Place(publication.publish(end), end.number()));
      history.forEach(this::forget);
      history.clear();
      clearWaiting();
      setCoalesced(Changes.NONE);
      if (fanOut != null) {
        fanOut.close();
        fanOut = null;
      }
      if (merging != null) {
        merging.cancel();
      }
      held = publication.reclaim();
      memory.close();
    } finally {
      lock.unlock();
      endCancelled();
    }
  }

  boolean isClosed() {
    return closed;
  }

  private void requireOpen() {
    if (closed) {
      throw closedException();
    }
  }

  static IllegalStateException closedException() {
    return new IllegalStateException("this live model is closed");
  }

  // ---- For readers and statistics ----

  ReaderSlot<LiveVersion> open(String name) {
    requireOpen();
    return publication.open(name);
  }

  LiveVersion serving() {
    return serving;
  }

  PatchRoom room() {
    return PatchRoom.of(options);
  }

  LiveStatistics statistics(int readers) {
    LiveVersion now = serving;
    return new LiveStatistics(
        now.number(),
        now.generation(),
        java.time.Duration.ofNanos(System.nanoTime() - now.nanos()),
        full.get(),
        deltas.get(),
        rollbacks.get(),
        refusals.get(),
        putOffs.get(),
        merges.get(),
        waitingFeatures,
        coalescedDeltas,
        now.rows().usedSlots(),
        now.rows().capacity(),
        now.weights().usedSlots(),
        now.weights().capacity(),
        memory.liveBytes(),
        memory.pooledBytes(),
        memory.cap(),
        readers,
        held,
        stalledReader);
  }
}
