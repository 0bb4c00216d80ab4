package femto.tools.stream;

import java.io.IOException;
import java.io.InputStream;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Standard input or a pipe. Nobody can wait for it with a limit, so a thread does without one and
 * hands over what comes.
 */
final class PumpedInput implements ByteSource {
  private static final int CHUNK_BYTES = 1 << 16;
  private static final int CHUNKS = 8;

  /** What came: bytes, or the end, or why there will be no more. */
  private record Chunk(byte[] bytes, int length, @Nullable IOException failure) {}

  private final BlockingQueue<Chunk> chunks = new ArrayBlockingQueue<>(CHUNKS);
  private final Thread pump;
  private @Nullable Chunk current;
  private int taken;

  PumpedInput(InputStream in) {
    pump = new Thread(() -> pump(in), "femto-input");
    pump.setDaemon(true); // it may wait for bytes that never come
    pump.start();
  }

  private void pump(InputStream in) {
    try (in) {
      Chunk chunk;
      do {
        byte[] bytes = new byte[CHUNK_BYTES];
        try {
          chunk = new Chunk(bytes, in.read(bytes), null);
        } catch (IOException e) {
          chunk = new Chunk(bytes, ENDED, e);
        }
        chunks.put(chunk);
      } while (chunk.length >= 0);
    } catch (InterruptedException | IOException e) {
      // Closed: nobody wants to know.
      return;
    }
  }

  @Override
  public int read(byte[] into, int offset, int length, long nanos) throws IOException {
    Chunk chunk = current;
    if (chunk == null) {
      try {
        chunk = chunks.poll(nanos, TimeUnit.NANOSECONDS);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
      if (chunk == null) {
        return 0;
      }
      current = chunk;
      taken = 0;
    }
    if (chunk.length < 0) {
      if (chunk.failure != null) {
        throw new IOException("reading failed: " + chunk.failure.getMessage(), chunk.failure);
      }
      return ENDED;
    }
    int read = Math.min(length, chunk.length - taken);
    System.arraycopy(chunk.bytes, taken, into, offset, read);
    taken += read;
    if (taken == chunk.length) {
      current = null;
    }
    return read;
  }

  @Override
  public void close() {
    pump.interrupt();
  }
}
