package femto.tools.evaluate;

import femto.tools.data.DataSet;
import it.unimi.dsi.fastutil.ints.IntArrays;
import it.unimi.dsi.fastutil.ints.IntComparator;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.IntPredicate;
import java.util.function.IntUnaryOperator;
import java.util.stream.IntStream;

/**
 * A division of examples into a training and a test part that share nothing, with its protocol in
 * words.
 *
 * <p>The size of a test part cut by a fraction is {@code max(1, round(fraction n))} of n examples,
 * halves rounded up, and 0 of none. "File row" is the example's index: it decides between equal
 * times, and between all examples of a data set that has no times. Every factory is deterministic;
 * seeded ones use {@link Random}, whose sequence is the same on every JVM.
 *
 * <p>Immutable and safe to share.
 */
public final class Split {
  /** The test fraction of the splits that {@link #byName} makes. */
  public static final double TEST_FRACTION = 0.2;

  private static final String TEMPORAL_USER = "temporal-user";
  private static final String TEMPORAL_GLOBAL = "temporal-global";
  private static final String LEAVE_LAST_OUT = "leave-last-out";
  private static final String RANDOM = "random";
  private static final String RANDOM_USER = "random-user";
  private static final String RANDOM_ITEM = "random-item";
  private static final String ALL = "all";

  /** Names that mean the same for every data set. */
  private static final List<String> NAMES =
      List.of(
          TEMPORAL_USER, TEMPORAL_GLOBAL, LEAVE_LAST_OUT, RANDOM, RANDOM_USER, RANDOM_ITEM, ALL);

  /** Seed of the splits that a name alone stands for: the same split each time. */
  private static final long NAMED_SEED = 1;

  private final String name;
  private final String description;
  private final int[] train;
  private final int[] test;

  private Split(String name, String description, int[] train, int[] test) {
    this.name = name;
    this.description = description;
    this.train = train;
    this.test = test;
  }

  /**
   * The last ratings of every user are test: each user's by (time, file row). A user with a single
   * rating is in the test part only.
   *
   * @param data the data set
   * @param fraction test fraction, more than 0 and less than 1
   * @return the split, named "temporal-user"
   * @throws IllegalArgumentException if the fraction is out of range
   */
  public static Split temporalPerUser(DataSet data, double fraction) {
    return temporalPerUser(Examples.of(data), fraction);
  }

  static Split temporalPerUser(Examples examples, double fraction) {
    return lastOfEachUser(
        TEMPORAL_USER,
        "each user's ratings by (time, file row), the last " + countOf(fraction) + " are test",
        examples,
        allOf(examples),
        fraction);
  }

  /**
   * The last ratings of all are test: all ordered by (time, file row). Many users of the test part
   * may have nothing in training: see {@link #testUsersSeen}.
   *
   * @param data the data set
   * @param fraction test fraction, more than 0 and less than 1
   * @return the split, named "temporal-global"
   * @throws IllegalArgumentException if the fraction is out of range
   */
  public static Split temporalGlobal(DataSet data, double fraction) {
    return temporalGlobal(Examples.of(data), fraction);
  }

  static Split temporalGlobal(Examples examples, double fraction) {
    int[] all = allOf(examples);
    int held = heldOut(all.length, fraction);
    int[] order = all.clone();
    IntArrays.quickSort(order, byTimeThenRow(examples));
    return partition(
        TEMPORAL_GLOBAL,
        "all ratings by (time, file row), the last " + countOf(fraction) + " are test",
        all,
        setOf(order, order.length - held, order.length)::get);
  }

  /**
   * A division that came with the data.
   *
   * @param data the data set
   * @param fold one of its folds
   * @return the split, named as the fold
   * @throws IllegalArgumentException if there is no such fold; the message lists what there is
   */
  public static Split predefined(DataSet data, String fold) {
    return predefined(Examples.of(data), fold);
  }

  static Split predefined(Examples examples, String fold) {
    if (!examples.folds().contains(fold)) {
      throw new IllegalArgumentException(
          "fold \"" + fold + "\", expected one of " + new TreeSet<>(examples.folds()));
    }
    return partition(
        fold,
        "the fold \"" + fold + "\" that came with the data",
        allOf(examples),
        example -> examples.isTest(fold, example));
  }

