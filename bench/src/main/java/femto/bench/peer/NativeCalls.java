package femto.bench.peer;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;

/** Binding the functions of a native library. */
final class NativeCalls {
  private final SymbolLookup library;

  NativeCalls(SymbolLookup library) {
    this.library = library;
  }

  /**
   * Binds a function. It may be given heap arrays: the collector waits while it runs, which it can
   * afford here.
   */
  @SuppressWarnings("restricted") // native peers are this package's purpose
  MethodHandle bind(String name, FunctionDescriptor signature) {
    MemorySegment function =
        library
            .find(name)
            .orElseThrow(() -> new MissingPeerException("the library has no function " + name));
    return Linker.nativeLinker().downcallHandle(function, signature, Linker.Option.critical(true));
  }

  /** What a call by MethodHandle may throw, which our callees never do. */
  static RuntimeException unexpected(Throwable failure) {
    if (failure instanceof Error error) {
      throw error;
    }
    return failure instanceof RuntimeException runtime
        ? runtime
        : new IllegalStateException("native call failed", failure);
  }
}
