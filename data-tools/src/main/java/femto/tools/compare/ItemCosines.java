package femto.tools.compare;

import femto.tools.baseline.Interactions;
import java.util.SplittableRandom;

/**
 * How like two items are: the cosine of the cosines of the users who like them,
 *
 * <pre>
 *   n_ij / sqrt(n_i n_j)
 * </pre>
 *
 * of bitmaps of users. Of more than {@value #EXACT} users a sample of {@value #SAMPLE} is looked at
 * for n_ij, drawn with a fixed seed, and the count is scaled up: right in the mean, with a relative
 * error of 1 / sqrt(what the sample has in common). Immutable and safe to share.
 */
final class ItemCosines {
  private static final int EXACT = 16_384;
  private static final int SAMPLE = 4_096;

  private final long[][] users;
  private final double[] roots;
  private final double scale;

  private ItemCosines(long[][] users, double[] roots, double scale) {
    this.users = users;
    this.roots = roots;
    this.scale = scale;
  }

  static ItemCosines of(Interactions likes) {
    int all = likes.userCount();
    int sampled = all <= EXACT ? all : SAMPLE;
    int[] place = new int[all]; // of a user in the bitmaps; -1 for one who is not in the sample
    SplittableRandom random = new SplittableRandom(1);
    int taken = 0;
    for (int user = 0; user < all; user++) { // Knuth's selection sampling
      boolean isTaken = random.nextInt(all - user) < sampled - taken;
      place[user] = isTaken ? taken++ : -1;
    }
    int items = likes.itemCount();
    long[][] users = new long[items][(sampled + Long.SIZE - 1) / Long.SIZE];
    double[] roots = new double[items];
    for (int item = 0; item < items; item++) {
      for (int user : likes.usersOf(item)) {
        if (place[user] >= 0) {
          users[item][place[user] >>> 6] |= 1L << place[user];
        }
      }
      roots[item] = Math.sqrt(likes.usersOf(item).length);
    }
    return new ItemCosines(users, roots, sampled == 0 ? 1 : (double) all / sampled);
  }

  /** 0 for an item that nobody likes. */
  double of(int one, int other) {
    long[] a = users[one];
    long[] b = users[other];
    int both = 0;
    for (int i = 0; i < a.length; i++) {
      both += Long.bitCount(a[i] & b[i]);
    }
    return both == 0 ? 0 : scale * both / (roots[one] * roots[other]);
  }

  /** Mean over the pairs of a list; 0 where there is none. */
  double meanAmong(int[] list) {
    double sum = 0;
    for (int i = 1; i < list.length; i++) {
      for (int j = 0; j < i; j++) {
        sum += of(list[i], list[j]);
      }
    }
    return list.length < 2 ? 0 : sum / (0.5 * list.length * (list.length - 1));
  }

  /** Mean of an item with those of a list; 0 where there is none. */
  double meanTo(int item, int[] list) {
    double sum = 0;
    for (int other : list) {
      sum += of(item, other);
    }
    return list.length == 0 ? 0 : sum / list.length;
  }
}
