package femto.kernels;

import static org.assertj.core.api.Assertions.assertThat;

import femto.kernels.TestTable.Kind;
import femto.kernels.TestTable.QueryKind;
import java.util.SplittableRandom;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * What a query allows for is at least what each rounding can add. The searches alone would not
 * tell: the worst roundings hardly ever meet, and each allowance is enough for most of another.
 */
class ScreenQueryTest {
  private static final double UNIT = Oracle.UNIT_ROUNDOFF;

  private static double norm(Screen screen, float[] floats) {
    double squares = screen.biasWeight() * screen.biasWeight();
    for (float q : floats) {
      squares += (double) q * q;
    }
    return Math.sqrt(squares);
  }

  @ParameterizedTest
  @EnumSource(Kind.class)
  void shouldAllowForTheRoundingsOfTheChainTheBoundsAndTheScan(Kind kind) {
    for (int length : new int[] {0, 1, 8, 61, 500}) {
      Screen screen = TestTable.of(kind, 300, length, length).screen();
      ScreenQuery query = new ScreenQuery(screen);
      for (QueryKind queryKind : QueryKind.values()) {
        if (!query.prepare(queryKind.query(length, new SplittableRandom(length)))) {
          continue;
        }
        int dimensions = length + 1;
        double squares = 0;
        for (float y : query.y) {
          squares += (double) y * y;
        }
        double norm = Math.sqrt(squares);
        // The chain's steps, the rounding of the point and that of the query.
        double chain = (length + 2) * UNIT * norm;
        assertThat((double) query.scanSlack).isGreaterThanOrEqualTo(chain);
        // One fma within each term and one for it, over terms that add up to this much.
        double terms = (2 * Math.sqrt(dimensions) + 1) * norm;
        assertThat((double) query.boundSlack)
            .isGreaterThanOrEqualTo(chain + (dimensions + 1) * UNIT * terms);
        // The base, and the sums of twice the magnitude.
        assertThat((double) query.rounding).isGreaterThanOrEqualTo(3 * dimensions * UNIT);
      }
    }
  }

  @ParameterizedTest
  @EnumSource(Kind.class)
  void shouldCutBelowTheExactImageOfAScore(Kind kind) {
    for (int length : new int[] {0, 1, 8, 61}) {
      TestTable table = TestTable.of(kind, 300, length, length);
      Screen screen = table.screen();
      ScreenQuery query = new ScreenQuery(screen);
      for (QueryKind queryKind : QueryKind.values()) {
        float[] floats = queryKind.query(length, new SplittableRandom(length));
        if (!query.prepare(floats)) {
          continue;
        }
        double norm = norm(screen, floats);
        double scale = Math.scalb(1.0, -Math.getExponent(norm)) * screen.scale();
        double offset = screen.center(0);
        for (int f = 0; f < length; f++) {
          offset += (double) floats[f] * screen.center(f + 1);
        }
        double roundings =
            (length + 1) * (UNIT * norm * screen.centerNorm() + Oracle.UNDERFLOW) * scale;
        for (float[] row : table.rows()) {
          float chain = Oracle.chain(row, floats);
          assertThat(query.cut(chain) <= (chain - offset) * scale - roundings)
              .as("%s %s length=%d score %s", kind, queryKind, length, chain)
              .isTrue();
        }
        assertThat(query.cut(Double.NEGATIVE_INFINITY)).isEqualTo(Float.NEGATIVE_INFINITY);
      }
    }
  }
}
