package femto.tools.evaluate;

import femto.tools.data.DataSet;
import it.unimi.dsi.fastutil.ints.IntArrays;
import java.util.stream.IntStream;

/**
 * The baseline that knows no user: a candidate's score is its number of positive training ratings.
 *
 * <p>Ordered by the integer count, equal counts by the lower index; the float score is exact up to
 * 2^24. Immutable: unlike other rankers one may be shared by all threads.
 */
public final class Popularity implements Ranker {
  private final int[] counts;
  private final int[] order;

  private Popularity(int[] counts, int[] order) {
    this.counts = counts;
    this.order = order;
  }

  /**
   * Counts positive ratings.
   *
   * @param data the data set
   * @param train its training examples
   * @param threshold a rating counts if its label is at least this
   * @return the ranker over the whole catalogue, candidates without a positive rating last
   */
  public static Popularity of(DataSet data, int[] train, float threshold) {
    return of(Examples.of(data), train, threshold);
  }

  static Popularity of(Examples examples, int[] train, float threshold) {
    int[] counts = new int[examples.candidates()];
    for (int example : train) {
      if (examples.label(example) >= threshold) {
        counts[examples.candidate(example)]++;
      }
    }
    int[] order = IntStream.range(0, counts.length).toArray();
    IntArrays.quickSort(
        order,
        (a, b) ->
            counts[a] != counts[b] ? Integer.compare(counts[b], counts[a]) : Integer.compare(a, b));
    return new Popularity(counts, order);
  }

  @Override
  public int top(int context, int k, long[] excluded, int[] intoCandidates, float[] intoScores) {
    int found = 0;
    for (int i = 0; i < order.length && found < k; i++) {
      int candidate = order[i];
      if ((excluded[candidate >>> 6] & (1L << candidate)) == 0) {
        intoCandidates[found] = candidate;
        intoScores[found] = counts[candidate];
        found++;
      }
    }
    return found;
  }
}
