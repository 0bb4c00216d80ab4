package femto.bench.online;

import femto.bench.report.WrongAnswerException;
import it.unimi.dsi.fastutil.longs.LongArrayList;
import java.util.Arrays;

/**
 * When probes were accepted, and when a reader saw each. Each one that is learned raises one score,
 * by what is known beforehand; since they are learned in the order of acceptance, the score says
 * how many a version has.
 */
final class ProbeLog {
  /** How far from what is expected a score may be, as a part of the distance to the next. */
  private static final double TOLERANCE = 0.25;

  private final double[] scores;
  private final LongArrayList accepted = new LongArrayList();
  private final LongArrayList latencies = new LongArrayList();

  /**
   * Begins with none.
   *
   * @param scores the score when so many have been learned, from none on, ascending
   */
  ProbeLog(double[] scores) {
    for (int i = 1; i < scores.length; i++) {
      if (!(scores[i] > scores[i - 1])) {
        throw new IllegalArgumentException(
            "score " + i + " is " + scores[i] + ", expected more than " + scores[i - 1]);
      }
    }
    this.scores = scores.clone();
  }

  /** Whether another one can be told from those before. */
  boolean hasRoom() {
    return accepted.size() < scores.length - 2;
  }

  void accepted(long nanos) {
    accepted.add(nanos);
  }

  /** Takes a score that a reader got. */
  void seen(double score, long nanos) {
    int has = latencies.size();
    while (has + 1 < scores.length && score > (scores[has] + scores[has + 1]) / 2) {
      has++;
    }
    double gap =
        has + 1 < scores.length ? scores[has + 1] - scores[has] : scores[has] - scores[has - 1];
    if (has > accepted.size() || Math.abs(score - scores[has]) > TOLERANCE * gap) {
      throw new WrongAnswerException(
          "after "
              + accepted.size()
              + " probes, "
              + latencies.size()
              + " of them seen, the score is "
              + score
              + ", expected that of one of them, such as "
              + scores[has]);
    }
    while (latencies.size() < has) {
      latencies.add(nanos - accepted.getLong(latencies.size()));
    }
  }

  boolean hasSeenAll() {
    return latencies.size() == accepted.size();
  }

  /** Nanoseconds from accepted to seen, ascending, of those that were seen. */
  double[] latencies() {
    double[] sorted = new double[latencies.size()];
    Arrays.setAll(sorted, i -> latencies.getLong(i));
    Arrays.sort(sorted);
    return sorted;
  }
}
