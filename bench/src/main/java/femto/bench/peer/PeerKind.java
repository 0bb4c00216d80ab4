package femto.bench.peer;

import femto.kernels.RowTable;
import java.util.Optional;
import java.util.function.BiFunction;

/** The peers, and the ways of using them that are worth measuring. */
public enum PeerKind {
  /** A graph of MatMul, Add and TopK, one thread. */
  ONNX_RUNTIME(
      "ONNX Runtime", 1, 1, true, OnnxRuntimePeer::require, (kind, t) -> new OnnxRuntimePeer(t)),
  /** {@code VectorUtil.dotProduct} row by row, and a heap. */
  LUCENE("Lucene dotProduct", 1, 1, true, () -> {}, (kind, table) -> new LucenePeer(table)),
  /** {@code VectorUtil.dotProduct} row by row, and a heap. */
  JVECTOR("JVector dotProduct", 1, 1, true, () -> {}, (kind, table) -> new JVectorPeer(table)),

  /** A matrix-vector product a block of rows, and a heap. */
  OPENBLAS_SGEMV("OpenBLAS sgemv", 1, 1, true, OpenBlas::get, OpenBlasPeer::new),
  /** A matrix-matrix product a block of rows, and a heap a query. */
  OPENBLAS_SGEMM("OpenBLAS sgemm, 64 queries", 64, 1, true, OpenBlas::get, OpenBlasPeer::new),
  /** The products alone, with nothing selected: less than any ranking that way can cost. */
  OPENBLAS_SGEMM_SCORES(
      "OpenBLAS sgemm, 64 queries, no top-K", 64, 1, false, OpenBlas::get, OpenBlasPeer::new),
  /** The same on two threads. */
  OPENBLAS_SGEMM_SCORES_2_THREADS(
      "OpenBLAS sgemm, 64 queries, no top-K, 2 threads",
      64,
      2,
      false,
      OpenBlas::get,
      OpenBlasPeer::new),

  /** An IndexFlatIP, one query at a time. */
  FAISS("FAISS IndexFlatIP", 1, 1, true, Faiss::get, FaissPeer::new),
  /** An IndexFlatIP, many queries at once. */
  FAISS_64("FAISS IndexFlatIP, 64 queries", 64, 1, true, Faiss::get, FaissPeer::new);

  private final String label;
  private final int batch;
  private final int threads;
  private final boolean selects;

  @SuppressWarnings("ImmutableEnumChecker") // a reference to a static method
  private final Runnable require;

  @SuppressWarnings("ImmutableEnumChecker") // a reference to a constructor
  private final BiFunction<PeerKind, RowTable, Peer> open;

  /** {@code require} throws MissingPeerException; what comes with the build is always there. */
  PeerKind(
      String label,
      int batch,
      int threads,
      boolean selects,
      Runnable require,
      BiFunction<PeerKind, RowTable, Peer> open) {
    this.label = label;
    this.batch = batch;
    this.threads = threads;
    this.selects = selects;
    this.require = require;
    this.open = open;
  }

  /**
   * What a report calls it.
   *
   * @return a few words
   */
  public String label() {
    return label;
  }

  /**
   * How many queries it answers at a time.
   *
   * @return 1 or more
   */
  public int batch() {
    return batch;
  }

  /**
   * How many threads it works on.
   *
   * @return 1 or more
   */
  public int threads() {
    return threads;
  }

  /**
   * Whether it finds the best rows, or only computes all scores.
   *
   * @return true if it ranks
   */
  public boolean selects() {
    return selects;
  }

  /**
   * Whether there is nothing for the JVM to compile.
   *
   * @return true if the work is done by a native library
   */
  public boolean isNative() {
    return this != LUCENE && this != JVECTOR;
  }

  /**
   * Why it cannot be measured here.
   *
   * @return the reason, with what to do about it; empty if it can
   */
  public Optional<String> missing() {
    try {
      require.run();
      return Optional.empty();
    } catch (MissingPeerException e) {
      return Optional.of(String.valueOf(e.getMessage()));
    }
  }

  /**
   * Loads a table.
   *
   * @param table the rows; must stay open as long as the peer
   * @return the peer; the caller closes it
   * @throws MissingPeerException if it is not on this machine
   */
  public Peer open(RowTable table) {
    require.run();
    return open.apply(this, table);
  }
}
