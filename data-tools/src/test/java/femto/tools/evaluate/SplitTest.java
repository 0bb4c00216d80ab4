package femto.tools.evaluate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

class SplitTest {
  @Test
  void shouldTestTheLastRatingsOfEachUser() {
    // User 0 has 5 ratings: max(1, round(0.4 * 5)) = 2 are test, those at times 50 and 40 (rows 0,
    // 4).
    // User 1 has 2 ratings: max(1, round(0.8)) = 1 is test, the one at time 9 (row 3).
    Ratings ratings =
        new Ratings(2, 9)
            .add(0, 1, 3, 50)
            .add(0, 2, 3, 10)
            .add(1, 1, 3, 8)
            .add(1, 2, 3, 9)
            .add(0, 3, 3, 40)
            .add(0, 4, 3, 30)
            .add(0, 5, 3, 20);

    Split split = Split.temporalPerUser(ratings, 0.4);

    assertThat(split.test()).containsExactly(0, 3, 4);
    assertThat(split.train()).containsExactly(1, 2, 5, 6);
    assertThat(split.name()).isEqualTo("temporal-user");
    assertThat(split.description())
        .isEqualTo(
            "each user's ratings by (time, file row), the last max(1, round(0.4 n)) are test");
  }

  @Test
  void shouldTestTheLastRatingsOfAll() {
    // max(1, round(0.4 * 5)) = 2: times 5 and 4, rows 1 and 3.
    Ratings ratings =
        new Ratings(3, 9)
            .add(0, 1, 3, 1)
            .add(1, 2, 3, 5)
            .add(0, 3, 3, 2)
            .add(0, 4, 3, 4)
            .add(2, 5, 3, 3);

    Split split = Split.temporalGlobal(ratings, 0.4);

    assertThat(split.test()).containsExactly(1, 3);
    assertThat(split.train()).containsExactly(0, 2, 4);
    assertThat(split.name()).isEqualTo("temporal-global");
    assertThat(Split.usersOf(ratings, split.test()).cardinality()).isEqualTo(2);
    assertThat(split.testUsersSeen(ratings)).as("user 1 has no training rating").isEqualTo(1);
  }

  @Test
  void shouldDecideEqualTimesByFileRow() {
    Ratings ratings = new Ratings(1, 9);
    for (int row = 0; row < 5; row++) {
      ratings.add(0, row, 3, 7);
    }

    assertThat(Split.temporalPerUser(ratings, 0.4).test()).containsExactly(3, 4);
    assertThat(Split.temporalGlobal(ratings, 0.4).test()).containsExactly(3, 4);
    assertThat(Split.cutTemporalPerUser(ratings, new int[] {4, 0, 2}, 0.4).test())
        .containsExactly(4);
  }

  @Test
  void shouldRoundHalvesUpAndTestAtLeastOneRatingOfEachUser() {
    // 0.2 n for n = 1, 2, 3, 7, 8 is 0.2, 0.4, 0.6, 1.4, 1.6; 0.5 n for n = 1, 3 is 0.5, 1.5.
    assertThat(testSize(1, 0.2)).isEqualTo(1);
    assertThat(testSize(2, 0.2)).isEqualTo(1);
    assertThat(testSize(3, 0.2)).isEqualTo(1);
    assertThat(testSize(7, 0.2)).isEqualTo(1);
    assertThat(testSize(8, 0.2)).isEqualTo(2);
    assertThat(testSize(1, 0.5)).isEqualTo(1);
    assertThat(testSize(3, 0.5)).isEqualTo(2);
  }

  private static int testSize(int n, double fraction) {
    Ratings ratings = new Ratings(1, n);
    for (int row = 0; row < n; row++) {
      ratings.add(0, row, 3, row);
    }
    return Split.temporalPerUser(ratings, fraction).test().length;
  }

