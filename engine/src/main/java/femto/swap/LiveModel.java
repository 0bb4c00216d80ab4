package femto.swap;

import femto.kernels.WarmUp;
import femto.model.FeatureSpace;
import femto.model.Model;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;

/**
 * A model and its candidates that serve any number of wait-free readers while they are replaced,
 * whole or in part.
 *
 * <pre>{@code
 * LiveModel live = LiveModel.open(Path.of("ads.femto"), LiveOptions.defaults());
 * live.warmUp(Duration.ofSeconds(2));
 * // a reader: see LiveScorer. The trainer:
 * live.publish(new Delta().weights(17, 0.5f, factors).put("ad-9", features, x).remove("ad-3"));
 * }</pre>
 *
 * <p>Versions are numbered 1, 2, ... as they are published. A version is a <em>base</em>, weights
 * and folded candidates in full, and what has changed in either since, which is kept apart from it.
 * A delta costs what it changes. When half of the room for changes is taken, the next base begins
 * to be made, and the version that serves goes on with it when it is done, under the same number.
 *
 * <h2>Assumptions</h2>
 *
 * <ol>
 *   <li>Whoever publishes a {@link Model} in full does not use or close it afterwards. Its {@link
 *       FeatureSpace} is on memory that outlives the LiveModel, as that of {@link
 *       femto.model.ModelFile#read} is, and so are the {@link CandidateSet}'s features; its ids are
 *       the LiveModel's to append to.
 *   <li>What is said of {@link LiveScorer} holds for readers.
 * </ol>
 *
 * <h2>Guarantees</h2>
 *
 * <ol>
 *   <li><b>Tables are the fold of their weights.</b> In every version the row of each candidate is,
 *       to the last bit, what folding its features by that version's weights gives. A delta takes
 *       changed weights of a feature that many candidates have only while the candidates to be
 *       folded anew fit the budget. The rest waits until a later delta has room for it, at the
 *       latest for the next full publish, and is in no version until then, neither for contexts nor
 *       for candidates.
 *   <li><b>Whole or not at all.</b> A publish that is refused has changed nothing, what waited
 *       before included. Before a version is shown, numbers, ids and shapes are checked, its
 *       checksum is made, and its canaries are asked.
 *   <li><b>Never backwards.</b> Numbers only rise, for each reader and for all; {@link #version} is
 *       never ahead of what a lease gets.
 *   <li><b>One numbering a generation.</b> Within a generation an index never names two ids, nor an
 *       id two indexes, across rollbacks too. A full publish begins a generation, and so does
 *       rolling back to a version of another one.
 * </ol>
 *
 * <h2>Progress</h2>
 *
 * <ol>
 *   <li>Leases are wait-free. Publishing never waits for a reader, and no reader for a publisher.
 *   <li>Publishers wait for one another, and a full publish, which folds on all cores, is long. A
 *       merge uses one thread, and holds publishers up only while it puts what was published
 *       meanwhile on top of its copy; or it uses the time that publishers of deltas lend it, after
 *       readers see what they have published ({@link LiveOptions.Merging}).
 *   <li>The first delta of weights also lists the candidates of each feature. From then on a full
 *       publish does so when readers see its version, and so does rolling back.
 *   <li>A delta for which there is no room for rows, or no memory, is put off: it is kept, and
 *       published together with what comes later as soon as there is room. Readers go on with the
 *       version before.
 * </ol>
 *
 * <h2>Memory</h2>
 *
 * <p>A base of n candidates of folded length s and f features of k factors, with room for p(n) and
 * p(f) rows that change ({@link LiveOptions#patchShare}), takes
 *
 * <pre>
 *   base(n, f) = 4 (1 + s) (n + p(n)) + screen(n, s) + look-up(n)
 *                + 4 (1 + k) (f + p(f)) + look-up(f)
 *   look-up(m) = 12 p(m) + m / 4 + 4 (m + p(m))                               if p(m) >= m / 8
 *                12 p(m) + m / 4 + 8 (2 p(m), and on to the next power of two)  else
 * </pre>
 *
 * bytes, where screen is that of {@link femto.kernels.ScreenLayout} and 0 below {@value
 * femto.model.FoldedCandidates#LEAST_SCREENED} candidates; the look-up ({@link
 * femto.kernels.RowPatch}) is on the heap, and larger if more rows are removed than may change. A
 * version takes, for r candidates put or removed since the one before, at most
 *
 * <pre>
 *   version = n / 32 + 528 min(r, n / 128 + 1) + the features of candidates that were put
 * </pre>
 *
 * on the heap, whatever changes in weights. Of a model other than {@code LINEAR} and {@code FM}, k
 * is its {@link Model#rowLength}, and a base takes 4 bytes for each of its interactions besides.
 * Beside them there are, once a delta changes weights, 8 (f + 1) bytes and 4 a feature of a
 * candidate, for the candidates of each feature. The features of the candidates, the external ids,
 * and what deltas have bound since the last full publish (4 bytes a feature once one has, some 80 a
 * change) are not counted.
 *
 * <p>At rest one base is in use, and up to one more is kept for the next merge; during a merge or a
 * full publish two are in use. What adds to it: each base that only the history has or a lease that
 * has not ended, and the versions of both. All of it is held under {@link LiveOptions#memoryCap}.
 * When there is no room, first the kept memory is freed, then the history is dropped, then deltas
 * are put off and full publishes refused; so a reader that never ends its lease costs no more than
 * the cap. That the system itself has no memory left is taken the same way and never thrown.
 *
 * <p>Flight Recorder events ({@code femto.Publish}, {@code femto.Refusal}, {@code femto.Coalesced},
 * {@code femto.Merge}, {@code femto.StalledReader}) are written where the module {@code jdk.jfr}
 * is; on the module path that takes {@code --add-modules jdk.jfr} unless something else requires
 * it.
 *
 * <p>One daemon thread, {@code femto-live}, gives back what readers have let go of, reports readers
 * that do not, and tells listeners. It runs until {@link #close}.
 */
