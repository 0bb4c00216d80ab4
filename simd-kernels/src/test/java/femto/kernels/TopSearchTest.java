package femto.kernels;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import femto.kernels.SearchCase.BidKind;
import femto.kernels.TestTable.Kind;
import femto.kernels.TestTable.QueryKind;
import femto.kernels.TopRequest.Method;
import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class TopSearchTest {
  private static final int[] LENGTHS = {0, 1, 2, 3, 8, 16, 17, 33, 64, 100};
  private static final int[] SMALL_SIZES = {0, 1, 63, 64, 65, 1023, 1024, 1025, 5000};

  private static float[] gaussian(int length) {
    return QueryKind.GAUSSIAN.query(length, new SplittableRandom(length));
  }

  private static void assertExact(
      TestTable table, TopSearch search, Screen screen, SearchCase wanted) {
    int[] indexes = new int[wanted.k()];
    float[] values = new float[wanted.k()];
    int found = search.top(wanted.request(screen), indexes, values);
    wanted.assertFound(wanted.values(table), found, indexes, values);
    assertThat(search.wasTruncated()).isFalse();
  }

  /** One search serves many different requests. */
  private static void assertExact(Kind kind, int rows, int length, int requests) {
    TestTable table = TestTable.of(kind, rows, length, rows + length);
    Screen screen = table.screen();
    TopSearch search = new TopSearch(table.table(), screen);
    SplittableRandom random = new SplittableRandom(31L * rows + length);
    for (int i = 0; i < requests; i++) {
      assertExact(table, search, screen, SearchCase.random(random, table));
    }
  }

  @ParameterizedTest
  @EnumSource(Kind.class)
  void shouldFindWhatSortingFindsInTablesOfFewRows(Kind kind) {
    for (int length : LENGTHS) {
      for (int rows : SMALL_SIZES) {
        assertExact(kind, rows, length, rows > 1000 ? 4 : 6);
      }
    }
  }

  @ParameterizedTest
  @EnumSource(Kind.class)
  void shouldFindWhatSortingFindsInTablesOfManyRows(Kind kind) {
    assertExact(kind, 20_000, LENGTHS[kind.name().length() % LENGTHS.length], 5);
  }

  @ParameterizedTest
  @CsvSource({"GAUSSIAN, 8", "STUDENT_T, 33", "CLUSTERED, 16", "SPREAD, 3", "HUGE_OFFSET, 17"})
  void shouldFindWhatSortingFindsInTablesOfSeveralSupergroups(Kind kind, int length) {
    assertExact(kind, 70_000, length, 5);
  }

  /** The requests that the random ones meet seldom together. */
  @ParameterizedTest
  @EnumSource(Kind.class)
  void shouldFindWhatSortingFindsByEveryMethodAndSize(Kind kind) {
    TestTable table = TestTable.of(kind, 20_000, 8, 3);
    Screen screen = table.screen();
    TopSearch search = new TopSearch(table.table(), screen);
    for (Method method : Method.values()) {
      for (int k : new int[] {1, 10, 1000, 20_005}) {
        for (QueryKind query : new QueryKind[] {QueryKind.GAUSSIAN, QueryKind.ALTERNATING}) {
          float[] numbers = query.query(8, new SplittableRandom(k));
          assertExact(table, search, screen, SearchCase.by(method, numbers, k));
        }
      }
    }
  }

  @ParameterizedTest
  @EnumSource(BidKind.class)
  void shouldFindWhatSortingFindsByExpectedValue(BidKind kind) {
    for (Kind tableKind : new Kind[] {Kind.GAUSSIAN, Kind.TWO_VALUES, Kind.NEAR_TIES}) {
      TestTable table = TestTable.of(tableKind, 6000, 5, 6);
      Screen screen = table.screen();
      TopSearch search = new TopSearch(table.table(), screen);
      float[] bids = kind.bids(6000, new SplittableRandom(7));
      for (Method method : new Method[] {Method.PLAIN, Method.SCREEN}) {
        for (float constant : new float[] {0, -4, 20, -88}) {
          for (int k : new int[] {1, 30, 700}) {
            SearchCase wanted = SearchCase.by(method, gaussian(5), k);
            assertExact(table, search, screen, wanted.with(bids, true, constant));
            assertExact(table, search, screen, wanted.with(bids, false, constant));
          }
        }
      }
    }
  }

  @Test
  void shouldPassOverMostRowsOfALargeTable() {
    TestTable table = TestTable.of(Kind.GAUSSIAN, 70_000, 4, 5);
    Screen screen = table.screen();
    TopSearch search = new TopSearch(table.table(), screen);
    assertExact(table, search, screen, SearchCase.by(Method.AUTO, gaussian(4), 10));
    assertThat(search.usedScreen()).isTrue();
    assertThat(search.scannedRows()).isLessThan(35_000);
    assertThat(search.scoredRows()).isLessThan(7_000);
    assertExact(table, search, screen, SearchCase.by(Method.PLAIN, gaussian(4), 10));
    assertThat(search.usedScreen()).isFalse();
    assertThat(search.scannedRows()).isZero();
  }

  @Test
  void shouldSearchWithoutAScreen() {
    TestTable table = TestTable.of(Kind.STUDENT_T, 3000, 7, 5);
    TopSearch search = new TopSearch(table.table(), null);
    SplittableRandom random = new SplittableRandom(1);
    for (int i = 0; i < 20; i++) {
      SearchCase wanted = SearchCase.random(random, table);
      int[] indexes = new int[wanted.k()];
      float[] values = new float[wanted.k()];
      int found = search.top(wanted.request(null), indexes, values);
      wanted.assertFound(wanted.values(table), found, indexes, values);
    }
  }

  @Test
  void shouldTakeBidsThatKnowAnotherScreen() {
    TestTable table = TestTable.of(Kind.GAUSSIAN, 20_000, 6, 5);
    Screen screen = table.screen();
    Screen other = TestTable.of(Kind.GAUSSIAN, 20_000, 6, 6).screen();
    float[] bids = BidKind.HEAVY_TAILED.bids(20_000, new SplittableRandom(1));
    SearchCase wanted = SearchCase.by(Method.SCREEN, gaussian(6), 50).with(bids, true, -1);
    TopSearch search = new TopSearch(table.table(), screen);
    int[] indexes = new int[50];
    float[] values = new float[50];
    int found = search.top(wanted.request(other), indexes, values);
    wanted.assertFound(wanted.values(table), found, indexes, values);
  }

  @Test
  void shouldFindTheLowerIndexesOfTiesThatOnlyUnderflowMakes() {
    // Products of 0.4 to 0.6 of the least float: what the exact scores tell apart, the chains do
    // not.
    int rows = 20_000;
    float[][] numbers = new float[rows][17];
    SplittableRandom random = new SplittableRandom(5);
    for (float[] row : numbers) {
      for (int d = 1; d < row.length; d++) {
        row[d] = (float) (1e-38 * (1 + random.nextDouble()));
      }
    }
    TestTable table = TestTable.of(numbers, 16);
    float[] query = new float[16];
    Arrays.fill(query, 1e-7f);
    Screen screen = table.screen();
    TopSearch search = new TopSearch(table.table(), screen);
    for (int k : new int[] {1, 10, 300}) {
      assertExact(table, search, screen, SearchCase.by(Method.SCREEN, query, k));
      assertExact(table, search, screen, SearchCase.by(Method.PLAIN, query, k));
    }
  }

  @Test
  void shouldFindTheLowerIndexesOfExpectedValuesThatUnderflow() {
    TestTable table = TestTable.of(Kind.GAUSSIAN, 20_000, 3, 5);
    Screen screen = table.screen();
    TopSearch search = new TopSearch(table.table(), screen);
    float[] bids = new float[20_000];
    for (float bid : new float[] {0x1p-149f, 0x1p-148f, 0x1p-146f, 0x1p-143f, 1e-40f, 1e-36f}) {
      Arrays.fill(bids, bid);
      for (float constant : new float[] {0, -1, 2, -9}) {
        for (int k : new int[] {1, 20, 500}) {
          SearchCase wanted =
              SearchCase.by(Method.SCREEN, gaussian(3), k).with(bids, true, constant);
          assertExact(table, search, screen, wanted);
        }
      }
    }
  }

  @Test
  void shouldFindNothingWhereEverythingIsFilteredOut() {
    TestTable table = TestTable.of(Kind.GAUSSIAN, 20_000, 3, 5);
    Screen screen = table.screen();
    TopSearch search = new TopSearch(table.table(), screen);
    long[] all = new long[313];
    Arrays.fill(all, -1);
    for (Method method : Method.values()) {
      SearchCase wanted = SearchCase.by(method, gaussian(3), 10);
      assertExact(table, search, screen, wanted.among(null, all));
      assertExact(table, search, screen, wanted.among(new long[0], null));
      assertExact(table, search, screen, wanted.among(all, all));
      assertExact(table, search, screen, wanted.with(new float[0], true, 0));
      int found = search.top(wanted.among(null, all).request(screen), new int[0], new float[0]);
      assertThat(found).isZero();
    }
  }

  @Test
  void shouldNotLetARowThatMayNotBeFoundRaiseTheThreshold() {
    float[][] rows = new float[20_000][3];
    for (int row = 0; row < rows.length; row++) {
      rows[row] = new float[] {row % 100, row % 7, -row % 5};
    }
    TestTable table = TestTable.of(rows, 2);
    Screen screen = table.screen();
    TopSearch search = new TopSearch(table.table(), screen);
    float[] query = {3, 1};
    float[] values = Oracle.chains(rows, query);
    // All but the worst are excluded.
    int[] best = Oracle.top(values, i -> true, 19_900);
    long[] excluded = new long[313];
    for (int row : best) {
      excluded[row / 64] |= 1L << (row % 64);
    }
    for (Method method : Method.values()) {
      SearchCase wanted = SearchCase.by(method, query, 20).among(null, excluded);
      assertExact(table, search, screen, wanted);
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void shouldFindTheBestOfListedRows(boolean withResiduals) {
    SplittableRandom random = new SplittableRandom(3);
    for (int length : new int[] {0, 1, 8, 17}) {
      TestTable table = TestTable.of(Kind.GAUSSIAN, 5000, length, 1);
      TopSearch search = new TopSearch(table.table(), null);
      for (int count : new int[] {0, 1, 15, 16, 17, 1023, 1024, 1025, 3000}) {
        int[] listed = shuffled(5000, count, random);
        float[] residuals = new float[count];
        for (int i = 0; i < count; i++) {
          residuals[i] = withResiduals ? (float) random.nextGaussian() : 0;
        }
        for (int i = 0; i < 5; i++) {
          SearchCase wanted = SearchCase.random(random, table);
          float[] scores = Oracle.chains(table.rows(), wanted.query());
          long[] isListed = new long[(5000 + 63) / 64];
          for (int at = 0; at < count; at++) {
            isListed[listed[at] / 64] |= 1L << (listed[at] % 64);
            if (withResiduals) {
              scores[listed[at]] += residuals[at];
            }
          }
          int[] indexes = new int[wanted.k()];
          float[] values = new float[wanted.k()];
          int found =
              search.top(
                  wanted.request(null),
                  listed,
                  count,
                  withResiduals ? residuals : null,
                  indexes,
                  values);
          float[] orderedBy = wanted.values(scores);
          int[] expected =
              Oracle.top(
                  orderedBy,
                  row -> wanted.mayBeFound(row) && ((isListed[row / 64] >> (row % 64)) & 1) == 1,
                  wanted.k());
          assertThat(Arrays.copyOf(indexes, found)).as("%s", wanted).isEqualTo(expected);
          for (int rank = 0; rank < found; rank++) {
            Bits.assertSame(values[rank], orderedBy[expected[rank]], "value", rank);
          }
        }
      }
    }
  }

  private static int[] shuffled(int rows, int count, SplittableRandom random) {
    int[] all = IntStream.range(0, rows).toArray();
    for (int i = 0; i < count; i++) {
      int other = random.nextInt(i, rows);
      int swapped = all[i];
      all[i] = all[other];
      all[other] = swapped;
    }
    return Arrays.copyOf(all, count);
  }

  @Test
  void shouldRefuseListedRowsThatAreNotThereAndResidualsOutOfBounds() {
    TopSearch search = new TopSearch(TestTable.of(Kind.GAUSSIAN, 9, 2, 1).table(), null);
    TopRequest request = new TopRequest().reset(new float[2], 3);
    int[] indexes = new int[3];
    float[] values = new float[3];
    assertThatThrownBy(() -> search.top(request, new int[] {0, 9}, 2, null, indexes, values))
        .isInstanceOf(IndexOutOfBoundsException.class)
        .hasMessage("index 1 is 9, expected 0 to 8");
    assertThatThrownBy(() -> search.top(request, new int[1], 2, null, indexes, values))
        .isInstanceOf(IndexOutOfBoundsException.class);
    assertThatThrownBy(() -> search.top(request, new int[1], -1, null, indexes, values))
        .isInstanceOf(IndexOutOfBoundsException.class);
    assertThatThrownBy(() -> search.top(request, new int[1], 1, new float[0], indexes, values))
        .isInstanceOf(IndexOutOfBoundsException.class)
        .hasMessageContaining("residuals");
    for (float bad : new float[] {Float.NaN, Float.POSITIVE_INFINITY, 2e15f}) {
      assertThatIllegalArgumentException()
          .isThrownBy(
              () -> search.top(request, new int[2], 2, new float[] {0, bad}, indexes, values))
          .withMessageContaining("1 is " + bad);
    }
  }

  @Test
  void shouldReturnNothingWrongAfterADeadlineThatIsPast() {
    TestTable table = TestTable.of(Kind.GAUSSIAN, 70_000, 4, 5);
    Screen screen = table.screen();
    TopSearch search = new TopSearch(table.table(), screen);
    int[] indexes = new int[100];
    float[] values = new float[100];
    int[] listed = IntStream.range(0, 5000).toArray();
    for (Method method : Method.values()) {
      SearchCase wanted = SearchCase.by(method, gaussian(4), 100);
      for (long[] selected : new long[][] {null, {5}}) {
        SearchCase filtered = wanted.among(selected, null);
        TopRequest late = filtered.request(screen).until(System.nanoTime() - 1);
        int found = search.top(late, indexes, values);
        assertThat(search.wasTruncated()).isTrue();
        assertAreTheirOwn(table, filtered, found, indexes, values);
        assertThat(search.top(late, listed, listed.length, null, indexes, values)).isZero();
        assertThat(search.wasTruncated()).isTrue();
      }
      TopRequest early =
          wanted.request(screen).until(System.nanoTime() + TimeUnit.HOURS.toNanos(1));
      int found = search.top(early, indexes, values);
      assertThat(search.wasTruncated()).isFalse();
      wanted.assertFound(wanted.values(table), found, indexes, values);
    }
  }

  @Test
  void shouldReturnNothingWrongAfterADeadlineInTheMiddle() {
    TestTable table = TestTable.of(Kind.LOG_NORMAL, 70_000, 16, 5);
    Screen screen = table.screen();
    TopSearch search = new TopSearch(table.table(), screen);
    int[] indexes = new int[100];
    float[] values = new float[100];
    for (int micros = 1; micros < 4000; micros += 1 + micros / 3) {
      for (Method method : Method.values()) {
        SearchCase wanted = SearchCase.by(method, gaussian(16), 100);
        TopRequest request =
            wanted.request(screen).until(System.nanoTime() + TimeUnit.MICROSECONDS.toNanos(micros));
        int found = search.top(request, indexes, values);
        assertAreTheirOwn(table, wanted, found, indexes, values);
        if (!search.wasTruncated()) {
          wanted.assertFound(wanted.values(table), found, indexes, values);
        }
      }
    }
  }

  /** What was found may not be the best, but is in order, allowed, and has its own value. */
  private static void assertAreTheirOwn(
      TestTable table, SearchCase wanted, int found, int[] indexes, float[] values) {
    float[] expected = wanted.values(table);
    for (int rank = 0; rank < found; rank++) {
      assertThat(wanted.mayBeFound(indexes[rank])).isTrue();
      Bits.assertSame(values[rank], expected[indexes[rank]], "value", rank);
      assertThat(rank == 0 || values[rank - 1] >= values[rank]).isTrue();
    }
    assertThat(IntStream.range(0, found).map(rank -> indexes[rank]).distinct().count())
        .isEqualTo(found);
  }

  @Test
  void shouldRefuseArraysThatAreTooShortForWhatWasFound() {
    TestTable table = TestTable.of(Kind.GAUSSIAN, 50, 3, 5);
    TopSearch search = new TopSearch(table.table(), table.screen());
    TopRequest request = SearchCase.by(Method.AUTO, gaussian(3), 10).request(null);
    assertThatThrownBy(() -> search.top(request, new int[9], new float[10]))
        .isInstanceOf(IndexOutOfBoundsException.class);
    assertThatThrownBy(() -> search.top(request, new int[10], new float[9]))
        .isInstanceOf(IndexOutOfBoundsException.class);
    assertThatThrownBy(() -> search.top(request, new int[] {1}, 1, null, new int[0], new float[1]))
        .isInstanceOf(IndexOutOfBoundsException.class);
    assertThat(search.top(request, new int[10], new float[10])).isEqualTo(10);
  }

  @Test
  void shouldRefuseAQueryThatIsTooShortOrOutOfBounds() {
    TestTable table = TestTable.of(Kind.GAUSSIAN, 50, 3, 5);
    TopSearch search = new TopSearch(table.table(), table.screen());
    int[] indexes = new int[5];
    float[] values = new float[5];
    TopRequest request = new TopRequest();
    assertThatThrownBy(() -> search.top(request.reset(new float[2], 5), indexes, values))
        .isInstanceOf(IndexOutOfBoundsException.class)
        .hasMessage("query has 2 elements, expected 3 or more");
    for (float bad : new float[] {Float.NaN, Float.NEGATIVE_INFINITY, -1.1e15f}) {
      float[] query = {0, bad, 0, Float.NaN};
      assertThatIllegalArgumentException()
          .isThrownBy(() -> search.top(request.reset(query, 5), indexes, values))
          .withMessageContaining("factor 1 is " + bad);
    }
    float[] longer = {1, 1, 1, Float.NaN}; // beyond the length
    assertThat(search.top(request.reset(longer, 5), indexes, values)).isEqualTo(5);
  }

  @Test
  void shouldRefuseAScreenOfAnotherSize() {
    RowTable table = TestTable.of(Kind.GAUSSIAN, 50, 3, 5).table();
    Screen rows = TestTable.of(Kind.GAUSSIAN, 51, 3, 5).screen();
    Screen length = TestTable.of(Kind.GAUSSIAN, 50, 4, 5).screen();
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new TopSearch(table, rows))
        .withMessage("screen of 51 rows of 3 factors, expected 50 of 3");
    assertThatIllegalArgumentException().isThrownBy(() -> new TopSearch(table, length));
  }
}
