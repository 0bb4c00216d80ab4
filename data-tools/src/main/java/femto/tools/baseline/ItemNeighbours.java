package femto.tools.baseline;

import java.util.Arrays;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;

/**
 * Item-based collaborative filtering (Sarwar, Karypis, Konstan and Riedl, WWW 2001; Deshpande and
 * Karypis, ACM TOIS 22, 2004): an item's score is the sum of its similarities to those of its
 * nearest neighbours that the user likes.
 *
 * <p>Of items i and j that n_i and n_j users like, and n_ij both, with shrinkage h (Bell and Koren,
 * ICDM 2007):
 *
 * <pre>
 *   cosine            n_ij / sqrt(n_i n_j)                             * n_ij / (n_ij + h)
 *   Jaccard           n_ij / (n_i + n_j - n_ij)                        * n_ij / (n_ij + h)
 *   adjusted cosine   sum a_ui a_uj / sqrt(sum a_ui^2 sum a_uj^2)      * n_ij / (n_ij + h)
 * </pre>
 *
 * where the sums are over the users of both, and a_ui is the rating less the mean of that user's.
 * Only pairs that somebody likes both of are looked at, and only those of a similarity above 0 are
 * neighbours. Fitted on all cores, with the same result on any number of them.
 */
public final class ItemNeighbours implements ItemScores {
  private final Interactions likes;
  private final double shrinkage;
  private final float[] means;
  private final int[] counts;
  private final double[] inverseRoots;

  /** The nearest of each item, and how like it they are. */
  private final int[][] neighbours;

  private final float[][] similarities;

  /** The other way round: the items that each is near to. */
  private final int[][] nearTo;

  private final float[][] similaritiesTo;

  /** How like two items are. */
  public enum Similarity {
    /** The cosine of the vectors of their users. */
    COSINE,
    /** Users of both by users of either. */
    JACCARD,
    /** The cosine of the vectors of the ratings of the users of both, less each user's mean. */
    ADJUSTED_COSINE
  }

  private ItemNeighbours(Interactions likes, double shrinkage) {
    this.likes = likes;
    this.shrinkage = shrinkage;
    this.counts = new int[likes.itemCount()];
    this.inverseRoots = new double[likes.itemCount()];
    for (int item = 0; item < counts.length; item++) {
      counts[item] = likes.usersOf(item).length;
      inverseRoots[item] = 1 / Math.sqrt(counts[item]);
    }
    this.means = new float[likes.userCount()];
    for (int user = 0; user < means.length; user++) {
      double sum = 0;
      for (float rating : likes.ratingsOf(user)) {
        sum += rating;
      }
      means[user] = (float) (sum / Math.max(1, likes.ratingsOf(user).length));
    }
    this.neighbours = new int[likes.itemCount()][];
    this.similarities = new float[likes.itemCount()][];
    this.nearTo = new int[likes.itemCount()][];
    this.similaritiesTo = new float[likes.itemCount()][];
  }

  /**
   * Fits.
   *
   * @param likes who liked what, in training
   * @param similarity how like two items are
   * @param count nearest neighbours of each item, 1 or more; of equal similarity the lower index
   * @param shrinkage h, 0 or more
   * @return the recommender
   */
  public static ItemNeighbours fit(
      Interactions likes, Similarity similarity, int count, double shrinkage) {
    if (count < 1 || !(shrinkage >= 0)) {
      throw new IllegalArgumentException(
          "neighbours=" + count + " and shrinkage=" + shrinkage + ", expected 1 and 0, or more");
    }
    ItemNeighbours fitted = new ItemNeighbours(likes, shrinkage);
    AtomicInteger next = new AtomicInteger();
    IntStream.range(0, Runtime.getRuntime().availableProcessors())
        .parallel()
        .forEach(
            worker -> {
              Row row = fitted.new Row(similarity);
              for (int item; (item = next.getAndIncrement()) < likes.itemCount(); ) {
                fitted.find(item, row, count);
              }
            });
    fitted.turnRound();
    return fitted;
  }

