package femto.swap;

import femto.file.DirectoryLock;
import femto.file.DurableFile;
import femto.file.SafetensorsWriter;
import femto.model.FeatureRows;
import femto.model.Model;
import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.NavigableSet;
import java.util.TreeSet;
import java.util.function.IntUnaryOperator;

/**
 * The files of a version directory, as the one who writes them has them: which numbers are used,
 * what the next delta follows, and the lock that keeps others away. Everything is done by the
 * caller's thread. One owner.
 */
final class DirectoryFiles implements AutoCloseable {
  private static final long LEAST_DELTA_BYTES = 16L << 20;

  private final Path directory;
  private final DirectoryLock lock;

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

  private DirectoryFiles(Path directory, DirectoryLock lock, long atLeast, boolean made)
      throws IOException {
    this.directory = directory;
    this.lock = lock;
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
    DirectoryLock lock = DirectoryLock.take(directory, "another trainer writes versions there");
    try {
      return new DirectoryFiles(directory, lock, atLeast, made);
    } catch (Throwable failure) {
      lock.close();
      throw failure;
    }
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
    return lock.isHeld();
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
   * @param room that deltas take a part of
   * @return its name
   * @throws IOException if it fails; the next version must be one in full then
   */
  VersionName writeFull(
      Model model,
      FeatureRows rows,
      ExternalIds ids,
      IntUnaryOperator index,
      long newChecksum,
      Instant published,
      PatchRoom room)
      throws IOException {
    broken = true;
    requireOwned();
    long number = ++last;
    VersionName name = VersionName.full(number, newChecksum);
    SafetensorsWriter writer = new SafetensorsWriter();
    new VersionStamp(number, newChecksum, published).addTo(writer);
    room.addTo(writer);
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
    lock.close();
  }
}
