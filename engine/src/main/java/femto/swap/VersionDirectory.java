package femto.swap;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import femto.kernels.RowPatch;
import femto.kernels.RowTable;
import femto.memory.Slab;
import femto.model.FeatureRows;
import femto.model.Model;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Writes what a {@link LiveModel} shows to a directory, for {@link DirectoryFollower}s in other
 * processes; {@code engine/docs/version-directory.md} says what is in it.
 *
 * <pre>{@code
 * try (VersionDirectory directory =
 *     VersionDirectory.record(live, Path.of("versions"), DirectoryOptions.defaults())) {
 *   // publish to live
 * }
 * }</pre>
 *
 * <h2>Guarantees</h2>
 *
 * <ol>
 *   <li><b>What was shown.</b> Each file makes a version that the live model has shown, with its
 *       checksum. Their numbers rise for ever, also across processes that write there one after the
 *       other. The first version of each is written in full.
 *   <li><b>Nothing half.</b> A file has its name when it is whole and synced. Whenever the process
 *       is killed, what has a name stays sound, and the next process goes on from there.
 *   <li><b>One writer.</b> A second one is refused as long as the process of the first runs and has
 *       not closed it.
 * </ol>
 *
 * <h2>Progress</h2>
 *
 * <ol>
 *   <li>A daemon thread, {@code femto-directory}, writes. Neither readers nor publishers wait for
 *       the disk. Versions that come while it writes are written together, as one delta, as long as
 *       that one is small enough to be taken whole by a live model with the same options.
 *   <li>A failure, such as a full disk or a directory that is gone, is logged, told by {@link
 *       #status} and tried again after a while, with the version that serves then, in full. The
 *       live model goes on as ever.
 *   <li>While a version is written in full it is kept in memory, as by a reader, and its weights
 *       are there twice more.
 * </ol>
 */
public final class VersionDirectory implements AutoCloseable {
  private static final System.Logger LOG = System.getLogger(VersionDirectory.class.getName());

  /** Deltas may take this part of the room of a live model, so that a merge is soon enough. */
  private static final int PART_OF_ROOM = 4;

  private static final int MOST_BATCHES = 8;

  private final Path directory;
  private final DirectoryOptions options;
  private final Publisher publisher;
  private final Publisher.Journal journal = new Shown();
  private final Thread thread;

  // The thread's own.
  private DirectoryFiles files;
  private long full;
  private long deltas;
  private long failures;

  // Under the monitor of this.
  private final ArrayDeque<Batch> batches = new ArrayDeque<>();
  private boolean fullWanted;
  private boolean closing;
  private boolean ended;
  private DirectoryStatus status = new DirectoryStatus(0, 0, 0, 0, 0, null);

  /** Versions that are written as one delta: what they change together, and the last of them. */
  private static final class Batch {
    Changes changes;
    VersionInfo shown;
    int refolded;
    final int factors;

    Batch(Changes changes, VersionInfo shown, int refolded, int factors) {
      this.changes = changes;
      this.shown = shown;
      this.refolded = refolded;
      this.factors = factors;
    }

    boolean takes(DeltaPlan plan, LiveVersion version) {
      return refolded + plan.refolded() <= version.rows().capacity() / PART_OF_ROOM
          && changes.candidates().size() + plan.changedCandidates()
              <= version.rows().capacity() / PART_OF_ROOM
          && changes.weights().size() + plan.weightRows()
              <= version.weights().capacity() / PART_OF_ROOM;
    }

    void add(DeltaPlan plan, LiveVersion version) {
      changes = changes.then(plan.effective());
      shown = version.info();
      refolded += plan.refolded();
    }
  }

  private final class Shown implements Publisher.Journal {
    @Override
    public void changed(LiveVersion shown, DeltaPlan plan) {
      note(shown, plan);
    }

    @Override
    public void replaced(LiveVersion shown) {
      noteFull();
    }
  }

  private VersionDirectory(
      Path directory, DirectoryOptions options, Publisher publisher, DirectoryFiles files) {
    this.directory = directory;
    this.options = options;
    this.publisher = publisher;
    this.files = files;
    this.thread = Thread.ofPlatform().daemon().name("femto-directory").unstarted(this::write);
  }

  /**
   * Writes the version that serves, and all that come, until this is closed.
   *
   * @param live the live model
   * @param directory where to; it is made if only the directory that it is in is there
   * @param options how
   * @return what writes them, for the caller to close
   * @throws IOException if another one writes there, or the directory cannot be read and written
   * @throws IllegalStateException if the live model is closed
   */
  public static VersionDirectory record(LiveModel live, Path directory, DirectoryOptions options)
      throws IOException {
    DirectoryFiles files = DirectoryFiles.open(directory);
    VersionDirectory made = new VersionDirectory(directory, options, live.publisher(), files);
    try {
      made.publisher.add(made.journal);
    } catch (Throwable failure) {
      files.close();
      throw failure;
    }
    made.thread.start();
    return made;
  }

  // ---- What publishers do, under the lock of the live model ----

  private synchronized void note(LiveVersion shown, DeltaPlan plan) {
    if (fullWanted) {
      return; // which will be of a version that has this
    }
    Batch last = batches.peekLast();
    if (last != null && last.takes(plan, shown)) {
      last.add(plan, shown);
    } else if (batches.size() < MOST_BATCHES) {
      batches.addLast(
          new Batch(
              plan.effective().copy(),
              shown.info(),
              plan.refolded(),
              shown.base().model().rowLength()));
    } else {
      noteFull();
    }
    notifyAll();
  }

  private synchronized void noteFull() {
    batches.clear();
    fullWanted = true;
    notifyAll();
  }

  // ---- What the thread does ----

  private void write() {
    try {
      boolean failed = false;
      while (await(failed)) {
        failed = !writeNext();
      }
    } catch (Throwable e) {
      tell("nothing is written any more: " + e);
      throw e;
    } finally {
      synchronized (this) {
        ended = true;
        notifyAll();
      }
    }
  }

  /** Waits for something to write; false if that is over. */
  private synchronized boolean await(boolean failed) {
    long retryAt = System.nanoTime() + TimeUnit.NANOSECONDS.convert(options.retry());
    try {
      while (!closing) {
        long left = failed ? retryAt - System.nanoTime() : 0;
        if (left > 0) {
          wait(1 + left / 1_000_000);
        } else if (fullWanted || !batches.isEmpty()) {
          return true;
        } else {
          wait();
        }
      }
    } catch (InterruptedException e) {
      closing = true; // nobody interrupts it but to end it
    }
    return !failed && (fullWanted || !batches.isEmpty());
  }

  /** Whether that could be done. */
  private boolean writeNext() {
    try {
      if (!files.isOwned()) {
        takeAgain();
      }
      Batch batch = nextDelta();
      if (batch == null ? writeServing() : writeDelta(batch)) {
        tell(prune());
      }
      return true;
    } catch (IOException | RuntimeException | OutOfMemoryError e) {
      noteFull();
      failures++;
      tell("versions cannot be written: " + e);
      return false;
    }
  }

  private @Nullable String prune() {
    try {
      files.prune(options);
      return null;
    } catch (IOException e) {
      return "old versions cannot be removed: " + e;
    }
  }

  /** The directory that was locked is gone: another one may be in its place. */
  private void takeAgain() throws IOException {
    long last = files.last();
    files.close();
    files = DirectoryFiles.reopen(directory, last);
  }

  private synchronized @Nullable Batch nextDelta() {
    return fullWanted || files.needsFull(options) ? null : batches.pollFirst();
  }

  private boolean writeDelta(Batch batch) throws IOException {
    VersionInfo shown = batch.shown;
    if (shown.checksum() != files.checksum()) {
      files.writeDelta(batch.changes, batch.factors, shown.checksum(), shown.published());
      deltas++;
    }
    noteWritten(shown);
    return true;
  }

  private boolean writeServing() throws IOException {
    LiveVersion version = publisher.keepServing(this::startFull);
    if (version == null) {
      synchronized (this) {
        fullWanted = false;
        batches.clear();
      }
      tell("the live model is closed, and its last version could not be written");
      return false;
    }
    try (Model model = modelOf(version)) {
      int[] indexes = indexesOf(version);
      files.writeFull(
          model,
          rowsOf(version, indexes),
          version.content().ids(),
          row -> indexes[row],
          version.info().checksum(),
          version.info().published(),
          publisher.room());
    } finally {
      publisher.giveBack(version);
    }
    full++;
    noteWritten(version.info());
    return true;
  }

  /** What comes from now on follows the version that is written in full. */
  private synchronized void startFull() {
    fullWanted = false;
    batches.clear();
  }

  private static Model modelOf(LiveVersion version) {
    RowPatch weights = version.weights();
    Model model = version.base().model();
    Slab memory = Slab.allocate(Model.weightBytes(weights.size(), weights.length()));
    try {
      weights.copyTo(RowTable.over(memory.segment(), weights.size(), weights.length()));
      return new Model(
          model.family(),
          model.link(),
          model.range(),
          version.snapshot().bias(),
          version.snapshot().features(),
          memory,
          model.factors(),
          model.interactions(),
          model.notes());
    } catch (Throwable failure) {
      memory.close();
      throw failure;
    }
  }

  private static int[] indexesOf(LiveVersion version) {
    int[] indexes = new int[version.rows().size()];
    int count = 0;
    for (int index = 0; index < indexes.length; index++) {
      if (version.rows().contains(index)) {
        indexes[count++] = index;
      }
    }
    return Arrays.copyOf(indexes, count);
  }

  private static FeatureRows rowsOf(LiveVersion version, int[] indexes) {
    FeatureBuffer row = new FeatureBuffer();
    MemorySegment offsets = allocate((indexes.length + 1L) * Long.BYTES);
    long entries = 0;
    for (int i = 0; i < indexes.length; i++) {
      version.features().readFeatures(indexes[i], row);
      entries += row.count;
      offsets.setAtIndex(JAVA_LONG, i + 1L, entries);
    }
    MemorySegment features = allocate(entries * Integer.BYTES);
    MemorySegment weights = allocate(entries * Float.BYTES);
    for (int i = 0; i < indexes.length; i++) {
      version.features().read(indexes[i], row);
      long at = offsets.getAtIndex(JAVA_LONG, i) * Integer.BYTES;
      MemorySegment.copy(row.features, 0, features, JAVA_INT, at, row.count);
      MemorySegment.copy(row.weights, 0, weights, JAVA_FLOAT, at, row.count);
    }
    return FeatureRows.over(offsets, features, weights, version.weights().size());
  }

  private static MemorySegment allocate(long bytes) {
    return Arena.ofAuto().allocate(bytes, Slab.ALIGNMENT);
  }

  // ---- What everybody may ask ----

  private synchronized void noteWritten(VersionInfo written) {
    status = new DirectoryStatus(files.last(), written.number(), full, deltas, failures, null);
    notifyAll();
  }

  private synchronized void tell(@Nullable String problem) {
    String former = status.problem();
    status =
        new DirectoryStatus(status.number(), status.version(), full, deltas, failures, problem);
    if (problem != null && !problem.equals(former)) {
      LOG.log(System.Logger.Level.WARNING, "{0}: {1}", directory, problem);
    }
  }

  /**
   * What has been done.
   *
   * @return as it is now
   */
  public synchronized DirectoryStatus status() {
    return status;
  }

  /**
   * Waits until a version of the live model, or a newer one, is in the directory and synced.
   *
   * @param version its number in the live model
   * @param timeout how long to wait
   * @return whether it is; false if time ran out or this was closed
   * @throws InterruptedException if the thread is interrupted
   */
  public synchronized boolean awaitWritten(long version, Duration timeout)
      throws InterruptedException {
    long deadline = System.nanoTime() + TimeUnit.NANOSECONDS.convert(timeout);
    while (status.version() < version && !ended) {
      long left = deadline - System.nanoTime();
      if (left <= 0) {
        return false;
      }
      wait(left / 1_000_000, (int) (left % 1_000_000));
    }
    return status.version() >= version;
  }

  /**
   * Writes what has been shown so far, unless the last attempt to write failed, and lets others
   * have the directory. A second call does nothing.
   *
   * @throws IOException if the lock cannot be given back
   */
  @Override
  public void close() throws IOException {
    publisher.remove(journal);
    boolean interrupted = false;
    synchronized (this) {
      closing = true;
      notifyAll();
      while (!ended) {
        try {
          wait();
        } catch (InterruptedException e) {
          interrupted = true;
        }
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
    files.close();
  }
}
