package femto.swap;

import java.io.IOException;
import java.nio.file.ClosedWatchServiceException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardWatchEventKinds;
import java.nio.file.WatchEvent;
import java.nio.file.WatchKey;
import java.nio.file.WatchService;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Waits for new files of a version directory: as the system tells of them, if it does, or for some
 * time. Nothing depends on being told. One thread waits; any may close.
 */
final class DirectoryWatch {
  private final Path directory;
  private final @Nullable WatchService service;
  private @Nullable WatchKey key;
  private @Nullable Object watched;
  private long seen;
  private volatile boolean closed;

  DirectoryWatch(Path directory) {
    this.directory = directory;
    this.service = service(directory);
    register();
  }

  private static @Nullable WatchService service(Path directory) {
    try {
      return directory.getFileSystem().newWatchService();
    } catch (IOException | UnsupportedOperationException e) {
      return null; // some systems cannot, and others have no more of them
    }
  }

  /** Watches the directory that is there now, which may be another one than before. */
  private void register() {
    if (service == null || closed) {
      return;
    }
    try {
      Object found = Files.readAttributes(directory, BasicFileAttributes.class).fileKey();
      WatchKey former = key;
      if (former != null && former.isValid() && Objects.equals(found, watched)) {
        return;
      }
      if (former != null) {
        former.cancel();
      }
      key = directory.register(service, StandardWatchEventKinds.ENTRY_CREATE);
      watched = found;
    } catch (IOException | UnsupportedOperationException e) {
      key = null; // it is gone; looking into it will say so
    } catch (ClosedWatchServiceException e) {
      closed = true;
    }
  }

  /** The highest number of a version that the system has told of. */
  long seen() {
    return seen;
  }

  /**
   * Waits.
   *
   * @param longest how long
   * @param number versions up to it are no news
   * @return whether all news are files that {@link #seen} tells of; false if time is up, or there
   *     may be others
   */
  boolean await(Duration longest, long number) {
    long nanos = TimeUnit.NANOSECONDS.convert(longest);
    long deadline = System.nanoTime() + nanos;
    try {
      for (long left = nanos; left > 0 && !closed; left = deadline - System.nanoTime()) {
        if (service == null || key == null) {
          LockSupport.parkNanos(this, left);
          continue;
        }
        WatchKey told = service.poll(left, TimeUnit.NANOSECONDS);
        if (told != null) {
          boolean known = note(told);
          if (!known || seen > number) {
            return known;
          }
        }
      }
    } catch (InterruptedException | ClosedWatchServiceException e) {
      closed = true;
    }
    register();
    return false;
  }

  private boolean note(WatchKey told) {
    boolean known = true;
    for (WatchEvent<?> event : told.pollEvents()) {
      if (event.context() instanceof Path file) {
        VersionName name = VersionName.parse(file.getFileName().toString());
        seen = Math.max(seen, name == null ? 0 : name.number());
      } else {
        known = false; // some were lost
      }
    }
    return told.reset() && known;
  }

  void close() {
    closed = true;
    try {
      if (service != null) {
        service.close();
      }
    } catch (IOException e) {
      // There is nothing left to be done with it.
    }
  }
}
