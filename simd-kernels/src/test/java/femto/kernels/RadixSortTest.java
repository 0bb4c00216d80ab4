package femto.kernels;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.Comparator;
import java.util.SplittableRandom;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RadixSortTest {
  @ParameterizedTest
  @CsvSource({
    "0, 31, 33",
    "1, 31, 33",
    "2, 31, 33",
    "1000, 0, 63",
    "1000, 20, 1",
    "1000, 20, 12",
    "65536, 31, 33",
    "65537, 31, 33",
    "300001, 31, 11",
    "300001, 0, 22",
    "300001, 40, 24",
  })
  void shouldBeAStableSortByTheBits(int count, int from, int bits) {
    // Few values, so that equal ones are in every task; the bits above and below differ.
    SplittableRandom random = new SplittableRandom(count);
    long values = Math.max(2, count / 10);
    long[] numbers =
        random
            .longs(count)
            .map(x -> (x & Long.MAX_VALUE) ^ (Math.floorMod(x, values) << from & Long.MAX_VALUE))
            .toArray();
    long mask = bits == 64 ? -1 : (1L << bits) - 1;
    long[] expected =
        Arrays.stream(numbers)
            .boxed()
            .sorted(Comparator.comparingLong(x -> x >>> from & mask))
            .mapToLong(Long::longValue)
            .toArray();
    RadixSort atOnce = new RadixSort(numbers.clone());
    atOnce.sorting(from, bits).run();
    assertThat(atOnce.numbers()).isEqualTo(expected);
    RadixSort inPieces = new RadixSort(numbers);
    StagedWork work = inPieces.sorting(from, bits);
    while (work.advance()) {}
    assertThat(inPieces.numbers()).isEqualTo(expected);
  }
}
