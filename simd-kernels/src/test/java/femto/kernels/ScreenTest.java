package femto.kernels;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import femto.kernels.TestTable.Kind;
import femto.kernels.TestTable.QueryKind;
import femto.kernels.impl.KernelSupport;
import femto.kernels.impl.ScalarKernels;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The bounds of a screen, against the exact products and the chains of the rows under them. */
class ScreenTest {
  private static final KernelSupport SCALAR = new ScalarKernels();
  private static final int CHILDREN = KernelSupport.CHILDREN;
  private static final int LEAF = KernelSupport.LEAF;

  /** Two groups and a part of a leaf. */
  private static final int ROWS = 2 * 1024 + 70;

  private static final int[] LENGTHS = {1, 2, 8, 33};

  private static double coordinate(Screen screen, float[] row, int dimension) {
    double centered = (double) row[dimension] - screen.center(dimension);
    return (dimension == 0 ? centered / screen.biasWeight() : centered) * screen.scale();
  }

  /** The exact product of a query and a row in the screen's space. */
  private static double product(Screen screen, ScreenQuery query, float[] row) {
    double sum = 0;
    for (int d = 0; d < row.length; d++) {
      sum += query.y[d] * coordinate(screen, row, d);
    }
    return sum;
  }

  @ParameterizedTest
  @EnumSource(Kind.class)
  void shouldHoldEveryRowOnceInItsOrder(Kind kind) {
    for (int rows : new int[] {1, 63, 64, 65, 1023, 1024, 1025, 3000}) {
      TestTable table = TestTable.of(kind, rows, 5, 1);
      Screen screen = table.screen();
      boolean[] seen = new boolean[rows];
      for (int place = 0; place < rows; place++) {
        seen[screen.index(place)] = true;
      }
      assertThat(seen).doesNotContain(false);
    }
  }

  @ParameterizedTest
  @EnumSource(Kind.class)
  void shouldCodeEveryNumberWithinHalfAStep(Kind kind) {
    for (int length : LENGTHS) {
      TestTable table = TestTable.of(kind, ROWS, length, 2);
      Screen screen = table.screen();
      ScreenLayout layout = screen.layout();
      MemorySegment segment = screen.segment();
      for (int place = 0; place < ROWS; place++) {
        float[] row = table.rows()[screen.index(place)];
        int leaf = place / LEAF;
        int child = leaf % CHILDREN;
        long node = layout.groupOffset(leaf / CHILDREN);
        double radius = segment.get(JAVA_FLOAT, node + layout.radiusOffset(child));
        double squares = 0;
        double restSquares = 0;
        for (int d = 0; d <= length; d++) {
          double x = coordinate(screen, row, d);
          squares += x * x;
          int side = segment.get(JAVA_INT, node + ScreenLayout.sideOffset(d, child));
          float low = Float.intBitsToFloat(side << 16);
          float high = Float.intBitsToFloat(side >>> 16 << 16);
          long frame = layout.frameOffset(leaf / CHILDREN);
          float origin = segment.get(JAVA_FLOAT, frame + (long) d * Float.BYTES);
          double step = segment.get(JAVA_FLOAT, frame + layout.stepOffset(d));
          int code = code(screen, leaf, place % LEAF, d);
          double rest = x - (origin + code * step);
          restSquares += rest * rest;
          // A point is rounded to f32; steps below the normal floats are within that of others.
          double rounding = 1e-7 * (Math.abs(x) + Math.abs(origin)) + 1e-40;
          if (!(Math.abs(rest) <= KernelSupport.HALF_STEP * step + rounding
              && x >= low - rounding
              && x <= high + rounding)) {
            assertThat(origin + code * step)
                .as("%s row %d dimension %d in [%s, %s]", kind, screen.index(place), d, low, high)
                .isEqualTo(x);
          }
        }
        assertThat(Math.sqrt(squares) <= radius).as("%s in radius %s", kind, radius).isTrue();
        long last = layout.frameOffset(leaf / CHILDREN) + layout.frameRadiusOffset();
        double error = segment.get(JAVA_FLOAT, last + Float.BYTES);
        // Here the point is exact, in the screen it is rounded to f32.
        assertThat(Math.sqrt(restSquares) <= error * (1 + 1e-6) + 1e-7 * radius)
            .as("%s within %s of its codes", kind, error)
            .isTrue();
        assertThat((double) segment.get(JAVA_FLOAT, last)).isGreaterThanOrEqualTo(radius);
      }
    }
  }

