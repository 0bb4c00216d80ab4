package femto.kernels;

import static femto.kernels.ChildJvm.VECTORS;
import static org.assertj.core.api.Assertions.assertThat;

import femto.kernels.ChildJvm.Outcome;
import femto.kernels.GuardedMemory.Side;
import femto.kernels.TestTable.Kind;
import femto.kernels.TestTable.QueryKind;
import femto.kernels.TopRequest.Method;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * No kernel touches memory beyond a table or a screen, on either side: a child works on some that
 * begin right after a page which cannot be read, or end right before one, and it lives. That
 * touching such a page would have ended it is a test too. (The segments end where the pages begin,
 * so an access that the JVM checks throws, and ends the child as well; the pages are for what it
 * does not check.)
 */
@Tag("once")
@EnabledOnOs(value = OS.LINUX, disabledReason = "mmap and mprotect are called as Linux has them")
class GuardPageTest {
  /** Around the lanes of each width, and pieces and rests of several vectors. */
  private static final int[] LENGTHS = {0, 1, 2, 3, 7, 15, 16, 17, 31, 33, 64};

  /** Around vectors, leaves, groups and the rows that a search takes at a time. */
  private static final int[] ROWS = {1, 2, 15, 16, 17, 63, 64, 65, 1000, 1023, 1024, 1025, 2049};

  /** Each time over, more of it is compiled: interpreted loads are others than compiled ones. */
  private static final int TIMES = 4;

  /** What runs in a child. */
  static final class Sweep {
    private Sweep() {}

    public static void main(String[] arguments) {
      System.out.println("using " + Kernels.implementation());
      int tables = 0;
      for (int time = 0; time < TIMES; time++) {
        for (int length : LENGTHS) {
          for (int rows : ROWS) {
            for (Side side : Side.values()) {
              work(rows, length, side, time);
              tables++;
            }
          }
        }
      }
      System.out.println("worked on " + tables + " tables");
    }

    private static void work(int rows, int length, Side side, int time) {
      TestTable numbers = TestTable.of(Kind.GAUSSIAN, rows, length, time);
      long tableBytes = numbers.table().layout().tableBytes(rows);
      long screenBytes = new ScreenLayout(rows, length).bytes();
      try (GuardedMemory tableMemory = new GuardedMemory(tableBytes).guard();
          GuardedMemory screenMemory = new GuardedMemory(screenBytes).guard()) {
        MemorySegment memory = tableMemory.slice(side, tableBytes);
        memory.copyFrom(numbers.table().segment());
        TestTable guarded =
            new TestTable(numbers.rows(), length, RowTable.over(memory, rows, length));
        SplittableRandom random = new SplittableRandom(time);
        float[] query = QueryKind.GAUSSIAN.query(length, random);
        float[] chains = Oracle.chains(numbers.rows(), query);
        gather(guarded.table(), query, chains);
        upperBounds(guarded.table(), query, chains);
        fold(guarded.table(), numbers.table(), random);
        Screen screen = Screen.build(guarded.table(), screenMemory.slice(side, screenBytes));
        search(guarded, screen, query);
      }
    }

    /** All rows, each alone at the end of a list, and lists of every count up to 33. */
    private static void gather(RowTable table, float[] query, float[] chains) {
      int last = table.rows() - 1;
      int[] backwards = IntStream.rangeClosed(0, last).map(i -> last - i).toArray();
      RowScores scores = new RowScores(table);
      float[] into = new float[table.rows()];
      scores.gather(query, backwards, table.rows(), into);
      for (int i = 0; i <= last; i++) {
        Bits.assertSame(into[i], chains[backwards[i]], "score", i);
      }
      for (int count = 0; count <= Math.min(33, table.rows()); count++) {
        int[] ends = new int[count];
        for (int i = 0; i < count; i++) {
          ends[i] = i % 2 == 0 ? last : 0; // what is next to the pages on both sides
        }
        float[] few = new float[count];
        scores.gather(query, ends, count, few);
        for (int i = 0; i < count; i++) {
          Bits.assertSame(few[i], chains[ends[i]], "score", i);
        }
      }
    }

    private static void upperBounds(RowTable table, float[] query, float[] chains) {
      RowScores scores = new RowScores(table);
      for (int first : new int[] {0, table.rows() / 2, table.rows() - 1}) {
        int count = Math.min(RowBatch.SIZE, table.rows() - first);
        float[] bounds = new float[count];
        scores.upperBounds(query, first, count, new int[count], bounds);
        for (int i = 0; i < count; i++) {
          if (!(bounds[i] >= chains[first + i])) {
            throw new AssertionError(
                "row " + (first + i) + ": " + bounds[i] + " is below " + chains[first + i]);
          }
        }
      }
    }

