package femto.memory;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import org.jspecify.annotations.Nullable;

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
  private long usedBytes;
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
    Slab again = reuse(bytes);
    if (again != null) {
      return again;
    }
    Slab slab = Slab.allocate(bytes).ofPool(this, bytes);
    synchronized (this) {
      usedBytes += slab.capacity();
    }
    return slab;
  }

  /**
   * A slab that was given back.
   *
   * @param bytes its size
   * @return the slab, all zero, which closing gives back; null if none of about this size is held
   */
  public @Nullable Slab reuse(long bytes) {
    Slab found = null;
    synchronized (this) {
      for (Iterator<Slab> each = free.iterator(); found == null && each.hasNext(); ) {
        Slab slab = each.next();
        if (slab.capacity() >= bytes && slab.capacity() * LEAST_USE <= bytes) {
          each.remove();
          freeBytes -= slab.capacity();
          usedBytes += slab.capacity();
          found = slab;
        }
      }
    }
    if (found == null) {
      return null;
    }
    Slab again = found.ofPool(this, bytes);
    again.segment().fill((byte) 0);
    return again;
  }

  void give(Slab slab) {
    synchronized (this) {
      usedBytes -= slab.capacity();
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

  /**
   * Bytes that have been taken and not given back.
   *
   * @return 0 or more
   */
  public synchronized long usedBytes() {
    return usedBytes;
  }

  /** Frees what is held. */
  public void trim() {
    trim(0);
  }

  /**
   * Frees what is held, the oldest first, until no more than some bytes are left.
   *
   * @param mostBytes how much may stay, 0 or more
   */
  public void trim(long mostBytes) {
    List<Slab> freed = new ArrayList<>();
    synchronized (this) {
      while (freeBytes > mostBytes) {
        Slab oldest = free.removeFirst();
        freeBytes -= oldest.capacity();
        freed.add(oldest);
      }
    }
    freed.forEach(Slab::free);
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
