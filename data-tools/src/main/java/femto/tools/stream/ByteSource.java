package femto.tools.stream;

import java.io.Closeable;
import java.io.IOException;

/** Bytes that come now and then. */
interface ByteSource extends Closeable {
  /** What {@link #read} returns when no more will come. */
  int ENDED = -1;

  /**
   * Reads what there is, or waits for some.
   *
   * @param nanos how long to wait at most; an interrupt ends the wait too, and stays set
   * @return how many bytes were read; 0 if none came; {@link #ENDED}
   */
  int read(byte[] into, int offset, int length, long nanos) throws IOException;
}
