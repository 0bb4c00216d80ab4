package femto.tools.baseline;

/** Scores an item by how many like it: knows no user. */
public final class Popular implements Recommender {
  private final float[] counts;

  /**
   * Fits.
   *
   * @param likes who liked what, in training
   */
  public Popular(Likes likes) {
    counts = new float[likes.itemCount()];
    for (int item = 0; item < counts.length; item++) {
      counts[item] = likes.usersOf(item).length;
    }
  }

  @Override
  public int items() {
    return counts.length;
  }

  @Override
  public void score(int user, float[] scores) {
    System.arraycopy(counts, 0, scores, 0, counts.length);
  }
}