  private void turnRound() {
    int[] counts = new int[items()];
    for (int[] nearest : neighbours) {
      for (int item : nearest) {
        counts[item]++;
      }
    }
    Arrays.setAll(nearTo, item -> new int[counts[item]]);
    Arrays.setAll(similaritiesTo, item -> new float[counts[item]]);
    Arrays.fill(counts, 0);
    for (int item = 0; item < items(); item++) {
      for (int i = 0; i < neighbours[item].length; i++) {
        int near = neighbours[item][i];
        nearTo[near][counts[near]] = item;
        similaritiesTo[near][counts[near]++] = similarities[item][i];
      }
    }
  }

  /** What a worker reuses: what one item has in common with each other. */
  private final class Row {
    final Similarity kind;
    final int[] common;
    final float[] products;
    final float[] squares;
    final float[] otherSquares;
    final float[] similarity;
    final Best best;
    int[] touched = new int[1024];
    int size;

    Row(Similarity kind) {
      int items = likes.itemCount();
      int ofRatings = kind == Similarity.ADJUSTED_COSINE ? items : 0;
      this.kind = kind;
      this.common = new int[items];
      this.products = new float[ofRatings];
      this.squares = new float[ofRatings];
      this.otherSquares = new float[ofRatings];
      this.similarity = new float[items];
      this.best = new Best(similarity);
    }

    private void touch(int item) {
      if (common[item]++ == 0) {
        if (size == touched.length) {
          touched = Arrays.copyOf(touched, 2 * size);
        }
        touched[size++] = item;
      }
    }

    void add(int user, int item) {
      int[] others = likes.itemsOf(user);
      for (int other : others) {
        touch(other);
      }
      if (kind == Similarity.ADJUSTED_COSINE) {
        float[] ratings = likes.ratingsOf(user);
        float own = ratings[Arrays.binarySearch(others, item)] - means[user];
        for (int i = 0; i < others.length; i++) {
          float rating = ratings[i] - means[user];
          products[others[i]] += own * rating;
          squares[others[i]] += own * own;
          otherSquares[others[i]] += rating * rating;
        }
      }
    }

    /** How like the item another one is; what they had in common is forgotten. */
    double take(int item, int other) {
      int both = common[other];
      common[other] = 0;
      double one = counts[item];
      double two = counts[other];
      double shrunk = both / (both + shrinkage);
      if (kind == Similarity.ADJUSTED_COSINE) {
        double length = Math.sqrt((double) squares[other] * otherSquares[other]);
        double cosine = length == 0 ? 0 : products[other] / length;
        products[other] = 0;
        squares[other] = 0;
        otherSquares[other] = 0;
        return shrunk * cosine;
      }
      return shrunk
          * (kind == Similarity.COSINE
              ? both * (inverseRoots[item] * inverseRoots[other])
              : both / (one + two - both));
    }
  }

  private void find(int item, Row row, int count) {
    row.size = 0;
    for (int user : likes.usersOf(item)) {
      row.add(user, item);
    }
    for (int i = 0; i < row.size; i++) {
      int other = row.touched[i];
      row.similarity[other] = (float) row.take(item, other);
      if (other != item && row.similarity[other] > 0) {
        row.best.offer(other, count);
      }
    }
    int[] nearest = new int[row.best.size()];
    row.best.drainTo(nearest);
    float[] ofNearest = new float[nearest.length];
    for (int i = 0; i < nearest.length; i++) {
      ofNearest[i] = row.similarity[nearest[i]];
    }
    neighbours[item] = nearest;
    similarities[item] = ofNearest;
  }

  int[] neighboursOf(int item) {
    return neighbours[item];
  }

  float[] similaritiesOf(int item) {
    return similarities[item];
  }

  @Override
  public int items() {
    return neighbours.length;
  }

  @Override
  public void score(int user, float[] scores) {
    Arrays.fill(scores, 0);
    for (int item : likes.itemsOf(user)) {
      int[] near = nearTo[item];
      float[] similarity = similaritiesTo[item];
      for (int i = 0; i < near.length; i++) {
        scores[near[i]] += similarity[i];
      }
    }
  }
}
