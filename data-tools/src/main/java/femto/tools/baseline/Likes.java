package femto.tools.baseline;

import femto.tools.data.DataSet;
import it.unimi.dsi.fastutil.ints.IntArrayList;
import java.util.Arrays;

/**
 * Who liked what: the items of each user and the users of each item, ascending, each once.
 * Immutable and safe to share.
 */
public final class Likes {
  private final int[][] items;
  private final int[][] users;

  private Likes(int[][] items, int itemCount) {
    this.items = items;
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
  public static Likes of(DataSet data, int[] examples, float threshold) {
    IntArrayList[] lists = new IntArrayList[data.contexts().rows()];
    Arrays.setAll(lists, user -> new IntArrayList());
    for (int example : examples) {
      if (data.label(example) >= threshold) {
        lists[data.context(example)].add(data.candidate(example));
      }
    }
    int[][] items = new int[lists.length][];
    Arrays.setAll(items, user -> lists[user].toIntArray());
    return of(items, data.candidates().rows());
  }

  /**
   * Of lists.
   *
   * @param items the items of each user, in any order; not kept
   * @param itemCount how many items there are
   * @return who liked what
   */
  public static Likes of(int[][] items, int itemCount) {
    int[][] sorted = new int[items.length][];
    Arrays.setAll(sorted, user -> Arrays.stream(items[user]).sorted().distinct().toArray());
    return new Likes(sorted, itemCount);
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
   * Who likes an item.
   *
   * @param item index of the item
   * @return the users, ascending; not to be written to
   */
  public int[] usersOf(int item) {
    return users[item];
  }

  /**
   * How like two items are: the cosine of the vectors of their users.
   *
   * @param one an item
   * @param other an item
   * @return 0 to 1; 0 for an item that nobody likes
   */
  public double cosine(int one, int other) {
    int[] ofOne = users[one];
    int[] ofOther = users[other];
    if (ofOne.length == 0 || ofOther.length == 0) {
      return 0;
    }
    int both = 0;
    int i = 0;
    int j = 0;
    while (i < ofOne.length && j < ofOther.length) {
      int order = Integer.compare(ofOne[i], ofOther[j]);
      both += order == 0 ? 1 : 0;
      i += order <= 0 ? 1 : 0;
      j += order >= 0 ? 1 : 0;
    }
    return both / Math.sqrt((double) ofOne.length * ofOther.length);
  }

  boolean contains(int user, int item) {
    return Arrays.binarySearch(items[user], item) >= 0;
  }
}
