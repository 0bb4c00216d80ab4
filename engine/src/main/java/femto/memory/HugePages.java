package femto.memory;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Anonymous memory that asks Linux for transparent huge pages.
 *
 * <p>The order matters: map, align to 2 MiB, advise, and only then touch. Memory from {@link
 * Arena#allocate} has been zero-filled page by page before anyone can advise, and gets no huge
 * page.
 */
final class HugePages {
  static final long PAGE_BYTES = 2L << 20;

  private static final int PROT_READ_WRITE = 0x1 | 0x2;
  private static final int MAP_PRIVATE_ANONYMOUS = 0x02 | 0x20;
  private static final int MADV_HUGEPAGE = 14;
  private static final long MAP_FAILED = -1;

  private HugePages() {}

  /**
   * Bound on first use, and only where native calls are allowed: else the JVM would print a
   * warning.
   */
  private static final class Calls {
    static final MethodHandle MMAP =
        bind(
            "mmap",
            FunctionDescriptor.of(
                ADDRESS, ADDRESS, JAVA_LONG, JAVA_INT, JAVA_INT, JAVA_INT, JAVA_LONG));
    static final MethodHandle MUNMAP =
        bind("munmap", FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_LONG));
    static final MethodHandle MADVISE =
        bind("madvise", FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_LONG, JAVA_INT));

    @SuppressWarnings("restricted") // native calls are this class's purpose, and only where allowed
    private static MethodHandle bind(String name, FunctionDescriptor signature) {
      Linker linker = Linker.nativeLinker();
      SymbolLookup library = linker.defaultLookup();
      return linker.downcallHandle(library.findOrThrow(name), signature);
    }
  }

  static boolean isAvailable() {
    return HugePages.class.getModule().isNativeAccessEnabled()
        && System.getProperty("os.name", "").toLowerCase(Locale.ROOT).equals("linux");
  }

  /** Maps {@code bytes} of zeros, freed when the arena closes; null if the system refuses. */
  @SuppressWarnings("restricted") // the segment gets exactly the size that was mapped
  static @Nullable MemorySegment map(long bytes, Arena arena) {
    if (bytes > Long.MAX_VALUE - 2 * PAGE_BYTES) {
      return null;
    }
    long mappedBytes = roundUp(bytes) + PAGE_BYTES;
    try {
      MemorySegment mapping =
          (MemorySegment)
              Calls.MMAP.invokeExact(
                  MemorySegment.NULL, mappedBytes, PROT_READ_WRITE, MAP_PRIVATE_ANONYMOUS, -1, 0L);
      if (mapping.address() == MAP_FAILED) {
        return null;
      }
      MemorySegment owned = mapping.reinterpret(mappedBytes, arena, m -> unmap(m, mappedBytes));
      long skipped = roundUp(owned.address()) - owned.address();
      MemorySegment aligned = owned.asSlice(skipped, roundUp(bytes));
      int refused = (int) Calls.MADVISE.invokeExact(aligned, aligned.byteSize(), MADV_HUGEPAGE);
      // A refusal (a kernel without huge pages) leaves ordinary memory, which serves as well.
      return refused == 0 || refused == -1 ? aligned.asSlice(0, bytes) : null;
    } catch (Throwable failure) {
      throw unexpected(failure);
    }
  }

  private static void unmap(MemorySegment mapping, long bytes) {
    try {
      int ignored = (int) Calls.MUNMAP.invokeExact(mapping, bytes);
    } catch (Throwable failure) {
      throw unexpected(failure);
    }
  }

  private static long roundUp(long value) {
    return (value + PAGE_BYTES - 1) & -PAGE_BYTES;
  }

  private static RuntimeException unexpected(Throwable failure) {
    if (failure instanceof Error error) {
      throw error;
    }
    return failure instanceof RuntimeException runtime
        ? runtime
        : new IllegalStateException("native call failed", failure);
  }
}
