package femto.memory;

import java.util.ArrayDeque;
import java.util.Iterator;

/**
 * Slabs that are used again. Freeing shared memory stops every thread of the process for a moment,
 * and touching new memory for the first time costs more than copying into it; what replaces one
 * large table by the next of about the same size need pay neither.
 *
 * <p>Closing a slab of a pool gives it back to the pool, and its segment stays readable: that no
 * one looks at it any more is for the owner to know. Safe for use by several threads.
 */
public final class SlabPool implements AutoCloseable {
  /** A slab is given to who asks for no less than this part of it. */
  private static final double LEAST_USE = 0.8;

  private final ArrayDeque<Slab> free = new ArrayDeque<>();
  private long freeBytes;
  private boolean closed;

  /** Makes a pool that holds nothing. */
  public SlabPool() {}

  /**
   * A slab that was given back, or a new one.
   *
   * @param bytes its size
   * @return the slab, all zero; closing it gives it back
   * @throws OutOfMemoryError if the system has not so much memory
   */
  public Slab take(long bytes) {
    Slab found = null;
    synchronized (this) {
      for (Iterator<Slab> each = free.iterator(); found == null && each.hasNext(); ) {
        Slab slab = each.next();
        if (slab.capacity() >= bytes && slab.capacity() * LEAST_USE <= bytes) {
          each.remove();
          freeBytes -= slab.capacity();
          found = slab;
        }
      }
    }
    if (found == null) {
      return Slab.allocate(bytes).ofPool(this, bytes);
    }
    Slab again = found.ofPool(this, bytes);
    again.segment().fill((byte) 0);
    return again;
  }

  void give(Slab slab) {
    synchronized (this) {
      if (!closed) {
        free.addLast(slab);
        freeBytes += slab.capacity();
        return;
      }
    }
    slab.free();
  }

  /**
   * Bytes that are held for whoever asks next.
   *
   * @return 0 or more
   */
  public synchronized long freeBytes() {
    return freeBytes;
  }

  /** Frees what is held. */
  public void trim() {
    ArrayDeque<Slab> all;
    synchronized (this) {
      all = new ArrayDeque<>(free);
      free.clear();
      freeBytes = 0;
    }
    all.forEach(Slab::free);
  }

  /** Frees what is held, and from now on what is given back. A second call does nothing. */
  @Override
  public void close() {
    synchronized (this) {
      closed = true;
    }
    trim();
  }
}
