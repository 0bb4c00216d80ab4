package femto.kernels;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import femto.kernels.TestTable.Kind;
import femto.kernels.TestTable.QueryKind;
import femto.kernels.impl.KernelSupport;
import femto.kernels.impl.ScalarKernels;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
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
        for (int d = 0; d <= length; d++) {
          double x = coordinate(screen, row, d);
          squares += x * x;
          float low = segment.get(JAVA_FLOAT, node + ScreenLayout.lowOffset(d, child));
          float high = segment.get(JAVA_FLOAT, node + ScreenLayout.highOffset(d, child));
          long line = layout.codesOffset(leaf) + (long) d * LEAF;
          int code = segment.get(JAVA_BYTE, line + ScreenLayout.codeOffset(place % LEAF)) & 0xFF;
          double step = (high - low) * KernelSupport.PER_STEP;
          // A point is rounded to f32; steps below the normal floats are within that of others.
          double rounding = 1e-7 * (Math.abs(x) + Math.abs(low)) + 1e-40;
          if (!(Math.abs(low + code * step - x) <= KernelSupport.HALF_STEP * step + rounding
              && x >= low - rounding
              && x <= high + rounding)) {
            assertThat(low + code * step)
                .as("%s row %d dimension %d in [%s, %s]", kind, screen.index(place), d, low, high)
                .isEqualTo(x);
          }
        }
        assertThat(Math.sqrt(squares) <= radius).as("%s in radius %s", kind, radius).isTrue();
      }
    }
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
    for (float byRadius : new float[] {query.byRadius(), query.byRadiusAlone()}) {
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
        query.y.length,
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
    float[] cutoffs = new float[CHILDREN];
    float[] coefficients = new float[CHILDREN * layout.dimensions()];
    for (int candidate = 0; candidate < LEAF; candidate++) {
      for (int group = 0; group < layout.groups(); group++) {
        long node = layout.groupOffset(group);
        // One candidate of every leaf of the group at once.
        for (int child = 0; child < CHILDREN; child++) {
          long place = (long) (group * CHILDREN + child) * LEAF + candidate;
          cuts[child] = place < layout.rows() ? query.cut(chains[screen.index(place)]) : Float.NaN;
        }
        prepare(Kernels.SUPPORT, screen, query, node, cuts, coefficients, cutoffs);
        for (int child = 0; child < CHILDREN; child++) {
          if (Float.isNaN(cuts[child])) {
            continue;
          }
          int leaf = group * CHILDREN + child;
          float byThreshold = query.byThreshold(cuts[child]);
          float byRadius = query.byRadius();
          int alive =
              bounds(Kernels.SUPPORT, screen, query, node, byThreshold, byRadius, cuts, bounds);
          long survivors =
              Kernels.SUPPORT.scan(
                  screen.segment(),
                  layout.codesOffset(leaf),
                  layout.dimensions(),
                  coefficients,
                  child,
                  cutoffs[child]);
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
      long node,
      float[] cuts,
      float[] coefficients,
      float[] cutoffs) {
    kernels.prepare(
        screen.segment(),
        node,
        query.y.length,
        query.y,
        query.scanSlack,
        query.rounding,
        cuts,
        coefficients,
        cutoffs);
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
        float[] cuts = new float[CHILDREN];
        Arrays.fill(cuts, query.cut(Oracle.chain(table.rows()[3], floats)));
        cuts[3] = Float.NEGATIVE_INFINITY;
        cuts[4] = Float.POSITIVE_INFINITY;
        float[][] coefficients = new float[2][CHILDREN * layout.dimensions()];
        float[][] cutoffs = new float[2][CHILDREN];
        long node = layout.groupOffset(0);
        prepare(Kernels.SUPPORT, screen, query, node, cuts, coefficients[0], cutoffs[0]);
        prepare(SCALAR, screen, query, node, cuts, coefficients[1], cutoffs[1]);
        String what = kind + " " + queryKind + " length=" + length;
        Bits.assertSame(coefficients[0], coefficients[1], coefficients[1].length, what);
        Bits.assertSame(cutoffs[0], cutoffs[1], CHILDREN, what);
        for (int leaf = 0; leaf < CHILDREN; leaf++) {
          long survivors = scan(Kernels.SUPPORT, screen, coefficients[1], leaf, cutoffs[1][leaf]);
          assertThat(survivors)
              .as(what)
              .isEqualTo(scan(SCALAR, screen, coefficients[1], leaf, cutoffs[1][leaf]));
          assertThat(leaf == 3 && survivors != -1L).isFalse();
          assertThat(leaf == 4 && survivors != 0).isFalse();
        }
      }
    }
  }

  private static long scan(
      KernelSupport kernels, Screen screen, float[] coefficients, int leaf, float cutoff) {
    ScreenLayout layout = screen.layout();
    long codes = layout.codesOffset(leaf);
    return kernels.scan(screen.segment(), codes, layout.dimensions(), coefficients, leaf, cutoff);
  }

  @Test
  void shouldLetACandidateWhoseSumIsTheCutoffSurvive() {
    MemorySegment codes = Arena.ofAuto().allocate(3L * LEAF, 64);
    for (int i = 0; i < 3 * LEAF; i++) {
      codes.set(JAVA_BYTE, i, (byte) (i % 5 == 0 ? 200 : 3));
    }
    float[] coefficients = new float[3 * CHILDREN];
    for (int d = 0; d < 3; d++) {
      coefficients[CHILDREN * d + 6] = 0.5f + d;
    }
    for (int candidate = 0; candidate < LEAF; candidate++) {
      float sum = 0;
      for (int d = 0; d < 3; d++) {
        long at = (long) d * LEAF + ScreenLayout.codeOffset(candidate);
        sum += (codes.get(JAVA_BYTE, at) & 0xFF) * (0.5f + d);
      }
      for (KernelSupport kernels : new KernelSupport[] {SCALAR, Kernels.SUPPORT}) {
        long survivors = kernels.scan(codes, 0, 3, coefficients, 6, sum);
        assertThat((survivors >> candidate) & 1).isEqualTo(1);
        long above = kernels.scan(codes, 0, 3, coefficients, 6, Math.nextUp(sum));
        assertThat((above >> candidate) & 1).isZero();
      }
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
