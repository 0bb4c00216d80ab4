package femto.kernels;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import femto.kernels.impl.Logistic;
import femto.kernels.impl.ScalarKernels;
import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SigmoidTest {
  private static final int INFINITY_BITS = Float.floatToRawIntBits(Float.POSITIVE_INFINITY);

  /** Beyond these the function is constant, and the scalar code is looked at less often. */
  private static final int LEAST_BITS = Float.floatToRawIntBits(0x1p-27f);

  private static final int GREATEST_BITS = Float.floatToRawIntBits(90);
  private static final int CHUNK = 1 << 12;

  private static float number(long bits) {
    float magnitude = Float.intBitsToFloat((int) Math.abs(bits));
    return bits < 0 ? -magnitude : magnitude;
  }

  /**
   * Takes the function of every {@code step}-th float from negative to positive infinity, and fails
   * unless the values are in range, ascending, and the same bits as those of scalar code.
   */
  private static void sweep(int step) {
    float[] x = new float[CHUNK];
    float[] values = new float[CHUNK];
    float last = 0;
    // Below zero, the greater magnitude comes first; -0.0 counts as 0.0 here.
    for (long first = -INFINITY_BITS; first <= INFINITY_BITS; first += (long) CHUNK * step) {
      int count = (int) Math.min(CHUNK, (INFINITY_BITS - first) / step + 1);
      for (int i = 0; i < count; i++) {
        x[i] = number(first + (long) i * step);
      }
      Sigmoid.of(x, count, values);
      last = assertAscending(x, values, count, last);
      int size = Float.floatToRawIntBits(Math.abs(x[0]));
      boolean isConstant = step == 1 && (size < LEAST_BITS || size > GREATEST_BITS);
      for (int i = 0; i < count; i += isConstant ? 61 : 1) {
        Bits.assertSame(values[i], Logistic.sigmoid(x[i]), "value", i);
      }
    }
    assertThat(last).isEqualTo(1f);
  }

  /** Returns the last value. */
  private static float assertAscending(float[] x, float[] values, int count, float before) {
    float last = before;
    for (int i = 0; i < count; i++) {
      float value = values[i];
      if (!(value >= last && value > 0 && value <= 1)) {
        throw new AssertionError("x=" + x[i] + " value=" + value + " before it " + last);
      }
      last = value;
    }
    return last;
  }

  @Test
  void shouldAscendFromAboveZeroToOneOverADenseSampleOfFloats() {
    sweep(1021);
  }

  @Test
  @Tag("once")
  void shouldAscendFromAboveZeroToOneOverEveryFloat() {
    sweep(1);
  }

  @Test
  void shouldAscendOverNeighboursWhereTheFunctionIsSteep() {
    for (float center : new float[] {-87, -20, -1, -0.3465736f, 0, 0.3465736f, 1, 3, 16, 87}) {
      float x = center;
      for (int i = 0; i < 500; i++) {
        x = Math.nextDown(x);
      }
      float last = Sigmoid.of(x);
      for (int i = 0; i < 1000; i++) {
        x = Math.nextUp(x);
        float value = Sigmoid.of(x);
        assertThat(value >= last).as("x=%s", x).isTrue();
        last = value;
      }
    }
  }

  @Test
  void shouldBeWithinTheStatedErrorOfTheExponentialInDoubles() {
    double worst = 0;
    for (float x = -Logistic.LIMIT; x <= Logistic.LIMIT; x += 0.0009765f) {
      double exact = Oracle.sigmoid(x);
      worst = Math.max(worst, Math.abs(Sigmoid.of(x) - exact) / exact);
    }
    assertThat(worst).isLessThanOrEqualTo(Logistic.MAX_RELATIVE_ERROR);
    assertThat(worst).as("a statement worth making").isGreaterThan(1e-8);
  }

  @Test
  void shouldBeWithinTheStatedErrorAtMagnitudesOfEverySize() {
    SplittableRandom random = new SplittableRandom(4);
    for (int i = 0; i < 200_000; i++) {
      float x = (float) Math.exp(random.nextDouble(-100, Math.log(87)));
      for (float signed : new float[] {x, -x}) {
        double exact = Oracle.sigmoid(signed);
        assertThat(Math.abs(Sigmoid.of(signed) - exact) <= Logistic.MAX_RELATIVE_ERROR * exact)
            .as("x=%s", signed)
            .isTrue();
      }
    }
  }

  @Test
  void shouldTakeTheExtremesAndTheZerosOfBothSigns() {
    assertThat(Sigmoid.of(0f)).isEqualTo(0.5f);
    assertThat(Sigmoid.of(-0.0f)).isEqualTo(0.5f);
    assertThat(Sigmoid.of(Float.MIN_VALUE)).isEqualTo(0.5f);
    float least = Sigmoid.of(-Logistic.LIMIT);
    assertThat(least).isBetween(1.6e-38f, 1.7e-38f);
    for (float low : new float[] {-87.5f, -1000, -Float.MAX_VALUE, Float.NEGATIVE_INFINITY}) {
      assertThat(Sigmoid.of(low)).isEqualTo(least);
    }
    for (float high : new float[] {17, 87, 88, 1000, Float.MAX_VALUE, Float.POSITIVE_INFINITY}) {
      assertThat(Sigmoid.of(high)).isEqualTo(1f);
    }
  }

  @Test
  void shouldSumToOneAtOppositeNumbers() {
    for (float x = 0; x < 90; x += 0.037f) {
      assertThat(Sigmoid.of(x) + (double) Sigmoid.of(-x))
          .isBetween(1 - 2 * Logistic.MAX_RELATIVE_ERROR, 1 + 2 * Logistic.MAX_RELATIVE_ERROR);
    }
  }

  @ParameterizedTest
  @ValueSource(
      ints = {0, 1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 32, 33, 37, 61, 127, 1023, 1024, 1025})
  void shouldGiveTheSameBitsForAnyNumberOfNumbersInPlaceToo(int count) {
    SplittableRandom random = new SplittableRandom(count);
    float[] x = new float[count + 1];
    for (int i = 0; i <= count; i++) {
      x[i] = (float) (random.nextGaussian() * Math.pow(10, random.nextInt(-8, 8)));
    }
    float[] special = {
      0f, -0.0f, Float.NEGATIVE_INFINITY, Float.POSITIVE_INFINITY, Float.MIN_VALUE
    };
    for (int i = 0; i < Math.min(count, special.length); i++) {
      x[(i * 7) % count] = special[i];
    }
    float[] expected = new float[count];
    new ScalarKernels().sigmoid(x, count, expected);
    float[] values = new float[count + 1];
    Arrays.fill(values, -7);
    Sigmoid.of(x, count, values);
    Bits.assertSame(values, expected, count, "sigmoid");
    assertThat(values[count]).isEqualTo(-7);
    float after = x[count];
    Sigmoid.of(x, count, x);
    Bits.assertSame(x, expected, count, "in place");
    assertThat(x[count]).isEqualTo(after);
  }

  @Test
  void shouldRefuseArraysThatAreTooShort() {
    assertThatThrownBy(() -> Sigmoid.of(new float[2], 3, new float[3]))
        .isInstanceOf(IndexOutOfBoundsException.class)
        .hasMessage("x has 2 elements, expected 3 or more");
    assertThatThrownBy(() -> Sigmoid.of(new float[3], 3, new float[2]))
        .isInstanceOf(IndexOutOfBoundsException.class)
        .hasMessage("into has 2 elements, expected 3 or more");
    assertThatThrownBy(() -> Sigmoid.of(new float[3], -1, new float[3]))
        .isInstanceOf(IndexOutOfBoundsException.class);
  }
}