  private static int code(Screen screen, int leaf, int candidate, int dimension) {
    long at = screen.layout().codesOffset(leaf) + ScalarKernels.codeOffset(dimension, candidate);
    return (screen.segment().get(JAVA_BYTE, at) >> ScalarKernels.codeShift(candidate)) & 15;
  }

  /** The bound of a child is not below the product of any row under it, whatever the threshold. */
  @ParameterizedTest
  @EnumSource(Kind.class)
  void shouldBoundTheProductOfEveryRowFromAbove(Kind kind) {
    for (int length : LENGTHS) {
      TestTable table = TestTable.of(kind, ROWS, length, 3);
      Screen screen = table.screen();
      ScreenQuery query = new ScreenQuery(screen);
      for (QueryKind queryKind : QueryKind.values()) {
        if (!screen.isUsable()
            || !query.prepare(queryKind.query(length, new SplittableRandom(length)))) {
          continue;
        }
        double[] groups = new double[screen.layout().groups()];
        double[] leaves = new double[screen.layout().leaves()];
        Arrays.fill(groups, Double.NEGATIVE_INFINITY);
        Arrays.fill(leaves, Double.NEGATIVE_INFINITY);
        double greatest = 0;
        for (int place = 0; place < ROWS; place++) {
          double product = product(screen, query, table.rows()[screen.index(place)]);
          int leaf = place / LEAF;
          leaves[leaf] = Math.max(leaves[leaf], product);
          groups[leaf / CHILDREN] = Math.max(groups[leaf / CHILDREN], product);
          greatest = Math.max(greatest, product);
        }
        String what = kind + " " + queryKind + " length=" + length;
        for (double part : new double[] {0, 1e-3, 0.5, 1}) {
          float byThreshold = (float) (part * greatest);
          long top = screen.layout().supergroupOffset(0);
          assertNotBelow(screen, query, top, byThreshold, groups, 0, what);
          for (int group = 0; group < groups.length; group++) {
            long node = screen.layout().groupOffset(group);
            assertNotBelow(screen, query, node, byThreshold, leaves, group * CHILDREN, what);
          }
        }
      }
    }
  }

  private static void assertNotBelow(
      Screen screen,
      ScreenQuery query,
      long node,
      float byThreshold,
      double[] products,
      int first,
      String what) {
    float[] bounds = new float[CHILDREN];
    int children = Math.min(CHILDREN, products.length - first);
    for (float byRadius : new float[] {query.byRadius(1), query.byRadiusAlone()}) {
      float[] cuts = new float[CHILDREN];
      for (int child = 0; child < children; child++) {
        cuts[child] = (float) (products[first + child] - 1e-12);
      }
      int alive = bounds(Kernels.SUPPORT, screen, query, node, byThreshold, byRadius, cuts, bounds);
      float[] scalar = new float[CHILDREN];
      assertThat(bounds(SCALAR, screen, query, node, byThreshold, byRadius, cuts, scalar))
          .as(what)
          .isEqualTo(alive);
      Bits.assertSame(bounds, scalar, CHILDREN, what);
      for (int child = 0; child < children; child++) {
        assertThat(((alive >> child) & 1) == 1).isEqualTo(bounds[child] >= cuts[child]);
        // A child far below the threshold is passed over rightly, however its bound is rounded.
        if (products[first + child] >= byThreshold) {
          assertThat(bounds[child] >= products[first + child])
              .as(
                  "%s child %d: %s, a row has %s",
                  what, child, bounds[child], products[first + child])
              .isTrue();
        }
      }
    }
  }

