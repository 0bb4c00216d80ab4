package femto.bench;

import femto.kernels.RowTable;
import java.util.Comparator;
import java.util.stream.IntStream;

/** The plainest way of ranking: doubles, one loop, a sort. */
public final class Oracle {
  private Oracle() {}

  public static double score(RowTable table, float[] query, int row) {
    double score = table.bias(row);
    for (int f = 0; f < table.length(); f++) {
      score += (double) query[f] * table.factor(row, f);
    }
    return score;
  }

  /** The best rows, best first, the lower index first among equals. */
  public static int[] top(RowTable table, float[] query, int k) {
    double[] scores = new double[table.rows()];
    for (int row = 0; row < scores.length; row++) {
      scores[row] = score(table, query, row);
    }
    return IntStream.range(0, scores.length)
        .boxed()
        .sorted(
            Comparator.<Integer>comparingDouble(row -> -scores[row]).thenComparingInt(row -> row))
        .limit(k)
        .mapToInt(row -> row)
        .toArray();
  }
}
