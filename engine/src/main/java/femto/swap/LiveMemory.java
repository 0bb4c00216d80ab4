package femto.swap;

import femto.memory.Slab;
import femto.memory.SlabPool;
import java.util.function.LongFunction;

/**
 * The memory of a {@link LiveModel}, under a cap: slabs, which come from a pool and go back to it,
 * and what is counted besides, such as the weights that a caller has handed over.
 *
 * <p>When there is no room, first what the pool keeps is freed, then the history is dropped, and
 * then the request is refused. Safe for use by several threads.
 */
final class LiveMemory implements LongFunction<Slab> {
  private final SlabPool pool = new SlabPool();
  private final Runnable relief;
  private long cap = Long.MAX_VALUE;

  /** What is in use besides slabs. */
  private long counted;

  /** Asked of the system, and not in the pool's count yet. */
  private long underWay;

  /** There is no room under the cap, or the system has none. */
  static final class NoRoomException extends RuntimeException {
    private static final long serialVersionUID = 1;

    NoRoomException(String message) {
      super(message);
    }
  }

  /**
   * Starts empty, without a cap.
   *
   * @param relief gives up what can be done without; called by any thread that asks for memory
   */
  LiveMemory(Runnable relief) {
    this.relief = relief;
  }

  synchronized void capAt(long bytes) {
    cap = bytes;
  }

  synchronized long cap() {
    return cap;
  }

  /**
   * Takes a slab, which closing gives back.
   *
   * @throws NoRoomException if there is no room
   */
  @Override
  public Slab apply(long bytes) {
    Slab again = pool.reuse(bytes);
    if (again != null) {
      return again;
    }
    begin(bytes);
    try {
      return take(bytes);
    } finally {
      end(bytes);
    }
  }

  private Slab take(long bytes) {
    try {
      return pool.take(bytes);
    } catch (OutOfMemoryError first) {
      pool.trim();
      relief.run();
      pool.trim();
      try {
        return pool.take(bytes);
      } catch (OutOfMemoryError second) {
        throw new NoRoomException("the system has no " + bytes + " bytes left");
      }
    }
  }

  /**
   * Refuses at once what will not fit.
   *
   * @throws NoRoomException if there is no room now
   */
  void requireRoom(long bytes) {
    if (!hasRoom(bytes)) {
      relief.run();
      if (!hasRoom(bytes)) {
        throw noRoom(bytes);
      }
    }
  }

  private synchronized boolean hasRoom(long bytes) {
    return cap - liveBytes() - underWay >= bytes;
  }

  private void begin(long bytes) {
    if (!tryBegin(bytes)) {
      relief.run();
      if (!tryBegin(bytes)) {
        throw noRoom(bytes);
      }
    }
  }

  private synchronized boolean tryBegin(long bytes) {
    boolean fits = makeRoom(bytes);
    underWay += fits ? bytes : 0;
    return fits;
  }

  private synchronized void end(long bytes) {
    underWay -= bytes;
  }

  private boolean makeRoom(long bytes) {
    long left = cap - liveBytes() - underWay - bytes;
    pool.trim(Math.max(0, left));
    return left >= 0;
  }

  /**
   * Counts bytes that are no slab.
   *
   * @throws NoRoomException if there is no room; they are not counted
   */
  void count(long bytes) {
    if (!tryCount(bytes)) {
      relief.run();
      if (!tryCount(bytes)) {
        throw noRoom(bytes);
      }
    }
  }

  private synchronized boolean tryCount(long bytes) {
    boolean fits = makeRoom(bytes);
    counted += fits ? bytes : 0;
    return fits;
  }

  /** Takes back what {@link #count} has added. */
  synchronized void uncount(long bytes) {
    counted -= bytes;
  }

  private synchronized NoRoomException noRoom(long bytes) {
    return new NoRoomException(
        "memoryCap="
            + cap
            + " has no room for "
            + bytes
            + " bytes more: "
            + liveBytes()
            + " are in use");
  }

  /** Bytes in use. */
  synchronized long liveBytes() {
    return pool.usedBytes() + counted;
  }

  /** Bytes kept for whoever asks next. */
  long pooledBytes() {
    return pool.freeBytes();
  }

  /** Keeps no more than some bytes for whoever asks next. */
  void trim(long mostBytes) {
    pool.trim(mostBytes);
  }

  /** Frees what is given back from now on. */
  void close() {
    pool.close();
  }
}