public final class LiveModel implements AutoCloseable {
  private static final System.Logger LOG = System.getLogger(LiveModel.class.getName());

  private static final long TICK_NANOS = 100_000_000;

  private final Publisher publisher;
  private final AtomicInteger readers = new AtomicInteger();
  private final CopyOnWriteArrayList<Listener> listeners = new CopyOnWriteArrayList<>();
  private final Queue<VersionInfo> untold = new ConcurrentLinkedQueue<>();
  private final Object newVersion = new Object();
  private final Thread housekeeper;

  /** A listener, and the version it knows already. */
  private static final class Listener {
    final Consumer<VersionInfo> told;
    volatile long after = Long.MAX_VALUE;

    Listener(Consumer<VersionInfo> told) {
      this.told = told;
    }
  }

  private LiveModel(
      Model model,
      CandidateSet candidates,
      LiveOptions options,
      Publisher.Publications publications) {
    publisher = new Publisher(model, candidates, options, publications, this::shown);
    housekeeper = Thread.ofPlatform().daemon().name("femto-live").unstarted(this::keepHouse);
  }

  /**
   * Starts with version 1 of generation 1.
   *
   * @param model the model; the LiveModel owns it from now on, and closes it if this throws
   * @param candidates the candidates, of this model's features
   * @param options how it works
   * @return the live model
   * @throws IllegalArgumentException if the two do not fit together, the cap has no room for them,
   *     or a canary cannot be ranked
   */
  public static LiveModel start(Model model, CandidateSet candidates, LiveOptions options) {
    return start(model, candidates, options, Publication::new);
  }

  /** The same with another publication, for tests. */
  static LiveModel start(
      Model model,
      CandidateSet candidates,
      LiveOptions options,
      Publisher.Publications publications) {
    LiveModel live = new LiveModel(model, candidates, options, publications);
    live.housekeeper.start();
    return live;
  }

  /**
   * Starts with the model and the candidates of a file.
   *
   * @param path a file as {@link VersionFile} writes it
   * @param options how it works
   * @return the live model
   * @throws IOException if the file cannot be read or is not sound
   * @throws IllegalArgumentException as {@link #start} does
   */
  public static LiveModel open(Path path, LiveOptions options) throws IOException {
    VersionFile.Content content = VersionFile.read(path);
    return start(content.model(), content.candidates(), options);
  }

  // ---- Reading ----

  /**
   * Opens a reader. Any thread may.
   *
   * @param name what reports call it; need not be unique
   * @return the reader, for its owner to close
   * @throws IllegalStateException if as many are open as may be, or this is closed
   */
  public LiveScorer newScorer(String name) {
    LiveScorer scorer = new LiveScorer(this, publisher.open(name));
    readers.incrementAndGet();
    return scorer;
  }

  /** The writer's side, for directories. */
  Publisher publisher() {
    return publisher;
  }

  void scorerClosed() {
    readers.decrementAndGet();
  }

  /**
   * Number of the version that serves. Wait-free.
   *
   * @return 1 or more
   */
  public long version() {
    return publisher.serving().number();
  }

  /**
   * Generation of the version that serves. Wait-free.
   *
   * @return 1 or more
   */
  public long generation() {
    return publisher.serving().generation();
  }

  /**
   * The features of the version that serves.
   *
   * @return the feature space
   */
  public FeatureSpace features() {
    return publisher.serving().snapshot().features();
  }

  /**
   * Runs searches until the compiler has had time for the kernels, whose first calls are thousands
   * of times slower.
   *
   * @param budget how long, a second or two
   * @return what scoring a row costs now
   * @throws IllegalStateException if as many readers are open as may be, or this is closed
   */
  public WarmUp warmUp(Duration budget) {
    try (LiveScorer reader = newScorer("warm-up");
        Lease lease = reader.lease()) {
      return lease.scorer().warmUp(budget);
    }
  }

  // ---- Publishing ----

  /**
   * A delta to be filled and published.
   *
   * @return one that changes nothing
   */
  public Delta newDelta() {
    return new Delta();
  }

