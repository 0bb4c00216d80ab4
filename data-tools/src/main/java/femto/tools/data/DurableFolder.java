package femto.tools.data;

import femto.file.DurableFile;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Collection;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Writes a folder so that its final name never holds half of it: to a temporary folder beside it,
 * then renamed. If writing fails, the temporary folder is removed and the old folder stays.
 */
final class DurableFolder {
  private static final System.Logger LOG = System.getLogger(DurableFolder.class.getName());

  private DurableFolder() {}

  /** Puts files into a folder, each of them durably. */
  @FunctionalInterface
  interface Content {
    void writeTo(Path folder) throws IOException;
  }

  /** Decides whether an existing folder may go. */
  @FunctionalInterface
  interface Check {
    boolean test(Path folder) throws IOException;
  }

  /**
   * Writes or replaces a folder.
   *
   * @param folder its final name; the directory above it must exist
   * @param what what is written, for messages, such as "a data set"
   * @param replaceable whether an existing, non-empty folder may be replaced
   * @param content puts the files
   */
  static void write(Path folder, String what, Check replaceable, Content content)
      throws IOException {
    // A link keeps pointing to where it points: what it names is replaced.
    Path target = Files.exists(folder) ? folder.toRealPath() : folder.toAbsolutePath().normalize();
    Path parent = target.getParent();
    Path name = target.getFileName();
    if (parent == null || name == null || (Files.exists(target) && !Files.isDirectory(target))) {
      throw new IOException(folder + ": is not a folder, expected the name of one for " + what);
    }
    if (!Files.isDirectory(parent)) {
      throw new IOException(folder + ": the directory " + parent + " does not exist");
    }
    if (Files.exists(target) && !list(target).isEmpty() && !replaceable.test(target)) {
      throw new IOException(
          folder + ": exists and holds something else, expected a new name or " + what);
    }
    String suffix = ProcessHandle.current().pid() + "." + System.nanoTime();
    Path temporary = Files.createDirectory(parent.resolve("." + name + ".tmp" + suffix));
    try {
      content.writeTo(temporary);
      swap(temporary, target, parent.resolve("." + name + ".old" + suffix));
      DurableFile.syncDirectory(parent);
    } finally {
      delete(temporary);
    }
  }

  /** A folder cannot be renamed over one with content, so the old one steps aside for a moment. */
  private static void swap(Path written, Path target, Path aside) throws IOException {
    if (!Files.exists(target)) {
      Files.move(written, target, StandardCopyOption.ATOMIC_MOVE);
      return;
    }
    Files.move(target, aside, StandardCopyOption.ATOMIC_MOVE);
    boolean moved = false;
    try {
      Files.move(written, target, StandardCopyOption.ATOMIC_MOVE);
      moved = true;
    } finally {
      if (!moved) {
        Files.move(aside, target, StandardCopyOption.ATOMIC_MOVE);
      }
    }
    try {
      delete(aside);
    } catch (IOException e) {
      // The new folder is in place: that its predecessor takes up room is no failure of writing it.
      LOG.log(System.Logger.Level.WARNING, "cannot delete the replaced folder " + aside, e);
    }
  }

  /** Whether a folder holds the named files and nothing else. */
  static boolean holdsExactly(Path folder, Collection<String> names) throws IOException {
    return list(folder).size() == names.size()
        && names.stream().allMatch(name -> Files.isRegularFile(folder.resolve(name)));
  }

  /** What a folder holds, in the order of names. */
  static List<Path> list(Path folder) throws IOException {
    try (Stream<Path> entries = Files.list(folder)) {
      return entries.sorted().toList();
    } catch (UncheckedIOException e) {
      throw new IOException(folder + ": cannot be listed", e);
    }
  }

  /** Deletes a folder and what is in it, without following links; does nothing if it is gone. */
  static void delete(Path folder) throws IOException {
    if (!Files.exists(folder, LinkOption.NOFOLLOW_LINKS)) {
      return;
    }
    Files.walkFileTree(
        folder,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
              throws IOException {
            Files.deleteIfExists(file);
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult visitFileFailed(Path file, IOException failure)
              throws IOException {
            if (failure instanceof NoSuchFileException) {
              return FileVisitResult.CONTINUE;
            }
            throw failure;
          }

          @Override
          public FileVisitResult postVisitDirectory(Path directory, @Nullable IOException failure)
              throws IOException {
            if (failure != null) {
              throw failure;
            }
            Files.deleteIfExists(directory);
            return FileVisitResult.CONTINUE;
          }
        });
  }
}
