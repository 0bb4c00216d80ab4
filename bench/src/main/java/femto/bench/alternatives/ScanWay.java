package femto.bench.alternatives;

/** A way of scoring consecutive rows. What it gives may be a chain, or a bound just above it. */
interface ScanWay {
  /** Rows that are scored at once, and a multiple of what any way takes at a time. */
  int CHUNK = 1024;

  /**
   * Scores rows.
   *
   * @param query the query
   * @param first index of the first row, a multiple of {@link #CHUNK}
   * @param count how many, up to {@link #CHUNK}
   * @param into receives the scores; {@link #CHUNK} numbers
   */
  void score(float[] query, int first, int count, float[] into);
}
