package femto.tools.compare;

import femto.tools.baseline.Interactions;
import femto.tools.data.DataSet;
import femto.tools.evaluate.Split;
import it.unimi.dsi.fastutil.ints.IntArrays;
import it.unimi.dsi.fastutil.ints.IntOpenHashSet;
import it.unimi.dsi.fastutil.ints.IntSet;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SortedMap;
import java.util.SplittableRandom;
import java.util.TreeMap;

/**
 * Ranking protocols of the field. Common to all: relevance is yes or no, lists have ten items, and
 * means are unweighted over the users who have something relevant. The seed decides the split,
 * where it is not by time.
 */
public enum Preset {
  /** That of the founding lecture: the future is predicted from the past, for each user. */
  LECTURE(
      "each user's ratings by (time, file row), the last max(1, round(0.2 n)) are test; relevant: a"
          + " test rating of 4 or more; candidates: all items but those that the user rated in"
          + " training; trained on ratings of 4 or more; MAP by min(10, relevant)") {
    @Override
    Trial trial(DataSet data, long seed) {
      Split split = Split.temporalPerUser(data, Split.TEST_FRACTION);
      return new Parts(data, split.train(), split.test())
          .byTime()
          .relevantFrom(POSITIVE)
          .trial(POSITIVE, false);
    }
  },

  /** The comparison notebook of microsoft/recommenders. */
  MS_RECOMMENDERS(
      "a random number for each rating; of each item the ratings of the least ones are training,"
          + " 0.75 of them rounded half to even, the rest test; relevant: any test rating;"
          + " candidates: items of the training part but those that the user rated there; trained"
          + " on all ratings; MAP by all relevant") {
    @Override
    Trial trial(DataSet data, long seed) {
      double[] numbers = new SplittableRandom(seed).doubles(data.examples()).toArray();
      int[] order = all(data.examples());
      IntArrays.quickSort(
          order,
          (a, b) ->
              data.candidate(a) != data.candidate(b)
                  ? Integer.compare(data.candidate(a), data.candidate(b))
                  : Double.compare(numbers[a], numbers[b]));
      int[] counts = new int[data.candidates().rows()];
      for (int example : order) {
        counts[data.candidate(example)]++;
      }
      List<Integer> train = new ArrayList<>();
      List<Integer> test = new ArrayList<>();
      int at = 0;
      for (int count : counts) {
        int training = (int) Math.rint(0.75 * count);
        for (int i = 0; i < count; i++) {
          (i < training ? train : test).add(order[at++]);
        }
      }
      return new Parts(data, ints(train), ints(test)).trainedItemsOnly().trial(ANY, true);
    }
  },

  /** The examples of cornac, as they are: low ratings in training are not masked. */
  CORNAC(
      "ratings shuffled, the last fifth is test, without users and items that training has not;"
          + " relevant: a test rating of 4 or more; candidates: items of the training part but"
          + " those that the user rated 4 or more there; trained on all ratings; MAP by min(10,"
          + " relevant)") {
    @Override
    Trial trial(DataSet data, long seed) {
      return cornac(data, seed).maskedFrom(POSITIVE).trial(ANY, false);
    }
  },

  /** The same as people usually mean it. */
  CORNAC_POSITIVE(
      "ratings shuffled, the last fifth is test, without users and items that training has not;"
          + " relevant: a test rating of 4 or more; candidates: items of the training part but"
          + " those that the user rated there; trained on ratings of 4 or more; MAP by min(10,"
          + " relevant)") {
    @Override
    Trial trial(DataSet data, long seed) {
      return cornac(data, seed).trial(POSITIVE, false);
    }
  },

  /** The benchmark of RecBole, general recommendation. */
  RECBOLE(
      "each user's ratings shuffled: floor(0.1 n) are validation, as many test, the rest training;"
          + " relevant: any test rating; candidates: all items but those of the user's training and"
          + " validation; trained on all ratings of training; MAP by min(10, relevant)") {
    @Override
    Trial trial(DataSet data, long seed) {
      SplittableRandom random = new SplittableRandom(seed);
      List<Integer> train = new ArrayList<>();
      List<Integer> validation = new ArrayList<>();
      List<Integer> test = new ArrayList<>();
      List<List<Integer>> byUser = new ArrayList<>();
      for (int user = 0; user < data.contexts().rows(); user++) {
        byUser.add(new ArrayList<>());
      }
      for (int example = 0; example < data.examples(); example++) {
        byUser.get(data.context(example)).add(example);
      }
      for (List<Integer> ofUser : byUser) {
        int[] shuffled = shuffle(ints(ofUser), random);
        int tenth = (int) Math.floor(0.1 * shuffled.length);
        for (int i = 0; i < shuffled.length; i++) {
          int fromEnd = shuffled.length - i;
          (fromEnd <= tenth ? test : fromEnd <= 2 * tenth ? validation : train).add(shuffled[i]);
        }
      }
      return new Parts(data, ints(train), ints(test)).masked(ints(validation)).trial(ANY, false);
    }
  };

  private static final float POSITIVE = 4;
  private static final float ANY = Float.NEGATIVE_INFINITY;
  private static final double TEST_PART = 0.2;

  private final String protocol;

  Preset(String protocol) {
    this.protocol = protocol;
  }

