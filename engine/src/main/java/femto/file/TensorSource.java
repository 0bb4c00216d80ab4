package femto.file;

import java.io.IOException;
import java.lang.foreign.MemorySegment;

/** Gives the bytes of a tensor one after the other, so that they need not all be in memory. */
@FunctionalInterface
public interface TensorSource {
  /**
   * Fills memory with the bytes that follow those of the call before.
   *
   * @param into native memory of at most a few megabytes, aligned to 64 bytes and of a multiple of
   *     64 bytes but at the tensor's end; what it holds already is undefined
   * @throws IOException if they cannot be had; the file is then given up
   */
  void fill(MemorySegment into) throws IOException;
}
