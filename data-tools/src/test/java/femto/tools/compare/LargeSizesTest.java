package femto.tools.compare;

import static org.assertj.core.api.Assertions.assertThat;

import femto.tools.baseline.Interactions;
import femto.tools.baseline.ItemNeighbours;
import femto.tools.baseline.ItemNeighbours.Similarity;
import java.util.Arrays;
import java.util.BitSet;
import java.util.SplittableRandom;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * How long it takes at the size of MovieLens 20M: 138,000 users, 27,000 items, 20 million likes, as
 * uneven as people and films are. A seventh of the users unless {@code -Dfemto.large=true} says
 * all; what was measured is printed.
 */
class LargeSizesTest {
  private static final boolean LARGE = Boolean.getBoolean("femto.large");
  private static final int USERS = LARGE ? 138_000 : 20_000;
  private static final int ITEMS = 27_000;
  private static final double LIKES_OF_A_USER = 145;

  private static Interactions likes;

  @BeforeAll
  static void generate() {
    SplittableRandom random = new SplittableRandom(1);
    double[] cumulative = new double[ITEMS];
    double sum = 0;
    for (int item = 0; item < ITEMS; item++) {
      sum += Math.pow(item + 20, -1.1);
      cumulative[item] = sum;
    }
    int[][] items = new int[USERS][];
    for (int user = 0; user < USERS; user++) {
      double size = LIKES_OF_A_USER * Math.exp(random.nextGaussian() - 0.5); // log-normal, mean 1
      BitSet liked = new BitSet();
      int wanted = Math.max(10, Math.min(3_000, (int) size));
      while (liked.cardinality() < wanted) {
        for (int draw = liked.cardinality(); draw < wanted; draw++) {
          int found = Arrays.binarySearch(cumulative, random.nextDouble() * cumulative[ITEMS - 1]);
          liked.set(found < 0 ? -found - 1 : found);
        }
      }
      items[user] = liked.stream().toArray();
    }
    likes = Interactions.of(items, ITEMS);
  }

  @Test
  void shouldMeasureTheListsOfManyUsers() {
    SplittableRandom random = new SplittableRandom(2);
    int[][] relevant = new int[USERS][];
    int[][] lists = new int[USERS][];
    int[] users = new int[USERS];
    for (int user = 0; user < USERS; user++) {
      users[user] = user;
      relevant[user] = random.ints(20, 0, 2_000).sorted().distinct().toArray();
      int[] list = random.ints(10, 0, 2_000).distinct().toArray();
      list[random.nextInt(list.length)] = relevant[user][random.nextInt(relevant[user].length)];
      lists[user] = Arrays.stream(list).distinct().toArray();
    }
    Trial trial =
        new Trial(
            new int[0],
            likes,
            likes,
            Interactions.of(relevant, ITEMS),
            relevant,
            new BitSet[0],
            ITEMS,
            false);
    long start = System.nanoTime();
    Figures figures =
        Figures.of(trial, new Figures.Lists(users, lists, 0), ItemCosines.of(likes), null);
    double ndcg = figures.mean("ndcg_at_10");
    for (String name : Figures.names()) {
      assertThat(figures.mean(name)).as(name).isBetween(0.0, 20.0);
    }
    double seconds = (System.nanoTime() - start) / 1e9;
    System.out.printf("metrics of %,d lists: %.2f s%n", USERS, seconds);
    assertThat(ndcg).isBetween(0.03, 0.3);
    assertThat(seconds).isLessThan(5);
  }

  @Test
  void shouldFindNeighboursOfManyItems() {
    long interactions = 0;
    for (int user = 0; user < USERS; user++) {
      interactions += likes.itemsOf(user).length;
    }
    long start = System.nanoTime();
    ItemNeighbours fitted = ItemNeighbours.fit(likes, Similarity.COSINE, 100, 10);
    double seconds = (System.nanoTime() - start) / 1e9;
    Runtime runtime = Runtime.getRuntime();
    System.out.printf(
        "neighbours of %,d items from %,d likes: %.1f s, heap %,d MB used, at most %,d MB%n",
        ITEMS,
        interactions,
        seconds,
        (runtime.totalMemory() - runtime.freeMemory()) >> 20,
        runtime.maxMemory() >> 20);
    assertThat(fitted.items()).isEqualTo(ITEMS);
    assertThat(seconds).isLessThan(180);
  }
}