  /**
   * The last rating of every user is test: each user's by (time, file row). A user with a single
   * rating is in the test part only.
   *
   * @param data the data set
   * @return the split, named "leave-last-out"
   */
  public static Split leaveLastOut(DataSet data) {
    return leaveLastOut(Examples.of(data));
  }

  static Split leaveLastOut(Examples examples) {
    return partOfEach(
        LEAVE_LAST_OUT,
        "each user's ratings by (time, file row), the last one is test",
        allOf(examples),
        examples::context,
        byTimeThenRow(examples),
        n -> 1);
  }

  /**
   * Ratings drawn at random are test.
   *
   * @param data the data set
   * @param fraction test fraction, more than 0 and less than 1
   * @param seed seed of the draw
   * @return the split, named "random"
   * @throws IllegalArgumentException if the fraction is out of range
   */
  public static Split random(DataSet data, double fraction, long seed) {
    return random(Examples.of(data), fraction, seed);
  }

  static Split random(Examples examples, double fraction, long seed) {
    int[] all = allOf(examples);
    int held = heldOut(all.length, fraction);
    return partition(
        RANDOM,
        "ratings shuffled with seed " + seed + ", the first " + countOf(fraction) + " are test",
        all,
        setOf(shuffle(all, seed), 0, held)::get);
  }

  /**
   * Of every user the same part of the ratings is test, drawn at random (stratified by user). A
   * user with a single rating is in the test part only.
   *
   * @param data the data set
   * @param fraction test fraction, more than 0 and less than 1
   * @param seed seed of the draw
   * @return the split, named "random-user"
   * @throws IllegalArgumentException if the fraction is out of range
   */
  public static Split randomPerUser(DataSet data, double fraction, long seed) {
    return randomPerUser(Examples.of(data), fraction, seed);
  }

  static Split randomPerUser(Examples examples, double fraction, long seed) {
    return randomOfEach(RANDOM_USER, "user", examples, examples::context, fraction, seed);
  }

  /**
   * Of every item the same part of the ratings is test, drawn at random (stratified by item). An
   * item with a single rating is in the test part only.
   *
   * @param data the data set
   * @param fraction test fraction, more than 0 and less than 1
   * @param seed seed of the draw
   * @return the split, named "random-item"
   * @throws IllegalArgumentException if the fraction is out of range
   */
  public static Split randomPerItem(DataSet data, double fraction, long seed) {
    return randomPerItem(Examples.of(data), fraction, seed);
  }

  static Split randomPerItem(Examples examples, double fraction, long seed) {
    return randomOfEach(RANDOM_ITEM, "item", examples, examples::candidate, fraction, seed);
  }

  private static Split randomOfEach(
      String name,
      String group,
      Examples examples,
      IntUnaryOperator groupOf,
      double fraction,
      long seed) {
    int[] all = allOf(examples);
    heldOut(all.length, fraction); // refuses a bad fraction even where there is nothing
    int[] place = new int[all.length];
    int[] shuffled = shuffle(all, seed);
    for (int i = 0; i < shuffled.length; i++) {
      place[shuffled[i]] = i;
    }
    return partOfEach(
        name,
        "each "
            + group
            + "'s ratings shuffled with seed "
            + seed
            + ", the last "
            + countOf(fraction)
            + " are test",
        all,
        groupOf,
        (a, b) -> Integer.compare(place[a], place[b]),
        n -> heldOut(n, fraction));
  }

  /**
   * Everything is test and nothing training: for a model that was trained on other data.
   *
   * @param data the data set
   * @return the split, named "all"
   */
  public static Split all(DataSet data) {
    return all(Examples.of(data));
  }

  static Split all(Examples examples) {
    return partition(ALL, "all ratings are test, none training", allOf(examples), example -> true);
  }

  /**
   * The split of a name: "temporal-user", "temporal-global", "random", "random-user" and
   * "random-item" with {@value #TEST_FRACTION} as test fraction and, where they draw, the seed
   * {@value #NAMED_SEED}; "leave-last-out", "all", or a fold of the data set. A fold that is named
   * like one of these is reached by {@link #predefined} alone.
   *
   * @param data the data set
   * @param name the name
   * @return the split
   * @throws IllegalArgumentException if there is no such split; the message lists what there is
   */
  public static Split byName(DataSet data, String name) {
    return byName(Examples.of(data), name);
  }

