package femto.swap;

import femto.file.DurableFile;
import femto.file.SafetensorsWriter;
import femto.model.FeatureRows;
import femto.model.Model;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Instant;
import java.util.HashSet;
import java.util.NavigableSet;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.IntUnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * The files of a version directory, as the one who writes them has them: which numbers are used,
 * what the next delta follows, and the lock that keeps others away. Everything is done by the
 * caller's thread. One owner.
 */
final class DirectoryFiles implements AutoCloseable {
  private static final String LOCK = ".femto.lock";

  /** Beyond what is written there, so that others can read it where locks are kept by force. */
  private static final long LOCKED_BYTE = Long.MAX_VALUE - 1;

  private static final long LEAST_DELTA_BYTES = 16L << 20;

  /**
   * The directories that this process has locked. The system does not tell a process from itself,
   * and lets go of the lock as soon as the process closes any channel of the file.
   */
  private static final Set<Object> HELD = new HashSet<>();

  private final Path directory;
  private final Object key;
  private final FileChannel lock;
  private final @Nullable Object lockKey;

  private long last;
  private boolean broken = true;
  private long base;
  private long checksum;
  private long fullBytes;
  private long deltaBytes;
  private int deltas;

  /** What has not been removed, and whether more could be. */
  private long keptBytes;

  private boolean pruned;

  private DirectoryFiles(Path directory, Object key, FileChannel lock, long atLeast, boolean made)
      throws IOException {
    this.directory = directory;
    this.key = key;
    this.lock = lock;
    this.lockKey = attributes(directory.resolve(LOCK)).fileKey();
    DurableFile.removeLeftovers(directory);
    NavigableSet<VersionName> names = names(directory);
    // A file may have been seen by others, and yet be lost with the power if its name was not
    // synced: that is the last one at most, and its number is not given to another one.
    long lost = made ? 0 : 1;
    this.last = Math.max(atLeast, (names.isEmpty() ? 0 : names.last().number()) + lost);
  }

  /**
   * Takes a directory. It is made if it is not there and the one it is in is.
   *
   * @throws IOException if another one has it, or it cannot be read and written
   */
  static DirectoryFiles open(Path directory) throws IOException {
    boolean made = !Files.isDirectory(directory);
    if (made) {
      Files.createDirectory(directory);
      DurableFile.syncDirectory(parent(directory));
    }
    return take(directory, 0, made);
  }

  /**
   * The same for one that must be there.
   *
   * @param atLeast all numbers to come are above it, and above those that are there
   */
  static DirectoryFiles reopen(Path directory, long atLeast) throws IOException {
    return take(directory, atLeast, false);
  }

  private static DirectoryFiles take(Path directory, long atLeast, boolean made)
      throws IOException {
    Object key = key(directory);
    synchronized (HELD) {
      if (!HELD.add(key)) {
        throw taken(directory, "this process");
      }
    }
    FileChannel lock = null;
    try {
      lock =
          FileChannel.open(
              directory.resolve(LOCK),
              StandardOpenOption.CREATE,
              StandardOpenOption.READ,
              StandardOpenOption.WRITE);
      lock(directory, lock);
      return new DirectoryFiles(directory, key, lock, atLeast, made);
    } catch (Throwable failure) {
      letGo(key, lock, failure);
      throw failure;
    }
  }

  private static void letGo(Object key, @Nullable FileChannel lock, @Nullable Throwable failure)
      throws IOException {
    try {
      if (lock != null) {
        lock.close();
      }
    } catch (IOException e) {
      if (failure == null) {
        throw e;
      }
      failure.addSuppressed(e);
    } finally {
      synchronized (HELD) {
        HELD.remove(key);
      }
    }
  }

  private static void lock(Path directory, FileChannel channel) throws IOException {
    FileLock lock;
    try {
      lock = channel.tryLock(LOCKED_BYTE, 1, false);
    } catch (OverlappingFileLockException e) {
      throw taken(directory, "this process");
    }
    if (lock == null) {
      throw taken(directory, "process " + holder(channel));
    }
    try {
      byte[] pid = Long.toString(ProcessHandle.current().pid()).getBytes(StandardCharsets.US_ASCII);
      channel.truncate(0);
      channel.write(ByteBuffer.wrap(pid), 0);
    } catch (IOException e) {
      // It is for messages only; what else cannot be written will be reported then.
    }
  }

  private static String holder(FileChannel channel) {
    ByteBuffer pid = ByteBuffer.allocate(20);
    try {
      channel.read(pid, 0);
    } catch (IOException e) {
      pid.clear();
    }
    String text = new String(pid.array(), 0, pid.position(), StandardCharsets.US_ASCII);
    return text.matches("[0-9]+") ? text : "of another system, or one whose number is not known";
  }

  private static IOException taken(Path directory, String holder) {
    return new IOException(
        directory
            + ": another trainer writes versions there, "
            + holder
            + ", expected one for each directory");
  }

  private static Object key(Path directory) throws IOException {
    Object key = attributes(directory).fileKey();
    return key == null ? directory.toRealPath() : key;
  }