  private static int bounds(
      KernelSupport kernels,
      Screen screen,
      ScreenQuery query,
      long node,
      float byThreshold,
      float byRadius,
      float[] cuts,
      float[] bounds) {
    return kernels.bounds(
        screen.segment(),
        node,
        screen.layout().dimensions(),
        query.y,
        byThreshold,
        byRadius,
        query.boundSlack,
        cuts,
        bounds,
        0);
  }

  /** With the chain of a row as the threshold, that row must not be passed over. */
  @ParameterizedTest
  @EnumSource(Kind.class)
  void shouldNeverPassOverARowWhoseChainReachesTheThreshold(Kind kind) {
    for (int length : LENGTHS) {
      TestTable table = TestTable.of(kind, ROWS, length, 4);
      Screen screen = table.screen();
      for (QueryKind queryKind : QueryKind.values()) {
        float[] query = queryKind.query(length, new SplittableRandom(length));
        if (screen.isUsable()) {
          assertEveryRowSurvives(table, screen, query, kind + " " + queryKind);
        }
      }
    }
  }

  private static void assertEveryRowSurvives(
      TestTable table, Screen screen, float[] floats, String what) {
    ScreenQuery query = new ScreenQuery(screen);
    if (!query.prepare(floats)) {
      return;
    }
    float[] chains = Oracle.chains(table.rows(), floats);
    float[] bounds = new float[CHILDREN];
    ScreenLayout layout = screen.layout();
    float[] cuts = new float[CHILDREN];
    int[] coefficients = new int[layout.paddedDimensions()];
    float[] prepared = new float[2];
    for (int candidate = 0; candidate < LEAF; candidate++) {
      for (int group = 0; group < layout.groups(); group++) {
        long node = layout.groupOffset(group);
        // One candidate of every leaf of the group at once.
        for (int child = 0; child < CHILDREN; child++) {
          long place = (long) (group * CHILDREN + child) * LEAF + candidate;
          cuts[child] = place < layout.rows() ? query.cut(chains[screen.index(place)]) : Float.NaN;
        }
        prepare(Kernels.SUPPORT, screen, query, group, coefficients, prepared);
        for (int child = 0; child < CHILDREN; child++) {
          if (Float.isNaN(cuts[child])) {
            continue;
          }
          float byThreshold = query.byThreshold(cuts[child]);
          float byRadius = query.byRadius(cuts[child]);
          int alive =
              bounds(Kernels.SUPPORT, screen, query, node, byThreshold, byRadius, cuts, bounds);
          int least = ScreenSearch.leastSum(cuts[child], prepared);
          long survivors =
              scan(Kernels.SUPPORT, screen, group * CHILDREN + child, coefficients, least);
          if (((alive >> child) & 1) == 0 || ((survivors >> candidate) & 1) == 0) {
            assertThat((alive >> child) & 1).as("bound of a leaf, %s", what).isEqualTo(1);
            assertThat((survivors >> candidate) & 1).as("scan of a leaf, %s", what).isEqualTo(1);
          }
        }
      }
    }
  }

  private static void prepare(
      KernelSupport kernels,
      Screen screen,
      ScreenQuery query,
      int group,
      int[] coefficients,
      float[] prepared) {
    kernels.prepare(
        screen.segment(),
        screen.layout().frameOffset(group),
        screen.layout().paddedDimensions(),
        query.y,
        query.norm,
        query.scanSlack,
        query.rounding,
        coefficients,
        prepared);
  }

  /** The survivors of one leaf, which is scanned as the third of five of its group. */
  private static long scan(
      KernelSupport kernels, Screen screen, int leaf, int[] coefficients, int least) {
    ScreenLayout layout = screen.layout();
    int child = leaf % CHILDREN;
    int[] all = new int[CHILDREN];
    Arrays.fill(all, Integer.MAX_VALUE);
    all[child] = least;
    long[] survivors = new long[CHILDREN];
    Arrays.fill(survivors, 77);
    int leaves = 1 << child | (child > 0 ? 1 : 0);
    int alive =
        kernels.scan(
            screen.segment(),
            layout.codesOffset(leaf - child),
            layout.dimensions(),
            coefficients,
            new short[16 * coefficients.length],
            leaves,
            all,
            survivors);
    assertThat(alive).isEqualTo(survivors[child] == 0 ? 0 : 1 << child);
    for (int other = 0; other < CHILDREN; other++) {
      if (other != child) {
        assertThat(survivors[other]).isEqualTo(((leaves >> other) & 1) == 1 ? 0 : 77);
      }
    }
    return survivors[child];
  }