  @Test
  void shouldLeaveTheLastRatingOut() {
    Ratings ratings =
        new Ratings(2, 9)
            .add(0, 1, 3, 50)
            .add(1, 2, 3, 10)
            .add(0, 2, 3, 60)
            .add(1, 3, 3, 10)
            .add(0, 3, 3, 20);

    Split split = Split.leaveLastOut(ratings);

    assertThat(split.test()).containsExactly(2, 3);
    assertThat(split.train()).containsExactly(0, 1, 4);
    assertThat(split.name()).isEqualTo("leave-last-out");
  }

  @Property(tries = 300)
  void shouldDrawTheSamePartOfEachGroup(
      @ForAll long seed, @ForAll @IntRange(min = 1, max = 200) int size) {
    Ratings ratings = Ratings.random(new Random(seed), 5, 7, size);
    Split byUser = Split.randomPerUser(ratings, 0.3, seed);
    Split byItem = Split.randomPerItem(ratings, 0.3, seed);
    Split any = Split.random(ratings, 0.3, seed);
    for (int user = 0; user < 5; user++) {
      int u = user;
      assertPart(byUser, i -> ratings.context(i) == u, size);
    }
    for (int item = 0; item < 7; item++) {
      int c = item;
      assertPart(byItem, i -> ratings.candidate(i) == c, size);
    }
    assertPart(any, i -> true, size);
    for (Split split : List.of(byUser, byItem, any)) {
      int[] both =
          IntStream.concat(Arrays.stream(split.train()), Arrays.stream(split.test()))
              .sorted()
              .toArray();
      assertThat(both).isEqualTo(IntStream.range(0, size).toArray());
    }
    assertThat(Split.random(ratings, 0.3, seed).test()).isEqualTo(any.test());
    assertThat(Split.randomPerUser(ratings, 0.3, seed).test()).isEqualTo(byUser.test());
  }

  private static void assertPart(Split split, java.util.function.IntPredicate of, int size) {
    int n = (int) IntStream.range(0, size).filter(of).count();
    int expected = n == 0 ? 0 : Math.max(1, (int) Math.round(0.3 * n));
    assertThat(Arrays.stream(split.test()).filter(of).count()).isEqualTo(expected);
  }

  /** Each rating is as likely to be drawn as any other. */
  @Test
  void shouldDrawEvenly() {
    Ratings ratings = new Ratings(2, 10);
    for (int item = 0; item < 10; item++) {
      ratings.add(item % 2, item, 3, 0);
    }
    int[] drawn = new int[10];
    for (int seed = 0; seed < 5_000; seed++) {
      for (int example : Split.randomPerUser(ratings, 0.4, seed).test()) {
        drawn[example]++;
      }
    }
    for (int count : drawn) {
      assertThat(count).isBetween(1_850, 2_150); // 2,000, by four deviations of 35
    }
  }

