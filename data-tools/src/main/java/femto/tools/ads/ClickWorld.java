package femto.tools.ads;

import femto.model.Field;
import femto.model.Side;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;

/**
 * A world of impressions with {@value #FIELDS} one-hot fields, as wide as Criteo's logs, and clicks
 * by a planted factorization machine. Values of a field come by Zipf's law, so that most values
 * come seldom.
 *
 * <p>Where the truth is field-weighted, the product of two values' factors counts times a strength
 * of their two fields (Pan et al., "Field-weighted Factorization Machines", WWW 2018): a few pairs
 * of fields matter much, most hardly.
 *
 * <p>Immutable and safe to share.
 */
final class ClickWorld {
  /** Fields: a third of few values, the rest of up to hundreds of thousands. */
  static final int FIELDS = 39;

  /** The first fields are of the context, the others of the candidate. */
  static final int CONTEXT_FIELDS = 30;

  /** Factors of the truth. */
  static final int FACTORS = 4;

  static final double LEAST_SCALE = 0.01;
  static final double MOST_SCALE = 1000;

  private static final int SMALL_FIELDS = 13;
  private static final int MOST_VALUES = 45_000;
  private static final double GROWTH = 1.5;

  /** These give a click rate near a quarter and a best possible AUC near 0.8. */
  private static final double BIAS = -1.2;

  private static final double LINEAR = 0.1;
  private static final double FACTOR = 0.147;

  /** A strength is log-normal; its square has the mean 1, so that the truth stays as strong. */
  private static final double STRENGTH_SPREAD = 1.2;

  private final long seed;
  private final int[] values = new int[FIELDS];
  private final double[][] strength = new double[FIELDS][FIELDS];

  /**
   * Makes a world.
   *
   * @param fieldWeighted whether pairs of fields matter differently
   * @param valuesScale how many times the values the large fields have, {@value #LEAST_SCALE} to
   *     {@value #MOST_SCALE}
   * @param seed one seed gives one world and its rows
   */
  ClickWorld(boolean fieldWeighted, double valuesScale, long seed) {
    if (!(valuesScale >= LEAST_SCALE && valuesScale <= MOST_SCALE)) {
      throw new IllegalArgumentException(
          "scale of values " + valuesScale + ", expected " + LEAST_SCALE + " to " + MOST_SCALE);
    }
    this.seed = seed;
    for (int field = 0; field < FIELDS; field++) {
      values[field] = size(field, valuesScale);
    }
    SplittableRandom random = new SplittableRandom(seed ^ 0x5eedL);
    for (int a = 0; a < FIELDS; a++) {
      for (int b = 0; b < a; b++) {
        double log = STRENGTH_SPREAD * (random.nextGaussian() - STRENGTH_SPREAD);
        strength[a][b] = fieldWeighted ? Math.exp(log) : 1;
      }
    }
  }

  private static int size(int field, double scale) {
    if (field < SMALL_FIELDS) {
      return 4 << (field / 2);
    }
    double size = Math.min(20 * Math.pow(GROWTH, field - SMALL_FIELDS), MOST_VALUES);
    return (int) Math.max(1, scale * (int) size);
  }

  /** The fields, of the names f0, f1 and so on. */
  static List<Field> fields() {
    List<Field> fields = new ArrayList<>();
    for (int field = 0; field < FIELDS; field++) {
      Side side = field < CONTEXT_FIELDS ? Side.CONTEXT : Side.CANDIDATE;
      fields.add(Field.oneHot("f" + field, side));
    }
    return fields;
  }

  /** How many values a field has, whether they come or not. */
  int values(int field) {
    return values[field];
  }

  /** All rows, again from the first. */
  Rows rows() {
    return new Rows(seed);
  }

  /** One row after the other: the same at every pass. One owner. */
  final class Rows {
    private final RandomGenerator random;
    private final double[] logarithms = new double[FIELDS];
    private final int[] drawn = new int[FIELDS];
    private final double[][] sums = new double[FIELDS][FACTORS];
    private double chance;

    private Rows(long seed) {
      this.random = new SplittableRandom(seed);
      for (int field = 0; field < FIELDS; field++) {
        logarithms[field] = Math.log(values[field] + 1.0);
      }
    }

    /** Draws the next row. */
    void next() {
      for (int field = 0; field < FIELDS; field++) {
        // By Zipf's law of exponent 1: the logarithm of the rank is uniform.
        int value = (int) Math.exp(random.nextDouble() * logarithms[field]) - 1;
        drawn[field] = Math.min(value, values[field] - 1);
      }
      chance = random.nextDouble();
    }

    /** The row's value of a field: 0 is the most frequent. */
    int value(int field) {
      return drawn[field];
    }

    /** How probable its click is, of weights that are drawn anew from the values' own seeds. */
    double probability() {
      double score = BIAS;
      for (int field = 0; field < FIELDS; field++) {
        SplittableRandom weights =
            new SplittableRandom(seed + 1_000_003L * field + 7_919L * (drawn[field] + 1L));
        score += LINEAR * weights.nextGaussian();
        double[] factors = sums[field];
        for (int f = 0; f < FACTORS; f++) {
          factors[f] = FACTOR * weights.nextGaussian();
        }
        for (int other = 0; other < field; other++) {
          double dot = 0;
          for (int f = 0; f < FACTORS; f++) {
            dot += factors[f] * sums[other][f];
          }
          score += strength[field][other] * dot;
        }
      }
      return 1 / (1 + Math.exp(-score));
    }

    /** Whether it is clicked, 1 or 0. */
    float label(double probability) {
      return chance < probability ? 1 : 0;
    }
  }
}