  /**
   * Publishes changes of the version that serves.
   *
   * @param delta the changes; read before this returns, and not kept
   * @return what became of them
   * @throws IllegalStateException if this is closed
   */
  public PublishResult publish(Delta delta) {
    return publisher.publish(delta);
  }

  /**
   * Publishes a model and its candidates in full, as a new generation. What waits of former deltas
   * is dropped.
   *
   * @param model the model; the LiveModel owns it from now on: it closes it when no reader and no
   *     history has it any more, or at once if it is refused. The one exception is a model that was
   *     published before and is still kept, which is refused and stays as it is
   * @param candidates the candidates, of this model's features
   * @return what became of them
   * @throws IllegalStateException if this is closed; the model is closed too
   */
  public PublishResult publish(Model model, CandidateSet candidates) {
    return publisher.publish(model, candidates);
  }

  /**
   * Publishes a file in full, as {@link #publish(Model, CandidateSet)}. One that cannot be read or
   * is not sound is refused, with what is wrong as the reason.
   *
   * @param path a file as {@link VersionFile} writes it
   * @return what became of it
   * @throws IllegalStateException if this is closed
   */
  public PublishResult publish(Path path) {
    VersionFile.Content content;
    try {
      content = VersionFile.read(path);
    } catch (IOException | OutOfMemoryError e) {
      return publisher.refuse(VersionKind.FULL, String.valueOf(e.getMessage()));
    }
    return publish(content.model(), content.candidates());
  }

  /**
   * Publishes the content of a former version again, under a new and higher number. Canaries are
   * not asked. What waits of former deltas is dropped. If it is of another generation than the
   * version that serves, it becomes a new generation, and deltas are refused until the next full
   * publish, since whoever makes them has not seen it.
   *
   * @param version number of the former version
   * @return what became of it; refused if that version is not kept any more
   * @throws IllegalStateException if this is closed
   */
  public PublishResult rollBack(long version) {
    return publisher.rollBack(version);
  }

  // ---- Watching ----

  private void shown(VersionInfo version) {
    if (!listeners.isEmpty()) {
      untold.add(version);
      LockSupport.unpark(housekeeper);
    }
    synchronized (newVersion) {
      newVersion.notifyAll();
    }
  }

  /**
   * Waits for a version.
   *
   * @param number its number
   * @param timeout how long to wait
   * @return whether that version or a newer one serves; false if time ran out or this was closed
   * @throws InterruptedException if the thread is interrupted
   */
  public boolean awaitVersion(long number, Duration timeout) throws InterruptedException {
    long deadline = System.nanoTime() + TimeUnit.NANOSECONDS.convert(timeout);
    synchronized (newVersion) {
      while (version() < number && !publisher.isClosed()) {
        long left = deadline - System.nanoTime();
        if (left <= 0) {
          return false;
        }
        newVersion.wait(left / 1_000_000, (int) (left % 1_000_000));
      }
    }
    return version() >= number;
  }

  /**
   * Tells a listener of every version from now on, in order, on a thread of this object: neither a
   * reader nor a publisher waits for it. A listener that takes long delays the others, and reports
   * of stalled readers; what it throws is logged.
   *
   * @param listener what to call
   * @return closing it ends this; a call that is under way may still come
   */
  public Registration addListener(Consumer<VersionInfo> listener) {
    Listener added = new Listener(listener);
    listeners.add(added);
    added.after = version();
    return () -> listeners.remove(added);
  }

  /** A listener that is being told. */
  public interface Registration extends AutoCloseable {
    /** Tells it no more. A second call does nothing. */
    @Override
    void close();
  }

  /**
   * The counters. Cheap; never waits for a publish.
   *
   * @return what they are now
   */
  public LiveStatistics statistics() {
    return publisher.statistics(readers.get());
  }

  // ---- Housekeeping ----

  private void keepHouse() {
    boolean done = false;
    while (!done) {
      LockSupport.parkNanos(this, TICK_NANOS);
      try {
        tellListeners();
        done = publisher.tidy();
      } catch (RuntimeException | OutOfMemoryError e) {
        LOG.log(System.Logger.Level.ERROR, "housekeeping failed, and will be tried again", e);
      }
    }
    tellListeners();
  }

  private void tellListeners() {
    for (VersionInfo version = untold.poll(); version != null; version = untold.poll()) {
      for (Listener listener : listeners) {
        if (version.number() > listener.after) {
          tell(listener, version);
        }
      }
    }
  }

  private static void tell(Listener listener, VersionInfo version) {
    try {
      listener.told.accept(version);
    } catch (RuntimeException e) {
      LOG.log(System.Logger.Level.WARNING, "a listener failed for version " + version.number(), e);
    }
  }

  /**
   * Ends serving: new leases and publishes are refused from now on. Waits for a publish under way,
   * but for no reader: leases that are open stay valid, and what they hold is freed soon after the
   * last of them has ended. A second call does nothing.
   */
  @Override
  public void close() {
    publisher.close();
    LockSupport.unpark(housekeeper);
    synchronized (newVersion) {
      newVersion.notifyAll();
    }
  }
}
