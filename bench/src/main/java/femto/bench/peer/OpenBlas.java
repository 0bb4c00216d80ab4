package femto.bench.peer;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/**
 * The OpenBLAS of this machine: its path is {@code -Dfemto.bench.openblas=PATH}, or else one of the
 * usual ones. Loaded once, and checked against a plain loop before anything is measured with it:
 * kernels for a processor that OpenBLAS takes for another have been wrong before.
 *
 * <p>Which kernels it uses is decided when it is loaded, by the processor or, if that is set, by
 * the variable OPENBLAS_CORETYPE; {@link #describe} says what it came to.
 */
final class OpenBlas {
  static final String PATH = "femto.bench.openblas";

  private static final String INSTALL =
      "; install it (Debian: apt-get install libopenblas0-pthread) or name a library with -D"
          + PATH
          + "=PATH";
  private static final List<String> USUAL_PATHS =
      List.of(
          "/usr/lib/x86_64-linux-gnu/libopenblas.so.0",
          "/usr/lib/x86_64-linux-gnu/openblas-pthread/libopenblas.so.0",
          "/usr/lib/aarch64-linux-gnu/libopenblas.so.0",
          "/usr/lib64/libopenblas.so.0",
          "/usr/lib/libopenblas.so.0",
          "/usr/local/lib/libopenblas.so.0",
          "/opt/homebrew/opt/openblas/lib/libopenblas.0.dylib");

  private static final int ROW_MAJOR = 101;
  private static final int NO_TRANSPOSE = 111;
  private static final int TRANSPOSE = 112;

  private static @Nullable OpenBlas loaded;
  private static @Nullable String missing;

  private final MethodHandle gemv;
  private final MethodHandle gemm;
  private final MethodHandle setThreads;
  private final String core;
  private final String config;

  private OpenBlas(SymbolLookup library) {
    NativeCalls calls = new NativeCalls(library);
    this.gemv =
        calls.bind(
            "cblas_sgemv",
            FunctionDescriptor.ofVoid(
                JAVA_INT,
                JAVA_INT,
                JAVA_INT,
                JAVA_INT,
                JAVA_FLOAT,
                ADDRESS,
                JAVA_INT,
                ADDRESS,
                JAVA_INT,
                JAVA_FLOAT,
                ADDRESS,
                JAVA_INT));
    this.gemm =
        calls.bind(
            "cblas_sgemm",
            FunctionDescriptor.ofVoid(
                JAVA_INT,
                JAVA_INT,
                JAVA_INT,
                JAVA_INT,
                JAVA_INT,
                JAVA_INT,
                JAVA_FLOAT,
                ADDRESS,
                JAVA_INT,
                ADDRESS,
                JAVA_INT,
                JAVA_FLOAT,
                ADDRESS,
                JAVA_INT));
    this.setThreads = calls.bind("openblas_set_num_threads", FunctionDescriptor.ofVoid(JAVA_INT));
    FunctionDescriptor getText = FunctionDescriptor.of(ADDRESS);
    this.core = text(calls.bind("openblas_get_corename", getText));
    this.config = text(calls.bind("openblas_get_config", getText));
  }

  /** The library. Throws MissingPeerException if there is none, or if it computes nonsense. */
  static synchronized OpenBlas get() {
    if (loaded == null && missing == null) {
      try {
        OpenBlas library = new OpenBlas(open(System.getProperty(PATH)));
        library.check();
        loaded = library;
      } catch (MissingPeerException e) {
        missing = e.getMessage();
      }
    }
    if (loaded == null) {
      throw new MissingPeerException(String.valueOf(missing));
    }
    return loaded;
  }

  @SuppressWarnings("restricted") // a native peer
  static SymbolLookup open(@Nullable String asked) {
    List<String> paths = asked == null ? USUAL_PATHS : List.of(asked);
    for (String path : paths) {
      if (Files.exists(Path.of(path))) {
        try {
          return SymbolLookup.libraryLookup(Path.of(path), Arena.global());
        } catch (IllegalArgumentException e) {
          throw new MissingPeerException("OpenBLAS does not load: " + e.getMessage(), e);
        }
      }
    }
    throw new MissingPeerException(
        (asked == null ? "no OpenBLAS in the usual places" : "no file " + asked) + INSTALL);
  }

