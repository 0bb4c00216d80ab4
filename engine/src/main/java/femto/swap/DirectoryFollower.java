package femto.swap;

import femto.file.MalformedFileException;
import femto.file.SafetensorsFile;
import femto.model.Model;
import femto.swap.PublishResult.Outcome;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableSet;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A {@link LiveModel} that follows a directory which a {@link VersionDirectory} of another process
 * writes, or of this one.
 *
 * <pre>{@code
 * DirectoryFollower follower =
 *     DirectoryFollower.start(
 *         Path.of("versions"), LiveOptions.defaults(), FollowerOptions.defaults());
 * LiveScorer reader = follower.live().newScorer("server");
 * }</pre>
 *
 * <h2>Assumptions</h2>
 *
 * <ol>
 *   <li>Nobody else publishes to its live model. Who does so has their changes until the next
 *       version in full, before which nothing is followed any more.
 * </ol>
 *
 * <h2>Guarantees</h2>
 *
 * <ol>
 *   <li><b>The trainer's versions only.</b> What readers see has the checksum of the file, which is
 *       that of a version the trainer's readers have seen. What would have another one is not
 *       shown.
 *   <li><b>Never backwards.</b> The numbers of the directory that are served only rise.
 *   <li><b>Never without.</b> A file that is damaged, missing or refused, and a directory that is
 *       gone, leave the version that serves as it is. They are reported, and the next sound version
 *       in full ends the trouble.
 *   <li>It writes nothing and takes no lock: any number may follow one directory.
 * </ol>
 *
 * <h2>Progress</h2>
 *
 * <ol>
 *   <li>A daemon thread, {@code femto-follower}, looks into the directory when the system says that
 *       something is new there, and at regular times anyway, by a clock that nobody sets.
 *   <li>A delta costs what it changes; a version in full is folded anew, and begins a generation of
 *       the live model. One that is what serves already is not read.
 *   <li>A delta for which the live model has no room waits for its merge.
 * </ol>
 */
public final class DirectoryFollower implements AutoCloseable {
  private static final System.Logger LOG = System.getLogger(DirectoryFollower.class.getName());

  private static final long ROOM_NANOS = 2_000_000;

  /** After how many looks a version in full that was refused is tried again. */
  private static final int LOOKS_BEFORE_ANOTHER_TRY = 30;

  private final Path directory;
  private final FollowerOptions options;
  private final LiveModel live;
  private final DirectoryWatch watch;
  private final Thread thread;
  private final CopyOnWriteArrayList<Consumer<FollowerStatus>> listeners =
      new CopyOnWriteArrayList<>();

  // The thread's own, once it runs.
  private long number;
  private long checksum;
  private long applied;
  private long full = 1;
  private long passed;
  private long damaged;
  private long refused;
  private long missing;
  private long missed;
  private long triedAgain;
  private boolean troubled;
  private Duration lag;
  private final Map<VersionName, Bad> bad = new HashMap<>();

  private volatile boolean closed;
  private volatile FollowerStatus status;

  /**
   * A file that is of no use as it is.
   *
   * @param looksLeft before it is tried again, if it is not another file until then
   */
  private record Bad(long bytes, FileTime modified, @Nullable Object key, long looksLeft) {
    boolean is(BasicFileAttributes file) {
      return bytes == file.size()
          && modified.equals(file.lastModifiedTime())
          && (key == null || key.equals(file.fileKey()));
    }
  }

  /** A version in full that serves. */
  private record First(LiveModel live, VersionStamp stamp) {}

  private DirectoryFollower(Path directory, FollowerOptions options, First first) {
    this.directory = directory;
    this.options = options;
    this.live = first.live();
    this.watch = new DirectoryWatch(directory);
    this.thread = Thread.ofPlatform().daemon().name("femto-follower").unstarted(this::follow);
    this.number = first.stamp().number();
    this.checksum = first.stamp().checksum();
    this.lag = lagOf(first.stamp());
    this.status = statusWith(null);
  }

  /**
   * Starts with the newest sound version in full, and takes what follows it.
   *
   * @param directory what to follow
   * @param live how the live model works; it gets more room for rows that change if the trainer's
   *     has more, since deltas go by that
   * @param options how the directory is followed
   * @return the follower, for the caller to close
   * @throws IOException if there is no version in full that can be served, with the reasons
   * @throws InterruptedException if the thread is interrupted while it waits for one
   */
  public static DirectoryFollower start(Path directory, LiveOptions live, FollowerOptions options)
      throws IOException, InterruptedException {
    long deadline = System.nanoTime() + TimeUnit.NANOSECONDS.convert(options.patience());
    while (true) {
      List<String> reasons = new ArrayList<>();
      First first = first(directory, live, reasons);
      if (first != null) {
        DirectoryFollower follower = new DirectoryFollower(directory, options, first);
        follower.thread.start();
        return follower;
      }
      long left = deadline - System.nanoTime();
      if (left <= 0) {
        throw new IOException(
            directory
                + ": there is no version in full that can be served"
                + (reasons.isEmpty() ? "" : ": " + String.join("; ", reasons)));
      }
      TimeUnit.NANOSECONDS.sleep(Math.min(left, TimeUnit.NANOSECONDS.convert(options.poll())));
    }
  }

