package femto.tools.stream;

import femto.file.MalformedFileException;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Arrays;
import java.util.Objects;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * A file that another process appends to. It is looked at every few milliseconds: a watch service
 * tells later. Not read through a channel, which an interrupt would close.
 */
final class FollowedFile implements ByteSource {
  private static final long LOOK_NANOS = 5_000_000;
  private static final String EXPECTED = ", expected a file that only grows";

  private final Path path;
  private final RandomAccessFile file;

  /** Which file it is, where the system can tell. */
  private final @Nullable Object key;

  private byte[] header = {};
  private long offset;

  FollowedFile(Path path) throws IOException {
    if (!Files.isRegularFile(path)) {
      throw new MalformedFileException(
          path, "", "there is no such file, expected an event stream: CSV with a header");
    }
    this.path = path;
    this.key = attributes().fileKey();
    this.file = new RandomAccessFile(path.toFile(), "r");
  }

  /** From now on the file must begin so. */
  void expectHeader(byte[] bytes) {
    header = bytes;
  }

  /** Goes on reading elsewhere, which must be behind a line. */
  void seek(long position) throws IOException {
    if (position < header.length || position > file.length()) {
      throw new MalformedFileException(
          path,
          "position " + position,
          "is outside, expected " + header.length + " to " + file.length());
    }
    file.seek(position - 1);
    if (file.read() != '\n') {
      throw new MalformedFileException(
          path, "position " + position, "is inside a row, expected the beginning of one");
    }
    offset = position;
  }

  @Override
  public int read(byte[] into, int at, int length, long nanos) throws IOException {
    long start = System.nanoTime();
    while (true) {
      int read = file.read(into, at, length);
      if (read > 0) {
        offset += read;
        return read;
      }
      check();
      long left = nanos - (System.nanoTime() - start);
      if (left <= 0 || Thread.currentThread().isInterrupted()) {
        return 0;
      }
      LockSupport.parkNanos(this, Math.min(left, LOOK_NANOS));
    }
  }

  /** Done when all is read: what a file that was replaced still held has come by then. */
  private void check() throws IOException {
    if (!Objects.equals(attributes().fileKey(), key)) {
      throw new MalformedFileException(path, "", "was replaced by another file" + EXPECTED);
    }
    long size = file.length();
    if (size < offset) {
      throw new MalformedFileException(
          path, "", "has become shorter: " + size + " bytes after " + offset + EXPECTED);
    }
    byte[] now = new byte[header.length];
    file.seek(0);
    boolean same = file.read(now) == now.length && Arrays.equals(now, header);
    file.seek(offset);
    if (!same) {
      throw new MalformedFileException(path, 1, "the header has changed" + EXPECTED);
    }
  }

  private BasicFileAttributes attributes() throws IOException {
    try {
      return Files.readAttributes(path, BasicFileAttributes.class);
    } catch (NoSuchFileException e) {
      throw new MalformedFileException(path, "", "was removed or renamed" + EXPECTED);
    }
  }

  @Override
  public void close() throws IOException {
    file.close();
  }
}
