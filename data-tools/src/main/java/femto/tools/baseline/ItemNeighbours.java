package femto.tools.baseline;

import it.unimi.dsi.fastutil.ints.IntArrays;
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
 *   cosine    n_ij / sqrt(n_i n_j)            * n_ij / (n_ij + h)
 *   Jaccard   n_ij / (n_i + n_j - n_ij)       * n_ij / (n_ij + h)
 * </pre>
 *
 * <p>Only pairs that somebody likes both of are looked at. Fitted on all cores, with the same
 * result on any number of them.
 */
public final class ItemNeighbours implements Recommender {
  private final Likes likes;

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
    JACCARD;

    double of(int both, int one, int other) {
      return switch (this) {
        case COSINE -> both / Math.sqrt((double) one * other);
        case JACCARD -> both / ((double) one + other - both);
      };
    }
  }

  private ItemNeighbours(Likes likes) {
    this.likes = likes;
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
      Likes likes, Similarity similarity, int count, double shrinkage) {
    if (count < 1 || !(shrinkage >= 0)) {
      throw new IllegalArgumentException(
          "neighbours=" + count + " and shrinkage=" + shrinkage + ", expected 1 and 0, or more");
    }
    ItemNeighbours fitted = new ItemNeighbours(likes);
    AtomicInteger next = new AtomicInteger();
    IntStream.range(0, Runtime.getRuntime().availableProcessors())
        .parallel()
        .forEach(
            worker -> {
              Row row = new Row(likes.itemCount());
              for (int item; (item = next.getAndIncrement()) < likes.itemCount(); ) {
                fitted.find(item, row, similarity, count, shrinkage);
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

  /** What a worker reuses: how many users each item has in common with one. */
  private static final class Row {
    final int[] common;
    final float[] similarity;
    int[] touched = new int[1024];
    int size;

    Row(int items) {
      common = new int[items];
      similarity = new float[items];
    }

    void add(int item) {
      if (common[item]++ == 0) {
        if (size == touched.length) {
          touched = Arrays.copyOf(touched, 2 * size);
        }
        touched[size++] = item;
      }
    }
  }

  private void find(int item, Row row, Similarity similarity, int count, double shrinkage) {
    row.size = 0;
    int[] users = likes.usersOf(item);
    for (int user : users) {
      for (int other : likes.itemsOf(user)) {
        row.add(other);
      }
    }
    int found = 0;
    for (int i = 0; i < row.size; i++) {
      int other = row.touched[i];
      int both = row.common[other];
      row.common[other] = 0;
      if (other != item) {
        double shrunk = both / (both + shrinkage);
        row.similarity[other] =
            (float) (shrunk * similarity.of(both, users.length, likes.usersOf(other).length));
        row.touched[found++] = other;
      }
    }
    IntArrays.quickSort(
        row.touched,
        0,
        found,
        (a, b) ->
            row.similarity[a] != row.similarity[b]
                ? Float.compare(row.similarity[b], row.similarity[a])
                : Integer.compare(a, b));
    int kept = Math.min(found, count);
    int[] nearest = Arrays.copyOf(row.touched, kept);
    float[] ofNearest = new float[kept];
    for (int i = 0; i < kept; i++) {
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