  private static @Nullable First first(Path directory, LiveOptions options, List<String> reasons) {
    NavigableSet<VersionName> names;
    try {
      names = DirectoryFiles.names(directory);
    } catch (IOException e) {
      reasons.add(e.toString());
      return null;
    }
    for (VersionName name : names.descendingSet()) {
      if (!name.full()) {
        continue;
      }
      try {
        Full read = read(directory, name);
        LiveModel live = start(read, options);
        long found = live.publisher().serving().info().checksum();
        if (found == name.checksum()) {
          return new First(live, read.stamp());
        }
        live.close();
        reasons.add(name + ": its version has the checksum " + VersionStamp.hex(found));
      } catch (IOException | IllegalArgumentException | OutOfMemoryError e) {
        reasons.add(String.valueOf(e.getMessage()));
      }
    }
    return null;
  }

  /** With room for the trainer's deltas, which may be larger than the options expect. */
  private static LiveModel start(Full read, LiveOptions options) {
    Model model = read.content().model();
    CandidateSet candidates = read.content().candidates();
    PatchRoom room = read.room();
    int largest = Math.max(model.features().size(), candidates.size());
    return LiveModel.start(
        model, candidates, room == null ? options : room.within(options, largest));
  }

  /** What is in a version in full. */
  private record Full(VersionFile.Content content, VersionStamp stamp, @Nullable PatchRoom room) {}

  private static Full read(Path directory, VersionName name) throws IOException {
    Path path = directory.resolve(name.toString());
    try (SafetensorsFile file = SafetensorsFile.read(path)) {
      VersionStamp stamp = VersionStamp.readFrom(file);
      if (stamp.number() != name.number() || stamp.checksum() != name.checksum()) {
        throw new MalformedFileException(
            path,
            "metadata",
            "is of version "
                + stamp.number()
                + " with the checksum "
                + VersionStamp.hex(stamp.checksum())
                + ", expected what the name says");
      }
      PatchRoom room = PatchRoom.readFrom(file);
      return new Full(VersionFile.readFrom(file), stamp, room);
    }
  }

  // ---- Following ----

  private void follow() {
    try {
      boolean look = true;
      while (!closed) {
        try {
          advance(look);
        } catch (RuntimeException | OutOfMemoryError e) {
          report("this has failed, and will be tried again: " + e);
        }
        look = closed || !watch.await(options.poll(), number);
      }
    } catch (Throwable e) {
      report("nothing is followed any more: " + e);
      throw e;
    }
  }

  /**
   * Takes all that there is.
   *
   * @param look whether to look at all names, and not only for the next one
   */
  private void advance(boolean look) {
    if (look) {
      bad.replaceAll(
          (name, file) -> new Bad(file.bytes(), file.modified(), file.key(), file.looksLeft() - 1));
      bad.values().removeIf(file -> file.looksLeft() == 0);
    }
    troubled = false;
    triedAgain = number;
    try {
      boolean more = true;
      while (more && !closed) {
        more = takeDelta() || ((look || watch.seen() > number) && takeOther());
      }
    } catch (IOException e) {
      report("the directory cannot be read: " + e);
    }
    if (look && !troubled && bad.isEmpty()) {
      status = statusWith(null); // what was there is over, if only nothing new has come
    }
  }

  /** Takes the delta that is next, if there is one. */
  private boolean takeDelta() throws IOException {
    VersionName name = VersionName.delta(number + 1);
    Path path = directory.resolve(name.toString());
    BasicFileAttributes attributes;
    DeltaFile.Content content;
    try {
      attributes = Files.readAttributes(path, BasicFileAttributes.class);
      if (isBad(name, attributes)) {
        return false;
      }
      content = DeltaFile.read(path);
    } catch (NoSuchFileException e) {
      return false;
    } catch (MalformedFileException e) {
      return damaged(name, String.valueOf(e.getMessage()));
    }
    VersionStamp stamp = content.link().stamp();
    if (stamp.number() != name.number()) {
      return damaged(
          name, name + ": is of version " + stamp.number() + ", expected what the name says");
    }
    if (content.link().previous() != checksum) {
      return refused(
          name,
          "it follows a version with the checksum "
              + VersionStamp.hex(content.link().previous())
              + ", but the one that serves has "
              + VersionStamp.hex(checksum));
    }
    while (!closed) {
      PublishResult result = live.publisher().publishExactly(content.delta(), stamp.checksum());
      if (result.outcome() == Outcome.PUBLISHED) {
        applied++;
        took(stamp);
        return true;
      }
      if (result.outcome() == Outcome.REFUSED) {
        return refused(name, result.reason());
      }
      report(name + ": waits: " + result.reason());
      LockSupport.parkNanos(this, ROOM_NANOS);
    }
    return false;
  }

