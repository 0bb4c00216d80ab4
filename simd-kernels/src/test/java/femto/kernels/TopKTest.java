package femto.kernels;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TopKTest {
  record Candidate(int index, float score) {
    @Override
    public String toString() {
      return index + "=" + score;
    }
  }

  /** The plainest way: sort everything by score, then index, and cut. */
  static List<Candidate> fullSort(List<Candidate> offers, int k) {
    List<Candidate> sorted = new ArrayList<>();
    for (Candidate offer : offers) {
      if (!Float.isNaN(offer.score)) {
        sorted.add(offer);
      }
    }
    sorted.sort(
        (a, b) -> {
          if (a.score > b.score) {
            return -1;
          }
          return a.score < b.score ? 1 : Integer.compare(a.index, b.index);
        });
    return sorted.subList(0, Math.min(k, sorted.size()));
  }

  static List<Candidate> drain(TopK top) {
    int size = top.size();
    int[] indexes = new int[size];
    float[] scores = new float[size];
    assertThat(top.drain(indexes, scores)).isEqualTo(size);
    List<Candidate> drained = new ArrayList<>();
    for (int i = 0; i < size; i++) {
      drained.add(new Candidate(indexes[i], scores[i]));
    }
    return drained;
  }

  private static TopK offerAll(TopK top, List<Candidate> offers) {
    for (Candidate offer : offers) {
      top.offer(offer.index, offer.score);
    }
    return top;
  }

  private static List<Candidate> candidates(float... scores) {
    List<Candidate> list = new ArrayList<>();
    for (int i = 0; i < scores.length; i++) {
      list.add(new Candidate(i, scores[i]));
    }
    return list;
  }

  @Test
  void shouldReturnLowerIndexFirstWhenScoresTie() {
    TopK top = new TopK(3);
    for (int index : new int[] {9, 4, 7, 1, 8, 2}) {
      top.offer(index, 1.5f);
    }
    assertThat(drain(top)).extracting(Candidate::index).containsExactly(1, 2, 4);
  }

  @Test
  void shouldAgreeWithAFullSortWhenManyScoresTie() {
    Random random = new Random(1);
    for (int round = 0; round < 3000; round++) {
      int n = random.nextInt(60);
      int distinct = 1 + random.nextInt(6);
      List<Candidate> offers = new ArrayList<>();
      for (int i = 0; i < n; i++) {
        offers.add(new Candidate(i, random.nextInt(distinct) - 2.5f));
      }
      Collections.shuffle(offers, random);
      int k = random.nextInt(70);
      TopK top = offerAll(new TopK(k), offers);
      assertThat(top.size()).isEqualTo(Math.min(k, n));
      assertThat(drain(top)).as("k=%d of %s", k, offers).isEqualTo(fullSort(offers, k));
    }
  }

  @Test
  void shouldAgreeWithAFullSortAtEverySmallK() {
    Random random = new Random(2);
    List<Candidate> offers = new ArrayList<>();
    for (int i = 0; i < 200; i++) {
      offers.add(new Candidate(i, (float) random.nextGaussian()));
    }
    for (int k = 0; k <= 201; k++) {
      assertThat(drain(offerAll(new TopK(k), offers))).isEqualTo(fullSort(offers, k));
    }
  }

  @Test
  void shouldKeepNothingWhenKIsZero() {
    TopK top = offerAll(new TopK(0), candidates(1, Float.POSITIVE_INFINITY, Float.NaN));
    assertThat(top.size()).isZero();
    assertThat(top.threshold()).isEqualTo(Float.POSITIVE_INFINITY);
    assertThat(top.drain(new int[0], new float[0])).isZero();
  }

  @Test
  void shouldKeepAllInOrderWhenKExceedsTheirNumber() {
    TopK top = offerAll(new TopK(100), candidates(1, 3, 2));
    assertThat(top.threshold()).isEqualTo(Float.NEGATIVE_INFINITY);
    assertThat(drain(top))
        .containsExactly(new Candidate(1, 3), new Candidate(2, 2), new Candidate(0, 1));
  }

  @Test
  void shouldOrderInfinitiesAsNumbers() {
    List<Candidate> offers =
        candidates(0, Float.NEGATIVE_INFINITY, Float.POSITIVE_INFINITY, 5, Float.POSITIVE_INFINITY);
    assertThat(drain(offerAll(new TopK(5), offers)))
        .extracting(Candidate::index)
        .containsExactly(2, 4, 3, 0, 1);
    assertThat(drain(offerAll(new TopK(2), offers)))
        .extracting(Candidate::index)
        .containsExactly(2, 4);
  }

  @Test
  void shouldLetALowerIndexInWhenBothScoresAreNegativeInfinity() {
    TopK top = new TopK(1);
    top.offer(3, Float.NEGATIVE_INFINITY);
    top.offer(2, Float.NEGATIVE_INFINITY);
    top.offer(4, Float.NEGATIVE_INFINITY);
    assertThat(drain(top)).containsExactly(new Candidate(2, Float.NEGATIVE_INFINITY));
  }

  @Test
  void shouldTakeMinusZeroAndZeroAsEqualAndReturnEachAsOffered() {
    TopK top = new TopK(2);
    top.offer(2, 0.0f);
    top.offer(1, -0.0f);
    top.offer(3, 0.0f);
    List<Candidate> drained = drain(top);
    assertThat(drained).extracting(Candidate::index).containsExactly(1, 2);
    assertThat(Float.floatToRawIntBits(drained.get(0).score)).isEqualTo(0x80000000);
    assertThat(Float.floatToRawIntBits(drained.get(1).score)).isZero();
  }

  @Test
  void shouldNeverLetNanIn() {
    TopK top = new TopK(2);
    top.offer(0, Float.NaN);
    assertThat(top.size()).isZero();
    top.offer(5, 1);
    top.offer(1, Float.intBitsToFloat(0xffc12345));
    top.offer(6, Float.NEGATIVE_INFINITY);
    top.offer(2, Float.NaN);
    assertThat(drain(top))
        .containsExactly(new Candidate(5, 1), new Candidate(6, Float.NEGATIVE_INFINITY));
  }

  @Test
  void shouldTellTheWorstKeptScoreOnceFull() {
    TopK top = new TopK(2);
    assertThat(top.threshold()).isEqualTo(Float.NEGATIVE_INFINITY);
    top.offer(1, 5);
    assertThat(top.threshold()).isEqualTo(Float.NEGATIVE_INFINITY);
    top.offer(2, 3);
    assertThat(top.threshold()).isEqualTo(3);
    top.offer(3, 4);
    assertThat(top.threshold()).isEqualTo(4);
    top.offer(4, 3.999f);
    assertThat(top.threshold()).isEqualTo(4);
  }

  @Test
  void shouldLetAScoreAtTheThresholdInOnlyWithALowerIndex() {
    TopK top = new TopK(1);
    top.offer(5, 1);
    top.offer(6, 1);
    assertThat(drain(top)).containsExactly(new Candidate(5, 1));
    top.reset(1).offer(5, 1);
    top.offer(4, 1);
    assertThat(drain(top)).containsExactly(new Candidate(4, 1));
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2})
  void shouldTakeNothingOutWhenAnArrayIsTooShort(int tooShort) {
    TopK top = offerAll(new TopK(3), candidates(1, 3, 2, 0));
    int[] indexes = {-7, -7, -7};
    float[] scores = {-7, -7, -7};
    assertThatThrownBy(() -> top.drain(new int[tooShort], scores))
        .isInstanceOf(IndexOutOfBoundsException.class)
        .hasMessageContaining(tooShort + " indexes")
        .hasMessageContaining("at least 3");
    assertThatThrownBy(() -> top.drain(indexes, new float[tooShort]))
        .isInstanceOf(IndexOutOfBoundsException.class)
        .hasMessageContaining(tooShort + " scores");
    assertThat(indexes).containsOnly(-7);
    assertThat(scores).containsOnly(-7);
    assertThat(top.size()).isEqualTo(3);
    assertThat(drain(top))
        .containsExactly(new Candidate(1, 3), new Candidate(2, 2), new Candidate(0, 1));
  }

  @Test
  void shouldLeaveWhatStandsBehindTheFoundOnes() {
    TopK top = offerAll(new TopK(4), candidates(1, 2));
    int[] indexes = {-1, -1, -1};
    float[] scores = {-1, -1, -1};
    assertThat(top.drain(indexes, scores)).isEqualTo(2);
    assertThat(indexes).containsExactly(1, 0, -1);
    assertThat(scores).containsExactly(2, 1, -1);
  }

  @Test
  void shouldBeEmptyAfterDrainingAndUsableAgain() {
    TopK top = offerAll(new TopK(2), candidates(1, 2, 3));
    assertThat(drain(top)).hasSize(2);
    assertThat(top.size()).isZero();
    assertThat(top.threshold()).isEqualTo(Float.NEGATIVE_INFINITY);
    top.offer(9, -1);
    assertThat(drain(top)).containsExactly(new Candidate(9, -1));
  }

  @Test
  void shouldForgetEverythingOnReset() {
    TopK top = offerAll(new TopK(5), candidates(9, 8, 7, 6, 5));
    top.reset(2);
    assertThat(top.size()).isZero();
    assertThat(top.capacity()).isEqualTo(5);
    offerAll(top, candidates(1, 2, 3));
    assertThat(drain(top)).containsExactly(new Candidate(2, 3), new Candidate(1, 2));
    offerAll(top.reset(5), candidates(1, 2, 3));
    assertThat(drain(top)).hasSize(3);
    offerAll(top.reset(0), candidates(1, 2, 3));
    assertThat(drain(top)).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(ints = {-1, 4, Integer.MAX_VALUE, Integer.MIN_VALUE})
  void shouldRefuseAKOutOfRangeAndSayTheCapacity(int k) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new TopK(3).reset(k))
        .withMessageContaining("k=" + k)
        .withMessageContaining("0 to 3");
  }

  @Test
  void shouldRefuseANegativeCapacity() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new TopK(-1))
        .withMessageContaining("capacity=-1");
  }

  @Provide
  Arbitrary<List<Float>> scoreLists() {
    Arbitrary<Float> few =
        Arbitraries.of(
            -0.0f,
            0.0f,
            1f,
            -1f,
            Float.MIN_VALUE,
            Float.NaN,
            Float.POSITIVE_INFINITY,
            Float.NEGATIVE_INFINITY,
            Float.MAX_VALUE);
    Arbitrary<Float> any = Arbitraries.integers().map(Float::intBitsToFloat);
    return Arbitraries.frequencyOf(net.jqwik.api.Tuple.of(4, few), net.jqwik.api.Tuple.of(1, any))
        .list()
        .ofMaxSize(40);
  }

  private static List<Candidate> indexed(List<Float> scores) {
    List<Candidate> offers = new ArrayList<>();
    for (int i = 0; i < scores.size(); i++) {
      offers.add(new Candidate(i, scores.get(i)));
    }
    return offers;
  }

  @Property
  void shouldNotDependOnTheOrderOfOffers(
      @ForAll("scoreLists") List<Float> scores,
      @ForAll @IntRange(max = 45) int k,
      @ForAll long seed) {
    List<Candidate> offers = indexed(scores);
    List<Candidate> expected = fullSort(offers, k);
    TopK top = new TopK(45).reset(k);
    for (int shuffle = 0; shuffle < 4; shuffle++) {
      Collections.shuffle(offers, new Random(seed + shuffle));
      // Records compare floats by bits, so the sign of a zero counts here too.
      assertThat(drain(offerAll(top, offers))).isEqualTo(expected);
    }
  }

  @Property
  void shouldAnswerTheSameWhenScoresBelowTheThresholdAreNotOffered(
      @ForAll("scoreLists") List<Float> scores, @ForAll @IntRange(max = 20) int k) {
    TopK top = new TopK(k);
    TopK screened = new TopK(k);
    for (Candidate offer : indexed(scores)) {
      float threshold = screened.threshold();
      if (offer.score >= threshold) {
        screened.offer(offer.index, offer.score);
      }
      top.offer(offer.index, offer.score);
      assertThat(screened.threshold()).isEqualTo(top.threshold());
      assertThat(top.threshold() >= threshold).as("a threshold never falls").isTrue();
    }
    assertThat(drain(screened)).isEqualTo(drain(top));
  }
}
