package femto.kernels;

/**
 * A query in the space of a screen, with what rounding may add to its bounds. Reused from query to
 * query; one owner.
 *
 * <p>With u = 2^-24, the unit roundoff of f32, k factors and D = k + 1 dimensions, for a row x of a
 * child of radius R, before scaling:
 *
 * <ul>
 *   <li>the chain is at most {@code gamma_k (|b| + sum |q_f s_f|)} above the exact score (Higham,
 *       Accuracy and Stability of Numerical Algorithms, section 3.1), and that sum is at most
 *       {@code |y| (R + |center|)} by Cauchy and Schwarz; each of its steps that underflows adds
 *       half of the least float at most;
 *   <li>rounding a point to f32 changes its product with y by at most {@code u |y| R};
 *   <li>the bound of a child is a sum of D + 1 terms, whose magnitudes add up to no more than
 *       {@code (2.04 sqrt(D) + 1) |y| R}, since the corner of a box of radius R, rounded outwards
 *       to 8 bits, is at most {@code 1.01 sqrt(D) R} away;
 *   <li>the sums of a scan have D terms, twice the {@code magnitude} at most.
 * </ul>
 *
 * Each of these gets a few units more than it needs.
 */
final class ScreenQuery {
  private static final double UNIT = 0x1p-24;

  /** What covers the roundings that are not counted one by one. */
  private static final int EXTRA = 8;

  /**
   * Lambda R / |y| where no threshold is known: near the best for a bound that half the norm meets.
   */
  private static final float GUESS = 0.75f;

  /** Keeps lambda above 0 where the threshold is not. */
  private static final float LEAST = 1e-3f;

  private final Screen screen;

  /** The query as a point, padded with zeros. */
  final float[] y;

  private double offset;
  private double perScore;
  private double allRows;

  /** Norm of y, or a little more. */
  float norm;

  /** What rounding may add to a child's bound, in units of its radius. */
  float boundSlack;

  /** What the rounding of the chain may add to a scanned candidate, in units of the radius. */
  float scanSlack;

  /** What the rounding of a scan may add, in units of the magnitude. */
  final float rounding;

  ScreenQuery(Screen screen) {
    this.screen = screen;
    int dimensions = screen.layout().dimensions();
    this.y = new float[screen.layout().paddedDimensions()];
    this.rounding = (float) (4.0 * (dimensions + EXTRA) * UNIT);
  }

  /** False if the query is 0, so that there is nothing to screen by. */
  boolean prepare(float[] query) {
    int dimensions = screen.layout().dimensions();
    double squares = screen.biasWeight() * screen.biasWeight();
    offset = screen.center(0);
    for (int d = 1; d < dimensions; d++) {
      double q = query[d - 1];
      squares += q * q;
      offset += q * screen.center(d);
    }
    double queryScale = Math.scalb(1.0, -Math.getExponent(Math.sqrt(squares)));
    y[0] = (float) (screen.biasWeight() * queryScale);
    for (int d = 1; d < dimensions; d++) {
      y[d] = (float) (query[d - 1] * queryScale);
    }
    norm = (float) (Math.sqrt(squares) * queryScale * (1 + 4 * UNIT));
    perScore = queryScale * screen.scale();
    double chain = (dimensions + EXTRA) * UNIT * norm;
    double bound = (dimensions + EXTRA) * UNIT * (2.04 * Math.sqrt(dimensions) + 1) * norm;
    scanSlack = (float) chain;
    boundSlack = (float) (chain + bound);
    allRows =
        chain * screen.centerNorm() * screen.scale() + dimensions * Float.MIN_VALUE * perScore;
    return perScore > 0 && Double.isFinite(perScore) && Double.isFinite(offset);
  }

  /** What a bound must reach for a row's chain to be able to reach a score. */
  float cut(double score) {
    if (score == Double.NEGATIVE_INFINITY) {
      return Float.NEGATIVE_INFINITY;
    }
    return Math.nextDown((float) ((score - offset) * perScore - allRows));
  }

  /** The part of lambda that goes with 1 / R^2. */
  float byThreshold(float cut) {
    return Math.max(cut, 0);
  }

  /** The part of lambda that goes with 1 / R, given what a bound must reach. */
  float byRadius(float cut) {
    return cut > 0 ? norm * LEAST : byRadiusAlone();
  }

  /** The part of lambda that goes with 1 / R where no threshold is known. */
  float byRadiusAlone() {
    return norm * GUESS;
  }
}
