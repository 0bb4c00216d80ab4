package femto.kernels;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import femto.kernels.TestTable.Kind;
import femto.kernels.TestTable.QueryKind;
import femto.kernels.TopRequest.Method;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class RowPatchTest {
  private static final float[] ABSENT = {};

  /** What a patch should be like: the rows, empty where there is none. */
  private record Expected(RowPatch patch, float[][] rows, int length) {
    boolean has(int row) {
      return rows[row].length > 0;
    }

    /** The same rows in a table of their own, zeros where there is none. */
    TestTable table() {
      float[][] whole = new float[rows.length][];
      for (int row = 0; row < rows.length; row++) {
        whole[row] = !has(row) ? new float[length + 1] : rows[row];
      }
      return TestTable.of(whole, length);
    }
  }

  private static float[][] grown(float[][] rows, int size) {
    float[][] grown = Arrays.copyOf(rows, Math.max(rows.length, size));
    Arrays.fill(grown, rows.length, grown.length, ABSENT);
    return grown;
  }

  private static RowTable table(int rows, int length) {
    return RowTable.over(
        Arena.ofAuto().allocate(new RowLayout(length).tableBytes(rows), 4), rows, length);
  }

  private static Expected unpatched(TestTable table, int capacity) {
    return new Expected(
        RowPatch.none(table.table(), table(capacity, table.length())),
        table.rows().clone(),
        table.length());
  }

  /** A random delta; numbers come from a table of the same kind. */
  private static Expected edited(Expected before, float[][] source, SplittableRandom random) {
    RowPatch.Editor editor = before.patch().edit();
    float[][] rows = before.rows().clone();
    int changes = random.nextInt(4) == 0 ? 300 : random.nextInt(12);
    for (int i = 0; i < changes && before.patch().freeSlots() > 400; i++) {
      int kind = random.nextInt(8);
      int row = rows.length == 0 ? 0 : random.nextInt(rows.length);
      if (kind == 0 && rows.length > 0) {
        editor.remove(row);
        rows[row] = ABSENT;
        continue;
      }
      if (kind == 1 || rows.length == 0) {
        row = rows.length + random.nextInt(4);
        rows = grown(rows, row + 1);
      }
      float[] numbers = source[random.nextInt(source.length)];
      if (random.nextBoolean()) {
        editor.set(row, numbers[0], Arrays.copyOfRange(numbers, 1, numbers.length));
      } else {
        float[] among = new float[numbers.length + 7];
        System.arraycopy(numbers, 0, among, 3, numbers.length);
        editor.set(row, among, 3);
      }
      rows[row] = numbers;
    }
    return new Expected(editor.finish(), rows, before.length());
  }

  /** Patches of one table, each from one of the last two: now and then an earlier one again. */
  private static List<Expected> history(
      Kind kind, int rows, int length, int capacity, SplittableRandom random) {
    TestTable table = TestTable.of(kind, rows, length, rows + length);
    float[][] source = TestTable.of(kind, 50, length, 7).rows();
    List<Expected> history = new ArrayList<>(List.of(unpatched(table, capacity)));
    for (int i = 0; i < 6; i++) {
      int from = history.size() - 1 - (random.nextInt(3) == 0 ? 1 : 0);
      history.add(edited(history.get(Math.max(0, from)), source, random));
    }
    return history;
  }

  private static void assertCounts(Expected expected) {
    RowPatch patch = expected.patch();
    assertThat(patch.size()).isEqualTo(expected.rows().length);
    int absent = 0;
    for (int row = 0; row < expected.rows().length; row++) {
      assertThat(patch.contains(row)).as("row %d", row).isEqualTo(expected.has(row));
      absent += !expected.has(row) ? 1 : 0;
    }
    assertThat(patch.absentRows()).isEqualTo(absent);
    assertThat(patch.contains(-1)).isFalse();
    assertThat(patch.contains(expected.rows().length)).isFalse();
  }

  private static void assertFinds(
      Expected expected, TestTable table, TopSearch search, Screen screen, SearchCase wanted) {
    int[] indexes = new int[wanted.k()];
    float[] values = new float[wanted.k()];
    int found = search.top(wanted.request(screen).patchedBy(expected.patch()), indexes, values);
    assertFound(expected, wanted, wanted.values(table), found, indexes, values);
  }

  private static void assertFound(
      Expected expected, SearchCase wanted, float[] all, int found, int[] indexes, float[] values) {
    int[] best = Oracle.top(all, i -> expected.has(i) && wanted.mayBeFound(i), wanted.k());
    assertThat(Arrays.copyOf(indexes, found)).as("%s", wanted).isEqualTo(best);
    for (int rank = 0; rank < found; rank++) {
      Bits.assertSame(values[rank], all[best[rank]], "value", rank);
    }
  }

  @ParameterizedTest
  @EnumSource(Kind.class)
  void shouldFindWhatSortingThePatchedRowsFinds(Kind kind) {
    SplittableRandom random = new SplittableRandom(kind.name().hashCode());
    for (int[] shape : new int[][] {{0, 3}, {1, 16}, {127, 5}, {128, 1}, {2000, 17}, {9000, 8}}) {
      List<Expected> history = history(kind, shape[0], shape[1], 3000, random);
      RowTable base = history.get(0).patch().table();
      Screen screen =
          Screen.build(
              base,
              Arena.ofAuto().allocate(new ScreenLayout(base.rows(), base.length()).bytes(), 64));
      TopSearch search = new TopSearch(base, screen);
      for (Expected expected : history) {
        assertCounts(expected);
        TestTable table = expected.table();
        for (int i = 0; i < 4; i++) {
          assertFinds(expected, table, search, screen, SearchCase.random(random, table));
        }
      }
    }
  }

  @ParameterizedTest
  @CsvSource({"GAUSSIAN, SCREEN", "GAUSSIAN, PLAIN", "ALL_EQUAL, AUTO", "NEAR_TIES, SCREEN"})
  void shouldFindWhatSortingFindsWhereTheBestRowsAreThePatchs(Kind kind, Method method) {
    TestTable table = TestTable.of(kind, 20_000, 6, 1);
    Expected expected = unpatched(table, 5000);
    float[] query = QueryKind.GAUSSIAN.query(6, new SplittableRandom(4));
    TopSearch search = new TopSearch(table.table(), table.screen());
    float[][] rows = expected.rows().clone();
    RowPatch.Editor editor = expected.patch().edit();
    // The 500 best rows become bad or go, others become better than any.
    int[] best = Oracle.top(Oracle.chains(rows, query), i -> true, 500);
    for (int i = 0; i < best.length; i++) {
      if (i % 2 == 0) {
        editor.remove(best[i]);
        rows[best[i]] = ABSENT;
      } else {
        editor.set(best[i], -1000, new float[6]);
        rows[best[i]] = new float[] {-1000, 0, 0, 0, 0, 0, 0};
      }
    }
    for (int row = 3; row < 20_300; row += 97) {
      float bias = 100 + row % 5;
      editor.set(row, bias, new float[6]);
      rows = grown(rows, row + 1);
      rows[row] = new float[] {bias, 0, 0, 0, 0, 0, 0};
    }
    Expected after = new Expected(editor.finish(), rows, 6);
    for (int k : new int[] {1, 10, 150, 400}) {
      assertFinds(after, after.table(), search, table.screen(), SearchCase.by(method, query, k));
      assertFinds(expected, table, search, table.screen(), SearchCase.by(method, query, k));
    }
  }

  @Test
  void shouldFindTheSameByTwoThreads() {
    SplittableRandom random = new SplittableRandom(5);
    try (ExecutorService pool = Executors.newFixedThreadPool(2)) {
      for (Expected expected : history(Kind.GAUSSIAN, 30_000, 8, 3000, random)) {
        TestTable table = expected.table();
        RowTable base = expected.patch().table();
        Screen screen =
            Screen.build(base, Arena.ofAuto().allocate(new ScreenLayout(30_000, 8).bytes(), 64));
        ParallelTopSearch search = new ParallelTopSearch(base, screen, 3);
        for (int i = 0; i < 6; i++) {
          SearchCase wanted = SearchCase.random(random, table);
          int[] indexes = new int[wanted.k()];
          float[] values = new float[wanted.k()];
          TopRequest request = wanted.request(screen).patchedBy(expected.patch());
          int found = search.top(request, pool, indexes, values);
          assertFound(expected, wanted, wanted.values(table), found, indexes, values);
        }
      }
    }
  }

  @Test
  void shouldRankAndScoreListedRowsAsThePatchHasThem() {
    SplittableRandom random = new SplittableRandom(6);
    for (Expected expected : history(Kind.STUDENT_T, 5000, 16, 3000, random)) {
      TestTable table = expected.table();
      int[] listed = random.ints(0, table.size()).distinct().limit(3000).toArray();
      float[] residuals = new float[listed.length];
      float[] query = QueryKind.GAUSSIAN.query(16, random);
      float[] chains = Oracle.chains(table.rows(), query);
      boolean[] isListed = new boolean[table.size()];
      for (int i = 0; i < listed.length; i++) {
        residuals[i] = i % 3;
        chains[listed[i]] += residuals[i];
        isListed[listed[i]] = true;
      }
      RowTable base = expected.patch().table();
      TopSearch search = new TopSearch(base, null);
      int[] indexes = new int[40];
      float[] values = new float[40];
      TopRequest request = new TopRequest().reset(query, 40).patchedBy(expected.patch());
      int found = search.top(request, listed, listed.length, residuals, indexes, values);
      int[] best = Oracle.top(chains, i -> isListed[i] && expected.has(i), 40);
      assertThat(Arrays.copyOf(indexes, found)).isEqualTo(best);

      int[] there = Arrays.stream(listed).filter(row -> expected.has(row)).toArray();
      float[] scores = new float[there.length];
      new RowScores(base).gather(expected.patch(), query, there, there.length, scores);
      for (int i = 0; i < there.length; i++) {
        float[] row = expected.rows()[there[i]];
        Bits.assertSame(scores[i], Oracle.chain(row, query), "score", i);
      }
    }
  }

  @ParameterizedTest
  @CsvSource({"0", "1", "3", "16", "33"})
  void shouldFoldAsIfTheWeightsStoodInTheTable(int length) {
    SplittableRandom random = new SplittableRandom(length);
    for (Expected expected : history(Kind.GAUSSIAN, 500, length, 3000, random)) {
      TestTable table = expected.table();
      SparseRows patched = new SparseRows(expected.patch().table());
      SparseRows fresh = new SparseRows(table.table());
      for (int count : new int[] {0, 1, 2, 7, 39}) {
        int[] features =
            random
                .ints(0, table.size())
                .filter(row -> expected.has(row))
                .limit(count + 2)
                .toArray();
        float[] values = new float[count + 2];
        for (int i = 0; i < values.length; i++) {
          values[i] = (float) random.nextGaussian();
        }
        float[] vector = new float[length];
        float[] freshVector = new float[length];
        float sum = patched.fold(expected.patch(), 0.5f, features, values, 2, count, vector);
        Bits.assertSame(sum, fresh.fold(0.5f, features, values, 2, count, freshVector), "sum", 0);
        assertThat(vector).isEqualTo(freshVector);
      }
    }
  }

  @Test
  void shouldCopyTableAndPatchIntoANewTable() {
    SplittableRandom random = new SplittableRandom(8);
    for (int rows : new int[] {0, 1, 128, 1000, 1023}) {
      for (Expected expected : history(Kind.SPREAD, rows, 5, 3000, random)) {
        RowTable copy = table(expected.patch().size(), 5);
        copy.segment().fill((byte) 0x41);
        expected.patch().copyTo(copy);
        RowTable inPieces = table(expected.patch().size(), 5);
        BitSet copied = new BitSet();
        StagedWork work =
            expected.patch().copying(inPieces, () -> (first, end) -> copied.set(first, end));
        while (work.advance()) {}
        assertThat(inPieces.segment().mismatch(copy.segment())).isEqualTo(-1);
        assertThat(copied.cardinality()).isEqualTo(copy.rows());
        float[] factors = new float[5];
        for (int row = 0; row < copy.rows(); row++) {
          float[] numbers = expected.rows()[row];
          copy.copyFactors(row, factors);
          assertThat(copy.bias(row)).isEqualTo(numbers.length == 0 ? 0 : numbers[0]);
          assertThat(factors)
              .isEqualTo(numbers.length == 0 ? new float[5] : Arrays.copyOfRange(numbers, 1, 6));
          if (numbers.length > 0) {
            expected.patch().copyFactors(row, factors);
            assertThat(expected.patch().bias(row)).isEqualTo(numbers[0]);
            assertThat(factors).isEqualTo(Arrays.copyOfRange(numbers, 1, 6));
            float[] whole = new float[6];
            expected.patch().copyRow(row, whole);
            assertThat(whole).isEqualTo(numbers);
          } else {
            int absent = row;
            assertThatThrownBy(() -> expected.patch().copyRow(absent, new float[6]))
                .isInstanceOf(IndexOutOfBoundsException.class)
                .hasMessageContaining("row " + row);
          }
        }
      }
    }
  }

  /** Rows are found in an array as far as it goes, and beyond it in buckets. */
  @Test
  void shouldFindRowsFarBeyondTheTable() {
    TestTable table = TestTable.of(Kind.SPREAD, 10, 3, 1);
    RowPatch patch = RowPatch.none(table.table(), table(32, 3));
    int[] rows = {5, 41, 42, 43, 1_000, 9, 100_000};
    List<RowPatch> patches = new ArrayList<>(List.of(patch));
    for (int row : rows) {
      RowPatch.Editor editor = patch.edit();
      editor.set(row, row, new float[] {1, 2, 3});
      patch = editor.finish();
      patches.add(patch);
    }
    RowPatch.Editor editor = patch.edit();
    editor.remove(1_000);
    editor.set(42, -1, new float[3]);
    patch = editor.finish();
    for (int made = 0; made <= rows.length; made++) {
      for (int i = 0; i < rows.length; i++) {
        RowPatch then = patches.get(made);
        assertThat(then.contains(rows[i]))
            .as("%d, %d", made, i)
            .isEqualTo(i < made || rows[i] < 10);
        assertThat(i < made ? then.bias(rows[i]) : rows[i]).isEqualTo(rows[i]);
      }
    }
    assertThat(patch.contains(1_000)).isFalse();
    assertThat(patch.bias(42)).isEqualTo(-1);
    assertThat(patch.bias(43)).isEqualTo(43);
    assertThat(patch.contains(44)).isFalse();
    assertThat(patch.size()).isEqualTo(100_001);
  }

  @Test
  void shouldTakeAnArrayIfAnEighthMayChange() {
    assertThat(RowPatch.heapBytes(8000, 1000)).isEqualTo(12_000 + 36_000 + 16 * 125);
    assertThat(RowPatch.heapBytes(8001, 1000)).isEqualTo(12_000 + 8 * 2048 + 16 * 126);
    assertThat(RowPatch.heapBytes(1_000_000, 1000)).isEqualTo(12_000 + 8 * 2048 + 16 * 15_625);
  }

  @Test
  void shouldBecomeAPatchOfTheTableThatItWasCopiedInto() {
    SplittableRandom random = new SplittableRandom(9);
    for (int rows : new int[] {0, 1, 127, 1000}) {
      List<Expected> history = history(Kind.GAUSSIAN, rows, 3, 3000, random);
      for (Expected copied : history) {
        RowTable copy = table(copied.patch().size(), 3);
        copied.patch().copyTo(copy);
        for (Expected expected : history) {
          RowPatch none = copied.patch().noneOfCopy(copy, table(3000, 3));
          assertThat(none.absentRows()).isEqualTo(copied.patch().absentRows());
          RowPatch rebased = Objects.requireNonNull(expected.patch().rebased(copied.patch(), none));
          assertThat(rebased.size()).isEqualTo(Math.max(copy.rows(), expected.rows().length));
          for (int row = 0; row < rebased.size(); row++) {
            boolean there = row < expected.rows().length && expected.has(row);
            assertThat(rebased.contains(row)).isEqualTo(there);
            if (there) {
              assertThat(rebased.bias(row)).isEqualTo(expected.rows()[row][0]);
            }
          }
        }
      }
    }
  }

  /** Removed rows stay so through many merges, and take no slots. */
  @Test
  void shouldKeepRowsAbsentThroughManyTables() {
    SplittableRandom random = new SplittableRandom(10);
    RowTable table = TestTable.of(Kind.GAUSSIAN, 500, 2, 1).table();
    RowPatch none = RowPatch.none(table, table(8, 2));
    boolean[] there = new boolean[900];
    Arrays.fill(there, 0, 500, true);
    int size = 500;
    for (int round = 0; round < 30; round++) {
      RowPatch.Editor editor = none.edit();
      for (int i = 0; i < 20; i++) {
        int row = random.nextInt(size);
        editor.remove(row);
        there[row] = false;
      }
      for (int i = 0; i < 8; i++) {
        int row = random.nextInt(size + 5);
        editor.set(row, round, new float[] {row, i});
        there[row] = true;
        size = Math.max(size, row + 1);
      }
      RowPatch patch = editor.finish();
      RowTable copy = table(size, 2);
      patch.copyTo(copy);
      RowPatch next = patch.noneOfCopy(copy, table(8, 2));
      assertThat(next.usedSlots()).isZero();
      for (RowPatch each : List.of(patch, next)) {
        assertThat(each.size()).isEqualTo(size);
        int absent = 0;
        for (int row = 0; row < size; row++) {
          assertThat(each.contains(row)).as("row %d", row).isEqualTo(there[row]);
          absent += there[row] ? 0 : 1;
        }
        assertThat(each.absentRows()).isEqualTo(absent);
      }
      none = next;
    }
  }

  /** Entries of patches that did not become the one before are passed over for good. */
  @Test
  void shouldNotHaveWhatPatchesBesideItHave() {
    RowTable table = TestTable.of(Kind.ZEROS, 100, 1, 1).table();
    RowPatch before = RowPatch.none(table, table(2000, 1));
    List<RowPatch> good = new ArrayList<>();
    for (int round = 0; round < 200; round++) {
      for (int refused = 0; refused < round % 3; refused++) {
        RowPatch.Editor editor = before.edit();
        editor.set(round % 100, -1, new float[1]);
        editor.remove((round + 50) % 100);
        editor.finish();
      }
      if (round % 7 == 0) {
        before = before.edit().finish();
      }
      RowPatch.Editor editor = before.edit();
      editor.set(round % 100, round + 1, new float[1]);
      before = editor.finish();
      good.add(before);
    }
    for (int last = 0; last < good.size(); last++) {
      RowPatch patch = good.get(last);
      assertThat(patch.absentRows()).isZero();
      assertThat(patch.replacedRows()).isEqualTo(Math.min(100, last + 1));
      for (int row = 0; row < 100; row++) {
        int by = row > last ? -1 : row + 100 <= last ? row + 100 : row;
        assertThat(patch.bias(row)).isEqualTo(by + 1);
      }
    }
  }

  /** One thread makes patches of few slots and many removals, so that what is shared grows. */
  @Test
  void shouldStayAsItIsWhileOthersAreMade() throws Exception {
    int rows = 3000;
    RowTable table = TestTable.of(Kind.ZEROS, rows, 1, 1).table();
    int versions = 4000;
    AtomicReferenceArray<RowPatch> made = new AtomicReferenceArray<>(versions + 1);
    made.set(0, RowPatch.none(table, table(versions, 1)));
    AtomicInteger newest = new AtomicInteger();
    // Version v sets row v % rows to v, and removes the one 7 before, which is set anew 7 later.
    Callable<Long> reader =
        () -> {
          SplittableRandom random = new SplittableRandom();
          long checked = 0;
          while (newest.get() < versions || checked < 1000) {
            int version = Math.max(0, newest.get() - random.nextInt(30));
            RowPatch patch = made.get(version);
            int row = Math.floorMod(version - random.nextInt(40), rows);
            int set = version - Math.floorMod(version - row, rows);
            int removed = version - Math.floorMod(version - 7 - row, rows);
            boolean there = removed <= 0 || set > removed;
            if (patch.contains(row) != there || (there && patch.bias(row) != Math.max(0, set))) {
              throw new AssertionError("version " + version + ", row " + row);
            }
            checked++;
          }
          return checked;
        };
    try (ExecutorService pool = Executors.newFixedThreadPool(2)) {
      List<Future<Long>> readers = List.of(pool.submit(reader), pool.submit(reader));
      for (int version = 1; version <= versions; version++) {
        RowPatch.Editor editor = made.get(version - 1).edit();
        editor.set(version % rows, version, new float[1]);
        editor.remove(Math.floorMod(version - 7, rows));
        made.set(version, editor.finish());
        newest.set(version);
      }
      for (Future<Long> each : readers) {
        assertThat(each.get()).isGreaterThanOrEqualTo(1000);
      }
    }
  }

  @Test
  void shouldSayWhenItDoesNotFitIntoAnotherTable() {
    TestTable table = TestTable.of(Kind.GAUSSIAN, 300, 2, 1);
    RowPatch none = RowPatch.none(table.table(), table(3, 2));
    RowPatch.Editor editor = none.edit();
    editor.set(7, 1, new float[2]);
    editor.set(9, 1, new float[2]);
    RowPatch patch = editor.finish();
    RowTable copy = table(300, 2);
    none.copyTo(copy);
    assertThat(patch.rebased(none, none.noneOfCopy(copy, table(1, 2)))).isNull();
    assertThatIllegalArgumentException()
        .isThrownBy(() -> none.noneOfCopy(table(301, 2), table(1, 2)))
        .withMessage("table of 301 rows, expected 300");
  }

  @Test
  void shouldGiveBackTheSlotsOfAnAbandonedEdit() {
    TestTable table = TestTable.of(Kind.GAUSSIAN, 300, 2, 1);
    RowPatch none = RowPatch.none(table.table(), table(3, 2));
    RowPatch.Editor editor = none.edit();
    editor.set(7, 1, new float[2]);
    editor.set(7, 2, new float[2]);
    assertThat(none.freeSlots()).isEqualTo(1);
    editor.abandon();
    assertThat(none.freeSlots()).isEqualTo(3);
    assertThat(none.contains(7)).isTrue();
    assertThat(none.changes(7)).isFalse();
    assertThatIllegalStateException().isThrownBy(editor::finish);
    RowPatch.Editor next = none.edit();
    next.set(8, 5, new float[2]);
    RowPatch patch = next.finish();
    assertThat(patch.changes(7)).isFalse();
    assertThat(patch.bias(8)).isEqualTo(5);
    assertThat(patch.usedSlots()).isEqualTo(1);
    assertThat(patch.replacedRows()).isEqualTo(1);
  }

  @Test
  void shouldRefuseWhatIsOutOfBoundsAndLeaveThePatchAsItWas() {
    TestTable table = TestTable.of(Kind.GAUSSIAN, 10, 2, 1);
    RowPatch none = RowPatch.none(table.table(), table(2, 2));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> RowPatch.none(table.table(), table(3, 3)))
        .withMessageContaining("slots of 3 factors, expected 2");
    RowPatch.Editor editor = none.edit();
    assertThatIllegalStateException().isThrownBy(none::edit);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> editor.set(1, Float.NaN, new float[2]))
        .withMessageContaining("bias=NaN");
    assertThatThrownBy(() -> editor.remove(-1)).isInstanceOf(IndexOutOfBoundsException.class);
    editor.set(1, 1, new float[2]);
    editor.set(2, 1, new float[2]);
    assertThatIllegalStateException()
        .isThrownBy(() -> editor.set(3, 1, new float[2]))
        .withMessage("all 2 slots are taken");
    editor.remove(4);
    RowPatch patch = editor.finish();
    assertThat(patch.changes(3)).isFalse();
    assertThat(patch.freeSlots()).isZero();
    float[] query = {1, 1};
    assertThatThrownBy(
            () -> new RowScores(table.table()).gather(patch, query, new int[] {4}, 1, new float[1]))
        .isInstanceOf(IndexOutOfBoundsException.class)
        .hasMessage("row 4 has been removed");
    assertThatThrownBy(() -> patch.bias(10))
        .isInstanceOf(IndexOutOfBoundsException.class)
        .hasMessage("row 10, expected 0 to 9");
    TestTable other = TestTable.of(Kind.GAUSSIAN, 10, 2, 1);
    TopRequest request = new TopRequest().reset(query, 1).patchedBy(patch);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new TopSearch(other.table(), null).top(request, new int[1], new float[1]))
        .withMessage("the patch is one of another table");
  }
}
