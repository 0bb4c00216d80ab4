package femto.kernels;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import femto.kernels.impl.KernelSupport;
import femto.kernels.impl.ScalarKernels;
import java.math.BigInteger;
import java.util.stream.IntStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.FloatRange;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ScreenLayoutTest {
  @ParameterizedTest
  @CsvSource({
    "0, 0, 0, 0",
    "1, 1, 1, 1",
    "64, 1, 1, 1",
    "65, 2, 1, 1",
    "1024, 16, 1, 1",
    "1025, 17, 2, 1",
    "16384, 256, 16, 1",
    "16385, 257, 17, 2",
    "2147483647, 33554432, 2097152, 131072"
  })
  void shouldCountTheNodesThatHoldACandidate(int rows, int leaves, int groups, int supergroups) {
    ScreenLayout layout = new ScreenLayout(rows, 3);
    assertThat(layout.leaves()).isEqualTo(leaves);
    assertThat(layout.groups()).isEqualTo(groups);
    assertThat(layout.supergroups()).isEqualTo(supergroups);
  }

  @Test
  void shouldPutThePartsAfterOneAnother() {
    ScreenLayout layout = new ScreenLayout(1025, 3); // 17 leaves, 2 groups, 1 supergroup
    assertThat(layout.dimensions()).isEqualTo(4);
    assertThat(layout.nodeBytes()).isEqualTo(4 * 64 + 64);
    assertThat(ScreenLayout.sideOffset(2, 5)).isEqualTo(2 * 64 + 20);
    assertThat(layout.radiusOffset(5)).isEqualTo(4 * 64 + 20);
    assertThat(layout.supergroupOffset(0)).isZero();
    assertThat(layout.groupOffset(0)).isEqualTo(320);
    assertThat(layout.groupOffset(1)).isEqualTo(832);
    assertThat(layout.paddedDimensions()).isEqualTo(16);
    assertThat(layout.frameBytes()).isEqualTo(192);
    assertThat(layout.frameOffset(0)).isEqualTo(640);
    assertThat(layout.stepOffset(1)).isEqualTo(68);
    assertThat(layout.frameRadiusOffset()).isEqualTo(128);
    assertThat(layout.frameOffset(1)).isEqualTo(1152);
    assertThat(layout.codesOffset(0)).isEqualTo(1344);
    assertThat(layout.leafBytes()).isEqualTo(128);
    assertThat(layout.codesOffset(16)).isEqualTo(1344 + 16 * 128);
    assertThat(layout.indexOffset(0)).isEqualTo(1344 + 17 * 128);
    assertThat(layout.indexOffset(1024)).isEqualTo(1344 + 17 * 128 + 4096);
    assertThat(layout.bytes()).isEqualTo(1344 + 17 * 128 + 4100 + 60);
  }

  @Test
  void shouldGiveEveryCandidateOfALeafBitsOfItsOwn() {
    for (int dimension = 0; dimension < 4; dimension++) {
      int d = dimension;
      assertThat(
              IntStream.range(0, 64)
                  .mapToLong(c -> ScalarKernels.codeOffset(d, c) * 8 + ScalarKernels.codeShift(c))
                  .sorted()
                  .toArray())
          .isEqualTo(IntStream.range(0, 64).mapToLong(i -> d * 256 + i * 4).toArray());
    }
  }

  @Property(tries = 1000)
  void shouldRoundASideOutwardsByLessThanAHundredth(
      @ForAll @FloatRange(min = -2, max = 2) float one,
      @ForAll @FloatRange(min = -2, max = 2) float other) {
    float low = Math.min(one, other);
    float high = Math.max(one, other);
    int side = KernelSupport.side(low, high);
    assertThat(Float.intBitsToFloat(side << 16)).isBetween(low - Math.abs(low) / 100 - 1e-38f, low);
    assertThat(Float.intBitsToFloat(side & KernelSupport.HIGH_OF_SIDE))
        .isBetween(high, high + Math.abs(high) / 100 + 1e-38f);
  }

  @Property(tries = 300)
  void shouldAgreeWithArithmeticThatCannotOverflow(
      @ForAll @IntRange(max = RowLayout.MAX_LENGTH) int length,
      @ForAll @IntRange(max = Integer.MAX_VALUE) int rows) {
    assertAgrees(rows, length);
  }

  @Test
  void shouldNotOverflowAtTheLargestSizes() {
    assertAgrees(Integer.MAX_VALUE, RowLayout.MAX_LENGTH);
    assertThat(new ScreenLayout(Integer.MAX_VALUE, RowLayout.MAX_LENGTH).bytes())
        .isGreaterThan(1L << 43);
  }

  private static void assertAgrees(int rows, int length) {
    ScreenLayout layout = new ScreenLayout(rows, length);
    BigInteger leaves = BigInteger.valueOf(rows).add(BigInteger.valueOf(63)).shiftRight(6);
    BigInteger groups = leaves.add(BigInteger.valueOf(15)).shiftRight(4);
    BigInteger supergroups = groups.add(BigInteger.valueOf(15)).shiftRight(4);
    BigInteger dimensions = BigInteger.valueOf(length + 1L);
    BigInteger node = dimensions.multiply(BigInteger.valueOf(64)).add(BigInteger.valueOf(64));
    BigInteger padded = dimensions.add(BigInteger.valueOf(15)).shiftRight(4).shiftLeft(4);
    BigInteger frame = padded.multiply(BigInteger.valueOf(8)).add(BigInteger.valueOf(64));
    BigInteger codes = supergroups.add(groups).multiply(node).add(groups.multiply(frame));
    BigInteger lines = dimensions.add(BigInteger.ONE).shiftRight(1);
    BigInteger indexes = codes.add(leaves.multiply(lines).shiftLeft(6));
    BigInteger end = indexes.add(BigInteger.valueOf(rows).shiftLeft(2));
    assertThat(layout.codesOffset(0)).isEqualTo(codes.longValueExact());
    assertThat(layout.indexOffset(0)).isEqualTo(indexes.longValueExact());
    assertThat(layout.indexOffset(rows)).isEqualTo(end.longValueExact());
    assertThat(layout.codesOffset(layout.leaves())).isEqualTo(indexes.longValueExact());
    assertThat(layout.bytes()).isBetween(end.longValueExact(), end.longValueExact() + 63);
    for (long offset :
        new long[] {
          layout.bytes(),
          layout.groupOffset(0),
          layout.frameOffset(0),
          layout.codesOffset(0),
          layout.indexOffset(0)
        }) {
      assertThat(offset % 64).isZero();
    }
  }

  @ParameterizedTest
  @CsvSource({"-1, 3, rows=-1", "5, -1, length=-1", "5, 8193, length=8193"})
  void shouldRefuseSizesOutOfRange(int rows, int length, String named) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new ScreenLayout(rows, length))
        .withMessageContaining(named);
  }
}
