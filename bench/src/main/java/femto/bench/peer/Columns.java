package femto.bench.peer;

/** The matrix that peers multiply with: a bias as column 0, the factors as the others. */
final class Columns {
  private Columns() {}

  /** Writes a query as they want it: a one for the bias, then the factors. */
  static void query(float[] factors, float[] into, int at) {
    into[at] = 1;
    System.arraycopy(factors, 0, into, at + 1, factors.length);
  }

  /** Writes several of them, one after the other. */
  static void queries(float[][] queries, float[] into) {
    for (int i = 0; i < queries.length; i++) {
      query(queries[i], into, i * (1 + queries[i].length));
    }
  }
}
