package femto.kernels;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import femto.kernels.TestTable.Kind;
import femto.kernels.TestTable.QueryKind;
import femto.kernels.TopRequest.Method;
import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.concurrent.Executor;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ParallelTopSearchTest {
  private static final Executor POOL = ForkJoinPool.commonPool();

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 7})
  void shouldFindWhatSortingFindsInAnyNumberOfParts(int parts) {
    Kind[] kinds = {
      Kind.GAUSSIAN, Kind.NEAR_TIES, Kind.TWO_VALUES, Kind.LOG_NORMAL, Kind.CLUSTERED, Kind.ZEROS
    };
    for (Kind kind : kinds) {
      for (int rows : new int[] {0, 1, 5, 64, 1025, 20_000}) {
        TestTable table = TestTable.of(kind, rows, 6, rows);
        Screen screen = table.screen();
        ParallelTopSearch search = new ParallelTopSearch(table.table(), screen, parts);
        SplittableRandom random = new SplittableRandom(rows);
        for (int i = 0; i < 8; i++) {
          SearchCase wanted = SearchCase.random(random, table);
          int[] indexes = new int[wanted.k()];
          float[] values = new float[wanted.k()];
          int found = search.top(wanted.request(screen), POOL, indexes, values);
          wanted.assertFound(wanted.values(table), found, indexes, values);
          assertThat(search.wasTruncated()).isFalse();
        }
      }
    }
  }

  @Test
  void shouldNotDependOnTheOrderInWhichThePartsRun() {
    TestTable table = TestTable.of(Kind.TWO_VALUES, 50_000, 5, 1);
    Screen screen = table.screen();
    ParallelTopSearch search = new ParallelTopSearch(table.table(), screen, 3);
    Executor sameThread = Runnable::run; // the parts after the first run before it
    for (Method method : Method.values()) {
      for (int k : new int[] {1, 50, 3000}) {
        float[] query = QueryKind.GAUSSIAN.query(5, new SplittableRandom(k));
        SearchCase wanted = SearchCase.by(method, query, k);
        int[] indexes = new int[k];
        float[] values = new float[k];
        int found = search.top(wanted.request(screen), sameThread, indexes, values);
        wanted.assertFound(wanted.values(table), found, indexes, values);
      }
    }
  }

  /**
   * Two supergroups for seven parts, and ties that no screen tells apart: some parts give the
   * screen up and would go without it for a while, the others have nothing to look at and would
   * not.
   */
  @ParameterizedTest
  @ValueSource(ints = {2, 16, 40})
  void shouldFindWhatSortingFindsAfterSomePartsHaveGivenTheScreenUp(int length) {
    float[][] rows = new float[20_000][length + 1];
    for (int row = 0; row < rows.length; row++) {
      Arrays.fill(rows[row], row < 10_000 ? -1 : 1);
    }
    TestTable table = TestTable.of(rows, length);
    Screen screen = table.screen();
    ParallelTopSearch search = new ParallelTopSearch(table.table(), screen, 7);
    int[] indexes = new int[50];
    float[] values = new float[50];
    for (int turn = 0; turn < 12; turn++) {
      float[] query = QueryKind.GAUSSIAN.query(length, new SplittableRandom(turn));
      SearchCase wanted = SearchCase.by(Method.AUTO, query, 5);
      int found = search.top(wanted.request(screen), Runnable::run, indexes, values);
      wanted.assertFound(wanted.values(table), found, indexes, values);
    }
  }

  @Test
  void shouldTellWhetherTheDeadlineWasMet() {
    TestTable table = TestTable.of(Kind.GAUSSIAN, 20_000, 5, 1);
    ParallelTopSearch search = new ParallelTopSearch(table.table(), null, 2);
    TopRequest request = new TopRequest().reset(new float[5], 10);
    int[] indexes = new int[10];
    float[] values = new float[10];
    assertThat(search.top(request.until(System.nanoTime() - 1), POOL, indexes, values)).isZero();
    assertThat(search.wasTruncated()).isTrue();
    request.until(System.nanoTime() + TimeUnit.HOURS.toNanos(1));
    assertThat(search.top(request, POOL, indexes, values)).isEqualTo(10);
    assertThat(search.wasTruncated()).isFalse();
  }

  @Test
  void shouldRefuseWhatASearchByOneThreadRefuses() {
    TestTable table = TestTable.of(Kind.GAUSSIAN, 100, 2, 1);
    ParallelTopSearch search = new ParallelTopSearch(table.table(), null, 2);
    TopRequest request = new TopRequest();
    assertThatThrownBy(
            () -> search.top(request.reset(new float[1], 5), POOL, new int[5], new float[5]))
        .isInstanceOf(IndexOutOfBoundsException.class);
    float[] bad = {0, Float.NaN};
    assertThatIllegalArgumentException()
        .isThrownBy(() -> search.top(request.reset(bad, 5), POOL, new int[5], new float[5]))
        .withMessageContaining("factor 1 is NaN");
    assertThatThrownBy(
            () -> search.top(request.reset(new float[2], 5), POOL, new int[4], new float[5]))
        .isInstanceOf(IndexOutOfBoundsException.class);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new ParallelTopSearch(table.table(), null, 0))
        .withMessageContaining("parts=0");
  }
}
