package femto.tools.baseline;

import femto.tools.data.DataSet;

/**
 * Scores an item by how many like it: knows no user. Likes may fade with time, so that what is
 * liked now counts more than what was liked once:
 *
 * <pre>
 *   score = sum over its likes of 2^(-(latest - time) / half-life)
 * </pre>
 */
public final class Popular implements ItemScores {
  private final float[] scores;

  private Popular(float[] scores) {
    this.scores = scores;
  }

  /**
   * Counts.
   *
   * @param likes who liked what, in training
   * @return the recommender
   */
  public static Popular fit(Interactions likes) {
    float[] counts = new float[likes.itemCount()];
    for (int item = 0; item < counts.length; item++) {
      counts[item] = likes.usersOf(item).length;
    }
    return new Popular(counts);
  }

  /**
   * Counts what fades.
   *
   * @param data the data set
   * @param likes its examples that are likes, in training
   * @param halfLife seconds in which a like comes to count half, above 0
   * @return the recommender
   */
  public static Popular fading(DataSet data, int[] likes, double halfLife) {
    if (!(halfLife > 0)) {
      throw new IllegalArgumentException("half-life " + halfLife + ", expected above 0");
    }
    long latest = Long.MIN_VALUE;
    for (int like : likes) {
      latest = Math.max(latest, data.time(like));
    }
    double[] sums = new double[data.candidates().rows()];
    for (int like : likes) {
      sums[data.candidate(like)] += Math.pow(2, (data.time(like) - latest) / halfLife);
    }
    float[] scores = new float[sums.length];
    for (int item = 0; item < scores.length; item++) {
      scores[item] = (float) sums[item];
    }
    return new Popular(scores);
  }

  @Override
  public int items() {
    return scores.length;
  }

  @Override
  public void score(int user, float[] into) {
    System.arraycopy(scores, 0, into, 0, scores.length);
  }
}