  static Split byName(Examples examples, String name) {
    return switch (name) {
      case TEMPORAL_USER -> temporalPerUser(examples, TEST_FRACTION);
      case TEMPORAL_GLOBAL -> temporalGlobal(examples, TEST_FRACTION);
      case LEAVE_LAST_OUT -> leaveLastOut(examples);
      case RANDOM -> random(examples, TEST_FRACTION, NAMED_SEED);
      case RANDOM_USER -> randomPerUser(examples, TEST_FRACTION, NAMED_SEED);
      case RANDOM_ITEM -> randomPerItem(examples, TEST_FRACTION, NAMED_SEED);
      case ALL -> all(examples);
      default -> {
        Set<String> folds = examples.folds();
        if (!folds.contains(name)) {
          Set<String> names = new LinkedHashSet<>(NAMES);
          names.addAll(new TreeSet<>(folds));
          throw new IllegalArgumentException(
              "split \"" + name + "\", expected one of " + String.join(", ", names));
        }
        yield predefined(examples, name);
      }
    };
  }

  /**
   * Splits for cross-validation: a seeded shuffle of all examples, cut into k test parts whose
   * sizes differ by at most one. Every example is in exactly one test part.
   *
   * @param data the data set
   * @param k number of folds, 2 to the number of examples
   * @param seed seed of the shuffle
   * @return k splits, named "fold-1-of-k" and so on
   * @throws IllegalArgumentException if k is out of range
   */
  public static List<Split> kFold(DataSet data, int k, long seed) {
    return kFold(Examples.of(data), k, seed);
  }

  static List<Split> kFold(Examples examples, int k, long seed) {
    if (k < 2 || k > examples.size()) {
      throw new IllegalArgumentException("k=" + k + ", expected 2 to " + examples.size());
    }
    int[] all = allOf(examples);
    int[] shuffled = shuffle(all, seed);
    List<Split> folds = new ArrayList<>(k);
    for (int fold = 0; fold < k; fold++) {
      int from = (int) ((long) fold * all.length / k);
      int to = (int) ((fold + 1L) * all.length / k);
      folds.add(
          partition(
              "fold-" + (fold + 1) + "-of-" + k,
              "ratings shuffled with seed "
                  + seed
                  + ", part "
                  + (fold + 1)
                  + " of "
                  + k
                  + " is test",
              all,
              setOf(shuffled, from, to)::get));
    }
    return List.copyOf(folds);
  }

  /**
   * Cuts a random validation part from a training part. Test examples cannot enter: only what is
   * given is divided.
   *
   * @param trainExamples distinct examples of the training part, in any order
   * @param fraction validation fraction, more than 0 and less than 1
   * @param seed seed of the draw
   * @return a split of the training part whose test part is for validation, named
   *     "validation-random"
   * @throws IllegalArgumentException if the fraction is out of range or an example comes twice
   */
  public static Split cut(int[] trainExamples, double fraction, long seed) {
    int[] part = ascending(trainExamples);
    int held = heldOut(part.length, fraction);
    int[] shuffled = shuffle(part, seed);
    return partition(
        "validation-random",
        "of the training part "
            + countOf(fraction)
            + " ratings drawn with seed "
            + seed
            + " are validation",
        part,
        setOf(shuffled, 0, held)::get);
  }

  /**
   * Cuts the last ratings of every user from a training part, by the rule of {@link
   * #temporalPerUser}: a user with a single training rating has none left.
   *
   * @param data the data set
   * @param trainExamples distinct examples of the training part, in any order
   * @param fraction validation fraction, more than 0 and less than 1
   * @return a split of the training part whose test part is for validation, named
   *     "validation-temporal-user"
   * @throws IllegalArgumentException if the fraction is out of range or an example comes twice
   */
  public static Split cutTemporalPerUser(DataSet data, int[] trainExamples, double fraction) {
    return cutTemporalPerUser(Examples.of(data), trainExamples, fraction);
  }

  static Split cutTemporalPerUser(Examples examples, int[] trainExamples, double fraction) {
    return lastOfEachUser(
        "validation-temporal-user",
        "of each user's training ratings by (time, file row) the last "
            + countOf(fraction)
            + " are validation",
        examples,
        ascending(trainExamples),
        fraction);
  }

  /**
   * A short name without spaces.
   *
   * @return the name
   */
  public String name() {
    return name;
  }

  /**
   * The protocol in words: what is test and why.
   *
   * @return a phrase without a full stop
   */
  public String description() {
    return description;
  }

