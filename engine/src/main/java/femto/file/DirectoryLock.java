package femto.file;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.HashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The right to write in a directory, which one has at a time, in whichever process. It ends with
 * the process at the latest. Kept by a lock on the file {@value #NAME}, which stays there.
 *
 * <p>Safe to use by one thread at a time.
 */
public final class DirectoryLock implements AutoCloseable {
  private static final String NAME = ".femto.lock";

  /** Beyond what is written there, so that others can read it where locks are kept by force. */
  private static final long LOCKED_BYTE = Long.MAX_VALUE - 1;

  /**
   * The directories that this process has locked. The system does not tell a process from itself,
   * and lets go of the lock as soon as the process closes any channel of the file.
   */
  private static final Set<Object> HELD = new HashSet<>();

  private final Path file;
  private final Object key;
  private final FileChannel channel;
  private final @Nullable Object fileKey;

  private DirectoryLock(Path file, Object key, FileChannel channel) throws IOException {
    this.file = file;
    this.key = key;
    this.channel = channel;
    this.fileKey = attributes(file).fileKey();
  }

  /**
   * Takes a directory.
   *
   * @param directory the directory, which exists
   * @param taken what it says of one who has it: "another trainer writes versions there"
   * @return the lock, for the caller to close
   * @throws IOException if somebody has it, who is named, or the directory cannot be written
   */
  @SuppressWarnings("MustBeClosedChecker") // the lock has the channel
  public static DirectoryLock take(Path directory, String taken) throws IOException {
    Object key = key(directory);
    synchronized (HELD) {
      if (!HELD.add(key)) {
        throw taken(directory, taken, "this process");
      }
    }
    FileChannel channel = null;
    try {
      Path file = directory.resolve(NAME);
      channel =
          FileChannel.open(
              file, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
      lock(directory, channel, taken);
      return new DirectoryLock(file, key, channel);
    } catch (Throwable failure) {
      letGo(key, channel, failure);
      throw failure;
    }
  }

  private static void lock(Path directory, FileChannel channel, String taken) throws IOException {
    FileLock lock;
    try {
      lock = channel.tryLock(LOCKED_BYTE, 1, false);
    } catch (OverlappingFileLockException e) {
      throw taken(directory, taken, "this process");
    }
    if (lock == null) {
      throw taken(directory, taken, "process " + holder(channel));
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

  private static IOException taken(Path directory, String taken, String holder) {
    return new IOException(
        directory + ": " + taken + ", " + holder + ", expected one for each directory");
  }

  private static Object key(Path directory) throws IOException {
    Object key = attributes(directory).fileKey();
    return key == null ? directory.toRealPath() : key;
  }

  private static BasicFileAttributes attributes(Path file) throws IOException {
    return Files.readAttributes(file, BasicFileAttributes.class);
  }

  /**
   * Whether the directory is still the one that was taken.
   *
   * @return false if it was removed, or another one has its name now
   * @throws IOException if that cannot be found out
   */
  public boolean isHeld() throws IOException {
    try {
      Object found = attributes(file).fileKey();
      return channel.isOpen() && (fileKey == null || fileKey.equals(found));
    } catch (NoSuchFileException e) {
      return false;
    }
  }

  private static void letGo(Object key, @Nullable FileChannel channel, @Nullable Throwable failure)
      throws IOException {
    try {
      if (channel != null) {
        channel.close();
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

  /** Gives the directory up. A second call does nothing. */
  @Override
  public void close() throws IOException {
    if (channel.isOpen()) {
      letGo(key, channel, null);
    }
  }
}
