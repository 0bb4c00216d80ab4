package femto.bench;

import femto.bench.data.SyntheticTable;
import femto.bench.report.OperationCounters;
import femto.bench.report.WrongAnswerException;
import femto.kernels.RowTable;
import femto.kernels.TopRequest;
import femto.kernels.TopRequest.Method;
import femto.kernels.TopSearch;
import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.stream.IntStream;

/**
 * Holds answers against others in the JVM that is about to measure, on the table that it measures:
 * small tests say nothing about offsets beyond 2^31 or about what the compiler makes of a kernel
 * here. A search is held against scoring every row, bit for bit, and that against doubles.
 */
final class AnswerCheck {
  /** Searches; the queries are spread over those that are measured. */
  static final int SEARCHES = 3;

  /** Random rows whose scores are held against doubles, a search. */
  static final int SAMPLED = 1000;

  /** Largest relative error of one rounding. */
  private static final double UNIT_ROUNDOFF = 0x1p-24;

  /** A search to be checked. */
  interface Search {
    /** As {@link TopSearch#top(TopRequest, int[], float[])}. */
    int top(TopRequest request, int[] indexes, float[] scores);
  }

  private final SyntheticTable synthetic;
  private final int top;
  private long searches;
  private long scores;

  /** For the best so many rows. */
  AnswerCheck(SyntheticTable synthetic, int top) {
    this.synthetic = synthetic;
    this.top = top;
  }

  /** Adds what has been checked to the report. */
  void countIn(OperationCounters counters) {
    counters.checkedSearches = searches;
    counters.checkedScores = scores;
  }

  /** Checks that a search finds what scoring every row finds, in each of some ways of asking. */
  void search(Search search, Method... methods) {
    RowTable rows = synthetic.table();
    TopSearch plain = new TopSearch(rows, null);
    SplittableRandom random = new SplittableRandom(3);
    int[] expectedRows = new int[top];
    float[] expected = new float[top];
    int[] foundRows = new int[top];
    float[] found = new float[top];
    for (int i = 0; i < SEARCHES; i++) {
      int number = i * (SyntheticTable.QUERIES / SEARCHES) + i;
      float[] query = synthetic.query(number);
      TopRequest request = new TopRequest().reset(query, top);
      int count = plain.top(request.by(Method.PLAIN), expectedRows, expected);
      if (count != Math.min(top, rows.rows())) {
        throw new WrongAnswerException("found " + count + " rows of " + rows.rows());
      }
      scores(query, expectedRows, count, expected);
      noneIsBetter(query, random, expectedRows, count, expected[count - 1]);
      for (Method method : methods) {
        int same = search.top(request.by(method), foundRows, found);
        String asked = "query " + number + ", " + method;
        requireSame(asked, foundRows, found, same, expectedRows, expected, count);
        searches++;
      }
    }
  }

  /** Checks that every query of a batch has found what scoring every row finds. */
  void batch(float[][] queries, int[][] foundRows, float[][] found, int[] counts) {
    TopSearch plain = new TopSearch(synthetic.table(), null);
    TopRequest request = new TopRequest();
    int[] expectedRows = new int[top];
    float[] expected = new float[top];
    for (int i = 0; i < queries.length; i++) {
      int count =
          plain.top(request.reset(queries[i], top).by(Method.PLAIN), expectedRows, expected);
      scores(queries[i], expectedRows, count, expected);
      requireSame(
          "query " + i + " of a batch",
          foundRows[i],
          found[i],
          counts[i],
          expectedRows,
          expected,
          count);
      searches++;
    }
  }

  /** Checks that the scores of some rows are as doubles say, up to the rounding of f32. */
  void scores(float[] query, int[] rows, int count, float[] found) {
    for (int i = 0; i < count; i++) {
      double exact = exact(query, rows[i]);
      if (!(Math.abs(found[i] - exact) <= rounding(query, rows[i]))) {
        throw new WrongAnswerException(
            "row " + rows[i] + " has the score " + found[i] + ", expected " + exact);
      }
      scores++;
    }
  }

  /** Checks that no random row is better than the worst of an answer, unless it is in it. */
  private void noneIsBetter(
      float[] query, SplittableRandom random, int[] answer, int count, float worst) {
    for (int i = 0; i < SAMPLED; i++) {
      int row = random.nextInt(synthetic.table().rows());
      double exact = exact(query, row);
      if (exact - rounding(query, row) > worst
          && IntStream.range(0, count).noneMatch(at -> answer[at] == row)) {
        throw new WrongAnswerException(
            "row " + row + " of score " + exact + " was not found, but one of " + worst + " was");
      }
      scores++;
    }
  }

  static void requireSame(
      String asked,
      int[] foundRows,
      float[] found,
      int foundCount,
      int[] expectedRows,
      float[] expected,
      int count) {
    int at =
        Math.min(
            mismatch(Arrays.mismatch(foundRows, 0, foundCount, expectedRows, 0, count)),
            mismatch(Arrays.mismatch(bits(found, foundCount), bits(expected, count))));
    if (at < Integer.MAX_VALUE) {
      throw new WrongAnswerException(
          "%s: place %d holds %s, expected %s"
              .formatted(
                  asked,
                  at,
                  place(foundRows, found, foundCount, at),
                  place(expectedRows, expected, count, at)));
    }
  }

  private static int mismatch(int at) {
    return at < 0 ? Integer.MAX_VALUE : at;
  }

  private static String place(int[] rows, float[] scores, int count, int at) {
    return at < count ? "row " + rows[at] + " of score " + scores[at] : "nothing";
  }

  /** As they are: 0 and -0 differ. */
  private static int[] bits(float[] scores, int count) {
    return IntStream.range(0, count).map(i -> Float.floatToRawIntBits(scores[i])).toArray();
  }

  private double exact(float[] query, int row) {
    RowTable table = synthetic.table();
    double score = table.bias(row);
    for (int f = 0; f < table.length(); f++) {
      score += (double) query[f] * table.factor(row, f);
    }
    return score;
  }

  /**
   * A bound on what rounding may add to a chain (Higham 2002, section 3.1), and doubles to ours.
   */
  private double rounding(float[] query, int row) {
    RowTable table = synthetic.table();
    double size = Math.abs(table.bias(row));
    for (int f = 0; f < table.length(); f++) {
      size += Math.abs((double) query[f] * table.factor(row, f));
    }
    return 1.01 * (table.length() + 1) * UNIT_ROUNDOFF * size + table.length() * Float.MIN_VALUE;
  }
}