  /**
   * The training examples.
   *
   * @return a new array, ascending
   */
  public int[] train() {
    return train.clone();
  }

  /**
   * The test examples.
   *
   * @return a new array, ascending
   */
  public int[] test() {
    return test.clone();
  }

  /**
   * Number of users in the test part.
   *
   * @param data the data set that was split
   * @return the number of distinct users
   */
  public int testUsers(DataSet data) {
    return usersOf(Examples.of(data), test).cardinality();
  }

  /**
   * Number of users in the test part who have at least one training example.
   *
   * @param data the data set that was split
   * @return the number of distinct users, at most {@link #testUsers}
   */
  public int testUsersSeen(DataSet data) {
    return testUsersSeen(Examples.of(data));
  }

  int testUsersSeen(Examples examples) {
    BitSet seen = usersOf(examples, test);
    seen.and(usersOf(examples, train));
    return seen.cardinality();
  }

  /** The distinct users of some examples. */
  static BitSet usersOf(Examples examples, int[] part) {
    BitSet users = new BitSet(examples.contexts());
    for (int example : part) {
      users.set(examples.context(example));
    }
    return users;
  }

  @Override
  public String toString() {
    return name + " (" + train.length + " train, " + test.length + " test)";
  }

  private static Split lastOfEachUser(
      String name, String description, Examples examples, int[] part, double fraction) {
    heldOut(part.length, fraction); // refuses a bad fraction even where there is no user
    return partOfEach(
        name,
        description,
        part,
        examples::context,
        byTimeThenRow(examples),
        n -> heldOut(n, fraction));
  }

  /** The last of each group are test, as many as its size says. */
  private static Split partOfEach(
      String name,
      String description,
      int[] part,
      IntUnaryOperator groupOf,
      IntComparator order,
      IntUnaryOperator tested) {
    int[] sorted = part.clone();
    IntArrays.quickSort(
        sorted,
        (a, b) -> {
          int byGroup = Integer.compare(groupOf.applyAsInt(a), groupOf.applyAsInt(b));
          return byGroup != 0 ? byGroup : order.compare(a, b);
        });
    BitSet test = new BitSet();
    for (int from = 0; from < sorted.length; ) {
      int group = groupOf.applyAsInt(sorted[from]);
      int to = from + 1;
      while (to < sorted.length && groupOf.applyAsInt(sorted[to]) == group) {
        to++;
      }
      for (int i = to - tested.applyAsInt(to - from); i < to; i++) {
        test.set(sorted[i]);
      }
      from = to;
    }
    return partition(name, description, part, test::get);
  }

  private static Split partition(String name, String description, int[] part, IntPredicate isTest) {
    int[] test = Arrays.stream(part).filter(isTest).toArray();
    int[] train = Arrays.stream(part).filter(isTest.negate()).toArray();
    return new Split(name, description, train, test);
  }

  private static IntComparator byTimeThenRow(Examples examples) {
    return (a, b) -> {
      int byTime = Long.compare(examples.time(a), examples.time(b));
      return byTime != 0 ? byTime : Integer.compare(a, b);
    };
  }

  private static int heldOut(int n, double fraction) {
    if (!(fraction > 0 && fraction < 1)) {
      throw new IllegalArgumentException(
          "fraction=" + fraction + ", expected more than 0 and less than 1");
    }
    return n == 0 ? 0 : Math.max(1, (int) Math.round(fraction * n));
  }

  private static String countOf(double fraction) {
    return "max(1, round(" + fraction + " n))";
  }

  private static int[] allOf(Examples examples) {
    return IntStream.range(0, examples.size()).toArray();
  }

  private static int[] ascending(int[] part) {
    int[] sorted = part.clone();
    Arrays.sort(sorted);
    for (int i = 1; i < sorted.length; i++) {
      if (sorted[i] == sorted[i - 1]) {
        throw new IllegalArgumentException(
            "example " + sorted[i] + " comes twice, expected distinct examples");
      }
    }
    return sorted;
  }

  private static int[] shuffle(int[] part, long seed) {
    return IntArrays.shuffle(part.clone(), new Random(seed));
  }

  private static BitSet setOf(int[] order, int from, int to) {
    BitSet set = new BitSet();
    for (int i = from; i < to; i++) {
      set.set(order[i]);
    }
    return set;
  }
}
