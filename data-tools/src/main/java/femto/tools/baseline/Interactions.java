package femto.tools.baseline;

import femto.tools.data.DataSet;
import it.unimi.dsi.fastutil.ints.IntArrayList;
import it.unimi.dsi.fastutil.ints.IntArrays;
import java.util.Arrays;

/**
 * Who liked what: the items of each user and the users of each item, ascending, each once, and the
 * rating that each came with. Immutable and safe to share.
 */
public final class Interactions {
  private final int[][] items;
  private final float[][] ratings;
  private final int[][] users;

  private Interactions(int[][] items, float[][] ratings, int itemCount) {
    this.items = items;
    this.ratings = ratings;
    int[] counts = new int[itemCount];
    for (int[] ofUser : items) {
      for (int item : ofUser) {
        counts[item]++;
      }
    }
    this.users = new int[itemCount][];
    Arrays.setAll(users, item -> new int[counts[item]]);
    int[] next = new int[itemCount];
    for (int user = 0; user < items.length; user++) {
      for (int item : items[user]) {
        users[item][next[item]++] = user;
      }
    }
  }

  /**
   * Of the examples of a data set whose label is high enough.
   *
   * @param data the data set
   * @param examples those that may be looked at: the training part
   * @param threshold least label; negative infinity takes all
   * @return who liked what
   */
  public static Interactions of(DataSet data, int[] examples, float threshold) {
    IntArrayList[] lists = new IntArrayList[data.contexts().rows()];
    Arrays.setAll(lists, user -> new IntArrayList());
    for (int example : examples) {
      if (data.label(example) >= threshold) {
        lists[data.context(example)].add(example);
      }
    }
    int[][] items = new int[lists.length][];
    float[][] ratings = new float[lists.length][];
    for (int user = 0; user < lists.length; user++) {
      int[] ofUser = lists[user].toIntArray();
      IntArrays.quickSort(
          ofUser,
          (a, b) ->
              data.candidate(a) != data.candidate(b)
                  ? Integer.compare(data.candidate(a), data.candidate(b))
                  : Integer.compare(b, a));
      int kept = 0;
      for (int example : ofUser) { // the last of two ratings of one item comes first, and is kept
        if (kept == 0 || data.candidate(example) != data.candidate(ofUser[kept - 1])) {
          ofUser[kept++] = example;
        }
      }
      items[user] = Arrays.stream(ofUser, 0, kept).map(data::candidate).toArray();
      ratings[user] = new float[kept];
      for (int i = 0; i < kept; i++) {
        ratings[user][i] = data.label(ofUser[i]);
      }
    }
    return new Interactions(items, ratings, data.candidates().rows());
  }

  /**
   * Of lists, with a rating of 1 for each.
   *
   * @param items the items of each user, in any order; not kept
   * @param itemCount how many items there are
   * @return who liked what
   */
  public static Interactions of(int[][] items, int itemCount) {
    int[][] sorted = new int[items.length][];
    float[][] ratings = new float[items.length][];
    for (int user = 0; user < items.length; user++) {
      sorted[user] = Arrays.stream(items[user]).sorted().distinct().toArray();
      ratings[user] = new float[sorted[user].length];
      Arrays.fill(ratings[user], 1);
    }
    return new Interactions(sorted, ratings, itemCount);
  }

  /** Of lists that are ascending and distinct, with ratings; kept as they are. */
  static Interactions of(int[][] items, float[][] ratings, int itemCount) {
    return new Interactions(items, ratings, itemCount);
  }

  /**
   * Without some of them.
   *
   * @param left for each user the items to leave out, ascending
   * @return the others
   */
  public Interactions without(int[][] left) {
    int[][] keptItems = new int[items.length][];
    float[][] keptRatings = new float[items.length][];
    for (int user = 0; user < items.length; user++) {
      int[] kept = new int[items[user].length];
      float[] ofKept = new float[kept.length];
      int size = 0;
      for (int i = 0; i < kept.length; i++) {
        if (Arrays.binarySearch(left[user], items[user][i]) < 0) {
          kept[size] = items[user][i];
          ofKept[size++] = ratings[user][i];
        }
      }
      keptItems[user] = Arrays.copyOf(kept, size);
      keptRatings[user] = Arrays.copyOf(ofKept, size);
    }
    return new Interactions(keptItems, keptRatings, itemCount());
  }

  /**
   * Number of users, those who like nothing included.
   *
   * @return 0 or more
   */
  public int userCount() {
    return items.length;
  }

  /**
   * Number of items, those that nobody likes included.
   *
   * @return 0 or more
   */
  public int itemCount() {
    return users.length;
  }

  /**
   * What a user likes.
   *
   * @param user index of the user
   * @return the items, ascending; not to be written to
   */
  public int[] itemsOf(int user) {
    return items[user];
  }

  /**
   * The ratings of what a user likes.
   *
   * @param user index of the user
   * @return as many as there are items, in their order; not to be written to
   */
  public float[] ratingsOf(int user) {
    return ratings[user];
  }

  /**
   * Who likes an item.
   *
   * @param item index of the item
   * @return the users, ascending; not to be written to
   */
  public int[] usersOf(int item) {
    return users[item];
  }

  /**
   * Whether a user likes an item.
   *
   * @param user index of the user
   * @param item index of the item
   * @return true for one of {@link #itemsOf}
   */
  public boolean contains(int user, int item) {
    return Arrays.binarySearch(items[user], item) >= 0;
  }
}
