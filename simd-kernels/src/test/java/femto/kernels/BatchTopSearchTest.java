package femto.kernels;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import femto.kernels.TestTable.Kind;
import femto.kernels.TestTable.QueryKind;
import femto.kernels.TopRequest.Method;
import java.util.Arrays;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class BatchTopSearchTest {
  private static void assertFinds(
      BatchTopSearch search,
      TestTable table,
      @Nullable Screen screen,
      SearchCase[] wanted,
      @Nullable RowPatch patch) {
    int count = wanted.length;
    TopRequest[] requests = new TopRequest[count];
    int[][] indexes = new int[count][];
    float[][] values = new float[count][];
    int[] found = new int[count];
    for (int i = 0; i < count; i++) {
      requests[i] = wanted[i].request(screen).patchedBy(patch);
      indexes[i] = new int[wanted[i].k()];
      values[i] = new float[wanted[i].k()];
    }
    search.top(requests, count, indexes, values, found);
    for (int i = 0; i < count; i++) {
      wanted[i].assertFound(wanted[i].values(table), found[i], indexes[i], values[i]);
    }
  }

  /** Requests that are scored together, with any kind of query, K and exclusion. */
  private static SearchCase[] together(int count, TestTable table, SplittableRandom random) {
    int rows = table.size();
    int[] ks = {0, 1, 10, 10, 100, rows, rows + 5};
    QueryKind[] kinds = QueryKind.values();
    SearchCase[] wanted = new SearchCase[count];
    for (int i = 0; i < count; i++) {
      QueryKind kind = i % 2 == 0 ? QueryKind.GAUSSIAN : kinds[random.nextInt(kinds.length)];
      float[] query = kind.query(table.length(), random);
      wanted[i] =
          SearchCase.by(Method.AUTO, query, ks[random.nextInt(ks.length)])
              .among(null, i % 3 == 0 ? SearchCase.bitmap(random, rows) : null);
    }
    return wanted;
  }

  @ParameterizedTest
  @EnumSource
  void shouldFindWhatSortingFinds(Kind kind) {
    for (int rows : new int[] {0, 1, 63, 64, 65, 1025, 20_000}) {
      for (int length : rows == 20_000 ? new int[] {6} : new int[] {0, 1, 3, 16, 17, 40, 130}) {
        TestTable table = TestTable.of(kind, rows, length, rows + 1);
        Screen screen = table.screen();
        SplittableRandom random = new SplittableRandom(rows);
        BatchTopSearch screened = new BatchTopSearch(table.table(), screen);
        BatchTopSearch plain = new BatchTopSearch(table.table(), null);
        // The second time there are fewer queries than buffers.
        for (int count : new int[] {19, 16}) {
          SearchCase[] wanted = together(count, table, random);
          assertFinds(screened, table, screen, wanted, null);
          assertFinds(plain, table, null, wanted, null);
        }
      }
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 15, 40})
  void shouldFindWhatSortingFindsForRequestsOfAllSorts(int count) {
    TestTable table = TestTable.of(Kind.LOG_NORMAL, 9000, 7, 1);
    Screen screen = table.screen();
    BatchTopSearch search = new BatchTopSearch(table.table(), screen);
    SplittableRandom random = new SplittableRandom(count);
    for (int round = 0; round < 5; round++) {
      SearchCase[] wanted = new SearchCase[count];
      SearchCase[] simple = together(count, table, random);
      for (int i = 0; i < count; i++) {
        wanted[i] = random.nextBoolean() ? simple[i] : SearchCase.random(random, table);
      }
      assertFinds(search, table, screen, wanted, null);
    }
  }

  @Test
  void shouldScoreQueriesTogetherAndPassOverRows() {
    TestTable table = TestTable.of(Kind.LOG_NORMAL, 50_000, 16, 1);
    Screen screen = table.screen();
    BatchTopSearch search = new BatchTopSearch(table.table(), screen);
    SplittableRandom random = new SplittableRandom(1);
    SearchCase[] wanted = new SearchCase[20];
    for (int i = 0; i < wanted.length; i++) {
      wanted[i] = SearchCase.by(Method.AUTO, QueryKind.GAUSSIAN.query(16, random), 10);
    }
    assertFinds(search, table, screen, wanted, null);
    // Whole leaves, as a search by itself never scores them; and not all.
    assertThat(search.scoredRows()).isBetween(20L * 64, 20L * 50_000 / 2);
    BatchTopSearch plain = new BatchTopSearch(table.table(), null);
    assertFinds(plain, table, null, wanted, null);
    assertThat(plain.scoredRows()).isEqualTo(20L * 50_000);
  }

  @Test
  void shouldFindRowsAsAPatchHasThem() {
    TestTable base = TestTable.of(Kind.GAUSSIAN, 9000, 5, 1);
    TestTable news = TestTable.of(Kind.STUDENT_T, 9100, 5, 2);
    RowPatch.Editor editor =
        RowPatch.none(base.table(), TestTable.of(Kind.ZEROS, 2000, 5, 1).table()).edit();
    float[][] rows = base.rows().clone();
    float[][] grown = Arrays.copyOf(rows, 9100);
    long[] removed = new long[9100 / 64 + 1];
    float[] factors = new float[5];
    for (int row = 0; row < 9100; row++) {
      if (row % 11 == 3) {
        editor.remove(row);
        removed[row / 64] |= 1L << row;
        grown[row] = new float[6];
      } else if (row % 7 == 0 || row >= 9000) {
        grown[row] = news.rows()[row];
        System.arraycopy(grown[row], 1, factors, 0, 5);
        editor.set(row, grown[row][0], factors);
      }
    }
    RowPatch patch = editor.finish();
    TestTable expected = new TestTable(grown, 5, base.table());
    Screen screen = base.screen();
    BatchTopSearch search = new BatchTopSearch(base.table(), screen);
    SplittableRandom random = new SplittableRandom(1);
    SearchCase[] wanted = new SearchCase[30];
    for (int i = 0; i < wanted.length; i++) {
      wanted[i] =
          SearchCase.by(Method.AUTO, QueryKind.GAUSSIAN.query(5, random), i % 4 == 0 ? 9100 : 30)
              .among(null, removed);
    }
    assertFinds(search, expected, screen, wanted, patch);
  }

  @Test
  void shouldRefuseWhatASearchByItselfRefuses() {
    TestTable table = TestTable.of(Kind.GAUSSIAN, 100, 3, 1);
    BatchTopSearch search = new BatchTopSearch(table.table(), null);
    TopRequest[] requests = new TopRequest[20];
    for (int i = 0; i < requests.length; i++) {
      requests[i] = new TopRequest().reset(new float[] {1, 2, i == 7 ? Float.NaN : 3}, 2);
    }
    int[][] indexes = new int[20][2];
    float[][] values = new float[20][2];
    assertThatIllegalArgumentException()
        .isThrownBy(() -> search.top(requests, 20, indexes, values, new int[20]));
    requests[7].reset(new float[2], 2);
    assertThatThrownBy(() -> search.top(requests, 20, indexes, values, new int[20]))
        .isInstanceOf(IndexOutOfBoundsException.class);
    requests[7].reset(new float[3], 3);
    assertThatThrownBy(() -> search.top(requests, 20, indexes, values, new int[20]))
        .isInstanceOf(IndexOutOfBoundsException.class);
  }
}
