package femto.tools.compare;

import femto.tools.baseline.Interactions;
import java.util.SplittableRandom;

/**
 * How like two items are: the cosine of the vectors of the users who like them,
 *
 * <pre>
 *   n_ij / sqrt(n_i n_j)
 * </pre>
 *
 * by bitmaps of users. Of more than {@value #EXACT} users the bitmaps hold a sample of {@value
 * #SAMPLE}, drawn with a fixed seed, and all three counts are those of the sample; but two items of
 * at most {@value #FEW} users each, of whom a sample has few or none, are counted in full. So a
 * cosine is 0 to 1, and off by about 1 / sqrt(what the sample has of both), which means over many
 * lists make small. Immutable and safe to share.
 */
final class ItemCosines {
  private static final int EXACT = 16_384;
  private static final int SAMPLE = 4_096;
  private static final int FEW = 64;

  private final Interactions likes;
  private final long[][] sample;

  /** Of the number of users of each item that are in the sample. */
  private final double[] roots;

  private final boolean isWhole;

  private ItemCosines(Interactions likes, long[][] sample, double[] roots, boolean isWhole) {
    this.likes = likes;
    this.sample = sample;
    this.roots = roots;
    this.isWhole = isWhole;
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
    long[][] sample = new long[items][(sampled + Long.SIZE - 1) / Long.SIZE];
    double[] roots = new double[items];
    for (int item = 0; item < items; item++) {
      int count = 0;
      for (int user : likes.usersOf(item)) {
        if (place[user] >= 0) {
          sample[item][place[user] >>> 6] |= 1L << place[user];
          count++;
        }
      }
      roots[item] = Math.sqrt(count);
    }
    return new ItemCosines(likes, sample, roots, sampled == all);
  }

  /** 0 for an item that nobody likes. */
  double of(int one, int other) {
    if (!isWhole && likes.usersOf(one).length <= FEW && likes.usersOf(other).length <= FEW) {
      return ofFew(likes.usersOf(one), likes.usersOf(other));
    }
    long[] a = sample[one];
    long[] b = sample[other];
    int both = 0;
    for (int i = 0; i < a.length; i++) {
      both += Long.bitCount(a[i] & b[i]);
    }
    return both == 0 ? 0 : both / (roots[one] * roots[other]);
  }

  private static double ofFew(int[] one, int[] other) {
    int both = 0;
    for (int i = 0, j = 0; i < one.length && j < other.length; ) {
      int order = Integer.compare(one[i], other[j]);
      both += order == 0 ? 1 : 0;
      i += order <= 0 ? 1 : 0;
      j += order >= 0 ? 1 : 0;
    }
    return both == 0 ? 0 : both / Math.sqrt((double) one.length * other.length);
  }

  /** Mean over the pairs of a list; NaN where there is none. */
  double meanAmong(int[] list) {
    double sum = 0;
    for (int i = 1; i < list.length; i++) {
      for (int j = 0; j < i; j++) {
        sum += of(list[i], list[j]);
      }
    }
    return list.length < 2 ? Double.NaN : sum / (0.5 * list.length * (list.length - 1));
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
