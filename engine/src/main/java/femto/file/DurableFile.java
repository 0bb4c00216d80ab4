package femto.file;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Locale;

/**
 * Writes a file so that its final name never holds half of it: to a temporary name in the same
 * directory, synced, then renamed over the old file. If writing fails, the temporary file is
 * removed and the old file stays.
 */
public final class DurableFile {
  private static final String PREFIX = ".femto.";
  private static final String SUFFIX = ".tmp";

  private DurableFile() {}

  /** Puts the content of a file into a channel. */
  @FunctionalInterface
  public interface Content {
    /**
     * Writes everything.
     *
     * @param channel open for writing, at position 0
     * @throws IOException if that fails; the file is then given up
     */
    void writeTo(FileChannel channel) throws IOException;
  }

  /**
   * Writes or replaces a file.
   *
   * @param file its final name; the directory must exist
   * @param content puts the content
   * @throws IOException if writing, syncing or renaming fails, and nothing has changed; or if the
   *     directory cannot be synced, and the new file is in place but may not outlive a power
   *     failure
   */
  public static void write(Path file, Content content) throws IOException {
    Path target = file.toAbsolutePath();
    Path directory = requireTarget(file);
    // A name of its own: the final one with something added could be too long for the system.
    String unique = ProcessHandle.current().pid() + "." + System.nanoTime();
    Path temporary = directory.resolve(PREFIX + unique + SUFFIX);
    FileChannel created =
        FileChannel.open(temporary, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
    try {
      try (FileChannel channel = created) {
        content.writeTo(channel);
        channel.force(true);
      }
      Files.move(temporary, target, StandardCopyOption.ATOMIC_MOVE);
    } catch (Throwable failure) {
      try {
        Files.deleteIfExists(temporary);
      } catch (IOException e) {
        failure.addSuppressed(e); // what has failed first is what is to be said
      }
      throw failure;
    }
    syncDirectory(directory);
  }

  /**
   * Removes temporary files that killed processes have left in a directory: those of processes that
   * do not run any more, and those of this one, which must not be writing there now.
   *
   * @param directory the directory
   * @throws IOException if it cannot be read, or one of them cannot be removed
   */
  public static void removeLeftovers(Path directory) throws IOException {
    try (DirectoryStream<Path> files = Files.newDirectoryStream(directory, PREFIX + "*" + SUFFIX)) {
      for (Path file : files) {
        if (isLeftover(file.getFileName().toString())) {
          Files.deleteIfExists(file);
        }
      }
    } catch (DirectoryIteratorException e) {
      throw e.getCause();
    }
  }

  private static boolean isLeftover(String name) {
    int end = name.indexOf('.', PREFIX.length());
    try {
      long pid = Long.parseLong(name.substring(PREFIX.length(), end));
      return pid == ProcessHandle.current().pid() || ProcessHandle.of(pid).isEmpty();
    } catch (IndexOutOfBoundsException | NumberFormatException e) {
      return false; // not one of ours
    }
  }

  /**
   * Checks that a file of a name could be written, before long work for it begins.
   *
   * @param file its final name
   * @return the directory it stands in
   * @throws IOException if the name is that of a directory, or its directory does not exist
   */
  public static Path requireTarget(Path file) throws IOException {
    Path directory = file.toAbsolutePath().getParent();
    if (directory == null || Files.isDirectory(file)) {
      throw new IOException(file + ": is a directory, expected the name of a file to write");
    }
    if (!Files.isDirectory(directory)) {
      throw new IOException(file + ": the directory " + directory + " does not exist");
    }
    return directory;
  }

  /**
   * Makes the names in a directory durable, where the system allows it (Windows does not).
   *
   * @param directory the directory
   * @throws IOException if syncing fails
   */
  public static void syncDirectory(Path directory) throws IOException {
    if (System.getProperty("os.name", "").toLowerCase(Locale.ROOT).startsWith("windows")) {
      return;
    }
    try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
      channel.force(true);
    }
  }
}