  @Test
  void shouldSplitAsThePredefinedFoldSays() {
    Ratings ratings = Ratings.random(new Random(1), 3, 5, 7);

    Split split = Split.predefined(ratings, "u1");

    assertThat(split.name()).isEqualTo("u1");
    assertThat(split.test()).containsExactly(0, 2, 4, 6);
    assertThat(split.train()).containsExactly(1, 3, 5);
    assertThatThrownBy(() -> Split.predefined(ratings, "u3"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("fold \"u3\", expected one of [all, u1, u2]");
  }

  @Test
  void shouldFindSplitsByName() {
    Ratings ratings = Ratings.random(new Random(2), 4, 9, 40);

    assertThat(Split.byName(ratings, "temporal-user").test())
        .containsExactly(Split.temporalPerUser(ratings, 0.2).test());
    assertThat(Split.byName(ratings, "temporal-global").test())
        .containsExactly(Split.temporalGlobal(ratings, 0.2).test());
    assertThat(Split.byName(ratings, "u2").test())
        .containsExactly(Split.predefined(ratings, "u2").test());
    assertThat(Split.byName(ratings, "all").test()).hasSize(40);
    assertThat(Split.byName(ratings, "all").train()).isEmpty();
  }

  @Test
  void shouldListTheSplitsThereAreWhenAskedForAnother() {
    Ratings ratings = Ratings.random(new Random(2), 4, 9, 40);

    assertThatThrownBy(() -> Split.byName(ratings, "chance"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "split \"chance\", expected one of temporal-user, temporal-global, leave-last-out,"
                + " random, random-user, random-item, all, u1, u2");
  }

  @Test
  void shouldRefuseFractionsThatLeaveAPartEmpty() {
    Ratings ratings = Ratings.random(new Random(3), 4, 9, 40);

    for (double fraction : new double[] {0, 1, -0.1, 1.1, Double.NaN}) {
      assertThatThrownBy(() -> Split.temporalPerUser(ratings, fraction))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("fraction=" + fraction + ", expected more than 0 and less than 1");
      assertThatThrownBy(() -> Split.temporalGlobal(ratings, fraction))
          .isInstanceOf(IllegalArgumentException.class);
      assertThatThrownBy(() -> Split.cut(new int[0], fraction, 1))
          .isInstanceOf(IllegalArgumentException.class);
      assertThatThrownBy(() -> Split.cutTemporalPerUser(ratings, new int[0], fraction))
          .isInstanceOf(IllegalArgumentException.class);
    }
  }

  @Test
  void shouldRefuseFoldCountsThatCannotBe() {
    Ratings ratings = Ratings.random(new Random(3), 4, 9, 10);

    assertThatThrownBy(() -> Split.kFold(ratings, 1, 1))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("k=1, expected 2 to 10");
    assertThatThrownBy(() -> Split.kFold(ratings, 11, 1))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void shouldRefuseToCutAnExampleThatComesTwice() {
    assertThatThrownBy(() -> Split.cut(new int[] {3, 1, 3}, 0.5, 1))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("example 3 comes twice, expected distinct examples");
  }

  @Test
  void shouldCutNothingFromNothing() {
    Split split = Split.cut(new int[0], 0.5, 1);

    assertThat(split.train()).isEmpty();
    assertThat(split.test()).isEmpty();
  }

  @Test
  void shouldNotBeChangedThroughItsArrays() {
    Split split = Split.cut(new int[] {1, 2, 3, 4}, 0.5, 1);
    int[] before = split.test();

    split.test()[0] = -1;
    split.train()[0] = -1;

    assertThat(split.test()).containsExactly(before);
    assertThat(split.train()).doesNotContain(-1);
  }

  @Property(tries = 200)
  void shouldDivideAllExamplesIntoDisjointAscendingParts(
      @ForAll long seed,
      @ForAll @IntRange(min = 2, max = 60) int size,
      @ForAll @DoubleRange(min = 0.01, max = 0.99) double fraction) {
    Ratings ratings = Ratings.random(new Random(seed), 6, 9, size);
    int[] all = IntStream.range(0, size).toArray();

    assertDivides(Split.temporalPerUser(ratings, fraction), all);
    assertDivides(Split.temporalGlobal(ratings, fraction), all);
    assertDivides(Split.predefined(ratings, "u2"), all);
    assertDivides(Split.all(ratings), all);
    Split.kFold(ratings, 2, seed).forEach(fold -> assertDivides(fold, all));
  }

  @Property(tries = 200)
  void shouldOrderByTimeAndRowWithinEachUser(
      @ForAll long seed,
      @ForAll @IntRange(min = 1, max = 60) int size,
      @ForAll @DoubleRange(min = 0.01, max = 0.99) double fraction) {
    Ratings ratings = Ratings.random(new Random(seed), 6, 9, size);

    int[] test = Split.temporalPerUser(ratings, fraction).test();

    List<Integer> expected = new ArrayList<>();
    for (int user = 0; user < 6; user++) {
      int u = user;
      expected.addAll(
          last(ratings, IntStream.range(0, size).filter(e -> ratings.context(e) == u), fraction));
    }
    assertThat(test).containsExactlyInAnyOrder(ints(expected));
  }

  @Property(tries = 200)
  void shouldOrderByTimeAndRowOverAll(
      @ForAll long seed,
      @ForAll @IntRange(min = 1, max = 60) int size,
      @ForAll @DoubleRange(min = 0.01, max = 0.99) double fraction) {
    Ratings ratings = Ratings.random(new Random(seed), 6, 9, size);

    int[] test = Split.temporalGlobal(ratings, fraction).test();

    assertThat(test)
        .containsExactlyInAnyOrder(ints(last(ratings, IntStream.range(0, size), fraction)));
  }

  @Property(tries = 100)
  void shouldTestEveryExampleInOneFoldOfNearlyEqualSize(
      @ForAll long seed,
      @ForAll @IntRange(min = 2, max = 60) int size,
      @ForAll @IntRange(min = 2, max = 10) int folds) {
    Ratings ratings = Ratings.random(new Random(seed), 6, 9, size);
    int k = Math.min(folds, size);

    List<Split> splits = Split.kFold(ratings, k, seed);

    assertThat(splits).hasSize(k);
    assertThat(splits.getFirst().name()).isEqualTo("fold-1-of-" + k);
    assertThat(splits.stream().flatMapToInt(split -> Arrays.stream(split.test())))
        .containsExactlyInAnyOrderElementsOf(IntStream.range(0, size).boxed().toList());
    assertThat(splits)
        .allSatisfy(split -> assertThat(split.test()).hasSizeBetween(size / k, size / k + 1));
  }

  @Property(tries = 200)
  void shouldCutValidationFromTheTrainingPartAlone(
      @ForAll long seed,
      @ForAll @IntRange(min = 2, max = 60) int size,
      @ForAll @DoubleRange(min = 0.01, max = 0.99) double fraction) {
    Ratings ratings = Ratings.random(new Random(seed), 6, 9, size);
    int[] train = Split.temporalGlobal(ratings, 0.3).train();

    Split random = Split.cut(train, fraction, seed);
    Split temporal = Split.cutTemporalPerUser(ratings, train, fraction);

    assertDivides(random, train);
    assertDivides(temporal, train);
    assertThat(random.test()).hasSize(heldOut(train.length, fraction));
  }

  @Property(tries = 50)
  void shouldDependOnTheSeedAloneAndNotOnTheOrderGiven(@ForAll long seed) {
    Ratings ratings = Ratings.random(new Random(seed), 6, 9, 100);
    int[] forward = IntStream.range(0, 100).toArray();
    int[] backward = IntStream.range(0, 100).map(i -> 99 - i).toArray();

    assertThat(Split.cut(forward, 0.3, seed).test())
        .containsExactly(Split.cut(backward, 0.3, seed).test());
    assertThat(Split.cut(forward, 0.3, seed).test())
        .isNotEqualTo(Split.cut(forward, 0.3, seed + 1).test());
    assertThat(Split.kFold(ratings, 3, seed).get(1).test())
        .containsExactly(Split.kFold(ratings, 3, seed).get(1).test());
  }

  private static void assertDivides(Split split, int[] part) {
    assertThat(split.train()).isSorted().doesNotHaveDuplicates();
    assertThat(split.test()).isSorted().doesNotHaveDuplicates();
    assertThat(
            IntStream.concat(Arrays.stream(split.train()), Arrays.stream(split.test())).toArray())
        .containsExactlyInAnyOrder(part);
  }

  private static List<Integer> last(Ratings ratings, IntStream examples, double fraction) {
    List<Integer> latestFirst =
        examples
            .boxed()
            .sorted(
                Comparator.<Integer>comparingLong(ratings::time)
                    .thenComparing(Comparator.naturalOrder())
                    .reversed())
            .toList();
    return latestFirst.subList(0, heldOut(latestFirst.size(), fraction));
  }

  private static int heldOut(int n, double fraction) {
    return n == 0 ? 0 : (int) Math.max(1, Math.floor(fraction * n + 0.5));
  }

  private static int[] ints(List<Integer> list) {
    return list.stream().mapToInt(Integer::intValue).toArray();
  }
}