  /** Takes a version in full, if the next one is not there or is of no use. */
  private boolean takeOther() throws IOException {
    NavigableSet<VersionName> names = DirectoryFiles.names(directory);
    VersionName next = VersionName.delta(number + 1);
    NavigableSet<VersionName> later = names.tailSet(next, true);
    if (later.contains(next) && !bad.containsKey(next) && triedAgain != next.number()) {
      triedAgain = next.number();
      return true; // it has come meanwhile
    }
    for (VersionName name : later.descendingSet()) {
      if (name.full() && name.checksum() == checksum) {
        number = name.number();
        passed++;
        status = statusWith(null);
        return true;
      }
      if (name.full() && takeFull(name)) {
        return true;
      }
    }
    if (!later.isEmpty() && !later.contains(next) && later.first().number() > number + 1) {
      if (missed != number + 1) {
        missed = number + 1;
        missing++;
      }
      report("version " + (number + 1) + " is missing, and " + later.first() + " is there");
    }
    if (later.isEmpty()
        && !names.contains(VersionName.delta(number))
        && !names.contains(VersionName.full(number, checksum))) {
      report(
          "the directory has lost version "
              + number
              + (names.isEmpty() ? " and all others" : ", the newest there is " + names.last())
              + ": numbers above it are waited for");
    }
    return false;
  }

  private boolean takeFull(VersionName name) throws IOException {
    Full read;
    try {
      if (isBad(
          name,
          Files.readAttributes(directory.resolve(name.toString()), BasicFileAttributes.class))) {
        return false;
      }
      read = read(directory, name);
    } catch (NoSuchFileException e) {
      return false;
    } catch (MalformedFileException e) {
      return damaged(name, String.valueOf(e.getMessage()));
    }
    PublishResult result =
        live.publisher()
            .publishExactly(read.content().model(), read.content().candidates(), name.checksum());
    if (result.outcome() != Outcome.PUBLISHED) {
      return refused(name, result.reason());
    }
    full++;
    took(read.stamp());
    return true;
  }

  private void took(VersionStamp stamp) {
    number = stamp.number();
    checksum = stamp.checksum();
    lag = lagOf(stamp);
    bad.keySet().removeIf(name -> name.number() <= number);
    status = statusWith(null);
    tell();
  }

  private static Duration lagOf(VersionStamp stamp) {
    return Duration.between(stamp.published(), Instant.now());
  }

  // ---- Trouble ----

  private boolean isBad(VersionName name, BasicFileAttributes file) {
    Bad known = bad.get(name);
    if (known != null && !known.is(file)) {
      bad.remove(name);
      return false;
    }
    return known != null;
  }

  private boolean damaged(VersionName name, String problem) throws IOException {
    damaged++;
    setAside(name, Long.MAX_VALUE);
    report(problem);
    return false;
  }

  private boolean refused(VersionName name, String problem) throws IOException {
    refused++;
    setAside(name, name.full() ? LOOKS_BEFORE_ANOTHER_TRY : Long.MAX_VALUE);
    report(name + ": " + problem);
    return false;
  }

  private void setAside(VersionName name, long looks) throws IOException {
    try {
      BasicFileAttributes file =
          Files.readAttributes(directory.resolve(name.toString()), BasicFileAttributes.class);
      bad.put(name, new Bad(file.size(), file.lastModifiedTime(), file.fileKey(), looks));
    } catch (NoSuchFileException e) {
      bad.remove(name); // nothing to be tried again
    }
  }

  private void report(String problem) {
    troubled = true;
    if (problem.equals(status.problem())) {
      return;
    }
    status = statusWith(problem);
    LOG.log(
        System.Logger.Level.WARNING,
        "{0}: goes on with version {1}: {2}",
        directory,
        Long.toString(number),
        problem);
    tell();
  }

  private void tell() {
    for (Consumer<FollowerStatus> listener : listeners) {
      try {
        listener.accept(status);
      } catch (RuntimeException e) {
        LOG.log(System.Logger.Level.WARNING, "a listener failed", e);
      }
    }
  }

  private FollowerStatus statusWith(@Nullable String problem) {
    return new FollowerStatus(
        number,
        live.version(),
        checksum,
        applied,
        full,
        passed,
        damaged,
        refused,
        missing,
        lag,
        problem);
  }

  // ---- What everybody may ask ----

  /**
   * What readers read. It is closed with the follower.
   *
   * @return the live model; not to be published to
   */
  public LiveModel live() {
    return live;
  }

  /**
   * What is served, and what has been met.
   *
   * @return as it is now
   */
  public FollowerStatus status() {
    return status;
  }

  /**
   * Tells a listener of every version that is taken and every new problem ({@link
   * FollowerStatus#problem}), on the thread that follows: what takes long delays it.
   *
   * @param listener what to call
   * @return closing it ends this; a call that is under way may still come
   */
  public LiveModel.Registration addListener(Consumer<FollowerStatus> listener) {
    listeners.add(listener);
    return () -> listeners.remove(listener);
  }

  /** Ends following, and closes the live model. A second call does nothing. */
  @Override
  public void close() {
    closed = true;
    watch.close();
    LockSupport.unpark(thread);
    boolean interrupted = false;
    while (thread.isAlive()) {
      try {
        thread.join();
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
    live.close();
  }
}