  /**
   * The protocol.
   *
   * @return all of it in words
   */
  public String protocol() {
    return protocol;
  }

  /**
   * NDCG@10 that others have published under this protocol.
   *
   * @return by model
   */
  public SortedMap<String, Double> published() {
    return new TreeMap<>(publishedBy());
  }

  private Map<String, Double> publishedBy() {
    return switch (this) {
      case MS_RECOMMENDERS -> Map.of("SAR", 0.3938, "BPR", 0.4450, "BiVAE", 0.4687);
      case CORNAC -> Map.of("BPR, before 2023", 0.0975, "BPR", 0.1500);
      case RECBOLE -> Map.of("BPR, lowest", 0.2768, "BPR", 0.2863, "BPR, highest", 0.2920);
      case LECTURE, CORNAC_POSITIVE -> Map.of();
    };
  }

  /**
   * Whether the seed decides the split.
   *
   * @return false if it is by time
   */
  public boolean isRandom() {
    return this != LECTURE;
  }

  /**
   * Size of the test part by that of the training part, where the seed decides the split.
   *
   * @return a part; 0 where splits are by time
   */
  double testedByTrained() {
    return switch (this) {
      case LECTURE -> 0;
      case MS_RECOMMENDERS -> 0.25 / 0.75;
      case CORNAC, CORNAC_POSITIVE -> TEST_PART / (1 - TEST_PART);
      case RECBOLE -> 0.1 / 0.8;
    };
  }

  /**
   * Divides a data set.
   *
   * @param data the data set; labels are ratings
   * @param seed decides what is random
   * @return what to learn from and what to ask
   */
  abstract Trial trial(DataSet data, long seed);

  /** As the command line writes it: ms-recommenders. */
  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  private static Parts cornac(DataSet data, long seed) {
    int[] shuffled = shuffle(all(data.examples()), new SplittableRandom(seed));
    int training = shuffled.length - (int) Math.round(TEST_PART * shuffled.length);
    int[] train = Arrays.copyOf(shuffled, training);
    IntSet users = new IntOpenHashSet();
    IntSet items = new IntOpenHashSet();
    for (int example : train) {
      users.add(data.context(example));
      items.add(data.candidate(example));
    }
    int[] test =
        Arrays.stream(shuffled, training, shuffled.length)
            .filter(e -> users.contains(data.context(e)) && items.contains(data.candidate(e)))
            .toArray();
    return new Parts(data, train, test).relevantFrom(POSITIVE).trainedItemsOnly();
  }

  private static int[] all(int count) {
    int[] all = new int[count];
    Arrays.setAll(all, i -> i);
    return all;
  }

  private static int[] ints(List<Integer> numbers) {
    return numbers.stream().mapToInt(Integer::intValue).toArray();
  }

  private static int[] shuffle(int[] numbers, SplittableRandom random) {
    for (int i = numbers.length - 1; i > 0; i--) {
      int j = random.nextInt(i + 1);
      int moved = numbers[i];
      numbers[i] = numbers[j];
      numbers[j] = moved;
    }
    return numbers;
  }

  /** Parts of a data set, and what the protocol makes of them. */
  private static final class Parts {
    private final DataSet data;
    private final int[] train;
    private final int[] test;
    private int[] alsoMasked = {};
    private float relevantFrom = ANY;
    private float maskedFrom = ANY;
    private boolean trainedItemsOnly;
    private boolean byTime;

    Parts(DataSet data, int[] train, int[] test) {
      this.data = data;
      this.train = train;
      this.test = test;
    }

    Parts relevantFrom(float rating) {
      relevantFrom = rating;
      return this;
    }

    Parts maskedFrom(float rating) {
      maskedFrom = rating;
      return this;
    }

    Parts masked(int[] examples) {
      alsoMasked = examples;
      return this;
    }

    Parts byTime() {
      byTime = true;
      return this;
    }

    Parts trainedItemsOnly() {
      trainedItemsOnly = true;
      return this;
    }

    Trial trial(float likedFrom, boolean allRelevant) {
      int users = data.contexts().rows();
      int items = data.candidates().rows();
      BitSet outside = new BitSet(items);
      if (trainedItemsOnly) {
        outside.set(0, items);
        for (int example : train) {
          outside.clear(data.candidate(example));
        }
      }
      BitSet[] excluded = new BitSet[users];
      Arrays.setAll(excluded, user -> (BitSet) outside.clone());
      for (int example : train) {
        if (data.label(example) >= maskedFrom) {
          excluded[data.context(example)].set(data.candidate(example));
        }
      }
      for (int example : alsoMasked) {
        excluded[data.context(example)].set(data.candidate(example));
      }
      Interactions wanted = Interactions.of(data, test, relevantFrom);
      int[][] relevant = new int[users][];
      Arrays.setAll(relevant, wanted::itemsOf);
      return new Trial(
          Arrays.stream(train).filter(example -> data.label(example) >= likedFrom).toArray(),
          Interactions.of(data, train, likedFrom),
          Interactions.of(data, train, Math.max(likedFrom, relevantFrom)),
          Interactions.of(data, test, ANY),
          relevant,
          excluded,
          items - outside.cardinality(),
          allRelevant,
          byTime);
    }
  }
}