    /**
     * Features of which some are the last and some the first, in a list of exactly their number.
     */
    private static void fold(RowTable table, RowTable same, SplittableRandom random) {
      int last = table.rows() - 1;
      for (int count : new int[] {0, 1, 2, 3, 7, 15, 16, 17, 31, 33, 64}) {
        int[] features = new int[count];
        float[] values = new float[count];
        for (int i = 0; i < count; i++) {
          features[i] = i % 3 == 0 ? last : i % 3 == 1 ? 0 : random.nextInt(table.rows());
          values[i] = (float) random.nextGaussian();
        }
        float[] vector = new float[table.length()];
        float[] expected = new float[table.length()];
        float score = new SparseRows(table).fold(1, features, values, 0, count, vector);
        float right = new SparseRows(same).fold(1, features, values, 0, count, expected);
        Bits.assertSame(score, right, "folded score", count);
        Bits.assertSame(vector, expected, vector.length, "folded factors");
      }
    }

    private static void search(TestTable guarded, Screen screen, float[] query) {
      int k = Math.min(10, guarded.size());
      int[] indexes = new int[k];
      float[] values = new float[k];
      TopSearch search = new TopSearch(guarded.table(), screen);
      for (Method method : Method.values()) {
        SearchCase wanted = SearchCase.by(method, query, k);
        int found = search.top(wanted.request(screen), indexes, values);
        wanted.assertFound(wanted.values(guarded), found, indexes, values);
      }
      long[] everyThird = new long[(guarded.size() + 63) / 64];
      Arrays.fill(everyThird, 0x9249249249249249L);
      SearchCase selected = SearchCase.by(Method.AUTO, query, k).among(everyThird, null);
      int found = search.top(selected.request(screen), indexes, values);
      selected.assertFound(selected.values(guarded), found, indexes, values);
      int[] listed = IntStream.range(0, guarded.size()).toArray();
      SearchCase all = SearchCase.by(Method.AUTO, query, k);
      found = search.top(all.request(screen), listed, listed.length, null, indexes, values);
      all.assertFound(all.values(guarded), found, indexes, values);
    }
  }

  /** Reads a byte inside or next to memory, and says that it has lived to tell. */
  static final class Touch {
    private Touch() {}

    public static void main(String[] arguments) {
      Side side = Side.valueOf(arguments[0]);
      boolean outside = arguments[1].equals("outside");
      try (GuardedMemory memory = new GuardedMemory(100)) {
        if (arguments[2].equals("guarded")) {
          memory.guard();
        }
        long offset = memory.offset(side, 100);
        long inside = side == Side.BEFORE ? offset : offset + 99;
        long step = side == Side.BEFORE ? -1 : 1;
        System.out.println("reading");
        byte read = GuardedMemory.read(memory.all(), outside ? inside + step : inside);
        System.out.println("read " + read);
      }
    }
  }

  @TempDir private Path directory = Path.of("");

  private Outcome run(Class<?> main, String kernels, String... arguments)
      throws IOException, InterruptedException {
    List<String> options =
        List.of(VECTORS, "--enable-native-access=ALL-UNNAMED", "-Dfemto.kernels=" + kernels);
    return ChildJvm.run(directory, options, main, arguments);
  }

  @ParameterizedTest
  @CsvSource({"scalar, scalar", "128, vector 128", "256, vector 256", "512, vector 512"})
  void shouldTouchNothingBesideATableOrAScreen(String asked, String used) throws Exception {
    Outcome outcome = run(Sweep.class, asked);
    assertThat(outcome.out())
        .as(outcome.err())
        .startsWith("using " + used)
        .contains("worked on " + TIMES * LENGTHS.length * ROWS.length * 2 + " tables");
    assertThat(outcome.exit()).isZero();
  }

  @ParameterizedTest
  @CsvSource({"BEFORE", "AFTER"})
  void shouldEndTheChildThatTouchesAByteBeside(String side) throws Exception {
    Outcome outcome = run(Touch.class, "scalar", side, "outside", "guarded");
    assertThat(outcome.exit()).isNotZero();
    assertThat(outcome.out()).startsWith("reading").contains("SIGSEGV").doesNotContain("read 0");
  }

  @ParameterizedTest
  @CsvSource({
    "BEFORE, inside, guarded",
    "AFTER, inside, guarded",
    "BEFORE, outside, open",
    "AFTER, outside, open"
  })
  void shouldEndItForThePageAlone(String side, String where, String guarded) throws Exception {
    Outcome outcome = run(Touch.class, "scalar", side, where, guarded);
    assertThat(outcome.out()).contains("read 0");
    assertThat(outcome.exit()).isZero();
  }
}