  @ParameterizedTest
  @EnumSource(Kind.class)
  void shouldPrepareAndScanTheSameBitsAsScalarCode(Kind kind) {
    for (int length : new int[] {0, 1, 7, 16, 17, 61}) {
      TestTable table = TestTable.of(kind, 1100, length, 5);
      Screen screen = table.screen();
      ScreenLayout layout = screen.layout();
      ScreenQuery query = new ScreenQuery(screen);
      for (QueryKind queryKind : QueryKind.values()) {
        float[] floats = queryKind.query(length, new SplittableRandom(length));
        query.prepare(floats);
        String what = kind + " " + queryKind + " length=" + length;
        int[][] coefficients = new int[2][layout.paddedDimensions()];
        float[][] prepared = new float[2][2];
        for (int group = 0; group < layout.groups(); group++) {
          prepare(Kernels.SUPPORT, screen, query, group, coefficients[0], prepared[0]);
          prepare(SCALAR, screen, query, group, coefficients[1], prepared[1]);
          assertThat(coefficients[0]).as(what).isEqualTo(coefficients[1]);
          // The sums may be added up in any order, each within the rounding that is allowed for.
          assertThat(prepared[0][1]).as(what).isEqualTo(prepared[1][1]);
          assertThat((double) prepared[0][0])
              .as(what)
              .isCloseTo(
                  prepared[1][0], within(query.rounding * query.norm * 8.0 * layout.dimensions()));
          float cut = query.cut(Oracle.chain(table.rows()[3], floats));
          int usual = ScreenSearch.leastSum(cut, prepared[1]);
          for (int least : new int[] {usual, -1_000_000_000, 0, 32_767, 32_768, 1_000_000_000}) {
            int leaf = group * CHILDREN;
            assertThat(scan(Kernels.SUPPORT, screen, leaf, coefficients[1], least))
                .as(what)
                .isEqualTo(scan(SCALAR, screen, leaf, coefficients[1], least));
          }
        }
      }
    }
  }

  @Test
  void shouldLetACandidateWhoseSumIsTheLeastSurvive() {
    SplittableRandom random = new SplittableRandom(1);
    for (int dimensions : new int[] {1, 2, 3, 16, 17, 18, 31, 32, 33, 100, 1001}) {
      MemorySegment codes = Arena.ofAuto().allocate(ScalarKernels.leafBytes(dimensions), 64);
      int[] coefficients = new int[dimensions + 16];
      short[] scratch = new short[16 * coefficients.length];
      for (int d = 0; d < dimensions; d++) {
        coefficients[d] = random.nextInt(3) == 0 ? 127 : random.nextInt(-127, 128);
        for (int candidate = 0; candidate < LEAF; candidate++) {
          long at = ScalarKernels.codeOffset(d, candidate);
          int code = candidate == 5 ? 15 : random.nextInt(16);
          int bits = code << ScalarKernels.codeShift(candidate);
          codes.set(JAVA_BYTE, at, (byte) (codes.get(JAVA_BYTE, at) | bits));
        }
      }
      for (int candidate = 0; candidate < LEAF; candidate++) {
        int sum = 0;
        for (int d = 0; d < dimensions; d++) {
          int both = codes.get(JAVA_BYTE, ScalarKernels.codeOffset(d, candidate)) & 0xFF;
          sum += (candidate / 16 % 2 == 0 ? both & 15 : both >> 4) * coefficients[d];
        }
        for (KernelSupport kernels : new KernelSupport[] {SCALAR, Kernels.SUPPORT}) {
          long[] survivors = new long[CHILDREN];
          kernels.scan(codes, 0, dimensions, coefficients, scratch, 1, filled(sum), survivors);
          assertThat((survivors[0] >> candidate) & 1).as("%s", dimensions).isEqualTo(1);
          kernels.scan(codes, 0, dimensions, coefficients, scratch, 1, filled(sum + 1), survivors);
          assertThat((survivors[0] >> candidate) & 1).as("%s", dimensions).isZero();
        }
      }
    }
  }

