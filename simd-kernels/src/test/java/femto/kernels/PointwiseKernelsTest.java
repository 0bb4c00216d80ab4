package femto.kernels;

import static org.assertj.core.api.Assertions.assertThat;

import femto.kernels.impl.KernelSupport;
import femto.kernels.impl.Logistic;
import femto.kernels.impl.ScalarKernels;
import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The kernels that look at each number of an array on its own. */
class PointwiseKernelsTest {
  private static final KernelSupport SCALAR = new ScalarKernels();

  static IntStream counts() {
    return IntStream.concat(
        IntStream.rangeClosed(0, 33), IntStream.of(37, 61, 127, 251, 509, 1023, 1024, 1025));
  }

  private static float[] scores(int count, SplittableRandom random) {
    float[] scores = new float[count];
    for (int i = 0; i < count; i++) {
      scores[i] = (float) (random.nextGaussian() * Math.pow(10, random.nextInt(-3, 4)));
    }
    return scores;
  }

  @ParameterizedTest
  @MethodSource("counts")
  void shouldFindThePositionsOfWhatIsStrictlyAboveAThreshold(int count) {
    SplittableRandom random = new SplittableRandom(count);
    float[] scores = new float[count];
    for (int i = 0; i < count; i++) {
      scores[i] = random.nextInt(-3, 4); // many equal the threshold
    }
    float[] thresholds = {-3, -1, -0.0f, 0, Math.nextDown(1f), 1, 3, 4};
    float[] infinities = {Float.NEGATIVE_INFINITY, Float.POSITIVE_INFINITY};
    for (float[] some : new float[][] {thresholds, infinities}) {
      for (float threshold : some) {
        int[] expected = IntStream.range(0, count).filter(i -> scores[i] > threshold).toArray();
        int[] positions = new int[count + 1];
        assertThat(Kernels.SUPPORT.above(scores, count, threshold, positions))
            .isEqualTo(expected.length);
        assertThat(Arrays.copyOf(positions, expected.length)).isEqualTo(expected);
        assertThat(SCALAR.above(scores, count, threshold, positions)).isEqualTo(expected.length);
        assertThat(Arrays.copyOf(positions, expected.length)).isEqualTo(expected);
      }
    }
  }

  @ParameterizedTest
  @MethodSource("counts")
  void shouldNotTakeZeroAsAboveMinusZeroOrNanAsAboveAnything(int count) {
    float[] scores = new float[count];
    for (int i = 0; i < count; i++) {
      scores[i] = i % 2 == 0 ? 0f : Float.NaN;
    }
    int[] positions = new int[count];
    assertThat(Kernels.SUPPORT.above(scores, count, -0.0f, positions)).isZero();
    assertThat(SCALAR.above(scores, count, -0.0f, positions)).isZero();
  }

  @ParameterizedTest
  @MethodSource("counts")
  void shouldGiveTheSameExpectedValuesAndInPlaceToo(int count) {
    SplittableRandom random = new SplittableRandom(count);
    float[] scores = scores(count, random);
    int firstBid = 5;
    float[] bids = new float[firstBid + count];
    Arrays.fill(bids, Float.NaN); // those before the first must not be read
    float[] special = {0, Float.MIN_VALUE, 1e-40f, 1, Bids.MAX_BID};
    for (int i = firstBid; i < bids.length; i++) {
      bids[i] = i % 3 == 0 ? special[i % special.length] : (float) Math.exp(random.nextGaussian());
    }
    for (float constant : new float[] {0, -0.0f, 1.5f, -90, 90, 1e15f, -1e15f, 1e-40f}) {
      float[] scalar = new float[count];
      SCALAR.expectedValues(scores, constant, bids, firstBid, count, scalar);
      for (int i = 0; i < count; i++) {
        float bid = bids[firstBid + i];
        Bits.assertSame(scalar[i], bid * Sigmoid.of(constant + scores[i]), "scalar", i);
        // Two roundings of the product and the sum, beside the error of the function.
        double exact = bid * Oracle.sigmoid(Math.clamp(constant + scores[i], -87f, 87f));
        assertThat(Math.abs(scalar[i] - exact))
            .isLessThanOrEqualTo(
                exact * (Logistic.MAX_RELATIVE_ERROR + 2 * Oracle.UNIT_ROUNDOFF)
                    + Oracle.UNDERFLOW);
      }
      float[] values = new float[count + 1];
      values[count] = -7;
      Kernels.SUPPORT.expectedValues(scores, constant, bids, firstBid, count, values);
      Bits.assertSame(values, scalar, count, "constant " + constant);
      assertThat(values[count]).isEqualTo(-7);
      float[] inPlace = scores.clone();
      Kernels.SUPPORT.expectedValues(inPlace, constant, bids, firstBid, count, inPlace);
      Bits.assertSame(inPlace, scalar, count, "in place");
    }
  }
}
