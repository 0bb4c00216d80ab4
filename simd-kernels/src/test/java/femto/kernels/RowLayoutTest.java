package femto.kernels;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.math.BigInteger;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RowLayoutTest {
  @Test
  void shouldPutTheBiasBeforeTheFactors() {
    assertThat(RowLayout.BIAS_OFFSET).isZero();
    assertThat(RowLayout.FACTORS_OFFSET).isEqualTo(4);
    RowLayout layout = new RowLayout(3);
    assertThat(layout.strideBytes()).isEqualTo(16);
    assertThat(layout.rowOffset(0)).isZero();
    assertThat(layout.rowOffset(5)).isEqualTo(80);
    assertThat(layout.tableBytes(5)).isEqualTo(80);
  }

  @Test
  void shouldHoldABiasAloneWhenThereAreNoFactors() {
    RowLayout layout = new RowLayout(0);
    assertThat(layout.strideBytes()).isEqualTo(4);
    assertThat(layout.tableBytes(0)).isZero();
    assertThat(layout.tableBytes(7)).isEqualTo(28);
  }

  @ParameterizedTest
  @ValueSource(ints = {-1, Integer.MIN_VALUE, RowLayout.MAX_LENGTH + 1, Integer.MAX_VALUE})
  void shouldRefuseALengthOutOfRangeAndSayWhatWasExpected(int length) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new RowLayout(length))
        .withMessageContaining("length=" + length)
        .withMessageContaining("0 to 8192");
  }

  @Test
  void shouldCountInLongsPastTwoGibibytes() {
    RowLayout layout = new RowLayout(RowLayout.MAX_LENGTH);
    assertThat(layout.strideBytes()).isEqualTo(32_772L);
    // 65,529 rows are the first to need more than 2^31 - 1 bytes.
    assertThat(layout.tableBytes(65_529)).isEqualTo(2_147_516_388L).isGreaterThan(1L << 31);
    assertThat(layout.tableBytes(Integer.MAX_VALUE)).isEqualTo(70_377_334_079_484L);
    assertThat(layout.rowOffset(Integer.MAX_VALUE)).isEqualTo(70_377_334_079_484L);
  }

  @Property
  void shouldAgreeWithArithmeticThatCannotOverflow(
      @ForAll @IntRange(max = RowLayout.MAX_LENGTH) int length,
      @ForAll @IntRange(max = Integer.MAX_VALUE) int rows) {
    BigInteger stride = BigInteger.valueOf(length).add(BigInteger.ONE).shiftLeft(2);
    BigInteger bytes = stride.multiply(BigInteger.valueOf(rows));
    RowLayout layout = new RowLayout(length);
    assertThat(layout.strideBytes()).isEqualTo(stride.longValueExact());
    assertThat(layout.tableBytes(rows)).isEqualTo(bytes.longValueExact());
    assertThat(layout.rowOffset(rows)).isEqualTo(bytes.longValueExact());
  }
}