  private static int[] filled(int least) {
    int[] all = new int[CHILDREN];
    Arrays.fill(all, least);
    return all;
  }

  @Test
  void shouldCallAChildAliveWhoseBoundIsTheCut() {
    TestTable table = TestTable.of(Kind.GAUSSIAN, 1024, 5, 5);
    Screen screen = table.screen();
    ScreenQuery query = new ScreenQuery(screen);
    assertThat(query.prepare(QueryKind.GAUSSIAN.query(5, new SplittableRandom(1)))).isTrue();
    long node = screen.layout().groupOffset(0);
    float radius = query.byRadius(1);
    for (KernelSupport kernels : new KernelSupport[] {SCALAR, Kernels.SUPPORT}) {
      float[] bounds = new float[CHILDREN];
      float[] cuts = new float[CHILDREN];
      bounds(kernels, screen, query, node, 0.5f, radius, cuts, bounds);
      float[] above = new float[CHILDREN];
      for (int child = 0; child < CHILDREN; child++) {
        above[child] = Math.nextUp(bounds[child]);
      }
      float[] again = new float[CHILDREN];
      assertThat(bounds(kernels, screen, query, node, 0.5f, radius, bounds.clone(), again))
          .isEqualTo(0xffff);
      assertThat(bounds(kernels, screen, query, node, 0.5f, radius, above, again)).isZero();
    }
  }

  @Test
  void shouldNotBeUsableWhereAllRowsAreEqualOrThereIsNone() {
    assertThat(TestTable.of(Kind.ALL_EQUAL, 0, 3, 1).screen().isUsable()).isFalse();
    assertThat(TestTable.of(Kind.ZEROS, 100, 3, 1).screen().isUsable()).isFalse();
    assertThat(TestTable.of(Kind.TWO_VALUES, 100, 3, 1).screen().isUsable()).isTrue();
  }

  @Test
  void shouldBeTheSameWhoeverBuildsIt() {
    TestTable table = TestTable.of(Kind.CLUSTERED, 40_000, 6, 1);
    Screen screen = table.screen();
    assertThat(table.screen().segment().mismatch(screen.segment())).isEqualTo(-1);
  }

  @Test
  void shouldBeTheSameWhenBuiltPieceByPiece() {
    for (int rows : new int[] {0, 1, 1025, 40_000}) {
      TestTable table = TestTable.of(Kind.CLUSTERED, rows, 6, 1);
      MemorySegment memory = Arena.ofAuto().allocate(new ScreenLayout(rows, 6).bytes(), 64);
      List<Screen> made = new ArrayList<>();
      StagedWork work = Screen.building(table.table(), memory, made::add);
      int pieces = 0;
      while (work.advance()) {
        pieces++;
      }
      assertThat(pieces).isGreaterThanOrEqualTo(rows / ScreenLayout.GROUP_ROWS);
      assertThat(made).hasSize(1);
      assertThat(made.get(0).isUsable()).isEqualTo(rows > 1);
      assertThat(memory.mismatch(table.screen().segment())).isEqualTo(-1);
    }
  }

  @Test
  void shouldRefuseMemoryOfAnotherSize() {
    RowTable table = TestTable.of(Kind.GAUSSIAN, 10, 3, 1).table();
    long bytes = new ScreenLayout(10, 3).bytes();
    for (long wrong : new long[] {0, bytes - 64, bytes + 64}) {
      MemorySegment memory = Arena.ofAuto().allocate(wrong, 64);
      assertThatIllegalArgumentException()
          .isThrownBy(() -> Screen.build(table, memory))
          .withMessage(
              "memory of %d bytes, expected %d for a screen of 10 rows of 3 factors and a bias",
              wrong, bytes);
    }
  }
}