  private static BasicFileAttributes attributes(Path file) throws IOException {
    return Files.readAttributes(file, BasicFileAttributes.class);
  }

  private static Path parent(Path directory) {
    Path parent = directory.toAbsolutePath().getParent();
    return parent == null ? directory : parent;
  }

  /** The versions of a directory, ascending; all other files are passed over. */
  static NavigableSet<VersionName> names(Path directory) throws IOException {
    NavigableSet<VersionName> names = new TreeSet<>();
    try (DirectoryStream<Path> files = Files.newDirectoryStream(directory)) {
      for (Path file : files) {
        VersionName name = VersionName.parse(file.getFileName().toString());
        if (name != null) {
          names.add(name);
        }
      }
    } catch (DirectoryIteratorException e) {
      throw e.getCause();
    }
    return names;
  }

  // ---- Writing ----

  /** The highest number that has been used. */
  long last() {
    return last;
  }

  /** Whether the directory is still the one that was locked. */
  boolean isOwned() throws IOException {
    try {
      Object found = attributes(directory.resolve(LOCK)).fileKey();
      return lock.isOpen() && (lockKey == null || lockKey.equals(found));
    } catch (NoSuchFileException e) {
      return false;
    }
  }

  private void requireOwned() throws IOException {
    if (!isOwned()) {
      throw new IOException(
          directory + ": is not the directory any more that was opened for versions");
    }
  }

  /** Whether the next version has to be written in full. */
  boolean needsFull(DirectoryOptions options) {
    return broken
        || deltas >= options.deltasPerFull()
        || deltaBytes >= Math.max(fullBytes, LEAST_DELTA_BYTES);
  }

  /** Checksum of the version written last. */
  long checksum() {
    return checksum;
  }

  /**
   * Writes a version in full.
   *
   * @param index of the id of each row of the candidates
   * @return its name
   * @throws IOException if it fails; the next version must be one in full then
   */
  VersionName writeFull(
      Model model,
      FeatureRows rows,
      ExternalIds ids,
      IntUnaryOperator index,
      long newChecksum,
      Instant published)
      throws IOException {
    broken = true;
    requireOwned();
    long number = ++last;
    VersionName name = VersionName.full(number, newChecksum);
    SafetensorsWriter writer = new SafetensorsWriter();
    new VersionStamp(number, newChecksum, published).addTo(writer);
    Path file = directory.resolve(name.toString());
    VersionFile.write(writer, model, rows, ids, index, file);
    base = number;
    checksum = newChecksum;
    fullBytes = Files.size(file);
    keptBytes += fullBytes;
    deltaBytes = 0;
    deltas = 0;
    pruned = false;
    broken = false;
    return name;
  }

  /**
   * Writes what changes in the version written last.
   *
   * @return its name
   * @throws IOException if it fails; the next version must be one in full then
   */
  VersionName writeDelta(Changes changes, int factors, long newChecksum, Instant published)
      throws IOException {
    if (broken) {
      throw new IllegalStateException("there is no version for a delta to follow");
    }
    broken = true;
    requireOwned();
    VersionName name = VersionName.delta(++last);
    VersionStamp stamp = new VersionStamp(name.number(), newChecksum, published);
    Path file = directory.resolve(name.toString());
    DeltaFile.write(new DeltaFile.Link(stamp, base, checksum), changes, factors, file);
    checksum = newChecksum;
    long bytes = Files.size(file);
    deltaBytes += bytes;
    keptBytes += bytes;
    deltas++;
    broken = false;
    return name;
  }

  /**
   * Removes the oldest versions that are too many.
   *
   * @throws IOException if one of them cannot be removed
   */
  void prune(DirectoryOptions options) throws IOException {
    if (pruned && keptBytes <= options.mostBytes()) {
      return;
    }
    requireOwned();
    long oldest = 0;
    long bytes = 0;
    keptBytes = 0;
    int full = 0;
    NavigableSet<VersionName> names = names(directory);
    for (VersionName name : names.descendingSet()) {
      bytes += sizeOf(directory.resolve(name.toString()));
      if (full > 0 && bytes > options.mostBytes()) {
        break;
      }
      if (name.full()) {
        oldest = name.number();
        keptBytes = bytes;
        if (++full == options.keepFull()) {
          break;
        }
      }
    }
    for (VersionName name : names.headSet(VersionName.delta(oldest))) {
      Files.deleteIfExists(directory.resolve(name.toString()));
    }
    pruned = true;
    // What is left beyond the limit stays until there is a newer version in full.
    keptBytes = Math.min(keptBytes, full == 1 ? 0 : options.mostBytes());
  }

  private static long sizeOf(Path file) throws IOException {
    try {
      return Files.size(file);
    } catch (NoSuchFileException e) {
      return 0; // somebody else has removed it
    }
  }

  /** Lets others have the directory. */
  @Override
  public void close() throws IOException {
    if (lock.isOpen()) { // or another one may have it by now
      letGo(key, lock, null);
    }
  }
}
