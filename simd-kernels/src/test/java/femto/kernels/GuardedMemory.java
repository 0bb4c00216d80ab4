package femto.kernels;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;

/**
 * Memory between two pages that nothing may touch: reading or writing them ends the process. For
 * children of the tests, on Linux.
 */
@SuppressWarnings("restricted") // calls to the C library are what it is for
final class GuardedMemory implements AutoCloseable {
  /** On which side the memory that is handed out meets an unreadable page. */
  enum Side {
    BEFORE,
    AFTER
  }

  private static final int PROT_NONE = 0;
  private static final int PROT_READ_WRITE = 3;
  private static final int MAP_PRIVATE_ANONYMOUS = 0x22;
  private static final int SC_PAGESIZE = 30;

  private static final MethodHandle SYSCONF =
      function("sysconf", FunctionDescriptor.of(JAVA_LONG, JAVA_INT));
  private static final MethodHandle MMAP =
      function(
          "mmap",
          FunctionDescriptor.of(
              ADDRESS, ADDRESS, JAVA_LONG, JAVA_INT, JAVA_INT, JAVA_INT, JAVA_LONG));
  private static final MethodHandle MPROTECT =
      function("mprotect", FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_LONG, JAVA_INT));
  private static final MethodHandle MUNMAP =
      function("munmap", FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_LONG));

  private static final long PAGE = pageSize();

  private final MemorySegment all;

  /** Memory of some size, whole pages of it, between two pages more. */
  GuardedMemory(long bytes) {
    long size = (bytes + PAGE - 1) / PAGE * PAGE + 2 * PAGE;
    try {
      MemorySegment mapped =
          (MemorySegment)
              MMAP.invokeExact(
                  MemorySegment.NULL, size, PROT_READ_WRITE, MAP_PRIVATE_ANONYMOUS, -1, 0L);
      if (mapped.address() == -1) {
        throw new IllegalStateException("mmap of " + size + " bytes failed");
      }
      all = mapped.reinterpret(size);
    } catch (Throwable failure) {
      throw new IllegalStateException(failure);
    }
  }

  /** Makes the pages at both ends unreadable. */
  GuardedMemory guard() {
    protect(all.asSlice(0, PAGE));
    protect(all.asSlice(all.byteSize() - PAGE, PAGE));
    return this;
  }

  /** All of it, the pages at both ends too. */
  MemorySegment all() {
    return all;
  }

  /** Zeroed memory that begins right after the first page or ends right before the last. */
  MemorySegment slice(Side side, long bytes) {
    MemorySegment slice = all.asSlice(offset(side, bytes), bytes);
    slice.fill((byte) 0);
    return slice;
  }

  /** Where in all of it such memory begins. */
  long offset(Side side, long bytes) {
    return side == Side.BEFORE ? PAGE : all.byteSize() - PAGE - bytes;
  }

  @Override
  public void close() {
    try {
      requireZero("munmap", (int) MUNMAP.invokeExact(all, all.byteSize()));
    } catch (Throwable failure) {
      throw new IllegalStateException(failure);
    }
  }

  private static void protect(MemorySegment page) {
    try {
      requireZero("mprotect", (int) MPROTECT.invokeExact(page, PAGE, PROT_NONE));
    } catch (Throwable failure) {
      throw new IllegalStateException(failure);
    }
  }

  private static void requireZero(String what, int result) {
    if (result != 0) {
      throw new IllegalStateException(what + " gave " + result);
    }
  }

  private static long pageSize() {
    try {
      return (long) SYSCONF.invokeExact(SC_PAGESIZE);
    } catch (Throwable failure) {
      throw new IllegalStateException(failure);
    }
  }

  private static MethodHandle function(String name, FunctionDescriptor descriptor) {
    Linker linker = Linker.nativeLinker();
    return linker.downcallHandle(linker.defaultLookup().find(name).orElseThrow(), descriptor);
  }

  /** A byte of memory, wherever it is. */
  static byte read(MemorySegment segment, long offset) {
    return segment.get(ValueLayout.JAVA_BYTE, offset);
  }
}
