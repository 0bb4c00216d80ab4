package femto.kernels;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import femto.kernels.TestTable.Kind;
import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class BidsTest {
  @ParameterizedTest
  @ValueSource(
      floats = {
        Float.POSITIVE_INFINITY,
        Float.NEGATIVE_INFINITY,
        Float.NaN,
        -1,
        -Float.MIN_VALUE,
        1.0000001e15f
      })
  void shouldRefuseABidOutOfRangeAndNameItsIndex(float bad) {
    float[] values = {0, 1, bad, 2};
    Screen screen = TestTable.of(Kind.GAUSSIAN, 4, 1, 1).screen();
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Bids.copyOf(values))
        .withMessage("bid 2 is " + bad + ", expected a finite number from 0 to 1.0E15");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Bids.copyOf(values, screen))
        .withMessageStartingWith("bid 2 is " + bad);
  }

  @Test
  void shouldCopyTheBidsAndTakeMinusZeroAsZero() {
    float[] values = {1, -0.0f, Bids.MAX_BID, Float.MIN_VALUE};
    Bids bids = Bids.copyOf(values);
    Arrays.fill(values, 9);
    assertThat(bids.size()).isEqualTo(4);
    assertThat(bids.get(0)).isEqualTo(1);
    assertThat(Float.floatToRawIntBits(bids.get(1))).isZero();
    assertThat(bids.get(2)).isEqualTo(1e15f);
    assertThat(bids.get(3)).isEqualTo(Float.MIN_VALUE);
    for (int index : new int[] {-1, 4}) {
      assertThatThrownBy(() -> bids.get(index)).isInstanceOf(IndexOutOfBoundsException.class);
    }
  }

  @Test
  void shouldLeaveTheArrayOfTheCallerAsItIs() {
    float[] values = {-0.0f};
    assertThat(Bids.copyOf(values).size()).isEqualTo(1);
    assertThat(Float.floatToRawIntBits(values[0])).isEqualTo(0x80000000);
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 700, 5000, 6000})
  void shouldKnowTheGreatestBidOfEachPartOfTheScreen(int count) {
    TestTable table = TestTable.of(Kind.GAUSSIAN, 5000, 3, 1);
    Screen screen = table.screen();
    SplittableRandom random = new SplittableRandom(count);
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = random.nextFloat();
    }
    Bids bids = Bids.copyOf(values, screen);
    ScreenLayout layout = screen.layout();
    float[] leaves = new float[layout.groups() * 16];
    float[] groups = new float[layout.groups()];
    for (int place = 0; place < 5000; place++) {
      int index = screen.index(place);
      float value = index < count ? values[index] : 0;
      leaves[place / 64] = Math.max(leaves[place / 64], value);
      groups[place / 1024] = Math.max(groups[place / 1024], value);
    }
    float greatest = 0;
    for (float value : values) {
      greatest = Math.max(greatest, value);
    }
    Screen other = TestTable.of(Kind.GAUSSIAN, 5000, 3, 1).screen();
    for (int group = 0; group < groups.length; group++) {
      assertThat(bids.groupCeiling(screen, group)).isEqualTo(groups[group]);
      assertThat(bids.groupCeiling(other, group)).isEqualTo(greatest);
      assertThat(Bids.copyOf(values).groupCeiling(screen, group)).isEqualTo(greatest);
    }
    for (int leaf = 0; leaf < leaves.length; leaf++) {
      assertThat(bids.leafCeiling(screen, leaf)).isEqualTo(leaves[leaf]);
      assertThat(bids.leafCeiling(other, leaf)).isEqualTo(greatest);
    }
  }
}
