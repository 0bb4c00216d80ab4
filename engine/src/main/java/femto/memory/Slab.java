package femto.memory;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * A block of zero-filled off-heap memory, aligned to 64 bytes, with one owner.
 *
 * <p>Gathering random rows from a large table costs several times less on huge pages than on 4 KiB
 * pages, and memory has to ask for them before it is first touched. A slab of 2 MiB or more does so
 * where this module may call native code ({@code --enable-native-access=femto.engine}, or {@code
 * ALL-UNNAMED} on the class path) and the system is Linux; elsewhere it is ordinary memory, and
 * nothing else changes.
 *
 * <p>Any thread may read and write the segment while the slab is open; ordering between threads is
 * the caller's. Views never close it. After {@link #close} every access throws {@link
 * IllegalStateException}.
 */
public final class Slab implements AutoCloseable {
  /** Alignment of every slab in bytes: a cache line, and the widest vector. */
  public static final long ALIGNMENT = 64;

  private final Arena arena;
  private final MemorySegment segment;
  private final boolean hugePagesAsked;
  private final MemorySegment whole;
  private final @Nullable SlabPool pool;
  private boolean given;

  private Slab(Arena arena, MemorySegment segment, boolean hugePagesAsked) {
    this(arena, segment, segment, hugePagesAsked, null);
  }

  private Slab(
      Arena arena,
      MemorySegment whole,
      MemorySegment segment,
      boolean hugePagesAsked,
      @Nullable SlabPool pool) {
    this.arena = arena;
    this.whole = whole;
    this.segment = segment;
    this.hugePagesAsked = hugePagesAsked;
    this.pool = pool;
  }

  /** The first bytes of the same memory, to be given to a pool when closed. */
  Slab ofPool(SlabPool owner, long bytes) {
    return new Slab(arena, whole, whole.asSlice(0, bytes), hugePagesAsked, owner);
  }

  /** Bytes that the slab could have. */
  long capacity() {
    return whole.byteSize();
  }

  void free() {
    if (arena.scope().isAlive()) {
      arena.close();
    }
  }

  /**
   * Allocates a slab.
   *
   * @param bytes its size, 0 or more
   * @return the slab, all zero
   * @throws IllegalArgumentException if bytes is negative
   * @throws OutOfMemoryError if the system has not so much memory
   */
  @SuppressWarnings("MustBeClosedChecker") // the slab owns the arena
  public static Slab allocate(long bytes) {
    if (bytes < 0) {
      throw new IllegalArgumentException("bytes=" + bytes + ", expected 0 or more");
    }
    Arena arena = Arena.ofShared();
    try {
      MemorySegment huge =
          bytes >= HugePages.PAGE_BYTES && HugePages.isAvailable()
              ? HugePages.map(bytes, arena)
              : null;
      return huge != null
          ? new Slab(arena, huge, true)
          : new Slab(arena, arena.allocate(bytes, ALIGNMENT), false);
    } catch (Throwable failure) {
      arena.close();
      throw failure;
    }
  }

  /**
   * The memory.
   *
   * @return a segment of exactly the size asked for
   */
  public MemorySegment segment() {
    return segment;
  }

  /**
   * Whether this slab asked the system for huge pages. The system may still have given ordinary
   * ones.
   *
   * @return true if it asked
   */
  public boolean hugePagesAsked() {
    return hugePagesAsked;
  }

  /** Frees the memory, or gives it back to its {@link SlabPool}. A second call does nothing. */
  @Override
  public synchronized void close() {
    if (pool == null) {
      free();
    } else if (!given) {
      given = true;
      pool.give(this);
    }
  }
}
