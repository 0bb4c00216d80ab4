package femto.bench.peer;

import femto.kernels.TopK;

/**
 * Another engine with a table loaded, ready to rank. One thread at a time; closing frees what the
 * engine holds, and nothing may be called after that.
 */
public interface Peer extends AutoCloseable {
  /**
   * Ranks all rows of the table for some queries.
   *
   * @param queries as many as {@link PeerKind#batch} says, each of as many factors as the table has
   * @param into one a query, reset to the K wanted (the same K for all); receives the best rows.
   *     Left empty by a kind that only computes scores ({@link PeerKind#selects})
   */
  void top(float[][] queries, TopK[] into);

  @Override
  void close();
}