  @SuppressWarnings("restricted") // a string of C, of unknown length
  private static String text(MethodHandle get) {
    try {
      MemorySegment text = (MemorySegment) get.invokeExact();
      return text.reinterpret(Long.MAX_VALUE).getString(0);
    } catch (Throwable e) {
      throw NativeCalls.unexpected(e);
    }
  }

  /** Its version and the processor whose kernels it uses, such as Haswell. */
  String describe() {
    // "OpenBLAS 0.3.21 NO_LAPACKE DYNAMIC_ARCH ..."
    String version = config.replaceFirst("^OpenBLAS +", "").replaceFirst(" .*", "");
    return version + ", kernels for " + core;
  }

  void setThreads(int threads) {
    try {
      setThreads.invokeExact(threads);
    } catch (Throwable e) {
      throw NativeCalls.unexpected(e);
    }
  }

  /** {@code into = rows * query}; rows of {@code columns} numbers one after the other. */
  void gemv(MemorySegment rows, int count, int columns, MemorySegment query, MemorySegment into) {
    try {
      gemv.invokeExact(
          ROW_MAJOR, NO_TRANSPOSE, count, columns, 1f, rows, columns, query, 1, 0f, into, 1);
    } catch (Throwable e) {
      throw NativeCalls.unexpected(e);
    }
  }

  /**
   * {@code into = rows * transposed(queries)}: a row of {@code queryCount} scores a row. (The other
   * way around, a row of scores a query, took 0.52 ns a pair instead of 0.30 on an EPYC with
   * AVX-512.)
   */
  void gemm(
      MemorySegment rows,
      int count,
      int columns,
      MemorySegment queries,
      int queryCount,
      MemorySegment into) {
    try {
      gemm.invokeExact(
          ROW_MAJOR,
          NO_TRANSPOSE,
          TRANSPOSE,
          count,
          queryCount,
          columns,
          1f,
          rows,
          columns,
          queries,
          columns,
          0f,
          into,
          queryCount);
    } catch (Throwable e) {
      throw NativeCalls.unexpected(e);
    }
  }

  private void check() {
    int count = 1000;
    int columns = 17;
    int queryCount = 64;
    SplittableRandom random = new SplittableRandom(1);
    float[] rows = new float[count * columns];
    float[] queries = new float[queryCount * columns];
    fill(rows, random);
    fill(queries, random);
    float[] scores = new float[count * queryCount];
    float[] firstScores = new float[count];
    setThreads(1);
    MemorySegment matrix = MemorySegment.ofArray(rows);
    MemorySegment vectors = MemorySegment.ofArray(queries);
    gemm(matrix, count, columns, vectors, queryCount, MemorySegment.ofArray(scores));
    gemv(matrix, count, columns, vectors, MemorySegment.ofArray(firstScores));
    for (int row = 0; row < count; row++) {
      for (int query = 0; query < queryCount; query++) {
        double expected = 0;
        for (int column = 0; column < columns; column++) {
          expected += (double) rows[row * columns + column] * queries[query * columns + column];
        }
        requireNear(expected, scores[row * queryCount + query]);
        if (query == 0) {
          requireNear(expected, firstScores[row]);
        }
      }
    }
  }

  private static void fill(float[] numbers, SplittableRandom random) {
    for (int i = 0; i < numbers.length; i++) {
      numbers[i] = (float) random.nextDouble(-1, 1);
    }
  }

  private void requireNear(double expected, float score) {
    if (!(Math.abs(expected - score) <= 1e-4)) {
      throw new MissingPeerException(
          "OpenBLAS computes "
              + score
              + " where "
              + expected
              + " is right, with its kernels for "
              + core
              + "; try others, such as OPENBLAS_CORETYPE=Haswell");
    }
  }
}
